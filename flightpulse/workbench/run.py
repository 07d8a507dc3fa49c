"""Everything that is known of one firing: what was sent, what ran, what was written, who was told."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cached_property
from html import escape
from typing import Any

from awskit.kafka import record_positions
from awskit.kafka.record_positions import KafkaRecord, Place
from flightpulse.errors import UserError
from flightpulse.stack import names
from flightpulse.stack.event_workflows import short_name
from flightpulse.workbench.costs import run_cost
from flightpulse.workbench.costs.run_cost import RunCost
from flightpulse.workbench.executions import executions, history, table_writes
from flightpulse.workbench.executions.executions import Execution
from flightpulse.workbench.executions.loading import ExecutionList, Loader
from flightpulse.workbench.fire.scenarios import Check, ScenarioRun
from flightpulse.workbench.messages import segments_seen
from flightpulse.workbench.messages.inbox import Message
from flightpulse.workbench.messages.inbox_cards import Inbox
from flightpulse.workbench.messages.segments_seen import SegmentsSeen
from flightpulse.workbench.observe import consumer_log, item_changes, journey, logs
from flightpulse.workbench.observe.counts import Counts
from flightpulse.workbench.observe.facts import AuditEvent, AuditEvents, Facts
from flightpulse.workbench.observe.hops import ConsumerLine, EventEvidence
from flightpulse.workbench.observe.item_changes import ItemChanges
from flightpulse.workbench.observe.timeline import Journey
from flightpulse.workbench.observe.timing import Timing
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.show.words import counted
from flightpulse.workbench.target.session import Session

_SKEW = timedelta(seconds=2)
_STREAM_SECONDS = {"local": 8.0, "aws": 30.0}
_LOOK_AGAIN_SECONDS = 0.2
_STATUSES = frozenset({"status", "booking_status"})


class Run:
    """One firing on one target. What it knows beyond ``facts`` it asks of the services when it is asked for."""

    def __init__(self, session: Session, kept: ScenarioRun, facts: Facts) -> None:
        self.session = session
        self.name = kept.name
        self.title = kept.title
        self.began_at: datetime = kept.began_at
        self.seconds = kept.seconds
        self.events: tuple[dict[str, Any], ...] = kept.events
        self.places: tuple[Place, ...] = kept.places
        self.checks: tuple[Check, ...] = kept.checks
        self.hints = kept.hints
        self.facts = facts

    @property
    def ok(self) -> bool:
        """Whether everything expected was seen."""
        return all(check.ok for check in self.checks)

    @property
    def _label(self) -> str:
        """The scenario's name; for events of one's own what they say."""
        return self.title if self.name in self.event_ids or self.name.endswith(" events") else self.name

    @property
    def event(self) -> dict[str, Any]:
        """The first event that was sent."""
        return self.events[0]

    @property
    def event_ids(self) -> tuple[str, ...]:
        """The ids of the events, each once, in the order in which they were sent first."""
        return tuple(dict.fromkeys(str(event["event_id"]) for event in self.events))

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages, in the order in which they were sent."""
        return self.facts.messages

    def inbox(self, passenger: str | None = None) -> Inbox:
        """The messages as passengers see them: of all, of one passenger (``PAX-…``) or one booking (``BKG-…``)."""
        everything = Inbox(self.messages, self.session.model)
        return everything.of(passenger) if passenger else everything

    @cached_property
    def records(self) -> tuple[KafkaRecord, ...]:
        """The records as Kafka still has them, in the order in which they were sent. Raises UserError."""
        return tuple(record_positions.read(self.session.broker, self.places))

    @cached_property
    def executions(self) -> ExecutionList:
        """The executions of the events' workflows in the order in which they began, each with what it started."""
        loader, arns = Loader(self.session), [execution.arn for execution in self.facts.handled]
        with ThreadPoolExecutor(max_workers=max(1, min(6, len(arns)))) as pool:
            return ExecutionList(pool.map(loader.load, arns))

    @cached_property
    def consumer_lines(self) -> Mapping[tuple[int, int], ConsumerLine]:
        """What the consumer's log says of each record, by partition and offset."""
        mine = {(place.partition, place.offset) for place in self.places}
        found = consumer_log.read(self.session, since=self.began_at)
        return {place: line for place, line in found.items() if place in mine}

    @property
    def refused(self) -> dict[str, str]:
        """Why the consumer put records aside, by event id."""
        return {
            place.event_id: line.reason
            for place in self.places
            if (line := self.consumer_lines.get((place.partition, place.offset))) is not None and line.reason
        }

    @cached_property
    def item_changes(self) -> ItemChanges:
        """What the table's stream says of the items of this run's events, in its order."""
        ended = self.began_at + timedelta(seconds=self.seconds) + _SKEW
        found = [change for change in item_changes.read(self.session, since=self.began_at) if change.at <= ended]
        flights = {str(event["payload"]["flight_id"]) for event in self.events}
        bookings = {recipient.booking_id for known in self.facts.recipients.values() for recipient in known}
        keep = {
            id(change): change
            for event_id in self.event_ids
            for change in item_changes.of_event(found, event_id, flights, bookings)
        }
        return ItemChanges(change for change in found if id(change) in keep)

    @cached_property
    def audit(self) -> AuditEvents:
        """The audit log's events of this run. Waits (some seconds at most) for those that status changes must cause."""
        wanted = sum(
            change.sk == "METADATA" and any(item.key in _STATUSES for item in change.changes.changed)
            for change in self.item_changes
        )
        patience = timedelta(seconds=self.seconds + _STREAM_SECONDS[self.session.target])
        while True:
            found = self._read_audit()
            seen = sum(item.detail_type.endswith(".status_changed") for item in found)
            if seen >= wanted or datetime.now(UTC) > self.began_at + patience:
                return found
            time.sleep(_LOOK_AGAIN_SECONDS)

    def _read_audit(self) -> AuditEvents:
        ids = set(self.event_ids)
        found = []
        for event in logs.read(self.session, [names.AUDIT_LOG], since=self.began_at - _SKEW):
            envelope = event.fields or {}
            detail = envelope.get("detail")
            if isinstance(detail, dict) and detail.get("event_id") in ids:
                found.append(AuditEvent(str(envelope.get("detail-type", "")), detail, event.at))
        return AuditEvents(found)

    def journey(self, which: str | None = None) -> Journey:
        """One timeline over every hop.

        ``which`` is a booking (``BKG-…``), a passenger (``PAX-…``) or an event id; without it the event itself, or the
        first of several. Of several events about a booking's flight the newest that reached it counts. Raises
        UserError, naming who is there, when nobody fits.
        """
        if which is None or which in self.event_ids:
            return journey.of_event(self._evidence(which or self.event_ids[0]))
        booking_id, flight_id = self._booking(which)
        told = [message for message in self.messages if message.booking_id == booking_id]
        about = [record for record in self.facts.sent if record.flight_id == flight_id]
        newest = max(about, key=lambda record: (record.known_at, record.event_id)).event_id
        reached = max(told, key=lambda message: message.event_at).event_id if told else newest
        return journey.of_booking(self._evidence(reached), booking_id)

    def _booking(self, which: str) -> tuple[str, str]:
        known = [(flight, recipient) for flight, booked in self.facts.recipients.items() for recipient in booked]
        for flight, recipient in known:
            if which in {recipient.booking_id, recipient.passenger_id}:
                return recipient.booking_id, flight
        there = ", ".join(sorted(recipient.booking_id for _, recipient in known)) or "nobody"
        raise UserError(f"{which} is not part of this run.", hint=f"Booked on its flights: {there}.")

    def _evidence(self, event_id: str) -> EventEvidence:
        event = next(item for item in self.events if item["event_id"] == event_id)
        place = next((item for item in self.places if item.event_id == event_id), None)
        execution = self._handling(event_id)
        return EventEvidence(
            event=event,
            record=next((record for record in self._known_records() if record.event_id == event_id), None),
            consumer=self.consumer_lines.get((place.partition, place.offset)) if place else None,
            rule=self._rule(execution.workflow) if execution else "",
            execution=execution,
            item_changes=self.item_changes,
            messages=[message for message in self.messages if message.event_id == event_id],
            audit=[item for item in self.audit if item.detail.get("event_id") == event_id],
        )

    def _handling(self, event_id: str) -> Execution | None:
        """The execution that handled an event; one that only recognised a duplicate where there is no other."""
        found = [execution for execution in self.executions if execution.event.event_id == event_id]
        return next((item for item in found if item.outcome != "ALREADY_HANDLED"), found[0] if found else None)

    def _known_records(self) -> Sequence[KafkaRecord]:
        try:
            return self.records
        except UserError:
            # A broker that cannot be read from here: the journey then begins at the consumer.
            return ()

    def _rule(self, workflow: str) -> str:
        answer = self.session.events.list_rule_names_by_target(
            TargetArn=executions.machines(self.session)[short_name(workflow)],
            EventBusName=self.session.output("EventBusName"),
        )
        return ", ".join(sorted(answer["RuleNames"]))

    def execution(self, which: int | str = 0) -> Execution:
        """One execution: by its place among ``executions``, by event id, by ARN, or the first of a workflow.

        Short names include the nested ones (``notify-passengers``, ``notify-chunk``). Raises UserError.
        """
        if isinstance(which, int):
            found = self.executions[which : which + 1] if which >= 0 else self.executions[which:][:1]
        elif which in self.event_ids:
            handling = self._handling(which)
            found = (handling,) if handling else ()
        else:
            every = (item for top in self.executions for item in top.all())
            found = tuple(
                item for item in every if which in {item.arn, item.workflow, item.name, short_name(item.workflow)}
            )[:1]
        if found:
            return found[0]
        there = ", ".join(item.workflow for item in self.executions) or "none"
        raise UserError(f"This run has no execution {which!r}.", hint=f"It has: {there}.")

    def counts(self) -> Counts:
        """How much of everything the run took."""
        everything = [execution for top in self.executions for execution in top.all()]
        visits = [visit for execution in everything for visit in history.walk(execution.history.visits)]
        attempts = [attempt for visit in visits for attempt in visit.attempts]
        templates = self._templates()
        return Counts(
            events=len(self.event_ids),
            records=len(self.events),
            executions=len(everything),
            state_transitions=len(visits) + sum(max(0, len(visit.attempts) - 1) for visit in visits),
            table_writes=sum(len(table_writes.of(attempt)) for attempt in attempts if attempt.problem is None),
            passengers_told=len({message.passenger_id for message in self.messages}),
            emails=sum(message.channel == "email" for message in self.messages),
            texts=sum(message.channel == "sms" for message in self.messages),
            templates_from_model=templates["model"],
            templates_from_cache=templates["cache"],
            templates_from_fallback=templates["fallback"],
            model_calls=templates["calls"],
            model_tokens_in=templates["input_tokens"],
            model_tokens_out=templates["output_tokens"],
        )

    def cost(self) -> RunCost:
        """What the run would cost in an AWS account at list prices, service by service."""
        return run_cost.of(self)

    def segments(self) -> SegmentsSeen:
        """The segments of passengers that were told, and where the wording of each came from."""
        return segments_seen.seen(self.messages, self._messenger_lines(), self.event_ids)

    def _messenger_lines(self) -> list[logs.LogEvent]:
        return logs.read(self.session, [names.LOG_GROUPS["messenger"]], since=self.began_at - _SKEW)

    def _templates(self) -> Counter[str]:
        """Templates by origin, and the calls and tokens of models, from the messenger's log."""
        sums: Counter[str] = Counter()
        ids = set(self.event_ids)
        for event in self._messenger_lines():
            line = event.fields or {}
            counted = line.get("counts")
            if line.get("event_id") in ids and isinstance(counted, dict):
                sums.update({origin: int(counted.get(origin, 0)) for origin in ("model", "cache", "fallback")})
                for asked in (line.get("usage") or {}).values():
                    sums.update(asked)
        return sums

    @property
    def timing(self) -> Timing:
        """How long messages took, how far the workflows were behind, how many ran at once."""
        return Timing(self.facts, self._known_records())

    def sentence(self) -> str:
        """The whole run in one line."""
        seen = sum(check.ok for check in self.checks)
        parts = [
            counted(len(self.events), "record"),
            counted(len(self.facts.handled), "execution"),
            counted(len(self.messages), "message"),
        ]
        return f"{self._label}: {seen} of {len(self.checks)} expectations seen; {', '.join(parts)}"

    def summary(self) -> Table:
        """Expected beside seen."""
        rows = [("✓ seen" if check.ok else "✗ missing", check.expected, check.seen) for check in self.checks]
        return Table.of(("", "expected", "seen"), rows, note="\n".join(f"→ {hint}" for hint in self.hints))

    def as_json(self) -> dict[str, Any]:
        """What was expected and seen, as plain JSON values."""
        return {
            "name": self.name,
            "ok": self.ok,
            "began_at": self.began_at.isoformat(),
            "seconds": round(self.seconds, 2),
            "checks": [{"expected": check.expected, "seen": check.seen, "ok": check.ok} for check in self.checks],
            "events": [sent.event_id for sent in self.facts.sent],
            "executions": [handled.arn for handled in self.facts.handled],
            "messages": len(self.messages),
            "hints": list(self.hints),
        }

    def __iter__(self) -> Iterator[Execution]:
        return iter(self.executions)

    def __repr__(self) -> str:
        return f"{self.title}\n{self.summary()}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": f"<p>{escape(self.title)}</p>{self.summary().html()}"}
