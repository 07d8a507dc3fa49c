"""What a viewer must see after a scenario, as functions over the facts of a run."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from flightpulse.domain.entities import BookingStatus, FlightStatus, Tier
from flightpulse.workbench.messages.inbox import Message, outdated
from flightpulse.workbench.observe.facts import BookedPassenger, Facts, Handled, SentEvent


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen, in words, and whether it is what was expected."""

    seen: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing that must be seen: in words, and as a look at the facts."""

    what: str
    look: Callable[[Facts], Finding]


_CHANNEL_WORDS = {"email": ("e-mail", "e-mails"), "sms": ("text", "texts")}


def workflow_ran(flight_id: str, detail_type: str) -> Expectation:
    """The event was published under this detail type, and the workflow behind its rule handled it."""

    def look(facts: Facts) -> Finding:
        found = [
            execution
            for execution in facts.handled
            if execution.flight_id == flight_id and execution.detail_type == detail_type
        ]
        other = [execution.detail_type for execution in facts.handled if execution.flight_id == flight_id]
        if not found:
            return Finding(f"{', '.join(other)} instead" if other else "no execution yet", ok=False)
        workflow = found[0].workflow.removeprefix("FlightPulse-")
        return Finding(f"{workflow} {found[0].status}{_took(found[0])}", ok=_succeeded(found[0]))

    return Expectation(f"{detail_type} on the bus, its workflow done", look)


def everyone_told(flight_id: str) -> Expectation:
    """Everybody booked got the newest news once on each channel they chose, and nothing on any other."""

    def look(facts: Facts) -> Finding:
        newest = newest_event(facts, flight_id)
        recipients = facts.recipients.get(flight_id, ())
        wanted = Counter((recipient.booking_id, channel) for recipient in recipients for channel in recipient.channels)
        got = Counter((message.booking_id, message.channel) for message in facts.messages_of(newest.event_id))
        problems = [
            *(f"{booking} has no {_CHANNEL_WORDS[channel][0]}" for booking, channel in sorted(wanted - got)),
            *(f"{booking} got one {_CHANNEL_WORDS[channel][0]} too many" for booking, channel in sorted(got - wanted)),
        ]
        if problems:
            return Finding("; ".join(problems[:3]), ok=False)
        return Finding(_told(recipients), ok=bool(recipients))

    return Expectation(f"Everyone on {flight_id} told once on each channel they chose", look)


def flight_is(flight_id: str, what: str, **expected: object) -> Expectation:
    """The flight's item has these values."""

    def look(facts: Facts) -> Finding:
        flight = facts.flights.get(flight_id)
        if flight is None:
            return Finding("the flight is not in the table", ok=False)
        seen = {name: getattr(flight, name) for name in expected}
        return Finding(", ".join(_value(name, value) for name, value in seen.items()), ok=seen == expected)

    return Expectation(f"Flight {flight_id} {what}", look)


def loyal_first(flight_id: str) -> Expectation:
    """Passengers were addressed in the order of their tiers, and all three tiers were there to show it."""

    def look(facts: Facts) -> Finding:
        order = _tiers_in_order(facts.messages_of(newest_event(facts, flight_id).event_id))
        priorities = [Tier(tier).priority for tier in order]
        in_order = priorities == sorted(priorities) and set(order) == {str(tier) for tier in Tier}
        return Finding(", then ".join(order) or "no message yet", ok=in_order)

    return Expectation("A-LIST PREFERRED addressed first, then A-LIST, then MEMBER", look)


def priority_language(flight_id: str) -> Expectation:
    """Messages to A-LIST and A-LIST PREFERRED acknowledge the tier, those to members do not."""

    def look(facts: Facts) -> Finding:
        messages = facts.messages_of(newest_event(facts, flight_id).event_id)
        loyal = [message for message in messages if message.tier != Tier.MEMBER]
        spoken = [message for message in loyal if _says(message, r"a-list")]
        members = [message for message in messages if message.tier == Tier.MEMBER and _says(message, r"a-list")]
        ok = bool(loyal) and len(spoken) == len(loyal) and not members
        return Finding(f"{len(spoken)} of {len(loyal)} messages to them name their tier", ok=ok)

    return Expectation("A-LIST and A-LIST PREFERRED in priority language", look)


