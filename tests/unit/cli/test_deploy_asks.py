"""`flightpulse deploy` asks before it protects less than the deployed stack does, whatever else was agreed to."""

from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from flightpulse.cli import options
from flightpulse.cli.group import cli


class FakeStack:
    """A deployed stack that a deployment would loosen, or not."""

    def __init__(self, *loosened: str) -> None:
        self._loosened = list(loosened)
        self.deployed: list[dict[str, Any]] = []

    def loosened(self, _context: dict[str, str]) -> list[str]:
        return self._loosened

    def deploy(self, **wanted: Any) -> None:
        self.deployed.append(wanted)


def deploy(monkeypatch: pytest.MonkeyPatch, stack: FakeStack, *words: str, answer: str = "") -> Result:
    monkeypatch.setattr(options, "bench", lambda *_, **__: SimpleNamespace(session=None, stack=stack))
    return CliRunner().invoke(cli, ["deploy", *words], input=answer)


@pytest.mark.parametrize("words", [(), ("--yes",)])
def test_a_loosening_is_told_and_refused_when_nobody_answers(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    stack = FakeStack("removal goes from retain to destroy: the data goes with the stack")
    done = deploy(monkeypatch, stack, *words)
    assert done.exit_code != 0
    assert "Less protection: removal goes from retain to destroy" in done.output
    assert "--loosen" in done.output
    assert stack.deployed == []


@pytest.mark.parametrize(("words", "answer"), [((), "y\n"), (("--loosen",), "")])
def test_it_is_done_when_somebody_agrees_to_it(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], answer: str
) -> None:
    stack = FakeStack("network goes from isolated to none")
    assert deploy(monkeypatch, stack, *words, answer=answer).exit_code == 0
    (wanted,) = stack.deployed
    assert wanted["loosen"] is True


def test_a_deployment_that_loosens_nothing_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = FakeStack()
    assert deploy(monkeypatch, stack).exit_code == 0
    (wanted,) = stack.deployed
    assert wanted["loosen"] is False


def test_what_an_earlier_stack_left_is_taken_up_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = FakeStack()
    assert deploy(monkeypatch, stack, "--take-up").exit_code == 0
    assert stack.deployed[0]["take_up"] is True


def test_what_was_changed_by_hand_is_put_back_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = FakeStack()
    assert deploy(monkeypatch, stack).exit_code == 0
    assert deploy(monkeypatch, stack, "--revert-drift").exit_code == 0
    assert [wanted["revert_drift"] for wanted in stack.deployed] == [False, True]
