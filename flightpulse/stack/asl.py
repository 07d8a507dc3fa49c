"""Reads workflow definitions: their files, their states and the substitutions they ask for."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awskit.asl import machines
from awskit.asl.machines import Json
from flightpulse.errors import UserError
from flightpulse.paths import WORKFLOWS

_SUBSTITUTION = re.compile(r"\$\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Definition:
    """One workflow as its file has it. ``document`` still holds ``${Name}`` where the stack puts a value."""

    name: str
    document: Json

    @property
    def text(self) -> str:
        """The definition without insignificant white space, for the template."""
        return json.dumps(self.document, separators=(",", ":"), ensure_ascii=False)

    @property
    def substitutions(self) -> frozenset[str]:
        """The names of the values that the stack must put in."""
        return frozenset(_SUBSTITUTION.findall(self.text))

    def machines(self) -> Iterator[tuple[str, Json]]:
        """The state machine and every machine inside a Map or Parallel, each with the path to it."""
        yield from _machines("", self.document)

    def states(self) -> Iterator[tuple[str, Json]]:
        """Every state at every depth, with its path, such as ``TellInGroups/SendMessages``."""
        for path, machine in self.machines():
            for name, state in machine.get("States", {}).items():
                yield f"{path}{name}", state


def load(name: str, folder: Path = WORKFLOWS) -> Definition:
    """Read ``<name>.asl.json``, or put it together from ``<name>.asl.patch.json``.

    That is a JSON Merge Patch (RFC 7386) of the workflow that its field ``Like`` names: only what is different. Raises
    :class:`UserError` for a file that is missing or no JSON object.
    """
    patch = folder / f"{name}.asl.patch.json"
    if not patch.exists():
        return Definition(name, _read(folder / f"{name}.asl.json"))
    changes = _read(patch)
    if "Like" not in changes:
        raise UserError(f"The patch {patch} does not say of what.", hint='Give it "Like", the name of a workflow.')
    document: Json = _merged(load(changes.pop("Like"), folder).document, changes)
    return Definition(name, document)


def load_all(folder: Path = WORKFLOWS) -> list[Definition]:
    """Every workflow there is, in the order of their names."""
    return [load(name, folder) for name in sorted({file.name.partition(".")[0] for file in folder.glob("*.asl*.json")})]


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_unique)
    except FileNotFoundError:
        raise UserError(f"There is no workflow {path}.", hint="Look into flightpulse/workflows.") from None
    except ValueError as error:
        raise UserError(f"The workflow {path} is not good JSON: {error}.", hint="Correct the file.") from error
    if not isinstance(document, dict):
        raise UserError(f"The workflow {path} is not a JSON object.", hint="Correct the file.")
    return document


def _merged(value: Any, patch: Any) -> Any:
    if not isinstance(patch, Mapping):
        return patch
    kept = dict(value) if isinstance(value, Mapping) else {}
    merged = {key: _merged(kept.get(key), change) for key, change in patch.items() if change is not None}
    return {key: item for key, item in {**kept, **merged}.items() if patch.get(key, item) is not None}


def _machines(path: str, machine: Json) -> Iterator[tuple[str, Json]]:
    yield path, machine
    for name, state in machine.get("States", {}).items():
        for inner in machines.inside(state):
            part = "" if inner.branch is None else f"{inner.branch}/"
            yield from _machines(f"{path}{name}/{part}", inner.machine)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that an object has twice; JSON's reader would silently keep the second."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"{key!r} is there twice")
        found[key] = value
    return found
