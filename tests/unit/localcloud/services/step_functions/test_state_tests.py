"""TestState answers with what the interpreter makes of one state, its service mocked."""

import json
from typing import Any

import pytest
from ministack.core import responses

from localcloud import faults
from localcloud.services.refusals import Refused
from localcloud.services.step_functions import mock_results, state_tests
from localcloud.services.step_functions.resource import Resource

INVOKE = {"Type": "Task", "QueryLanguage": "JSONata", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
RETRIED = {
    **INVOKE,
    "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 3, "BackoffRate": 2, "MaxAttempts": 2}],
    "Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput.Error %}", "Next": "Tell"}],
}
ITEM = {"StartAt": "One", "States": {"One": {"Type": "Pass", "End": True}}}


class _NoExecutions:
    def start(self, state_machine: str, text: str, name: str | None = None) -> Any:
        raise AssertionError("a test of one state starts nothing else")

    def stop(self, run: Any, error: str | None, cause: str | None) -> None:
        raise AssertionError("a test of one state stops nothing else")


def answered(definition: dict[str, Any], executions: Any = None, **request: Any) -> dict[str, Any]:
    given = {name: json.dumps(value) if name in ("input", "variables") else value for name, value in request.items()}
    return state_tests.answer({"definition": json.dumps(definition), **given}, executions or _NoExecutions())


def mocked(result: Any, **more: Any) -> dict[str, Any]:
    return {"result": json.dumps(result, separators=(",", ":")), **more}


def failing(error: str, cause: str = "why") -> dict[str, Any]:
    return {"errorOutput": {"error": error, "cause": cause}}


def test_a_mocked_task_hands_on_what_its_output_makes_of_the_result() -> None:
    state = {**INVOKE, "Arguments": {"Payload": "{% $who %}"}, "Output": "{% $states.result.Payload & '!' %}"}

    told = answered(state, mock=mocked({"Payload": "hi"}), variables={"who": "Ann"}, inspectionLevel="DEBUG")

    assert told == {
        "status": "SUCCEEDED",
        "output": '"hi!"',
        "inspectionData": {
            "input": "{}",
            "variables": '{"who":"Ann"}',
            "afterArguments": '{"Payload":"Ann"}',
            "result": '{"Payload":"hi"}',
        },
    }


@pytest.mark.parametrize("language", ["JSONata", "JSONPath"])
def test_the_variables_are_those_that_the_next_state_sees(language: str) -> None:
    assign = {"seen": "{% $states.input.x %}"} if language == "JSONata" else {"seen.$": "$.x"}
    state = {"Type": "Pass", "QueryLanguage": language, "Assign": assign, "Next": "Done"}

    told = answered(state, input={"x": 1}, variables={"kept": 2, "seen": 0}, inspectionLevel="DEBUG")

    assert json.loads(told["inspectionData"]["variables"]) == {"kept": 2, "seen": 1}


def test_a_jsonpath_state_shows_its_data_between_its_fields() -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:getItem",
        "InputPath": "$.a",
        "End": True,
        "Parameters": {"TableName.$": "$.t"},
        "ResultSelector": {"n.$": "$.Item.N"},
        "ResultPath": "$.r",
    }

    told = answered(state, input={"a": {"t": "T"}}, mock=mocked({"Item": {"N": {"S": "x"}}}), inspectionLevel="TRACE")

    assert told["output"] == '{"a":{"t":"T"},"r":{"n":{"S":"x"}}}'
    assert told["inspectionData"] == {
        "input": '{"a": {"t": "T"}}',
        "afterInputPath": '{"t":"T"}',
        "afterParameters": '{"TableName":"T"}',
        "result": '{"Item":{"N":{"S":"x"}}}',
        "afterResultSelector": '{"n":{"S":"x"}}',
        "afterResultPath": '{"a":{"t":"T"},"r":{"n":{"S":"x"}}}',
    }


@pytest.mark.parametrize(
    ("retries", "status", "details"),
    [
        (0, "RETRIABLE", {"retryIndex": 0, "retryBackoffIntervalSeconds": 3}),
        (1, "RETRIABLE", {"retryIndex": 0, "retryBackoffIntervalSeconds": 6}),
        (2, "CAUGHT_ERROR", {"catchIndex": 0}),
    ],
)
def test_a_failure_is_tried_again_until_it_is_caught(retries: int, status: str, details: dict[str, int]) -> None:
    told = answered(
        RETRIED,
        mock=failing("Busy"),
        stateConfiguration={"retrierRetryCount": retries},
        inspectionLevel="DEBUG",
    )

    assert (told["status"], told["error"], told["cause"]) == (status, "Busy", "why")
    assert told["inspectionData"]["errorDetails"] == details
    assert told.get("nextState") == ("Tell" if status == "CAUGHT_ERROR" else None)


