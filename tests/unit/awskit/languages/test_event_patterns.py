"""Which events a pattern matches, and in which words AWS refuses one. The words are those that EventBridge answered."""

import json
from typing import Any

import pytest

from awskit.languages.event_patterns import InvalidPattern, compiled, parsed
from tests.unit.awskit.languages.pattern_cases import CASES, EVENT, REFUSED


def refusal(pattern: Any) -> str:
    with pytest.raises(InvalidPattern) as refused:
        compiled(pattern)
    return str(refused.value)


def matches(pattern: dict[str, Any], event: Any) -> bool:
    return parsed(json.dumps(pattern)).matches(event)


@pytest.mark.parametrize(("pattern", "expected"), CASES, ids=[str(number) for number in range(len(CASES))])
def test_a_pattern_matches_as_eventbridge_documents_it(pattern: dict[str, Any], expected: bool) -> None:
    assert matches(pattern, EVENT) is expected


@pytest.mark.parametrize(("pattern", "expected"), CASES, ids=[str(number) for number in range(len(CASES))])
def test_a_name_with_a_dot_beside_the_fields_changes_nothing(pattern: dict[str, Any], expected: bool) -> None:
    event = {"a.dot": "x", **EVENT, "detail": {**EVENT["detail"], "a.dot": "x"}}

    assert matches(pattern, event) is expected


@pytest.mark.parametrize(
    "event", [{"a": {"b": {"c": "x"}}}, {"a.b": {"c": "x"}}, {"a": {"b.c": "x"}}, {"a.b.c": "x"}], ids=str
)
@pytest.mark.parametrize(("value", "expected"), [("x", True), ("y", False)])
def test_a_field_is_found_however_the_names_on_its_way_are_joined(event: Any, value: str, expected: bool) -> None:
    assert matches({"a": {"b": {"c": [value]}}}, event) is expected


@pytest.mark.parametrize("pattern", REFUSED, ids=str)
def test_what_eventbridge_refuses_is_refused(pattern: dict[str, Any]) -> None:
    with pytest.raises(InvalidPattern):
        compiled(pattern)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"NUMERIC": ["=", 5]}, "Unrecognized match type NUMERIC"),
        ({"numeric": 10}, "Value of numeric must be an array."),
        ({"numeric": [">", 0, ">", 0]}, "Bad numeric range operator: >"),
        ({"numeric": [">", 0, "<"]}, "Value of < must be numeric"),
        ({"numeric": ["=", "5"]}, "Value of equals must be numeric"),
        ({"prefix": 1}, "prefix match pattern must be a string"),
        ({"suffix": [".png"]}, "suffix match pattern must be a string"),
        ({"prefix": {"suffix": "a"}}, "Unsupported prefix pattern: suffix"),
        ({"wildcard": 1}, "wildcard match pattern must be a string"),
        ({"wildcard": "a**b"}, "Consecutive wildcard characters at pos 2"),
        ({"wildcard": "a\\b"}, "Invalid escape character at pos 2"),
        ({"equals-ignore-case": ["a"]}, "equals-ignore-case match pattern must be a string"),
        ({"exists": "true"}, "exists match pattern must be either true or false."),
        ({"cidr": "10.0.0.1"}, "Malformed CIDR, one '/' required"),
        ({"cidr": "10.0.0.1/x"}, "Malformed CIDR, mask bits must be an integer"),
        ({"cidr": "xx.11.xx/8"}, "Nonstandard IP address: xx.11.xx"),
        ({"cidr": "10.0.0.1/32"}, "IPv4 mask bits must be < 32"),
        ({"anything-but": None}, "Value of anything-but must be an array or single string/number value."),
        ({"anything-but": ["a", None]}, "Inside anything but list, start|null|boolean is not supported."),
        ({"anything-but": {"prefix": ""}}, "Null prefix/suffix not allowed"),
        ({"anything-but": {"suffix": [1, "a"]}}, "prefix/suffix match pattern must be a string"),
        ({"anything-but": {"exists": True}}, "Unsupported anything-but pattern: exists"),
        ({"prefix": "a", "suffix": "b"}, "Only one key allowed in match expression"),
        ({}, "Match expression name not found"),
        (["a"], "Match value must be String, number, true, false, or null"),
    ],
)
def test_a_refused_entry_is_refused_for_the_reason_that_aws_gives(entry: Any, reason: str) -> None:
    assert refusal({"detail": {"a": [entry]}}) == reason


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ([], "Filter is not an object"),
        ({}, "Empty objects are not allowed"),
        ({"a": 42}, '"a" must be an object or an array'),
        ({"a": []}, "Empty arrays are not allowed"),
        ({"$or": [{"a": [{"prefix": 1}]}, {"b": ["x"]}]}, "Unrecognized match type a"),
    ],
)
def test_a_refused_pattern_is_refused_for_the_reason_that_aws_gives(pattern: Any, reason: str) -> None:
    assert refusal(pattern) == reason


def test_a_wildcard_that_can_be_in_many_places_at_once_is_too_complex() -> None:
    for taken in ("/Users/*/dir/dir/dir/dir/dir/doc.txt", "a*b*c*d*e*f*g", "*.example.com"):
        compiled({"a": [{"wildcard": taken}]})
    for refused in ("*:*:*:*:*:event-bus/*", "*a*a*a*a*a*a*"):
        assert refusal({"a": [{"wildcard": refused}]}).startswith("Rule is too complex")


def test_text_that_is_no_json_is_refused() -> None:
    for text in ("{'a': ['x']}", '{"a": [NaN]}', "", "[" * 100_000):
        with pytest.raises(InvalidPattern):
            parsed(text)


def test_names_with_dots_and_names_within_names_are_the_same() -> None:
    nested = {"detail": {"state": {"status": ["on"]}}}
    dotted = {"detail.state": {"status": ["on"]}}
    for pattern in (nested, dotted):
        assert matches(pattern, {"detail": {"state": {"status": "on"}}})
        assert matches(pattern, {"detail": {"state.status": "on"}})
        assert not matches(pattern, {"detail": {"state.status": "off"}})


def test_a_field_that_must_be_absent_may_be_in_no_element_of_an_array_that_is_not_chosen_by_others() -> None:
    legs = {"legs": [{"from": "HOU"}, {"to": "DEN"}]}
    assert not matches({"legs": {"to": [{"exists": False}]}}, legs)
    assert matches({"legs": {"from": ["HOU"], "to": [{"exists": False}]}}, legs)


def test_a_text_that_holds_json_has_no_fields() -> None:
    assert not matches({"detail": {"a": ["x"]}}, {"detail": '{"a": "x"}'})


def test_what_is_no_object_matches_nothing() -> None:
    for event in ("text", 5, None, ["a"]):
        assert not matches({"a": ["x"]}, event)


def test_an_event_nested_too_deeply_to_read_matches_nothing() -> None:
    event: dict[str, Any] = {"a": "x"}
    for _ in range(100_000):
        event = {"a": event}
    assert not matches({"a": ["x"]}, event)


def test_two_spellings_of_an_address_are_the_same_value() -> None:
    assert matches({"a": ["2001:db8::1"]}, {"a": "2001:0db8:0000::0001"})
    assert not matches({"a": ["2001:db8::1"]}, {"a": "2001:db8::2"})
