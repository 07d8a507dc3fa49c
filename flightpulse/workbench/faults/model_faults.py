"""Makes the local cloud's model misbehave for a while, and tells what it was asked meanwhile."""

import http.client
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flightpulse.errors import UserError
from flightpulse.stack import names as deployed
from flightpulse.workbench.faults.fault_page import FaultPage
from flightpulse.workbench.show.shown_as_table import ShownAsTable
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.session import Session


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One question to the model.

    ``role`` is ``author`` or ``reviewer``. ``turn`` is 2 when it was asked to mend a refused reply. ``fault`` is what
    was done to the reply, or empty. ``status`` is the answer's HTTP status, 0 for none.
    """

    role: str
    segment: str
    turn: int
    fault: str
    status: int


class ModelCalls(ShownAsTable):
    """What :func:`misbehaving` gives: the questions that the model got since it began to misbehave."""

    def __init__(self, page: "_ModelPage", before: int) -> None:
        self._page = page
        self._before = before
        self._kept: tuple[ModelCall, ...] | None = None

    @property
    def calls(self) -> tuple[ModelCall, ...]:
        """The questions in their order; once it is over, those until then."""
        return self._page.calls(self._before) if self._kept is None else self._kept

    def end(self) -> None:
        """Keep what was asked: later questions are somebody else's."""
        self._kept = self.calls

    def table(self) -> Table:
        """The questions as a table."""
        rows = [
            (
                number,
                call.role,
                call.segment,
                "repair" if call.turn > 1 else "first",
                call.fault or "none",
                call.status or "no answer",
            )
            for number, call in enumerate(self.calls, start=1)
        ]
        return Table.of(("", "asked as", "for the segment", "try", "fault", "HTTP status"), rows, numbers=(0,))


@contextmanager
def misbehaving(model_url: str, faults: Sequence[Mapping[str, Any]], seed: int) -> Iterator[ModelCalls]:
    """Let the model at a local cloud's ``model_url`` misbehave until the block ends.

    Faults (``kind``, ``times``, ``seconds``, ``rate``) strike in their order. Raises UserError for one that there is
    not, and when the model's page does not answer.
    """
    page = _ModelPage(model_url)
    watch = ModelCalls(page, page.asked())
    page.plan(faults, seed)
    try:
        yield watch
    finally:
        page.clear()
        watch.end()


@contextmanager
def with_a_fresh_messenger(session: Session) -> Iterator[None]:
    """Let LLMMessenger begin anew before the block and after it.

    A running environment remembers for some minutes that the model failed, or what it wrote in vain for a segment: an
    earlier fault would change what happens in the block, and the block what happens later. As on AWS, a change of
    the function's configuration, here to what it is, replaces its environments.
    """
    _begin_anew(session)
    try:
        yield
    finally:
        _begin_anew(session)


def _begin_anew(session: Session) -> None:
    name = deployed.LLM_MESSENGER
    known = session.functions.get_function_configuration(FunctionName=name)
    session.functions.update_function_configuration(FunctionName=name, Timeout=known["Timeout"])


class _ModelPage:
    """The page that the local cloud's model endpoint has about itself."""

    def __init__(self, url: str) -> None:
        self._page = FaultPage(url)

    def asked(self) -> int:
        """How many questions there have been."""
        return int(self._get("calls")["total"])

    def calls(self, after: int) -> tuple[ModelCall, ...]:
        found = [call for call in self._get("calls")["calls"] if call["number"] > after]
        return tuple(
            ModelCall(entry["role"] or "", entry["segment"] or "", entry["turn"], entry["fault"] or "", entry["status"])
            for entry in sorted(found, key=lambda item: int(item["number"]))
        )

    def plan(self, faults: Sequence[Mapping[str, Any]], seed: int) -> None:
        status, answer = self._page.call("PUT", {"faults": [dict(fault) for fault in faults], "seed": seed})
        if status != http.client.OK:
            raise UserError(
                f"The model cannot misbehave like that: {answer.get('message', status)}.",
                hint='For example: wb.faults.model("promise", times=1)',
            )

    def clear(self) -> None:
        self._page.call("DELETE")

    def _get(self, what: str) -> dict[str, Any]:
        found: dict[str, Any] = self._page.call("GET", what=what)[1]
        return found
