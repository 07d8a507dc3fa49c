"""Sends dead letters back to where they failed, and failed executions through their workflow again.

Everything here may be done twice: events and messages are claimed, so what has been handled meanwhile is recognised and
nobody is told again. An execution that takes over names the one that it follows. Before anything is started again, the
claims that an execution left open are closed by what its history says; where one still runs, its work is left alone.
What is started has a name made from its letter, so that a redrive finds what an earlier one has started.
"""

import base64
import hashlib
import json
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError
from confluent_kafka import Consumer, TopicPartition

from awskit.kafka.connection import Kafka
from awskit.kafka.producer import OutgoingRecord
from awskit.kafka.records import Record, kafka_event
from flightpulse.adapters.dynamodb_json import item_to_typed
from flightpulse.domain import keys
from flightpulse.domain.events import TOPIC
from flightpulse.workbench.executions import executions
from flightpulse.workbench.executions.history import Visit, walk
from flightpulse.workbench.faults import claims, dead_letters
from flightpulse.workbench.faults.dead_letters import WaitingLetter
from flightpulse.workbench.fire import sending
from flightpulse.workbench.target.session import Session

EXECUTIONS = "executions"
_FAILED = ("FAILED", "TIMED_OUT", "ABORTED")
_ALL_EXECUTIONS = 1_000_000
_AWAITED_SECONDS = 60.0
_LOOK_AGAIN_SECONDS = 0.2
# States whose effect no claim makes safe to repeat: a redrive says which of them are done.
_ONCE = frozenset({"CallRebooking"})
_BATCHES = frozenset({"stream", "mapping"})

Publish = Callable[[bytes | None, bytes | None, Mapping[str, str]], None]
"""Writes one record (key, value, headers) to the topic and returns when the broker has it."""


class CannotRedriveError(Exception):
    """Something that cannot be sent back; the text says why."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one attempt: ``done`` in words, or ``problem``."""

    kind: str
    what: str
    done: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class FailedExecution:
    """An execution that failed and whose event nobody has handled since. ``input`` is what its successor is given."""

    summary: executions.Execution
    event: executions.StartingEvent
    input: Mapping[str, Any]
    why: str

    @property
    def what(self) -> str:
        """What it was about, in a few words."""
        return f"{self.event.detail_type or self.summary.workflow} {self.event.flight_id} ({self.event.event_id})"


@dataclass(frozen=True, slots=True)
class _Started:
    """An execution that a letter has started: the letter goes when it has succeeded."""

    arn: str

    @property
    def name(self) -> str:
        return self.arn.rsplit(":", 1)[-1]


