"""What a replay must show, and how it is summed up, from facts alone."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from awskit.kafka.producer import Acknowledged, Report
from flightpulse.domain.entities import Tier
from flightpulse.errors import UserError
from flightpulse.workbench.fire import replaying
from flightpulse.workbench.messages.inbox import Message
from flightpulse.workbench.observe.facts import BookedPassenger, Facts, Handled, SentEvent
from localcloud.process import state as local_state
from localcloud.process.state import RunningCloud
from simulator import days, replay
from tests.unit.workbench.clock import Clock

BEGAN = datetime(2026, 11, 24, 12, tzinfo=UTC)
FLIGHT = "RP0208-B61-JFK"


def sent(name: str, kind: str, seconds: int) -> SentEvent:
    at = BEGAN + timedelta(seconds=seconds)
    return SentEvent(event_id=name, event_type=kind, flight_id=FLIGHT, at=at, known_at=at)


def handled(name: str, status: str = "SUCCEEDED", outcome: str = "DONE") -> Handled:
    return Handled(f"arn:{name}", "w", status, "flight.delay.minor", name, FLIGHT, outcome, BEGAN, BEGAN)


def message(event: SentEvent, after: float, channel: str = "email") -> Message:
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
GONE, LEFT = sent("c", "FLIGHT_CANCELLED", 4), sent("l", "FLIGHT_DEPARTED", 5)


@pytest.mark.parametrize(
    ("acknowledged", "settled"),
    [(["a", "b", "c"], 3), (["c", "a"], 1), (["b", "c"], 0), ([], 0)],
)
def test_a_replay_goes_on_at_the_first_event_that_the_broker_may_not_have(acknowledged: list[str], settled: int):
    report = Report(acknowledged=[Acknowledged(name, 0, 0) for name in acknowledged], unknown=["b"])
    assert replaying.settled(["a", "b", "c"], report) == settled


@pytest.mark.parametrize(
    ("events", "newest"),
    [
        ((DELAY, GATE, LATER), {"d2", "g"}),
        ((DELAY, GATE, GONE), {"c"}),
        ((DELAY, LEFT), {"d1"}),
        ((GATE,), {"g"}),
        ((), set()),
    ],
)
def test_the_newest_news_is_by_subject_and_a_cancellation_ends_them_all(events: Sequence[SentEvent], newest: set[str]):
    assert {event.event_id for event in replaying.newest(events)} == newest


def test_an_event_is_handled_when_its_workflow_ended_well():
    look = replaying.every_event_handled().look

    assert look(Facts(sent=(DELAY,), handled=(handled("d1"),))).ok
    assert look(Facts(sent=(DELAY, LATER), handled=(handled("d1"), handled("d2", outcome="SUPERSEDED")))).ok
    assert not look(Facts(sent=(DELAY, LATER), handled=(handled("d1"),))).ok
    assert not look(Facts(sent=(DELAY,), handled=(handled("d1", status="FAILED"),))).ok


def test_who_has_only_older_news_was_not_told():
    recipients = {FLIGHT: (BookedPassenger("B1", "P1", Tier.MEMBER, frozenset({"email"})),)}
    look = replaying.told_newest().look

    assert not look(Facts(sent=(DELAY, LATER), messages=(message(DELAY, 1),), recipients=recipients)).ok
    assert look(Facts(sent=(DELAY, LATER), messages=(message(LATER, 1),), recipients=recipients)).ok


@pytest.mark.parametrize(
    ("events", "outcome", "ok"),
    [
        ((DELAY, LEFT), "SUPERSEDED", True),
        ((DELAY, LEFT), "DONE", False),
        ((DELAY,), "SUPERSEDED", False),
        ((DELAY,), "TOO_SMALL", True),
    ],
)
def test_nobody_has_to_hear_of_what_a_departure_overtook_or_of_a_delay_that_is_too_small(
    events: tuple[SentEvent, ...], outcome: str, ok: bool
):
    recipients = {FLIGHT: (BookedPassenger("B1", "P1", Tier.MEMBER, frozenset({"email"})),)}
    facts = Facts(sent=events, handled=(handled("d1", outcome=outcome),), recipients=recipients)

    assert replaying.told_newest().look(facts).ok is ok


def test_who_was_told_twice_or_on_a_channel_they_did_not_choose_is_found():
    recipients = {FLIGHT: (BookedPassenger("B1", "P1", Tier.MEMBER, frozenset({"email"})),)}
    look = replaying.told_newest().look

    once, again, text = message(DELAY, 1), message(DELAY, 2), message(DELAY, 3, "sms")
    assert look(Facts(sent=(DELAY,), messages=(once,), recipients=recipients)).seen == "1 of 1 flights"
    for messages in ((once, again), (once, text)):
        found = look(Facts(sent=(DELAY,), messages=messages, recipients=recipients))
        assert (found.seen, found.ok) == (f"0 of 1 flights; not {FLIGHT}", False)


def test_the_board_says_how_a_replay_stands():
    facts = Facts(
        sent=(DELAY, LATER, GATE),
        handled=(handled("d1", outcome="SUPERSEDED"), handled("d2", status="RUNNING", outcome="")),
        messages=(message(DELAY, 1), message(DELAY, 1, "sms")),
    )

    used = {"calls": 4, "input_tokens": 1_000_000, "output_tokens": 0}
    board = replaying.board(facts, 7, used, "amazon.nova-lite-v1:0")

    assert board.columns() == {
        "events": "3/7",
        "backlog": "2",
        "told": "2",
        "superseded": "1",
        "model calls": "4",
        "cost": "about $0.061",
    }
    assert str(board).startswith("events 3/7, backlog 2, told 2")


def test_recipients_are_known_from_the_plan_alone():
    day = days.find("2013-07-23")
    rows = days.Filter(tails=("N192JB",)).of(day, days.read(day))
    data = replay.plan(day, rows, bookings=9, seed=1, leaves_on=date(2026, 11, 25)).data

    found = replaying.recipients_of(data)

    assert {flight: len(some) for flight, some in found.items()} == {flight.flight_id: 9 for flight in data.flights}
    wishes = {person.passenger_id: person.notification_preferences for person in data.passengers}
    for recipient in (person for some in found.values() for person in some):
        assert ("email" in recipient.channels) == wishes[recipient.passenger_id].email
        assert ("sms" in recipient.channels) == wishes[recipient.passenger_id].sms


def test_a_replay_that_was_stopped_is_found_again(tmp_path: Path):
    choice = replaying.Choice(day="2013-02-08", leaves_on="2026-11-25", flights=4)
    stopped = replaying.ReplayProgress(choice=choice, began_at=BEGAN, sent=3, passed_seconds=12.5)

    stopped.save(tmp_path)

    found = replaying.ReplayProgress.load(tmp_path)
    assert (found.sent, found.began_at, found.passed_seconds) == (3, BEGAN, 12.5)
    assert found.choice.plan() == choice.plan()


@pytest.mark.parametrize(
    ("options", "flights"),
    [
        ({}, 12),
        ({"flights": 5}, 5),
        ({"all_flights": True}, 32),
        ({"origins": ("EWR",)}, 13),
        ({"origins": ("EWR",), "flights": 3}, 3),
    ],
)
def test_a_whole_day_is_sampled_unless_it_is_asked_for(options: dict[str, Any], flights: int):
    choice = replaying.Choice(day="2013-07-06", leaves_on="2026-11-25", bookings=1, **options)

    assert choice.plan().totals.flights == flights


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"choice": {}, "began_at": "noon"}'])
def test_without_a_stopped_replay_there_is_nothing_to_take_up(tmp_path: Path, content: str | None):
    if content is not None:
        (tmp_path / "replay.json").write_text(content)

    with pytest.raises(UserError, match="No replay was stopped half-way"):
        replaying.ReplayProgress.load(tmp_path)


def test_the_summary_counts_by_kind_and_all_together():
    facts = Facts(
        sent=(DELAY, LATER, GATE),
        handled=(handled("d1", outcome="SUPERSEDED"), handled("d2")),
        messages=(message(LATER, 2), message(LATER, 4, "sms")),
    )

    delays, gates, everything = replaying.summary(facts)

    assert delays == replaying.SummaryLine("FLIGHT_DELAY", 2, 2, 1, 1, 1, 2.0, 4.0)
    assert gates == replaying.SummaryLine("GATE_CHANGE", 1, 0, 0, 0, 0, None, None)
    assert (everything.kind, everything.events, everything.handled) == ("all", 3, 2)


@pytest.mark.parametrize(("percent", "value"), [(50, 5), (95, 10), (10, 1)])
def test_percentiles_are_values_that_were_seen(percent: int, value: int):
    assert replaying.percentile(range(1, 11), percent) == value


PEOPLE = {FLIGHT: (BookedPassenger("B1", "P1", Tier.MEMBER, frozenset({"email"})),)}
RUNNING = Facts(sent=(DELAY,), handled=(handled("d1", status="RUNNING", outcome=""),), recipients=PEOPLE)
UNTOLD = replace(RUNNING, handled=(handled("d1"),))
DONE = replace(UNTOLD, messages=(message(DELAY, 1),))


def waited(*seen: Facts) -> tuple[float, bool]:
    """How long somebody looks at these facts, one after the other and the last for ever; whether all was well."""
    clock, facts = Clock(), list(seen)
    _, checks = replaying.until_told(lambda: facts.pop(0) if len(facts) > 1 else facts[0], clock)
    return clock.now, all(check.ok for check in checks)


def test_a_replay_ends_as_soon_as_everybody_is_told():
    assert waited(RUNNING, RUNNING, DONE) == (2.0, True)


def test_a_slow_replay_is_waited_for_as_long_as_something_moves():
    told = [replace(RUNNING, messages=(message(DELAY, 1),) * number) for number in range(2, 400)]

    assert waited(*told, DONE) == (398.0, True)


def test_a_replay_in_which_nothing_moves_any_more_is_over():
    assert waited(RUNNING) == (120.0, False)
    assert waited(RUNNING, UNTOLD) == (16.0, False)


def test_a_day_on_which_nothing_became_known_is_not_replayed():
    with pytest.raises(
        UserError, match="Nothing is to be told of 2013-10-02 by tail N192JB: every flight left on time"
    ):
        replaying.Choice(day="2013-10-02", leaves_on="2026-11-25", tails=("N192JB",)).plan()


@dataclass
class Local:
    """What is asked of a session before the table is loaded."""

    home: Path
    broker: str = "127.0.0.1:9"
    target: str = "local"


@pytest.mark.parametrize(
    ("partitions", "kind", "refused"), [(0, "embedded", True), (1, "embedded", False), (0, "x", False)]
)
def test_a_day_that_the_embedded_broker_cannot_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, partitions: int, kind: str, refused: bool
):
    cloud = RunningCloud(1, "", str(tmp_path), "http://127.0.0.1:8", Local.broker, kind, "", "", "", "")
    local_state.save(cloud)
    monkeypatch.setattr(replaying, "partitions_of", lambda _kafka, _topic: partitions)
    plan = replaying.Choice(day="2013-07-23", leaves_on="2026-11-25", tails=("N192JB",)).plan()

    with pytest.raises(UserError, match="and the embedded broker keeps no more than") if refused else nullcontext():
        replaying.check_room(cast(Any, Local(tmp_path)), plan)


def test_a_choice_without_departures_has_all_other_news():
    choice = replaying.Choice(day="2013-07-23", leaves_on="2026-11-25", tails=("N192JB",), bookings=1)

    whole, told = choice.plan(), replace(choice, departures=False).plan()

    assert "FLIGHT_DEPARTED" in {news.kind for news in whole.news}
    assert told.news == tuple(news for news in whole.news if news.kind != "FLIGHT_DEPARTED")
