"""Puts the states of one scope on a grid: layers from top to bottom, columns from the usual way to the exceptional.

The usual way from the start goes straight down column 0. What branches off it, a caught error or another rule, becomes
a column to its right, so that every way reads from top to bottom and lines need not cross boxes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flightpulse.workbench.diagram.definition import Edge, Scope, State

_SHIFT_COST = 0.7
_UPWARD_COST = 12.0
_NEW_COLUMN_COST = 0.5
_MAX_SHIFT = 12


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a state sits. A container may cover ``span`` columns of its layer."""

    layer: int
    column: int
    span: int

    @property
    def columns(self) -> range:
        return range(self.column, self.column + self.span)


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells by state path, and the edges that go back to an earlier state."""

    cells: dict[str, Cell]
    primary: dict[str, Edge]

    @property
    def layers(self) -> int:
        return 1 + max(cell.layer for cell in self.cells.values())

    @property
    def columns(self) -> int:
        return max(cell.column + cell.span for cell in self.cells.values())

    def covered(self) -> dict[tuple[int, int], str]:
        """(column, layer) → path of the state on it."""
        return {(column, cell.layer): path for path, cell in self.cells.items() for column in cell.columns}


def place(scope: Scope, span_of: Callable[[str], int]) -> Grid:
    """The grid of one scope. ``span_of`` says how many columns a state is wide."""
    return _Placer(scope, span_of).run()


class _Placer:
    def __init__(self, scope: Scope, span_of: Callable[[str], int]) -> None:
        self._states = scope.states
        self._start = scope.start
        self._span_of = span_of
        self._backward, self._order = _walk_deep(scope)
        self._layers = self._longest_ways()
        self._fruitless = self._leading_only_to_failure()
        self._primary = {path: edge for path in self._states if (edge := self._choose_primary(path))}
        self._before: dict[str, list[str]] = {path: [] for path in self._states}
        for path in self._states:
            for edge in self._forward(path):
                self._before[edge.target].append(path)
        self._cells: dict[str, Cell] = {}
        self._taken: set[tuple[int, int]] = set()

    def run(self) -> Grid:
        queue = self._put(self._chain(self._start), source=None)
        for path in queue:
            for edge in self._states[path].edges:
                if edge.target not in self._cells:
                    queue.extend(self._put(self._chain(edge.target), source=self._cells[path]))
        for path in self._order:
            if path not in self._cells:
                self._put(self._chain(path), source=self._cells[self._start])
        return Grid({path: self._cells[path] for path in self._states}, self._primary)

    def _forward(self, path: str) -> Iterator[Edge]:
        return (edge for edge in self._states[path].edges if (edge.source, edge.target) not in self._backward)

    def _longest_ways(self) -> dict[str, int]:
        layers = dict.fromkeys(self._states, 0)
        for path in self._order:
            for edge in self._forward(path):
                layers[edge.target] = max(layers[edge.target], layers[path] + 1)
        return layers

    def _leading_only_to_failure(self) -> set[str]:
        fruitless: set[str] = set()
        for path in reversed(self._order):
            state = self._states[path]
            ways = [edge.target for edge in self._forward(path) if edge.kind != "catch"]
            if state.kind == "Fail" or (ways and all(way in fruitless for way in ways)):
                fruitless.add(path)
        return fruitless

    def _choose_primary(self, path: str) -> Edge | None:
        ways = [edge for edge in self._forward(path) if edge.kind != "catch"]
        hopeful = [edge for edge in ways if edge.target not in self._fruitless]
        return next(iter(hopeful or ways), None)

    def _chain(self, first: str) -> list[str]:
        chain = [first]
        while (edge := self._primary.get(chain[-1])) and edge.target not in self._cells and edge.target not in chain:
            chain.append(edge.target)
        return chain

    def _put(self, chain: list[str], source: Cell | None) -> list[str]:
        wanted = self._wanted_layers(chain)
        if source is None:
            column, shift = 0, 0
        else:
            column, shift = self._best_place(chain, wanted, source)
        for path, layer in zip(chain, wanted, strict=True):
            cell = Cell(layer + shift, column, self._span_of(path))
            self._cells[path] = cell
            self._taken.update((covered, cell.layer) for covered in cell.columns)
        self._taken.update((column, layer + shift) for layer in range(wanted[0], wanted[-1] + 1))
        return list(chain)

    def _wanted_layers(self, chain: list[str]) -> list[int]:
        layers: list[int] = []
        for path in chain:
            above = [self._cells[other].layer + 1 for other in self._before[path] if other in self._cells]
            layers.append(max([self._layers[path], *above, *(layer + 1 for layer in layers[-1:])]))
        return layers

    def _best_place(self, chain: list[str], wanted: list[int], source: Cell) -> tuple[int, int]:
        columns = 1 + max(column for column, _ in self._taken)
        best: tuple[float, int, int] | None = None
        for shift in range(_MAX_SHIFT):
            upward = self._upward(chain, wanted, shift)
            for column in range(columns + 1):
                if not self._free(chain, wanted, column, shift):
                    continue
                cost = abs(column - source.column - 1) + _SHIFT_COST * shift + _UPWARD_COST * upward
                cost += _NEW_COLUMN_COST if column == columns else 0
                if best is None or cost < best[0]:
                    best = (cost, column, shift)
        return (best[1], best[2]) if best else (columns, 0)

    def _upward(self, chain: list[str], wanted: list[int], shift: int) -> int:
        """How many edges would have to climb to a state that already has its place."""
        return sum(
            1
            for path, layer in zip(chain, wanted, strict=True)
            for edge in self._forward(path)
            if edge.target in self._cells and self._cells[edge.target].layer <= layer + shift
        )

    def _free(self, chain: list[str], wanted: list[int], column: int, shift: int) -> bool:
        needed = {(column, layer + shift) for layer in range(wanted[0], wanted[-1] + 1)}
        for path, layer in zip(chain, wanted, strict=True):
            needed.update((column + more, layer + shift) for more in range(self._span_of(path)))
        return not needed & self._taken


def _walk_deep(scope: Scope) -> tuple[set[tuple[str, str]], list[str]]:
    """The edges that close a cycle, and all states in an order in which every other edge leads onwards."""
    states = scope.states
    backward: set[tuple[str, str]] = set()
    done: list[str] = []
    colour: dict[str, int] = {}
    for root in [scope.start, *states]:
        if root in colour:
            continue
        colour[root] = 1
        stack = [(root, iter(_targets(states[root])))]
        while stack:
            path, targets = stack[-1]
            for target in targets:
                if colour.get(target) == 1:
                    backward.add((path, target))
                elif target not in colour:
                    colour[target] = 1
                    stack.append((target, iter(_targets(states[target]))))
                    break
            else:
                colour[path] = 2
                done.append(path)
                stack.pop()
    return backward, done[::-1]


def _targets(state: State) -> list[str]:
    return [edge.target for edge in state.edges]
