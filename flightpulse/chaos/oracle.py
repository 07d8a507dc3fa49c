"""What must have happened, computed from the events and the bookings alone.

The rules: news is about a flight's departure or about its gate. Event time decides
what is newer, the event's id between equal times. A cancellation ends a flight: after it there is no more news. Every
passenger hears each piece of news at most once on each channel they chose, never older after newer, and in the end
knows the newest.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from flightpulse.chaos.verdict import Promise, held

Event = Mapping[str, Any]
Wish = tuple[str, str]

IN_ORDER = "Nobody got older news after newer"
DEPARTURE, GATE = "departure", "gate"


class SentMessage(NamedTuple):
    """One message, in the order in which messages were sent."""

    event_id: str
    flight_id: str
    booking_id: str
    channel: str


@dataclass(frozen=True, slots=True)
class FlightEnd:
    """What the table says about a flight in the end."""

    status: str
    delay_minutes: int
    gate: str


@dataclass(frozen=True, slots=True)
class Handling:
    """What the system says of one event: how its claim ended, and how each of its executions did."""

    claim: str
    outcomes: tuple[str, ...]
    told: int = 0
    failed: int = 0


def subject(event: Event) -> str:
    """What an event is news of."""
    return GATE if event["event_type"] == "GATE_CHANGE" else DEPARTURE


def ends_the_flight(event: Event) -> bool:
    return bool(event["event_type"] == "FLIGHT_CANCELLED")


def place(event: Event) -> tuple[int, str]:
    """Where an event stands in time: its millisecond, finer nobody looks, and between equal ones its id."""
    at = datetime.fromisoformat(str(event["timestamp"])).astimezone(UTC)
    return int(at.timestamp() * 1000), str(event["event_id"])


def still_news(records: Sequence[Event]) -> list[Event]:
    """Of records about one flight, in the order of their arrival, those that were news when they came."""
    newest: dict[str, tuple[int, str]] = {}
    over = False
    found = []
    for event in records:
        if not over and (subject(event) not in newest or newest[subject(event)] < place(event)):
            newest[subject(event)] = place(event)
            over = ends_the_flight(event)
            found.append(event)
    return found


class Oracle:
    """Knows the events that were sent and who wants to be told what."""

    def __init__(self, news: Iterable[Event], wishes: Mapping[str, frozenset[Wish]]) -> None:
        self._wishes = wishes
        self._events = {str(event["event_id"]): event for event in news}
        self._by_flight: dict[str, list[Event]] = defaultdict(list)
        for event in self._events.values():
            self._by_flight[str(event["payload"]["flight_id"])].append(event)

    def newest(self, flight_id: str) -> dict[str, Event]:
        """The last news about each subject of a flight. After a cancellation no gate matters any more."""
        found: dict[str, Event] = {}
        for event in sorted(self._by_flight.get(flight_id, ()), key=place):
            found[subject(event)] = event
        if DEPARTURE in found and ends_the_flight(found[DEPARTURE]):
            found.pop(GATE, None)
        return found

    def must_be_told(self) -> set[SentMessage]:
        """Every message that must be there in the end, whatever the order in which the events came."""
        return {
            SentMessage(str(event["event_id"]), flight, booking, channel)
            for flight, wishes in self._wishes.items()
            for event in self.newest(flight).values()
            for booking, channel in wishes
        }

    def exactly_told(self, arrived: Sequence[Event]) -> set[SentMessage]:
        """Every message that must be there, and no other, when each record waited for the one before it."""
        by_flight: dict[str, list[Event]] = defaultdict(list)
        for event in arrived:
            by_flight[str(event["payload"]["flight_id"])].append(event)
        return {
            SentMessage(str(event["event_id"]), flight, booking, channel)
            for flight, records in by_flight.items()
            for event in still_news(records)
            for booking, channel in self._wishes[flight]
        }

    def about_messages(self, told: Sequence[SentMessage]) -> list[Promise]:
        """Nothing lost, nothing twice, nothing old, nothing unwanted."""
        counts = Counter(told)
        must = self.must_be_told()
        lost = sorted(must - counts.keys())
        twice = sorted(message for message, count in counts.items() if count > 1)
        unwanted = sorted(
            {count for count in counts if (count.booking_id, count.channel) not in self._wishes[count.flight_id]}
        )
        return [
            held("Everybody knows the newest news, on each channel they chose", _said(lost), f"{len(must)} messages"),
            held("Nobody was told twice", _said(twice), f"{len(told)} messages, each once"),
            held(IN_ORDER, self._old_news(told), f"{len(told)} messages in order"),
            held("Nobody was told who had not asked for it", _said(unwanted), "none"),
        ]

    def harm(self, told: Sequence[SentMessage]) -> dict[str, int]:
        """How many messages are missing, came once more than they should, or came after newer news."""
        return {
            "not told": len(self.must_be_told() - set(told)),
            "told twice": len(told) - len(set(told)),
            "told old news": len(self._old_news(told)),
        }

    def about_flights(self, states: Mapping[str, FlightEnd], gates: Mapping[str, str]) -> Promise:
        """Every flight ends in its newest state. ``gates`` are the gates before any event."""
        wrong = []
        for flight, newest in ((flight, self.newest(flight)) for flight in self._by_flight):
            seen = states[flight]
            departure = newest.get(DEPARTURE)
            if departure is not None and (problem := _departure_differs(departure, seen)):
                wrong.append(f"{flight} {problem}")
            if GATE in newest:
                expected = {str(newest[GATE]["payload"]["new_gate"])}
            else:
                # A gate that was changed on a flight that is cancelled depends on which of the two came first.
                changed = {
                    str(booking["payload"]["new_gate"])
                    for booking in self._by_flight[flight]
                    if subject(booking) == GATE
                }
                expected = {gates[flight], *changed}
            if seen.gate not in expected:
                wrong.append(f"{flight} is at gate {seen.gate}, not {' or '.join(sorted(expected))}")
        return held("Every flight ends in its newest state", wrong, f"{len(self._by_flight)} flights")

    def about_handling(
        self, handled: Mapping[str, Handling], deliveries: Mapping[str, int], *, redriven: bool = False
    ) -> list[Promise]:
        """Each event was handled once; its repetitions were recognised; the counts add up to the messages wanted.

        ``deliveries`` says how often each event was sent at least; deliveries beyond that are recognised too. What was
        ``redriven`` may have failed before: its counts are those of the last attempt.
        """
        unhandled, doubled, uncounted = [], [], []
        superseded = duplicates = 0
        for event_id, event in self._events.items():
            handling = handled.get(event_id)
            if handling is None or handling.claim not in {"DONE", "SUPERSEDED"}:
                unhandled.append(f"{event_id}: {handling.claim if handling else 'no claim'}")
                continue
            effective = [outcome for outcome in handling.outcomes if outcome in {"DONE", "SUPERSEDED"}]
            if redriven and not effective and handling.claim == "DONE":
                # It told whom it could, closed its claim, and failed so that somebody looks at the letters it left.
                effective = [outcome for outcome in handling.outcomes if outcome == "FAILED"][-1:]
            superseded += effective.count("SUPERSEDED")
            duplicates += handling.outcomes.count("ALREADY_HANDLED")
            if len(effective) != 1 or len(handling.outcomes) < deliveries.get(event_id, 1):
                doubled.append(f"{event_id}: {', '.join(handling.outcomes)}")
            wanted = len(self._wishes[str(event["payload"]["flight_id"])])
            if handling.claim == "DONE" and (handling.told > wanted or (handling.failed and not redriven)):
                uncounted.append(f"{event_id}: {handling.told} told and {handling.failed} failed of {wanted}")
        events, sent = len(self._events), sum(deliveries.values())
        return [
            held("Every event was handled to its end", unhandled, f"{events} events"),
            held(
                "Every event counted once, however often it was delivered",
                doubled,
                f"{events - superseded} applied + {superseded} superseded + {duplicates} duplicates of {sent} records",
            ),
            held(
                "The counts of every event fit its passengers", uncounted, "no one too many" if redriven else "0 failed"
            ),
        ]

    def about_applied(self, told: Sequence[SentMessage], applied: Iterable[str]) -> Promise:
        """Who did not hear of an event that the flight took over had heard something newer by then, or hears it now."""
        heard: dict[Wish, set[str]] = defaultdict(set)
        for message in told:
            heard[message.booking_id, message.channel].add(message.event_id)
        missing, overtaken = [], 0
        for event_id in applied:
            event = self._events[event_id]
            flight = str(event["payload"]["flight_id"])
            for wish in self._wishes[flight]:
                if event_id in heard[wish]:
                    continue
                overtaken += 1
                if not any(self._overtakes(other, event) for other in heard[wish]):
                    missing.append(f"{event_id} to {wish[0]} by {wish[1]}")
        return held(
            "Whoever missed an event had heard newer news instead",
            missing,
            f"{overtaken} messages overtaken by newer ones",
        )

    def _overtakes(self, event_id: str, event: Event) -> bool:
        other = self._events[event_id]
        if other["payload"]["flight_id"] != event["payload"]["flight_id"]:
            return False
        return ends_the_flight(other) or (subject(other) == subject(event) and place(other) > place(event))

    def _old_news(self, told: Sequence[SentMessage]) -> list[str]:
        latest: dict[tuple[str, str, str], tuple[int, str]] = {}
        over: set[Wish] = set()
        wrong = []
        for message in told:
            event = self._events[message.event_id]
            wish = (message.booking_id, message.channel)
            key = (*wish, subject(event))
            repeated = latest.get(key) == place(event)
            if wish in over and not repeated:
                wrong.append(f"{message.event_id} to {message.booking_id} by {message.channel} after a cancellation")
            elif key in latest and place(event) < latest[key]:
                wrong.append(f"{message.event_id} to {message.booking_id} by {message.channel} after newer news")
            latest[key] = max(place(event), latest.get(key, place(event)))
            if ends_the_flight(event):
                over.add(wish)
        return wrong


def exactly(expected: set[SentMessage], told: Sequence[SentMessage]) -> Promise:
    """The messages are those that the order of arrival asks for, no more and no less."""
    seen = set(told)
    wrong = [f"missing: {sentence}" for sentence in _said(sorted(expected - seen))]
    wrong += [f"too many: {sentence}" for sentence in _said(sorted(seen - expected))]
    return held("Exactly what was still news when it came was told", wrong, f"{len(expected)} messages")


def _departure_differs(event: Event, seen: FlightEnd) -> str:
    if ends_the_flight(event):
        return "" if seen.status == "CANCELLED" else f"is {seen.status}, not CANCELLED"
    minutes = int(event["payload"]["delay_minutes"])
    status = "DELAYED" if minutes else "SCHEDULED"
    if (seen.status, seen.delay_minutes) == (status, minutes):
        return ""
    return f"is {seen.status} {seen.delay_minutes} min, not {status} {minutes} min"


def _said(messages: Iterable[SentMessage]) -> list[str]:
    return [f"{message.event_id} to {message.booking_id} by {message.channel}" for message in messages]