def messages_say(flight_id: str, what: str, *patterns: str) -> Expectation:
    """Every message about the flight fits every pattern."""

    def look(facts: Facts) -> Finding:
        messages = facts.messages_of(newest_event(facts, flight_id).event_id)
        fitting = [message for message in messages if all(_says(message, pattern) for pattern in patterns)]
        return Finding(
            f"{len(fitting)} of {len(messages)} messages", ok=bool(messages) and len(fitting) == len(messages)
        )

    return Expectation(what, look)


def needs_rebooking(flight_id: str) -> Expectation:
    """The status index gives every booking of the flight as NEEDS_REBOOKING."""

    def look(facts: Facts) -> Finding:
        bookings = facts.bookings.get(flight_id, ())
        found = [booking for booking in bookings if booking.booking_id in facts.needing_rebooking]
        return Finding(f"{len(found)} of {len(bookings)} by GSI2", ok=bool(bookings) and len(found) == len(bookings))

    return Expectation(f"Every booking of {flight_id} is {BookingStatus.NEEDS_REBOOKING}", look)


def bookings_reported(flight_id: str) -> Expectation:
    """The table's stream reported the change of every booking, once."""

    def look(facts: Facts) -> Finding:
        wanted = {entry.booking_id for entry in facts.recipients.get(flight_id, ())}
        ids = _event_ids(facts, flight_id)
        # A stream may deliver a change again; the change's own id stays the same.
        changes = {
            event.detail.get("change_id"): str(event.detail.get("booking_id"))
            for event in facts.audit
            if event.detail_type == "booking.status_changed"
            and event.detail.get("event_id") in ids
            and event.detail.get("new_status") == BookingStatus.NEEDS_REBOOKING
        }
        ok = bool(wanted) and sorted(changes.values()) == sorted(wanted)
        return Finding(f"{len(changes)} for {len(wanted)} bookings", ok=ok)

    return Expectation("booking.status_changed in the audit log, one a booking", look)


def rebooking_called(flight_id: str) -> Expectation:
    """``rebooking.needed`` was published once."""

    def look(facts: Facts) -> Finding:
        ids = _event_ids(facts, flight_id)
        found = [
            event
            for event in facts.audit
            if event.detail_type == "rebooking.needed" and event.detail.get("event_id") in ids
        ]
        return Finding(f"seen {_times(len(found))}", ok=len(found) == 1)

    return Expectation("rebooking.needed in the audit log, once", look)


def all_handled() -> Expectation:
    """Every event that was sent was handled exactly once, however often it was sent."""

    def look(facts: Facts) -> Finding:
        outcomes = {
            sent.event_id: [execution for execution in facts.handled_of(sent.event_id) if _succeeded(execution)]
            for sent in facts.sent
        }
        done = {
            event for event, found in outcomes.items() if sum(item.outcome != "ALREADY_HANDLED" for item in found) == 1
        }
        again = sum(item.outcome == "ALREADY_HANDLED" for found in outcomes.values() for item in found)
        repeated = f", {again} more {'delivery' if again == 1 else 'deliveries'} recognised" if again else ""
        return Finding(f"{len(done)} of {len(outcomes)} events{repeated}", ok=len(done) == len(outcomes))

    return Expectation("Every event handled once, also the one that was sent twice", look)


def handled_at_the_same_time() -> Expectation:
    """Executions overlapped: no event waited for the one before it."""

    def look(facts: Facts) -> Finding:
        most = _most_at_once(facts.handled)
        return Finding(f"up to {most} executions at once", ok=most > 1)

    return Expectation("Executions run concurrently", look)


def never_older_after_newer() -> Expectation:
    """Nobody got older news about the same subject on the same channel after newer news."""

    def look(facts: Facts) -> Finding:
        wrong = [f"{message.booking_id} on {message.channel}" for message in outdated(facts.messages)]
        if wrong:
            return Finding(f"old news to {', '.join(wrong[:3])}", ok=False)
        return Finding(f"{len(facts.messages)} messages, all in order", ok=bool(facts.messages))

    return Expectation("Nobody gets older news after newer", look)


