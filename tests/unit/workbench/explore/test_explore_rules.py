"""The rule tester on a bus in memory, which answers yes or no as EventBridge does."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from flightpulse.errors import UserError
from flightpulse.workbench.explore import RuleTester
from flightpulse.workbench.explore.event_patterns import explain
from flightpulse.workbench.target.session import Session

DELAY = {"source": [{"prefix": "flightpulse"}], "detail-type": [{"prefix": "flight.delay."}]}
CANCELLED = {"source": [{"prefix": "flightpulse"}], "detail-type": ["flight.cancelled"]}
EVENT = {"source": "flightpulse.kafka-consumer", "detail-type": "flight.delay.minor", "detail": {"delay_minutes": 25}}


class FakeBus:
    """Rules on pages of one, and TestEventPattern; ``wrong`` turns its answers round."""

    def __init__(self) -> None:
        self.rules: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []
        self.wrong = False

    def put(self, name: str, pattern: Any, state: str = "ENABLED") -> None:
        self.rules.append({"Name": name, "State": state, **({"EventPattern": json.dumps(pattern)} if pattern else {})})

    def get_paginator(self, operation: str) -> Any:
        pages = {"list_rules": self._rules, "list_targets_by_rule": self._targets}[operation]
        return SimpleNamespace(paginate=pages)

    def _rules(self, **arguments: Any) -> Iterator[dict[str, Any]]:
        assert arguments == {"EventBusName": "flightpulse-bus"}
        return ({"Rules": [rule]} for rule in self.rules)

    def _targets(self, **arguments: Any) -> Iterator[dict[str, Any]]:
        arn = f"arn:aws:states:us-east-1:000000000000:stateMachine:To-{arguments['Rule']}"
        return iter([{"Targets": [{"Id": "1", "Arn": arn}]}])

    def test_event_pattern(self, **arguments: str) -> dict[str, bool]:
        event = json.loads(arguments["Event"])
        assert {"id", "account", "source", "time", "region", "resources", "detail-type", "detail"} <= event.keys()
        self.asked.append(event)
        if "refuse" in arguments["EventPattern"]:
            answer = {"Error": {"Code": "InvalidEventPatternException", "Message": "Event pattern is not valid."}}
            raise ClientError(cast("Any", answer), "TestEventPattern")
        return {"Result": explain(arguments["EventPattern"], event).matched is not self.wrong}


@pytest.fixture
def bus() -> FakeBus:
    made = FakeBus()
    made.put("flightpulse-delay", DELAY)
    made.put("flightpulse-cancellation", CANCELLED)
    made.put("every-hour", None)
    return made


def rules_of(bus: FakeBus) -> RuleTester:
    session = SimpleNamespace(
        events=bus, target="local", region="us-east-1", account="000000000000", output=lambda name: "flightpulse-bus"
    )
    return RuleTester(cast("Session", session))


def test_every_rule_with_a_pattern_is_tested_in_order_of_name(bus: FakeBus) -> None:
    report = rules_of(bus).test(EVENT)
    assert str(report) == (
        "1 of 2 rules of flightpulse-bus matches flight.delay.minor from flightpulse.kafka-consumer.\n"
        "✗ no match  flightpulse-cancellation → To-flightpulse-cancellation\n"
        '            detail-type: wanted "flight.cancelled", the event has "flight.delay.minor"\n'
        "✓ match     flightpulse-delay → To-flightpulse-delay"
    )
    assert report.matched == ("flightpulse-delay",)


def test_a_scheduled_rule_is_listed_and_has_no_pattern(bus: FakeBus) -> None:
    assert [(rule.name, bool(rule.pattern)) for rule in rules_of(bus).rules()] == [
        ("every-hour", False),
        ("flightpulse-cancellation", True),
        ("flightpulse-delay", True),
    ]


def test_an_event_as_put_on_the_bus_is_read_like_one_as_delivered(bus: FakeBus) -> None:
    entry = {
        "EventBusName": "flightpulse-bus",
        "Source": "flightpulse.kafka-consumer",
        "DetailType": "flight.delay.minor",
        "Detail": '{"delay_minutes": 25}',
    }
    rules_of(bus).test(entry)
    rules_of(bus).test(EVENT)
    assert bus.asked[0] == bus.asked[-1]


def test_an_execution_stands_for_the_event_that_started_it(bus: FakeBus) -> None:
    execution = SimpleNamespace(input={**EVENT, "id": "abc"})
    assert rules_of(bus).test(execution).matched == ("flightpulse-delay",)
    assert bus.asked[0]["id"] == "abc"


@pytest.mark.parametrize("event", [{"detail": {}}, "flight.delay.minor", None, SimpleNamespace(input={"event": {}})])
def test_what_is_no_event_is_refused_in_a_sentence(bus: FakeBus, event: Any) -> None:
    with pytest.raises(UserError, match="This is no event of the bus"):
        rules_of(bus).test(event)


def test_a_detail_that_is_not_json_is_refused_in_a_sentence(bus: FakeBus) -> None:
    with pytest.raises(UserError, match="detail of this event is not JSON"):
        rules_of(bus).test({"Source": "a", "DetailType": "b", "Detail": "{"})


def test_why_not_names_the_rules_there_are(bus: FakeBus) -> None:
    with pytest.raises(UserError, match="no rule 'delay'") as raised:
        rules_of(bus).why_not(EVENT, "delay")
    assert "flightpulse-cancellation and flightpulse-delay" in str(raised.value.hint)


def test_a_disabled_rule_matches_and_delivers_nothing(bus: FakeBus) -> None:
    bus.put("asleep", DELAY, state="DISABLED")
    verdict = rules_of(bus).why_not(EVENT, "asleep")
    assert verdict.matched
    assert not verdict.delivers
    assert "in state DISABLED: its targets get nothing" in str(verdict)


def test_where_eventbridge_decides_otherwise_it_is_said(bus: FakeBus) -> None:
    bus.wrong = True
    verdict = rules_of(bus).why_not(EVENT, "flightpulse-delay")
    assert not verdict.matched
    assert "EventBridge decides" in str(verdict)
    assert "EventBridge decides" in verdict.why


def test_a_cell_shows_the_same_as_text_and_as_html(bus: FakeBus) -> None:
    report = rules_of(bus).test(EVENT)
    for shown in (report, report["flightpulse-cancellation"]):
        bundle = shown._repr_mimebundle_()
        assert bundle["text/plain"] == str(shown) == repr(shown)
        assert "flight.cancelled" in bundle["text/html"]
        assert "no match" in bundle["text/html"]
