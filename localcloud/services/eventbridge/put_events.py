"""PutEvents: each entry is accepted or refused by itself, keeps the time it was given, and goes to matching rules.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""

import threading
import time
import uuid
from typing import Any

from ministack.core import responses
from ministack.services import eventbridge as emulator

from localcloud import faults
from localcloud.services.eventbridge import entries
from localcloud.services.xray import tracing
from localcloud.services.xray.tracing import Trace

KEPT_EVENTS = 1000
"""Events the emulator remembers per account and region: it never looks at them again."""

_archiving = threading.Lock()


def put_events(data: dict[str, Any], allow_aws_source: bool = False) -> Any:
    """Takes the place of the emulator's own handler."""
    given = data.get("Entries") or []
    refusal = entries.refused_request(given)
    if refusal is not None:
        return responses.error_response_json(*refusal, 400)
    results = [_put(entry, allow_aws_source) for entry in given]
    failed = sum("ErrorCode" in result for result in results)
    return responses.json_response({"FailedEntryCount": failed, "Entries": results})


def _put(entry: dict[str, Any], own_source: bool) -> dict[str, str]:
    refusal = entries.refused_entry(entry, own_source=own_source)
    bus, unknown_bus = emulator._event_bus_name_from_ref(entry.get("EventBusName", "default"))
    refusal = refusal or unknown_bus
    if refusal:
        return {"ErrorCode": refusal[0], "ErrorMessage": refusal[1]}
    fault = faults.BOARD.strike_hop("entry", str(entry["DetailType"]), entry)
    if fault is None:
        return _accept(entry, bus)
    if fault.after:
        _accept(entry, bus)
    return {"ErrorCode": fault.error or "InternalFailure", "ErrorMessage": fault.cause}


def _accept(entry: dict[str, Any], bus: str) -> dict[str, str]:
    event = {
        "EventId": str(uuid.uuid4()),
        "Source": entry["Source"],
        "DetailType": entry["DetailType"],
        "Detail": entry["Detail"],
        "EventBusName": bus,
        "Time": entries.seconds(entry.get("Time"), time.time()),
        "Resources": entry.get("Resources") or [],
        "Account": responses.get_account_id(),
        "Region": responses.get_region(),
    }
    trace = Trace.read(entry.get("TraceHeader")) or tracing.current()
    known = emulator._events_log_list()
    known.append(event)
    del known[:-KEPT_EVENTS]
    view = emulator._pattern_event_view(event)
    # Events of services belong to no trace.
    with tracing.within(None if str(entry["Source"]).startswith("aws.") else trace):
        emulator._dispatch_event(event, view)
    with _archiving:
        emulator._archive_event(event, view)
    return {"EventId": event["EventId"]}
