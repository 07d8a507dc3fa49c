"""What Step Functions refuses of a definition, and what it accepts."""

import json
from typing import Any

import pytest

from awskit.asl import definitions, expressions
from flightpulse.paths import WORKFLOWS

PASS = {"Type": "Pass", "End": True}


def found(*, express: bool = False, **states: Any) -> list[tuple[str, str]]:
    machine = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}
    return [
        (diagnostic.message, diagnostic.location) for diagnostic in definitions.diagnostics(machine, express=express)
    ]


@pytest.mark.parametrize("path", sorted(WORKFLOWS.glob("*.asl.json")), ids=lambda path: path.name)
def test_nothing_is_wrong_with_our_own_workflows(path: Any) -> None:
    assert list(definitions.diagnostics(json.loads(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "expression",
    [
        "$states.input.a[b = 1].$sum(c)",
        "($x := 1; $map($v, function($a) { $a + $x }))",
        "$v^(>k)",
        "$v{kind: $count($)}",
        "$v@$i.x.{'a': $i}",
        "$partition($v, 2) ~> $count",
        "$states.context.Execution.Id",
    ],
)
def test_an_expression_that_step_functions_takes(expression: str) -> None:
    assert list(expressions.problems(expression, states={"input", "context"})) == []
    assert expressions.unknown_variables(expression, variables={"v"}) == []


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("name", "'name' is a name without a context; did you mean $states.input.name?"),
        ("$map($v, function($a) { $a + other })", "'other' is a name without a context"),
        ("$$.name", "$$ has no value here"),
        ("$eval('1')", "the function $eval is not supported"),
        ("$states.errorOutput.Error", "$states.errorOutput is not available in this field"),
        ("$states.result", "$states.result is not available in this field"),
    ],
)
def test_an_expression_that_step_functions_refuses(expression: str, problem: str) -> None:
    assert next(expressions.problems(expression, states={"input", "context"})).startswith(problem)


def test_members_of_states_are_known_where_they_have_a_value() -> None:
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": {}, "End": True}
    caught = {"ErrorEquals": ["States.ALL"], "Next": "B", "Output": "{% $states.errorOutput %}"}

    assert found(A={**task, "Output": "{% $states.result %}", "Catch": [caught]}, B=PASS) == []
    assert found(A={**task, "Output": "{% $states.errorOutput %}"}) == [
        ("$states.errorOutput is not available in this field", "/States/A/Output")
    ]
    assert found(A={**task, "Arguments": "{% $states.result %}"})[0][1] == "/States/A/Arguments"


def test_a_variable_that_nobody_assigns_is_a_warning_only() -> None:
    machine = {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {**PASS, "Output": "{% $nope %}"}}}

    (diagnostic,) = definitions.diagnostics(machine)

    assert (diagnostic.severity, diagnostic.message) == ("WARNING", "The variable $nope is assigned nowhere")


def test_an_inner_scope_may_not_assign_a_variable_of_an_outer_one() -> None:
    inner = {"StartAt": "B", "States": {"B": {**PASS, "Assign": {"x": 2}}}}
    state = {"Type": "Parallel", "Branches": [inner], "Assign": {"x": 1}, "End": True}

    assert found(A=state) == [
        ("The variable 'x' is assigned in an outer scope and cannot be assigned again", "/States/A/Branches[0]")
    ]


@pytest.mark.parametrize(
    ("moment", "good"),
    [
        ("2016-03-14T01:59:00Z", True),
        ("2016-03-05T21:29:29.243167252Z", True),
        ("2016-03-14T01:59:00+05:30", True),
        ("{% $now() %}", True),
        ("2016-12-05 21:29:29Z", False),
        ("2016-12-05T21:29:29", False),
        ("2016-13-05T21:29:29Z", False),
        ("2016-12-05T25:29:29Z", False),
        ("05-12-2016T21:29:29Z", False),
    ],
)
def test_a_wait_until_something_that_is_no_moment_is_refused(moment: str, good: bool) -> None:
    refused = [("String does not match RFC3339 timestamp", "/States/A/Timestamp")]

    assert found(A={"Type": "Wait", "Timestamp": moment, "End": True}) == ([] if good else refused)


def test_an_action_that_an_integration_does_not_have_is_refused() -> None:
    def task(resource: str) -> dict[str, Any]:
        return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "End": True}

    ((message, location),) = found(A=task("dynamodb:query"))

    assert message.startswith("The resource provided arn:aws:states:::dynamodb:query is not recognized.")
    assert location == "/States/A/Resource"
    for known in ("dynamodb:getItem", "sqs:sendMessage.waitForTaskToken", "aws-sdk:dynamodb:query", "ecs:runTask.sync"):
        assert found(A=task(known)) == []


def test_an_expression_is_no_moment_in_jsonpath() -> None:
    state = {"Type": "Wait", "QueryLanguage": "JSONPath", "Timestamp": "{% $now() %}", "End": True}
    machine = {"StartAt": "A", "States": {"A": state}}

    (diagnostic,) = definitions.diagnostics(machine)

    assert diagnostic.location == "/States/A/Timestamp"


def test_a_branch_may_assign_what_the_catch_of_its_own_state_assigns() -> None:
    inner = {"StartAt": "B", "States": {"B": {**PASS, "Assign": {"x": 2}}}}
    catch = [{"ErrorEquals": ["States.ALL"], "Assign": {"x": 1}, "Next": "C"}]

    assert found(A={"Type": "Parallel", "Branches": [inner], "Catch": catch, "End": True}, C=PASS) == []


@pytest.mark.parametrize(
    ("state", "message", "location"),
    [
        ({"Type": "Pass", "Next": "X"}, "Missing 'Next' target: X", "/Next"),
        ({"Type": "Pass"}, "Either 'Next' or 'End' is required, and not both", ""),
        (
            {"Type": "Paus", "End": True},
            "The field 'Type' should have one of these values: [Task, Wait, Pass, ",
            "/Type",
        ),
        ({"Type": "Task", "End": True}, "These fields are required: [Resource]", ""),
        ({"Type": "Choice", "Choices": []}, "Value cannot be empty", "/Choices"),
        ({"Type": "Parallel", "Branches": [], "End": True}, "Value cannot be empty", "/Branches"),
        ({**PASS, "InputPath": "$"}, "The field 'InputPath' is only supported in JSONPath", "/InputPath"),
        ({**PASS, "Output": "{% 1 + %}"}, "Unexpected end of expression", "/Output"),
        (
            {**PASS, "QueryLanguage": "JSONPath"},
            "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
            "",
        ),
    ],
)
def test_a_state_that_step_functions_refuses(state: Any, message: str, location: str) -> None:
    problem, where = found(A=state)[0]

    assert problem.startswith(message)
    assert where == f"/States/A{location}"


def test_an_express_workflow_waits_for_nobody() -> None:
    task = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": True}

    assert found(A=task) == []
    assert found(A=task, express=True) == [
        ("Express state machine does not support '.waitForTaskToken' service integration ", "/States/A/Resource")
    ]


def test_a_definition_without_its_parts_is_refused_by_name() -> None:
    (diagnostic,) = definitions.diagnostics({})

    assert diagnostic.message == "These fields are required: [States, StartAt]"
