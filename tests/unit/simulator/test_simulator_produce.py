"""The event that command-line options describe, and what is said about wrong ones."""

from datetime import UTC, datetime
from typing import Any

import click
import pytest
from click.testing import CliRunner

from flightpulse.errors import UserError
from simulator import event_command, producer
from simulator.events import Event
from tests.unit.builders import a_flight

FLIGHT = a_flight(
    scheduled_departure=datetime(2026, 12, 1, 14, 15, tzinfo=UTC),
    scheduled_arrival=datetime(2026, 12, 1, 17, 35, tzinfo=UTC),
)
DELAY = "--event-type FLIGHT_DELAY --flight-id SW1234 --delay-minutes 25 --reason WEATHER"


def build(arguments: str) -> list[Event]:
    built: list[Event] = []

    @click.command
    @event_command.event_options
    def command(**options: Any) -> None:
        built.extend(event_command.build(lambda name: FLIGHT if name == FLIGHT.flight_id else None, options))

    result = CliRunner().invoke(command, arguments.split(), standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return built


def test_a_delay_is_built_from_the_flights_schedule() -> None:
    (event,) = build(f"{DELAY} --reason-detail storms")
    assert event["payload"] == {
        "flight_id": "SW1234",
        "delay_minutes": 25,
        "reason": "WEATHER",
        "reason_detail": "storms",
        "new_departure": "2026-12-01T08:40:00-06:00",
        "new_arrival": "2026-12-01T10:00:00-08:00",
    }


def test_a_cancellation_has_normal_priority_unless_told_otherwise() -> None:
    arguments = "--event-type FLIGHT_CANCELLED --flight-id SW1234 --reason CREW"
    assert build(arguments)[0]["payload"]["rebooking_priority"] == "NORMAL"
    assert build(f"{arguments} --rebooking-priority HIGH")[0]["payload"]["rebooking_priority"] == "HIGH"


def test_a_gate_change_starts_at_the_flights_gate() -> None:
    (event,) = build("--event-type GATE_CHANGE --flight-id SW1234 --new-gate D15 --terminal-change")
    assert event["payload"]["old_gate"] == "A12"
    assert event["payload"]["terminal_change"] is True


def test_several_events_are_news_one_after_the_other() -> None:
    sent = build(f"{DELAY} --count 3 --timestamp 2026-11-23T08:00:00Z")
    assert len({event["event_id"] for event in sent}) == 3
    assert [event["timestamp"][-5:] for event in sent] == [".000Z", ".001Z", ".002Z"]


def test_an_event_with_an_id_of_its_own_is_repeated_as_it_is() -> None:
    first, second = build(f"{DELAY} --count 2 --event-id evt-1")
    assert first == second


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("--event-type GATE_CHANGE --flight-id SW1234 --new-gate D_15", "payload.new_gate must match"),
        ("--event-type GATE_CHANGE --flight-id SW1234 --new-gate A12", "old_gate and new_gate are both A12"),
        (DELAY.replace("25", "99999"), "payload.delay_minutes must be smaller"),
        (f"{DELAY} --timestamp 2999-01-01T00:00Z", "more than a day in the future"),
        (f"{DELAY} --event-id é", "event_id must match"),
    ],
)
def test_what_the_consumer_would_refuse_is_not_sent(arguments: str, complaint: str) -> None:
    with pytest.raises(UserError, match=complaint) as refused:
        build(arguments)
    assert refused.value.hint == "Nothing was sent."


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("--event-type FLIGHT_DELAY --flight-id SW1234 --reason WEATHER", "needs --delay-minutes"),
        ("--event-type GATE_CHANGE --flight-id SW1234", "needs --new-gate"),
        (f"{DELAY} --new-gate D15", "--new-gate does not belong to FLIGHT_DELAY"),
        (f"{DELAY} --no-terminal-change", "--terminal-change does not belong to FLIGHT_DELAY"),
        ("--event-type FLIGHT_CANCELLED --flight-id SW1234 --reason ATC", "ATC is no reason for FLIGHT_CANCELLED"),
        ("--event-type FLIGHT_CANCELLED --flight-id SW9999 --reason CREW", "no flight SW9999"),
        (f"{DELAY} --timestamp 2026-11-23T08:00", "--timestamp '2026-11-23T08:00' is not an ISO 8601 time"),
        (f"{DELAY} --timestamp soon", "--timestamp 'soon'"),
    ],
)
def test_what_is_missing_or_wrong_is_named(arguments: str, complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        build(arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        f"{DELAY} --delay-minutes -5",
        f"{DELAY} --delay-minutes soon",
        f"{DELAY} --reason SNOW",
        "--event-type FLIGHT_LOST --flight-id SW1234",
        "--flight-id SW1234",
        f"{DELAY} --count 0",
        f"{DELAY} --such-an-option",
    ],
)
def test_the_program_says_what_is_wrong_in_one_line(arguments: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert producer.main(arguments.split()) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_the_program_names_an_unknown_flight(capsys: pytest.CaptureFixture[str]) -> None:
    code = producer.main(DELAY.replace("SW1234", "SW0000").split())
    assert code == 1
    assert capsys.readouterr().err.startswith("There is no flight SW0000.")


def test_the_program_needs_a_broker(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("FLIGHTPULSE_HOME", str(tmp_path))
    monkeypatch.delenv("FLIGHTPULSE_KAFKA", raising=False)
    assert producer.main(DELAY.split()) == 1
    assert "No local cloud is running." in capsys.readouterr().err
