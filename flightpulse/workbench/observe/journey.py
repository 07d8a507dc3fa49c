"""Joins what every hop left behind into one timeline of an event, or of one booking that it is about."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from flightpulse.workbench.executions import bus_entries, history, story, table_writes
from flightpulse.workbench.executions.executions import Execution
from flightpulse.workbench.executions.history import Branch, Visit
from flightpulse.workbench.messages.inbox import Message
from flightpulse.workbench.observe import payloads
from flightpulse.workbench.observe.facts import AuditEvent
from flightpulse.workbench.observe.hops import EventEvidence, Hop, total_seconds
from flightpulse.workbench.observe.item_changes import StreamedChange
from flightpulse.workbench.observe.payloads import Changes
from flightpulse.workbench.observe.timeline import Journey

_SHOWN_STATES = frozenset({"Task", "Map", "Parallel", "Wait", "Fail", "Succeed"})
_SDK_NOISE = frozenset({"SdkHttpMetadata", "SdkResponseMetadata"})
_ACTIONS = {"INSERT": "new in the table", "MODIFY": "changed in the table", "REMOVE": "gone from the table"}
_REMOVED = re.compile(r"\bREMOVE\b(.*?)(?=\b(?:SET|ADD|DELETE)\b|$)", re.IGNORECASE | re.DOTALL)
_ORIGINS = {"model": "worded by the model", "cache": "worded by the model before", "fallback": "written fallback"}


def of_event(evidence: EventEvidence) -> Journey:
    """The journey of an event itself: Maps as one hop each, messages counted by channel."""
    follower = _Follower(evidence, booking_id="")
    hops = [*_arrival(evidence), *follower.hops(), *_channels(evidence.messages), *_audit(evidence.audit)]
    about = str(evidence.event.get("payload", {}).get("flight_id", ""))
    return _journey(evidence, f"{evidence.event['event_type']} of {about}", hops, "")


def of_booking(evidence: EventEvidence, booking_id: str) -> Journey:
    """The journey of an event to one booking: only the chunk, the items and the messages that concern it."""
    mine = [message for message in evidence.messages if message.booking_id == booking_id]
    audit = [event for event in evidence.audit if event.detail.get("booking_id") == booking_id]
    follower = _Follower(replace(evidence, messages=mine), booking_id)
    hops = [*_arrival(evidence), *follower.hops(), *_audit(audit)]
    passenger = f" ({mine[0].passenger_id}, {mine[0].tier})" if mine else ""
    title = f"{evidence.event['event_type']} of {evidence.event['payload']['flight_id']} to {booking_id}{passenger}"
    return _journey(evidence, title, hops, booking_id)


def _journey(evidence: EventEvidence, title: str, hops: list[Hop], booking_id: str) -> Journey:
    event_id = str(evidence.event["event_id"])
    correlation = evidence.consumer.correlation_id if evidence.consumer else event_id
    ordered = _timed(_in_order([replace(hop, place=place) for place, hop in enumerate(hops)]))
    return Journey(title, event_id, correlation, tuple(ordered), booking_id)


def _arrival(evidence: EventEvidence) -> Iterator[Hop]:
    """From the record in Kafka to the execution's start."""
    event, record, line, execution = evidence.event, evidence.record, evidence.consumer, evidence.execution
    if record is not None:
        said = f"{event['event_type']} from {event['source']}"
        yield Hop("kafka", record.place.topic, f"{record.place}, key {record.key}", record.at, said)
    if line is not None:
        yield Hop(
            "consumer", "FlightPulse-KafkaConsumer", f"request {_short(line.request_id)}", line.began_at, line.said
        )
    if execution is None or not isinstance(execution.input, Mapping):
        return
    envelope, detail = execution.input, execution.input.get("detail") or {}
    published = min(line.at, execution.started_at) if line else None
    yield Hop(
        "bus",
        str(envelope.get("detail-type", "")),
        f"event {_short(str(envelope.get('id', '')))}",
        published,
        str(detail.get("summary", "")),
        payloads.between(_lifted(event), detail),
    )
    if evidence.rule:
        around = {name: value for name, value in envelope.items() if name != "detail"}
        said = f"matches {envelope.get('detail-type', '')}, starts {execution.workflow}"
        yield Hop(
            "rule", evidence.rule, f"source {envelope.get('source', '')}", None, said, payloads.between({}, around)
        )


def _lifted(event: Mapping[str, Any]) -> dict[str, Any]:
    """The envelope with its payload's fields beside its own, as the bus event has them."""
    payload = event.get("payload")
    own = {name: value for name, value in event.items() if name != "payload"}
    return {**own, **payload} if isinstance(payload, Mapping) else own


