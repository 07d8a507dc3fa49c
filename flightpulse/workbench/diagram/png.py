"""Draws a scene as a small PNG with matplotlib, which is loaded only when a picture is asked for.

Only ``Figure`` objects are used: the reader's plotting backend stays as it is.
"""

from typing import TYPE_CHECKING, Any

from flightpulse.workbench.diagram.layout import Point
from flightpulse.workbench.diagram.marks import SIGNS
from flightpulse.workbench.diagram.scene import Arrow, Dot, Item, Line, Rect, Scene, Text
from flightpulse.workbench.diagram.svg import DIM, LINES, PAGE
from flightpulse.workbench.show import picture as pictures

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DPI = 96
_POINTS_PER_PIXEL = 72 / _DPI


def write(scene: Scene, scale: float) -> bytes:
    """The picture as PNG bytes, ``scale`` pixels for each pixel of the scene."""
    figure = pictures.new_figure(scene.width / _DPI, scene.height / _DPI)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, scene.width)
    axes.set_ylim(scene.height, 0)
    axes.axis("off")
    painter = _Painter(axes)
    for order, item in enumerate(scene.items):
        painter.draw(item, order + 2)
    return pictures.encoded(figure, _DPI * scale)


class _Painter:
    """Puts the parts of a scene on axes."""

    def __init__(self, axes: "Axes") -> None:
        from matplotlib import lines, patches

        self._axes, self._lines, self._patches = axes, lines, patches

    def draw(self, item: Item, order: int) -> None:
        if isinstance(item, Rect):
            self._rect(item, order)
        elif isinstance(item, Line):
            self._line(item, order)
        elif isinstance(item, Text):
            self._text(item, order)
        elif isinstance(item, Dot):
            self._dot(item, order)
        else:
            self._arrow(item, order)

    def _rect(self, rect: Rect, order: int) -> None:
        sign = SIGNS[rect.sign]
        fill: str = {"container": LINES["area"][0], "region": "none"}.get(rect.role, sign.fill[0])
        style: dict[str, Any] = {"linestyle": (0, (2, 3))} if rect.role == "region" else {}
        self._axes.add_patch(
            self._patches.FancyBboxPatch(
                (rect.x, rect.y),
                rect.width,
                rect.height,
                boxstyle=f"round,pad=0,rounding_size={rect.radius}",
                facecolor=fill,
                edgecolor=sign.stroke[0],
                linewidth=(1.2 if rect.sign == "idle" else 2) * _POINTS_PER_PIXEL,
                zorder=order,
                **style,
            )
        )

    def _line(self, line: Line, order: int) -> None:
        points: tuple[Point, ...] = line.whole if line.taken and line.whole else line.points
        self._axes.add_line(
            self._lines.Line2D(
                [x for x, _ in points],
                [y for _, y in points],
                color=LINES["taken" if line.taken else "edge"][0],
                linewidth=(2.6 if line.taken else 1.3) * _POINTS_PER_PIXEL,
                linestyle=(0, (4, 2.4)) if line.role == "catch" else "-",
                solid_joinstyle="round",
                zorder=order,
            )
        )

    def _text(self, text: Text, order: int) -> None:
        if not text.text:
            return
        self._axes.text(
            text.x,
            text.y,
            text.text.replace("$", r"\$"),
            fontsize=text.size * _POINTS_PER_PIXEL,
            fontfamily="DejaVu Sans",
            fontweight="bold" if text.bold else "normal",
            color=PAGE["dim" if text.role in DIM else "ink"][0],
            ha={"start": "left", "middle": "center", "end": "right"}[text.anchor],
            va="baseline",
            zorder=order,
        )

    def _dot(self, dot: Dot, order: int) -> None:
        hollow = dot.role == "ring"
        self._axes.add_patch(
            self._patches.Circle(
                (dot.x, dot.y),
                dot.radius,
                facecolor=PAGE["page"][0] if hollow else LINES["edge"][0],
                edgecolor=LINES["edge"][0],
                linewidth=1.3 * _POINTS_PER_PIXEL if hollow else 0,
                zorder=order,
            )
        )

    def _arrow(self, arrow: Arrow, order: int) -> None:
        corners = [(arrow.x - 4, arrow.y - 8), (arrow.x + 4, arrow.y - 8), (arrow.x, arrow.y)]
        colour = LINES["taken" if arrow.role == "taken" else "edge"][0]
        self._axes.add_patch(
            self._patches.Polygon(corners, closed=True, facecolor=colour, edgecolor="none", linewidth=0, zorder=order)
        )
