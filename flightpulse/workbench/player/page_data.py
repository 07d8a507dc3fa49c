"""Packs replays into the JSON that the player in the page reads; its shape is known to this module and player.js.

``defs``: drawings with their states. ``runs``: one per execution; ``runs[0]`` is the one the page opens with. A run has
``stays`` (state + 1, item + 1, flat), ``items`` (owner stay, index, is a branch, name of its state, worst status) and
``rows``, one per event: milliseconds since the row before, type, stay + 1, caption, change (status + 1 of the own stay,
or a flat list of stays and statuses), payloads, edge + 1, failed, item + 1, group + 1; zeros at the end are left out.
A group stands for all visits of an item that is not shown one by one: state, status (one past the last: retries),
number, flat. ``pays`` are kind
(four times the label, + 1 for JSON, + 2 for cut by Step Functions), characters left out, and runs of ``lines``.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flightpulse.workbench.diagram import Diagram, svg
from flightpulse.workbench.diagram.marks import SIGNS, Mark, Marks
from flightpulse.workbench.player import selection
from flightpulse.workbench.player.frames import TROUBLE_FIRST, EdgeKey, Frame, Payload, Replay
from flightpulse.workbench.player.texts import Lines, Stored
from flightpulse.workbench.player.trace import Item

_ALL_ITEMS_UP_TO = 600
_ITEMS_SHOWN = 12
_MANY_EVENTS = 3000
_ITEMS_SHOWN_OF_MANY = 4
_LABELS = ("input", "arguments", "result", "error", "output", "variables")
_LONGEST = (
    *((90, nested) for nested in (90, 60, 40, 30, 22, 16, 12, 9)),
    *((60, 9), (40, 9), (30, 7), (22, 7), (16, 5), (12, 5), (9, 5), (7, 5), (5, 5)),
)
"""How many lines of a payload are kept: of the execution that the page opens with, and of those it started."""

_STATUS = {name: code for code, name in enumerate(TROUBLE_FIRST)}


@dataclass(frozen=True, slots=True)
class PageRun:
    """One execution to put on the page. ``children`` maps the ARNs of its nested executions to positions in the list
    of runs; an ARN that is missing there is only named."""

    title: str
    name: str
    sentence: str
    diagram: Diagram
    replay: Replay
    children: Mapping[str, int]


def pack(runs: Sequence[PageRun], payload_budget: int, begin: int = 0) -> dict[str, Any]:
    """The page's data. Payloads beyond ``payload_budget`` bytes are left out, failures' last."""
    packer = _Packer(runs, payload_budget)
    return packer.pack(begin)


class _Packer:
    def __init__(self, runs: Sequence[PageRun], payload_budget: int) -> None:
        self._runs = runs
        self._budget = payload_budget
        self._lines = Lines(payload_budget)
        self._types: dict[str, int] = {}
        self._captions: dict[str, int] = {}
        self._pays: dict[Payload, int] = {}
        self._packed_pays: list[list[Any]] = []

    def pack(self, begin: int) -> dict[str, Any]:
        diagrams: list[Diagram] = []
        for run in self._runs:
            if not any(run.diagram is diagram for diagram in diagrams):
                diagrams.append(run.diagram)
        chosen = [self._choose(run) for run in self._runs]
        self._store_payloads(chosen)
        runs = [
            self._run(run, rows, next(n for n, diagram in enumerate(diagrams) if diagram is run.diagram))
            for run, rows in zip(self._runs, chosen, strict=True)
        ]
        return {
            "begin": begin,
            "signs": [[name, SIGNS[name].glyph, SIGNS[name].word] for name in TROUBLE_FIRST],
            "labels": [label.capitalize() for label in _LABELS],
            "types": list(self._types),
            "captions": list(self._captions),
            "lines": self._lines.lines,
            "pays": self._packed_pays,
            "defs": [_drawing(diagram) for diagram in diagrams],
            "runs": runs,
        }

    def _choose(self, run: PageRun) -> "_Rows":
        """Every item of a short history; of a long one some of each Map, fewer on a page with many executions."""
        limit = len(run.replay.trace.items) + 1
        if len(run.replay.frames) > _ALL_ITEMS_UP_TO:
            crowded = len(self._runs) > 1 and sum(len(item.replay.frames) for item in self._runs) > _MANY_EVENTS
            limit = _ITEMS_SHOWN_OF_MANY if crowded else _ITEMS_SHOWN
        return _Rows(run.replay, selection.choose(run.replay, limit).kept)

    def _store_payloads(self, chosen: Sequence["_Rows"]) -> None:
        """Stores what matters most first: errors, then what the executions got and gave, then the rest in order."""
        wanted = [
            (rank, number > 0, payload)
            for number, rows in enumerate(chosen)
            for frame in rows.frames()
            for rank, payload in _ranked(frame)
        ]
        ordered: dict[Payload, bool] = {}
        for _, nested, payload in sorted(wanted, key=lambda name: name[:2]):
            ordered[payload] = ordered.get(payload, True) and nested
        stored = self._stored(ordered)
        for number, (payload, kept) in enumerate(zip(ordered, stored, strict=True)):
            self._pays[payload] = number
            kind = 4 * _LABELS.index(payload.label) + 2 * payload.cut + kept.nested
            self._packed_pays.append([kind, kept.left_out, *kept.runs])

    def _stored(self, ordered: Mapping[Payload, bool]) -> list[Stored]:
        """Rather the beginning of every payload than the whole of a few: shortens until all fit.

        ``ordered`` says of each payload whether only nested executions have it; those are shortened first.
        """
        stored: list[Stored] = []
        for limits in _LONGEST:
            self._lines = Lines(self._budget)
            stored = []
            for payload, nested in ordered.items():
                stored.append(self._lines.store(payload.text, limits[nested]))
                if self._lines.overflow and limits != _LONGEST[-1]:
                    break
            if not self._lines.overflow:
                break
        return stored

    def _run(self, run: PageRun, rows: "_Rows", number: int) -> dict[str, Any]:
        replay = run.replay
        states = {path: index for index, path in enumerate(run.diagram.states)}
        edges = _edge_numbers(run.diagram)
        ids = rows.ids()
        packed: dict[str, Any] = {
            "title": run.title,
            "name": run.name,
            "sentence": run.sentence,
            "def": number,
            "last": replay.frames[-1].event_id if replay.frames else 0,
            "stays": _flat_stays(rows, states),
            "items": [
                [rows.stay_number(item.owner), item.index, int(item.kind != "iteration"), item.of, worst]
                for item, worst in rows.items()
            ],
            "rows": self._rows(rows, states, edges),
            "groups": rows.groups,
            "nested": _nested(run, rows),
        }
        if any(step != 1 for step in ids):
            packed["ids"] = ids
        return packed

    def _caption(self, frame: Frame, rows: "_Rows") -> int:
        """The number of a caption; the name of the item it speaks of is left to the page, so that items share it."""
        caption = frame.caption
        if rows.item_number(frame.item) >= 0 and caption.startswith(said := rows.item_name(frame.item)):
            caption = f"%{caption.removeprefix(said)}"
        return self._captions.setdefault(caption, len(self._captions))

    def _rows(self, rows: "_Rows", states: Mapping[str, int], edges: Mapping[EdgeKey, int]) -> list[list[Any]]:
        packed: list[list[Any]] = []
        before = 0
        for index, frame in rows.shown:
            ms = round(frame.seconds * 1000)
            stay = rows.stay_number(frame.stay)
            row: list[Any] = [
                ms - before,
                self._types.setdefault(frame.type, len(self._types)),
                stay + 1,
                self._caption(frame, rows),
                rows.change(frame),
                [self._pays[payload] for payload in frame.payloads],
                edges[frame.edge] + 1 if frame.edge is not None else 0,
                int(frame.failure),
                rows.item_number(frame.item) + 1,
                rows.group(index, states) + 1,
            ]
            before = ms
            while row and row[-1] in (0, []):
                row.pop()
            packed.append([0 if value == [] else value for value in row])
        return packed


class _Rows:
    """The frames of a replay that become rows: all of them, but one for each item that is not shown one by one."""

    def __init__(self, replay: Replay, kept: frozenset[int]) -> None:
        self._replay = replay
        trace = replay.trace
        self._hidden = {number for number in range(len(trace.items)) if number not in kept}
        self._stays = {
            number: place
            for place, number in enumerate(
                number for number, stay in enumerate(trace.stays) if not self._hidden.intersection(stay.items)
            )
        }
        self._items = {number: place for place, number in enumerate(n for n in range(len(trace.items)) if n in kept)}
        self.groups: list[list[int]] = []
        self._group_numbers: dict[tuple[int, ...], int] = {}
        self._inside: dict[int, list[int]] = {}
        for number, stay in enumerate(trace.stays):
            outermost = next((item for item in stay.items if item in self._hidden), None)
            if outermost is not None:
                self._inside.setdefault(outermost, []).append(number)
        self._retries = Counter(s for frame in replay.frames for s, status in frame.changes if status == "retrying")
        self.shown = [pair for pair in enumerate(replay.frames) if self._is_shown(pair[1])]

    def _is_shown(self, frame: Frame) -> bool:
        if frame.stay is not None and frame.stay not in self._stays:
            return False
        return frame.item not in self._hidden or frame.type != "MapIterationStarted"

    def frames(self) -> Iterable[Frame]:
        return (frame for _, frame in self.shown)

    def ids(self) -> list[int]:
        """How far each row's event id is from the one before."""
        found = [frame.event_id for frame in self.frames()]
        return [after - before for before, after in zip([0, *found], found, strict=False)]

    def stay_number(self, stay: int | None) -> int:
        return self._stays[stay] if stay is not None else -1

    def item_number(self, item: int | None) -> int:
        return self._items.get(item, -1) if item is not None else -1

    def item_name(self, number: int | None) -> str:
        item = self._replay.trace.items[number or 0]
        return f"Item #{item.index} of {item.of}"

    def stays(self) -> Iterable[int]:
        return self._stays

    def items(self) -> Iterable[tuple[Item, int]]:
        """The items shown, each with the number of the worst status that anything inside it ended with."""
        worst: dict[int, int] = {}
        for number, stay in enumerate(self._replay.trace.stays):
            status = _STATUS[self._replay.final.get(number, "done")]
            for item in stay.items:
                worst[item] = min(worst.get(item, status), status)
        return ((self._replay.trace.items[number], worst.get(number, _STATUS["done"])) for number in self._items)

    def innermost(self, stay: int) -> int:
        items = self._replay.trace.stays[stay].items
        return self._items[items[-1]] if items else -1

    def path(self, stay: int) -> str | None:
        return self._replay.trace.stays[stay].path

    def change(self, frame: Frame) -> Any:
        """The number of one status for the own stay, or a flat list of stays and statuses."""
        changes = [(self._stays[stay], _STATUS[status]) for stay, status in frame.changes if stay in self._stays]
        if not changes:
            return 0
        if len(changes) == 1 and changes[0][0] == self.stay_number(frame.stay):
            return changes[0][1] + 1
        return [number for change in changes for number in change]

    def group(self, index: int, states: Mapping[str, int]) -> int:
        """The number of the group that stands for a hidden item when the row is that item's end."""
        frame = self._replay.frames[index]
        if frame.item is None or frame.item not in self._hidden:
            return -1
        counts: dict[tuple[int, int], int] = {}
        for stay in self._inside.get(frame.item, ()):
            path = self.path(stay)
            if path is not None:
                key = (states[path], _STATUS[self._replay.final[stay]])
                counts[key] = counts.get(key, 0) + 1
                if self._retries.get(stay):
                    key = (states[path], len(TROUBLE_FIRST))
                    counts[key] = counts.get(key, 0) + self._retries[stay]
        flat = tuple(number for (state, status), count in sorted(counts.items()) for number in (state, status, count))
        if flat not in self._group_numbers:
            self._group_numbers[flat] = len(self.groups)
            self.groups.append(list(flat))
        return self._group_numbers[flat]


