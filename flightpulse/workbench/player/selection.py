"""Chooses which items of a large Map are shown one by one: the first few, and those that did not go like the others."""

from dataclasses import dataclass

from flightpulse.workbench.player.frames import Replay

_ORDINARY = frozenset({"done"})


@dataclass(frozen=True, slots=True)
class Selection:
    """``kept`` are the items to show; ``left_out`` says for a Map's stay how many of its items are not shown."""

    kept: frozenset[int]
    left_out: dict[int, int]


def choose(replay: Replay, limit: int) -> Selection:
    """At most ``limit`` items of each Map stay, troubled ones before ordinary ones, in the order of their index."""
    troubled = _troubled(replay)
    by_owner: dict[int, list[int]] = {}
    for number, item in enumerate(replay.trace.items):
        by_owner.setdefault(item.owner, []).append(number)
    kept: set[int] = set()
    left_out: dict[int, int] = {}
    for owner, items in by_owner.items():
        if not kept.issuperset(replay.trace.stays[owner].items):
            continue
        chosen = sorted(items, key=lambda number: (number not in troubled, replay.trace.items[number].index))[:limit]
        kept.update(chosen)
        if len(items) > len(chosen):
            left_out[owner] = len(items) - len(chosen)
    return Selection(frozenset(kept), left_out)


def _troubled(replay: Replay) -> set[int]:
    """Items inside which a try failed, an error was caught, or something is not done."""
    found: set[int] = set()
    for number, stay in enumerate(replay.trace.stays):
        failed_try = any(attempt.problem for attempt in stay.visit.attempts)
        if failed_try or replay.final.get(number, "done") not in _ORDINARY:
            found.update(stay.items)
    return found
