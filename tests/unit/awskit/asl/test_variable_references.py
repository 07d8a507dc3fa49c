"""DescribeStateMachine tells which state reads which workflow variables."""

from typing import Any

import pytest

from awskit.asl.references import variable_references

PASS = {"Type": "Pass", "End": True}


def references(state: dict[str, Any], language: str = "JSONPath") -> dict[str, list[str]]:
    return variable_references({"QueryLanguage": language, "StartAt": "A", "States": {"A": state}})


@pytest.mark.parametrize(
    ("state", "read"),
    [
        ({**PASS, "Parameters": {"a": "$text", "b.$": "$b", "c.$": "$.c", "d.$": "$$.Execution.Id"}}, ["b"]),
        ({**PASS, "InputPath": "$x", "OutputPath": "$y[0].z", "ResultPath": "$.r"}, ["x", "y"]),
        ({**PASS, "Assign": {"n.$": "States.Format('$not {}', States.MathAdd($p, $q))"}}, ["p", "q"]),
        ({"Type": "Wait", "SecondsPath": "$wait", "End": True}, ["wait"]),
        ({"Type": "Fail", "CausePath": "$why", "ErrorPath": "$what"}, ["what", "why"]),
        ({"Type": "Choice", "Choices": [{"Variable": "$g", "StringEqualsPath": "$h", "Next": "A"}]}, ["g", "h"]),
    ],
)
def test_variables_of_jsonpath_states_are_found_in_paths_and_functions(state: dict[str, Any], read: list[str]) -> None:
    assert references(state) == {"A": read}


def test_variables_of_jsonata_states_are_those_that_the_expression_does_not_bind() -> None:
    state = {**PASS, "Output": {"x": "{% ($y := $a; $map($b, function($v) { $v + $y + $states.input.n })) %}"}}

    assert references(state, "JSONata") == {"A": ["a", "b"]}


def test_states_inside_others_are_named_like_the_rest_and_those_that_read_nothing_are_left_out() -> None:
    inner = {"StartAt": "B", "States": {"B": {**PASS, "InputPath": "$v"}, "C": PASS}}

    for state in ({"ItemProcessor": inner}, {"Iterator": inner}, {"Branches": [inner]}):
        assert references({"Type": "Map", **state, "End": True}) == {"B": ["v"]}
