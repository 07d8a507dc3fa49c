"""Compares two runs of one state machine: where they part, and which states fared differently, on one diagram."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flightpulse.workbench import diagram
from flightpulse.workbench.diagram import SIGNS, Mark, Marks
from flightpulse.workbench.executions.history import Visit
from flightpulse.workbench.player import frames
from flightpulse.workbench.player.frames import Replay, mark_of
from flightpulse.workbench.player.trace import HistoryTrace
from flightpulse.workbench.show.picture_and_words import PictureAndWords, folded

Outcome = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first place where the runs part: the event of each that is the first of its own (None: it has none there)."""

    event_a: int | None
    event_b: int | None
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

    def png(self) -> bytes:
        return self.diagram.png(self.marks())

    def text(self) -> str:
        """Where they part, then one line for each state that one of them visited."""
        lines = [f"{path}: {mark.line}" for path, mark in self.marks().states.items()]
        return "\n".join([self.sentence, *lines]) + "\n"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        width = round(self.diagram.scene(self.marks()).width)
        return {"image/png": self.png(), "text/plain": self.text()}, {
            "image/png": {"alt": self.sentence, "width": width}
        }

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
    """Iterations run at the same time, so each is compared with its like; the earliest difference counts."""
    found = _Comparison(a, b).scopes(a.trace.history.visits, b.trace.history.visits, "The execution")
    return min(found, key=lambda item: (item.event_a or 10**9, item.event_b or 10**9), default=None)


class _Comparison:
    def __init__(self, a: Replay, b: Replay) -> None:
        self._a, self._b = a, b
        self._stays_a, self._stays_b = _by_event(a.trace), _by_event(b.trace)
        self._own_a, self._own_b = _own_events(a.trace), _own_events(b.trace)

    def scopes(self, in_a: Sequence[Visit], in_b: Sequence[Visit], place: str) -> Iterator[Divergence]:
        before = ""
        for number in range(max(len(in_a), len(in_b))):
            here = in_a[number] if number < len(in_a) else None
            other = in_b[number] if number < len(in_b) else None
            if here is None or other is None or here.name != other.name:
                after = f"After {before}" if before else place
                yield Divergence(
                    here.event_id if here else None,
                    other.event_id if other else None,
                    f"{after}, A {_goes(here)} and B {_goes(other)}.",
                )
                return
            yield from self._visits(here, other)
            before = here.name

    def _visits(self, here: Visit, other: Visit) -> Iterator[Divergence]:
        stay_a, stay_b = self._stays_a[here.event_id], self._stays_b[other.event_id]
        own_a, own_b = self._own_a[stay_a], self._own_b[stay_b]
        types_a = [kind for _, kind in own_a]
        types_b = [kind for _, kind in own_b]
        outcome_a, outcome_b = _outcome(self._a, stay_a), _outcome(self._b, stay_b)
        if types_a != types_b or outcome_a != outcome_b:
            at = next((n for n, pair in enumerate(zip(types_a, types_b, strict=False)) if pair[0] != pair[1]), None)
            if at is None:
                at = min(len(own_a), len(own_b)) - (0 if len(own_a) != len(own_b) else 1)
            yield Divergence(
                own_a[at][0] if at < len(own_a) else None,
                own_b[at][0] if at < len(own_b) else None,
                f"{here.name}: {_fared(outcome_a)} in A, {_fared(outcome_b)} in B.",
            )
        branches_b = {(branch.attempt, branch.index): branch for branch in other.branches}
        for branch in here.branches:
            like = branches_b.get((branch.attempt, branch.index))
            where = f"In {'item #' if branch.kind == 'iteration' else 'branch '}{branch.index} of {here.name}"
            yield from self.scopes(branch.visits, like.visits if like else (), where)
        known = {(branch.attempt, branch.index) for branch in here.branches}
        for branch in other.branches:
            if (branch.attempt, branch.index) not in known:
                yield from self.scopes((), branch.visits, f"In item #{branch.index} of {here.name}")


def _goes(visit: Visit | None) -> str:
    return f"goes on to {visit.name}" if visit else "does not go on"


def _fared(outcome: Outcome) -> str:
    status, tries, error = outcome
    tried = f" after {tries} tries" if tries > 1 else ""
    return f"{SIGNS[status].word}{tried}{f' ({error})' if error and status != 'done' else ''}"


def _by_event(of: HistoryTrace) -> dict[int, int]:
    return {stay.visit.event_id: number for number, stay in enumerate(of.stays)}


def _own_events(of: HistoryTrace) -> dict[int, list[tuple[int, str]]]:
    own: dict[int, list[tuple[int, str]]] = {}
    for event, (stay, item) in zip(of.events, of.places, strict=True):
        if stay is not None and item is None:
            own.setdefault(stay, []).append((event["id"], event["type"]))
    return own
