"""Reads an execution's history from a file, whoever saved it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flightpulse import paths
from flightpulse.errors import UserError
from flightpulse.workbench import diagram
from flightpulse.workbench.executions import history
from flightpulse.workbench.executions.history import History
from flightpulse.workbench.player import Player
from flightpulse.workbench.player import events as player_events

if TYPE_CHECKING:
    from flightpulse.workbench.player import Player

_WAY_OUT = "Save one with: aws stepfunctions get-execution-history --execution-arn ARN > history.json"


@dataclass(frozen=True)
class SavedHistory:
    """A history from a file: ``events`` in the order of their ids, times aware, each linked to the one before it.

    ``definition`` is None when it was neither given nor recognised.
    """

    path: Path
    events: list[Any] = field(repr=False)
    definition: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def history(self) -> History:
        """The tree of states."""
        return history.read(self.events)

    def player(self, definition: Mapping[str, Any] | str | None = None, *, title: str | None = None) -> "Player":
        """The step player. Raises UserError when no definition is known."""
        known = definition if definition is not None else self.definition
        if known is None:
            raise UserError(
                f"{self.path} does not tell which state machine it belongs to.",
                hint="Give its definition: .player(definition).",
            )
        return Player(known, self.events, title=title or self.path.stem)


def load_history(path: str | Path, definition: Mapping[str, Any] | str | None = None) -> SavedHistory:
    """Read a saved history: what boto3 or the AWS CLI returned for GetExecutionHistory, in one piece or in pages.

    Events may be in any order. Without ``definition`` it is looked for among FlightPulse's own workflows by the names
    of the states. Raises UserError, in one sentence, when the file is not there or is no history.
    """
    place = Path(path)
    events = _events(place, _read(place))
    known = json.loads(definition) if isinstance(definition, str) else definition
    if known is None:
        known = _own_definition(_entered(events))
    if known is not None:
        events = player_events.normalise(events, diagram.of(known).states)
    return SavedHistory(place, events, known)


def _read(place: Path) -> Any:
    try:
        return json.loads(place.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"There is no file {place}.", hint=_WAY_OUT) from error
    except OSError as error:
        raise UserError(f"{place} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise UserError(f"{place} is not an execution history: it is not JSON.", hint=_WAY_OUT) from error


def _events(place: Path, content: Any) -> list[Any]:
    try:
        events = player_events.normalise(content, {})
    except UserError as error:
        why = error.message.removeprefix("This is not an execution history").lstrip(":. ") or "it has no events."
        raise UserError(f"{place} is not an execution history: {why}", hint=_WAY_OUT) from error
    if not events:
        raise UserError(f"{place} holds a history without events.", hint=_WAY_OUT)
    return events


def _entered(events: list[Any]) -> set[str]:
    details = (event.get("stateEnteredEventDetails") or {} for event in events)
    return {str(one["name"]) for one in details if one.get("name")}


def _own_definition(entered: set[str]) -> Mapping[str, Any] | None:
    """The definition among ours that has all these states; None when none has, or when nothing was entered."""
    if not entered:
        return None
    fitting = []
    for file in sorted(paths.WORKFLOWS.glob("*.asl.json")):
        definition: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        names = {state.name for state in diagram.of(definition).states.values()}
        if entered <= names:
            fitting.append(definition)
    return fitting[0] if len(fitting) == 1 else None