def test_what_nothing_catches_fails() -> None:
    assert answered(INVOKE, mock=failing("Broken")) == {"status": "FAILED", "error": "Broken", "cause": "why"}


START = {
    "Type": "Task",
    "QueryLanguage": "JSONata",
    "Resource": "arn:aws:states:::states:startExecution",
    "Arguments": {"StateMachineArn": "M"},
    "Credentials": {"RoleArn": "arn:aws:iam::111111111111:role/Other"},
    "End": True,
}


@pytest.mark.parametrize("fault", [{"delay_seconds": 0.001}, {"after": True, "error": "Lost"}])
def test_a_fault_leaves_the_call_to_the_account_of_the_credentials(fault: dict[str, Any]) -> None:
    accounts: list[str] = []

    class Executions(_NoExecutions):
        def start(self, *_: Any, **__: Any) -> Any:
            accounts.append(responses.get_account_id())
            raise Refused("StateMachineDoesNotExist", "M")

    faults.BOARD.set([{"state": "StateName", "times": 1, **fault}])

    answered(START, Executions(), roleArn="arn:aws:iam::000000000000:role/R")

    assert accounts == ["111111111111"]


def test_credentials_whose_role_is_no_arn_fail_the_state() -> None:
    told = answered({**START, "Credentials": {"RoleArn": "Other"}}, roleArn="arn:aws:iam::000000000000:role/R")

    assert (told["error"], told["cause"].endswith("The RoleArn 'Other' of the Credentials is no ARN.")) == (
        "States.Runtime",
        True,
    )


def test_a_choice_says_which_way_it_goes() -> None:
    state = {
        "Type": "Choice",
        "QueryLanguage": "JSONata",
        "Choices": [{"Condition": "{% $states.input.cost < 10 %}", "Next": "Approved"}],
        "Default": "Ask",
    }

    assert [answered(state, input={"cost": cost})["nextState"] for cost in (9, 10)] == ["Approved", "Ask"]


def test_a_state_is_found_by_its_name_at_any_depth() -> None:
    machine = {
        "QueryLanguage": "JSONata",
        "StartAt": "Each",
        "States": {
            "Each": {
                "Type": "Map",
                "Items": "{% $states.input %}",
                "End": True,
                "ItemProcessor": {
                    "StartAt": "One",
                    "States": {"One": {"Type": "Pass", "Output": "{% $states.input + 1 %}", "End": True}},
                },
            }
        },
    }

    assert answered(machine, stateName="One", input=1)["output"] == "2"
    assert answered(machine, stateName="Each", input=[1], mock=mocked([2]))["output"] == "[2]"


def test_more_failed_iterations_than_a_map_tolerates_fail_it() -> None:
    state = {"Type": "Map", "ItemProcessor": ITEM, "ToleratedFailureCount": 1, "End": True}

    told = [
        answered(
            state, input=[1, 2, 3], mock=mocked([1, 2, 3]), stateConfiguration={"mapIterationFailureCount": failed}
        )
        for failed in (1, 2)
    ]

    assert [answer["status"] for answer in told] == ["SUCCEEDED", "FAILED"]
    assert told[1]["error"] == "States.ExceedToleratedFailureThreshold"


def test_a_context_that_is_given_is_the_whole_context() -> None:
    state = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.context %}", "End": True}

    assert answered(state, context='{"Execution": {"Name": "mine"}}')["output"] == '{"Execution":{"Name":"mine"}}'
    assert set(json.loads(answered(state)["output"])) == {"Execution", "StateMachine", "State"}


PARALLEL = {"Type": "Parallel", "Branches": [ITEM, ITEM], "End": True}


