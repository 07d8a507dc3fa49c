"""Builds an event from command-line options, sends it, and prints what came of it.

``flightpulse produce`` uses :func:`event_options`, :func:`build` and :func:`deliver` with the flights of the table, the
program ``simulator/producer.py`` with those of ``sample_data/``.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import click

from awskit.kafka.connection import Kafka
from awskit.kafka.producer import RecordProducer, Report, check, send_all
from flightpulse import schemas
from flightpulse.domain.entities import CancellationReason, DelayReason, Flight, RebookingPriority
from flightpulse.domain.events import TOPIC, EventType, InvalidEventError, parse
from flightpulse.domain.events import check as check_event
from flightpulse.errors import UserError
from simulator import events
from simulator.events import Event

FindFlight = Callable[[str], Flight | None]
_Command = TypeVar("_Command", bound=Callable[..., Any])

_SHOWN = 200


def event_options(command: _Command) -> _Command:
    """The options that describe an event, for a command that calls :func:`build` with them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def deliver(
    kafka: Kafka,
    some_events: Sequence[Event],
    *,
    topic: str = TOPIC,
    correlation_id: str | None = None,
    as_json: bool = False,
) -> None:
    """Send events and print what came of them. Raises UserError when the broker does not have them all."""

    def wait_for_the_last(producer: RecordProducer, number: int) -> None:
        if number == len(some_events):
            _flush_showing_progress(producer, quiet=as_json)

    records = list(events.records(some_events, correlation_id=correlation_id))
    report = send_all(kafka, topic, records, after_each=wait_for_the_last)
    _print(some_events, report, topic, as_json=as_json)
    check(report)


def build(find_flight: FindFlight, options: Mapping[str, Any]) -> list[Event]:
    """The events that the options (those of :func:`event_options`) describe.

    ``find_flight`` knows the flights' schedules and answers None for a flight it does not know. Raises UserError that
    names the option that is missing or wrong.
    """
    kind = EventType(options["event_type"])
    _check_options(kind, options)
    flight = find_flight(options["flight_id"])
    if flight is None:
        raise UserError(f"There is no flight {options['flight_id']}.", hint="Check the id, or load it with: seed")
    first = _timestamp(options.get("timestamp"))
    # With an id of its own it is one event, sent again; without, each is news and a moment later than the one before.
    apart = timedelta(0) if options.get("event_id") else timedelta(milliseconds=1)
    times = [first + number * apart for number in range(options["count"])]
    made = [_REPORTS[kind].make(flight, options, {"at": at, "event_id": options.get("event_id")}) for at in times]
    _check_accepted(made[0], flight)
    return made


def _check_accepted(event: Event, flight: Flight) -> None:
    """Refuse what the consumer would only put aside: an event of one's own is not to end in the dead letters."""
    try:
        schemas.validate(event["event_type"].lower(), event)
        check_event(parse(event), flight, received_at=datetime.now(UTC))
    except (schemas.SchemaViolationError, InvalidEventError) as error:
        said = error.message if isinstance(error, InvalidEventError) else str(error)
        raise UserError(f"The consumer would refuse this event: {said}.", hint="Nothing was sent.") from None


@dataclass(frozen=True, slots=True)
class _Report:
    """How one type of event is made of options: those it needs, those it allows, and the event itself."""

    needed: tuple[str, ...]
    allowed: tuple[str, ...]
    make: Callable[[Flight, Mapping[str, Any], dict[str, Any]], Event]


def _delay(flight: Flight, options: Mapping[str, Any], common: dict[str, Any]) -> Event:
    detail = options.get("reason_detail") or ""
    return events.delay(flight, options["delay_minutes"], options.get("reason") or DelayReason.OTHER, detail, **common)


def _cancellation(flight: Flight, options: Mapping[str, Any], common: dict[str, Any]) -> Event:
    reason = options.get("reason") or CancellationReason.OTHER
    if reason not in set(CancellationReason):
        choices = ", ".join(CancellationReason)
        raise UserError(f"{reason} is no reason for FLIGHT_CANCELLED.", hint=f"Choose from {choices}.")
    priority = options.get("rebooking_priority") or RebookingPriority.NORMAL
    detail = options.get("reason_detail") or ""
    return events.cancellation(flight, reason, detail, rebooking_priority=priority, **common)


def _departure(flight: Flight, options: Mapping[str, Any], common: dict[str, Any]) -> Event:
    return events.departure(flight, options["delay_minutes"], **common)


