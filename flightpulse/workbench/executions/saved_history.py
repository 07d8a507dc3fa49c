"""Reads an execution's history from a file, whoever saved it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flightpulse.errors import UserError
from flightpulse.stack import asl
from flightpulse.workbench import diagram
from flightpulse.workbench.executions import history
from flightpulse.workbench.executions.executions import Execution
from flightpulse.workbench.player import events as player_events

_SAVE = "Save one with: aws stepfunctions"
_WAY_OUT = f"{_SAVE} get-execution-history --execution-arn ARN --output json > history.json"
_DEFINITION_WAY_OUT = f"{_SAVE} describe-state-machine-for-execution --execution-arn ARN --output json > machine.json"


def load_history(path: str | Path, definition: Mapping[str, Any] | str | None = None) -> Execution:
    """Read a saved history: what boto3 or the AWS CLI returned for GetExecutionHistory, in one piece or in pages.

    What it tells is an execution, named like the file. Its events may be in any order. ``definition`` is the state
    machine's, as :func:`load_definition` gives it or as JSON text; without it it is looked for among FlightPulse's own
    workflows by the names of the states. Raises UserError when the file is not there or is no history.
    """
    place = Path(path)
    events = _events(place, _read(place, "an execution history", _WAY_OUT))
    known = json.loads(definition) if isinstance(definition, str) else definition
    if known is None:
        known = _own_definition(_entered(events))
    told = history.read(events)
    return Execution(
        arn=str(place),
        workflow=place.stem,
        status=told.status,
        started_at=told.started_at or events[0]["timestamp"],
        stopped_at=told.ended_at,
        input=history.parsed(told.input),
        output=history.parsed(told.output),
        events=events,
        definition=known,
    )


def load_definition(path: str | Path) -> Mapping[str, Any]:
    """Read a state machine definition: an ``.asl.json`` file, or what ``describe-state-machine`` returned.

    Raises UserError, in one sentence, when the file is not there or is no definition.
    """
    place = Path(path)
    found = _read(place, "a state machine definition", _DEFINITION_WAY_OUT)
    if isinstance(found, Mapping) and isinstance(found.get("definition"), str):
        try:
            found = json.loads(found["definition"])
        except ValueError as error:
            raise UserError(f"{place} holds a definition that is not JSON.", hint=_DEFINITION_WAY_OUT) from error
    try:
        diagram.of(found)
    except UserError as error:
        why = error.message.removeprefix("This is not a state machine definition: ")
        raise UserError(f"{place} is not a state machine definition: {why}", hint=_DEFINITION_WAY_OUT) from error
    return dict(found)


def _read(place: Path, what: str, way_out: str) -> Any:
    try:
        return json.loads(place.read_bytes())
    except FileNotFoundError as error:
        raise UserError(f"There is no file {place}.", hint=way_out) from error
    except OSError as error:
        raise UserError(f"{place} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{place} is not {what}: it is not JSON.", hint=way_out) from error


def _events(place: Path, content: Any) -> list[Any]:
    try:
        events = player_events.normalise(content)
    except UserError as error:
        why = error.message.removeprefix("This is not an execution history").lstrip(":. ") or "it has no events."
        raise UserError(f"{place} is not an execution history: {why}", hint=_WAY_OUT) from error
    if not events:
        raise UserError(f"{place} holds a history without events.", hint=_WAY_OUT)
    return events


def _entered(events: list[Any]) -> set[str]:
    details = (event.get("stateEnteredEventDetails") or {} for event in events)
    return {str(detail["name"]) for detail in details if detail.get("name")}


def _own_definition(entered: set[str]) -> Mapping[str, Any] | None:
    """The definition among ours that has all these states; None when none has, or when nothing was entered."""
    if not entered:
        return None
    fitting = []
    for definition in asl.load_all():
        names = {state.name for state in diagram.of(definition.document).states.values()}
        if entered <= names:
            fitting.append(definition.document)
    return fitting[0] if len(fitting) == 1 else None
