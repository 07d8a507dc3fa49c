"""Turns a layout and the marks of a run into things to draw, in drawing order, for every back end alike.

The order is containers, edges, labels, boxes: a line never crosses a box, a label never hides under a line.
"""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flightpulse.workbench.diagram import layout as layouts
from flightpulse.workbench.diagram.definition import Edge
from flightpulse.workbench.diagram.layout import Layout, PlacedState, Point, Route, row_y
from flightpulse.workbench.diagram.marks import Marks
from flightpulse.workbench.diagram.sizes import NAME_LINE, NAME_SIZE, PADDING, TEXT_LINE, TEXT_SIZE

MARGIN = 14
_START_ABOVE = 22
_RING_BELOW = 10
_NAME_DROP = 5
_TEXT_DROP = 4


@dataclass(frozen=True, slots=True)
class Rect:
    """``role`` names the style; ``sign`` the state of a box; ``state`` the path of the state it belongs to."""

    role: str
    x: float
    y: float
    width: float
    height: float
    radius: float
    sign: str = "idle"
    state: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of corners. ``whole`` is the same line to its very end when ``points`` stops where it joins another."""

    role: str
    points: tuple[Point, ...]
    whole: tuple[Point, ...] = ()
    taken: bool = False
    edge: Edge | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """``anchor`` is where ``x`` lies in the text: start, middle or end. ``y`` is the baseline."""

    role: str
    x: float
    y: float
    text: str
    size: float
    anchor: str = "start"
    bold: bool = False
    state: str = ""


@dataclass(frozen=True, slots=True)
class Dot:
    role: str
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Arrow:
    """A head that points down to (x, y), where ``edges`` arrive together."""

    role: str
    x: float
    y: float
    edges: tuple[Edge, ...] = ()


Item = Rect | Line | Text | Dot | Arrow


@dataclass(frozen=True, slots=True)
class Scene:
    """``items`` are in drawing order."""

    width: float
    height: float
    items: tuple[Item, ...]


def compose(picture: Layout, marks: Marks) -> Scene:
    """The scene of a layout with the marks of a run (none: the bare definition)."""
    picture = picture.moved(MARGIN, MARGIN)
    containers = [box for box in picture.boxes if box.header]
    simple = [box for box in picture.boxes if not box.header]
    items = (
        *(item for box in containers for item in _container(box, marks)),
        *(item for region in picture.regions for item in _region(region)),
        *_edges(picture.routes, marks),
        *(item for point in picture.starts for item in _start(point)),
        *(item for point in picture.ends for item in _end(point)),
        *(Text("label", label.x, label.y, label.text, TEXT_SIZE) for label in picture.labels),
        *(item for box in simple for item in _simple(box, marks)),
    )
    return Scene(picture.width + 2 * MARGIN, picture.height + 2 * MARGIN, items)


def _container(box: PlacedState, marks: Marks) -> Iterator[Item]:
    path = box.state.path
    yield Rect("container", box.x, box.y, box.width, box.height, 8, _sign(box, marks), path)
    x, y = box.x + PADDING + 2, box.y + PADDING
    for number, line in enumerate(box.text.name):
        yield Text("name", x, y + NAME_LINE * (number + 1) - _NAME_DROP, line, NAME_SIZE, bold=True)
    y += NAME_LINE * len(box.text.name) + TEXT_LINE
    yield Text("kind", x, y - _TEXT_DROP, box.text.kind, TEXT_SIZE)
    yield Text("status", x, y + TEXT_LINE - _TEXT_DROP, _status(box, marks), TEXT_SIZE, bold=True, state=path)
    yield from _rows(box)


def _simple(box: PlacedState, marks: Marks) -> Iterator[Item]:
    path, middle = box.state.path, box.x + box.width / 2
    radius = 20 if box.state.kind in {"Succeed", "Fail"} else 5
    yield Rect("box", box.x, box.y, box.width, box.height, radius, _sign(box, marks), path)
    y = box.y + PADDING - 2
    for number, line in enumerate(box.text.name):
        baseline = y + NAME_LINE * (number + 1) - _NAME_DROP
        yield Text("name", middle, baseline, line, NAME_SIZE, "middle", bold=True)
    y += NAME_LINE * len(box.text.name) + TEXT_LINE
    yield Text("kind", middle, y - _TEXT_DROP, box.text.kind, TEXT_SIZE, "middle")
    yield from _rows(box)
    bottom = box.y + box.height - PADDING + 3
    yield Text("status", middle, bottom, _status(box, marks), TEXT_SIZE, "middle", bold=True, state=path)


def _rows(box: PlacedState) -> Iterator[Item]:
    for number, (text, side) in enumerate(box.rows):
        y = row_y(box, number) + _TEXT_DROP
        if side == "left" and not box.header:
            yield Text("row", box.x + PADDING, y, text, TEXT_SIZE)
        else:
            yield Text("row", box.x + box.width - PADDING, y, text, TEXT_SIZE, "end")


def _region(region: layouts.Region) -> Iterator[Item]:
    if region.label:
        yield Rect("region", region.x - 4, region.y - 2, region.width + 8, region.height + 4, 4)
        yield Text("label", region.x + 4, region.y + 12, region.label, TEXT_SIZE)


def _start(point: Point) -> Iterator[Item]:
    x, top = point
    yield Line("edge", ((x, top - _START_ABOVE), (x, top)))
    yield Arrow("edge", x, top)
    yield Dot("start", x, top - _START_ABOVE, 4.5)


def _end(point: Point) -> Iterator[Item]:
    x, bottom = point
    yield Line("edge", ((x, bottom), (x, bottom + _RING_BELOW - 4)))
    yield Dot("ring", x, bottom + _RING_BELOW, 4)
    yield Dot("start", x, bottom + _RING_BELOW, 1.8)


def _sign(box: PlacedState, marks: Marks) -> str:
    mark = marks.states.get(box.state.path)
    return mark.sign if mark else "idle"


def _status(box: PlacedState, marks: Marks) -> str:
    mark = marks.states.get(box.state.path)
    return mark.line if mark else ""


def _edges(routes: Iterable[Route], marks: Marks) -> Iterator[Item]:
    """Every line once: where several share a stretch, the longest draws it and the others end at a dot on it.

    The ways a run took come last and are drawn whole.
    """
    lines = list(_joined(routes, marks))
    yield from (line for line in lines if not line.taken)
    for line in lines:
        if line.whole and not line.taken:
            yield Dot("joint", *line.points[-1], 2)
    yield from (line for line in lines if line.taken)
    heads: dict[Point, list[Line]] = {}
    for line in lines:
        heads.setdefault((line.whole or line.points)[-1], []).append(line)
    for (x, y), arriving in heads.items():
        edges = tuple(line.edge for line in arriving if line.edge)
        yield Arrow("taken" if any(line.taken for line in arriving) else "edge", x, y, edges)


def _joined(routes: Iterable[Route], marks: Marks) -> Iterator[Line]:
    by_arrival: dict[Point, list[Route]] = {}
    for route in routes:
        by_arrival.setdefault(route.points[-1], []).append(route)
    for together in by_arrival.values():
        drawn: list[tuple[Point, Point]] = []
        for route in sorted(together, key=_length, reverse=True):
            points = _until_drawn(route.points, drawn)
            drawn += itertools.pairwise(points)
            edge = route.edge
            taken = edge.key in marks.taken
            role = "catch" if edge.kind == "catch" else "edge"
            yield Line(role, points, route.points if points != route.points else (), taken, edge)


def _length(route: Route) -> float:
    return sum(abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in itertools.pairwise(route.points))


def _until_drawn(points: tuple[Point, ...], drawn: list[tuple[Point, Point]]) -> tuple[Point, ...]:
    kept = [points[0]]
    for begin, end in itertools.pairwise(points):
        joint = _first_touch(begin, end, drawn)
        if joint is not None:
            return (*kept, joint) if joint != kept[-1] else tuple(kept)
        kept.append(end)
    return points


def _first_touch(begin: Point, end: Point, drawn: list[tuple[Point, Point]]) -> Point | None:
    """Where a stretch starts to run along one that is drawn already."""
    found: Point | None = None
    for axis in (0, 1):
        if begin[axis] != end[axis]:
            continue
        along = 1 - axis
        forward = end[along] >= begin[along]
        for a, b in drawn:
            if not (a[axis] == b[axis] == begin[axis]):
                continue
            low, high = sorted((a[along], b[along]))
            mine = sorted((begin[along], end[along]))
            if min(high, mine[1]) - max(low, mine[0]) <= 0:
                continue
            at = max(begin[along], low) if forward else min(begin[along], high)
            point = (begin[0], at) if axis == 0 else (at, begin[1])
            if found is None or abs(at - begin[along]) < abs(found[along] - begin[along]):
                found = point
    return found
