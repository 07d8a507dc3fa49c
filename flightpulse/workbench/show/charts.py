"""Charts of a run: how long messages took, how events came and were worked off, what CloudWatch counted."""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flightpulse.errors import UserError
from flightpulse.workbench.show import picture as pictures
from flightpulse.workbench.show.picture import Picture
from flightpulse.workbench.show.words import duration

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Point = tuple[datetime, float]

_LOG_FROM = 30.0
_LABEL_FITS = 0.87
_BINS = 40
_BIN_SECONDS = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600)


def percentile(seconds: Sequence[float], part: float) -> float:
    """The smallest value that at least ``part`` (0 to 1) of the values do not exceed (nearest rank).

    Raises UserError when there are no values.
    """
    if not seconds:
        raise UserError("There are no latencies to look at.", hint="Fire something that sends messages first.")
    ordered = sorted(seconds)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


def latency_ecdf(
    seconds: Sequence[float], *, target: float | None = None, what: str = "messages", since: str = "the Kafka record"
) -> Picture:
    """Which part of the values (seconds) lies below each duration, with p50 and p95 dropped to the axis.

    ``since`` names where they begin. ``target`` (seconds) adds the line that should not be crossed. Raises UserError
    when there are no values.
    """
    p50, p95 = percentile(seconds, 0.5), percentile(seconds, 0.95)
    ordered = sorted(seconds)
    said = _said_of(ordered, p50, p95, target, what)
    figure = pictures.canvas(3.4)
    axes = figure.add_axes((0.075, 0.16, 0.89, 0.7))
    parts = [(number + 1) / len(ordered) for number in range(len(ordered))]
    first = max(0.0, ordered[0] - (ordered[-1] - ordered[0]) * 0.05)
    axes.step([first, *ordered], [0.0, *parts], where="post", color=pictures.BLUE, linewidth=1.8)
    axes.plot(ordered, parts, linestyle="", marker="o", markersize=3.5, color=pictures.BLUE)
    if ordered[0] > 0 and max(ordered[-1], target or 0.0) / ordered[0] > _LOG_FROM:
        axes.set_xscale("log")
    # One above the other: with both values close together their labels would lie on one another.
    for name, value, part, style, height in (("p50", p50, 0.5, "--", 0.02), ("p95", p95, 0.95, ":", 0.1)):
        axes.plot([value, value], [0, part], linestyle=style, color=pictures.RED, linewidth=1.4)
        far_right = axes.transAxes.inverted().transform(axes.transData.transform((value, 0)))[0] > _LABEL_FITS
        axes.annotate(
            f"{name} {duration(value)}",
            (value, height),
            xytext=(-4 if far_right else 4, 0),
            textcoords="offset points",
            ha="right" if far_right else "left",
            fontsize=8.5,
        )
    if target is not None:
        axes.axvline(target, color=pictures.INK, linewidth=1.2)
        axes.annotate(
            f"target {duration(target)} ",
            (target, 0.6),
            xytext=(-3, 0),
            textcoords="offset points",
            ha="right",
            fontsize=8.5,
        )
    axes.set_ylim(0, 1.03)
    title = f"Half of {len(ordered)} {what} within {duration(p50)}, 95 % within {duration(p95)}"
    pictures.house_style(axes, title=title, x=f"seconds from {since} to the message", y=f"share of {what}")
    return Picture.of(figure, said)


def _said_of(ordered: Sequence[float], p50: float, p95: float, target: float | None, what: str) -> str:
    said = (
        f"Latency of {len(ordered)} {what}: p50 {duration(p50)}, p95 {duration(p95)}, "
        f"fastest {duration(ordered[0])}, slowest {duration(ordered[-1])}."
    )
    if target is not None:
        within = bisect_right(ordered, target)
        said += f" {within} of {len(ordered)} are within the target of {duration(target)}."
    return said


