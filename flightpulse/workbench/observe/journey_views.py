"""Shows a journey as a text table, as a picture and as HTML."""

from html import escape
from typing import TYPE_CHECKING

from flightpulse.workbench.observe.hops import Hop, Timeline
from flightpulse.workbench.observe.payloads import Changes
from flightpulse.workbench.show import charts
from flightpulse.workbench.show import picture as pictures
from flightpulse.workbench.show.picture import Picture
from flightpulse.workbench.show.tables import LEFT, RIGHT, TABLE, Table
from flightpulse.workbench.show.words import shortened

if TYPE_CHECKING:
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


def heading(journey: Timeline) -> str:
    """What is followed, by which id, and how long it took."""
    correlation = "" if journey.correlation_id == journey.event_id else f", correlation id {journey.correlation_id}"
    told = "told" if any(hop.kind == "message" for hop in journey.hops) else "done"
    return f"{journey.title}: {told} after {journey.total_seconds:.3f} s\nevent {journey.event_id}{correlation}"


def text(journey: Timeline) -> str:
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
        for hop in journey.hops
    ]
    table = Table.of(("hop", "name", "key", "took", "share", "what happened"), rows, numbers=(3, 4))
    return f"{heading(journey)}\n{table}"


def html(journey: Timeline) -> str:
    """The hops as an HTML table; each change of a payload or an item is folded behind a word."""
    head = "".join(f"<th {LEFT}>{word}</th>" for word in ("hop", "name", "key", "took", "share", "what happened"))
    rows = "".join(f"<tr>{''.join(_cells(hop))}</tr>" for hop in journey.hops)
    said = "<br>".join(escape(line) for line in heading(journey).splitlines())
    return f"<p>{said}</p>{TABLE}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def picture(journey: Timeline) -> Picture:
    """One row per hop; a bar spans the time until the next hop, with that time and its share beside it."""
    hops = journey.hops
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
    _frame(axes, journey, max(end, 1e-6))
    return Picture.of(figure, text(journey))


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


def _frame(axes: "Axes", journey: Timeline, end: float) -> None:
    axes.set_ylim(len(journey.hops) - 0.4, -0.6)
    axes.set_xlim(0, end * 1.17)
    axes.set_yticks([])
    told = "told" if any(hop.kind == "message" for hop in journey.hops) else "done"
    title = f"{journey.title}: {told} after {journey.total_seconds:.2f} s"
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
    return "" if hop.seconds is None else charts.duration(hop.seconds)


def _share(hop: Hop) -> str:
    return "" if hop.share is None else f"{hop.share:.0%}"
