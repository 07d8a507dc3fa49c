"""A trace drawn as boxes and arrows: which service called which, how often, how long each took."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flightpulse.workbench.show import picture as pictures
from flightpulse.workbench.show.charts import duration
from flightpulse.workbench.show.picture import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from flightpulse.workbench.traces.trace import Span

_BOX = (1.72, 0.62)
_STEP = (2.15, 0.86)


@dataclass(slots=True)
class Node:
    """A service in the map. ``seconds`` are those of each of its segments."""

    name: str
    kind: str
    seconds: list[float] = field(default_factory=list)
    problems: Counter[str] = field(default_factory=Counter)
    layer: int = 0
    row: float = 0.0

    @property
    def said(self) -> str:
        times = f"{len(self.seconds)} × {duration(sum(self.seconds) / len(self.seconds))}"
        problems = "".join(f", {count} {problem}" for problem, count in sorted(self.problems.items()))
        return f"{times}{problems}"


def graph(spans: Sequence["Span"]) -> tuple[dict[str, Node], Counter[tuple[str, str]]]:
    """The services by name, in the order in which they were reached, and how often one called another.

    What went on behind a service that says nothing of itself, such as EventBridge, was called by that one.
    """
    by_id = {span.span_id: span for span in spans}
    silent = {span.parent_id: span.service for span in spans if span.kind == "inferred"}
    nodes: dict[str, Node] = {}
    edges: Counter[tuple[str, str]] = Counter()
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
    """The map from left to right, each service as far from the first as its shortest way."""
    nodes, edges = graph(spans)
    _place(nodes, edges)
    layers = 1 + max(node.layer for node in nodes.values())
    tallest = 1 + max(node.row for node in nodes.values())
    figure = pictures.canvas(0.75 + _STEP[1] * tallest)
    height = figure.get_figheight()
    axes = figure.add_axes((0.01, 0.02, 0.98, 1 - 0.5 / height))
    axes.set_xlim(-0.1, (layers - 1) * _STEP[0] + _BOX[0] + 0.1)
    axes.set_ylim(tallest * _STEP[1], -0.12)
    axes.axis("off")
    for (caller, called), count in edges.items():
        _arrow(axes, nodes[caller], nodes[called], count)
    for node in nodes.values():
        _box(axes, node)
    calls = sum(edges.values())
    title = f"{len(nodes)} services, {calls} call{'' if calls == 1 else 's'} between them"
    figure.suptitle(title, x=0.02, y=1 - 0.08 / height, ha="left", va="top", fontsize=10.5, fontweight="bold")
    lines = [f"{node.name}: {node.said}" for node in nodes.values()]
    lines += [f"{caller} → {called}: {count}" for (caller, called), count in edges.items()]
    return Picture.of(figure, "\n".join([f"{title}:", *lines]))


def _place(nodes: dict[str, Node], edges: Counter[tuple[str, str]]) -> None:
    """Layers by the shortest way from the first service; in each, rows in the order in which they were reached."""
    called = {name for _, name in edges}
    waiting = [name for name in nodes if name not in called] or list(nodes)[:1]
    layer_of = dict.fromkeys(waiting, 0)
    for name in waiting:
        for caller, other in edges:
            if caller == name and other not in layer_of:
                layer_of[other] = layer_of[name] + 1
                waiting.append(other)
    rows: Counter[int] = Counter()
    for name, node in nodes.items():
        node.layer = layer_of.get(name, 0)
        node.row = rows[node.layer]
        rows[node.layer] += 1
    most = max(rows.values())
    for node in nodes.values():
        node.row += (most - rows[node.layer]) / 2


def _box(axes: "Axes", node: Node) -> None:
    from matplotlib.patches import FancyBboxPatch

    left, top = node.layer * _STEP[0], node.row * _STEP[1]
    edge = pictures.RED if node.problems["fault"] else pictures.ORANGE if node.problems else pictures.BLUE
    axes.add_patch(
        FancyBboxPatch(
            (left, top), *_BOX, boxstyle="round,pad=0,rounding_size=0.08", facecolor="#ffffff", edgecolor=edge,
            linewidth=1.8 if node.problems else 1.2, zorder=3,
        )
    )  # fmt: skip
    middle = left + _BOX[0] / 2
    kind = node.kind.removeprefix("AWS::").replace("::", " ") or "application"
    for text, place, size, colour in (
        (node.name.removeprefix("FlightPulse-"), 0.17, 8.5, pictures.INK),
        (kind, 0.34, 7, pictures.DIM),
        (node.said, 0.5, 7.5, pictures.INK),
    ):
        axes.text(middle, top + place, text, ha="center", va="center", fontsize=size, color=colour, zorder=4)


def _arrow(axes: "Axes", caller: Node, called: Node, count: int) -> None:
    forward = called.layer > caller.layer
    begin = (caller.layer * _STEP[0] + (_BOX[0] if forward else _BOX[0] / 2), caller.row * _STEP[1])
    end = (called.layer * _STEP[0] + (0.0 if forward else _BOX[0] / 2), called.row * _STEP[1])
    if forward:
        begin, end = (begin[0], begin[1] + _BOX[1] / 2), (end[0], end[1] + _BOX[1] / 2)
    else:
        # Back over the others, in a bow from top to top, or down within a layer.
        begin, end = (begin[0], begin[1]), (end[0], end[1] + (_BOX[1] if called.row < caller.row else 0.0))
    bow = 0.0 if forward else 0.25
    axes.annotate(
        "", end, begin, zorder=2,
        arrowprops={"arrowstyle": "-|>", "color": pictures.DIM, "linewidth": 1.0, "shrinkA": 0, "shrinkB": 1,
                    "connectionstyle": f"arc3,rad={bow}"},
    )  # fmt: skip
    if count > 1 and forward:
        axes.annotate(f"{count}×", ((begin[0] + end[0]) / 2, (begin[1] + end[1]) / 2 - 0.05), fontsize=7.5,
                      color=pictures.DIM, ha="center", va="bottom", zorder=4)  # fmt: skip