def throughput(sent: Sequence[datetime], delivered: Sequence[datetime], *, bin_seconds: float | None = None) -> Picture:
    """How many events came in and messages went out per second, as steps of ``bin_seconds`` or a size that fits.

    Raises UserError when there are no times.
    """
    start, length = _span([*sent, *delivered])
    width = bin_seconds or next((size for size in _BIN_SECONDS if length / size <= _BINS), _BIN_SECONDS[-1])
    count = max(1, math.ceil((length + 1e-9) / width))
    edges = [number * width for number in range(count + 1)]
    figure = pictures.canvas(3.2)
    axes = figure.add_axes((0.075, 0.17, 0.89, 0.68))
    said = []
    for name, times, colour, style in (
        ("events sent", sent, pictures.RED, "--"),
        ("messages delivered", delivered, pictures.BLUE, "-"),
    ):
        rates = _rates(times, start, width, count)
        axes.stairs(rates, edges, color=colour, linestyle=style, linewidth=1.8, label=name)
        said.append(f"{len(times)} {name}, at most {max(rates):.3g} per second")
    axes.set_ylim(bottom=0)
    _legend(axes)
    pictures.house_style(axes, title="; ".join(said), x=f"seconds (steps of {width:g} s)", y="per second")
    return Picture.of(figure, f"Throughput over {length:.1f} s: {'; '.join(said)}.")


def _legend(axes: "Axes") -> None:
    """Below the axes at the right, where no line can run through it."""
    axes.legend(frameon=False, fontsize=8.5, loc="upper right", bbox_to_anchor=(1.0, -0.09), ncols=3, borderpad=0)


def _rates(times: Sequence[datetime], start: datetime, width: float, count: int) -> list[float]:
    bins = [0] * count
    for at in times:
        bins[min(count - 1, int((at - start).total_seconds() / width))] += 1
    return [number / width for number in bins]


def backlog(sent: Sequence[datetime], handled: Sequence[datetime]) -> Picture:
    """How many had been sent and how many handled at each moment; the area between them is the backlog.

    Raises UserError when there are no times.
    """
    start, length = _span([*sent, *handled])
    moments = [0.0, *sorted({(at - start).total_seconds() for at in [*sent, *handled]}), length * 1.02]
    came = _counted(sent, start, moments)
    went = _counted(handled, start, moments)
    waiting = [a - b for a, b in zip(came, went, strict=True)]
    most = max(waiting)
    when = moments[waiting.index(most)]
    figure = pictures.canvas(3.2)
    axes = figure.add_axes((0.075, 0.17, 0.89, 0.68))
    axes.step(moments, came, where="post", color=pictures.RED, linestyle="--", linewidth=1.8, label="sent")
    axes.step(moments, went, where="post", color=pictures.BLUE, linewidth=1.8, label="handled")
    axes.fill_between(
        moments, went, came, step="post", facecolor=pictures.YELLOW, alpha=0.45, hatch="..", edgecolor=pictures.DIM,
        linewidth=0, label="backlog",
    )  # fmt: skip
    _legend(axes)
    axes.set_ylim(0, max([*came, 1]) * 1.08)
    last = waiting[-1]
    title = f"{came[-1]} sent, {went[-1]} handled; at most {most} waiting, {last} at the end"
    pictures.house_style(axes, title=title, x="seconds", y="so far")
    return Picture.of(figure, f"Backlog over {length:.1f} s: {title}. The most, {most}, waited at {when:.2f} s.")


def _counted(times: Sequence[datetime], start: datetime, moments: Sequence[float]) -> list[int]:
    ordered = sorted((at - start).total_seconds() for at in times)
    return [bisect_right(ordered, moment) for moment in moments]


@dataclass(frozen=True, slots=True)
class ExecutionSpan:
    """Something that ran from one moment to another."""

    label: str
    began: datetime
    ended: datetime


