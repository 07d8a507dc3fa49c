"""Permissions of a workflow follow from its definition."""

from typing import Any

import pytest

from flightpulse.errors import UserError
from flightpulse.stack import asl
from flightpulse.stack.asl import Definition
from flightpulse.stack.workflow_permissions import StateCall, calls


def definition(resource: str, arguments: Any) -> Definition:
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments}
    return Definition("sample", {"States": {"Do": task, "Wait": {"Type": "Wait"}}})


@pytest.mark.parametrize(
    ("resource", "arguments", "call"),
    [
        ("dynamodb:putItem", {"TableName": "${TableName}"}, StateCall("dynamodb:PutItem", "TableName")),
        ("aws-sdk:dynamodb:query", "{% {'TableName': '${TableName}'} %}", StateCall("dynamodb:Query", "TableName")),
        (
            "aws-sdk:dynamodb:batchGetItem",
            {"RequestItems": {"${TableName}": {}}},
            StateCall("dynamodb:BatchGetItem", "TableName"),
        ),
        (
            "events:putEvents",
            {"Entries": [{"EventBusName": "${EventBusName}"}]},
            StateCall("events:PutEvents", "EventBusName"),
        ),
        (
            "lambda:invoke",
            {"FunctionName": "${LlmMessengerArn}"},
            StateCall("lambda:InvokeFunction", "LlmMessengerArn"),
        ),
        (
            "states:startExecution.sync:2",
            {"StateMachineArn": "${NotifyChunkArn}"},
            StateCall("states:StartExecution", "NotifyChunkArn"),
        ),
    ],
)
def test_a_task_becomes_one_action_on_one_resource(resource: str, arguments: Any, call: StateCall) -> None:
    assert calls(definition(resource, arguments)) == [call]


@pytest.mark.parametrize(
    "items",
    [
        [{"Update": {"TableName": "${TableName}"}}, {"ConditionCheck": {"TableName": "${TableName}"}}],
        "{% [$each.({'Update': {'TableName': '${TableName}'}}), {'ConditionCheck' : {'TableName': '${TableName}'}}] %}",
        '{% [{"Update": {"TableName": "${TableName}"}}, {"ConditionCheck": {"TableName": "${TableName}"}}] %}',
    ],
    ids=["json", "jsonata", "jsonata-with-double-quotes"],
)
def test_a_transaction_needs_what_its_parts_need(items: Any) -> None:
    assert calls(definition("aws-sdk:dynamodb:transactWriteItems", {"TransactItems": items})) == [
        StateCall("dynamodb:ConditionCheckItem", "TableName"),
        StateCall("dynamodb:UpdateItem", "TableName"),
    ]


def test_a_transaction_that_does_not_say_what_it_does_is_refused() -> None:
    with pytest.raises(UserError, match="does not say what its transaction does"):
        calls(definition("aws-sdk:dynamodb:transactWriteItems", {"TransactItems": "{% $items %}"}))


def test_an_integration_without_a_rule_is_refused() -> None:
    with pytest.raises(UserError, match="sample: Do calls 'aws-sdk:dynamodb:scan', for which no permission is known"):
        calls(definition("aws-sdk:dynamodb:scan", {"TableName": "${TableName}"}))


def test_a_task_that_names_no_resource_of_ours_is_refused() -> None:
    with pytest.raises(UserError, match="does not say which resource dynamodb:PutItem is for"):
        calls(definition("dynamodb:putItem", {"TableName": "SomebodyElses"}))


def test_the_shared_workflow_may_not_touch_the_error_topic_nor_call_the_function() -> None:
    actions = {call.action for call in calls(asl.load("notify_passengers"))}
    assert actions == {"dynamodb:Query", "sqs:SendMessage", "states:StartExecution"}