class Redriver:
    """Redrives on the target of a session. ``publish`` writes to Kafka, by default to the session's broker.

    ``seconds`` is how long it waits for chunks that it starts from letters. The letter of one that takes longer stays.
    ``only`` are the ids of the events whose letters and executions it touches; batches, which name no event, it takes
    as well. Without it: everybody's.
    """

    def __init__(
        self,
        session: Session,
        publish: Publish | None = None,
        *,
        seconds: float = _AWAITED_SECONDS,
        only: Collection[str] | None = None,
    ) -> None:
        self._session = session
        self._only = None if only is None else frozenset(only)
        self._publish = publish or _publisher(session)
        self._seconds = seconds
        self._send: dict[str, Callable[[WaitingLetter], str | _Started]] = {
            "records": self._record,
            "notifications": self._notification,
            "targets": self._target,
            "stream": self._stream,
            "mapping": self._mapping,
        }

    def send_back(self, kinds: Sequence[str] = ()) -> Iterator[Result]:
        """Send letters back, one after the other. A letter leaves its queue when what it asks for has been done.

        Notes for the table go first, see :meth:`send_notes`.
        """
        taken = self._taken(kinds)
        yield from self._deal_with(sorted(taken, key=lambda letter: not _is_note(letter)))

    def send_notes(self) -> Iterator[Result]:
        """Send back what only has to be written down, such as that a message is out."""
        taken = self._taken(["notifications"])
        dead_letters.give_back(self._session, [letter for letter in taken if not _is_note(letter)])
        yield from self._deal_with([letter for letter in taken if _is_note(letter)])

    def _taken(self, kinds: Sequence[str]) -> list[WaitingLetter]:
        """Letters of some kinds, hidden from other readers; those that are not ours stay where they are."""
        taken = dead_letters.take(self._session, kinds)
        if self._only is None:
            return taken
        ours = [letter for letter in taken if letter.kind in _BATCHES or letter.event_id in self._only]
        dead_letters.give_back(self._session, [letter for letter in taken if letter not in ours])
        return ours

    def _deal_with(self, taken: Sequence[WaitingLetter]) -> Iterator[Result]:
        started: list[tuple[WaitingLetter, _Started]] = []
        try:
            for number, letter in enumerate(taken):
                try:
                    done = self._send[letter.kind](letter)
                except (CannotRedriveError, claims.StillAtWorkError) as error:
                    dead_letters.give_back(self._session, [letter])
                    yield Result(letter.kind, letter.what, problem=str(error))
                    continue
                except BaseException:
                    dead_letters.give_back(self._session, taken[number:])
                    raise
                if isinstance(done, _Started):
                    started.append((letter, done))
                    continue
                dead_letters.delete(self._session, letter)
                yield Result(letter.kind, letter.what, done=done)
            yield from self._awaited(started)
        finally:
            dead_letters.give_back(self._session, [letter for letter, _ in started])

    def _awaited(self, started: list[tuple[WaitingLetter, _Started]]) -> Iterator[Result]:
        """Wait for what letters have started. Those whose letters stay are left in the list."""
        deadline = time.monotonic() + self._seconds
        for letter, execution in list(started):
            while (status := self._status(execution.arn)) == "RUNNING" and time.monotonic() < deadline:
                time.sleep(_LOOK_AGAIN_SECONDS)
            if status == "SUCCEEDED":
                started.remove((letter, execution))
                dead_letters.delete(self._session, letter)
                yield Result(letter.kind, letter.what, done=f"sent again by {execution.name}")
            elif status == "RUNNING":
                said = f"started as {execution.name}, which still runs; the letter stays until it has succeeded"
                yield Result(letter.kind, letter.what, done=said)
            else:
                yield Result(letter.kind, letter.what, problem=f"{execution.name} failed again; the letter stays")

    def failed_executions(self) -> list[FailedExecution]:
        """Failed executions of events that nobody has handled since, oldest first.

        An execution whose dead letter still waits is left to its letter.
        """
        waiting = {letter.body.get("execution") for letter in dead_letters.look(self._session, ["notifications"])}
        found: dict[str, FailedExecution] = {}
        for status in _FAILED:
            for summary in executions.recent(
                self._session, workflows=executions.of_events(self._session), status=status, limit=_ALL_EXECUTIONS
            ):
                if summary.arn in waiting:
                    continue
                failed = self._unhandled(summary)
                if failed and self._only is not None and failed.event.event_id not in self._only:
                    continue
                # Of several that failed before they could claim their event, the latest stands for all.
                if failed and (
                    failed.event.event_id not in found
                    or found[failed.event.event_id].summary.started_at < summary.started_at
                ):
                    found[failed.event.event_id] = failed
        return sorted(found.values(), key=lambda failed: failed.summary.started_at)

    def redrive_executions(self) -> Iterator[Result]:
        """Start every execution of :meth:`failed_executions` again, after what :meth:`send_notes` sends back.

        Each is started anew and not by RedriveExecution, which would go on in the middle, past the claims.
        """
        yield from self.send_notes()
        for failed in self.failed_executions():
            try:
                yield Result(EXECUTIONS, failed.what, done=self._again(failed))
            except (CannotRedriveError, claims.StillAtWorkError) as error:
                yield Result(EXECUTIONS, failed.what, problem=str(error))

    def _unhandled(self, summary: executions.Execution) -> FailedExecution | None:
        """The execution when its event is unhandled. Its history is read only then."""
        execution = executions.described(self._session, summary.arn)
        event = execution.event
        claim = self._claim(event.event_id)
        owner, status = claim.get("execution", {}).get("S"), claim.get("status", {}).get("S")
        if claim and (owner != summary.arn or status in {"DONE", "SUPERSEDED"}):
            return None
        history = replace(execution, events=executions.history_of(self._session, summary.arn)).history
        problem = history.problem
        return FailedExecution(
            summary=summary,
            event=event,
            input=_following(execution.input, summary.arn, history.visits),
            why=" ".join(f"{problem.error}: {problem.cause}".split())[:300] if problem else summary.status,
        )

    def _again(self, failed: FailedExecution) -> str:
        machine = failed.summary.arn.replace(":execution:", ":stateMachine:").rsplit(":", 1)[0]
        return self._follow(machine, failed.input, failed.event)

    def _follow(self, machine: str, given: Mapping[str, Any], event: executions.StartingEvent) -> str:
        """Start the execution that takes an event over from the one that its input names."""
        claims.close(self._session, event.event_id, event.flight_id)
        name = _name("redrive", str(given.get("redrive", {}).get("predecessor", event.event_id)))
        return f"started again as {self._start(machine, name, given, again_after=('SUCCEEDED', *_FAILED)).name}"

    def _start(self, machine: str, name: str, given: Any, *, again_after: Sequence[str] = _FAILED) -> _Started:
        """Start an execution under the first free name, unless an earlier one is at work or has done it."""
        number = 1
        while status := self._status(arn := f"{machine.replace(':stateMachine:', ':execution:')}:{name}-{number}"):
            if status == "RUNNING":
                raise CannotRedriveError(f"left alone: {name}-{number} is at work on it")
            if status not in again_after:
                return _Started(arn)
            number += 1
        started = self._session.stepfunctions.start_execution(
            stateMachineArn=machine, name=f"{name}-{number}", input=json.dumps(given)
        )
        return _Started(started["executionArn"])

    def _status(self, arn: str) -> str:
        """How an execution is; empty when there is none of this name."""
        try:
            return executions.described(self._session, arn).status
        except executions.NoSuchExecutionError:
            return ""

    def _claim(self, event_id: str) -> Mapping[str, Any]:
        answer = self._session.dynamodb.get_item(
            TableName=self._session.table_name, Key=item_to_typed(keys.claim(event_id)), ConsistentRead=True
        )
        return answer.get("Item", {})

    def _record(self, letter: WaitingLetter) -> str:
        if letter.body.get("truncated"):
            raise CannotRedriveError("too large to be kept whole; have its sender send it again")
        key, value = _bytes(letter.body.get("key")), _bytes(letter.body.get("value"))
        correlation_id = letter.body.get("correlation_id")
        headers = {"correlation_id": str(correlation_id)} if correlation_id else {}
        self._publish(key or _flight_in(value), value, headers)
        return f"sent to {TOPIC} again"

    def _notification(self, letter: WaitingLetter) -> str | _Started:
        order = letter.body.get("redrive")
        if isinstance(order, Mapping) and isinstance(order.get("start_execution"), Mapping):
            wanted = order["start_execution"]
            machine, given = str(wanted.get("stateMachineArn")), wanted.get("input")
            if not isinstance(given, Mapping):
                raise CannotRedriveError("the letter does not say what to start")
            if letter.body.get("kind") == "workflow":
                return self._follow(machine, given, executions.bus_event(given))
            bookings = [str(booking["booking_id"]) for booking in given["bookings"]]
            claims.close(self._session, str(letter.body["event_id"]), str(letter.body["flight_id"]), bookings)
            return self._start(machine, _name("letter", letter.message_id), given)
        if isinstance(order, Mapping) and isinstance(order.get("update_item"), Mapping):
            return self._write(order["update_item"])
        raise CannotRedriveError("the letter does not say how to send it back")

    def _write(self, update: Mapping[str, Any]) -> str:
        try:
            self._session.dynamodb.update_item(**update)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return "not needed any more"
            raise
        return "written"

    def _target(self, letter: WaitingLetter) -> str:
        arn, event = letter.attributes.get("TARGET_ARN", ""), json.dumps(letter.body)
        if ":states:" in arn:
            started = self._session.stepfunctions.start_execution(stateMachineArn=arn, input=event)
            return f"started as {started['executionArn'].rsplit(':', 1)[-1]}"
        if ":log-group:" in arn:
            group = arn.split(":log-group:", 1)[1].split(":", 1)[0]
            self._write_log(group, str(letter.body.get("id", letter.message_id)), event)
            return f"written to {group}"
        raise CannotRedriveError(f"its target {arn or '?'} is neither a state machine nor a log group")

    def _write_log(self, group: str, stream: str, message: str) -> None:
        try:
            self._session.logs.create_log_stream(logGroupName=group, logStreamName=stream)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ResourceNotFoundException":
                raise CannotRedriveError(f"the log group {group} does not exist") from error
            if code != "ResourceAlreadyExistsException":
                raise
        now = int(datetime.now(UTC).timestamp() * 1000)
        self._session.logs.put_log_events(
            logGroupName=group, logStreamName=stream, logEvents=[{"timestamp": now, "message": message}]
        )

    def _stream(self, letter: WaitingLetter) -> str:
        info = letter.body.get("DDBStreamBatchInfo")
        if not isinstance(info, Mapping):
            raise CannotRedriveError("the letter does not name the changes")
        records = self._stream_records(info)
        if not records:
            raise CannotRedriveError("the stream no longer holds these changes (it keeps them for 24 hours)")
        self._invoke(letter, {"Records": records})
        return f"{len(records)} changes handled"

    def _stream_records(self, info: Mapping[str, Any]) -> list[dict[str, Any]]:
        streams = self._session.client("dynamodbstreams")
        last = int(info["endSequenceNumber"])
        found: list[dict[str, Any]] = []
        try:
            iterator = streams.get_shard_iterator(
                StreamArn=info["streamArn"],
                ShardId=info["shardId"],
                ShardIteratorType="AT_SEQUENCE_NUMBER",
                SequenceNumber=str(info["startSequenceNumber"]),
            ).get("ShardIterator")
            while iterator:
                page = streams.get_records(ShardIterator=iterator, Limit=100)
                for record in page["Records"]:
                    if int(record["dynamodb"]["SequenceNumber"]) > last:
                        return found
                    found.append(_as_lambda_sees_it(record, info["streamArn"]))
                iterator = page.get("NextShardIterator") if page["Records"] else None
        except ClientError as error:
            if error.response["Error"]["Code"] in {"TrimmedDataAccessException", "ResourceNotFoundException"}:
                return []
            raise
        return found

    def _mapping(self, letter: WaitingLetter) -> str:
        places = letter.body.get("KafkaBatchInfo", {}).get("recordsInfo", {})
        records = _kafka_records(self._session.broker, places)
        if not records:
            raise CannotRedriveError("the topic no longer holds these records")
        self._invoke(letter, kafka_event(self._session.broker, records))
        return f"{len(records)} records handled"

    def _invoke(self, letter: WaitingLetter, event: Mapping[str, Any]) -> None:
        function = str((letter.body.get("requestContext") or {}).get("functionArn", ""))
        answer = self._session.functions.invoke(FunctionName=function, Payload=json.dumps(event).encode())
        payload = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError"):
            said = payload.get("errorMessage", "") if isinstance(payload, dict) else payload
            raise CannotRedriveError(f"the function failed again: {said}")
        if isinstance(payload, dict) and payload.get("batchItemFailures"):
            raise CannotRedriveError(f"the function failed again for {len(payload['batchItemFailures'])} of them")


