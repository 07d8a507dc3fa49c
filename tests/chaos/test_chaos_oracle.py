"""The oracle tells a kept promise from a broken one."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from flightpulse.chaos import booked_flights, event_sequence
from flightpulse.chaos.oracle import FlightEnd, Handling, Oracle, SentMessage, exactly, still_news
from flightpulse.chaos.verdict import Promise

WISHES = {"SW1": frozenset({("B1", "email"), ("B1", "sms"), ("B2", "email")})}


def event(event_id: str, minute: int, kind: str = "FLIGHT_DELAY", **payload: Any) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "event_type": kind,
        "timestamp": f"2026-11-24T10:{minute:02}:00.000Z",
        "payload": {"flight_id": "SW1", "delay_minutes": 30, **payload},
    }


EARLY, LATE = event("early", 0), event("late", 5, delay_minutes=90)
GATE = event("gate", 2, "GATE_CHANGE", new_gate="B7")
OFF = event("off", 9, "FLIGHT_CANCELLED")


def told(*events: str, wishes: Sequence[tuple[str, str]] = tuple(sorted(WISHES["SW1"]))) -> list[SentMessage]:
    return [SentMessage(event_id, "SW1", booking, channel) for event_id in events for booking, channel in wishes]


def broken(promises: Sequence[Promise]) -> list[str]:
    return [promise.said for promise in promises if not promise.kept]


def test_newest_news_of_both_subjects_once_each_is_what_must_be() -> None:
    oracle = Oracle([EARLY, LATE, GATE], WISHES)

    assert broken(oracle.about_messages(told("early", "late", "gate"))) == []
    assert broken(oracle.about_messages(told("late", "gate"))) == []


@pytest.mark.parametrize(
    ("messages", "promise"),
    [
        (told("gate"), "Everybody knows the newest news, on each channel they chose"),
        (told("late", "gate")[:-1], "Everybody knows the newest news, on each channel they chose"),
        (told("late", "gate", "gate"), "Nobody was told twice"),
        (told("late", "early", "gate"), "Nobody got older news after newer"),
        (
            [*told("late", "gate"), SentMessage("late", "SW1", "B2", "sms")],
            "Nobody was told who had not asked for it",
        ),
    ],
)
def test_each_broken_promise_is_found(messages: list[SentMessage], promise: str) -> None:
    assert broken(Oracle([EARLY, LATE, GATE], WISHES).about_messages(messages)) == [promise]


def test_after_a_cancellation_there_is_no_more_news_about_anything() -> None:
    oracle = Oracle([EARLY, GATE, OFF], WISHES)

    assert broken(oracle.about_messages(told("early", "off"))) == []
    assert broken(oracle.about_messages(told("early", "gate", "off"))) == []
    assert broken(oracle.about_messages(told("off", "gate"))) == ["Nobody got older news after newer"]


def test_what_was_news_follows_from_the_order_of_arrival() -> None:
    assert [item["event_id"] for item in still_news([LATE, EARLY, GATE, LATE, OFF, GATE])] == ["late", "gate", "off"]


def test_equal_times_are_told_apart_by_their_ids() -> None:
    first, second = event("a", 1), event("b", 1)

    assert still_news([second, first]) == [second]
    assert Oracle([second, first], WISHES).newest("SW1")["departure"] == second


def test_one_message_more_than_the_order_of_arrival_asks_for_is_found() -> None:
    oracle = Oracle([EARLY, LATE], WISHES)
    expected = oracle.exactly_told([LATE, EARLY, EARLY])

    assert exactly(expected, told("late")).kept
    assert not exactly(expected, told("early", "late")).kept
    assert not exactly(expected, told("late")[:-1]).kept


def test_who_missed_an_event_must_have_heard_something_newer() -> None:
    oracle = Oracle([EARLY, LATE, GATE], WISHES)

    assert oracle.about_applied(told("late", "gate"), ["early", "late", "gate"]).kept
    assert not oracle.about_applied(told("late"), ["early", "late", "gate"]).kept


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        (FlightEnd("DELAYED", 90, "B7"), True),
        (FlightEnd("DELAYED", 30, "B7"), False),
        (FlightEnd("SCHEDULED", 90, "B7"), False),
        (FlightEnd("DELAYED", 90, "A1"), False),
    ],
)
def test_a_flight_must_end_in_its_newest_state(state: FlightEnd, kept: bool) -> None:
    promise = Oracle([EARLY, LATE, GATE], WISHES).about_flights({"SW1": state}, {"SW1": "A1"})

    assert promise.kept is kept


@pytest.mark.parametrize(
    ("handling", "wrong"),
    [
        (Handling("DONE", ("ALREADY_HANDLED", "DONE"), told=3), []),
        (Handling("DONE", ("DONE", "DONE"), told=3), ["Every event counted once, however often it was delivered"]),
        (Handling("DONE", ("DONE",), told=3), ["Every event counted once, however often it was delivered"]),
        (Handling("IN_PROGRESS", ()), ["Every event was handled to its end"]),
        (
            Handling("DONE", ("ALREADY_HANDLED", "DONE"), told=2, failed=1),
            ["The counts of every event fit its passengers"],
        ),
        (Handling("DONE", ("ALREADY_HANDLED", "DONE"), told=4), ["The counts of every event fit its passengers"]),
    ],
)
def test_how_an_event_was_handled_is_judged(handling: Handling, wrong: list[str]) -> None:
    assert broken(Oracle([EARLY], WISHES).about_handling({"early": handling}, {"early": 2})) == wrong


def test_an_event_that_failed_after_it_closed_its_claim_counts_once_when_its_letters_were_sent_back() -> None:
    oracle, handled = Oracle([EARLY], WISHES), {"early": Handling("DONE", ("FAILED",), told=2, failed=1)}

    assert broken(oracle.about_handling(handled, {"early": 1}, redriven=True)) == []
    assert "Every event counted once, however often it was delivered" in broken(
        oracle.about_handling(handled, {"early": 1})
    )
    failed_only = {"early": Handling("FAILED", ("FAILED",))}
    assert broken(oracle.about_handling(failed_only, {"early": 1}, redriven=True)) == [
        "Every event was handled to its end"
    ]


def test_a_storm_is_the_same_for_the_same_seed_and_has_every_event_as_often_as_asked() -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    flights = booked_flights.invent(5, flights=4, bookings=1).flights

    made = event_sequence.make(5, flights, events_per_flight=6, copies=3, now=now)
    again = event_sequence.make(5, flights, events_per_flight=6, copies=3, now=now)

    assert made == again
    assert made != event_sequence.make(6, flights, events_per_flight=6, copies=3, now=now)
    ids = [record["event_id"] for record in made.records]
    assert sorted(ids) == sorted(event["event_id"] for event in made.news for _ in range(3))
    assert ids != sorted(ids)


def test_waves_have_each_flight_once_and_keep_its_order() -> None:
    flights = booked_flights.invent(1, flights=3, bookings=1).flights
    made = event_sequence.make(1, flights, events_per_flight=5, copies=2, now=datetime(2026, 11, 24, tzinfo=UTC))

    waves = event_sequence.waves(made.records)

    assert all(len({event_sequence.flight_of(item) for item in wave}) == len(wave) for wave in waves)
    for flight in flights:
        mine = [record for record in made.records if event_sequence.flight_of(record) == flight.flight_id]
        assert [item for wave in waves for item in wave if event_sequence.flight_of(item) == flight.flight_id] == mine


def test_a_crowd_has_somebody_without_each_channel_and_somebody_who_cancelled() -> None:
    people = booked_flights.invent(random.Random(3).randrange(1000), flights=3, bookings=40)
    wanted = {wish for wishes in people.wishes.values() for wish in wishes}
    channels = [{name for booking, name in wanted if booking == item.booking_id} for item in people.bookings]

    assert {frozenset(channel) for channel in channels} >= {
        frozenset(),
        frozenset({"email"}),
        frozenset({"sms"}),
        frozenset({"email", "sms"}),
    }
    assert any(str(booking.booking_status) == "CANCELLED" for booking in people.bookings)
