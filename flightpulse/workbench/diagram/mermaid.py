"""Writes a state machine as Mermaid text, which GitHub draws in a README."""

from collections.abc import Iterator

from flightpulse.workbench.diagram.definition import Edge, Scope, State


def write(scope: Scope) -> str:
    """A ``flowchart`` with a subgraph for each Map and each branch of a Parallel state."""
    numbers = {state.path: f"s{number}" for number, state in enumerate(scope.walk())}
    return "\n".join(["flowchart TD", *_scope(scope, numbers, "  ", "begin")]) + "\n"


def _scope(scope: Scope, numbers: dict[str, str], indent: str, begin: str) -> Iterator[str]:
    yield f"{indent}{begin}(( )) --> {numbers[scope.start]}"
    for state in scope.states.values():
        yield from _state(state, numbers, indent)
    for state in scope.states.values():
        for edge in state.edges:
            yield f"{indent}{_edge(edge, numbers)}"


def _state(state: State, numbers: dict[str, str], indent: str) -> Iterator[str]:
    me = numbers[state.path]
    if not state.scopes:
        opening, closing = _SHAPES.get(state.kind, ("[", "]"))
        yield f'{indent}{me}{opening}"{_quoted(state.name)}"{closing}'
        return
    yield f'{indent}subgraph {me}["{_quoted(f"{state.name} ({state.kind})")}"]'
    for number, inner in enumerate(state.scopes):
        if len(state.scopes) == 1:
            yield from _scope(inner, numbers, indent + "  ", f"{me}b{number}")
        else:
            yield f'{indent}  subgraph {me}g{number}["{_quoted(inner.label)}"]'
            yield from _scope(inner, numbers, indent + "    ", f"{me}b{number}")
            yield f"{indent}  end"
    yield f"{indent}end"


_SHAPES = {"Choice": ("{", "}"), "Succeed": ("([", "])"), "Fail": ("([", "])"), "Wait": ("(", ")")}


def _edge(edge: Edge, numbers: dict[str, str]) -> str:
    arrow = "-.->" if edge.kind == "catch" else "-->"
    label = f'|"{_quoted(edge.label)}"|' if edge.label else ""
    return f"{numbers[edge.source]} {arrow}{label} {numbers[edge.target]}"


def _quoted(text: str) -> str:
    """Text that Mermaid takes as it is: its own signs are written as entities."""
    return "".join(f"#{ord(char)};" if char in '"#<>;`{}|\\' else char for char in " ".join(text.split()))
