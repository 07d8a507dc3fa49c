"""Templates as a person handles them: prepared at a price, looked at, approved in one's own words, refused."""

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from flightpulse.errors import UserError
from flightpulse.messages import prompt
from flightpulse.messages.news import all_segments
from flightpulse.messages.records import Status, TemplateRecord
from flightpulse.messages.segments import Segment
from flightpulse.stack import names
from flightpulse.stand_in.model import template_fields
from flightpulse.workbench.messages import preparing, template_records
from flightpulse.workbench.messages.messenger import Messenger
from flightpulse.workbench.messages.templates import Templates
from flightpulse.workbench.target.session import Session
from tests.unit.fakes import FakeTemplates
from tests.unit.messages.samples import MAJOR, MINOR, fitting_written_text

MODEL = "amazon.nova-lite-v1:0"
VERSIONS = {segment.key: prompt.version(segment) for segment in all_segments()}


class FakeMessenger:
    """The deployed function: knows its segments, and prepares three at a time unless a ``problem`` stops it."""

    def __init__(self, dynamodb: FakeTemplates) -> None:
        self.dynamodb = dynamodb
        self.segments: dict[str, str] = dict(VERSIONS)
        self.review = "model"
        self.problems: list[str] = []
        self.batches: list[list[str]] = []

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - boto3's spelling
        assert FunctionName == names.LLM_MESSENGER
        asked = json.loads(Payload)
        answer = (
            {"segments": self.segments, "review": self.review}
            if asked["operation"] == "segments"
            else self._prepare(asked["segments"])
        )
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}

    def _prepare(self, keys: list[str]) -> dict[str, Any]:
        self.batches.append(keys)
        usage = {"author": {"calls": 1, "input_tokens": 700, "output_tokens": 300}}
        if self.problems:
            failed = {"segment": keys[0], "status": None, "rules": [], "kept": False, "problem": self.problems.pop(0)}
            return {"prepared": [failed], "left": keys[1:], "usage": usage}
        done = [
            {"segment": key, "status": "APPROVED", "rules": ["time"], "kept": False, "problem": None}
            for key in keys[:3]
        ]
        return {"prepared": done, "left": keys[3:], "usage": usage}


class Scene:
    def __init__(self) -> None:
        self.dynamodb = FakeTemplates()
        self.messenger = FakeMessenger(self.dynamodb)
        self.model_ids = {names.MODEL_ID_PARAMETER: MODEL, names.REVIEW_MODEL_ID_PARAMETER: MODEL}
        self.pauses: list[float] = []
        self.session = cast(
            Session,
            SimpleNamespace(
                aws=SimpleNamespace(client=lambda _service, config: self.messenger),
                dynamodb=self.dynamodb,
                table_name="FlightPulseTable",
                target="local",
                ssm=SimpleNamespace(get_parameter=lambda Name, WithDecryption: self._parameter(Name)),  # noqa: N803
                command=lambda verb: f"flightpulse {verb}",
            ),
        )

        self.templates = Templates(cast("Any", SimpleNamespace(deployed=self.session)))

    def _parameter(self, name: str) -> dict[str, Any]:
        return {"Parameter": {"Value": self.model_ids[name]}}

    def keep(
        self, segment: Segment = MAJOR, status: Status = Status.DRAFT, version: str | None = None
    ) -> TemplateRecord:
        record = TemplateRecord(
            segment=segment,
            prompt_version=version or VERSIONS[segment.key],
            status=status,
            template=fitting_written_text(segment),
            drafted_by=MODEL,
        )
        template_records.table_of(self.session).put(record)
        return record

    def prepare(self, *beginnings: str) -> preparing.PreparedTemplates:
        return preparing.prepare(self.session, preparing.plan(self.session, beginnings), pause=self.pauses.append)


def test_segments_are_listed_with_their_states_and_all_are_counted() -> None:
    scene = Scene()
    scene.keep()
    listed = template_records.listed(scene.session, "delay/major/mechanical")
    assert listed.table().column("segment") == [MAJOR.key]
    assert listed.table().column("reviewed by") == ["nobody yet"]
    assert listed.counts() == {"DRAFT": 1, "APPROVED": 0, "REFUSED": 0, "NONE": 11}
    assert len(template_records.listed(scene.session, "delay/major/mechanical", "NONE").shown()) == 11


def test_a_draft_is_approved_by_name_and_shown_with_it() -> None:
    scene = Scene()
    scene.keep()
    scene.templates.approve("delay/MAJOR/MECHANICAL/MEMBER", by="Dana")
    shown = str(scene.templates.show(MAJOR.key))
    assert "APPROVED, reviewed by Dana, a person" in shown
    assert "Subject: Flight {flight}" in shown


def test_words_of_one_s_own_take_the_draft_s_place() -> None:
    scene = Scene()
    scene.keep(status=Status.REFUSED)
    record = scene.templates.approve(MAJOR.key, by="Dana", template=template_fields(MAJOR))
    assert record.status is Status.APPROVED
    assert scene.templates.show(MAJOR.key).record.template == record.template


def test_an_edit_that_breaks_the_lint_names_rule_and_words_and_changes_nothing() -> None:
    scene = Scene()
    scene.keep()
    words = {
        **template_fields(MAJOR),
        "sms": "{first_name}, {flight} leaves at {departure_time}, {delay} late. Seat 14C.",
    }
    with pytest.raises(UserError, match=r"The edited template for delay/MAJOR.* breaks a rule: digit: '1' in sms"):
        scene.templates.approve(MAJOR.key, template=words)
    assert scene.templates.show(MAJOR.key).record.status is Status.DRAFT


