"""Finds a way for every edge of a scope along the free strips of its grid, between its layers and its columns.

Boxes never lie in a gap or in a channel that a way uses, so lines cannot run through them. Gap ``g`` is above layer
``g``; channel ``c`` is left of column ``c``. Edges that end at the same place from the same side share their lanes and
arrive as one line.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from flightpulse.workbench.diagram.definition import Edge, Scope
from flightpulse.workbench.diagram.grid import Grid

Side = Literal["left", "right"]
Net = tuple[str, str, str]
_AGAINST_THE_GRAIN = 0.4


@dataclass(frozen=True, slots=True)
class Strip:
    """A stretch of one way: in gap or channel ``index``, between two positions counted along it in half steps."""

    kind: Literal["gap", "channel"]
    index: int
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Way:
    """The way of one edge. ``side`` None leaves by the bottom, another from the box's row ``row``."""

    edge: Edge
    side: Side | None
    row: int
    strips: tuple[Strip, ...]
    net: Net | None

    @property
    def straight(self) -> bool:
        return self.net is None


@dataclass(slots=True)
class Routes:
    """All ways of a scope with the lane of each strip: ``lanes[(kind, index)][net]``, ``counts[(kind, index)]``."""

    ways: list[Way]
    lanes: dict[tuple[str, int], dict[Net, int]] = field(default_factory=dict)
    counts: dict[tuple[str, int], int] = field(default_factory=dict)

    def nets_into(self, path: str) -> tuple[list[Net], bool]:
        """The shared lines that end at a state, left ones first, and whether one comes straight from above."""
        nets = sorted({way.net for way in self.ways if way.net and way.net[0] == path}, key=lambda net: net[1:])
        straight = any(way.straight and way.edge.target == path for way in self.ways)
        return nets, straight


def exits(scope: Scope, grid: Grid) -> dict[str, tuple[list[Edge], list[Edge]]]:
    """For each state: the edges that leave by the bottom, and those that leave by the side, one row each."""
    found = {}
    covered = grid.covered()
    for path, state in scope.states.items():
        bottom: list[Edge] = []
        side: list[Edge] = []
        for edge in state.edges:
            plain = edge.kind == "next" or (edge is grid.primary.get(path) and _is_straight(edge, grid, covered))
            (bottom if plain else side).append(edge)
        found[path] = (bottom, side)
    return found


def route(scope: Scope, grid: Grid) -> Routes:
    """The ways of all edges of a scope, in definition order."""
    router = _Router(grid)
    ways: list[Way] = []
    for bottom, side in exits(scope, grid).values():
        ways.extend(router.from_bottom(edge) for edge in bottom)
        ways.extend(router.from_side(edge, row) for row, edge in enumerate(side))
    routes = Routes(ways)
    _assign_lanes(routes, grid)
    return routes


def side_of(edge: Edge, grid: Grid) -> Side:
    """A way back, and a way to a column on the left, leaves by the left side."""
    source, target = grid.cells[edge.source], grid.cells[edge.target]
    if target.column < source.column or (target.column == source.column and target.layer <= source.layer):
        return "left"
    return "right"


def _is_straight(edge: Edge, grid: Grid, covered: dict[tuple[int, int], str]) -> bool:
    source, target = grid.cells[edge.source], grid.cells[edge.target]
    if source.column != target.column or target.layer <= source.layer:
        return False
    return not any((source.column, layer) in covered for layer in range(source.layer + 1, target.layer))


