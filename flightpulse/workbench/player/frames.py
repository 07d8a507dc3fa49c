"""Replays a trace event by event: what changes on the diagram with each event, and what the event carries."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flightpulse.workbench.diagram.definition import Edge, State
from flightpulse.workbench.diagram.marks import SIGNS, Mark, Marks
from flightpulse.workbench.executions.history import event_details, parsed
from flightpulse.workbench.player import captions, events
from flightpulse.workbench.player.course import Course, is_failure, is_start, is_stopped
from flightpulse.workbench.player.events import Event
from flightpulse.workbench.player.trace import HistoryTrace, around, follow

TROUBLE_FIRST = ("failed", "timed_out", "aborted", "running", "retrying", "caught", "done")
RETRIES = "retries"
_ENDED_BADLY = frozenset({"failed", "timed_out", "aborted"})
_ENDS = {"ExecutionFailed": "aborted", "ExecutionAborted": "aborted", "ExecutionTimedOut": "timed_out"}
_FAIL_WITH_ALL_INSIDE = frozenset({"MapStateFailed", "ParallelStateFailed", "MapStateAborted", "ParallelStateAborted"})
_STARTS_OVER = frozenset({"MapStateStarted", "ParallelStateStarted"})
_INNER_END = {"MapIterationFailed": "failed", "MapIterationAborted": "aborted"}

EdgeKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Payload:
    """Data an event carries. ``label`` is input, arguments, result, output, variables or error; ``cut`` says that
    Step Functions itself left out a part."""

    label: str
    text: str
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """One event and what it changes. ``stay`` and ``item`` are indices into the replay's lists."""

    event_id: int
    type: str
    seconds: float
    stay: int | None
    item: int | None
    changes: tuple[tuple[int, str], ...]
    edge: EdgeKey | None
    failure: bool
    where: str
    caption: str
    payloads: tuple[Payload, ...]

    @property
    def sentence(self) -> str:
        """The caption with the iteration or branch it speaks of."""
        return f"{self.where}{self.caption}"


@dataclass(frozen=True)
class Replay:
    """All frames of a trace. Frame 0 is the first event."""

    trace: HistoryTrace
    states: Mapping[str, State]
    frames: Sequence[Frame]

    def statuses(self, upto: int | None = None) -> dict[str, dict[str, int]]:
        """By state path: how many visits have which status after a frame (None: the last), and the ``retries``."""
        fared: dict[int, str] = {}
        retries: dict[int, int] = {}
        frames = self.frames if upto is None else self.frames[: upto + 1]
        for frame in frames:
            fared.update(frame.changes)
            for stay, status in frame.changes:
                if status == "retrying":
                    retries[stay] = retries.get(stay, 0) + 1
        found: dict[str, dict[str, int]] = {}
        for stay, status in fared.items():
            path = self.trace.stays[stay].path
            if path is not None:
                counts = found.setdefault(path, {})
                counts[status] = counts.get(status, 0) + 1
                if stay in retries:
                    counts[RETRIES] = counts.get(RETRIES, 0) + retries[stay]
        return found

    def marks(self, upto: int | None = None) -> Marks:
        """The marks of a moment, for a picture."""
        frames = self.frames if upto is None else self.frames[: upto + 1]
        return Marks(
            {path: mark_of(counts) for path, counts in self.statuses(upto).items()},
            frozenset(frame.edge for frame in frames if frame.edge),
        )

    @cached_property
    def final(self) -> dict[int, str]:
        """How each stay stands after the last frame."""
        fared: dict[int, str] = {}
        for frame in self.frames:
            fared.update(frame.changes)
        return fared


def mark_of(counts: Mapping[str, int]) -> Mark:
    """One mark for all visits of a state: ``done``, ``done ×3``, or each status with its number when they differ.

    Failed tries that were tried again are told at the end: ``done, 2 retries``.
    """
    present = [status for status in TROUBLE_FIRST if counts.get(status)]
    retries = counts.get(RETRIES, 0)
    retried = f", {retries} retr{'y' if retries == 1 else 'ies'}" if retries else ""
    if len(present) == 1:
        number = counts[present[0]]
        return Mark(present[0], SIGNS[present[0]].word + (f" ×{number}" if number > 1 else "") + retried)
    parts = [
        f"{counts[status]}" if n == 0 else f"{SIGNS[status].glyph} {counts[status]}" for n, status in enumerate(present)
    ]
    return Mark(present[0], "  ".join(parts) + retried)


def replay(history: Any, states: Mapping[str, State]) -> Replay:
    """The frames of a history, in any shape, on the states of a diagram."""
    trace = follow(events.normalise(history), states)
    return Replay(trace, states, _Replayer(trace, states).run())


