"""Draws up, from a history alone, the part of a state machine that the run went through."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flightpulse.workbench.executions.history import Branch, History, Visit

_ITEMS_ELSEWHERE = "items not in this history"


def observed_definition(history: History) -> Mapping[str, Any] | None:
    """A definition in Amazon States Language with every state visited and every way taken, and nothing else.

    States that the run did not reach are missing, and a Choice has the ways it took, without their rules. None when no
    state was entered.
    """
    return _machine([history.visits]) if history.visits else None


def _machine(runs: Iterable[Sequence[Visit]]) -> dict[str, Any]:
    """One machine that all of these runs could have gone through: the items of a Map, a branch on each of its tries."""
    ways: dict[str, list[tuple[Visit, str | None]]] = {}
    for visits in runs:
        names = [visit.name for visit in visits[1:]]
        for number, visit in enumerate(visits):
            ways.setdefault(visit.name, []).append((visit, names[number] if number < len(names) else None))
    return {"StartAt": next(iter(ways)), "States": {name: _state(seen) for name, seen in ways.items()}}


def _state(seen: Sequence[tuple[Visit, str | None]]) -> dict[str, Any]:
    first = seen[0][0]
    state: dict[str, Any] = {"Type": first.kind}
    resource = next((attempt.resource for visit, _ in seen for attempt in visit.attempts if attempt.resource), "")
    if first.kind == "Task" and resource:
        state["Resource"] = resource
    caught = {after: visit for visit, after in seen if after and visit.status == "CAUGHT"}
    if caught:
        state["Catch"] = [
            {"ErrorEquals": [visit.problem.error if visit.problem else "States.ALL"], "Next": after}
            for after, visit in caught.items()
        ]
    following = list(dict.fromkeys(after for visit, after in seen if after and visit.status != "CAUGHT"))
    if first.kind == "Choice":
        state["Choices"] = [{"Condition": "", "Next": after} for after in following]
    elif following:
        state["Next"] = following[0]
    elif first.kind not in {"Succeed", "Fail"} and any(visit.left_at and not after for visit, after in seen):
        state["End"] = True
    return {**state, **_inside(first.kind, [branch for visit, _ in seen for branch in visit.branches])}


def _inside(kind: str, branches: Sequence[Branch]) -> dict[str, Any]:
    entered = [branch.visits for branch in branches if branch.visits]
    if kind == "Map":
        elsewhere = {"StartAt": _ITEMS_ELSEWHERE, "States": {_ITEMS_ELSEWHERE: {"Type": "Pass", "End": True}}}
        return {"ItemProcessor": _machine(entered) if entered else elsewhere}
    if kind == "Parallel":
        by_start: dict[str, list[Sequence[Visit]]] = {}
        for visits in entered:
            by_start.setdefault(visits[0].name, []).append(visits)
        return {"Branches": [_machine(runs) for runs in by_start.values()]}
    return {}
