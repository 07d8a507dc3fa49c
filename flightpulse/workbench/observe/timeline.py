"""What became of an event, hop by hop: as a text table, as a picture, as HTML and as a DataFrame."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

from flightpulse.workbench.observe.hops import Hop, total_seconds
from flightpulse.workbench.observe.payloads import Changes
from flightpulse.workbench.show import frames
from flightpulse.workbench.show import picture as pictures
from flightpulse.workbench.show.picture import Picture, PictureAndWords
from flightpulse.workbench.show.tables import LEFT, RIGHT, TABLE, Table
from flightpulse.workbench.show.words import duration, shortened

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

SIGNS = {
    "kafka": ("≡", "Kafka record", pictures.BLACK),
    "consumer": ("λ", "consumer", pictures.ORANGE),
    "bus": ("⇄", "bus event", pictures.PURPLE),
    "rule": ("⊢", "rule", pictures.PURPLE),
    "execution": ("▶", "execution", pictures.BLUE),
    "state": ("□", "state", pictures.SKY),
    "item": ("▪", "item", pictures.GREEN),
    "message": ("✉", "message", pictures.RED),
    "audit": ("✎", "audit", pictures.YELLOW),
}
"""Glyph, word and colour of each kind of hop."""

_ROW_HEIGHT = 0.235
_MARGIN = 0.95
_LONGEST_KEY = 44
_LONGEST_CHANGE = 90


@dataclass(frozen=True)
class Journey(PictureAndWords):
    """The hops of one event, or of one booking of its flight, in the order in which they happened.

    It shows as a picture and as a table, and gives a DataFrame.
    """

    title: str
    event_id: str
    correlation_id: str
    hops: tuple[Hop, ...]
    booking_id: str = ""

    @cached_property
    def total_seconds(self) -> float:
        """From the Kafka record (or the first hop that is known) to the last message, or to the end without one."""
        return total_seconds(self.hops)

    def path(self) -> list[str]:
        """The hops' names, parallel branches one after the other: the same whenever the same thing happens."""
        return [hop.name for hop in sorted(self.hops, key=lambda hop: hop.place)]

    def hop(self, name: str) -> Hop:
        """The first hop of this name or kind. Raises KeyError, naming what there is."""
        found = next((hop for hop in self.hops if name in {hop.name, hop.kind}), None)
        if found is None:
            raise KeyError(f"no hop {name!r}; there are {', '.join(dict.fromkeys(self.path()))}")
        return found

    def changes(self, name: str) -> Changes:
        """What the hop of this name or kind changed in the payload or the item. Raises KeyError."""
        return self.hop(name).changes

    def of_kind(self, kind: str) -> list[Hop]:
        """The hops of one of the ``KINDS``."""
        return [hop for hop in self.hops if hop.kind == kind]

    def to_frame(self) -> "pd.DataFrame":
        """One row per hop, in the order in which they happened; ``took`` is the time until the next hop."""
        columns = ("kind", "name", "key", "at", "took", "share", "depth", "said")
        took = ({"took": None if hop.seconds is None else timedelta(seconds=hop.seconds)} for hop in self.hops)
        rows = (
            {name: getattr(hop, name, None) for name in columns} | waited
            for hop, waited in zip(self.hops, took, strict=True)
        )
        return frames.frame(rows, columns=columns, categories=("kind",))

    @property
    def heading(self) -> str:
        """What is followed, by which id, and how long it took."""
        correlation = "" if self.correlation_id == self.event_id else f", correlation id {self.correlation_id}"
        told = "told" if any(hop.kind == "message" for hop in self.hops) else "done"
        return f"{self.title}: {told} after {self.total_seconds:.3f} s\nevent {self.event_id}{correlation}"

    def text(self) -> str:
        """The hops as a text table, one line each."""
        rows = [
            (
                f"{SIGNS[hop.kind][0]} {SIGNS[hop.kind][1]}",
                f"{'  ' * hop.depth}{hop.name}",
                shortened(hop.key, _LONGEST_KEY),
                _took(hop),
                _share(hop),
                shortened(_happened(hop), _LONGEST_CHANGE),
            )
            for hop in self.hops
        ]
        table = Table.of(("hop", "name", "key", "took", "share", "what happened"), rows, numbers=(3, 4))
        return f"{self.heading}\n{table}"

    def html(self) -> str:
        """The hops as an HTML table; each change of a payload or an item is folded behind a word."""
        head = "".join(f"<th {LEFT}>{word}</th>" for word in ("hop", "name", "key", "took", "share", "what happened"))
        rows = "".join(f"<tr>{''.join(_cells(hop))}</tr>" for hop in self.hops)
        said = "<br>".join(escape(line) for line in self.heading.splitlines())
        return f"<p>{said}</p>{TABLE}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"

    def picture(self) -> Picture:
        """One row per hop; a bar spans the time until the next hop, with that time and its share beside it."""
        hops = self.hops
        height = _MARGIN + _ROW_HEIGHT * max(1, len(hops))
        figure = pictures.canvas(height)
        axes = figure.add_axes((0.36, 0.5 / height, 0.6, 1 - _MARGIN / height))
        first = next((hop.at for hop in hops if hop.at is not None), None)
        moment = end = 0.0
        for row, hop in enumerate(hops):
            _label(axes, row, hop)
            beside = (hop.at - first).total_seconds() if hop.kind == "audit" and hop.at and first else None
            moment = _bar(axes, row, hop, moment, beside)
            end = max(end, moment, beside or 0.0)
        _frame(axes, self, max(end, 1e-6))
        alt = f"{self.title}: {len(self.hops)} hops in {self.total_seconds:.3f} s."
        return Picture.of(figure, self.text(), alt=alt)

    def _words(self, said: str) -> dict[str, str]:
        folded = f"<details><summary>The {len(self.hops)} hops as a table</summary>{self.html()}</details>"
        return {"text/html": folded, "text/plain": said}

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return self.text()


