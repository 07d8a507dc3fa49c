"""X-Ray's API: PutTraceSegments, GetTraceSummaries and BatchGetTraces. https://docs.aws.amazon.com/xray/latest/api/"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from localcloud.services.refusals import Refused
from localcloud.services.xray import filters
from localcloud.services.xray.store import TRACES, Document, RefusedSegment, nested

Request = Mapping[str, Any]

_MOST_IDS = 5
_MOST_DOCUMENTS = 50
_PAGE = 100
_LONGEST_RANGE_SECONDS = 24 * 3600.0
_FLAGS = {"HasError": "error", "HasFault": "fault", "HasThrottle": "throttle"}


async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:  # noqa: ARG001
    """The emulator's entry for a service."""
    call = _CALLS.get(path)
    try:
        if method != "POST" or call is None:
            raise _invalid(f"The local cloud's X-Ray answers only {', '.join(sorted(_NAMES))}.")
        request = json.loads(body or b"{}")
        return 200, {"Content-Type": "application/json"}, json.dumps(await asyncio.to_thread(call, request)).encode()
    except ValueError:
        return _error(_invalid("The request is no JSON."))
    except Refused as refusal:
        return _error(refusal)


def _error(refusal: Refused) -> tuple[int, dict[str, str], bytes]:
    headers = {"Content-Type": "application/json", "x-amzn-errortype": refusal.code}
    return refusal.status, headers, json.dumps({"Message": refusal.message}).encode()


def _invalid(message: str) -> Refused:
    return Refused("InvalidRequestException", message)


def put_trace_segments(request: Request) -> dict[str, Any]:
    documents = request.get("TraceSegmentDocuments") or []
    if len(documents) > _MOST_DOCUMENTS:
        raise _invalid(f"PutTraceSegments takes {_MOST_DOCUMENTS} documents at most, not {len(documents)}.")
    return {"UnprocessedTraceSegments": [refused for text in documents if (refused := _put(text)) is not None]}


def _put(text: Any) -> dict[str, str] | None:
    try:
        TRACES.put(json.loads(text))
    except RefusedSegment as refusal:
        told = {"ErrorCode": refusal.code, "Message": f"The segment document is refused: {refusal.code}."}
        return told | ({"Id": refusal.segment_id} if refusal.segment_id else {})
    except (TypeError, ValueError, RecursionError):
        return {"ErrorCode": "ParseError", "Message": "The segment document is no JSON."}
    return None


def get_trace_summaries(request: Request) -> dict[str, Any]:
    """Summaries of the traces that began within a range of time, the newest first."""
    start, end = (request.get(name) for name in ("StartTime", "EndTime"))
    if not isinstance(start, int | float) or not isinstance(end, int | float) or start > end:
        raise _invalid("GetTraceSummaries needs a StartTime and an EndTime after it.")
    if end - start > _LONGEST_RANGE_SECONDS:
        raise _invalid("Time range cannot be longer than 24 hours.")
    if request.get("TimeRangeType", "TraceId") == "Service":
        raise _invalid("The local cloud finds traces by TraceId or Event time, not by Service.")
    matches = filters.read(str(request.get("FilterExpression") or ""))
    found = [
        told
        for trace_id in TRACES.begun(start, end)
        if (segments := TRACES.segments(trace_id)) and matches(told := summary(trace_id, segments))
    ]
    found.sort(key=lambda told: float(told["StartTime"]), reverse=True)
    skipped = _token(request)
    more = {"NextToken": str(skipped + _PAGE)} if len(found) > skipped + _PAGE else {}
    page = found[skipped : skipped + _PAGE]
    return {"TraceSummaries": page, "ApproximateTime": end, "TracesProcessedCount": len(found), **more}


def _token(request: Request) -> int:
    token = str(request.get("NextToken") or "0")
    if not token.isdigit():
        raise _invalid("NextToken is not one of GetTraceSummaries.")
    return int(token)


def summary(trace_id: str, segments: Sequence[Document]) -> dict[str, Any]:
    """What GetTraceSummaries says of a trace."""
    parts = [(part, segment) for segment in segments for part in nested(segment)]
    annotations: dict[str, list[dict[str, Any]]] = {}
    for part, segment in parts:
        for key, value in (part.get("annotations") or {}).items():
            said = {"AnnotationValue": _annotation(value), "ServiceIds": [_service(segment)]}
            if said not in annotations.setdefault(key, []):
                annotations[key].append(said)
    services: list[dict[str, Any]] = []
    for segment in segments:
        if _service(segment) not in services:
            services.append(_service(segment))
    root = segments[0]
    return {
        "Id": trace_id,
        "StartTime": _begins(segments),
        "Duration": _duration(segments),
        "ResponseTime": round(float(root.get("end_time") or root["start_time"]) - float(root["start_time"]), 3),
        **{name: any(part.get(flag) for part, _ in parts) for name, flag in _FLAGS.items()},
        "IsPartial": False,
        "Annotations": annotations,
        "ServiceIds": services,
        "EntryPoint": _service(root),
        "Http": {"HttpStatus": status} if (status := _status(root)) else {},
        "Users": [],
        "Revision": len(parts),
    }


def _begins(segments: Sequence[Document]) -> float:
    return min(float(segment["start_time"]) for segment in segments)


def _duration(segments: Sequence[Document]) -> float:
    ends = [float(part.get("end_time") or 0) for segment in segments for part in nested(segment)]
    return round(max(0.0, max(ends) - _begins(segments)), 3)


def _annotation(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BooleanValue": value}
    return {"NumberValue": value} if isinstance(value, int | float) else {"StringValue": str(value)}


def _service(segment: Document) -> dict[str, Any]:
    name = str(segment["name"])
    kind = {"Type": segment["origin"]} if segment.get("origin") else {}
    return {"Name": name, "Names": [name], **kind}


def _status(segment: Document) -> int | None:
    status = ((segment.get("http") or {}).get("response") or {}).get("status")
    return int(status) if status else None


def batch_get_traces(request: Request) -> dict[str, Any]:
    """Whole traces: the document of every segment, with its subsegments."""
    ids = [str(trace_id) for trace_id in request.get("TraceIds") or []]
    if not 1 <= len(ids) <= _MOST_IDS:
        raise _invalid(f"BatchGetTraces takes 1 to {_MOST_IDS} trace ids, not {len(ids)}.")
    known = {trace_id: segments for trace_id in ids if (segments := TRACES.segments(trace_id))}
    traces = [
        {
            "Id": trace_id,
            "Duration": _duration(segments),
            "LimitExceeded": False,
            "Segments": [{"Id": segment["id"], "Document": json.dumps(segment)} for segment in segments],
        }
        for trace_id, segments in known.items()
    ]
    return {"Traces": traces, "UnprocessedTraceIds": [trace_id for trace_id in ids if trace_id not in known]}


_CALLS: Mapping[str, Callable[[Request], dict[str, Any]]] = {
    "/TraceSegments": put_trace_segments,
    "/TelemetryRecords": lambda _: {},
    "/TraceSummaries": get_trace_summaries,
    "/Traces": batch_get_traces,
}
_NAMES = ("PutTraceSegments", "PutTelemetryRecords", "GetTraceSummaries", "BatchGetTraces")
