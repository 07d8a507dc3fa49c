"""The segments of traces, as they were sent, and traces put together from them when somebody asks.

https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
"""

import hashlib
import math
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]

KEPT_PARTS = 100_000
"""Segments and subsegments kept of all traces; beyond, the oldest traces go."""

_DEEPEST = 100
_LATEST = 1e11
_MEMBERS: Mapping[str, type] = {"subsegments": list, "annotations": dict, "aws": dict, "http": dict}
_ID = re.compile(r"[0-9a-f]{16}")
_TRACE_ID = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")
# Services that write segments of their own; of the others there is only what callers say.
_SELF_TOLD = frozenset({"Lambda", "Step Functions"})
_ORIGINS = {"DynamoDB": "AWS::DynamoDB::Table", "EventBridge": "AWS::Events", "SQS": "AWS::SQS::Queue"}


class RefusedSegment(ValueError):  # noqa: N818 - as X-Ray answers
    """A document that is no segment, with the error code of X-Ray's API."""

    def __init__(self, code: str, segment_id: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.segment_id = segment_id


@dataclass(slots=True)
class _Kept:
    documents: list[Document] = field(default_factory=list)
    parts: int = 0
    begins: float = math.inf


class TraceStore:
    """Traces by their ids, the most recently begun last."""

    def __init__(self, kept_parts: int = KEPT_PARTS) -> None:
        self._kept_parts = kept_parts
        self._lock = threading.Lock()
        self._traces: OrderedDict[str, _Kept] = OrderedDict()
        self._parts = 0

    def put(self, document: Document) -> None:
        """Keep a segment, or a subsegment that was sent by itself. Raises RefusedSegment."""
        _check(document)
        parts = sum(1 for _ in nested(document))
        with self._lock:
            kept = self._traces.setdefault(str(document["trace_id"]), _Kept())
            kept.documents.append(document)
            kept.parts += parts
            kept.begins = min(kept.begins, float(document["start_time"]))
            self._parts += parts
            while self._parts > self._kept_parts and len(self._traces) > 1:
                self._parts -= self._traces.popitem(last=False)[1].parts

    def segments(self, trace_id: str) -> list[Document]:
        """The segments of a trace by their beginning, each with its subsegments, and those that can be inferred."""
        with self._lock:
            kept = self._traces.get(trace_id)
            documents = list(kept.documents) if kept else []
        return _put_together(documents)

    def begun(self, start: float, end: float) -> list[str]:
        """The ids of the traces that began within a range of time."""
        with self._lock:
            return [trace_id for trace_id, kept in self._traces.items() if start <= kept.begins <= end]


TRACES = TraceStore()
"""The traces of this local cloud."""


def nested(document: Document) -> Iterator[Document]:
    """A segment and all its subsegments."""
    yield document
    for part in document.get("subsegments") or ():
        yield from nested(part)


def _check(document: Any) -> None:
    segment_id = str(document.get("id", "")) if isinstance(document, dict) else ""
    problem = _problem(document)
    if problem:
        raise RefusedSegment(problem, segment_id)
    if _TRACE_ID.fullmatch(str(document.get("trace_id", ""))) is None:
        raise RefusedSegment("InvalidTraceId", segment_id)
    if document.get("type") == "subsegment" and not document.get("parent_id"):
        raise RefusedSegment("MissingParentId", segment_id)


def _problem(part: Any, depth: int = 0) -> str:
    """The error code for a segment, or for a subsegment in it; empty where nothing is wrong."""
    if not isinstance(part, dict) or depth > _DEEPEST:
        return "ParseError"
    if _ID.fullmatch(str(part.get("id", ""))) is None:
        return "InvalidId" if part.get("id") else "MissingId"
    if not part.get("name") or not isinstance(part["name"], str):
        return "MissingName"
    if not _is_time(part.get("start_time")):
        return "MissingStartTime"
    if part.get("end_time") is not None and not _is_time(part["end_time"]):
        return "InvalidEndTime"
    if any(not isinstance(part[name], kind) for name, kind in _MEMBERS.items() if name in part):
        return "ParseError"
    response = part.get("http", {}).get("response") or {}
    if not isinstance(response, dict) or not isinstance(response.get("status") or 0, int):
        return "ParseError"
    return next(filter(None, (_problem(inner, depth + 1) for inner in part.get("subsegments", ()))), "")


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and 0 <= value < _LATEST


def _put_together(documents: list[Document]) -> list[Document]:
    # What is sent again under its id, such as a segment that was in progress, takes the place of what was there.
    latest = {str(document["id"]): document for document in documents}
    copies = {segment_id: _copy(document) for segment_id, document in latest.items()}
    parts = {str(part["id"]): part for copy in copies.values() for part in nested(copy)}
    segments = []
    for segment_id, copy in copies.items():
        if latest[segment_id].get("type") != "subsegment":
            segments.append(copy)
            continue
        # A subsegment whose segment has not come yet is not seen yet.
        parent = parts.get(str(copy["parent_id"]))
        if parent is not None:
            parent.setdefault("subsegments", []).append(copy)
    segments += [_inferred(part, copy) for copy in segments for part in nested(copy) if _leads_out(part)]
    return sorted(segments, key=lambda segment: float(segment["start_time"]))


def _copy(document: Mapping[str, Any]) -> Document:
    copied = dict(document)
    if "subsegments" in copied:
        copied["subsegments"] = [_copy(part) for part in copied["subsegments"]]
    return copied


def _leads_out(part: Mapping[str, Any]) -> bool:
    return part.get("namespace") == "aws" and part.get("name") not in _SELF_TOLD


def _inferred(call: Mapping[str, Any], caller: Mapping[str, Any]) -> Document:
    """The segment that X-Ray infers for a service that writes none: from what its caller says."""
    name = str(call["name"])
    inferred_id = hashlib.sha256(f"{call['id']} inferred".encode()).hexdigest()[:16]
    shared = ("start_time", "end_time", "aws", "http", "error", "fault", "throttle")
    table = (call.get("aws") or {}).get("table_name")
    return {
        "id": inferred_id,
        "name": table or name,
        "trace_id": caller["trace_id"],
        "parent_id": call["id"],
        "inferred": True,
        "origin": _ORIGINS.get(name, f"AWS::{name.replace(' ', '')}"),
        **{member: call[member] for member in shared if member in call},
    }