def _label(axes: "Axes", row: int, hop: Hop) -> None:
    glyph, word, colour = SIGNS[hop.kind]
    shown = pictures.INK if hop.kind in {"audit", "kafka"} else colour
    at_left = axes.get_yaxis_transform()
    axes.text(-0.585, row, glyph, transform=at_left, va="center", ha="center", fontsize=9, color=shown)
    axes.text(-0.57, row, word, transform=at_left, va="center", fontsize=7.5, color=pictures.DIM)
    name = shortened(hop.name, 38 - 2 * hop.depth)
    left = -0.425 + 0.012 * hop.depth
    axes.text(left, row, name, transform=at_left, va="center", fontsize=8, color=pictures.INK)


def _bar(axes: "Axes", row: int, hop: Hop, moment: float, at: float | None) -> float:
    """Draw a hop that begins at a moment (seconds), and return the moment at which the next one begins.

    ``at`` is where a hop lies that is beside the way.
    """
    _, _, colour = SIGNS[hop.kind]
    if hop.seconds is None:
        axes.plot([moment if at is None else at], [row], marker="|", markersize=7, color=colour, zorder=3)
        return moment
    end = moment + hop.seconds
    axes.barh(row, hop.seconds, left=moment, height=0.62, facecolor=colour, edgecolor=pictures.INK, linewidth=0.5)
    axes.plot([moment], [row], marker="o", markersize=3.2, color=pictures.INK, zorder=3)
    share = f"  {_share(hop)}" if hop.share and hop.share >= 0.005 else ""
    axes.annotate(
        f"{_took(hop)}{share}", (end, row), xytext=(5, 0), textcoords="offset points", va="center", fontsize=7.5
    )
    return end


def _frame(axes: "Axes", journey: Journey, end: float) -> None:
    axes.set_ylim(len(journey.hops) - 0.4, -0.6)
    axes.set_xlim(0, end * 1.17)
    axes.set_yticks([])
    title = journey.heading.splitlines()[0]
    pictures.house_style(axes, title="", x="seconds since the record was written to Kafka")
    axes.text(
        -0.59, 1.0, title, transform=axes.transAxes, fontsize=10.5, fontweight="bold", color=pictures.INK, va="bottom"
    )
    axes.spines["left"].set_visible(False)


def _cells(hop: Hop) -> list[str]:
    glyph, word, _ = SIGNS[hop.kind]
    indent = "\N{NO-BREAK SPACE}" * (3 * hop.depth)
    name = hop.name.replace(" ", "\N{NO-BREAK SPACE}")
    left = [f"{glyph}\N{NO-BREAK SPACE}{word}", f"{indent}{name}", hop.key]
    cells = [f"<td {LEFT}>{escape(cell)}</td>" for cell in left]
    times = [text.replace(" ", "\N{NO-BREAK SPACE}") for text in (_took(hop), _share(hop))]
    cells += [f"<td {RIGHT}>{escape(cell)}</td>" for cell in times]
    return [*cells, f"<td {LEFT}>{escape(hop.said)}{_folded(hop.changes)}</td>"]


def _folded(changes: Changes) -> str:
    if not changes:
        return ""
    lines = [f"+ {key}" for key in changes.added] + [f"− {key}" for key in changes.removed]
    lines += [f"~ {change.key}: {change.before} → {change.after}" for change in changes.changed]
    counts = ((len(changes.added), "new"), (len(changes.removed), "gone"), (len(changes.changed), "changed"))
    word = ", ".join(f"{number} {what}" for number, what in counts if number)
    shown = "<br>".join(escape(line) for line in lines)
    return f"<details><summary>{word}</summary>{shown}</details>"


def _happened(hop: Hop) -> str:
    """What changed where a reader wants to know it; what a state does with its input is too much for a line."""
    return hop.changes.brief() or hop.said if hop.kind in {"bus", "rule", "item"} else hop.said


def _took(hop: Hop) -> str:
    return "" if hop.seconds is None else duration(hop.seconds)


def _share(hop: Hop) -> str:
    return "" if hop.share is None else f"{hop.share:.0%}"
