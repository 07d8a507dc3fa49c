"""A picture that every reader gets: PNG bytes for those who see it, the same in words for those who do not."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from flightpulse.workbench.diagram import png
from flightpulse.workbench.show.picture_and_words import PictureAndWords

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DPI = 90
_WIDTH = 9.2

# Okabe and Ito's palette: told apart by people with any kind of colour vision.
BLACK = "#000000"
ORANGE = "#E69F00"
SKY = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
RED = "#D55E00"
PURPLE = "#CC79A7"
INK = "#1f2328"
DIM = "#59636e"


@dataclass(frozen=True, slots=True)
class Picture(PictureAndWords):
    """``png`` holds the same bytes whenever the same data are drawn; ``said`` says what the picture shows."""

    png: bytes = field(repr=False)
    said: str

    @classmethod
    def of(cls, figure: "Figure", said: str) -> Self:
        """The picture of a matplotlib figure."""
        return cls(png.encoded(figure, _DPI, small_things=True), said)

    def save(self, path: str | Path) -> Path:
        """Write the PNG to a file and return where it is."""
        target = Path(path)
        target.write_bytes(self.png)
        return target

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"image/png": self.png, "text/plain": self.said}, {"image/png": {"alt": self.said}}

    def __repr__(self) -> str:
        return self.said


def canvas(height: float) -> "Figure":
    """An empty figure, as wide as a notebook's page and ``height`` inches high."""
    return png.new_figure(_WIDTH, height)


def box(
    axes: "Axes",
    corner: tuple[float, float],
    width: float,
    height: float,
    *,
    edge: str,
    face: str = "#ffffff",
    line: float = 1.2,
    rounding: float = 0.08,
) -> None:
    """A box with round corners; ``corner`` is the one with the smallest coordinates."""
    # Only pictures need matplotlib, which is in the extra for notebooks.
    from matplotlib.patches import FancyBboxPatch

    style = f"round,pad=0,rounding_size={rounding:g}"
    drawn = FancyBboxPatch(
        corner, width, height, boxstyle=style, facecolor=face, edgecolor=edge, linewidth=line, zorder=3
    )
    axes.add_patch(drawn)


def house_style(axes: "Axes", *, title: str, x: str, y: str = "") -> None:
    """Axes as all our charts have them: the finding on top, units on the axes, no frame."""
    axes.set_title(_plain(title), loc="left", fontsize=10.5, color=INK, fontweight="bold", pad=14)
    axes.set_xlabel(_plain(x), fontsize=9, color=DIM)
    axes.set_ylabel(_plain(y), fontsize=9, color=DIM)
    axes.tick_params(labelsize=8.5, colors=DIM)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color("#8c959f")
    axes.grid(alpha=0.25)
    axes.set_axisbelow(True)


def _plain(text: str) -> str:
    # matplotlib takes what is between two dollar signs for a formula.
    return text.replace("$", r"\$")
