"""Definitions become scopes of states and edges."""

import pytest

from flightpulse.errors import UserError
from flightpulse.workbench import diagram
from flightpulse.workbench.diagram.definition import parse, rule_in_words, short_error, short_resource
from tests.unit.workbench.diagram.machines import chain, task


def test_states_inside_maps_and_branches_have_paths():
    machine = {
        "StartAt": "P",
        "States": {
            "P": {
                "Type": "Parallel",
                "Branches": [
                    chain("A", "B"),
                    {"StartAt": "M", "States": {"M": {"Type": "Map", "Iterator": chain("C", "D"), "End": True}}},
                ],
                "End": True,
            }
        },
    }
    assert list(diagram.of(machine).states) == ["P", "P/0/A", "P/0/B", "P/1/M", "P/1/M/C", "P/1/M/D"]


def test_every_way_out_of_a_state_is_an_edge():
    machine = chain("A", "B")
    machine["States"]["A"]["Catch"] = [{"ErrorEquals": ["Lambda.TooManyRequestsException", "E2"], "Next": "B"}]
    edges = diagram.of(machine).states["A"].edges
    assert [(edge.kind, edge.target, edge.label) for edge in edges] == [
        ("next", "B", ""),
        ("catch", "B", "TooManyRequests or E2"),
    ]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"Condition": "{%  $count($keys) = 0 %}", "Next": "X"}, "$count($keys) = 0"),
        ({"Variable": "$.delay", "NumericGreaterThan": 30, "Next": "X"}, "$.delay > 30"),
        ({"Variable": "$.delay", "NumericGreaterThanEqualsPath": "$.limit", "Next": "X"}, "$.delay ≥ $.limit"),
        ({"Variable": "$.tier", "StringEquals": "A-LIST", "Next": "X"}, '$.tier = "A-LIST"'),
        ({"Variable": "$.tier", "StringMatches": "A-*", "Next": "X"}, '$.tier like "A-*"'),
        ({"Variable": "$.told", "BooleanEquals": True, "Next": "X"}, "$.told = true"),
        ({"Variable": "$.gate", "IsPresent": False, "Next": "X"}, "$.gate is not present"),
        ({"Not": {"Variable": "$.gate", "IsNull": True}, "Next": "X"}, "not $.gate is null"),
        (
            {
                "And": [
                    {"Variable": "$.a", "NumericEquals": 1},
                    {"Or": [{"Variable": "$.b", "NumericEquals": 2}, {"Variable": "$.c", "NumericLessThan": 3}]},
                ],
                "Next": "X",
            },
            "$.a = 1 and ($.b = 2 or $.c < 3)",
        ),
    ],
)
def test_choice_rules_are_said_in_words(rule, words):
    assert rule_in_words(rule) == words


@pytest.mark.parametrize(
    ("resource", "shown"),
    [
        ("arn:aws:states:::dynamodb:putItem", "dynamodb:putItem"),
        ("arn:aws:states:::aws-sdk:dynamodb:query", "dynamodb:query"),
        ("arn:aws:states:::states:startExecution.sync:2", "states:startExecution.sync:2"),
        ("arn:aws-us-gov:states:::sqs:sendMessage", "sqs:sendMessage"),
        ("arn:aws:lambda:us-east-1:123456789012:function:Messenger", "lambda Messenger"),
        ("arn:aws:states:us-east-1:123456789012:activity:Desk", "activity Desk"),
        ("${LlmMessengerArn}", "${LlmMessengerArn}"),
    ],
)
def test_resources_are_shown_short(resource, shown):
    assert short_resource(resource) == shown


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        ("States.ALL", "any error"),
        ("DynamoDB.ConditionalCheckFailedException", "ConditionalCheckFailed"),
        ("Exception", "Exception"),
        ("TooBusy", "TooBusy"),
    ],
)
def test_errors_are_shown_short(error, shown):
    assert short_error(error) == shown


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        ("{oops", "not a state machine definition"),
        ("[]", "no JSON object"),
        ({}, "no States"),
        ({"StartAt": "A", "States": {}}, "no States"),
        ({"StartAt": "A", "States": {"A": {}}}, "A has no Type"),
        ({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}, "B, which does not exist"),
        ({"StartAt": "A", "States": {"A": {"Type": "Map", "End": True}}}, "inside A"),
    ],
)
def test_what_is_no_definition_is_said_to_be_none(thing, said):
    with pytest.raises(UserError, match=said):
        parse(thing)


def test_what_a_map_and_a_wait_do_is_noted():
    inner = chain("A", "B")
    machine = {
        "StartAt": "M",
        "States": {
            "M": {
                "Type": "Map",
                "MaxConcurrency": 10,
                "ItemProcessor": {**inner, "ProcessorConfig": {"Mode": "DISTRIBUTED"}},
                "Next": "W",
            },
            "W": {"Type": "Wait", "Seconds": 3, "Next": "V"},
            "V": {"Type": "Wait", "Timestamp": "{% $until %}", "Next": "F"},
            "F": {"Type": "Fail", "Error": "Oops"},
        },
    }
    states = diagram.of(machine).states
    assert [states[name].notes for name in "MWVF"] == ["distributed, 10 at once", "3 s", "$until", "Oops"]


def test_a_task_may_have_no_resource_worth_showing():
    assert diagram.of({"StartAt": "A", "States": {"A": task(End=True, Resource="")}}).states["A"].resource == ""
