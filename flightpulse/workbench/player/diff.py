"""Compares two runs of one state machine: where they part, and which states fared differently, on one diagram."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from flightpulse.workbench import diagram
from flightpulse.workbench.diagram import Mark, Marks
from flightpulse.workbench.player import frames
from flightpulse.workbench.player.frames import Frame, Replay, mark_of
from flightpulse.workbench.show.picture import Picture, PictureAndWords, folded

Outcome = tuple[str, int, str]
_NEVER = float("inf")
_ENDED = "it does not go on."


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first place where the runs part: the event of each that is the first of its own (None: it has none there).

    ``state`` is where it happened, empty for the execution itself; ``sentence`` what happened in each.
    """

    event_a: int | None
    event_b: int | None
    state: str
    sentence: str


class Diff(PictureAndWords):
    """Two runs on one diagram: ``=`` same, ``≠`` fared differently, ``A`` or ``B`` visited in that run only."""

    def __init__(self, definition: Mapping[str, Any] | str, events_a: Any, events_b: Any) -> None:
        self.diagram = diagram.of(definition)
        self.a = frames.replay(events_a, self.diagram.states)
        self.b = frames.replay(events_b, self.diagram.states)
        self.divergence = _first_divergence(self.a, self.b)

    @property
    def sentence(self) -> str:
        """Where they part, or that they do not."""
        if self.divergence is None:
            return "Both runs went the same way."
        here = self.divergence
        at_a = f"event {here.event_a} of A" if here.event_a else "the end of A"
        at_b = f"event {here.event_b} of B" if here.event_b else "the end of B"
        return f"The runs part at {at_a} and {at_b}. {here.sentence}"

    def marks(self) -> Marks:
        """The marks of both runs in one; ways that only one of them took count as taken too."""
        signs: dict[str, Mark] = {}
        outcomes_a, outcomes_b = _outcomes(self.a), _outcomes(self.b)
        for path in self.diagram.states:
            if path in outcomes_a or path in outcomes_b:
                signs[path] = self._mark(outcomes_a.get(path), outcomes_b.get(path))
        return Marks(signs, self.a.marks().taken | self.b.marks().taken)

    @staticmethod
    def _mark(in_a: "Counter[Outcome] | None", in_b: "Counter[Outcome] | None") -> Mark:
        if in_b is None:
            return Mark("only_a", f"only: {_said(in_a)}")
        if in_a is None:
            return Mark("only_b", f"only: {_said(in_b)}")
        if in_a == in_b:
            return Mark("same", f"same: {_said(in_a)}")
        said_a, said_b = _said(in_a), _said(in_b)
        return Mark("differs", f"A {said_a}, B {said_b}" if said_a != said_b else "other tries or errors")

    def picture(self) -> Picture:
        """The diagram with the marks of both runs."""
        return self.diagram.picture(self.marks(), self.text(), self.sentence)

    def text(self) -> str:
        """Where they part, then one line for each state that one of them visited."""
        lines = [f"{path}: {mark.line}" for path, mark in self.marks().states.items()]
        return "\n".join([self.sentence, *lines]) + "\n"

    def _words(self, said: str) -> dict[str, str]:
        return folded(self.sentence, said)

    def __repr__(self) -> str:
        return self.text()


def diff(definition: Mapping[str, Any] | str, events_a: Any, events_b: Any) -> Diff:
    """Compare two runs of one state machine by their histories. Times and payloads do not count."""
    return Diff(definition, events_a, events_b)


def _said(outcomes: "Counter[Outcome] | None") -> str:
    counts: Counter[str] = Counter()
    for (status, _, _), number in (outcomes or Counter()).items():
        counts[status] += number
    return mark_of(counts).line


def _outcomes(replay: Replay) -> "dict[str, Counter[Outcome]]":
    found: dict[str, Counter[Outcome]] = {}
    for number, stay in enumerate(replay.trace.stays):
        if stay.path is not None:
            found.setdefault(stay.path, Counter())[_outcome(replay, number)] += 1
    return found


def _outcome(replay: Replay, number: int) -> Outcome:
    visit = replay.trace.stays[number].visit
    return (replay.final.get(number, "running"), len(visit.attempts), visit.problem.error if visit.problem else "")


def _first_divergence(a: Replay, b: Replay) -> Divergence | None:
    """Iterations and branches run at the same time, so each is compared with its like; the earliest place counts."""
    lanes_a, lanes_b = _lanes(a), _lanes(b)
    lanes = dict.fromkeys([*lanes_a, *lanes_b])
    partings = (_parting(a, lanes_a.get(lane, []), b, lanes_b.get(lane, [])) for lane in lanes)
    found = [parting for parting in partings if parting is not None]
    if not found:
        return None
    here, other = min(found, key=lambda pair: tuple(frame.event_id if frame else _NEVER for frame in pair))
    return Divergence(
        here.event_id if here else None,
        other.event_id if other else None,
        _state(a, here) or _state(b, other),
        f"A: {here.sentence if here else _ENDED} B: {other.sentence if other else _ENDED}",
    )


def _lanes(replay: Replay) -> dict[str, list[Frame]]:
    """The frames of each iteration and branch by its name, and of what is outside of them by none."""
    lanes: dict[str, list[Frame]] = {}
    for frame in replay.frames:
        around = replay.trace.stays[frame.stay].items if frame.stay is not None else ()
        item = frame.item if frame.item is not None else around[-1] if around else None
        lanes.setdefault("" if item is None else replay.trace.item_name(item), []).append(frame)
    return lanes


def _parting(a: Replay, in_a: list[Frame], b: Replay, in_b: list[Frame]) -> tuple[Frame | None, Frame | None] | None:
    for here, other in zip_longest(in_a, in_b):
        if here is None or other is None or _what(a, here) != _what(b, other):
            return here, other
    return None


def _what(replay: Replay, frame: Frame) -> tuple[str, str, str]:
    """What happened, without times and payloads."""
    error = next((payload.text.partition("\n")[0] for payload in frame.payloads if payload.label == "error"), "")
    return frame.type, _state(replay, frame), error


def _state(replay: Replay, frame: Frame | None) -> str:
    return "" if frame is None or frame.stay is None else replay.trace.stays[frame.stay].visit.name