def newest_event(facts: Facts, flight_id: str) -> SentEvent:
    """The newest event about a flight, by the time at which operations knew."""
    return max(
        (record for record in facts.sent if record.flight_id == flight_id),
        key=lambda record: (record.known_at, record.event_id),
    )


def _event_ids(facts: Facts, flight_id: str) -> frozenset[str]:
    return frozenset(record.event_id for record in facts.sent if record.flight_id == flight_id)


def _told(recipients: Iterable[BookedPassenger]) -> str:
    counts = Counter(channel for recipient in recipients for channel in recipient.channels)
    told = [_counted(counts[channel], words) for channel, words in _CHANNEL_WORDS.items()]
    silent = sum(not recipient.channels for recipient in recipients)
    return ", ".join(told) + (f"; {silent} chose neither" if silent else "")


def _counted(number: int, words: tuple[str, str]) -> str:
    return f"{number} {words[number != 1]}"


def _times(number: int) -> str:
    return {0: "not yet", 1: "once", 2: "twice"}.get(number, f"{number} times")


def _value(name: str, value: object) -> str:
    return f"{value} min" if name == "delay_minutes" else str(value)


def _says(message: Message, pattern: str) -> bool:
    return re.search(pattern, f"{message.subject}\n{message.text}", re.IGNORECASE) is not None


def _succeeded(handled: Handled) -> bool:
    return handled.status == "SUCCEEDED"


def _took(handled: Handled) -> str:
    if handled.stopped_at is None:
        return ""
    return f" in {(handled.stopped_at - handled.started_at).total_seconds():.1f} s"


def _tiers_in_order(messages: Iterable[Message]) -> list[str]:
    """Tiers in the order in which passengers were addressed, neighbours of one tier taken together."""
    order: list[str] = []
    for message in messages:
        if not order or order[-1] != message.tier:
            order.append(message.tier)
    return order


def _most_at_once(handled: Iterable[Handled]) -> int:
    """The largest number of executions that ran at one moment."""
    changes = sorted(
        [
            change
            for execution in handled
            if execution.stopped_at is not None
            for change in ((execution.started_at, 1), (execution.stopped_at, -1))
        ]
    )
    running = most = 0
    for _, change in changes:
        running += change
        most = max(most, running)
    return most


EXPECTED: Mapping[str, tuple[Expectation, ...]] = {
    "minor-delay": (
        workflow_ran("SW1234", "flight.delay.minor"),
        everyone_told("SW1234"),
        flight_is("SW1234", "is DELAYED, 25 min", status=FlightStatus.DELAYED, delay_minutes=25),
    ),
    "major-delay": (
        workflow_ran("SW5678", "flight.delay.major"),
        everyone_told("SW5678"),
        loyal_first("SW5678"),
        priority_language("SW5678"),
        flight_is("SW5678", "is DELAYED, 90 min", status=FlightStatus.DELAYED, delay_minutes=90),
    ),
    "cancellation": (
        workflow_ran("SW9012", "flight.cancelled"),
        flight_is("SW9012", "is CANCELLED", status=FlightStatus.CANCELLED),
        needs_rebooking("SW9012"),
        everyone_told("SW9012"),
        messages_say(
            "SW9012",
            "Messages apologise and give next steps",
            r"sorry|apolog",
            r"rebook|(an)?other flight|new flight|contact|next step",
        ),
        bookings_reported("SW9012"),
        rebooking_called("SW9012"),
    ),
    "gate-change": (
        workflow_ran("SW3456", "flight.gate_change"),
        everyone_told("SW3456"),
        messages_say("SW3456", "Messages stress the other terminal", r"terminal", r"\bD15\b"),
        flight_is("SW3456", "leaves from gate D15", gate="D15"),
    ),
    "rapid-sequence": (
        all_handled(),
        handled_at_the_same_time(),
        never_older_after_newer(),
        flight_is("SW1234", "has its newest news: 95 min", status=FlightStatus.DELAYED, delay_minutes=95),
        everyone_told("SW1234"),
        flight_is("SW3456", "leaves from gate A9", gate="A9"),
        flight_is("SW7890", "is DELAYED, 150 min", status=FlightStatus.DELAYED, delay_minutes=150),
    ),
}
"""What a viewer must see after each of the five scenarios, by the scenario's name."""