class _Router:
    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._covered = grid.covered()
        self._blocked = {
            (column, cell.layer) for cell in grid.cells.values() for column in cell.columns if column != cell.column
        }

    def from_bottom(self, edge: Edge) -> Way:
        if _is_straight(edge, self._grid, self._covered):
            return Way(edge, None, 0, (), None)
        source, target = self._grid.cells[edge.source], self._grid.cells[edge.target]
        return self._finish(edge, None, 0, [], (2 * source.column + 1, source.layer + 1), target.layer)

    def from_side(self, edge: Edge, row: int) -> Way:
        source, target = self._grid.cells[edge.source], self._grid.cells[edge.target]
        side = side_of(edge, self._grid)
        channel = source.column if side == "left" else source.column + source.span
        down = target.layer > source.layer
        passed = range(source.layer + 1, target.layer) if down else range(target.layer, source.layer)
        nearest = source.layer + 1 if down else source.layer
        gap = target.layer if self._is_open(channel, passed) else nearest
        first = Strip("channel", channel, 2 * source.layer + 1, 2 * gap)
        return self._finish(edge, side, row, [first], (2 * channel, gap), target.layer)

    def _finish(
        self, edge: Edge, side: Side | None, row: int, strips: list[Strip], at: tuple[int, int], goal: int
    ) -> Way:
        """Goes on from a place in a gap to the target's top, through one more channel when it is another gap."""
        position, gap = at
        arrival = 2 * self._grid.cells[edge.target].column + 1
        if gap != goal:
            channel = self._best_channel(position, arrival, gap, goal)
            strips.append(Strip("gap", gap, position, 2 * channel))
            strips.append(Strip("channel", channel, 2 * gap, 2 * goal))
            position = 2 * channel
        strips.append(Strip("gap", goal, position, arrival))
        came_from = "a" if position < arrival else "c" if position > arrival else "b"
        kind = "catch" if edge.kind == "catch" else "flow"
        return Way(edge, side, row, tuple(strips), (edge.target, came_from, kind))

    def _best_channel(self, position: int, arrival: int, gap: int, goal: int) -> int:
        passed = range(min(gap, goal), max(gap, goal))
        grain = 1 if goal > gap else -1
        options = [channel for channel in range(self._grid.columns + 1) if self._is_open(channel, passed)]

        def cost(channel: int) -> tuple[float, int]:
            detour = abs(2 * channel - position) + abs(2 * channel - arrival)
            with_the_grain = (2 * channel - position) * grain > 0
            return (detour + (0 if with_the_grain else _AGAINST_THE_GRAIN), channel)

        return min(options, key=cost)

    def _is_open(self, channel: int, layers: Iterable[int]) -> bool:
        return not any((channel, layer) in self._blocked for layer in layers)


def _assign_lanes(routes: Routes, grid: Grid) -> None:
    """Gives each net a lane in every strip it uses, so that two nets never lie on one another."""
    spans: dict[tuple[str, int], dict[Net, tuple[int, int]]] = {}
    for way in routes.ways:
        for strip in way.strips:
            if way.net is None:
                continue
            nets = spans.setdefault((strip.kind, strip.index), {})
            low, high = sorted((strip.begin, strip.end))
            known = nets.get(way.net, (low, high))
            nets[way.net] = (min(low, known[0]), max(high, known[1]))
    for key, nets in spans.items():
        passing = {net: span for net, span in nets.items() if not _ends_in(key, net, grid)}
        ending = {net: span for net, span in nets.items() if net not in passing}
        lanes, count = _stack(passing, 0)
        more, count = _stack(ending, count)
        routes.lanes[key] = {**lanes, **more}
        routes.counts[key] = count


def _ends_in(key: tuple[str, int], net: Net, grid: Grid) -> bool:
    return key[0] == "gap" and grid.cells[net[0]].layer == key[1]


def _stack(spans: dict[Net, tuple[int, int]], first: int) -> tuple[dict[Net, int], int]:
    lanes: dict[Net, int] = {}
    ends: list[list[tuple[int, int]]] = []
    for net, span in _from_short_to_long(spans):
        free = (n for n, others in enumerate(ends) if all(span[1] < low or high < span[0] for low, high in others))
        number = next(free, len(ends))
        if number == len(ends):
            ends.append([])
        ends[number].append(span)
        lanes[net] = first + number
    return lanes, first + len(ends)


def _from_short_to_long(spans: dict[Net, tuple[int, int]]) -> Iterator[tuple[Net, tuple[int, int]]]:
    return iter(sorted(spans.items(), key=lambda item: (item[1][1] - item[1][0], item[1], item[0])))
