"""A trace drawn as boxes and arrows: which service called which, how often, how long each took."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flightpulse.workbench.show import picture as pictures
from flightpulse.workbench.show.picture import Picture
from flightpulse.workbench.show.words import counted, duration

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from flightpulse.workbench.traces.trace import Span

_BOX = (1.84, 0.62)
_STEP = (2.15, 0.86)
_GAP = 0.25
_KINDS = {
    "AWS::Lambda": "function",
    "AWS::Lambda::Function": "function",
    "AWS::StepFunctions::StateMachine": "state machine",
    "AWS::DynamoDB::Table": "DynamoDB table",
    "AWS::ApiGateway::Stage": "API stage",
    "": "Kafka topic",
}

Edges = Counter[tuple[str, str]]


@dataclass(slots=True)
class Node:
    """A service in the map. ``seconds`` are those of each of its segments."""

    name: str
    kind: str
    seconds: list[float] = field(default_factory=list)
    problems: Counter[str] = field(default_factory=Counter)
    layer: float = 0.0
    row: float = 0.0

    @property
    def said(self) -> str:
        times = f"{len(self.seconds)} × {duration(sum(self.seconds) / len(self.seconds))}"
        problems = "".join(f", {count} {problem}" for problem, count in sorted(self.problems.items()))
        return f"{times}{problems}"


def graph(spans: Sequence["Span"]) -> tuple[dict[str, Node], Edges]:
    """The services by name, in the order in which they were reached, and how often one called another.

    What went on behind a service that says nothing of itself, such as EventBridge, was called by that one.
    """
    by_id = {span.span_id: span for span in spans}
    silent = {span.parent_id: span.service for span in spans if span.kind == "inferred"}
    nodes: dict[str, Node] = {}
    edges: Edges = Counter()
    for span in spans:
        if span.kind not in ("segment", "inferred"):
            continue
        node = nodes.setdefault(span.service, Node(span.service, span.origin))
        caller = by_id.get(span.parent_id)
        if caller is not None and caller.service == span.service:
            # Lambda tells of every invocation twice: as the service and as the function.
            continue
        node.seconds.append(span.took.total_seconds())
        node.problems.update([span.problem] if span.problem else [])
        if caller is not None:
            behind = silent.get(span.parent_id) if span.kind == "segment" else None
            edges[behind or caller.service, span.service] += 1
    return nodes, edges


def draw(spans: Sequence["Span"]) -> Picture:
    """The map from left to right, and below it the services that call no other."""
    nodes, edges = graph(spans)
    layers = _place(nodes, edges)
    tallest = 1 + max(node.row for node in nodes.values())
    figure = pictures.canvas(1.15 + _STEP[1] * tallest)
    height = figure.get_figheight()
    axes = figure.add_axes((0.01, 0.02, 0.98, 1 - 0.5 / height))
    axes.set_xlim(-0.1, (layers - 1) * _STEP[0] + _BOX[0] + 0.1)
    axes.set_ylim(tallest * _STEP[1], -0.62)
    axes.axis("off")
    for (caller, called), count in edges.items():
        _arrow(axes, nodes[caller], nodes[called], count)
    for node in nodes.values():
        _box(axes, node)
    calls = sum(edges.values())
    title = f"{len(nodes)} services, {counted(calls, 'call')} between them"
    pictures.headline(figure, title)
    lines = [f"{node.name}: {node.said}" for node in nodes.values()]
    lines += [f"{caller} → {called}: {count}" for (caller, called), count in edges.items()]
    return Picture.of(figure, "\n".join([f"{title}:", *lines]))


def _place(nodes: dict[str, Node], edges: Edges) -> int:
    """Those that call others side by side, by the shortest way from the first; the others below whoever calls them.

    Gives the number of layers.
    """
    calling = {caller for caller, _ in edges} or set(nodes)
    called = {name for _, name in edges}
    layer_of = dict.fromkeys([name for name in calling if name not in called] or list(nodes)[:1], 0)
    waiting = list(layer_of)
    for name in waiting:
        for caller, other in edges:
            if caller == name and other in calling and other not in layer_of:
                layer_of[other] = layer_of[name] + 1
                waiting.append(other)
    rows: Counter[int] = Counter()
    for name, layer in layer_of.items():
        nodes[name].layer, nodes[name].row = layer, rows[layer]
        rows[layer] += 1
    leaves = [node for name, node in nodes.items() if name not in layer_of]
    layers = max(max(layer_of.values()) + 1, len(leaves))
    for node in leaves:
        callers = [nodes[caller].layer for caller, name in edges if name == node.name]
        node.layer, node.row = sum(callers) / len(callers), max(rows.values()) + _GAP
    leaves.sort(key=lambda node: node.layer)
    for place, node in enumerate(leaves):
        before = leaves[place - 1].layer + 1 if place else 0.0
        node.layer = min(max(node.layer, before), layers - (len(leaves) - place))
    return layers


def _box(axes: "Axes", node: Node) -> None:
    left, top = node.layer * _STEP[0], node.row * _STEP[1]
    edge = pictures.RED if node.problems["fault"] else pictures.ORANGE if node.problems else pictures.BLUE
    pictures.box(axes, (left, top), *_BOX, edge=edge, line=1.8 if node.problems else 1.2)
    middle = left + _BOX[0] / 2
    kind = _KINDS.get(node.kind, "AWS service")
    for text, place, size, colour in (
        (node.name.removeprefix("FlightPulse-"), 0.17, 7.8, pictures.INK),
        (kind, 0.34, 6.8, pictures.DIM),
        (node.said, 0.5, 7, pictures.INK),
    ):
        axes.text(middle, top + place, text, ha="center", va="center", fontsize=size, color=colour, zorder=4)


def _arrow(axes: "Axes", caller: Node, called: Node, count: int) -> None:
    left, top = caller.layer * _STEP[0], caller.row * _STEP[1]
    to_left, to_top = called.layer * _STEP[0], called.row * _STEP[1]
    bow = 0.0
    if called.row > caller.row:
        begin, end = (left + _BOX[0] / 2, top + _BOX[1]), (to_left + _BOX[0] / 2, to_top)
    elif called.layer > caller.layer:
        begin, end = (left + _BOX[0], top + _BOX[1] / 2), (to_left, to_top + _BOX[1] / 2)
    else:
        # Back, in a bow over what lies between.
        begin, end, bow = (left + _BOX[0] / 2, top), (to_left + _BOX[0] / 2, to_top), 0.22
    axes.annotate(
        "", end, begin, zorder=2,
        arrowprops={"arrowstyle": "-|>", "color": pictures.DIM, "linewidth": 1.0, "shrinkA": 0, "shrinkB": 1,
                    "connectionstyle": f"arc3,rad={bow}"},
    )  # fmt: skip
    if count > 1:
        level = begin[1] == end[1]
        middle = ((begin[0] + end[0]) / 2, (begin[1] + end[1]) / 2 - (0.1 if level else 0.0))
        # Of a bow the middle is not on the way: its number stands where it ends.
        place = (end[0] + 0.3, end[1] - 0.12) if bow else middle
        said = axes.annotate(f"{count}×", place, fontsize=7, color=pictures.INK, ha="center", va="center", zorder=4)
        if not level:
            said.set_bbox({"facecolor": "#ffffff", "edgecolor": "none", "pad": 0.8})