def _publisher(session: Session) -> Publish:
    """Writes records to the session's broker, which is looked for only when there is one to write."""

    def publish(key: bytes | None, value: bytes | None, headers: Mapping[str, str]) -> None:
        record = OutgoingRecord(key, value, {name: text.encode() for name, text in headers.items()})
        sending.send_records(session, [record])

    return publish


def _following(given: Any, predecessor: str, visits: Iterable[Visit]) -> dict[str, Any]:
    """The input of the execution that follows another one: what that one was given, and what it had done."""
    before = dict(given) if isinstance(given, Mapping) else {}
    done = {visit.name for visit in walk(visits) if _succeeded(visit)} & _ONCE
    done |= set((before.get("redrive") or {}).get("done") or ())
    return {**before, "redrive": {"predecessor": predecessor, "done": sorted(done)}}


def _succeeded(visit: Visit) -> bool:
    return any(attempt.ended_at is not None and attempt.problem is None for attempt in visit.attempts)


def _name(prefix: str, source: str) -> str:
    """A name for executions that is the same whoever makes it, and fits into the 80 characters of Step Functions."""
    return f"{prefix}-{hashlib.sha256(source.encode()).hexdigest()[:32]}"


def _is_note(letter: WaitingLetter) -> bool:
    """Whether the letter asks for a write, and not for an execution."""
    order = letter.body.get("redrive")
    return isinstance(order, Mapping) and "update_item" in order