def _gate_change(flight: Flight, options: Mapping[str, Any], common: dict[str, Any]) -> Event:
    moved = bool(options.get("terminal_change"))
    return events.gate_change(
        flight, options["new_gate"], terminal_change=moved, old_gate=options.get("old_gate"), **common
    )


_REPORTS: Mapping[EventType, _Report] = {
    EventType.FLIGHT_DELAY: _Report(("delay_minutes",), ("reason", "reason_detail"), _delay),
    EventType.FLIGHT_CANCELLED: _Report((), ("reason", "reason_detail", "rebooking_priority"), _cancellation),
    EventType.FLIGHT_DEPARTED: _Report(("delay_minutes",), (), _departure),
    EventType.GATE_CHANGE: _Report(("new_gate",), ("old_gate", "terminal_change"), _gate_change),
}


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--event-type",
        required=True,
        type=click.Choice([str(kind) for kind in _REPORTS]),
        help="What happened.",
    ),
    click.option("--flight-id", required=True, help="The flight it happened to, such as SW1234."),
    click.option(
        "--delay-minutes", type=click.IntRange(min=0), help="FLIGHT_DELAY, FLIGHT_DEPARTED: minutes after the schedule."
    ),
    click.option(
        "--reason",
        type=click.Choice([str(known) for known in DelayReason]),
        help="FLIGHT_DELAY, FLIGHT_CANCELLED (not ATC or SECURITY): why (default OTHER).",
    ),
    click.option("--reason-detail", help="FLIGHT_DELAY, FLIGHT_CANCELLED: free text for operations."),
    click.option(
        "--rebooking-priority",
        type=click.Choice([str(known) for known in RebookingPriority]),
        help="FLIGHT_CANCELLED: how urgently passengers need another flight (default NORMAL).",
    ),
    click.option("--old-gate", help="GATE_CHANGE: the gate until now (default: the flight's)."),
    click.option("--new-gate", help="GATE_CHANGE: the gate from now on."),
    click.option(
        "--terminal-change/--no-terminal-change", default=None, help="GATE_CHANGE: the new gate is in another terminal."
    ),
    click.option("--event-id", help="An id of your own. With --count, the same event is sent again and again."),
    click.option("--timestamp", help="When operations knew: ISO 8601 with an offset (default: now)."),
    click.option("--correlation-id", help="The header that follows the event everywhere (default: the event's id)."),
    click.option("--count", type=click.IntRange(min=1), default=1, show_default=True, help="How many to send."),
)


def _check_options(kind: EventType, options: Mapping[str, Any]) -> None:
    for name in _REPORTS[kind].needed:
        if options.get(name) is None:
            raise UserError(f"{kind} needs {_flag(name)}.")
    known = {name for report in _REPORTS.values() for name in (*report.needed, *report.allowed)}
    for name in sorted(known - {*_REPORTS[kind].needed, *_REPORTS[kind].allowed}):
        if options.get(name) is not None:
            raise UserError(f"{_flag(name)} does not belong to {kind}.")


def _timestamp(text: str | None) -> datetime:
    """Read the option that is a time. Raises UserError that names it."""
    try:
        found = datetime.now(UTC) if text is None else datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise UserError(
            f"--timestamp {text!r} is not an ISO 8601 time with an offset.", hint="Example: 2026-12-01T08:15-06:00"
        )
    return found


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _flush_showing_progress(producer: RecordProducer, *, quiet: bool) -> None:
    if quiet or producer.handed_over < _SHOWN or not sys.stderr.isatty():
        producer.flush()
        return
    with click.progressbar(length=producer.handed_over, label="sending", file=sys.stderr) as bar:
        producer.flush(lambda acknowledged, _all: bar.update(acknowledged - bar.pos))


def _print(sent: Sequence[Event], report: Report, topic: str, *, as_json: bool) -> None:
    if as_json:
        places = [
            {"event_id": found.name, "partition": found.partition, "offset": found.offset}
            for found in report.acknowledged
        ]
        printed = {"topic": topic, "events": list(sent), "acknowledged": places}
        click.echo(json.dumps(printed, separators=(",", ":")))
        return
    by_id = {event["event_id"]: event for event in sent}
    for found in report.acknowledged[:_SHOWN]:
        event = by_id[found.name]
        what = f"{event['event_type']} {event['payload']['flight_id']}"
        click.echo(f"sent {what} as {found.name} (partition {found.partition}, offset {found.offset})")
    if len(report.acknowledged) > _SHOWN:
        click.echo(f"sent {len(report.acknowledged)} events in all")
