"""Makes the local cloud's model misbehave for a while, and tells what it was asked meanwhile."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flightpulse.stack import names
from flightpulse.workbench.faults.fault_page import Fault, FaultPage
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

    def __init__(self, page: FaultPage) -> None:
        self._page = page
        self._before = int(self._answer()["total"])
        self._kept: tuple[ModelCall, ...] | None = None

    @property
    def calls(self) -> tuple[ModelCall, ...]:
        """The questions in their order; once it is over, those until then."""
        if self._kept is not None:
            return self._kept
        found = [call for call in self._answer()["calls"] if call["number"] > self._before]
        return tuple(
            ModelCall(entry["role"] or "", entry["segment"] or "", entry["turn"], entry["fault"] or "", entry["status"])
            for entry in sorted(found, key=lambda item: int(item["number"]))
        )

    def _answer(self) -> dict[str, Any]:
        answer: dict[str, Any] = self._page.call("GET", what="calls")[1]
        return answer

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
def misbehaving(page: FaultPage, faults: Sequence[Fault], seed: int) -> Iterator[ModelCalls]:
    """Let the model behind a page misbehave until the block ends.

    Faults (``kind``, ``times``, ``seconds``, ``rate``) strike in their order. Raises UserError for one that there is
    not, and when the page does not answer.
    """
    watch = ModelCalls(page)
    with page.injected(faults, seed):
        try:
            yield watch
        finally:
            watch.end()


@contextmanager
def with_a_fresh_messenger(session: Session) -> Iterator[None]:
    """Let LLMMessenger begin anew before the block and after it.

    A running environment remembers for some minutes that the model failed, or what it wrote in vain for a segment: an
    earlier fault would change what happens in the block, and the block what happens later. As on AWS, a change of
    the function's configuration, here to what it is, replaces its environments.
    """
    begin_anew(session)
    try:
        yield
    finally:
        begin_anew(session)


def begin_anew(session: Session) -> None:
    """Let the next invocations of LLMMessenger have environments that remember nothing."""
    name = names.LLM_MESSENGER
    known = session.functions.get_function_configuration(FunctionName=name)
    session.functions.update_function_configuration(FunctionName=name, Timeout=known["Timeout"])
