from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from flightpulse.adapters.model import BUDGET_SECONDS, READ_TIMEOUT_SECONDS
from flightpulse.adapters.template_table import CLAIMED_FOR, ChangedMeanwhileError, TemplateTable, TolerantTemplateStore
from flightpulse.messages import prompt
from flightpulse.messages.lint import Refusal, Rule
from flightpulse.messages.news import all_segments
from flightpulse.messages.records import KEPT_FOR, REFUSED_FOR, Status, TemplateRecord
from flightpulse.messages.templates import Sentence
from tests.unit.fakes import FakeTemplates, aws_error, patient
from tests.unit.messages.samples import MAJOR, MINOR, fitting_written_text

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
VERSION = prompt.version(MAJOR)
APPROVED = TemplateRecord(
    segment=MAJOR,
    prompt_version=VERSION,
    status=Status.APPROVED,
    template=fitting_written_text(MAJOR),
    drafted_by="a.model",
    reviewed_by="a.reviewer",
    reasons=(Refusal(Rule.REVIEW, "a shuttle", Sentence("sms", "A shuttle waits.")), Refusal(Rule.SHAPE, "odd")),
    dropped=("A shuttle waits.",),
    repaired=True,
)
REFUSED = replace(APPROVED, status=Status.REFUSED, template=None)


class Scene:
    def __init__(self, **options: Any) -> None:
        self.dynamodb = FakeTemplates(**options)
        self.now = NOW
        self.table = self.connected()
        self.reports: list[str] = []
        self.store = TolerantTemplateStore(
            self.table, lambda problem, details: self.reports.append(f"{problem}: {details.get('error', MAJOR.key)}")
        )

    def connected(self) -> TemplateTable:
        """The same table as another function's process sees it."""
        return TemplateTable(cast(Any, self.dynamodb), "FlightPulseTable", now=lambda: self.now, backoff=patient())

    def found(self) -> TemplateRecord | None:
        return self.store.get_many([MAJOR]).get(MAJOR)


def test_a_record_comes_back_as_it_was_put_with_its_times() -> None:
    scene = Scene()
    scene.store.put(APPROVED)
    assert scene.store.get_many([MAJOR, MINOR]) == {MAJOR: APPROVED.stored(NOW)}
    assert scene.table.get_many([(MAJOR, "another version")]) == []


def test_the_item_has_its_own_prefix_and_ends_by_itself() -> None:
    scene = Scene()
    scene.store.put(APPROVED)
    ((key, item),) = scene.dynamodb.items.items()
    assert key == (f"TEMPLATE#{MAJOR.key}", f"VERSION#{VERSION}")
    assert item["expires_at"] == {"N": str(int((NOW + KEPT_FOR).timestamp()))}
    assert (item["status"], item["reviewed_by"]) == ({"S": "APPROVED"}, {"S": "a.reviewer"})


def test_an_expired_record_that_still_lies_there_does_not_count_and_is_written_over() -> None:
    scene = Scene()
    scene.store.put(APPROVED)
    scene.now += KEPT_FOR
    assert scene.found() is None
    scene.store.put(REFUSED)
    assert scene.found() == REFUSED.stored(scene.now)


def test_what_is_there_is_not_written_over_but_a_model_s_refusal_is() -> None:
    scene = Scene()
    scene.store.put(REFUSED)
    scene.store.put(APPROVED)
    scene.store.put(REFUSED)
    found = scene.found()
    assert found is not None
    assert found.status is Status.APPROVED
    assert scene.reports == []


@pytest.mark.parametrize("word", [Status.APPROVED, Status.REFUSED])
def test_a_person_s_word_lasts_and_no_model_writes_over_it(word: Status) -> None:
    scene = Scene()
    scene.store.put(REFUSED)
    seen = scene.found()
    assert seen is not None
    decided = scene.table.decide(seen, replace(seen, template=APPROVED.template).judged(word, "Dana"))
    scene.now += REFUSED_FOR + timedelta(days=1)
    scene.store.put(replace(APPROVED, drafted_by="another.model"))
    found = scene.found()
    assert found == decided
    assert (found.status, found.reviewed_by, found.by_person) == (word, "Dana", True)
    assert found.expires_at == int((NOW + KEPT_FOR).timestamp())