def _flat_stays(rows: _Rows, states: Mapping[str, int]) -> list[int]:
    flat: list[int] = []
    for stay in rows.stays():
        path = rows.path(stay)
        flat += [states[path] + 1 if path is not None else 0, rows.innermost(stay) + 1]
    return flat


def _nested(run: PageRun, rows: _Rows) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for stay in rows.stays():
        children = run.replay.trace.stays[stay].visit.children
        if children:
            found[rows.stay_number(stay)] = [run.children.get(arn, arn.rsplit(":", 1)[-1]) for arn in children]
    return found


def _ranked(frame: Frame) -> Iterable[tuple[int, Payload]]:
    for payload in frame.payloads:
        first = payload.label == "error" or frame.type.startswith("Execution")
        yield (0 if first else 1 if frame.failure else 2), payload


def _edge_numbers(diagram: Diagram) -> dict[EdgeKey, int]:
    numbers: dict[EdgeKey, int] = {}
    for state in diagram.states.values():
        for edge in state.edges:
            numbers.setdefault(edge.key, len(numbers))
    return numbers


def _drawing(diagram: Diagram) -> dict[str, Any]:
    """The drawing with room for how each state fared, and the names the page needs beside it."""
    scene = diagram.scene(Marks({"": Mark("idle", "")}))
    states = {path: number for number, path in enumerate(diagram.states)}
    edges = _edge_numbers(diagram)
    width, height = round(scene.width), round(scene.height)
    return {
        "svg": f'<svg width={width} height={height} viewBox="0 0 {width} {height}" aria-hidden=true>'
        f"{svg.drawing(scene, states, edges)}</svg>",
        "states": [[state.name, state.kind, state.comment] for state in diagram.states.values()],
    }
