import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from flightpulse.messages.lint import Refusal
from flightpulse.messages.records import Status
from flightpulse.messages.review import ReviewRequest
from flightpulse.messages.segments import Segment
from flightpulse.messages.wording import ModelUnavailableError
from flightpulse.stand_in.model import draft_fields, verdicts
from flightpulse.use_cases.prepare import SEGMENT_SECONDS, Preparation, UnknownSegmentError, prepare_templates
from tests.unit.messages.samples import MAJOR, MINOR, SEVERE
from tests.unit.messages.template_store import FakeStore


class FakeModel:
    """Author and reviewer in one; ``down`` is the role that cannot be had."""

    def __init__(self) -> None:
        self.asked: list[Segment] = []
        self.down = ""

    def model_id(self) -> str:
        return "a.model"

    def draft(self, *segments: Segment) -> str:
        self.asked += segments
        if self.down == "author":
            raise ModelUnavailableError("author: AccessDeniedException")
        return json.dumps(draft_fields(segments))

    def repair(self, segment: Segment, reply: str, refusals: Sequence[Refusal]) -> str:
        return self.draft(segment)

    def review(self, request: ReviewRequest) -> str:
        if self.down == "reviewer":
            raise ModelUnavailableError("reviewer: ValidationException")
        return json.dumps(verdicts(request.segments, request.user))


class Scene:
    def __init__(self) -> None:
        self.model, self.store = FakeModel(), FakeStore()
        self.seconds = [100.0]

    def prepare(self, *segments: Segment, by_person: bool = False) -> Preparation:
        keys = [segment.key for segment in segments]
        reviewer = None if by_person else self.model
        return prepare_templates(keys, self.model, reviewer, self.store, self._seconds_left)

    def _seconds_left(self) -> float:
        return self.seconds.pop(0) if len(self.seconds) > 1 else self.seconds[0]


def test_each_segment_is_drafted_reviewed_and_stored() -> None:
    scene = Scene()
    done = scene.prepare(MAJOR, MINOR).done
    assert [prepared.record and prepared.record.status for prepared in done] == [Status.APPROVED] * 2
    assert set(scene.store.kept) == {MAJOR, MINOR}


def test_without_a_reviewer_drafts_wait_for_a_person() -> None:
    scene = Scene()
    (prepared,) = scene.prepare(MAJOR, by_person=True).done
    assert prepared.to_fields()["status"] == "DRAFT"


def test_what_is_there_is_left_alone_and_a_model_s_refusal_is_tried_again() -> None:
    scene = Scene()
    scene.prepare(MAJOR, MINOR, SEVERE)
    scene.store.kept[MINOR] = replace(scene.store.kept[MINOR], status=Status.REFUSED)
    scene.store.kept[SEVERE] = scene.store.kept[SEVERE].judged(Status.REFUSED, "Dana")
    scene.model.asked.clear()
    done = scene.prepare(MAJOR, MINOR, SEVERE).done
    assert [prepared.kept for prepared in done] == [True, False, True]
    assert scene.model.asked == [MINOR]


def test_no_segment_begins_without_the_time_that_it_may_take() -> None:
    scene = Scene()
    scene.seconds = [SEGMENT_SECONDS + 1, SEGMENT_SECONDS]
    preparation = scene.prepare(MAJOR, MINOR)
    assert [prepared.segment for prepared in preparation.done] == [MAJOR]
    assert preparation.left == [MINOR]


@pytest.mark.parametrize("role", ["author", "reviewer"])
def test_a_model_that_cannot_be_had_ends_it_with_its_role_and_the_error(role: str) -> None:
    scene = Scene()
    scene.model.down = role
    preparation = scene.prepare(MAJOR, MINOR)
    (prepared,) = preparation.done
    assert prepared.to_fields() == {
        "segment": MAJOR.key, "status": None, "rules": [], "kept": False, "problem": prepared.problem,
    }  # fmt: skip
    assert str(prepared.problem).startswith(role)
    assert preparation.left == [MINOR]
    assert scene.store.kept == {}


def test_a_segment_that_there_is_not_is_named_before_anything_is_asked() -> None:
    scene = Scene()
    with pytest.raises(UnknownSegmentError, match="gate/MOON"):
        prepare_templates([MAJOR.key, "gate/MOON"], scene.model, scene.model, scene.store, lambda: 100.0)
    assert scene.model.asked == []
