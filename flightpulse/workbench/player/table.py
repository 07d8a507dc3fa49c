"""The visits of a run as a table: what a reader gets where nothing can be played, and what a test compares."""

from collections.abc import Iterator

from flightpulse.workbench.diagram.marks import SIGNS
from flightpulse.workbench.player.frames import TROUBLE_FIRST, Replay
from flightpulse.workbench.show.tables import INDENT, Table
from flightpulse.workbench.show.words import counted, duration, shortened

_ITEMS_SHOWN = 10
_LONGEST_ERROR = 60
_HEADINGS = ("state", "item", "result", "tries", "took", "error")


def table(replay: Replay) -> Table:
    """One row per visit in the order of the tree; items of a large Map that went like others share a line."""
    return Table.of(_HEADINGS, _rows(replay, kept_items(replay, _ITEMS_SHOWN)))


def kept_items(replay: Replay, limit: int) -> frozenset[int]:
    """The items to show one by one: at most ``limit`` of each Map, troubled ones before ordinary ones."""
    trace, troubled = replay.trace, _troubled(replay)
    by_owner: dict[int, list[int]] = {}
    for number, item in enumerate(trace.items):
        by_owner.setdefault(item.owner, []).append(number)
    kept: set[int] = set()
    for owner, items in by_owner.items():
        if kept.issuperset(trace.stays[owner].items):
            kept.update(sorted(items, key=lambda number: (number not in troubled, trace.items[number].index))[:limit])
    return frozenset(kept)


def _troubled(replay: Replay) -> set[int]:
    """Items inside which a try failed, an error was caught, or something is not done."""
    found: set[int] = set()
    for number, stay in enumerate(replay.trace.stays):
        failed_try = any(attempt.problem for attempt in stay.visit.attempts)
        if failed_try or replay.final.get(number, "done") != "done":
            found.update(stay.items)
    return found


def _rows(replay: Replay, kept: frozenset[int]) -> Iterator[tuple[str, ...]]:
    """Stays come parents first, so what was left out of a Map is told when the rows of its items are over."""
    trace = replay.trace
    hidden: dict[int, set[int]] = {}
    for number, item in enumerate(trace.items):
        if number not in kept:
            hidden.setdefault(item.owner, set()).add(number)
    pending: list[int] = []
    for number, stay in enumerate(trace.stays):
        while pending and not any(trace.items[item].owner == pending[-1] for item in stay.items):
            owner = pending.pop()
            yield _left_out(replay, owner, hidden[owner])
        if kept.issuperset(stay.items):
            yield _row(replay, number)
            if number in hidden:
                pending.append(number)
    for owner in reversed(pending):
        yield _left_out(replay, owner, hidden[owner])


def _row(replay: Replay, number: int) -> tuple[str, ...]:
    stay = replay.trace.stays[number]
    visit = stay.visit
    status = replay.final.get(number, "running")
    problem = visit.problem if status != "done" else None
    failed = [attempt.problem.error for attempt in visit.attempts if attempt.problem]
    error = problem.error if problem else ", ".join(dict.fromkeys(failed))
    return (
        INDENT * len(stay.items) + visit.name,
        " ".join(_item(replay, item) for item in stay.items),
        f"{SIGNS[status].glyph} {SIGNS[status].word}",
        str(len(visit.attempts)) if visit.attempts else "",
        duration(visit.seconds) if visit.seconds is not None else "",
        shortened(error, _LONGEST_ERROR),
    )


def _item(replay: Replay, number: int) -> str:
    item = replay.trace.items[number]
    again = f" (try {item.attempt})" if item.attempt > 1 else ""
    return f"#{item.index}{again}" if item.kind == "iteration" else f"branch {item.index + 1}{again}"


def _left_out(replay: Replay, owner: int, hidden: set[int]) -> tuple[str, ...]:
    stays = replay.trace.stays
    fared = (replay.final.get(number, "running") for number, stay in enumerate(stays) if hidden & set(stay.items))
    worst = min(fared, key=TROUBLE_FIRST.index, default="done")
    more = f"… {counted(len(hidden), 'more item')} of {stays[owner].visit.name}"
    indent = INDENT * (len(stays[owner].items) + 1)
    return (indent + more, "", f"{SIGNS[worst].glyph} {SIGNS[worst].word}", "", "", "")
