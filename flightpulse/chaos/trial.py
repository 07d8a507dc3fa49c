"""The frame of every proof: people who are booked, events about their flights, a deadline, and what came of it all."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from flightpulse.chaos import evidence, recovery
from flightpulse.chaos.booked_flights import BookedFlights, invent
from flightpulse.chaos.event_sequence import Event, make
from flightpulse.chaos.oracle import IN_ORDER, FlightEnd, Handling, Oracle, SentMessage
from flightpulse.chaos.verdict import Figure, Promise, Verdict
from flightpulse.workbench.show.progress import OnProgress, silent
from flightpulse.workbench.target.session import Session


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the system did about some events: the messages in their order, how each was handled, flights in the end."""

    oracle: Oracle
    told: Sequence[SentMessage]
    handled: Mapping[str, Handling]
    states: Mapping[str, FlightEnd]
    gates: Mapping[str, str]

    def promises(self, deliveries: Mapping[str, int], *, redriven: bool = False, ordered: bool = True) -> list[Promise]:
        """What must hold whatever happened; ``deliveries`` and ``redriven`` are those of the oracle's handling.

        Without ``ordered``, in which order messages came is no promise.
        """
        applied = [event_id for event_id, handling in self.handled.items() if handling.claim == "DONE"]
        return [
            *(found for found in self.oracle.about_messages(self.told) if ordered or found.said != IN_ORDER),
            self.oracle.about_applied(self.told, applied),
            self.oracle.about_flights(self.states, self.gates),
            *self.oracle.about_handling(self.handled, deliveries, redriven=redriven),
        ]

    @property
    def executions(self) -> int:
        """How many executions the events had."""
        return sum(len(handling.outcomes) for handling in self.handled.values())

    def ended_as(self, outcome: str) -> int:
        """How many executions ended with an outcome."""
        return sum(handling.outcomes.count(outcome) for handling in self.handled.values())


class Trial:
    """Events about people's flights on the deployed system, from the moment it is made, with so many seconds for all.

    ``records`` are the events as they are sent: in this order, and some of them more than once.
    """

    def __init__(
        self,
        session: Session,
        seed: int,
        people: BookedFlights,
        news: Sequence[Event],
        records: Sequence[Event] | None = None,
        *,
        since: datetime,
        seconds: float,
        on_progress: OnProgress = silent,
    ) -> None:
        self.session = session
        self.people = people
        self.records = list(news if records is None else records)
        self.ids = [str(event["event_id"]) for event in news]
        self.deliveries = Counter(str(event["event_id"]) for event in self.records)
        self.since = since
        self.watch = evidence.Watch(session, self.ids, since)
        self._seed = seed
        self._oracle = Oracle(news, people.wishes)
        self._began = time.monotonic()
        self._seconds = seconds
        self._on_progress = on_progress

    @property
    def took(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._began

    @property
    def left(self) -> float:
        """Seconds until time is out; 0 when it is."""
        return max(self._seconds - self.took, 0.0)

    def wait(self, deliveries: Mapping[str, int] | None = None, **limits: Any) -> bool:
        """Wait until the events have been handled as often as they were sent (or as ``deliveries`` says).

        ``limits`` are those of :meth:`evidence.Watch.wait`; without, there is as much time as is left.
        """
        wanted = self.deliveries if deliveries is None else deliveries
        return self.watch.wait(wanted, **{"seconds": self.left, "on_progress": self._on_progress, **limits})

    def recover(self, seconds: float | None = None) -> recovery.Recovery:
        """Bring back what ended in the dead letters, in so many seconds or as many as are left."""
        limit = self.left if seconds is None else seconds
        return recovery.recover(self.session, self.watch, self.ids, seconds=limit, on_progress=self._on_progress)

    def outcome(self) -> Outcome:
        """What the system says now."""
        flights = {flight.flight_id: flight.gate for flight in self.people.flights}
        return Outcome(
            self._oracle,
            evidence.messages(self.session, self.ids, self.since),
            evidence.handling(self.session, self.ids, self.watch.ended()),
            evidence.states(self.session, list(flights)),
            flights,
        )

    def exactly_told(self) -> set[SentMessage]:
        """Every message that must be there, and no other, when each record waited for the one before it."""
        return self._oracle.exactly_told(self.records)

    def verdict(self, proof: str, promises: Sequence[Promise], figures: Mapping[str, Figure]) -> Verdict:
        """The verdict of a proof of that name, which ends with it: its flights leave the table."""
        self.people.remove(self.session)
        return Verdict(proof, self._seed, tuple(promises), figures, self.took)


class Size(NamedTuple):
    """So many flights, events about each at most, bookings on each, and copies of each event."""

    flights: int
    events: int
    bookings: int
    copies: int = 1


def of_sequence(
    session: Session, seed: int, size: Size, seconds: float, on_progress: OnProgress = silent, *, first_flight: int
) -> Trial:
    """A trial of a rapid sequence about invented flights, shuffled."""
    since = datetime.now(UTC)
    people = invent(seed, flights=size.flights, bookings=size.bookings, first_flight=first_flight)
    people.save(session)
    made = make(seed, people.flights, events_per_flight=size.events, copies=size.copies, now=since)
    return Trial(session, seed, people, made.news, made.records, since=since, seconds=seconds, on_progress=on_progress)
