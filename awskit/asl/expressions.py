"""Looks at JSONata expressions without evaluating them: what Step Functions refuses when a workflow is created.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

import functools
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from jsonata.jsonata import Jsonata
from jsonata.parser import Parser

STEP_FUNCTIONS = frozenset({"partition", "range", "hash", "random", "uuid", "parse"})
"""Functions that Step Functions adds to JSONata's own."""


class SyntaxProblem(Exception):  # noqa: N818
    """The text is no JSONata; the message is the parser's."""


def problems(expression: str, *, states: Collection[str]) -> Iterator[str]:
    """What is wrong with an expression (without its delimiters), one phrase each.

    ``states`` are the members that ``$states`` has where the expression stands. Raises SyntaxProblem.
    """
    for node, has_context in _parsed(expression):
        kind, value = getattr(node, "type", None), getattr(node, "value", None)
        if kind == "variable" and value == "$":
            yield "$$ has no value here; the state's input is $states.input"
        elif kind == "variable" and value == "eval":
            yield "the function $eval is not supported"
        elif kind == "name" and not has_context:
            yield f"{value!r} is a name without a context; did you mean $states.input.{value}?"
        elif kind == "path":
            member = _states_member(node)
            if member is not None and member not in states:
                yield f"$states.{member} is not available in this field"


def unknown_variables(expression: str, *, variables: Collection[str]) -> list[str]:
    """Names of variables in an expression that neither it nor the workflow (``variables``) assigns, in order.

    Step Functions accepts them; when such a state runs, it fails. Raises SyntaxProblem.
    """
    nodes = [node for node, _ in _parsed(expression)]
    known = {"", "$", "eval", "states", *variables, *_functions(), *_bound(nodes)}
    used = (node.value for node in nodes if getattr(node, "type", None) == "variable")
    return list(dict.fromkeys(name for name in used if name not in known))


@functools.lru_cache(maxsize=4096)
def _parsed(expression: str) -> tuple[tuple[Any, bool], ...]:
    """Every node of an expression, and whether something is in focus there that a bare name can be a member of."""
    try:
        return tuple(_nodes(Jsonata(expression).ast, has_context=False))
    except Exception as error:  # on bad input the parser also fails in ways of its own
        raise SyntaxProblem(str(error)) from error


@functools.cache
def _functions() -> frozenset[str]:
    return STEP_FUNCTIONS | frozenset(Jsonata("1").environment.parent.bindings)


def _states_member(path: Any) -> str | None:
    """The member that a path takes of ``$states``; None for other paths."""
    steps = getattr(path, "steps", None) or []
    if len(steps) < 2 or getattr(steps[0], "type", "") != "variable" or steps[0].value != "states":
        return None
    return str(steps[1].value) if steps[1].type == "name" else None


def _bound(nodes: Iterable[Any]) -> Iterator[str]:
    """Variables that the expression itself binds: by ``:=``, as parameters, by ``@`` and ``#``."""
    for node in nodes:
        kind = getattr(node, "type", None)
        if kind == "bind":
            yield node.lhs.value
        elif kind == "lambda":
            yield from (argument.value for argument in node.arguments)
        yield from (name for field in ("focus", "index") if isinstance(name := getattr(node, field, None), str))


def _nodes(node: Any, *, has_context: bool) -> Iterator[tuple[Any, bool]]:
    if isinstance(node, list | tuple):
        for item in node:
            yield from _nodes(item, has_context=has_context)
        return
    if not isinstance(node, Parser.Symbol):
        return
    yield node, has_context
    for field, child in vars(node).items():
        if field == "steps":
            for place, step in enumerate(child or ()):
                yield from _nodes(step, has_context=has_context or place > 0)
        elif field in ("stages", "predicate", "group", "terms"):
            yield from _nodes(child, has_context=True)
        elif isinstance(child, list | tuple | Parser.Symbol) and not field.startswith("_outer"):
            yield from _nodes(child, has_context=has_context)
