"""JSONata workflows: variables, expressions, choices, maps and catches mean what they mean on AWS."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.emulator import Emulator
from tests.integration.localcloud.services.step_functions_machines import Machines, passing

FAILING_READ = {
    "Type": "Task",
    "Resource": "arn:aws:states:::dynamodb:getItem",
    "Arguments": {"TableName": "there-is-none", "Key": {"PK": {"S": "x"}}},
}


@pytest.fixture
def machines(engine: Emulator) -> Machines:
    return Machines(engine)


def output_of(machines: Machines, template: Any, data: Any = None) -> Any:
    """What a Pass state makes of its Output."""
    seen = machines.run_states(data, Only={"Type": "Pass", "Output": template, "End": True})
    assert seen.status == "SUCCEEDED", seen.cause
    return seen.output


def test_all_assignments_of_a_state_see_the_variables_as_they_were(machines: Machines) -> None:
    seen = machines.run_states(
        {},
        First={"Type": "Pass", "Assign": {"x": 1, "y": 2}, "Next": "Swap"},
        Swap={"Type": "Pass", "Assign": {"x": "{% $y %}", "y": "{% $x %}"}, "Output": "{% $x %}", "Next": "Show"},
        Show={
            "Type": "Pass",
            "Output": {"x": "{% $x %}", "y": "{% $y %}", "before": "{% $states.input %}"},
            "End": True,
        },
    )

    assert seen.output == {"x": 2, "y": 1, "before": 1}


def test_a_loop_counts_with_a_variable(machines: Machines) -> None:
    seen = machines.run_states(
        {},
        Start={"Type": "Pass", "Assign": {"n": 0, "seen": []}, "Next": "More"},
        More={
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": "{% $n < 3 %}",
                    "Assign": {"n": "{% $n + 1 %}", "seen": "{% $append($seen, $n) %}"},
                    "Next": "More",
                }
            ],
            "Default": "Done",
        },
        Done={"Type": "Succeed", "Output": "{% $seen %}"},
    )

    assert seen.output == [0, 1, 2]


def test_variables_of_iterations_and_branches_stay_inside(machines: Machines) -> None:
    inside = passing(Assign={"y": "{% $states.input %}"}, Output="{% $x %}")
    seen = machines.run_states(
        [5, 6],
        Start={"Type": "Pass", "Assign": {"x": "outer"}, "Next": "Each"},
        Each={"Type": "Map", "ItemProcessor": inside, "Next": "Both"},
        Both={"Type": "Parallel", "Branches": [inside, inside], "Next": "Show"},
        Show={"Type": "Pass", "Output": {"x": "{% $x %}", "y": "{% $exists($y) %}"}, "End": True},
    )

    assert seen.output == {"x": "outer", "y": False}
    assert seen.details("MapStateExited")[0]["output"] == '["outer","outer"]'


def test_an_item_selector_sees_the_item_its_index_and_the_input(machines: Machines) -> None:
    selector = {
        "item": "{% $states.context.Map.Item.Value.name %}",
        "index": "{% $states.context.Map.Item.Index %}",
        "of": "{% $count($states.input.items) %}",
    }
    seen = machines.run_states(
        {"items": [{"name": "a"}, {"name": "b"}]},
        Each={
            "Type": "Map",
            "Items": "{% $states.input.items %}",
            "ItemSelector": selector,
            "ItemProcessor": passing(
                Output={"got": "{% $states.input %}", "again": "{% $states.context.Map.Item.Index %}"}
            ),
            "End": True,
        },
    )

    assert seen.output == [
        {"got": {"item": "a", "index": 0, "of": 2}, "again": 0},
        {"got": {"item": "b", "index": 1, "of": 2}, "again": 1},
    ]


def test_a_map_over_something_else_than_an_array_fails(machines: Machines) -> None:
    each = {"Type": "Map", "Items": "{% $states.input.one %}", "ItemProcessor": passing(), "End": True}

    seen = machines.run_states({"one": {"a": 1}}, Each=each)

    assert seen.error == "States.QueryEvaluationError"
    assert "Expected 'array', but was 'object' for value: {\"a\":1}" in str(seen.cause)


def test_a_map_in_distributed_mode_is_refused_loudly(machines: Machines) -> None:
    distributed = {**passing(), "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}

    with pytest.raises(ClientError, match="does not run Map states in distributed mode at /States/Each"):
        machines.run_states([1], Each={"Type": "Map", "ItemProcessor": distributed, "End": True})


def test_a_catch_has_the_error_output_and_its_own_assign(machines: Machines) -> None:
    catch = {
        "ErrorEquals": ["DynamoDB.ResourceNotFoundException"],
        "Assign": {"failure": "{% $states.errorOutput %}"},
        "Output": {"input": "{% $states.input.a %}", "error": "{% $states.errorOutput.Error %}"},
        "Next": "Show",
    }
    seen = machines.run_states(
        {"a": 1},
        Read={**FAILING_READ, "Catch": [catch], "End": True},
        Show={"Type": "Pass", "Output": {"in": "{% $states.input %}", "cause": "{% $failure.Cause %}"}, "End": True},
    )

    assert seen.output["in"] == {"input": 1, "error": "DynamoDB.ResourceNotFoundException"}
    assert "Error Code: ResourceNotFoundException" in seen.output["cause"]


def test_a_retry_and_a_catch_inside_a_map_concern_one_item(machines: Machines) -> None:
    read = {
        **FAILING_READ,
        "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "JitterStrategy": "FULL"}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Output": "gone", "Next": "Told"}],
        "End": True,
    }
    states = {
        "Which": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input = 2 %}", "Next": "Read"}],
            "Default": "Told",
        },
        "Read": read,
        "Told": {"Type": "Pass", "End": True},
    }

    seen = machines.run_states(
        [1, 2, 3], Each={"Type": "Map", "ItemProcessor": {"StartAt": "Which", "States": states}, "End": True}
    )

    assert seen.output == [1, "gone", 3]
    assert seen.types.count("TaskFailed") == 2


def test_an_argument_without_a_value_fails_the_state_and_can_be_caught(machines: Machines) -> None:
    arguments = {"TableName": "t", "Key": {"PK": {"S": "{% $states.input.missing %}"}}}
    catch = [{"ErrorEquals": ["States.QueryEvaluationError"], "Output": "caught", "Next": "Caught"}]
    seen = machines.run_states(
        {},
        Read={**FAILING_READ, "Arguments": arguments, "Catch": catch, "End": True},
        Caught={"Type": "Pass", "End": True},
    )

    assert seen.output == "caught"
    assert seen.details("EvaluationFailed")[0]["location"] == "Arguments/Key/PK/S"
    assert "TaskScheduled" not in seen.types


def test_a_condition_must_be_a_boolean(machines: Machines) -> None:
    choice = {"Type": "Choice", "Choices": [{"Condition": "{% 'yes' %}", "Next": "End"}], "Default": "End"}

    seen = machines.run_states({}, Which=choice, End={"Type": "Succeed"})

    assert seen.error == "States.QueryEvaluationError"
    assert "Expected 'boolean', but was 'string'" in str(seen.cause)


def test_a_wait_takes_its_seconds_from_an_expression(machines: Machines) -> None:
    seen = machines.run_states({"s": 0}, Pause={"Type": "Wait", "Seconds": "{% $states.input.s %}", "End": True})
    wrong = machines.run_states({"s": 0.5}, Pause={"Type": "Wait", "Seconds": "{% $states.input.s %}", "End": True})

    assert seen.status == "SUCCEEDED"
    assert wrong.error == "States.QueryEvaluationError"


def test_the_context_object_names_execution_machine_and_state(machines: Machines) -> None:
    seen = machines.run_states({"a": 1}, Look={"Type": "Pass", "Output": "{% $states.context %}", "End": True})

    execution, state = seen.output["Execution"], seen.output["State"]
    assert execution["Id"] == seen.arn
    assert execution["Input"] == {"a": 1}
    assert execution["RedriveCount"] == 0
    assert execution["Name"] == seen.arn.rpartition(":")[2]
    assert execution["RoleArn"].endswith(":role/machine")
    assert state["Name"] == "Look"
    assert execution["StartTime"] <= state["EnteredTime"]
    assert state["EnteredTime"].endswith("Z")
    assert seen.output["StateMachine"]["Name"].startswith("machine-")


def test_expressions_stand_anywhere_in_a_template(machines: Machines) -> None:
    template = {"a": [{"b": "{% 1 + 1 %}"}, "{% $states.input.x %}", "as {% it %} is"], "c": None, "d": True}

    assert output_of(machines, template, {"x": [3]}) == {"a": [{"b": 2}, [3], "as {% it %} is"], "c": None, "d": True}


def test_a_sequence_of_one_is_its_value_unless_it_is_kept(machines: Machines) -> None:
    data = {"rows": [{"id": "a"}]}

    seen = output_of(
        machines,
        {
            "one": "{% $states.input.rows.id %}",
            "kept": "{% $states.input.rows.id[] %}",
            "made": "{% [$states.input.rows.id] %}",
            "none": "{% [$states.input.rows[id = 'b']] %}",
        },
        data,
    )

    assert seen == {"one": "a", "kept": ["a"], "made": ["a"], "none": []}


def test_null_is_a_value_and_passes(machines: Machines) -> None:
    template = {"n": "{% $states.input.n %}", "is": "{% $exists($states.input.n) %}"}

    assert output_of(machines, template, {"n": None}) == {"n": None, "is": True}


def test_what_branches_pass_on_keeps_the_text_it_was_given(machines: Machines) -> None:
    branch = {"StartAt": "Same", "States": {"Same": {"Type": "Pass", "End": True}}}
    fork = {"Type": "Parallel", "Branches": [branch, branch], "End": True}
    machine = machines.create({"StartAt": "Fork", "States": {"Fork": fork}})

    running = machines.client.start_execution(stateMachineArn=machine, input="[1,  2]")["executionArn"]

    machines.ended(running)
    assert machines.client.describe_execution(executionArn=running)["output"] == "[[1,  2],[1,  2]]"


def test_text_beyond_ascii_stays_as_it_is(machines: Machines) -> None:
    seen = machines.run_states({"a": "é"}, Only={"Type": "Pass", "Output": "{% $string($states.input) %}", "End": True})

    assert seen.output == '{"a":"é"}'
    assert "é" in seen.details("PassStateExited")[0]["output"]


def test_results_belong_to_states_that_have_one(machines: Machines) -> None:
    with pytest.raises(ClientError, match=r"\$states.result is not available in this field at /States/Only/Output"):
        machines.run_states({}, Only={"Type": "Pass", "Output": "{% $states.result %}", "End": True})


def test_jsonpath_machines_still_run_and_fail_on_paths_to_nothing(machines: Machines) -> None:
    good = {"Type": "Pass", "Parameters": {"b.$": "$.a.b", "id.$": "$$.Execution.Id"}, "ResultPath": "$.r", "End": True}
    bad = {"Type": "Pass", "Parameters": {"b.$": "$.nope"}, "End": True}

    fine = machines.run({"QueryLanguage": "JSONPath", "StartAt": "P", "States": {"P": good}}, {"a": {"b": 1}})
    wrong = machines.run({"QueryLanguage": "JSONPath", "StartAt": "P", "States": {"P": bad}}, {"a": 1})

    assert fine.output == {"a": {"b": 1}, "r": {"b": 1, "id": fine.arn}}
    assert wrong.error == "States.Runtime"
    assert "The JSONPath '$.nope' specified for the field 'b.$' could not be found" in str(wrong.cause)


def test_the_plain_emulator_still_lets_a_state_see_its_own_assignments(plain_emulator: Emulator) -> None:
    seen = Machines(plain_emulator).run_states(
        {},
        First={"Type": "Pass", "Assign": {"x": 1}, "Next": "Second"},
        Second={"Type": "Pass", "Assign": {"x": 2, "y": "{% $x %}"}, "Next": "Show"},
        Show={"Type": "Pass", "Output": "{% $y %}", "End": True},
    )

    assert seen.output == 2