def concurrency(spans: Sequence[ExecutionSpan]) -> Picture:
    """One bar for each execution on a common axis, in the order in which they began.

    Raises UserError when there are none.
    """
    start, length = _span([at for span in spans for at in (span.began, span.ended)])
    shown = [
        (item.label, (item.began - start).total_seconds(), (item.ended - start).total_seconds())
        for item in sorted(spans, key=lambda span: (span.began, span.label))
    ]
    most = max(sum(began <= moment < max(ended, began + 1e-9) for _, began, ended in shown) for _, moment, _ in shown)
    height = 0.85 + 0.24 * len(shown)
    figure = pictures.canvas(height)
    axes = figure.add_axes((0.36, 0.48 / height, 0.55, 1 - 0.83 / height))
    for row, (_, began, ended) in enumerate(shown):
        axes.barh(row, max(ended - began, length * 0.004), left=began, height=0.66, facecolor=pictures.SKY,
                  edgecolor=pictures.BLUE, hatch="//", linewidth=0.8)  # fmt: skip
        axes.annotate(duration(ended - began), (ended, row), xytext=(4, 0), textcoords="offset points", va="center",
                      fontsize=8)  # fmt: skip
    axes.set_yticks(range(len(shown)), [label for label, _, _ in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(0, length * 1.02)
    title = f"{len(shown)} executions in {duration(length)}, at most {most} at once"
    pictures.house_style(axes, title="", x="seconds")
    pictures.headline(figure, title)
    lines = [f"{label}, from {began:.2f} to {ended:.2f} s" for label, began, ended in shown]
    return Picture.of(figure, "\n".join([f"{title}:", *lines]))


def metric(series: Mapping[str, Sequence[Point]], *, title: str) -> Picture:
    """One strip of bars per metric over the same minutes. ``series`` maps a name to (time, value) points.

    Raises UserError when no metric has a point.
    """
    shown = {name: sorted(points) for name, points in series.items() if points}
    if not shown:
        raise UserError(
            f"CloudWatch has no values of {' or '.join(series) or 'any metric'} in this time.",
            hint="Fire something, or look further back.",
        )
    from matplotlib.ticker import MaxNLocator

    first = min(points[0][0] for points in shown.values())
    height = 0.75 + 0.95 * len(shown)
    figure = pictures.canvas(height)
    grid = figure.subplots(len(shown), 1, sharex=True, squeeze=False)
    figure.subplots_adjust(left=0.075, right=0.97, top=1 - 0.52 / height, bottom=0.48 / height, hspace=0.55)
    said = []
    for axes, (name, points) in zip(grid[:, 0], shown.items(), strict=True):
        minutes = [(at - first).total_seconds() / 60 for at, _ in points]
        values = [value for _, value in points]
        axes.bar(minutes, values, width=0.8, facecolor=pictures.SKY, edgecolor=pictures.BLUE, hatch="//", linewidth=0.8)
        for minute, value in zip(minutes, values, strict=True):
            axes.annotate(f"{value:g}", (minute, value), ha="center", va="bottom", fontsize=8)
        axes.set_ylim(0, max(values) * 1.4 or 1)
        axes.set_xlim(-0.7, max(1.0, max(minutes)) + 0.7)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        pictures.house_style(axes, title="", x="", y="count")
        axes.set_title(f"{name}: {sum(values):g} in all", loc="left", fontsize=9, color=pictures.INK)
        said.append(f"{name} {sum(values):g}")
    grid[-1, 0].set_xlabel(f"minutes since {first.astimezone(UTC):%H:%M} UTC", fontsize=9, color=pictures.DIM)
    pictures.headline(figure, title)
    return Picture.of(figure, f"{title}: {', '.join(said)}.")


def by_hour(counts: Mapping[str, Mapping[int, float]], *, title: str, what: str = "flights") -> Picture:
    """Stacked bars, one for each hour of a day; ``counts`` has each part's number by hour, the lowest part first.

    A pandas crosstab gives that as ``to_dict()``. Raises UserError when there is nothing to count.
    """
    hours = sorted({hour for numbers in counts.values() for hour in numbers})
    if not hours:
        raise UserError("There are no hours to draw.", hint="Choose flights that there are.")
    figure = pictures.canvas(3.2)
    axes = figure.add_axes((0.075, 0.17, 0.89, 0.68))
    below = dict.fromkeys(hours, 0.0)
    fills = ((pictures.SKY, ""), (pictures.YELLOW, ".."), (pictures.RED, "//"), (pictures.GREEN, "xx"))
    for (name, numbers), (colour, hatch) in zip(counts.items(), fills, strict=False):
        heights = [numbers.get(hour, 0) for hour in hours]
        axes.bar(hours, heights, bottom=list(below.values()), width=0.8, facecolor=colour, hatch=hatch,
                 edgecolor=pictures.INK, linewidth=0.6, label=name)  # fmt: skip
        below = {hour: below[hour] + height for hour, height in zip(hours, heights, strict=True)}
    axes.set_xticks(hours)
    _legend(axes)
    pictures.house_style(axes, title=title, x="hour, New York time", y=what)
    axes.set_xlabel(axes.get_xlabel(), loc="left")
    said = [
        f"{name} {sum(numbers.values()):g}, most at {max(numbers, key=lambda hour: numbers[hour])}:00"
        for name, numbers in counts.items()
    ]
    return Picture.of(figure, f"{title}. {what.capitalize()} by hour: {'; '.join(said)}.")


def _span(times: Sequence[datetime]) -> tuple[datetime, float]:
    if not times:
        raise UserError("There are no times to draw.", hint="Fire something first.")
    return min(times), max((max(times) - min(times)).total_seconds(), 0.001)
