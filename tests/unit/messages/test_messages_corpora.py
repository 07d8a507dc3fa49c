"""The evaluation of ``python -m tools.messages``: lint and reviewer on the corpora, with recorded verdicts."""

from collections import Counter
from pathlib import Path

import pytest

from tools import messages
from tools.messages import CORPORA, Outcome, Recordings


@pytest.fixture(scope="module")
def model() -> Recordings:
    return Recordings(messages.recorded(CORPORA / "recordings.jsonl"))


@pytest.fixture(scope="module")
def outcomes(model: Recordings) -> list[Outcome]:
    return [
        messages.judge(reply, model)
        for name in ("replies.jsonl", "drafts.jsonl")
        for reply in messages.replies(CORPORA / name)
    ]


def test_every_request_of_the_evaluation_has_a_recorded_answer(outcomes: list[Outcome], model: Recordings) -> None:
    assert [outcome.reply.number for outcome in outcomes if outcome.record is None] == []
    assert list(model.missing) == []


def test_no_labelled_invention_is_approved(outcomes: list[Outcome]) -> None:
    assert sum(len(outcome.reply.inventions) for outcome in outcomes) > 60
    assert [text for outcome in outcomes for text in outcome.approved_inventions] == []


def test_honest_replies_of_capable_models_pass_the_lint_and_are_approved(outcomes: list[Outcome]) -> None:
    voices = ("capable", "chatty", "tuned on", "kept aside")
    honest = [outcome for outcome in outcomes if outcome.reply.voice in voices and not outcome.reply.inventions]
    assert len(honest) > 90
    assert sum(outcome.passes_lint for outcome in honest) / len(honest) >= 0.95
    assert sum(outcome.approved for outcome in honest) / len(honest) >= 0.95


def test_nearly_every_plain_invention_is_caught(model: Recordings) -> None:
    caught = Counter(invention.caught_by for invention in messages.judge_inventions(CORPORA / "inventions.json", model))
    assert caught.total() == 672
    assert caught["neither"] <= 10
    assert caught[None] == 0


def test_a_changed_prompt_shows_as_missing_answers_and_the_requests_can_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing, folder = tmp_path / "nothing.jsonl", tmp_path / "requests"
    assert messages.main(["--recordings", str(nothing), "--write-missing", str(folder)]) == 1
    assert "requests have no recorded answer" in capsys.readouterr().err
    written = list(folder.iterdir())
    assert len(written) > 100
    assert all(path.read_text("utf-8").startswith("SYSTEM:\n") for path in written)
