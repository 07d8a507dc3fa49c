"""What a replay must show, and how it is summed up, from facts alone."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from flightpulse.domain.entities import Tier
from flightpulse.workbench.fire import replaying
from flightpulse.workbench.messages.inbox import Message
from flightpulse.workbench.observe.facts import Facts, Handled, Recipient, Sent

BEGAN = datetime(2026, 11, 24, 12, tzinfo=UTC)
FLIGHT = "RP0208-B61-JFK"


def sent(name: str, kind: str, seconds: int) -> Sent:
    at = BEGAN + timedelta(seconds=seconds)
    return Sent(event_id=name, event_type=kind, flight_id=FLIGHT, at=at, known_at=at)


def handled(name: str, status: str = "SUCCEEDED", outcome: str = "DONE") -> Handled:
    return Handled(f"arn:{name}", "w", status, "flight.delay.minor", name, FLIGHT, outcome, BEGAN, BEGAN)


def message(event: Sent, after: float, channel: str = "email") -> Message:
    words = dict.fromkeys(("notification_id", "correlation_id", "kind", "severity", "to", "subject"), "x")
    return Message(
        **words,
        channel=channel,
        event_id=event.event_id,
        flight_id=FLIGHT,
        booking_id="B1",
        passenger_id="P1",
        tier="MEMBER",
        text="x",
        segment="x",
        written_by="model",
        model_id="x",
        event_at=event.known_at,
        at=event.known_at + timedelta(seconds=after),
    )


DELAY, LATER, GATE = sent("d1", "FLIGHT_DELAY", 1), sent("d2", "FLIGHT_DELAY", 3), sent("g", "GATE_CHANGE", 2)
GONE = sent("c", "FLIGHT_CANCELLED", 4)


@pytest.mark.parametrize(
    ("events", "newest"),
    [((DELAY, GATE, LATER), {"d2", "g"}), ((DELAY, GATE, GONE), {"c"}), ((GATE,), {"g"}), ((), set())],
)
def test_the_newest_news_is_by_subject_and_a_cancellation_ends_them_all(events: Sequence[Sent], newest: set[str]):
    assert {record.event_id for record in replaying.newest(events, FLIGHT)} == newest


def test_an_event_is_handled_when_its_workflow_ended_well():
    look = replaying.every_event_handled().look

    assert look(Facts(sent=(DELAY,), handled=(handled("d1"),))).ok
    assert look(Facts(sent=(DELAY, LATER), handled=(handled("d1"), handled("d2", outcome="SUPERSEDED")))).ok
    assert not look(Facts(sent=(DELAY, LATER), handled=(handled("d1"),))).ok
    assert not look(Facts(sent=(DELAY,), handled=(handled("d1", status="FAILED"),))).ok


def test_who_has_only_older_news_was_not_told():
    recipients = {FLIGHT: (Recipient("B1", "P1", Tier.MEMBER, frozenset({"email"})),)}
    look = replaying.told_newest(FLIGHT).look

    assert not look(Facts(sent=(DELAY, LATER), messages=(message(DELAY, 1),), recipients=recipients)).ok
    assert look(Facts(sent=(DELAY, LATER), messages=(message(LATER, 1),), recipients=recipients)).ok


def test_the_summary_counts_by_kind_and_all_together():
    facts = Facts(
        sent=(DELAY, LATER, GATE),
        handled=(handled("d1", outcome="SUPERSEDED"), handled("d2")),
        messages=(message(LATER, 2), message(LATER, 4, "sms")),
    )

    delays, gates, everything = replaying.summary(facts)

    assert delays == replaying.Line("FLIGHT_DELAY", 2, 2, 1, 1, 1, 2.0, 4.0)
    assert gates == replaying.Line("GATE_CHANGE", 1, 0, 0, 0, 0, None, None)
    assert (everything.kind, everything.events, everything.handled) == ("all", 3, 2)


@pytest.mark.parametrize(("percent", "value"), [(50, 5), (95, 10), (10, 1)])
def test_percentiles_are_values_that_were_seen(percent: int, value: int):
    assert replaying.percentile(range(1, 11), percent) == value
