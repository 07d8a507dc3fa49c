from typing import Any, cast

import pytest

from flightpulse.adapters.template_cache import TTL_SECONDS, TemplateCache
from flightpulse.domain.templates import MessageTemplate
from flightpulse.stand_in.model import template_fields
from tests.unit.fakes import FakeDynamoDB, aws_error
from tests.unit.messages.samples import MAJOR, MINOR

TEMPLATE = MessageTemplate.from_fields(template_fields(MAJOR))


class FakeTable(FakeDynamoDB):
    def put_item(self, **arguments: Any) -> dict[str, Any]:
        self._note("put_item", arguments)
        self.put(arguments["Item"])
        return {}


class Scene:
    def __init__(self) -> None:
        self.table = FakeTable()
        self.now = 1_000_000.0
        self.reports: list[tuple[str, str]] = []
        self.cache = TemplateCache(
            cast(Any, self.table), "FlightPulseTable", lambda *report: self.reports.append(report), now=lambda: self.now
        )


def test_a_template_is_kept_for_its_segment_and_version() -> None:
    scene = Scene()
    scene.cache.put(MAJOR, "1@a.model", TEMPLATE, "a.model")
    assert scene.cache.get(MAJOR, "1@a.model") == TEMPLATE
    assert scene.cache.get(MAJOR, "2@a.model") is None
    assert scene.cache.get(MINOR, "1@a.model") is None


def test_the_item_has_its_own_prefix_and_ends_by_itself() -> None:
    scene = Scene()
    scene.cache.put(MAJOR, "1@a.model", TEMPLATE, "a.model")
    ((key, item),) = scene.table.items.items()
    assert key == (f"TEMPLATE#{MAJOR.key}#1@a.model", "METADATA")
    assert item["expires_at"] == {"N": str(1_000_000 + TTL_SECONDS)}
    assert item["model_id"] == {"S": "a.model"}


def test_an_expired_template_that_still_lies_there_is_not_used() -> None:
    scene = Scene()
    scene.cache.put(MAJOR, "1@a.model", TEMPLATE, "a.model")
    scene.now += TTL_SECONDS
    assert scene.cache.get(MAJOR, "1@a.model") is None


@pytest.mark.parametrize(
    "damage",
    [{"paragraphs": {"S": "one"}}, {"sms": {"N": "1"}}, {"expires_at": {"S": "never"}}, {"subject": {"NULL": True}}],
)
def test_a_damaged_item_is_as_good_as_none(damage: dict[str, Any]) -> None:
    scene = Scene()
    scene.cache.put(MAJOR, "1@a.model", TEMPLATE, "a.model")
    next(iter(scene.table.items.values())).update(damage)
    assert scene.cache.get(MAJOR, "1@a.model") is None
    assert [problem for problem, _ in scene.reports] == ["a cached template could not be read"]


def test_a_table_that_cannot_be_reached_is_reported_and_stops_nobody() -> None:
    scene = Scene()
    scene.table.error = aws_error("ProvisionedThroughputExceededException")
    scene.cache.put(MAJOR, "1@a.model", TEMPLATE, "a.model")
    assert scene.cache.get(MAJOR, "1@a.model") is None
    assert scene.reports == [
        ("a template could not be cached", "ClientError"),
        ("a cached template could not be read", "ClientError"),
    ]
