"""What functions tell X-Ray: segment documents, handed to the daemon that Lambda runs beside every function.

Lambda itself writes the segment of an invocation. Here the AWS calls of this project's clients become subsegments of
it, and a Kafka record goes on with the trace that its producer began. No other module knows how traces are written.

https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
"""

import json
import os
import random
import re
import secrets
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from flightpulse.use_cases.ports import Record

_TRACE_ID = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")
_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{8})([0-9a-f]{24})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
_SAMPLED_BIT = 1
_RATE = 0.05
"""Of records that no producer has begun a trace for: the part that is recorded besides the first of an invocation."""
_KEY = "trace"
_TOO_MANY = 429
_SERVER_ERROR = 500
_CLIENT_ERROR = 400


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a trace something happens: its id, the segment around, and whether it is recorded at all."""

    trace_id: str
    parent_id: str | None
    sampled: bool

    @property
    def header(self) -> str:
        parent = f";Parent={self.parent_id}" if self.parent_id else ""
        return f"Root={self.trace_id}{parent};Sampled={int(self.sampled)}"

    def below(self, parent_id: str) -> "Place":
        return Place(self.trace_id, parent_id, self.sampled)


_place: ContextVar[Place | None] = ContextVar("place", default=None)


def here() -> Place | None:
    """Where in which trace this is: within a record, or within the invocation as Lambda tells it."""
    return _place.get() or _read(os.environ.get("_X_AMZN_TRACE_ID", ""))


def follow(client: Any) -> None:
    """Make a subsegment of every call of a boto3 client."""
    client.meta.events.register("provide-client-params", _begin_call)
    client.meta.events.register("after-call", _end_call)
    client.meta.events.register("after-call-error", _fail_call)


@dataclass(slots=True)
class RecordTrace:
    """A record's part of a trace; the AWS calls within it are this record's.

    ``header`` is what goes on with it; None where nothing is traced.
    """

    place: Place | None
    annotations: dict[str, str] = field(default_factory=dict)
    rejected: bool = False
    _outside: Token[Place | None] | None = None

    @property
    def header(self) -> str | None:
        return self.place.header if self.place else None

    def annotate(self, **values: str) -> None:
        """Add ids by which the trace is found. Never anything about a person."""
        self.annotations |= values

    def reject(self, reason: str) -> None:
        """Note that the record is put aside."""
        self.annotations["rejected"] = reason
        self.rejected = True

    def __enter__(self) -> Self:
        self._outside = _place.set(self.place)
        return self

    def __exit__(self, *_: object) -> None:
        if self._outside is not None:
            _place.reset(self._outside)


class RecordTracer:
    """Gives each record of one invocation its part of a trace: the producer's, if its header names one, or its own.

    The traces last until this ends, when the records have been published or put aside.
    """

    def __init__(self) -> None:
        self._own = here()
        self._first = True
        self._recorded: list[tuple[RecordTrace, Place, dict[str, Any]]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        fault = kind is not None
        for trace, place, segment in self._recorded:
            told = {"end_time": time.time(), "annotations": trace.annotations, "error": trace.rejected, "fault": fault}
            _write(place, segment | told)

    def record(self, record: "Record") -> RecordTrace:
        """Begin the trace of a record."""
        within = self._own if record.kind == "direct_invocation" else None
        place = within or self._begun(record)
        if place is None or not place.sampled:
            return RecordTrace(place)
        began, name = time.time(), os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "consumer")
        segment: dict[str, Any] = {"name": name, "id": _new_id(), "start_time": began}
        if within is not None:
            segment["type"] = "subsegment"
        else:
            place = _after_kafka(record, began, place)
            segment["origin"] = "AWS::Lambda::Function"
        trace = RecordTrace(place.below(segment["id"]))
        self._recorded.append((trace, place, segment))
        return trace

    def _begun(self, record: "Record") -> Place | None:
        """What the producer began, or a trace of the record's own, sampled as X-Ray's default rule would."""
        found = _TRACEPARENT.fullmatch(record.traceparent or "")
        if found is not None:
            epoch, rest, parent_id, flags = found.groups()
            return Place(f"1-{epoch}-{rest}", parent_id, bool(int(flags, 16) & _SAMPLED_BIT))
        if self._own is None:
            return None
        sampled = self._own.sampled and (self._first or random.random() < _RATE)  # noqa: S311 - no secret
        self._first = False
        return Place(f"1-{int(time.time()):08x}-{secrets.token_hex(12)}", None, sampled)


def _after_kafka(record: "Record", until: float, place: Place) -> Place:
    """Behind the segment of the topic, which shows for how long the record has waited there."""
    sent_at = record.coordinates.get("timestamp")
    if not isinstance(sent_at, int) or sent_at <= 0:
        return place
    topic = {"name": str(record.coordinates.get("topic")), "id": _new_id()}
    _write(place, {**topic, "start_time": min(sent_at / 1000, until), "end_time": until})
    return place.below(topic["id"])


@dataclass(slots=True)
class _Call:
    """A call that is being made. ``parts`` are the places it belongs to, each with the id of its subsegment there."""

    service: str
    operation: str
    began: float
    parts: list[tuple[Place, str]]
    params: Mapping[str, Any]


def _begin_call(params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> dict[str, Any] | None:
    if model.name != "PutEvents":
        places = [place] if (place := here()) is not None else []
        changed = None
        parts = [(place, _new_id()) for place in places]
    else:
        # Each entry goes on with the trace of its own record, behind this call.
        entries, parts = [], []
        for entry in params["Entries"]:
            place, call_id = _read(entry.get("TraceHeader", "")) or here(), _new_id()
            entries.append({**entry, "TraceHeader": place.below(call_id).header} if place is not None else entry)
            parts += [(place, call_id)] if place is not None else []
        changed = {**params, "Entries": entries}
    context[_KEY] = _Call(model.service_model.service_id, model.name, time.time(), parts, params)
    return changed


def _end_call(http_response: Any, parsed: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
    call = context.pop(_KEY, None)
    if call is None:
        return
    status, metadata = int(http_response.status_code), parsed.get("ResponseMetadata", {})
    code = str(parsed.get("Error", {}).get("Code", ""))
    throttled = status == _TOO_MANY or "Throttl" in code or "ThroughputExceeded" in code
    aws = {"request_id": metadata.get("RequestId"), "retries": metadata.get("RetryAttempts", 0)}
    usage = parsed.get("usage") or {}
    tokens = {"input_tokens": usage.get("inputTokens"), "output_tokens": usage.get("outputTokens")}
    _write_call(
        call,
        {
            "http": {"response": {"status": status}},
            "error": _CLIENT_ERROR <= status < _SERVER_ERROR,
            "throttle": throttled,
            "fault": status >= _SERVER_ERROR,
            **({"cause": _cause(code)} if code else {}),
        },
        aws,
        {name: count for name, count in tokens.items() if count is not None},
    )


def _fail_call(exception: Exception, context: dict[str, Any], **_: Any) -> None:
    call = context.pop(_KEY, None)
    if call is not None:
        _write_call(call, {"fault": True, "cause": _cause(type(exception).__name__)}, {}, {})


def _cause(kind: str) -> dict[str, Any]:
    """The kind of an error. Its text may hold what a trace must not."""
    return {"exceptions": [{"id": _new_id(), "type": kind, "remote": True}]}


def _write_call(
    call: _Call, outcome: Mapping[str, Any], aws: Mapping[str, Any], annotations: Mapping[str, Any]
) -> None:
    about = {"operation": call.operation, "region": os.environ.get("AWS_REGION"), **aws}
    # A batch names its tables; ours has one.
    about["table_name"] = call.params.get("TableName") or next(iter(call.params.get("RequestItems", ())), None)
    about = {name: value for name, value in about.items() if value is not None}
    annotations = {**annotations, **({"model_id": call.params["modelId"]} if "modelId" in call.params else {})}
    for place, call_id in call.parts:
        document = {"name": call.service, "id": call_id, "type": "subsegment", "namespace": "aws", "aws": about}
        times = {"start_time": call.began, "end_time": time.time()}
        _write(place, {**document, **times, **outcome, "annotations": annotations})


def _read(header: str) -> Place | None:
    """The place that a tracing header names; None for anything else."""
    fields = dict(part.strip().partition("=")[::2] for part in header.split(";"))
    if _TRACE_ID.fullmatch(fields.get("Root", "")) is None:
        return None
    return Place(fields["Root"], fields.get("Parent"), fields.get("Sampled") == "1")


def _new_id() -> str:
    return secrets.token_hex(8)


def _write(place: Place, document: Mapping[str, Any]) -> None:
    """Write a segment or subsegment at its place, where that is recorded."""
    if not place.sampled:
        return
    whole = {"trace_id": place.trace_id, **({"parent_id": place.parent_id} if place.parent_id else {}), **document}
    # What is false or empty need not be said.
    send({name: value for name, value in whole.items() if value not in (False, None, {})})


def send(document: Mapping[str, Any]) -> None:
    """Hand a document to the daemon. Nothing waits for it, and nothing fails when there is none."""
    host, _, port = os.environ.get("AWS_XRAY_DAEMON_ADDRESS", "").rpartition(":")
    if host:
        with suppress(OSError):
            _socket().sendto(b'{"format":"json","version":1}\n' + json.dumps(document).encode(), (host, int(port)))


@cache
def _socket() -> socket.socket:
    found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    found.setblocking(False)
    return found
