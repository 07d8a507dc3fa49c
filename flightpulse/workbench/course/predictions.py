"""A score sheet for the predictions that the notebooks ask for: how many there were, how many came true."""

import re
from collections.abc import Mapping
from pathlib import Path

from flightpulse import paths
from flightpulse.errors import UserError
from flightpulse.workbench.show.tables import Table

_NOTEBOOKS = paths.ROOT / "notebooks" / "src"
_PREDICT = re.compile(r"^# \*\*Predict:\*\*", re.MULTILINE)
_TITLE = re.compile(r"^# # (?P<title>.+)$", re.MULTILINE)


def asked(folder: Path = _NOTEBOOKS) -> dict[str, tuple[str, int]]:
    """By the number of a notebook: its title, and how many predictions it asks for."""
    texts = {path.name[:2]: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))}
    return {
        number: (found["title"], len(_PREDICT.findall(text)))
        for number, text in texts.items()
        if (found := _TITLE.search(text))
    }


def sheet(right: Mapping[str, int], folder: Path = _NOTEBOOKS) -> Table:
    """What came true, by notebook, from how many you counted: ``{"00": 4, "06": 3}``; those left out were not read.

    Raises UserError for a notebook that there is not, or more right than it asks for.
    """
    known = asked(folder)
    for number, count in right.items():
        if number not in known:
            raise UserError(f"There is no notebook {number!r}.", hint=f"There are: {', '.join(known)}.")
        if not 0 <= count <= known[number][1]:
            raise UserError(f"Notebook {number} asks for {known[number][1]} predictions, so {count} cannot be right.")
    rows = [
        (number, title, str(right[number]) if number in right else "○", str(count))
        for number, (title, count) in known.items()
    ]
    of = sum(known[number][1] for number in right)
    note = f"{sum(right.values())} of {of} came true." if right else "Nothing is counted yet."
    return Table.of(("", "notebook", "came true", "asked"), rows, numbers=(2, 3), note=note)
