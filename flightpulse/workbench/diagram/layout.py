"""Turns nested scopes into coordinates: a recursive layered layout without any library, the same on every run.

Each Map and Parallel state is laid out inside first and then takes part in its own scope as one large box. All
coordinates are pixels from the top left corner.
"""

from dataclasses import dataclass, replace

from flightpulse.workbench.diagram import grid, routing
from flightpulse.workbench.diagram.definition import Edge, Scope, State
from flightpulse.workbench.diagram.sizes import (
    NAME_LINE,
    NAME_SIZE,
    PADDING,
    TEXT_LINE,
    TEXT_SIZE,
    BoxText,
    box_text,
    shortened,
    text_width,
)

Point = tuple[float, float]
_LANE = 9
_COLUMN_GAP = 26
_LAYER_GAP = 32
_FIRST_GAP = 30
_LAST_GAP = 16
_PORT_STEP = 22
# Lines that leave two boxes towards one another must not meet at one height.
_LEFT_PORT_DROP = 4
_BRANCH_GAP = 14
_BRANCH_LABEL = 18
_INSET = 12
_TYPICAL_COLUMN = 200


@dataclass(frozen=True, slots=True)
class PlacedState:
    """A box. For a container ``header`` is the height of its top part, 0 for a simple state."""

    state: State
    text: BoxText
    x: float
    y: float
    width: float
    height: float
    header: float
    rows: tuple[tuple[str, str], ...]

    def contains(self, other: "PlacedState") -> bool:
        return other.state.path.startswith(f"{self.state.path}/")


@dataclass(frozen=True, slots=True)
class Region:
    """The part of a container that one scope fills, with a word when there are several."""

    label: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Route:
    """The line of an edge; its last point is on the target's upper border."""

    edge: Edge
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """A word beside the line that leaves a box by its bottom."""

    text: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything placed. ``starts`` and ``ends`` are the dots where a scope begins and the rings where one ends."""

    width: float
    height: float
    boxes: tuple[PlacedState, ...]
    regions: tuple[Region, ...]
    routes: tuple[Route, ...]
    labels: tuple[Label, ...]
    starts: tuple[Point, ...]
    ends: tuple[Point, ...]

    def moved(self, x: float, y: float) -> "Layout":
        def shifted(point: Point) -> Point:
            return (point[0] + x, point[1] + y)

        return replace(
            self,
            boxes=tuple(replace(box, x=box.x + x, y=box.y + y) for box in self.boxes),
            regions=tuple(replace(region, x=region.x + x, y=region.y + y) for region in self.regions),
            routes=tuple(
                replace(route, points=tuple(shifted(point) for point in route.points)) for route in self.routes
            ),
            labels=tuple(replace(label, x=label.x + x, y=label.y + y) for label in self.labels),
            starts=tuple(shifted(point) for point in self.starts),
            ends=tuple(shifted(point) for point in self.ends),
        )


@dataclass(slots=True)
class _Block:
    """A state's box with what is inside it, not yet in its place."""

    state: State
    text: BoxText
    width: float
    height: float
    header: float
    inside: list[tuple[Region, Layout]]


def layout(scope: Scope, *, with_status: bool = False) -> Layout:
    """The picture of a scope with all scopes inside it, if wanted with room in each box to say how it fared."""
    return _ScopeLayout(scope, with_status).layout()


