"""JSONPath states: paths, intrinsic functions and Choice rules, with the values that AWS gives."""

from typing import Any

import pytest

from localcloud.services.step_functions import choice_rules, intrinsics, json_paths
from localcloud.services.step_functions.failures import EvaluationFailure
from localcloud.services.step_functions.frame import Frame
from localcloud.services.step_functions.json_paths import NotFound, PathError, Roots, UnknownVariable
from localcloud.services.step_functions.jsonpath_query import JsonPathQuery
from localcloud.services.step_functions.payload import Payload

DATA = {
    "a": {"b-c": [1, 2, {"d": None}]},
    "users": [{"year": 1997, "status": 0}, {"year": 1998, "status": 1}],
    "it's": 5,
    'Test\\""Name"': "quoted",
}
ROOTS = Roots(DATA, {"Execution": {"Name": "run"}}, {"who": {"name": "Ann"}})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", DATA),
        ("$.a.b-c[0]", 1),
        ("$.a.b-c[-1].d", None),
        ("$['a']['b-c'][1]", 2),
        ("$['it\\'s']", 5),
        ('$[\'Test\\""Name"\']', "quoted"),
        ("$$.Execution.Name", "run"),
        ("$who.name", "Ann"),
        ("$.users[*].year", [1997, 1998]),
        ("$.users[1:]", [DATA["users"][1]]),
        ("$.users[?(@.status == 0)]", [DATA["users"][0]]),
        ("$..status", [0, 1]),
        ("$.users.[?(@.status == 0)].year", [1997]),
        ("$.nowhere[1:5].x", []),
    ],
)
def test_a_path_selects_one_value_or_a_list(path: str, value: Any) -> None:
    assert json_paths.find(path, ROOTS) == value


def test_a_path_that_leads_nowhere_says_where_it_ended() -> None:
    with pytest.raises(NotFound, match=r"^No results for path: \$\['a'\]\['x'\]$"):
        json_paths.find("$.a.x", ROOTS)
    with pytest.raises(NotFound, match=r"^Missing property in path \$\['a'\]\['x'\]$"):
        json_paths.find("$.a.x[0]", ROOTS)


def test_a_variable_without_a_value_is_named() -> None:
    with pytest.raises(UnknownVariable, match=r"\$nobody"):
        json_paths.find("$nobody.name", ROOTS)


@pytest.mark.parametrize("path", ["a.b", "$.users[?(@.status ==", "$.a["])
def test_what_is_no_path_is_refused(path: str) -> None:
    assert json_paths.problem(path)
    with pytest.raises(PathError):
        json_paths.find(path, ROOTS)


def called(text: str, /, **data: Any) -> Any:
    return intrinsics.evaluate(
        intrinsics.parse(text), lambda path: json_paths.find(path, Roots(data, {}, {"who": "Ann"}))
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("States.Format('Hello {} and {}', $who, $.x)", "Hello Ann and null"),
        ("States.Format('fst={}', $.o)", "fst={Arg1=1, Arg2=[]}"),
        ("States.Format('\\{{}\\} it\\'s {}', 1, 1.5)", "{1} it's 1.5"),
        ("States.MathAdd(1.49, 1.5)", 3),
        ("States.MathAdd(-1.5, -1.51)", -3),
        ("States.MathAdd(-0.5, 0.5)", 1),
        ("States.StringToJson('')", None),
        ("States.StringToJson($.text)", {"a": [1]}),
        ("States.JsonToString($.o)", '{"Arg1":1,"Arg2":[]}'),
        ("States.ArrayGetItem(States.Array(1, 'b', true), 1)", "b"),
        ("States.ArrayRange(1, 9, 2)", [1, 3, 5, 7, 9]),
        ("States.ArrayPartition(States.ArrayRange(1, 5, 1), 4)", [[1, 2, 3, 4], [5]]),
        ("States.ArrayContains(States.Array(1, true), 1)", True),
        ("States.ArrayContains(States.Array(true), 1)", False),
        ("States.ArrayUnique(States.Array(1, true, 1))", [1, True]),
        ("States.StringSplit('a.b+c', '.+')", ["a", "b", "c"]),
        ("States.Base64Decode(States.Base64Encode('é'))", "é"),
        ("States.Hash('x', 'MD5')", "9dd4e461268c8034f5c8564e155c67a6"),
        ("States.JsonMerge($.o, States.StringToJson('{\"z\":2}'), false)", {"Arg1": 1, "Arg2": [], "z": 2}),
        ("States.ArrayLength($.o.Arg2)", 0),
    ],
)
def test_an_intrinsic_function_gives_what_it_gives_on_aws(text: str, value: Any) -> None:
    assert called(text, x=None, o={"Arg1": 1, "Arg2": []}, text='{"a": [1]}') == value


