"""A dashboard drawn: its widgets where they lie on the page, with their values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from flightpulse.workbench.show import picture as pictures
from flightpulse.workbench.show.picture import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Point = tuple[datetime, float]

_COLUMNS = 24
_INCHES_A_ROW = 0.29
_SIGNS = {"OK": ("✓", pictures.GREEN), "ALARM": ("✗", pictures.RED)}
_COLOURS = (pictures.BLUE, pictures.RED, pictures.GREEN, pictures.PURPLE, pictures.ORANGE, pictures.SKY, pictures.BLACK)
_MARKS = ("o", "s", "^", "D", "v", "P", "X")
_LEGEND_FITS = 5


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a widget. ``statistic`` says whether its values add up (``Sum``)."""

    label: str
    points: tuple[Point, ...]
    statistic: str

    @property
    def value(self) -> float:
        """One number for the whole time: the sum of what adds up, the greatest of anything else."""
        values = [value for _, value in self.points]
        return sum(values) if self.statistic == "Sum" else max(values, default=0.0)


@dataclass(frozen=True, slots=True)
class Panel:
    """One widget. ``place`` is its left, top, width and height, of 24 columns; without series or states a heading."""

    title: str
    place: tuple[int, int, int, int]
    series: tuple[Series, ...] = ()
    states: tuple[tuple[str, str], ...] = ()
    minutes: int = 0
    began: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    totals: bool = False
    stacked: bool = False

    @property
    def said(self) -> str:
        """What a reader who does not see it is told."""
        if self.states:
            off = [name for name, state in self.states if state == "ALARM"]
            return f"{self.title}: {len(self.states)}, " + (f"in alarm {', '.join(off)}" if off else "none in alarm")
        known = [series for series in self.series if series.points]
        if not known:
            return f"{self.title}: no values" if self.series else self.title
        return f"{self.title}: " + ", ".join(f"{series.label} {_short(series.value)}" for series in known)


def dashboard(panels: Sequence[Panel]) -> Picture:
    """The picture of a dashboard. A line without values is left out, a widget without any says so."""
    rows = max(top + height for _, top, _, height in (panel.place for panel in panels))
    figure = pictures.canvas(rows * _INCHES_A_ROW)
    for panel in panels:
        left, top, width, height = panel.place
        box = (left / _COLUMNS, 1 - (top + height) / rows, width / _COLUMNS, height / rows)
        if panel.states:
            _alarms(figure, panel, box)
        elif panel.totals:
            _totals(figure, panel, box)
        elif panel.series:
            _lines(figure, panel, box)
        else:
            figure.text(box[0] + 0.01, box[1] + box[3] / 2, panel.title, fontsize=13, fontweight="bold", va="center")
    return Picture.of(figure, ".\n".join(panel.said for panel in panels) + ".")


_Box = tuple[float, float, float, float]


def _empty(figure: "Figure", panel: Panel, box: _Box) -> "Axes":
    axes = figure.add_axes(box)
    axes.axis("off")
    axes.text(0.012, 0.97, panel.title, fontsize=8.5, fontweight="bold", va="top", transform=axes.transAxes)
    return axes


def _alarms(figure: "Figure", panel: Panel, box: _Box) -> None:
    axes = _empty(figure, panel, box)
    columns = 5
    rows = -(-len(panel.states) // columns)
    for number, (name, state) in enumerate(panel.states):
        column, row = divmod(number, rows)
        sign, colour = _SIGNS.get(state, ("?", pictures.DIM))
        x, y = 0.02 + column * 0.196, 0.7 - row * (0.7 / rows)
        axes.text(x, y, sign, fontsize=7.5, color=colour, fontweight="bold", transform=axes.transAxes)
        weight = "bold" if state == "ALARM" else "normal"
        axes.text(x + 0.018, y, name, fontsize=7, fontweight=weight, transform=axes.transAxes)


def _totals(figure: "Figure", panel: Panel, box: _Box) -> None:
    axes = _empty(figure, panel, box)
    for number, series in enumerate(panel.series):
        x = (number + 0.5) / len(panel.series)
        shown = _short(series.value) if series.points else "–"
        axes.text(x, 0.46, shown, fontsize=15, color=pictures.BLUE, ha="center", va="center", transform=axes.transAxes)
        axes.text(x, 0.14, series.label, fontsize=7.5, color=pictures.DIM, ha="center", transform=axes.transAxes)


def _lines(figure: "Figure", panel: Panel, box: _Box) -> None:
    left, bottom, width, height = box
    axes = figure.add_axes((left + 0.045, bottom + height * 0.2, width - 0.057, height * 0.62))
    pictures.house_style(axes, title="", x="", y="")
    axes.set_title(panel.title, loc="left", fontsize=8.5, fontweight="bold", color=pictures.INK, pad=5)
    axes.tick_params(labelsize=6.5)
    axes.yaxis.set_major_formatter(lambda value, _: _short(value))
    axes.set_xlim(0, panel.minutes)
    axes.set_xlabel(f"minutes since {panel.began:%H:%M} UTC", fontsize=6.5, color=pictures.DIM, labelpad=1)
    known = [series for series in panel.series if series.points]
    if not known:
        axes.text(0.5, 0.5, "no values", fontsize=8, color=pictures.DIM, ha="center", transform=axes.transAxes)
        axes.set_yticks([])
        return
    below = [0.0] * panel.minutes
    for number, series in enumerate(known):
        colour, mark = _COLOURS[number % len(_COLOURS)], _MARKS[number % len(_MARKS)]
        label = f"{series.label} {_short(series.value)}"
        if panel.stacked:
            heights = _each_minute(series, panel)
            axes.bar(range(panel.minutes), heights, bottom=below, color=colour, width=0.8, align="edge", label=label)
            below = [low + high for low, high in zip(below, heights, strict=True)]
        else:
            minutes, values = _drawn(series, panel)
            axes.plot(minutes, values, color=colour, marker=mark, markersize=2.6, linewidth=1.1, label=label)
    axes.set_ylim(bottom=0)
    fontsize = 6.5 if len(known) < _LEGEND_FITS else 5
    axes.legend(fontsize=fontsize, frameon=False, loc="upper left", borderpad=0, labelspacing=0.2)
    axes.set_ylim(0, axes.get_ylim()[1] * 1.25)


def _short(value: float) -> str:
    """A number as people read it: no power of ten, no more digits than are worth it."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _each_minute(series: Series, panel: Panel) -> list[float]:
    """A value for each minute, 0 where there is none."""
    values = [0.0] * panel.minutes
    for at, value in series.points:
        minute = int((at - panel.began) / timedelta(minutes=1))
        if 0 <= minute < panel.minutes:
            values[minute] += value
    return values


def _drawn(series: Series, panel: Panel) -> tuple[list[float], list[float]]:
    """Where the points of a line lie: what adds up is 0 between its values, anything else is not known there."""
    if series.statistic == "Sum":
        return [minute + 0.5 for minute in range(panel.minutes)], _each_minute(series, panel)
    return [(at - panel.began) / timedelta(minutes=1) + 0.5 for at, _ in series.points], [v for _, v in series.points]