class _Follower:
    """Walks through an execution and those it started, as far as they concern what is followed."""

    def __init__(self, evidence: EventEvidence, booking_id: str) -> None:
        self._evidence = evidence
        self._booking = re.compile(rf"\b{re.escape(booking_id)}\b") if booking_id else None
        self._changes = list(evidence.item_changes)
        self._messages = {message.notification_id: message for message in evidence.messages}

    def hops(self) -> Iterator[Hop]:
        if self._evidence.execution is not None:
            yield from self._execution(self._evidence.execution, depth=0)

    def _execution(self, execution: Execution, depth: int) -> Iterator[Hop]:
        said = execution.status + (f", outcome {execution.outcome}" if execution.outcome else "")
        yield Hop("execution", execution.workflow, _short(execution.name), execution.started_at, said, depth=depth)
        yield from self._visits(execution.history.visits, execution, depth + 1)

    def _visits(self, visits: Sequence[Visit], execution: Execution, depth: int) -> Iterator[Hop]:
        for visit in visits:
            if visit.kind in _SHOWN_STATES and (visit.kind != "Map" or visit.branches):
                yield self._state(visit, depth)
            yield from self._written(visit, depth)
            yield from self._told(visit, depth)
            for arn in visit.children:
                child = execution.child(arn)
                if child is not None and self._concerns_child(child):
                    yield from self._execution(child, depth + 1)
            for branch in sorted(visit.branches, key=lambda item: item.index):
                if self._booking is not None and self._concerns_branch(branch, execution):
                    yield from self._visits(branch.visits, execution, depth + 1)

    def _state(self, visit: Visit, depth: int) -> Hop:
        trouble = "; ".join(story.trouble(visit))
        said = story.deed(visit) + (f" ({trouble})" if trouble else "")
        changes = payloads.between(_own(visit.input), _own(visit.output))
        return Hop("state", visit.name, _place(visit), visit.entered_at, said, changes, depth=depth)

    def _written(self, visit: Visit, depth: int) -> Iterator[Hop]:
        for attempt in visit.attempts:
            for write in table_writes.of(attempt) if attempt.problem is None else ():
                if attempt.resource == table_writes.TRANSACTION and not self._is_about(write):
                    continue
                change = self._take(write)
                said = _ACTIONS.get(change.action, change.action) if change else "written"
                yield Hop(
                    "item",
                    _item_in_words(*_key(write)),
                    _item(write),
                    None,
                    said,
                    change.changes if change else Changes(),
                    depth=depth,
                )

    def _is_about(self, write: Mapping[str, Any]) -> bool:
        """Whether one write of several at once is that of the booking which is followed, if one is."""
        return self._booking is None or self._booking.search(_item(write)) is not None

    def _take(self, arguments: Mapping[str, Any]) -> StreamedChange | None:
        """The stream's record of this write: of the same item, touching no attribute that the write does not name, and
        removing none that it does not remove. A write that changes nothing has none.
        """
        key, named = _item(arguments), _attributes(arguments)
        removed = _named(arguments, " ".join(_REMOVED.findall(str(arguments.get("UpdateExpression", "")))))
        for change in self._changes:
            touched = {name.split(".")[0] for name in change.changes.names}
            gone = {name for name in change.changes.removed if "." not in name}
            if change.key == key and touched and touched <= named and gone <= removed:
                self._changes.remove(change)
                return change
        return None

    def _told(self, visit: Visit, depth: int) -> Iterator[Hop]:
        if self._booking is None:
            return
        for attempt in visit.attempts:
            for entry, taken in bus_entries.of(attempt):
                sent = json.dumps(entry) if taken else ""
                for known in [name for name in self._messages if name in sent]:
                    yield _message(self._messages.pop(known), depth)

    def _concerns_child(self, child: Execution) -> bool:
        if self._booking is None:
            return child.workflow != "FlightPulse-NotifyChunk"
        return any(self._in_visits(execution.history.visits) for execution in child.all())

    def _concerns_branch(self, branch: Branch, execution: Execution) -> bool:
        if self._in_visits(branch.visits):
            return True
        started = [arn for visit in history.walk(branch.visits) for arn in visit.children]
        return any(child is not None and self._concerns_child(child) for child in map(execution.child, started))

    def _in_visits(self, visits: Sequence[Visit]) -> bool:
        assert self._booking is not None
        return any(
            self._booking.search(text)
            for visit in history.walk(visits)
            for text in (visit.input, visit.output or "", *(attempt.arguments for attempt in visit.attempts))
        )


def _own(text: str | None) -> Any:
    """A state's data without what the AWS SDK says about its own call."""
    value = history.parsed(text)
    return {k: v for k, v in value.items() if k not in _SDK_NOISE} if isinstance(value, Mapping) else value


