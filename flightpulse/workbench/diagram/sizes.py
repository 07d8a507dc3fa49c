"""How much room a state's text needs, without a font at hand: the widths are those of a wide sans serif, in pixels."""

import re
from dataclasses import dataclass

from flightpulse.workbench.diagram.definition import Edge, State

NAME_SIZE = 13
TEXT_SIZE = 11
NAME_LINE = 17
TEXT_LINE = 15
PADDING = 10
_MIN_WIDTH = 168
_MAX_WIDTH = 250
_MAX_NAME_LINES = 4
_NARROW = frozenset("ijltfrI.,:;'|!()[]{} -·")
_WIDE = frozenset("mwMW@%—…")


@dataclass(frozen=True, slots=True)
class BoxText:
    """The lines of a state's box. ``rows`` are its ways out by the side, ``exit_label`` the word at the bottom one."""

    name: tuple[str, ...]
    kind: str
    rows: tuple[str, ...]
    width: int
    height: int


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """An upper guess of the width of a line, good for DejaVu Sans and anything narrower."""
    units = sum(0.36 if char in _NARROW else 0.98 if char in _WIDE else _plain(char) for char in text)
    return units * size * (1.1 if bold else 1.0)


def _plain(char: str) -> float:
    if ord(char) > 0x2E80:
        return 1.05
    return 0.72 if char.isupper() else 0.62


def box_text(state: State, rows: tuple[Edge, ...], *, with_status: bool) -> BoxText:
    """The text of a state's box and the size it needs, if wanted with room for a line that says how it fared."""
    limit = _MAX_WIDTH - 2 * PADDING
    name = tuple(wrapped(state.name, limit, NAME_SIZE, _MAX_NAME_LINES))
    kind = shortened(kind_line(state), limit)
    shown = tuple(shortened(row_text(edge), limit) for edge in rows)
    needed = max(
        [text_width(line, NAME_SIZE, bold=True) for line in name]
        + [text_width(line, TEXT_SIZE) for line in (kind, *shown)]
    )
    width = max(_MIN_WIDTH, _to_even(needed + 2 * PADDING + 2))
    height = 2 * PADDING - 2 + NAME_LINE * len(name) + TEXT_LINE * (1 + with_status + len(shown))
    return BoxText(name, kind, shown, width, height)


def kind_line(state: State) -> str:
    return " · ".join(filter(None, [state.kind, state.resource, state.notes]))


def row_text(edge: Edge) -> str:
    """A way out as the row of a box says it: ``! any error`` for a catch, ``? $more`` for a rule."""
    return f"{'!' if edge.kind == 'catch' else '?'} {edge.label}"


def shortened(text: str, limit: float) -> str:
    if text_width(text, TEXT_SIZE) <= limit:
        return text
    kept = text
    while kept and text_width(kept + "…", TEXT_SIZE) > limit:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def wrapped(name: str, limit: float, size: float, lines: int) -> list[str]:
    """A name broken where words of CamelCase, dashes and spaces allow, at most so many lines."""
    words = [word for word in re.split(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[\s_\-.])", name) if word]
    found: list[str] = [""]
    for word in words:
        for piece in _pieces(word, limit, size):
            if text_width(found[-1] + piece, size, bold=True) > limit and found[-1]:
                found.append("")
            found[-1] += piece
    found = [line.strip() for line in found]
    if len(found) > lines:
        found = [*found[: lines - 1], found[lines - 1][:-1] + "…"]
    return found


def _pieces(word: str, limit: float, size: float) -> list[str]:
    pieces = [""]
    for char in word:
        if text_width(pieces[-1] + char, size, bold=True) > limit:
            pieces.append("")
        pieces[-1] += char
    return pieces


def _to_even(value: float) -> int:
    return int(-(-value // 2) * 2)
