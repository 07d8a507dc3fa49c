"""Evaluates the fields of a workflow's states, as the local cloud does, without running anything."""

from collections.abc import Mapping
from typing import Any

from flightpulse.stack import asl
from localcloud.services.step_functions.expressions import UNDEFINED, evaluate

EXECUTION = {"Id": "arn:execution:E", "Name": "E", "RedriveCount": 0}
CONTEXT = {
    "Execution": EXECUTION,
    "StateMachine": {"Id": "arn:stateMachine:M", "Name": "M"},
    "State": {"EnteredTime": "2026-11-24T08:00:09Z"},
}
THROTTLED = {"Error": "Throttled", "Cause": "too many"}


def field(workflow: str, path: str, *names: str | int) -> Any:
    """A field of a state as it is written: ``field("delay", "ClaimEvent", "Assign", "order")``."""
    found: Any = dict(asl.load(workflow).states())[path]
    for name in names:
        found = found[name]
    return found


def value(workflow: str, path: str, *names: str | int, variables: Mapping[str, Any], **states: Any) -> Any:
    """The value of a field. ``variables`` are the workflow's; ``states`` are members of ``$states``, such as input."""
    return _value(field(workflow, path, *names), {**variables, "states": {"context": CONTEXT, **states}})


def _value(written: Any, bindings: Mapping[str, Any]) -> Any:
    if isinstance(written, dict):
        return {name: _value(inner, bindings) for name, inner in written.items()}
    if isinstance(written, list):
        return [_value(inner, bindings) for inner in written]
    if isinstance(written, str) and written.startswith("{%"):
        found = evaluate(written[2:-2].strip(), bindings)
        assert found is not UNDEFINED, f"{written} has no value"
        return found
    return written
