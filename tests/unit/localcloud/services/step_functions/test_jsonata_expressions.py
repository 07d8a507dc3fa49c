"""JSONata as Step Functions evaluates it. The expected values are those of the reference implementation, 2.0.6."""

from typing import Any

import pytest
from jsonata.functions import Functions

from localcloud.services.step_functions import expressions
from localcloud.services.step_functions.expressions import UNDEFINED, ExpressionError, Unsupported, evaluate

STATES = {
    "input": {
        "rows": [{"id": "a", "n": 2}, {"id": "b", "n": 1}],
        "one": [{"id": "c"}],
        "empty": [],
        "nil": None,
        "nested": {"x": [[1, 2], [3]]},
    }
}


@pytest.fixture(autouse=True)
def string_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the behaviour puts in place when it is installed."""
    monkeypatch.setattr(Functions, "_string", staticmethod(expressions.text_of))
    monkeypatch.setattr(Functions, "number", staticmethod(expressions.number_of))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$states.input.rows.id", ["a", "b"]),
        ("$states.input.one.id", "c"),
        ("[$states.input.one.id]", ["c"]),
        ("$states.input.one.id[]", ["c"]),
        ("$states.input.rows[n=1].id", "b"),
        ("[$states.input.rows[n=9]]", []),
        ("$states.input.rows^(n).id", ["b", "a"]),
        ("$states.input.empty", []),
        ("$states.input.nil", None),
        ("$exists($states.input.nil)", True),
        ("$exists($states.input.missing)", False),
        ("{'a': $states.input.missing, 'b': 1}", {"b": 1}),
        ("[1, $states.input.missing, 2]", [1, 2]),
        ("$map([1], function($v) {$v * 2})", 2),
        ("$map([1, 2], function($v, $i) {$v * $i})", [0, 2]),
        ("$filter([1, 2, 3], function($v) {$v > 2})", 3),
        ("[$filter([1], function($v) {$v > 2})]", []),
        ("$append([], 1)", [1]),
        ("$append([], [1])", [1]),
        ("$append(1, [2])", [1, 2]),
        ("$sort([3, 1, 2])", [1, 2, 3]),
        ("$distinct(['x', 'x'])", ["x"]),
        ("$distinct([1, true, 1])", [1, True]),
        ("$merge([{'a': 1}, {'b': 2}, {'a': 3}])", {"a": 3, "b": 2}),
        ("$lookup({'a': 1}, 'a')", 1),
        ("$sum([])", 0),
        ("$sum([1.5, 1.5])", 3),
        ("$count($states.input.missing)", 0),
        ("$count('x')", 1),
        ("10 / 4", 2.5),
        ("10 / 5", 2),
        ("[1..3]", [1, 2, 3]),
        ("[0..0].{'n': $}", {"n": 0}),
        ("'a' & 1 & null & $states.input.missing", "a1null"),
        ("$string({'é': [0.1 + 0.2, 5.0]})", '{"é":[0.3,5]}'),
        ("$string(100000000000)", "100000000000"),
        ("$partition([1, 2, 3, 4, 5], 2)", [[1, 2], [3, 4], [5]]),
        ("$range(0, 10, 5)", [0, 5, 10]),
        ("$range(3, 1, -1)", [3, 2, 1]),
        ("$hash('a', 'SHA-256')", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
        ("$parse('{\"a\": [null]}')", {"a": [None]}),
        ("$parse('null')", None),
        ("$toMillis('2026-11-23T08:00:00+01:00')", 1795417200000),
        ("$toMillis('2026-11-23')", 1795392000000),
        ("$fromMillis(1795417200123)", "2026-11-23T07:00:00.123Z"),
        ("$fromMillis(0, '[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01]Z')", "1970-01-01T00:00:00Z"),
        ("$split('a,b', ',')", ["a", "b"]),
        ("$substringBefore('a#b', '#')", "a"),
        ("$replace('a1b2', /[0-9]/, '#')", "a#b#"),
        ("$type($states.input.nil)", "null"),
        ("$x + 1", 6),
        ("$none", None),
        ("($f := function($n) {$n < 2 ? 1 : $n * $f($n - 1)}; $f(5))", 120),
    ],
)
def test_values(expression: str, expected: Any) -> None:
    value = evaluate(expression, {"states": STATES, "x": 5, "none": None})

    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    "expression", ["$states.input.missing", "$unknown", "$states.input.rows[9]", "$filter([1], function($v) {false})"]
)
def test_expressions_that_give_nothing(expression: str) -> None:
    assert evaluate(expression, {"states": STATES}) is UNDEFINED


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("'a' + 1", "T2001"),
        ("$toMillis('2026-11-23 08:00')", "D3110"),
        ("$toMillis('nonsense')", "D3110"),
        ("$eval('1')", "T1006"),
        ("$unknown(1)", "T1006"),
        ("1 / 0", "division"),
        ("$number('x')", "x"),
        ("$hash('a', 'X')", "MD5"),
        ("$parse('{')", "Expecting"),
    ],
)
def test_expressions_that_fail(expression: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message):
        evaluate(expression, {"states": STATES})


def test_a_function_is_no_value() -> None:
    with pytest.raises(Unsupported):
        evaluate("function($x) {$x}", {})


def test_an_expression_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expressions, "CPU_SECONDS", 0.05)

    with pytest.raises(ExpressionError, match="took longer"):
        evaluate("($f := function($n) {$f($n + 1)}; $f(0))", {})


@pytest.mark.parametrize(
    "expression", ["$rows", "$states.input.rows", "{'rows': $rows}.rows", "$lookup($states.input, 'rows')"]
)
def test_a_value_is_handed_on_without_a_copy(expression: str) -> None:
    rows = [{"id": number} for number in range(40)]

    value = evaluate(expression, {"rows": rows, "states": {"input": {"rows": rows}}})

    assert value is rows


@pytest.mark.parametrize("expression", ["$rows[id >= 0]", "[$rows]", "$append($rows, [])", "$rows ~> $reverse()"])
def test_a_new_array_is_one_of_its_own(expression: str) -> None:
    rows = [{"id": 1}, {"id": 2}]

    value = evaluate(expression, {"rows": rows})
    value.append({"id": 3})

    assert rows == [{"id": 1}, {"id": 2}]


def test_now_is_the_time_of_the_evaluation_also_for_an_expression_seen_before() -> None:
    first = evaluate("$millis()", {})

    while evaluate("$millis()", {}) == first:
        pass

    assert evaluate("$millis()", {}) > first


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$range(1, 9, 9)", 1),
        ("$range(0, 9, 3)", [0, 3, 6, 9]),
        ("$sort($rows, function($l, $r) { $l.k > $r.k }).v", ["b", "d", "a", "c", "e"]),
        ("$replace('265lbs', /([0-9.]+)lbs/, function($m) { ($number($m.groups[0]) * 2) & 'kg' })", "530kg"),
        ("$replace('aab', /a/, function($m) { $uppercase($m.match) }, 1)", "Aab"),
        ("$random(42)", 0.7275636800328681),
    ],
)
def test_functions_give_what_they_give_on_aws(expression: str, value: Any) -> None:
    rows = [{"k": key, "v": name} for key, name in zip((1, 0, 1, 0, 1), "abcde", strict=True)]

    assert evaluate(expression, {"rows": rows}) == value


@pytest.mark.parametrize("evaluated", [evaluate, expressions.evaluate_by_engine])
def test_a_number_read_from_a_text_is_whole_where_the_text_is(evaluated: Any) -> None:
    assert repr(evaluated("[$number('2'), $number('2.50'), $number('1e3')]", {})) == "[2, 2.5, 1000]"
