"""What Step Functions tells other services of an execution: status change events and AWS/States metrics.

https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
"""

import json
import logging
from collections.abc import Mapping
from typing import Any

from ministack.services import cloudwatch, eventbridge

from localcloud.services.step_functions.history import milliseconds
from localcloud.services.step_functions.payload import exceeds_limit

_NAMESPACE = "AWS/States"
_ENDS = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}
_REDRIVABLE = frozenset({"ABORTED", "FAILED", "TIMED_OUT"})

log = logging.getLogger(__name__)


def redrive_status(record: Mapping[str, Any]) -> dict[str, Any]:
    """Whether an execution can be redriven, as DescribeExecution says it."""
    status = record["status"]
    if status in _REDRIVABLE and not record.get("express"):
        return {"redriveStatus": "REDRIVABLE"}
    what = "an EXPRESS execution" if record.get("express") else status
    reason = f"Execution is {what} and cannot be redriven"
    return {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}


def announce(record: Mapping[str, Any]) -> None:
    """Tell of an execution's new status: on the default event bus (standard workflows only) and in metrics."""
    _record_metrics(record)
    if not record.get("express") and _is_heard():
        _put_event(record)


def _is_heard() -> bool:
    """Whether a rule or an archive may take it: telling nobody takes as long."""
    buses = [rule.get("EventBusName", "default") for rule in eventbridge._rules.values()]
    return "default" in buses or bool(eventbridge._archives)


def _record_metrics(record: Mapping[str, Any]) -> None:
    dimensions = {"StateMachineArn": record["stateMachineArn"]}
    if record["status"] == "RUNNING":
        cloudwatch.record_metric(_NAMESPACE, "ExecutionsStarted", 1, "Count", dimensions)
        return
    cloudwatch.record_metric(_NAMESPACE, _ENDS[record["status"]], 1, "Count", dimensions)
    elapsed = milliseconds(record["stopDate"]) - milliseconds(record.get("redriveDate") or record["startDate"])
    cloudwatch.record_metric(_NAMESPACE, "ExecutionTime", elapsed, "Milliseconds", dimensions)


def _put_event(record: Mapping[str, Any]) -> None:
    entry = {
        "Source": "aws.states",
        "DetailType": "Step Functions Execution Status Change",
        "Detail": json.dumps(_detail(record)),
        "Resources": [record["executionArn"]],
    }
    try:
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
    except Exception:
        log.exception("The status event of %s", record["executionArn"])


def _detail(record: Mapping[str, Any]) -> dict[str, Any]:
    stopped = record["stopDate"]
    redriven = record.get("redriveDate")
    return {
        "executionArn": record["executionArn"],
        "stateMachineArn": record["stateMachineArn"],
        "stateMachineVersionArn": None,
        "stateMachineAliasArn": None,
        "name": record["name"],
        "status": record["status"],
        "startDate": milliseconds(record["startDate"]),
        "stopDate": milliseconds(stopped) if stopped else None,
        **_content(record, "input"),
        **_content(record, "output"),
        "error": record.get("error"),
        "cause": record.get("cause"),
        "redriveCount": record.get("redriveCount", 0),
        "redriveDate": milliseconds(redriven) if redriven else None,
        "redriveStatusReason": None,
        **redrive_status(record),
    }


def _content(record: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Input or output with its details; left out when it is too large for an event."""
    text = record[name]
    if text is None:
        return {name: None, f"{name}Details": None}
    included = not exceeds_limit(json.dumps(text))
    return {name: text if included else None, f"{name}Details": {"included": included}}
