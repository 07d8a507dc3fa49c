"""State machines for the diagram's tests, small ones by hand and any number by chance."""

from itertools import pairwise
from typing import Any

from hypothesis import strategies as st


def task(**more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", **more}


def chain(*names: str) -> dict[str, Any]:
    states = {name: task(Next=after) for name, after in pairwise(names)}
    return {"StartAt": names[0], "States": {**states, names[-1]: {"Type": "Succeed"}}}


@st.composite
def machines(draw: Any, depth: int = 2) -> dict[str, Any]:
    """Any graph: loops, jumps, states nobody reaches, Maps and Parallel states inside one another."""
    names = [f"S{number}{'x' * draw(st.integers(0, 22))}" for number in range(draw(st.integers(1, 7)))]
    states = {name: draw(_states(names, depth)) for name in names}
    return {"StartAt": names[0], "States": states}


@st.composite
def _states(draw: Any, names: list[str], depth: int) -> dict[str, Any]:
    kinds = ["Task", "Choice", "Succeed", "Pass"] + (["Map", "Parallel"] if depth else [])
    kind = draw(st.sampled_from(kinds))
    if kind == "Succeed":
        return {"Type": kind}
    if kind == "Choice":
        rules = [
            {"Condition": f"{{% $n = {number} %}}", "Next": draw(st.sampled_from(names))}
            for number in range(draw(st.integers(1, 8)))
        ]
        return {"Type": kind, "Choices": rules, "Default": draw(st.sampled_from(names))}
    state: dict[str, Any] = {"Type": kind}
    if draw(st.booleans()):
        state["Next"] = draw(st.sampled_from(names))
    else:
        state["End"] = True
    if kind != "Pass":
        state["Catch"] = [
            {"ErrorEquals": [f"E{number}"], "Next": draw(st.sampled_from(names))}
            for number in range(draw(st.integers(0, 3)))
        ]
    if kind == "Map":
        state["ItemProcessor"] = draw(machines(depth=depth - 1))
    if kind == "Parallel":
        state["Branches"] = [draw(machines(depth=depth - 1)) for _ in range(draw(st.integers(1, 3)))]
    return state
