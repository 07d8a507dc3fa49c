"""The visits of a run as a table: what a reader gets where nothing can be played, and what a test compares."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from flightpulse.workbench.diagram.marks import SIGNS
from flightpulse.workbench.diagram.sizes import shortened
from flightpulse.workbench.player import selection
from flightpulse.workbench.player.captions import duration
from flightpulse.workbench.player.frames import TROUBLE_FIRST, Replay
from flightpulse.workbench.show.tables import LEFT, TABLE
from flightpulse.workbench.show.words import counted

_ITEMS_SHOWN = 10
_ERROR_WIDTH = 420
_HEADINGS = ("state", "item", "result", "tries", "took", "error")


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One visit, or one line for many items that went the same way. ``depth`` is how deep it is inside Maps."""

    depth: int
    state: str
    item: str
    result: str
    tries: str
    took: str
    error: str

    @property
    def cells(self) -> tuple[str, ...]:
        return (f"{'  ' * self.depth}{self.state}", self.item, self.result, self.tries, self.took, self.error)


@dataclass(frozen=True, slots=True)
class VisitTable:
    """Rows with their text and their HTML form."""

    rows: Sequence[VisitRow]
    left_out: int = 0

    def __str__(self) -> str:
        lines = [_HEADINGS, *(row.cells for row in self.rows)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
        shown = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
        ]
        shown.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join([*shown, *([f"… and {counted(self.left_out, 'more line')}"] if self.left_out else [])])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        # A notebook's own sheet sets cells to the right; inside the player its sheet says otherwise.
        return self.html(f" {LEFT}")

    def html(self, side: str = "") -> str:
        """A plain table, readable where every style is stripped; ``side`` goes into every cell's tag."""
        head = "".join(f"<th{side}>{heading}</th>" for heading in _HEADINGS)
        body = "".join(f"<tr>{_cells(row, side)}</tr>" for row in self.rows)
        more = f"<p>… and {counted(self.left_out, 'more line')}.</p>" if self.left_out else ""
        return f"{TABLE}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"

    def first(self, number: int) -> "VisitTable":
        """The same table with at most so many rows."""
        return VisitTable(self.rows[:number], self.left_out + max(0, len(self.rows) - number))


def _cells(row: VisitRow, side: str) -> str:
    name = "\N{NO-BREAK SPACE}" * (2 * row.depth) + row.state
    return "".join(f"<td{side}>{escape(cell, quote=False)}</td>" for cell in (name, *row.cells[1:]))


def table(replay: Replay) -> VisitTable:
    """One row per visit in the order of the tree; items of a large Map that went like others share a line."""
    chosen = selection.choose(replay, _ITEMS_SHOWN)
    return VisitTable(list(_rows(replay, chosen)))


def _rows(replay: Replay, chosen: selection.Selection) -> Iterator[VisitRow]:
    """Stays come parents first, so what was left out of a Map is told when the rows of its items are over."""
    pending: list[int] = []
    for number, stay in enumerate(replay.trace.stays):
        while pending and not any(replay.trace.items[item].owner == pending[-1] for item in stay.items):
            yield _left_out(replay, chosen, pending.pop())
        if chosen.kept.issuperset(stay.items):
            yield _row(replay, number)
            if number in chosen.left_out:
                pending.append(number)
    while pending:
        yield _left_out(replay, chosen, pending.pop())


def _row(replay: Replay, number: int) -> VisitRow:
    stay = replay.trace.stays[number]
    visit = stay.visit
    status = replay.final.get(number, "running")
    problem = visit.problem if status != "done" else None
    failed = [attempt.problem.error for attempt in visit.attempts if attempt.problem]
    error = problem.error if problem else ", ".join(dict.fromkeys(failed))
    return VisitRow(
        depth=len(stay.items),
        state=visit.name,
        item=" ".join(_item(replay, item) for item in stay.items),
        result=f"{SIGNS[status].glyph} {SIGNS[status].word}",
        tries=str(len(visit.attempts)) if visit.attempts else "",
        took=duration(visit.seconds) if visit.seconds is not None else "",
        error=shortened(error, _ERROR_WIDTH),
    )


def _item(replay: Replay, number: int) -> str:
    item = replay.trace.items[number]
    again = f" (try {item.attempt})" if item.attempt > 1 else ""
    return f"#{item.index}{again}" if item.kind == "iteration" else f"branch {item.index + 1}{again}"


def _left_out(replay: Replay, chosen: selection.Selection, owner: int) -> VisitRow:
    stay = replay.trace.stays[owner]
    hidden = {
        number for number, item in enumerate(replay.trace.items) if item.owner == owner and number not in chosen.kept
    }
    worst = _worst(replay.final.get(n, "running") for n, s in enumerate(replay.trace.stays) if hidden & set(s.items))
    return VisitRow(
        depth=len(stay.items) + 1,
        state=f"… {counted(len(hidden), 'more item')} of {stay.visit.name}",
        item="",
        result=f"{SIGNS[worst].glyph} {SIGNS[worst].word}",
        tries="",
        took="",
        error="",
    )


def _worst(statuses: Iterable[str]) -> str:
    return min(statuses, key=TROUBLE_FIRST.index, default="done")