@pytest.mark.parametrize("text", ["States.Nope(1)", "States.Format('a'", "States.Array(1) x", "States.Array(a)"])
def test_what_is_no_call_is_refused(text: str) -> None:
    with pytest.raises(intrinsics.IntrinsicError):
        intrinsics.parse(text)


@pytest.mark.parametrize("text", ["States.ArrayLength(1)", "States.Format('{} {}', 1)", "States.Hash('x', 'MD6')"])
def test_arguments_that_do_not_fit_are_refused(text: str) -> None:
    with pytest.raises(intrinsics.IntrinsicError, match="Invalid arguments"):
        called(text)


def chosen(rule: dict[str, Any], **data: Any) -> bool:
    def find(path: str) -> Any:
        try:
            return json_paths.find(path, Roots(data, {}, {"v": "on"}))
        except NotFound:
            return choice_rules.MISSING

    return choice_rules.holds(rule, find, lambda path: KeyError(path))


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ({"Variable": "$v", "StringEquals": "on"}, True),
        ({"Variable": "$.null", "IsPresent": True}, True),
        ({"Variable": "$.none", "IsPresent": False}, True),
        ({"Variable": "$.true", "IsNumeric": True}, False),
        ({"Variable": "$.zero", "BooleanEquals": False}, False),
        ({"Variable": "$.one", "NumericGreaterThanEquals": 1.0}, True),
        ({"Variable": "$.a", "StringLessThanPath": "$.b"}, True),
        ({"Variable": "$.early", "TimestampLessThanPath": "$.late"}, True),
        ({"Variable": "$.early", "TimestampEquals": "2025-12-31T19:00:00-05:00"}, True),
        ({"Variable": "$.a", "StringMatches": "log-*.txt"}, False),
        ({"Variable": "$.file", "StringMatches": "log-*.t?t"}, False),
        ({"Variable": "$.file", "StringMatches": "log-*.txt"}, True),
        ({"Variable": "$.star", "StringMatches": "a\\*b"}, True),
        ({"Not": {"Variable": "$.a", "StringEquals": "b"}}, True),
        ({"And": [{"Variable": "$.one", "NumericEquals": 1}, {"Variable": "$.true", "BooleanEquals": True}]}, True),
        ({"Or": [{"Variable": "$.one", "NumericEquals": 2}, {"Variable": "$.null", "IsNull": True}]}, True),
    ],
)
def test_a_choice_rule_decides_as_on_aws(rule: dict[str, Any], holds: bool) -> None:
    data = {
        "null": None,
        "true": True,
        "zero": 0,
        "one": 1,
        "a": "a",
        "b": "b",
        "file": "log-1.txt",
        "star": "a*b",
        "early": "2026-01-01T00:00:00Z",
        "late": "2026-02-01T00:00:00Z",
    }

    assert chosen(rule, **data) is holds


def test_a_rule_about_something_that_is_not_there_fails_the_execution() -> None:
    with pytest.raises(KeyError):
        chosen({"Variable": "$.none", "StringEquals": "a"})


@pytest.mark.parametrize("value", [3, "3"])
def test_a_concurrency_from_a_path_may_be_written_as_a_text(value: Any) -> None:
    assert map_state(value).number("MaxConcurrency") == 3.0


@pytest.mark.parametrize("value", ["NoNumber", {}, -1])
def test_a_concurrency_that_is_no_whole_number_fails_the_execution(value: Any) -> None:
    with pytest.raises(EvaluationFailure, match=r"is not a valid integer: \$\.n"):
        map_state(value).number("MaxConcurrency")


def map_state(concurrency: Any) -> JsonPathQuery:
    definition = {"Type": "Map", "MaxConcurrencyPath": "$.n"}
    return JsonPathQuery(Frame("Each", definition, "JSONPath", Payload.of({"n": concurrency}), {}, {}, 1))
