"""A local cloud that checks permissions: roles of workflows may do what their policies say, and it is noted."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from localcloud.process import own_pages
from localcloud.services.iam import calls
from tests.integration.emulator import Emulator
from tests.waiting import until

TABLE = "arn:aws:dynamodb:us-east-1:000000000000:table/things"
READ = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": TABLE}
DEFINITION = {
    "QueryLanguage": "JSONata",
    "StartAt": "Read",
    "States": {
        "Read": {
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:getItem",
            "Arguments": {"TableName": "things", "Key": {"PK": {"S": "one"}}},
            "End": True,
        }
    },
}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Emulator]:
    with Emulator(env={"FLIGHTPULSE_IAM": "1"}) as emulator:
        emulator.client("dynamodb").create_table(
            TableName="things",
            AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield emulator


def run(
    cloud: Emulator, name: str, *statements: dict[str, Any], definition: dict[str, Any] = DEFINITION
) -> dict[str, Any]:
    """An ended execution of a workflow whose role has these statements."""
    iam, states = cloud.client("iam"), cloud.client("stepfunctions")
    trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
    machine = states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role)["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = states.describe_execution(executionArn=execution)
        return found if found["status"] != "RUNNING" else None

    return until(ended, "the end of the execution")


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def noted(cloud: Emulator, role: str) -> list[tuple[str, str, bool]]:
    page = own_pages.read(int(cloud.endpoint_url.rpartition(":")[2]), path=calls.PATH)
    assert page is not None
    return [(call["action"], call["resource"], call["allowed"]) for call in page["calls"] if call["role"] == role]


def test_a_workflow_does_what_its_role_allows_and_it_is_noted(cloud: Emulator) -> None:
    assert run(cloud, "reader", READ)["status"] == "SUCCEEDED"
    assert noted(cloud, "reader") == [("dynamodb:GetItem", TABLE, True)]


def test_a_workflow_without_the_grant_is_denied_in_the_words_of_step_functions(cloud: Emulator) -> None:
    execution = run(cloud, "stranger")
    assert (execution["status"], execution["error"]) == ("FAILED", "DynamoDB.AmazonDynamoDBException")
    assert f"is not authorized to perform: dynamodb:GetItem on resource: {TABLE}" in execution["cause"]
    assert "Error Code: AccessDeniedException" in execution["cause"]
    assert noted(cloud, "stranger") == [("dynamodb:GetItem", TABLE, False)]


def test_a_grant_for_other_keys_is_none(cloud: Emulator) -> None:
    keys = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["two*"]}}
    assert run(cloud, "neighbour", READ | {"Condition": keys})["status"] == "FAILED"


def transaction(*parts: dict[str, Any]) -> dict[str, Any]:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:dynamodb:transactWriteItems",
        "Arguments": {"TransactItems": list(parts)},
        "End": True,
    }
    return {**DEFINITION, "States": {"Read": task}}


def update(key: str) -> dict[str, Any]:
    values = {"ExpressionAttributeValues": {":a": {"S": "a"}}}
    return {"Update": {"TableName": "things", "Key": {"PK": {"S": key}}, "UpdateExpression": "SET a = :a", **values}}


def check(key: str) -> dict[str, Any]:
    condition = {"ConditionExpression": "attribute_not_exists(PK)"}
    return {"ConditionCheck": {"TableName": "things", "Key": {"PK": {"S": key}}, **condition}}


def test_a_transaction_needs_the_grant_of_each_of_its_parts_for_the_key_of_that_part(cloud: Emulator) -> None:
    keys = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["own-*"]}}
    write = {"Effect": "Allow", "Action": "dynamodb:UpdateItem", "Resource": TABLE, "Condition": keys}
    look = {"Effect": "Allow", "Action": "dynamodb:ConditionCheckItem", "Resource": TABLE}
    both = transaction(update("own-1"), check("other"))

    assert run(cloud, "transacts", write, look, definition=both)["status"] == "SUCCEEDED"
    assert noted(cloud, "transacts") == [
        ("dynamodb:ConditionCheckItem", TABLE, True),
        ("dynamodb:UpdateItem", TABLE, True),
    ]
    assert run(cloud, "strays", write, definition=transaction(update("own-2"), update("other")))["status"] == "FAILED"
    denied = run(cloud, "looks-too", write, definition=both)
    assert denied["error"] == "DynamoDb.DynamoDbException"
    assert f"is not authorized to perform: dynamodb:ConditionCheckItem on resource: {TABLE}" in denied["cause"]
    assert " (Service: DynamoDb, Status Code: 400, Request ID: " in denied["cause"]
