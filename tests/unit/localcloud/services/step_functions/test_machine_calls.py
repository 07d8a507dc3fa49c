"""The API calls that create, tag and list state machines and activities."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ministack.core import responses
from ministack.services import cloudwatch_logs
from ministack.services import stepfunctions as emulator

from localcloud.services.step_functions import machine_api

GROUP = "/flightpulse/workflow"
ARN = "arn:aws:states:us-east-1:000000000000"
TRIED = "log_stream_created_by_aws_to_validate_log_delivery_subscriptions"


@pytest.fixture(autouse=True)
def around() -> Iterator[None]:
    """The emulator's handlers with ours around them, and nothing in it."""
    handlers = dict(vars(emulator))
    with responses.request_scope("000000000000", "us-east-1"):
        machine_api.install()
        yield
        vars(emulator).update(handlers)
        emulator.reset()
        cloudwatch_logs.reset()


def called(handler: str, **request: Any) -> tuple[int, dict[str, Any]]:
    status, _, body = getattr(emulator, handler)(request)
    return status, json.loads(body)


def create(name: str, **more: Any) -> tuple[int, dict[str, Any]]:
    definition = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
    role = "arn:aws:iam::000000000000:role/machine"
    return called("_create_state_machine", name=name, definition=json.dumps(definition), roleArn=role, **more)


def logging_to(group: str) -> dict[str, Any]:
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{group}:*"
    return {"level": "ALL", "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]}


def streams(group: str) -> list[str]:
    _, _, body = cloudwatch_logs._describe_log_streams({"logGroupName": group})
    return [stream["logStreamName"] for stream in json.loads(body)["logStreams"]]


def test_a_log_group_is_tried_once_with_a_stream_of_its_own() -> None:
    cloudwatch_logs._create_log_group({"logGroupName": GROUP})

    made = [create(name, loggingConfiguration=logging_to(GROUP))[0] for name in ("first", "second")]

    assert (made, streams(GROUP)) == ([200, 200], [TRIED])


def test_a_state_machine_that_does_not_log_tries_no_group() -> None:
    cloudwatch_logs._create_log_group({"logGroupName": GROUP})

    assert (create("silent")[0], streams(GROUP)) == (200, [])


@pytest.mark.parametrize("kind", ["stateMachine", "activity"])
def test_what_is_not_there_cannot_be_tagged(kind: str) -> None:
    arn, tags = f"{ARN}:{kind}:none", [{"key": "team", "value": "flights"}]

    status, told = called("_tag_resource", resourceArn=arn, tags=tags)

    assert (status, told["__type"], told["message"]) == (400, "ResourceNotFound", f"Resource not found: '{arn}'")


def test_a_state_machine_can_be_tagged() -> None:
    arn, tags = create("tagged")[1]["stateMachineArn"], [{"key": "team", "value": "flights"}]

    assert called("_tag_resource", resourceArn=arn, tags=tags) == (200, {})
    assert called("_list_tags_for_resource", resourceArn=arn) == (200, {"tags": tags})


def test_activities_are_listed_in_pages() -> None:
    for name in ("first", "second", "third"):
        called("_create_activity", name=name)

    _, page = called("_list_activities", maxResults=2)
    _, rest = called("_list_activities", maxResults=2, nextToken=page["nextToken"])

    assert [[activity["name"] for activity in shown["activities"]] for shown in (page, rest)] == [
        ["first", "second"],
        ["third"],
    ]
    assert "nextToken" not in rest
    assert called("_list_activities", nextToken="x")[1]["__type"] == "InvalidToken"