def test_a_person_decides_on_what_they_looked_at_and_nothing_else() -> None:
    scene = Scene()
    scene.store.put(REFUSED)
    seen = scene.found()
    assert seen is not None
    scene.now += timedelta(seconds=5)
    scene.store.put(APPROVED)
    with pytest.raises(ChangedMeanwhileError):
        scene.table.decide(seen, seen.judged(Status.REFUSED, "Dana"))


def test_all_segments_are_read_in_batches_of_a_hundred_with_what_was_left_out_asked_for_again() -> None:
    scene = Scene(unprocessed=[0, 3])
    segments = list(all_segments())
    for segment in segments:
        scene.store.put(replace(APPROVED, segment=segment))
    found = scene.table.get_many((segment, VERSION) for segment in segments)
    assert {record.segment for record in found} == set(segments)
    assert scene.dynamodb.operations().count("batch_get_item") == -(-len(segments) // 100) + 1


def test_a_segment_s_versions_are_one_query() -> None:
    scene = Scene()
    for version in ("earlier", VERSION):
        scene.store.put(replace(APPROVED, prompt_version=version))
    assert {record.prompt_version for record in scene.table.versions(MAJOR)} == {"earlier", VERSION}
    assert scene.dynamodb.operations().count("query") == 1


def test_forgetting_tells_whether_there_was_something() -> None:
    scene = Scene()
    scene.store.put(APPROVED)
    assert [scene.table.delete(MAJOR, VERSION) for _ in range(2)] == [True, False]


@pytest.mark.parametrize(
    "damage",
    [
        {"template": {"S": "one"}},
        {"status": {"S": "LIKED"}},
        {"expires_at": {"S": "never"}},
        {"segment": {"S": "a/b"}},
        {"segment": {"S": MINOR.key}},
    ],
)
def test_a_damaged_item_is_reported_and_as_good_as_a_refusal(damage: dict[str, Any]) -> None:
    scene = Scene()
    scene.store.put(APPROVED)
    next(iter(scene.dynamodb.items.values())).update(damage)
    found = scene.found()
    assert found is not None
    assert (found.status, found.template) == (Status.REFUSED, None)
    assert scene.reports == [f"a template is damaged: {MAJOR.key}"]
    assert scene.table.versions(MAJOR) == []


def test_a_table_that_cannot_be_reached_is_reported_and_stops_nobody() -> None:
    scene = Scene()
    scene.dynamodb.error = aws_error("ProvisionedThroughputExceededException")
    scene.store.put(APPROVED)
    assert scene.found() is None
    assert scene.store.claim(MAJOR)
    scene.store.release(MAJOR)
    assert scene.reports == [
        "a template could not be stored: ClientError",
        "templates could not be read: ClientError",
        "a template could not be claimed: ClientError",
        "a template could not be released: ClientError",
    ]


def test_one_drafts_at_a_time_and_until_then_there_is_no_record() -> None:
    scene = Scene()
    assert [scene.store.claim(MAJOR) for _ in range(2)] == [True, False]
    assert scene.store.claim(MINOR)
    assert scene.found() is None
    assert scene.table.versions(MAJOR) == []
    assert scene.reports == []


def test_a_record_takes_the_place_of_a_claim_and_nobody_claims_it_again() -> None:
    scene = Scene()
    scene.store.claim(MAJOR)
    scene.store.put(APPROVED)
    assert scene.found() == APPROVED.stored(NOW)
    assert not scene.store.claim(MAJOR)
    scene.store.release(MAJOR)
    assert scene.found() == APPROVED.stored(NOW)


def test_a_claim_ends_when_it_is_released_and_by_itself_after_its_time() -> None:
    scene = Scene()
    scene.store.claim(MAJOR)
    scene.store.release(MAJOR)
    assert scene.store.claim(MAJOR)
    scene.now += CLAIMED_FOR
    assert scene.store.claim(MAJOR)


def test_nobody_ends_the_claim_of_somebody_else() -> None:
    scene = Scene()
    scene.store.claim(MAJOR)
    scene.connected().release(MAJOR, VERSION)
    assert not scene.store.claim(MAJOR)


def test_a_claim_outlasts_all_that_a_draft_may_take() -> None:
    assert timedelta(seconds=BUDGET_SECONDS + READ_TIMEOUT_SECONDS) < CLAIMED_FOR
