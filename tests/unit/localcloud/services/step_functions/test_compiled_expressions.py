"""Expressions that are compiled come out as the engine has them, whatever the data."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonata.functions import Functions
from jsonata.jsonata import Jsonata

from flightpulse import paths
from localcloud.services.step_functions import compiled, expressions
from localcloud.services.step_functions.expressions import ExpressionError, Unsupported

NAMES = ("a", "b", "c")
SCALARS = st.none() | st.booleans() | st.integers(-3, 40) | st.sampled_from(["", "x", "y", "7", "A#b", "#"])
DATA = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner), max_leaves=12
)

ATOMS = st.sampled_from(
    [
        *("$x", "$y", "$x.a", "$x.a.b", "$y.b.c", "$y.*.a", "a", "b.c", "$", "'x'", "'#'", "7", "0", "true", "null"),
        *(
            "$x[a = 'x']",
            "$y.a[b = 7].c",
            "$x[0]",
            "$y.b[0]",
            "$y[a].b",
            "$x.a[$ = 'x']",
            "[]",
            "{}",
            *("$states.input.a", "'2026-11-23T08:00:00Z'", "'2024-02-29T23:59:59.999Z'", "'2026-13-01T00:00:00Z'"),
        ),
    ]
)


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["&", "=", "!=", "and", "or", "in", "<", ">=", "+", "-", "*", "/"])
    functions = st.sampled_from(
        [
            *("ceil", "count", "distinct", "exists", "floor", "max", "merge", "min", "not", "number", "string", "sum"),
            "toMillis",
        ]
    )
    return st.one_of(
        st.tuples(inner, operators, inner).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"),
        st.tuples(functions, inner).map(lambda parts: f"${parts[0]}({parts[1]})"),
        st.tuples(st.sampled_from(["substringBefore", "substringAfter", "lookup"]), inner, inner).map(
            lambda parts: f"${parts[0]}({parts[1]}, {parts[2]})"
        ),
        st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} ? {parts[1]} : {parts[2]})"),
        st.tuples(inner, inner).map(lambda parts: f"[{parts[0]}, {parts[1]}]"),
        inner.map(lambda part: f"[{part}]"),
        st.tuples(inner, inner).map(lambda parts: f"{{'k': {parts[0]}, 'l': {parts[1]}}}"),
        st.tuples(inner, inner).map(lambda parts: f"$x.({parts[0]})[{parts[1]}]"),
        st.tuples(inner, inner).map(lambda parts: f"$y.{{'k': {parts[0]}, a: {parts[1]}}}"),
        st.tuples(inner, inner).map(lambda parts: f"($v := {parts[0]}; $v & {parts[1]})"),
        st.tuples(inner, inner).map(lambda parts: f"$each({parts[0]}, function($v, $n) {{{{$n: {parts[1]}}}}})"),
        st.tuples(inner, inner).map(lambda parts: f"{parts[0]}[{parts[1]}]"),
        st.tuples(inner, inner).map(lambda parts: f"$sift({parts[0]}, function($v, $n) {{{parts[1]}}})"),
        st.tuples(inner, inner).map(lambda parts: f"$append({parts[0]}, {parts[1]})"),
        st.tuples(inner, inner).map(lambda parts: f"({parts[0]})[[{parts[1]}..2]]"),
        st.tuples(inner, inner).map(lambda parts: f"($f := {parts[1]}; {parts[0]}[[$f..$f + 1]])"),
        st.tuples(inner, inner, inner).map(lambda parts: f"$substring({parts[0]}, {parts[1]}, {parts[2]})"),
        inner.map(lambda part: f"$hash({part}, 'SHA-256')"),
        inner.map(lambda part: f"$fromMillis($toMillis({part}))"),
        inner.map(lambda part: f"$fromMillis({part})"),
        st.tuples(inner, inner).map(lambda parts: f"$reduce({parts[0]}, $append, {parts[1]})"),
        st.tuples(inner, inner, inner).map(lambda parts: f"[{parts[0]}, {parts[1]}].({parts[2]})"),
        st.tuples(inner, inner).map(lambda parts: f"[{parts[0]}].{{'k': {parts[1]}}}"),
        st.tuples(inner, inner).map(lambda parts: f"[{parts[0]}..{parts[1]}]"),
        st.tuples(inner, inner).map(
            lambda parts: f"[{parts[0]}..{parts[1]}].($f := $ * 2; {{'k': [$x[[$f..$f + 1]]]}})"
        ),
        st.tuples(inner, inner).map(lambda parts: f"$x[[{parts[0]}..{parts[1]}]]"),
        st.tuples(inner, inner).map(lambda parts: f"[$x, $y][[{parts[0]}, {parts[1]}]]"),
        inner.map(lambda part: f"$x.c{{a: {part}}}"),
        st.tuples(inner, inner).map(lambda parts: f"$y.a.({parts[0]}){{b: [$], {parts[1]}: a}}"),
        st.tuples(inner, inner).map(lambda parts: f"$y.b{{{parts[0]}: {parts[1]}}}"),
    )


EXPRESSIONS = st.recursive(ATOMS, larger, max_leaves=6)


@pytest.fixture(autouse=True, scope="module")
def string_function() -> Iterator[None]:
    """What the behaviour puts in place when it is installed."""
    before = Functions.__dict__["_string"]
    Functions._string = staticmethod(expressions.text_of)
    yield
    Functions._string = before


def written(value: Any) -> str:
    """A value as history shows it, which tells 1 from 1.0 and from true."""
    return "undefined" if value is expressions.UNDEFINED else json.dumps(value)


def compiled_value(expression: str, bindings: dict[str, Any]) -> str | None:
    """None when it is left to the engine."""
    function = compiled.of(Jsonata(expression).ast)
    if function is None:
        return None
    try:
        value = function({**bindings, compiled.NOW: 0}, compiled.MISSING)
    except compiled.NotPlain:
        return None
    return "undefined" if value is compiled.MISSING else json.dumps(value)


# Many expressions are rightly left to the engine: only those that are compiled count as examples.
@given(EXPRESSIONS, DATA, DATA)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
def test_what_is_compiled_comes_out_as_the_engine_has_it(expression: str, x: Any, y: Any) -> None:
    # Given an expression and data
    bindings = {"x": x, "y": y, "states": {"input": x}}

    # When both evaluate it
    found = compiled_value(expression, bindings)
    assume(found is not None)

    # Then there is no difference, and what the engine refuses is left to it
    try:
        expected = written(expressions.evaluate_by_engine(expression, bindings))
    except (ExpressionError, Unsupported) as error:
        expected = f"refused: {error}"
    assert found == expected


@pytest.mark.parametrize("items", [[{"a": [[1, 2], [3]]}, {"a": [[4]]}], [{"a": None}, {"a": 1}]])
def test_arrays_and_nulls_are_grouped_by_the_engine(items: list[Any]) -> None:
    assert compiled_value("$x.a{'k': $}", {"x": items}) is None


@pytest.mark.parametrize("passengers", [1, 40, 41, 83])
def test_bookings_are_cut_into_chunks_without_the_engine(passengers: int) -> None:
    # Given the expression by which notify_passengers cuts a page into chunks
    definition = json.loads((paths.WORKFLOWS / "notify_passengers.asl.json").read_text())
    (chunks,) = [text for text in texts(definition) if "'bookings': [$found[[$first..$first + $size - 1]]]" in text]
    bindings = {"found": [{"booking_id": str(number)} for number in range(passengers)], "counts": [{}]}

    # When it is compiled
    found = compiled_value(chunks, bindings)

    # Then it cuts as the engine does
    assert found == written(expressions.evaluate_by_engine(chunks, bindings))


def test_objects_are_grouped_without_the_engine() -> None:
    # Given objects, two of which have the same name
    items = [{"k": "x", "v": 1}, {"k": "y", "v": 2}, {"k": "x", "v": 3}]

    # When a path groups them, as notify_chunk does
    found = compiled_value("$x.a{k: [$]}", {"x": {"a": items}})

    # Then those are together
    assert found == json.dumps({"x": [items[0], items[2]], "y": [items[1]]})


@given(st.lists(SCALARS.filter(lambda item: item is not None), max_size=7), st.integers(-9, 9), st.integers(-9, 9))
@settings(max_examples=200, deadline=None)
def test_places_of_an_array_are_what_the_engine_takes(items: list[Any], first: int, last: int) -> None:
    places = f"{first}..{last}" if first % 2 else f"{first}, {last}"
    expression = f"[$x[[{places}]]]"

    expected = written(expressions.evaluate_by_engine(expression, {"x": items}))

    assert compiled_value(expression, {"x": items}) == expected


@pytest.mark.parametrize("bookings", [1, 4, 5, 6, 40])
def test_groups_are_cut_without_the_engine(bookings: int) -> None:
    cut = "[[0..$ceil($count($x) / 5) - 1].($first := $ * 5; {'k': [$x[[$first..$first + 4]]]})]"
    items = [{"n": number} for number in range(bookings)]

    found = compiled_value(cut, {"x": items})

    assert found is not None
    assert found == written(expressions.evaluate_by_engine(cut, {"x": items}))


def test_nearly_all_that_our_workflows_evaluate_is_compiled() -> None:
    # Given every expression of the workflows
    found = [text for path in paths.WORKFLOWS.glob("*.asl.json") for text in texts(json.loads(path.read_text()))]

    # When they are compiled
    left = [text for text in found if compiled.of(Jsonata(text).ast) is None]

    # Then what is left to the engine is a small part
    assert len(found) > 300
    assert len(left) < len(found) / 25


def texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        if part.startswith("{%"):
            yield part[2:-2].strip()
        return
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from texts(inner)
