"""Creating and validating a state machine says what is wrong with its definition."""

import json
from typing import Any

from localcloud.services.step_functions import creation

PASS = {"Type": "Pass", "End": True}


def text(**states: Any) -> str:
    return json.dumps({"StartAt": next(iter(states)), "States": states})


def test_a_good_definition_is_accepted_and_valid() -> None:
    assert creation.refusal(text(A=PASS)) is None
    assert creation.validation({"definition": text(A=PASS)}) == {
        "result": "OK",
        "diagnostics": [],
        "truncated": False,
    }


def test_a_refusal_names_each_problem_and_its_place() -> None:
    refused = creation.refusal(text(A={"Type": "Pass", "Next": "B"}))

    assert refused == (
        "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next'"
    )


def test_a_distributed_map_is_refused_before_it_could_run() -> None:
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "B", "States": {"B": PASS}}

    refused = creation.refusal(text(A={"Type": "Map", "ItemProcessor": processor, "End": True}))

    assert "The local cloud does not run Map states in distributed mode at /States/A" in str(refused)


def test_a_path_that_cannot_be_read_is_refused_before_it_could_run() -> None:
    assert "/States/A/Parameters/x.$" in str(creation.refusal(text(A={**PASS, "Parameters": {"x.$": "$.a["}})))
    assert creation.refusal(text(A={**PASS, "Parameters": {"x.$": "States.Format('{}', $.a[?(@.b == 1)])"}})) is None
    assert "States.Nope" in str(creation.refusal(text(A={**PASS, "Parameters": {"x.$": "States.Nope(1)"}})))


def test_the_result_of_a_pass_state_is_taken_as_it_is() -> None:
    assert creation.refusal(text(A={**PASS, "Result": {"x.$": "no path", "Variable": "[", "InputPath": "x"}})) is None


def test_what_is_no_json_is_said_so() -> None:
    (diagnostic,) = creation.validation({"definition": "not a definition"})["diagnostics"]

    assert diagnostic["code"] == "INVALID_JSON_DESCRIPTION"
    for blank in ("", " "):
        (diagnostic,) = creation.validation({"definition": blank})["diagnostics"]
        assert diagnostic["message"] == "Definition must be a valid JSON object"


def test_a_warning_fails_nothing_and_is_told_to_who_asks() -> None:
    definition = json.dumps({"QueryLanguage": "JSONata", **json.loads(text(A={**PASS, "Output": "{% $nope %}"}))})

    assert creation.refusal(definition) is None
    assert creation.validation({"definition": definition})["diagnostics"] == []
    assert creation.validation({"definition": definition, "severity": "WARNING"})["result"] == "OK"
    assert len(creation.validation({"definition": definition, "severity": "WARNING"})["diagnostics"]) == 1


def test_a_call_that_the_local_cloud_cannot_make_is_refused_before_it_could_run() -> None:
    def refused(resource: str) -> str | None:
        return creation.refusal(text(A={"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "End": True}))

    assert "The local cloud does not call http:invoke at /States/A/Resource" in str(refused("http:invoke"))
    assert "The local cloud does not call aws-sdk:polly:listVoices" in str(refused("aws-sdk:polly:listVoices"))
    assert "The local cloud does not call ecs:runTask.sync" in str(refused("ecs:runTask.sync"))
    calls = ("lambda:invoke", "events:putEvents", "sqs:sendMessage.waitForTaskToken", "states:startExecution.sync:2")
    for known in (*calls, "aws-sdk:dynamodb:query", "aws-sdk:s3:getObject"):
        assert refused(known) is None, known
    assert creation.refusal(text(A={"Type": "Task", "Resource": "arn:aws:states:::http:invoke"}), anywhere=True) != (
        refused("http:invoke")
    )


def test_credentials_of_a_task_name_a_role() -> None:
    def refused(credentials: dict[str, str]) -> str | None:
        task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
        return creation.refusal(text(A={**task, "Credentials": credentials}))

    assert refused({"RoleArn.$": "$.role"}) is None
    assert refused({"Role": "x"}) == (
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: "
        "The field 'RoleArn' is required but was missing at /States/A/Credentials'"
    )