def _bytes(text: Any) -> bytes | None:
    return base64.b64decode(text) if isinstance(text, str) else None


def _flight_in(value: bytes | None) -> bytes | None:
    """The key a record without one should have had: its flight, which keeps the flight's events in order."""
    try:
        flight = json.loads(value or b"")["payload"]["flight_id"]
    except (ValueError, KeyError, TypeError):
        return None
    return flight.encode() if isinstance(flight, str) else None


def _as_lambda_sees_it(record: Mapping[str, Any], stream_arn: str) -> dict[str, Any]:
    """A stream record as an event source mapping hands it over: times as numbers, binary values as base64."""
    change = {**record["dynamodb"]}
    at = change.get("ApproximateCreationDateTime")
    if isinstance(at, datetime):
        change["ApproximateCreationDateTime"] = at.timestamp()
    plain: dict[str, Any] = json.loads(
        json.dumps({**record, "dynamodb": change, "eventSourceARN": stream_arn}, default=_encoded)
    )
    return plain


def _encoded(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"a stream record with a {type(value).__name__}")


def _kafka_records(bootstrap: str, places: Mapping[str, Any], *, seconds: float = 10.0) -> list[Any]:
    """The records that an on-failure letter names by partition and offsets, as far as the topic still has them."""
    wanted = {_partition(name): (int(p["firstRecordOffset"]), int(p["lastRecordOffset"])) for name, p in places.items()}
    consumer = Consumer(
        Kafka(bootstrap).client(
            **{"group.id": "flightpulse-redrive", "enable.auto.commit": False, "auto.offset.reset": "error"}
        )
    )
    found: list[Any] = []
    try:
        consumer.assign([TopicPartition(topic, number, first) for (topic, number), (first, _) in wanted.items()])
        deadline = time.monotonic() + seconds
        missing = sum(last - first + 1 for first, last in wanted.values())
        while missing > 0 and time.monotonic() < deadline:
            message = consumer.poll(0.5)
            if message is None:
                continue
            if message.error():
                break
            record = Record.of(message)
            first, last = wanted[record.source]
            if first <= record.offset <= last:
                found.append(record)
                missing -= 1
    finally:
        consumer.close()
    return found


def _partition(name: str) -> tuple[str, int]:
    topic, _, number = name.rpartition("-")
    return topic, int(number)
