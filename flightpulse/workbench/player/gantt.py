"""Shows when each state of a run was at work: one row per visit, idle time folded, as a picture and as text."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flightpulse.workbench.diagram.marks import SIGNS
from flightpulse.workbench.diagram.svg import LINES, PAGE
from flightpulse.workbench.player.frames import Replay
from flightpulse.workbench.player.table import kept_items
from flightpulse.workbench.show import picture as pictures
from flightpulse.workbench.show.picture import Picture, PictureAndWords, folded
from flightpulse.workbench.show.tables import INDENT, Table
from flightpulse.workbench.show.words import counted, duration

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ITEMS_SHOWN = 6
_ROWS_SHOWN = 60
_NEVER_FOLDED = 3
_FOLDED_TO = 0.05
_NARROWEST = 0.004
_ROW_HEIGHT = 0.27
_HATCHES = {"caught": "///", "failed": "xxx", "timed_out": "xxx", "aborted": "...", "running": "--"}


@dataclass(frozen=True, slots=True)
class Bar:
    """One visit: times in seconds since the start; ``open`` when it had not ended with the history."""

    depth: int
    name: str
    begin: float
    end: float
    open: bool
    status: str
    tries: int

    @property
    def label(self) -> str:
        """``✓ 1.2 s, 2 tries``: the true duration, however long the bar is drawn."""
        tried = f", {counted(self.tries, 'try', 'tries')}" if self.tries > 1 else ""
        so_far = " so far" if self.open else ""
        return f"{SIGNS[self.status].glyph} {duration(self.end - self.begin)}{so_far}{tried}"


@dataclass(frozen=True, slots=True)
class Fold:
    """A stretch in which nothing began or ended, drawn short."""

    begin: float
    end: float


class FoldedTime:
    """Maps seconds to a place between 0 and 1, with long stretches in which nothing happens folded."""

    def __init__(self, moments: Sequence[float]) -> None:
        marks = sorted({0.0, *moments})
        steps = list(itertools.pairwise(marks))
        longest = _longest_unfolded([b - a for a, b in steps])
        self.folds = [Fold(a, b) for a, b in steps if b - a > longest]
        shown = sum(b - a for a, b in steps if b - a <= longest)
        width = shown * _FOLDED_TO
        self._places = {marks[0]: 0.0}
        place = 0.0
        for a, b in steps:
            place += width if b - a > longest else b - a
            self._places[b] = place
        self._length = place or 1.0

    def place(self, moment: float) -> float:
        return self._places[moment] / self._length


def _longest_unfolded(steps: Sequence[float]) -> float:
    """A step longer than all shorter ones together, and every longer one, is folded; half of the steps never are."""
    together = 0.0
    for number, step in enumerate(sorted(steps)):
        if step > together and number >= max(_NEVER_FOLDED, len(steps) / 2):
            return max(earlier for earlier in steps if earlier < step)
        together += step
    return max(steps, default=0.0)


class Gantt(PictureAndWords):
    """When each state of a run was at work."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        everything = list(_bars(replay))
        self.bars: Sequence[Bar] = everything[:_ROWS_SHOWN]
        self.left_out = len(replay.trace.stays) - len(self.bars)
        self.clock = FoldedTime([moment for bar in self.bars for moment in (bar.begin, bar.end)])

    def text(self) -> str:
        """The rows in words: which visit, when it began, how long it took."""
        rows = [(INDENT * bar.depth + bar.name, f"{bar.begin:.3f} s", bar.label) for bar in self.bars]
        return str(Table.of(("state", "began", "took"), rows, numbers=(1,), note="\n".join(self._notes())))

    def _notes(self) -> list[str]:
        notes = [f"folded: {duration(fold.end - fold.begin)} from {fold.begin:.3f} s on" for fold in self.clock.folds]
        if self.left_out:
            notes.append(f"not shown: {counted(self.left_out, 'more visit')}")
        return notes

    def picture(self) -> Picture:
        """One row per visit, with a bar for the time that it took."""
        height = 0.85 + _ROW_HEIGHT * max(1, len(self.bars)) + (0.25 if self.left_out else 0)
        figure = pictures.canvas(height)
        bottom = 0.42 + (0.25 if self.left_out else 0)
        axes = figure.add_axes((0.31, bottom / height, 0.5, 1 - (bottom + 0.25) / height))
        for row, bar in enumerate(self.bars):
            self._draw(axes, row, bar)
        for fold in self.clock.folds:
            self._draw_fold(axes, fold)
        self._finish(axes)
        if self.left_out:
            figure.text(0.02, 0.08 / height, self._notes()[-1], fontsize=8, color=PAGE["dim"][0])
        return Picture.of(figure, self.text())

    def _draw(self, axes: "Axes", row: int, bar: Bar) -> None:
        begin, end = self.clock.place(bar.begin), self.clock.place(bar.end)
        sign = SIGNS[bar.status]
        axes.barh(
            row,
            max(_NARROWEST, end - begin),
            left=begin,
            height=0.66,
            facecolor=sign.fill[0],
            edgecolor=sign.stroke[0],
            linewidth=1,
            hatch="xx" if bar.tries > 1 and bar.status == "done" else _HATCHES.get(bar.status, ""),
            zorder=2,
        )
        axes.text(max(end, begin + _NARROWEST) + 0.008, row, bar.label, va="center", fontsize=8, color=PAGE["ink"][0])
        axes.text(
            -0.6 + 0.022 * bar.depth, row, bar.name, va="center", fontsize=8.5, color=PAGE["ink"][0], clip_on=False
        )

    def _draw_fold(self, axes: "Axes", fold: Fold) -> None:
        begin, end = self.clock.place(fold.begin), self.clock.place(fold.end)
        axes.axvspan(begin, end, facecolor="#eceff2", edgecolor="none", zorder=0)
        middle = (begin + end) / 2
        said = f"{duration(fold.end - fold.begin)}"
        axes.text(middle, -0.75, f"≈ {said}", ha="center", va="bottom", fontsize=7.5, color=PAGE["dim"][0])

    def _finish(self, axes: "Axes") -> None:
        axes.set_xlim(0, 1.01)
        axes.set_ylim(max(1, len(self.bars)) - 0.4, -0.75)
        axes.set_yticks([])
        moments = self._ticks()
        axes.set_xticks(
            [self.clock.place(moment) for moment in moments],
            [f"{moment:.3f}".rstrip("0").rstrip(".") for moment in moments],
        )
        axes.tick_params(labelsize=8, colors=PAGE["dim"][0])
        axes.set_xlabel("seconds since the start; grey: nothing began or ended, drawn short", fontsize=8)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.spines["bottom"].set_color(LINES["edge"][0])
        axes.grid(axis="x", alpha=0.25)

    def _ticks(self) -> list[float]:
        """Moments to write on the axis: begins and ends that lie far enough from one another."""
        known = sorted({moment for bar in self.bars for moment in (bar.begin, bar.end)} | {0.0})
        ticks: list[float] = []
        for moment in known:
            if not ticks or self.clock.place(moment) - self.clock.place(ticks[-1]) >= 0.12:
                ticks.append(moment)
        return ticks

    def _words(self, said: str) -> dict[str, str]:
        return folded(f"The same in words: {counted(len(self.bars), 'visit')}", said)

    def __repr__(self) -> str:
        return self.text()


def _bars(replay: Replay) -> Iterator[Bar]:
    first = replay.trace.events[0]["timestamp"]
    last = replay.frames[-1].seconds
    kept = kept_items(replay, _ITEMS_SHOWN)
    for number, stay in enumerate(replay.trace.stays):
        if not kept.issuperset(stay.items):
            continue
        visit = stay.visit
        inner = replay.trace.items[stay.items[-1]] if stay.items else None
        prefix = "" if inner is None else f"#{inner.index} " if inner.kind == "iteration" else f"{inner.index + 1}: "
        yield Bar(
            depth=len(stay.items),
            name=f"{prefix}{visit.name}",
            begin=(visit.entered_at - first).total_seconds(),
            end=(visit.left_at - first).total_seconds() if visit.left_at else last,
            open=visit.left_at is None and replay.final.get(number) in {"running", "retrying"},
            status=replay.final.get(number, "running"),
            tries=len(visit.attempts),
        )