class _Replayer:
    def __init__(self, trace: HistoryTrace, states: Mapping[str, State]) -> None:
        self._trace = trace
        self._states = states
        self._fared: dict[int, str] = {}
        self._open: dict[int, None] = {}
        self._stay_at: dict[int, int | None] = {}
        self._course = Course(trace)

    def run(self) -> list[Frame]:
        seconds = self._trace.seconds
        teller = captions.Teller(self._trace, self._states, self._course)
        return [self._frame(index, seconds[index], teller) for index in range(len(seconds))]

    def _frame(self, index: int, seconds: float, teller: captions.Teller) -> Frame:
        event = self._trace.events[index]
        stay, item = self._trace.places[index]
        self._stay_at[event["id"]] = stay
        changes = tuple(self._changes(index, event, stay, item))
        for changed, status in changes:
            self._fared[changed] = status
            if status in {"running", "retrying"}:
                self._open[changed] = None
            else:
                self._open.pop(changed, None)
        return Frame(
            event_id=event["id"],
            type=event["type"],
            seconds=seconds,
            stay=stay,
            item=item,
            changes=changes,
            edge=self._edge(event, stay),
            failure=is_failure(event["type"]),
            where=teller.where(stay),
            caption=teller.caption(index),
            payloads=tuple(payloads(event)),
        )

    def _changes(self, index: int, event: Event, stay: int | None, item: int | None) -> Iterable[tuple[int, str]]:
        kind: str = event["type"]
        if kind in _ENDS:
            yield from self._at_the_end(event, kind)
        elif kind in _INNER_END and item is not None:
            yield from ((entry, _INNER_END[kind]) for entry in self._open_inside({item}))
        elif stay is None:
            return
        elif kind.endswith("StateEntered"):
            yield from self._revived(stay)
            yield stay, "failed" if kind == "FailStateEntered" else "running"
        elif kind.endswith("StateExited"):
            yield stay, "caught" if self._course.left_by_catch(index) else "done"
        elif is_failure(kind):
            if is_stopped(kind):
                if self._fared.get(stay) not in _ENDED_BADLY:
                    yield stay, "aborted"
            elif (follows := self._course.what_follows(index)) != "unknown":
                yield stay, {"again": "retrying", "caught": "caught"}.get(follows, "failed")
            if kind in _FAIL_WITH_ALL_INSIDE:
                yield from self._end_inside(event, stay)
        elif is_start(kind) or kind == "MapIterationStarted":
            if kind in _STARTS_OVER:
                yield from self._end_inside(event, stay)
            yield from self._revived(stay)
            if self._fared.get(stay) != "running":
                yield stay, "running"

    def _end_inside(self, event: Event, owner: int) -> Iterable[tuple[int, str]]:
        """What was at work inside a Map or Parallel state has ended with it: failed where the failure came from."""
        inside = {number for number, item in enumerate(self._trace.items) if item.owner == owner}
        cause = self._stay_at.get(event["previousEventId"])
        blamed = set(around(self._trace, cause)) if cause is not None else set()
        for stay in self._open_inside(inside):
            yield stay, "failed" if stay in blamed else "aborted"

    def _revived(self, stay: int) -> Iterable[tuple[int, str]]:
        """A redrive takes up a Map or Parallel state again that had failed."""
        for outer in list(around(self._trace, stay))[1:]:
            if self._fared.get(outer) in _ENDED_BADLY:
                yield outer, "running"

    def _at_the_end(self, event: Event, kind: str) -> Iterable[tuple[int, str]]:
        blamed: set[int] = set()
        if kind == "ExecutionFailed":
            cause = self._stay_at.get(event["previousEventId"])
            blamed = set(around(self._trace, cause)) if cause is not None else set()
        for stay in list(self._open):
            yield stay, "failed" if stay in blamed else _ENDS[kind]

    def _open_inside(self, items: set[int]) -> list[int]:
        return [stay for stay in self._open if items.intersection(self._trace.stays[stay].items)]

    def _edge(self, event: Event, stay: int | None) -> EdgeKey | None:
        if stay is None or not event["type"].endswith("StateEntered"):
            return None
        here = self._trace.stays[stay]
        before = self._trace.stays[here.follows] if here.follows is not None else None
        state = self._states.get(before.path or "") if before else None
        if before is None or state is None or before.visit.left_at is None:
            return None
        leading = [edge for edge in state.edges if edge.target == here.path]
        by_catch = self._fared.get(here.follows or 0) == "caught"
        chosen = self._chosen(leading, by_catch, before.visit.problem.error if before.visit.problem else "")
        return chosen.key if chosen else None

    @staticmethod
    def _chosen(edges: Sequence[Edge], by_catch: bool, error: str) -> Edge | None:
        fitting = [edge for edge in edges if (edge.kind == "catch") == by_catch]
        return next((edge for edge in fitting if error and edge.label in error), next(iter(fitting or edges), None))


_LABELS = (("input", "input"), ("parameters", "arguments"), ("output", "output"))


def payloads(event: Event) -> Iterable[Payload]:
    """The data of an event, by what it is to a reader."""
    kind, found = event["type"], event_details(event)
    for field, label in _LABELS:
        if isinstance(found.get(field), str):
            if field == "input" and kind.endswith("Scheduled"):
                label = "arguments"
            if field == "output" and not kind.startswith("Execution") and not kind.endswith("StateExited"):
                label = "result"
            yield Payload(label, found[field], _is_cut(found.get(f"{field}Details")))
    if isinstance(found.get("assignedVariables"), Mapping):
        known = {name: parsed(value) for name, value in found["assignedVariables"].items()}
        text = json.dumps(known, ensure_ascii=False)
        yield Payload("variables", text, _is_cut(found.get("assignedVariablesDetails")))
    if found.get("error") or found.get("cause"):
        yield Payload("error", "\n".join(filter(None, [found.get("error"), found.get("cause")])))


def _is_cut(about: Any) -> bool:
    return isinstance(about, Mapping) and bool(about.get("truncated"))
