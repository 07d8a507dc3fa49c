"""Makes calls of Task states fail for a while on the local cloud, so that every way out of a workflow can be seen."""

import http.client
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flightpulse.errors import UserError
from flightpulse.stack import asl
from flightpulse.workbench import diagram
from flightpulse.workbench.faults.fault_page import FaultPage
from flightpulse.workbench.target import names

_blocks: Counter[str] = Counter()


@contextmanager
def striking(endpoint_url: str, fault: Mapping[str, Any]) -> Iterator[None]:
    """Let a fault (its fields are in docs/local-cloud.md) strike until the block ends. Blocks may be nested.

    What a killed process left behind is cleared by the next block. Raises UserError for a state or a state machine
    that there is not, and when the local cloud does not answer.
    """
    _require_state(str(fault["state"]), fault.get("machine"))
    page = _Faults(endpoint_url)
    around = page.faults() if _blocks[endpoint_url] else []
    page.set([*around, {name: value for name, value in fault.items() if value is not None}])
    _blocks[endpoint_url] += 1
    try:
        yield
    finally:
        _blocks[endpoint_url] -= 1
        page.set(page.faults()[: len(around)])


def machine_named(name: str) -> str:
    """The full name of a workflow by its short one (``notify-chunk``), or the name itself."""
    return names.WORKFLOWS.get(name, name)


def _require_state(state: str, machine: str | None) -> None:
    known: dict[str, set[str]] = {}
    for name, full in names.WORKFLOWS.items():
        states = diagram.of(asl.load(name.replace("-", "_")).document).states
        known[full] = {item.name for item in states.values() if item.kind == "Task"}
    if machine is not None and machine not in known:
        raise UserError(f"There is no workflow {machine!r}.", hint=f"There are {', '.join(names.WORKFLOWS)}.")
    tasks = known[machine] if machine is not None else set[str]().union(*known.values())
    if state not in tasks:
        where = f" in {machine}" if machine else ""
        raise UserError(f"There is no Task state {state!r}{where}.", hint=f"There are {', '.join(sorted(tasks))}.")


class _Faults:
    """The faults that are set on a local cloud."""

    def __init__(self, endpoint_url: str) -> None:
        self._page = FaultPage(endpoint_url)

    def faults(self) -> list[dict[str, Any]]:
        """Those set, with the calls they will still strike."""
        found: list[dict[str, Any]] = self._page.call("GET")[1]
        return found

    def set(self, faults: list[dict[str, Any]]) -> None:
        status, content = self._page.call("PUT", faults)
        if status != http.client.OK:
            raise UserError(f"There is no such fault: {content.get('error', status)}.")
