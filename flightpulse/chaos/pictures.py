"""Draws what a storm did to passengers, with and without what protects them."""

from collections.abc import Mapping

from flightpulse.chaos.verdict import Verdict
from flightpulse.workbench.show import picture as pictures
from flightpulse.workbench.show.picture import Picture

_HARMS = (
    ("told twice", pictures.ORANGE, "//"),
    ("told old news", pictures.BLUE, ".."),
    ("not told", pictures.RED, "xx"),
)
_ROW = 0.26


def harm(verdicts: Mapping[str, Verdict]) -> Picture:
    """One group of bars for each verdict of ``disorder``, by what was on or off: messages that should not have been."""
    figure = pictures.canvas(0.9 + 3.6 * _ROW * len(verdicts))
    axes = figure.add_axes((0.24, 0.2, 0.7, 0.64))
    said = []
    for group, (label, verdict) in enumerate(verdicts.items()):
        counts = [int(verdict.figures[name]) for name, _, _ in _HARMS]
        said.append(f"{label}: {', '.join(f'{number} {item[0]}' for item, number in zip(_HARMS, counts, strict=True))}")
        for place, ((name, colour, hatch), number) in enumerate(zip(_HARMS, counts, strict=True)):
            row = group + (place - 1) * _ROW
            axes.barh(row, number, height=_ROW * 0.85, color=colour, hatch=hatch, edgecolor=pictures.INK, linewidth=0.6)
            axes.annotate(
                f"{number} {name}", (number, row), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8.5
            )
    axes.set_yticks(range(len(verdicts)), list(verdicts))
    axes.set_xlim(0, 1.3 * max(1, *(int(item.figures[name]) for item in verdicts.values() for name, _, _ in _HARMS)))
    axes.invert_yaxis()
    pictures.house_style(axes, title="The same storm, with and without what protects passengers", x="messages")
    return Picture.of(figure, "\n".join(said))
