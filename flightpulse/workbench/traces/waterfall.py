"""A trace drawn as bars on a common axis, as X-Ray's timeline shows it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from flightpulse.workbench.show import picture as pictures
from flightpulse.workbench.show.picture import Picture
from flightpulse.workbench.show.words import duration, shortened

if TYPE_CHECKING:
    from flightpulse.workbench.traces.trace import Span

_COLOURS = {
    "segment": (pictures.BLUE, ""),
    "call": (pictures.ORANGE, "//"),
    "part": (pictures.SKY, ""),
}
_SAID = {"segment": "a service's own work", "call": "a call of an AWS service", "part": "a state, or a phase"}
_LONGEST_LABEL = 56
_LABELS_UNTIL = 0.36


def draw(spans: Sequence["Span"], *, at_least: float, rows: int) -> Picture:
    """The spans as bars, those that are nested further to the right in their names."""
    seen = [span for span in spans if span.kind != "inferred"]
    start, end = min(span.began_at for span in seen), max(span.ended_at for span in seen)
    whole = end - start
    shown = _longest(seen, whole, at_least, rows)
    length = max(whole.total_seconds(), 1e-6)
    height = 0.95 + 0.2 * len(shown)
    figure = pictures.canvas(height)
    axes = figure.add_axes((_LABELS_UNTIL, 0.5 / height, 0.97 - _LABELS_UNTIL, 1 - 0.95 / height))
    for row, span in enumerate(shown):
        began, took = (span.began_at - start).total_seconds(), span.took.total_seconds()
        colour, hatch = _COLOURS[span.kind]
        axes.barh(
            row,
            max(took, length * 0.002),
            left=began,
            height=0.68,
            facecolor=colour,
            edgecolor=pictures.RED if span.problem else pictures.INK,
            hatch=hatch,
            linewidth=1.6 if span.problem else 0.4,
            label=_SAID[span.kind] if _is_first(span, shown[:row]) else None,
        )
        right = began + took > length * 0.86
        axes.annotate(
            f"{duration(took)}{f' {span.problem}' if span.problem else ''}",
            (began if right else began + took, row),
            xytext=(-4 if right else 4, 0),
            textcoords="offset points",
            ha="right" if right else "left",
            va="center",
            fontsize=7.5,
        )
    axes.set_yticks(range(len(shown)), [_label(span) for span in shown])
    for tick in axes.get_yticklabels():
        tick.set_horizontalalignment("left")
    pictures.house_style(axes, title="", x="seconds since the record was written")
    axes.tick_params(axis="y", pad=_LABELS_UNTIL * figure.get_figwidth() * 72 - 12, length=0, labelsize=7.5)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(0, length * 1.02)
    figure.legend(
        frameon=False, fontsize=7, loc="upper right", bbox_to_anchor=(0.99, 1 - 0.03 / height), ncols=3,
        columnspacing=1.0, handlelength=1.4,
    )  # fmt: skip
    left_out = len(seen) - len(shown)
    title = f"{len(seen)} spans in {duration(length)}" + (f", the {left_out} shortest not drawn" if left_out else "")
    pictures.headline(figure, title)
    lines = [
        f"{'  ' * span.depth}{span.label}: from {(span.began_at - start).total_seconds():.3f} s, "
        f"{duration(span.took.total_seconds())}{f', {span.problem}' if span.problem else ''}"
        for span in shown
    ]
    return Picture.of(figure, "\n".join([f"{title}:", *lines]))


def _longest(spans: Sequence["Span"], whole: timedelta, at_least: float, rows: int) -> list["Span"]:
    """What takes its part of the whole, and whatever went wrong, with all that it is nested in."""
    enough = [span for span in spans if span.took >= whole * at_least or span.problem or not span.depth]
    enough.sort(key=lambda span: (bool(span.problem), span.took), reverse=True)
    by_id = {span.span_id: span for span in spans}
    kept: set[str] = set()
    for span in enough:
        chain = []
        above: Span | None = span
        while above is not None and above.span_id not in kept:
            chain.append(above.span_id)
            above = by_id.get(above.parent_id)
        if len(kept) + len(chain) <= rows:
            kept.update(chain)
    return [span for span in spans if span.span_id in kept]


def _is_first(span: "Span", before: Sequence["Span"]) -> bool:
    return all(other.kind != span.kind for other in before)


def _label(span: "Span") -> str:
    text = "  " * span.depth + span.label.removeprefix("FlightPulse-")
    return shortened(text, _LONGEST_LABEL)
