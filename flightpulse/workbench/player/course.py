"""What came before and after an event within its own visit: which try it belongs to, and what came of a failure."""

from typing import Literal

from flightpulse.workbench.player.trace import HistoryTrace

Following = Literal["again", "caught", "end", "unknown"]
_STARTS = frozenset(
    {
        "TaskScheduled",
        "LambdaFunctionScheduled",
        "ActivityScheduled",
        "MapStateStarted",
        "MapRunStarted",
        "MapRunRedriven",
        "ParallelStateStarted",
    }
)
_FAILURE_ENDINGS = ("Failed", "TimedOut", "Aborted")


def is_start(kind: str) -> bool:
    return kind in _STARTS


def is_stopped(kind: str) -> bool:
    """A state that Step Functions stopped, because another branch or item failed or somebody stopped the execution."""
    return kind.endswith("StateAborted")


def is_failure(kind: str) -> bool:
    """Task, state, iteration and execution failures, time-outs and aborts."""
    return kind.endswith(_FAILURE_ENDINGS)


class Course:
    """The events of each visit in order, the iterations and branches inside it left aside."""

    def __init__(self, trace: HistoryTrace) -> None:
        self._trace = trace
        self._own: dict[int, list[int]] = {}
        self._position: dict[int, int] = {}
        for index, (stay, item) in enumerate(trace.places):
            if stay is not None and item is None:
                own = self._own.setdefault(stay, [])
                self._position[index] = len(own)
                own.append(index)
        self._followed = {event["previousEventId"] for event in trace.events}
        self._ends = [n for n, event in enumerate(trace.events) if _is_end(event["type"])]

    def what_follows(self, index: int) -> Following:
        """After a failure: another try, a catch, the end, or nothing yet because the history stops here.

        A try after a redrive is no other try of a retrier: the failure had ended the execution.
        """
        own, position = self._around(index)
        ended = next((end for end in self._ends if end > index), None)
        for later in own[position + 1 :]:
            if ended is not None and ended < later:
                return "end"
            kind = self._kind(later)
            if is_start(kind):
                return "again"
            if kind.endswith("StateExited"):
                return "caught"
        open_ended = ended is None and self._trace.events[index]["id"] not in self._followed
        return "unknown" if open_ended and self._trace.history.status == "RUNNING" else "end"

    def tries(self, index: int) -> int:
        """How many tries the visit has had up to an event, the one the event belongs to included.

        The run of a distributed Map is no try of its own: its state has begun one already.
        """
        own, position = self._around(index)
        kinds = [self._kind(other) for other in own[: position + 1]]
        starts = [kind for kind in kinds if is_start(kind)]
        runs = [kind for kind in starts if kind.startswith("MapRun")]
        return max(1, len(starts) - (len(runs) if len(runs) < len(starts) else 0))

    def before(self, index: int) -> str:
        """The type of the event before this one in the same visit; empty for none, or when an item came between."""
        own, position = self._around(index)
        follows = self._trace.events[index]["previousEventId"]
        earlier = self._trace.events[own[position - 1]] if position else None
        return str(earlier["type"]) if earlier is not None and earlier["id"] == follows else ""

    def has(self, index: int, kind: str) -> bool:
        """Whether an event of this type belongs to the visit of event ``index``."""
        return any(self._kind(other) == kind for other in self._around(index)[0])

    def left_by_catch(self, index: int) -> bool:
        """Whether the last thing that happened in the visit before its exit was a failure."""
        own, position = self._around(index)
        for earlier in reversed(own[:position]):
            kind = self._kind(earlier)
            if is_failure(kind):
                return True
            if is_start(kind) or kind.endswith("Succeeded"):
                return False
        return False

    def _around(self, index: int) -> tuple[list[int], int]:
        stay, _ = self._trace.places[index]
        own = self._own.get(stay, []) if stay is not None else []
        return own, self._position.get(index, len(own))

    def _kind(self, index: int) -> str:
        return str(self._trace.events[index]["type"])


def _is_end(kind: str) -> bool:
    return kind.startswith("Execution") and is_failure(kind)