def _place(visit: Visit) -> str:
    """What a state works on: the resource of its task, or the kind of state."""
    return story.resource_of(visit.attempts[-1]) if visit.attempts else visit.kind


def _item(arguments: Mapping[str, Any]) -> str:
    """``FLIGHT#SW1234 / METADATA`` from the arguments of a write."""
    return " / ".join(_key(arguments))


def _key(arguments: Mapping[str, Any]) -> tuple[str, str]:
    key = arguments.get("Key") or arguments.get("Item") or {}
    pk, sk = (str((key.get(name) or {}).get("S", "")) for name in ("PK", "SK"))
    return pk, sk


def _item_in_words(pk: str, sk: str) -> str:
    """``flight SW1234``, ``BKG-0003 on SW1234``, ``claim of the event``."""
    kind, _, name = pk.partition("#")
    if sk.startswith("BOOKING#"):
        return f"{sk.removeprefix('BOOKING#')} on {name}"
    return "claim of the event" if sk == "CLAIM" else f"{kind.lower()} {name}"


def _attributes(arguments: Mapping[str, Any]) -> set[str]:
    """The attributes that a write may touch."""
    if "Item" in arguments:
        return set(arguments["Item"])
    return _named(arguments, str(arguments.get("UpdateExpression", "")))


def _named(arguments: Mapping[str, Any], expression: str) -> set[str]:
    """The attributes that a part of a write's expression names."""
    aliases = arguments.get("ExpressionAttributeNames") or {}
    words = re.findall(r"#?\w+", re.sub(r":\w+", " ", expression))
    return {str(aliases.get(word, word)) for word in words}


def _message(message: Message, depth: int) -> Hop:
    words = {"email": "e-mail", "sms": "text message"}.get(message.channel, message.channel)
    said = f"{words} to {message.passenger_id}, {_ORIGINS.get(message.written_by, message.written_by)}"
    return Hop("message", f"notification.{message.channel}", message.notification_id, message.at, said, depth=depth)


def _channels(messages: Sequence[Message]) -> Iterator[Hop]:
    for channel, words in (("email", "e-mails"), ("sms", "text messages")):
        sent = [message for message in messages if message.channel == channel]
        if sent:
            last = max(message.at for message in sent)
            yield Hop(
                "message", f"notification.{channel}", f"{len(sent)} {words}", last, f"the last of {len(sent)} {words}"
            )


def _audit(audit: Sequence[AuditEvent]) -> Iterator[Hop]:
    for item in sorted(audit, key=lambda event: (event.detail_type, str(event.detail.get("booking_id")))):
        about = str(item.detail.get("booking_id") or item.detail.get("flight_id") or "")
        yield Hop("audit", item.detail_type, about, item.at, str(item.detail.get("summary", "")))


def _in_order(hops: Sequence[Hop]) -> list[Hop]:
    """By time, for parallel branches overlap; a hop without a time stays behind the one it belongs to.

    What leads to the first execution stays as it is: clocks of broker and services may differ a little.
    """
    groups: list[list[Hop]] = []
    for hop in hops:
        if hop.at is None and groups:
            groups[-1].append(hop)
        else:
            groups.append([hop])
    fixed = sum(group[0].kind in {"kafka", "consumer", "bus"} for group in groups)
    rest = sorted(groups[fixed:], key=lambda group: (group[0].at is None, group[0].at))
    return [hop for group in [*groups[:fixed], *rest] for hop in group]


def _timed(hops: Sequence[Hop]) -> list[Hop]:
    """Each hop with the time until the next one. Where a clock is behind another's, that time is nought."""
    total = total_seconds(hops)
    last_message = max((number for number, hop in enumerate(hops) if hop.kind == "message"), default=len(hops) - 1)
    moments = _moments(hops)
    timed = []
    for number, hop in enumerate(hops):
        following = next((moment for moment in moments[number + 1 :] if moment is not None), None)
        moment = moments[number]
        if moment is None or following is None:
            timed.append(hop)
            continue
        seconds = (following - moment).total_seconds()
        timed.append(replace(hop, seconds=seconds, share=seconds / total if number < last_message and total else None))
    return timed


def _moments(hops: Sequence[Hop]) -> list[datetime | None]:
    """The hops' times, none of them before an earlier hop's."""
    moments: list[datetime | None] = []
    latest: datetime | None = None
    for hop in hops:
        # The audit hangs on the table's stream, beside the way to the passenger: it delays nobody.
        counts = hop.at is not None and hop.kind != "audit"
        if counts and hop.at is not None:
            latest = hop.at if latest is None else max(latest, hop.at)
        moments.append(latest if counts else None)
    return moments


def _short(text: str) -> str:
    return text if len(text) <= 12 else f"{text[:8]}…"