def test_a_template_for_other_prompts_is_named_with_the_way_out() -> None:
    scene = Scene()
    scene.keep(status=Status.APPROVED, version="earlier")
    with pytest.raises(
        UserError, match=r"is APPROVED for prompts earlier, .* Have one drafted: flightpulse templates prepare"
    ):
        scene.templates.approve(MAJOR.key)


def test_where_there_is_no_draft_there_is_nothing_to_decide() -> None:
    with pytest.raises(UserError, match="There is no template for delay/MAJOR/MECHANICAL/MEMBER"):
        Scene().templates.refuse(MAJOR.key)


def test_a_refusal_by_a_person_is_kept_with_the_reason_and_not_prepared_again() -> None:
    scene = Scene()
    scene.keep()
    scene.templates.refuse(MAJOR.key, by="Dana", reason="too cold")
    assert "found: review: too cold" in str(scene.templates.show(MAJOR.key))
    assert preparing.plan(scene.session, [MAJOR.key]).segments == ()
    assert preparing.plan(scene.session, [MAJOR.key], anew=True).segments == ()


@pytest.mark.parametrize(
    ("name", "said"),
    [("moon", "No segment begins with 'moon'"), ("delay/MAJOR", "72 segments begin with 'delay/MAJOR'")],
)
def test_a_segment_that_is_not_one_gets_one_sentence(name: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        Scene().templates.approve(name)


@pytest.mark.parametrize(
    ("content", "said"),
    [("{", "is not JSON"), ("[]", "no JSON object"), (None, "cannot be read: No such file")],
)
def test_a_file_that_holds_no_template_gets_one_sentence(tmp_path: Path, content: str | None, said: str) -> None:
    path = tmp_path / "mine.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UserError, match=said):
        template_records.read_template(path)


def test_what_show_prints_as_json_can_be_edited_and_given_back(tmp_path: Path) -> None:
    scene = Scene()
    scene.keep()
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(scene.templates.show(MAJOR.key).as_json()))
    assert scene.templates.approve(MAJOR.key, template=template_records.read_template(path))


def test_forgetting_deletes_what_is_there_and_counts_it() -> None:
    scene = Scene()
    scene.keep()
    assert [scene.templates.forget("delay/MAJOR") for _ in range(2)] == [1, 0]


def test_what_is_to_prepare_is_counted_and_priced_before_it_begins() -> None:
    scene = Scene()
    scene.keep(status=Status.APPROVED)
    scene.keep(segment=MINOR, status=Status.REFUSED)
    plan = preparing.plan(scene.session, ["delay/MAJOR/MECHANICAL", "delay/MINOR/WEATHER"])
    assert (len(plan.segments), plan.there) == (23, 1)
    assert plan.cost.tokens["author"].calls == plan.cost.tokens["reviewer"].calls == 23
    assert "23 segments to prepare, 1 have a template: about 46 calls of amazon.nova-lite-v1:0" in str(plan)
    assert len(preparing.plan(scene.session, ["delay/MAJOR/MECHANICAL"], anew=True).segments) == 12


def test_with_a_person_as_reviewer_no_review_is_priced() -> None:
    scene = Scene()
    scene.messenger.review = "person"
    assert preparing.plan(scene.session, ["delay/MAJOR/MECHANICAL"]).cost.tokens["reviewer"].calls == 0


def test_a_model_without_a_known_price_is_said_to_have_none() -> None:
    scene = Scene()
    scene.model_ids[names.REVIEW_MODEL_ID_PARAMETER] = "nobody.knows-v1:0"
    assert "at a price that is not known here" in str(preparing.plan(scene.session, ["delay/MAJOR/MECHANICAL"]))


def test_everything_is_prepared_in_batches_and_what_was_left_is_asked_for_again() -> None:
    scene = Scene()
    told: list[int] = []
    plan = preparing.plan(scene.session, ["delay/MAJOR/MECHANICAL"])
    done = preparing.prepare(scene.session, plan, on_progress=lambda _text, count, _total: told.append(count))
    assert done.outcomes == {segment.key: "APPROVED" for segment in plan.segments}
    assert told[-1] == 12
    assert all(len(batch) <= 6 for batch in scene.messenger.batches)
    assert done.cost.tokens["author"].calls == len(scene.messenger.batches)
    assert "APPROVED" in str(done.table())


def test_a_model_that_is_busy_is_asked_again_after_a_pause() -> None:
    scene = Scene()
    scene.messenger.problems = ["author: ThrottlingException"]
    assert len(scene.prepare("delay/MAJOR/MECHANICAL").outcomes) == 12
    assert len(scene.pauses) == 1


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (
            "reviewer: ValidationException",
            f"The reviewer {MODEL} cannot be asked: ValidationException. 12 of 12 segments are not prepared. "
            f"Its id is in the SSM parameter {names.REVIEW_MODEL_ID_PARAMETER}",
        ),
        ("author: AccessDeniedException", f"The author {MODEL} cannot be asked: AccessDeniedException"),
    ],
)
def test_a_model_that_is_not_there_ends_it_at_once_with_one_sentence(problem: str, said: str) -> None:
    scene = Scene()
    scene.messenger.problems = [problem] * 20
    with pytest.raises(UserError, match=said):
        scene.prepare("delay/MAJOR/MECHANICAL")
    assert scene.pauses == []


def test_another_checkout_s_function_is_not_trusted_with_these_segments() -> None:
    scene = Scene()
    scene.messenger.segments.pop(MAJOR.key)
    with pytest.raises(UserError, match=r"other segments than this checkout. Deploy it again with: flightpulse deploy"):
        Messenger(scene.session).versions()
