"""Says a state machine as indented text: what a reader without the picture needs, and what a test compares."""

from collections.abc import Iterator

from flightpulse.workbench.diagram.definition import Edge, Scope, State
from flightpulse.workbench.diagram.marks import Marks
from flightpulse.workbench.diagram.sizes import kind_line

_STEP = "    "


def write(scope: Scope, marks: Marks) -> str:
    """One line per state with its kind, one per way out; what runs inside a state stands below it, further in."""
    return "\n".join(_scope(scope, marks, "")) + "\n"


def _scope(scope: Scope, marks: Marks, indent: str) -> Iterator[str]:
    yield f"{indent}starts at {scope.states[scope.start].name}"
    for state in scope.states.values():
        yield from _state(state, scope, marks, indent)


def _state(state: State, scope: Scope, marks: Marks, indent: str) -> Iterator[str]:
    mark = marks.states.get(state.path)
    yield f"{indent}{state.name} ({kind_line(state)}){f': {mark.line}' if mark else ''}"
    for edge in state.edges:
        taken = edge.key in marks.taken
        yield f"{indent}{_STEP}{_edge(edge, scope)}{' (taken)' if taken else ''}"
    if state.ends:
        yield f"{indent}{_STEP}■ ends here"
    for inner in state.scopes:
        yield f"{indent}{_STEP}{inner.label}:"
        yield from _scope(inner, marks, indent + 2 * _STEP)


def _edge(edge: Edge, scope: Scope) -> str:
    target = scope.states[edge.target].name
    if edge.kind == "next":
        return f"→ {target}"
    if edge.kind == "default":
        return f"? otherwise → {target}"
    return f"{'!' if edge.kind == 'catch' else '?'} {edge.label} → {target}"