class _ScopeLayout:
    def __init__(self, scope: Scope, with_status: bool) -> None:
        self._scope = scope
        inside = {
            path: [layout(inner, with_status=with_status) for inner in state.scopes]
            for path, state in scope.states.items()
        }
        plain = {path: _block(state, (), inside[path], with_status) for path, state in scope.states.items()}
        self._grid = grid.place(scope, lambda path: _span(plain[path].width))
        self._exits = routing.exits(scope, self._grid)
        self._blocks = {
            path: _block(state, tuple(self._exits[path][1]), inside[path], with_status)
            for path, state in scope.states.items()
        }
        self._routes = routing.route(scope, self._grid)
        self._column_lefts, self._column_widths, self._width = self._columns()
        self._layer_tops, self._layer_heights, self._height = self._layers()

    def layout(self) -> Layout:
        boxes: list[PlacedState] = []
        inner: list[Layout] = []
        regions: list[Region] = []
        for path, block in self._blocks.items():
            box = self._placed(path, block)
            boxes.append(box)
            for region, content in block.inside:
                regions.append(replace(region, x=region.x + box.x, y=region.y + box.y))
                inner.append(content.moved(region.x + box.x, region.y + box.y + _label_height(region)))
        start = self._column_center(self._grid.cells[self._scope.start].column)
        top = self._layer_tops[self._grid.cells[self._scope.start].layer]
        routes = [Route(way.edge, self._points(way)) for way in self._routes.ways]
        return Layout(
            width=self._width,
            height=self._height,
            boxes=(*boxes, *(box for content in inner for box in content.boxes)),
            regions=(*regions, *(region for content in inner for region in content.regions)),
            routes=(*routes, *(route for content in inner for route in content.routes)),
            labels=(*self._exit_labels(), *(label for content in inner for label in content.labels)),
            starts=((start, top), *(point for content in inner for point in content.starts)),
            ends=(*self._ends(boxes), *(point for content in inner for point in content.ends)),
        )

    def _columns(self) -> tuple[list[float], list[float], float]:
        cells = self._grid.cells
        widths = [0.0] * self._grid.columns
        for path, block in self._blocks.items():
            if cells[path].span == 1:
                widths[cells[path].column] = max(widths[cells[path].column], block.width)
        widths = [width or _TYPICAL_COLUMN / 2 for width in widths]
        channels = [self._channel_width(channel) for channel in range(len(widths) + 1)]
        for path, block in self._blocks.items():
            cell = cells[path]
            have = sum(widths[column] for column in cell.columns) + sum(
                channels[column] for column in list(cell.columns)[1:]
            )
            widths[cell.columns[-1]] += max(0.0, block.width - have)
        lefts, x = [], 0.0
        for width, channel in zip(widths, channels, strict=False):
            lefts.append(x + channel)
            x += channel + width
        return lefts, widths, x + channels[-1]

    def _channel_width(self, channel: int) -> float:
        lanes = self._routes.counts.get(("channel", channel), 0)
        outer = channel in (0, self._grid.columns)
        if outer:
            return lanes * _LANE + 8 if lanes else 0
        return _COLUMN_GAP + max(0, lanes - 1) * _LANE

    def _layers(self) -> tuple[list[float], list[float], float]:
        count = self._grid.layers
        heights = [0.0] * count
        for path, block in self._blocks.items():
            layer = self._grid.cells[path].layer
            heights[layer] = max(heights[layer], block.height)
        tops, y = [], 0.0
        for layer in range(count):
            y += self._gap_height(layer)
            tops.append(y)
            y += heights[layer]
        return tops, heights, y + self._gap_height(count)

    def _gap_height(self, gap: int) -> float:
        lanes = self._routes.counts.get(("gap", gap), 0)
        if gap == 0:
            return _FIRST_GAP + lanes * _LANE
        if gap == self._grid.layers:
            return _LAST_GAP + lanes * _LANE if lanes or self._ends_below() else 2
        return _LAYER_GAP + max(0, lanes - 1) * _LANE

    def _ends_below(self) -> bool:
        last = self._grid.layers - 1
        return any(self._grid.cells[path].layer == last and _has_ring(state) for path, state in self._states())

    def _states(self) -> list[tuple[str, State]]:
        return list(self._scope.states.items())

    def _column_center(self, column: int) -> float:
        return self._column_lefts[column] + self._column_widths[column] / 2

    def _placed(self, path: str, block: _Block) -> PlacedState:
        cell = self._grid.cells[path]
        left = self._column_lefts[cell.column]
        x = left if block.inside else self._column_center(cell.column) - block.width / 2
        width = max(block.width, self._column_widths[cell.column]) if block.inside and cell.span == 1 else block.width
        rows = tuple(
            (text, routing.side_of(edge, self._grid))
            for text, edge in zip(block.text.rows, self._exits[path][1], strict=True)
        )
        return PlacedState(
            block.state, block.text, x, self._layer_tops[cell.layer], width, block.height, block.header, rows
        )

    def _points(self, way: routing.Way) -> tuple[Point, ...]:
        source, target = way.edge.source, way.edge.target
        top = self._layer_tops[self._grid.cells[target].layer]
        if way.net is None:
            x = self._column_center(self._grid.cells[source].column)
            return ((x, self._bottom(source)), (x, top))
        points = [self._exit(way)]
        for strip in way.strips:
            lane = self._routes.lanes[(strip.kind, strip.index)][way.net]
            x, y = points[-1]
            if strip.kind == "channel":
                x = self._lane_x(strip.index, lane)
                points.append((x, y))
            else:
                y = self._lane_y(strip.index, lane)
                points.append((x, y))
        arrival = self._port(target, way.net)
        points += [(arrival, points[-1][1]), (arrival, top)]
        return _simplified(points)

    def _exit(self, way: routing.Way) -> Point:
        path = way.edge.source
        if way.side is None:
            return (self._column_center(self._grid.cells[path].column) - _PORT_STEP / 2, self._bottom(path))
        box = self._placed(path, self._blocks[path])
        if way.side == "left":
            return (box.x, row_y(box, way.row) + _LEFT_PORT_DROP)
        return (box.x + box.width, row_y(box, way.row))

    def _bottom(self, path: str) -> float:
        return self._layer_tops[self._grid.cells[path].layer] + self._blocks[path].height

    def _lane_x(self, channel: int, lane: int) -> float:
        right = self._column_lefts[channel] if channel < self._grid.columns else self._width
        lanes = self._routes.counts[("channel", channel)]
        outer = channel in (0, self._grid.columns)
        width = self._channel_width(channel)
        if outer:
            return right - width + 4 + lane * _LANE
        return right - width / 2 + (lane - (lanes - 1) / 2) * _LANE

    def _lane_y(self, gap: int, lane: int) -> float:
        if gap == self._grid.layers:
            return self._height - 8 - lane * _LANE
        lanes = self._routes.counts[("gap", gap)]
        return self._layer_tops[gap] - 15 - (lanes - 1 - lane) * _LANE

    def _port(self, path: str, net: routing.Net) -> float:
        """Where a shared line arrives on the upper border: the middle belongs to what comes straight from above."""
        nets, straight = self._routes.nets_into(path)
        center = self._column_center(self._grid.cells[path].column)
        straight = straight or path == self._scope.start
        if not straight and len(nets) == 1:
            return center
        left = [other for other in nets if other[1] == "a"]
        right = [other for other in nets if other[1] != "a"]
        if net in left:
            return center - _PORT_STEP * (len(left) - left.index(net))
        return center + _PORT_STEP * (1 + right.index(net))

    def _exit_labels(self) -> list[Label]:
        labels = []
        for way in self._routes.ways:
            if way.side is None and way.edge.label:
                x = self._column_center(self._grid.cells[way.edge.source].column)
                column = self._column_widths[self._grid.cells[way.edge.source].column]
                limit = column / 2 + _COLUMN_GAP / 2 - 8
                text = shortened(f"? {way.edge.label}", limit)
                labels.append(Label(text, x + 6, self._bottom(way.edge.source) + 12))
        return labels

    def _ends(self, boxes: list[PlacedState]) -> list[Point]:
        return [
            (self._column_center(self._grid.cells[box.state.path].column), box.y + box.height)
            for box in boxes
            if _has_ring(box.state)
        ]


