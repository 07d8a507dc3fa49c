"""A picture that every reader gets: PNG bytes for those who see it, the same in words for those who do not."""

import io
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from flightpulse.errors import UserError

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


class PictureAndWords(ABC):
    """Shows its picture in a notebook, and below it the words on their own.

    These are two outputs because of one with a picture GitHub shows only the picture.
    """

    __slots__ = ()

    @abstractmethod
    def picture(self) -> "Picture":
        """What it looks like. Raises UserError where matplotlib is not installed."""

    def _words(self, said: str) -> dict[str, str]:
        """The second output, by MIME type: what the picture says, unless a class has something better to read."""
        return {"text/plain": said}

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        shown = self.picture()
        about = {"alt": shown.alt or shown.said, **({"width": shown.width} if shown.width else {})}
        return {"image/png": shown.png, "text/plain": shown.said}, {"image/png": about}

    def _ipython_display_(self) -> None:
        from IPython import display as notebook

        display: Any = notebook.display
        data, metadata = self._repr_mimebundle_()
        display(data, metadata=metadata, raw=True)
        display(self._words(data["text/plain"]), raw=True)


def folded(summary: str, said: str) -> dict[str, str]:
    """Words as an output that is opened by whoever wants to read them, and as plain text."""
    return {
        "text/html": f"<details><summary>{escape(summary)}</summary><pre>{escape(said, quote=False)}</pre></details>",
        "text/plain": said,
    }


@dataclass(frozen=True, slots=True)
class Picture(PictureAndWords):
    """``png`` holds the same bytes whenever the same data are drawn; ``said`` says what the picture shows.

    ``alt`` says it in short where that is long; ``width`` is how wide it shows, in pixels (0: as wide as it is).
    """

    png: bytes = field(repr=False)
    said: str
    alt: str = ""
    width: int = 0

    @classmethod
    def of(cls, figure: "Figure", said: str, *, alt: str = "") -> Self:
        """The picture of a matplotlib figure."""
        return cls(encoded(figure, _DPI, small_things=True), said, alt)

    def picture(self) -> "Picture":
        """Itself."""
        return self

    def save(self, path: str | Path) -> Path:
        """Write the PNG to a file and return where it is."""
        target = Path(path)
        target.write_bytes(self.png)
        return target

    def __repr__(self) -> str:
        return self.said


def canvas(height: float) -> "Figure":
    """An empty figure, as wide as a notebook's page and ``height`` inches high."""
    return new_figure(_WIDTH, height)


def headline(figure: "Figure", title: str) -> None:
    """The finding at the top left of a figure."""
    top = 1 - 0.06 / figure.get_figheight()
    figure.suptitle(title, x=0.02, y=top, ha="left", va="top", fontsize=10.5, fontweight="bold")


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure of so many inches. Raises UserError where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UserError(
            "Pictures need matplotlib, which is not installed.",
            hint='Install it with: pip install "flightpulse[notebooks]"',
        ) from error
    return Figure(figsize=(width, height), facecolor="#ffffff")


def encoded(figure: "Figure", dpi: float, *, small_things: bool = False) -> bytes:
    """A figure as PNG with a palette: a quarter of the size, and the same bytes on every run.

    ``small_things`` keeps the colours of what covers little, at the cost of those of what covers much.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    figure.set_dpi(dpi)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    width, height = canvas.get_width_height()
    picture = Image.frombuffer("RGBA", (width, height), canvas.buffer_rgba(), "raw", "RGBA", 0, 1).convert("RGB")
    colours, method = (96, Image.Quantize.MAXCOVERAGE) if small_things else (32, Image.Quantize.MEDIANCUT)
    small = picture.quantize(colors=colours, method=method, dither=Image.Dither.NONE)
    target = io.BytesIO()
    small.save(target, format="PNG", optimize=True)
    return target.getvalue()


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
