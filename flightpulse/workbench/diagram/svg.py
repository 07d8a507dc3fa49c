"""Writes a scene as SVG inside HTML, for the player: it needs no font, and reads well on light and dark pages."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from flightpulse.workbench.diagram.layout import Point
from flightpulse.workbench.diagram.marks import SIGNS
from flightpulse.workbench.diagram.scene import Arrow, Dot, Item, Line, Rect, Scene, Text
from flightpulse.workbench.diagram.sizes import NAME_SIZE, TEXT_SIZE

_CORNER = 6
EdgeNumbers = Mapping[tuple[str, str, str], int]
PAGE = {"page": ("#ffffff", "#16191d"), "ink": ("#1b1f24", "#e8eaed"), "dim": ("#535d67", "#a9b2bc")}
DIM = frozenset({"kind", "row", "label"})
LINES = {"edge": ("#6e7781", "#8b949e"), "taken": ("#1b1f24", "#e8eaed"), "area": ("#f6f8fa", "#1b2026")}


def style(scope: str, signs: Iterable[str]) -> str:
    """The rules of the drawing with the colours of light pages; ``dark_style`` has those of dark ones."""
    rules = {
        "": _variables(0, signs),
        " text": f"font:{TEXT_SIZE}px 'DejaVu Sans',Verdana,system-ui,sans-serif;fill:var(--ink)",
        " text.name": f"font-size:{NAME_SIZE}px;font-weight:bold",
        " text.status": "font-weight:bold",
        " .m": "text-anchor:middle",
        " .e": "text-anchor:end",
        " text.dim": "fill:var(--dim)",
        " .edge": "fill:none;stroke:var(--edge);stroke-width:1.3",
        " .catch": "stroke-dasharray:5 3",
        " .edge.taken": "stroke:var(--taken);stroke-width:2.6",
        " .dot": "fill:var(--edge)",
        " .dot.taken": "fill:var(--taken)",
        " .ring": "fill:var(--page);stroke:var(--edge);stroke-width:1.3",
        " .region": "fill:none;stroke:var(--edge);stroke-dasharray:2 3",
        " rect": "stroke-width:2",
        " rect.idle": "stroke-width:1.2",
    }
    rules.update({f" .{name}": f"fill:var(--{name});stroke:var(--{name}-line)" for name in signs})
    rules[" rect.container"] = "fill:var(--area)"
    return "".join(f"{scope}{part}{{{rule}}}" for part, rule in rules.items())


def dark_style(scope: str, signs: Iterable[str]) -> str:
    return f"{scope}{{{_variables(1, signs)}}}"


def _variables(shade: int, signs: Iterable[str]) -> str:
    named = {**PAGE, **LINES}
    named.update({name: SIGNS[name].fill for name in signs})
    named.update({f"{name}-line": SIGNS[name].stroke for name in signs})
    return "".join(f"--{name}:{colours[shade]};" for name, colours in named.items())


def drawing(scene: Scene, states: Mapping[str, int], edges: EdgeNumbers) -> str:
    """The drawing as short HTML, with the numbers a script finds its parts by.

    ``states`` (by path) become ``data-s``; ``edges`` become ``data-e`` of a line and ``data-h`` of an arrow's head.
    """
    return "".join(_item(item, states, edges) for item in scene.items)


def _item(item: Item, states: Mapping[str, int], edges: EdgeNumbers) -> str:
    if isinstance(item, Rect):
        return _element("rect", _rect(item, states))
    if isinstance(item, Line):
        return _element("path", _line(item, edges))
    if isinstance(item, Text):
        number = states.get(item.state)
        if not item.text and number is None:
            return ""
        return _element("text", _text(item, number), item.text)
    if isinstance(item, Dot):
        names = item.role if item.role == "ring" else "dot"
        return _element("circle", {"class": names, "cx": _n(item.x), "cy": _n(item.y), "r": _n(item.radius)})
    return _element("path", _arrow(item, edges))


def _element(name: str, attributes: Mapping[str, str], text: str | None = None) -> str:
    said = "".join(f' {key}="{value}"' for key, value in attributes.items() if value)
    if text is not None:
        return f"<{name}{said}>{escape(text, quote=False)}</{name}>"
    return f"<{name}{said} />"


def _rect(rect: Rect, states: Mapping[str, int]) -> dict[str, str]:
    number = states.get(rect.state)
    return {
        "class": rect.role if rect.role == "region" else f"{rect.role} {rect.sign}",
        "data-s": "" if number is None else str(number),
        "x": _n(rect.x),
        "y": _n(rect.y),
        "width": _n(rect.width),
        "height": _n(rect.height),
        "rx": _n(rect.radius),
    }


def _line(line: Line, edges: EdgeNumbers) -> dict[str, str]:
    number = edges.get(line.edge.key) if line.edge else None
    points = line.whole if line.taken and line.whole else line.points
    names = "edge catch" if line.role == "catch" else "edge"
    return {
        "class": f"{names} taken" if line.taken else names,
        "data-e": "" if number is None else str(number),
        "data-whole": rounded(line.whole) if line.whole and number is not None else "",
        "d": rounded(points),
    }


def _text(text: Text, number: int | None) -> dict[str, str]:
    role = "dim" if text.role in DIM else text.role
    return {
        "class": role if text.anchor == "start" else f"{role} {text.anchor[0]}",
        "data-s": "" if number is None else str(number),
        "x": _n(text.x),
        "y": _n(text.y),
    }


def _arrow(arrow: Arrow, edges: EdgeNumbers) -> dict[str, str]:
    numbers = sorted({edges[edge.key] for edge in arrow.edges if edge.key in edges})
    return {
        "class": "dot taken" if arrow.role == "taken" else "dot",
        "data-h": ",".join(map(str, numbers)),
        "d": f"M{_n(arrow.x - 4)},{_n(arrow.y - 8)}h8l-4,8z",
    }


def rounded(points: Sequence[Point]) -> str:
    """Path data of a line of corners, each corner a little round; every step counts from the one before."""
    at = points[0]
    commands = [f"M{_n(at[0])},{_n(at[1])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        begin, end = _towards(corner, before), _towards(corner, after)
        bend = (corner[0] - begin[0], corner[1] - begin[1], end[0] - begin[0], end[1] - begin[1])
        commands += [_straight(at, begin), f"q{','.join(map(_n, bend))}"]
        at = end
    return "".join([*commands, _straight(at, points[-1])])


def _straight(start: Point, end: Point) -> str:
    across, down = _n(end[0] - start[0]), _n(end[1] - start[1])
    if down == "0":
        return f"h{across}"
    return f"v{down}" if across == "0" else f"l{across},{down}"


def _towards(corner: Point, other: Point) -> Point:
    length = abs(other[0] - corner[0]) + abs(other[1] - corner[1])
    share = min(_CORNER, length / 2) / length if length else 0
    return (corner[0] + (other[0] - corner[0]) * share, corner[1] + (other[1] - corner[1]) * share)


def _n(value: float) -> str:
    """A number as short as half a pixel allows."""
    found = f"{value:.1f}".removesuffix(".0")
    return "0" if found == "-0" else found