def row_y(box: PlacedState, row: int) -> float:
    """The height of the middle of a row of a box."""
    if box.header:
        return box.y + PADDING + TEXT_LINE * row + TEXT_LINE / 2
    first = box.y + PADDING - 2 + NAME_LINE * len(box.text.name) + TEXT_LINE
    return first + TEXT_LINE * row + TEXT_LINE / 2


def _has_ring(state: State) -> bool:
    return state.ends and state.kind not in {"Succeed", "Fail"}


def _block(state: State, rows: tuple[Edge, ...], contents: list[Layout], with_status: bool) -> _Block:
    text = box_text(state, rows, with_status=with_status)
    if not contents:
        return _Block(state, text, text.width, text.height, 0, [])
    header = PADDING + max(NAME_LINE * len(text.name) + TEXT_LINE * (1 + with_status), TEXT_LINE * len(rows)) + 4
    inside: list[tuple[Region, Layout]] = []
    labelled = len(contents) > 1
    x = float(_INSET)
    for scope, content in zip(state.scopes, contents, strict=True):
        label = scope.label if labelled else ""
        height = content.height + (_BRANCH_LABEL if labelled else 0)
        inside.append((Region(label, x, header, content.width, height), content))
        x += content.width + _BRANCH_GAP
    width = max(x - _BRANCH_GAP + _INSET, _header_width(text))
    tallest = max(region.height for region, _ in inside)
    inside = [(replace(region, height=tallest), content) for region, content in inside]
    return _Block(state, text, width, header + tallest + _INSET, header, inside)


def _header_width(text: BoxText) -> float:
    left = max(*(text_width(line, NAME_SIZE, bold=True) for line in text.name), text_width(text.kind, TEXT_SIZE), 110.0)
    right = max((text_width(row, TEXT_SIZE) for row in text.rows), default=0)
    return left + right + 3 * PADDING


def _label_height(region: Region) -> float:
    return _BRANCH_LABEL if region.label else 0


def _span(width: float) -> int:
    """How many columns of usual width a box covers."""
    return max(1, -int(-(width - 40) // (_TYPICAL_COLUMN + _COLUMN_GAP)))


def _simplified(points: list[Point]) -> tuple[Point, ...]:
    """The same line without doubled points and without points in the middle of a straight piece."""
    kept: list[Point] = []
    for point in points:
        if kept and point == kept[-1]:
            continue
        while len(kept) >= 2 and _in_line(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    return tuple(kept)


def _in_line(a: Point, b: Point, c: Point) -> bool:
    return (a[0] == b[0] == c[0]) or (a[1] == b[1] == c[1])
