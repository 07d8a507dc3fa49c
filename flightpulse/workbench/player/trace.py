"""Says of every event of a history which visit it belongs to, and lists the visits with their place on the diagram.

``workbench.history`` follows ``previousEventId``; this module only asks its reader, after each event, where it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flightpulse.workbench.diagram.definition import State
from flightpulse.workbench.executions import history
from flightpulse.workbench.player.events import Event


@dataclass(frozen=True, slots=True)
class Item:
    """One iteration of a Map or one branch of a Parallel state: ``owner`` is the index of that state's visit."""

    owner: int
    map_name: str
    kind: str
    index: int
    attempt: int = 1

    @property
    def of(self) -> str:
        """Whose it is: ``Tell``, or ``Tell on try 2`` when the whole state was tried again."""
        return f"{self.map_name} on try {self.attempt}" if self.attempt > 1 else self.map_name

    @property
    def name(self) -> str:
        """``item #3 of Tell``, ``branch 2 of Both``."""
        return (
            f"item #{self.index} of {self.of}" if self.kind == "iteration" else f"branch {self.index + 1} of {self.of}"
        )


@dataclass(frozen=True, slots=True)
class Stay:
    """A visit with its place: ``path`` (None when the definition lacks the state) and ``items``, outermost first."""

    visit: history.Visit
    path: str | None
    items: tuple[int, ...]
    follows: int | None


@dataclass(frozen=True, slots=True)
class HistoryTrace:
    """``places[i]`` is the index of the stay that event ``i`` belongs to, and of the item it starts or ends."""

    events: Sequence[Event]
    history: history.History
    stays: Sequence[Stay]
    items: Sequence[Item]
    places: Sequence[tuple[int | None, int | None]]

    def item_name(self, number: int) -> str:
        """Which iteration or branch this is, the outermost first: ``item #1 of Waves, branch 2 of Both``."""
        chain = [*self.stays[self.items[number].owner].items, number]
        return ", ".join(self.items[item].name for item in chain)

    @property
    def seconds(self) -> Sequence[float]:
        """Of each event, the time since the first."""
        first = self.events[0]["timestamp"] if self.events else None
        return [(event["timestamp"] - first).total_seconds() for event in self.events]


def follow(events: Sequence[Event], states: Mapping[str, State]) -> HistoryTrace:
    """The trace of normalised events on a diagram whose ``states`` are known by path."""
    reader = history.Reader()
    places: list[Any] = []
    for event in events:
        reader.add(event)
        places.append(reader.place)
    tree = reader.history()
    collected = _Collector(states)
    collected.scope(tree.visits, (), "")
    return HistoryTrace(
        events=events,
        history=tree,
        stays=collected.stays,
        items=collected.items,
        places=[collected.where(event, place) for event, place in zip(events, places, strict=True)],
    )


class _Collector:
    def __init__(self, states: Mapping[str, State]) -> None:
        self._states = states
        self._by_name: dict[str, list[str]] = {}
        for path, state in states.items():
            self._by_name.setdefault(state.name, []).append(path)
        self.stays: list[Stay] = []
        self.items: list[Item] = []
        self._stay_of: dict[int, int] = {}
        self._item_of: dict[tuple[int, int], int] = {}
        self._numbers: dict[int, dict[int, int]] = {}

    def scope(self, visits: Sequence[history.Visit], items: tuple[int, ...], prefix: str) -> None:
        before: int | None = None
        for visit in visits:
            path = self._path(prefix, visit.name)
            index = len(self.stays)
            self.stays.append(Stay(visit, path, items, before))
            self._stay_of[visit.event_id] = before = index
            for number, branch in enumerate(visit.branches):
                item = len(self.items)
                position = branch.index if branch.kind == "iteration" else self._branch(path, branch)
                self.items.append(Item(index, visit.name, branch.kind, position, branch.attempt))
                self._item_of[(visit.event_id, number)] = item
                inner = "" if branch.kind == "iteration" else f"{position}/"
                self.scope(branch.visits, (*items, item), f"{path or visit.name}/{inner}")

    def _branch(self, path: str | None, branch: history.Branch) -> int:
        """Which branch of the definition this is: the one that has the state it went into first."""
        state = self._states.get(path or "")
        name = branch.visits[0].name if branch.visits else ""
        for number, scope in enumerate(state.scopes if state else ()):
            if any(inner.name == name for inner in scope.states.values()):
                return number
        return branch.index

    def _path(self, prefix: str, name: str) -> str | None:
        path = prefix + name.replace("/", "∕")
        if path in self._states:
            return path
        found = self._by_name.get(name, [])
        return found[0] if len(found) == 1 else None

    def where(self, event: Event, place: Any) -> tuple[int | None, int | None]:
        owner = getattr(place, "owner", None)
        if owner is not None:
            if owner.event_id not in self._numbers:
                self._numbers[owner.event_id] = {id(scope): number for number, scope in enumerate(owner.branches)}
            number = self._numbers[owner.event_id][id(place)]
            return self._stay_of[owner.event_id], self._item_of[(owner.event_id, number)]
        event_id = getattr(place, "event_id", None)
        if event_id is not None:
            return self._stay_of[event_id], None
        return self._by_mention(event), None

    def _by_mention(self, event: Event) -> int | None:
        """A history cut off at its start: the state an event names, if it was visited at all."""
        name = history.event_details(event).get("name") if event["type"].endswith("StateExited") else None
        return next((n for n, stay in enumerate(self.stays) if name and stay.visit.name == name), None)


def around(trace: HistoryTrace, stay: int) -> Iterator[int]:
    """A stay, then the Map and Parallel stays around it, innermost first."""
    yield stay
    for item in reversed(trace.stays[stay].items):
        yield trace.items[item].owner
