"""The machines inside a state: what a Map runs for each item, the branches of a Parallel state."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Json = Mapping[str, Any]


class Inner(NamedTuple):
    """A machine inside a state, and where it stands there: ``ItemProcessor``, ``Iterator`` or ``Branches[1]``.

    ``branch`` is the number of a branch, None for what a Map runs.
    """

    location: str
    branch: int | None
    machine: Json


def inside(state: Json) -> Iterator[Inner]:
    """The machines directly inside a state."""
    for field in ("ItemProcessor", "Iterator"):
        if isinstance(state.get(field), Mapping):
            yield Inner(field, None, state[field])
    for number, branch in enumerate(state.get("Branches", ())):
        yield Inner(f"Branches[{number}]", number, branch)