@pytest.mark.parametrize(
    ("state", "request_fields", "message"),
    [
        ({"Type": "Pass", "End": True}, {"mock": mocked(1)}, "State type 'Pass' is not supported when a mock is"),
        (INVOKE, {}, "RoleArn must be specified when testing a Task state"),
        (INVOKE, {"mock": {"result": "no json"}}, "Mocked result must be valid JSON"),
        (INVOKE, {"mock": {**mocked(1), **failing("E")}}, "A test mock should have only one of the following fields"),
        (INVOKE, {"mock": mocked({}), "revealSecrets": True}, "TestState does not support RevealSecrets"),
        (PARALLEL, {}, "TestState API does not support Map or Parallel states"),
        (PARALLEL, {"mock": mocked([1])}, "Mocked result must contain the same number of items as number of Parallel"),
        (PARALLEL, {"mock": mocked({})}, "Mocked result must be an array."),
        ({"Type": "Pass", "Next": "A", "Output": 1}, {}, "Invalid State Machine Definition"),
    ],
)
def test_what_cannot_be_tested_is_refused_in_words(state: Any, request_fields: Any, message: str) -> None:
    with pytest.raises(Refused) as refused:
        answered(state, **request_fields)

    assert refused.value.message.startswith(message)


@pytest.mark.parametrize(
    ("resource", "result", "message"),
    [
        ("events:putEvents", {"Entries": "no list"}, "Field 'Entries' must be an array"),
        ("lambda:invoke", {"StatusCode": "200"}, "Field 'StatusCode' must be a number"),
        ("lambda:invoke", {"Payload": {"any": "JSON"}}, None),
        ("states:startExecution", {}, "Required field 'ExecutionArn' is missing"),
        ("aws-sdk:lambda:getFunction", {"Configuration": {"MemorySize": 127}}, "Field 'MemorySize' is less than"),
        ("aws-sdk:s3:getObject", {"StorageClass": "WARM"}, "Field 'StorageClass' is not an expected value"),
        ("sqs:sendMessage.waitForTaskToken", {"any": "answer"}, None),
        ("aws-sdk:nothing:atAll", {"any": "answer"}, None),
    ],
)
def test_a_mocked_result_is_one_that_the_service_could_give(resource: str, result: Any, message: str | None) -> None:
    found = mock_results.problem(Resource.read(f"arn:aws:states:::{resource}"), result, required=True)

    assert found is None if message is None else str(found).startswith(message)


def test_only_a_strict_mock_needs_every_field() -> None:
    resource = Resource.read("arn:aws:states:::states:startExecution")

    assert mock_results.problem(resource, {}, required=False) is None
    assert mock_results.problem(resource, {"StartDate": True}, required=False) == "Field 'StartDate' must be a string"


@pytest.mark.parametrize("language", ["JSONata", "JSONPath"])
def test_a_mocked_result_that_goes_on_as_it_is_keeps_its_text(language: str) -> None:
    state = {**INVOKE, "QueryLanguage": language}

    told = answered(state, mock={"result": "[1,  2]", "fieldValidationMode": "NONE"})

    assert told["output"] == "[1,  2]"


@pytest.mark.parametrize(
    ("context", "said"),
    [
        ({"Execution": {"Id": 1}}, "Execution.Id must be a string"),
        ({"Execution": {"pokemon": "x"}}, "Field 'pokemon' is not allowed"),
        ({"Pokedex": {}}, "Field 'Pokedex' is not allowed"),
        ({"Map": {}}, "'Map' field is not supported when mocking a Context object"),
    ],
)
def test_a_context_that_step_functions_does_not_have_is_refused(context: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=f"^ValidationException: Invalid Context object provided: {said}$"):
        answered(INVOKE, mock=mocked({}), context=json.dumps(context))


@pytest.mark.parametrize("field", ["SecondsPath", "TimestampPath"])
def test_a_wait_that_finds_nothing_at_its_path_says_so_in_the_words_of_step_functions(field: str) -> None:
    told = answered({"Type": "Wait", field: "$.none", "End": True})

    assert (told["status"], told["error"]) == ("FAILED", "States.Runtime")
    assert told["cause"].endswith(f"The {field} parameter does not reference an input value: $.none")


def test_a_wait_of_less_than_nothing_is_a_failed_evaluation_of_its_field() -> None:
    told = answered({"QueryLanguage": "JSONata", "Type": "Wait", "Seconds": "{% -1 %}", "End": True})

    assert (told["status"], told["error"]) == ("FAILED", "States.QueryEvaluationError")
    assert told["cause"].endswith(" Seconds cannot be negative but was: -1.0")
