"""What is wrong with a layout, in words: overlaps, lines through boxes, lines that end nowhere."""

from collections.abc import Iterator
from itertools import combinations, pairwise

from flightpulse.workbench.diagram.layout import Layout, PlacedState, Point


def faults(picture: Layout) -> list[str]:
    return [
        *_overlaps(picture),
        *_lines_through_boxes(picture),
        *_loose_ends(picture),
        *_outside(picture),
        *_doubled(picture),
    ]


def _overlaps(picture: Layout) -> Iterator[str]:
    for pair, other in combinations(picture.boxes, 2):
        if pair.contains(other):
            if not _inside(other, pair):
                yield f"{other.state.path} sticks out of {pair.state.path}"
        elif other.contains(pair):
            if not _inside(pair, other):
                yield f"{pair.state.path} sticks out of {other.state.path}"
        elif _share_area(pair, other):
            yield f"{pair.state.path} and {other.state.path} overlap"


def _inside(inner: PlacedState, outer: PlacedState) -> bool:
    return (
        inner.x >= outer.x
        and inner.y >= outer.y + outer.header
        and inner.x + inner.width <= outer.x + outer.width
        and inner.y + inner.height <= outer.y + outer.height
    )


def _share_area(one: PlacedState, other: PlacedState) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def _lines_through_boxes(picture: Layout) -> Iterator[str]:
    for route in picture.routes:
        for box in picture.boxes:
            within = route.edge.source.startswith(f"{box.state.path}/")
            if not within and any(_cuts(a, b, box) for a, b in pairwise(route.points)):
                yield f"{route.edge.source} → {route.edge.target} runs through {box.state.path}"


def _cuts(a: Point, b: Point, box: PlacedState) -> bool:
    left, right = sorted((a[0], b[0]))
    top, bottom = sorted((a[1], b[1]))
    return (
        left < box.x + box.width - 0.01
        and right > box.x + 0.01
        and top < box.y + box.height - 0.01
        and bottom > box.y + 0.01
    )


def _loose_ends(picture: Layout) -> Iterator[str]:
    boxes = {box.state.path: box for box in picture.boxes}
    for route in picture.routes:
        name = f"{route.edge.source} → {route.edge.target}"
        if not _on_border(route.points[0], boxes[route.edge.source]):
            yield f"{name} does not begin on its box"
        target, (x, y) = boxes[route.edge.target], route.points[-1]
        if y != target.y or not target.x < x < target.x + target.width:
            yield f"{name} does not end on the top of its box"
        if route.points[-2][1] >= y:
            yield f"{name} does not come from above"
        if any(a[0] != b[0] and a[1] != b[1] for a, b in pairwise(route.points)):
            yield f"{name} runs askew"


def _on_border(point: Point, box: PlacedState) -> bool:
    x, y = point
    on_side = x in (box.x, box.x + box.width) and box.y < y < box.y + box.height
    return on_side or (y == box.y + box.height and box.x < x < box.x + box.width)


def _outside(picture: Layout) -> Iterator[str]:
    for box in picture.boxes:
        if box.x < 0 or box.y < 0 or box.x + box.width > picture.width or box.y + box.height > picture.height:
            yield f"{box.state.path} is outside the picture"
    for route in picture.routes:
        if any(not (0 <= x <= picture.width and 0 <= y <= picture.height) for x, y in route.points):
            yield f"{route.edge.source} → {route.edge.target} leaves the picture"


def _doubled(picture: Layout) -> Iterator[str]:
    """Lines may share a stretch only when they arrive together."""
    for pair, other in combinations(picture.routes, 2):
        if pair.points[-1] == other.points[-1]:
            continue
        if any(_along(p, q) for p in pairwise(pair.points) for q in pairwise(other.points)):
            yield f"{pair.edge.key} and {other.edge.key} lie on one another"


def _along(p: tuple[Point, Point], q: tuple[Point, Point]) -> bool:
    for axis in (0, 1):
        if p[0][axis] == p[1][axis] == q[0][axis] == q[1][axis]:
            along = 1 - axis
            low = max(min(p[0][along], p[1][along]), min(q[0][along], q[1][along]))
            high = min(max(p[0][along], p[1][along]), max(q[0][along], q[1][along]))
            return high - low > 0.5
    return False
