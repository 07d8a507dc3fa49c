"""The custom resource that writes a SecureString for CloudFormation."""

import io
import json
import urllib.request
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest

from flightpulse.functions import secure_string, settings_resource

NAME = "/flightpulse/bedrock/model-id"


class ParameterMissingError(Exception):
    """Stands for the client's ``ParameterNotFound``."""


class FakeParameterStore:
    """Parameter Store with as much of its client as the resource uses."""

    exceptions = SimpleNamespace(ParameterNotFound=ParameterMissingError)

    def __init__(self, value: str | None = None) -> None:
        self.values = {NAME: value} if value else {}
        self.types: dict[str, str] = {}
        self.refuses: Exception | None = None

    def get_parameter(self, **asked: str) -> None:
        if asked["Name"] not in self.values:
            raise ParameterMissingError(asked["Name"])

    def put_parameter(self, **asked: Any) -> None:
        if self.refuses:
            raise self.refuses
        if asked["Name"] in self.values and not asked["Overwrite"]:
            raise FileExistsError(asked["Name"])
        self.values[asked["Name"]], self.types[asked["Name"]] = asked["Value"], asked["Type"]

    def delete_parameter(self, **asked: str) -> None:
        self.get_parameter(**asked)
        del self.values[asked["Name"]]


def request(
    kind: str, value: str | None = "amazon.nova-lite-v1:0", *, old: str | None = None, **more: Any
) -> dict[str, Any]:
    event = {
        "RequestType": kind,
        "RequestId": "request-1",
        "StackId": "stack-1",
        "LogicalResourceId": "ModelId",
        "ResponseURL": "https://cloudformation.example/answer",
        "ResourceProperties": {"ServiceToken": "arn", "Name": NAME, "Value": value},
        **more,
    }
    if old is not None:
        event |= {"OldResourceProperties": {"Name": NAME, "Value": old}, "PhysicalResourceId": NAME}
    return event


def respond(event: dict[str, Any], store: FakeParameterStore) -> dict[str, str]:
    return settings_resource.respond(event, lambda: secure_string.apply(event, cast(Any, store)))


def test_create_writes_a_secure_string_and_answers_with_its_name() -> None:
    store = FakeParameterStore()
    answer = respond(request("Create"), store)
    assert (store.values, store.types) == ({NAME: "amazon.nova-lite-v1:0"}, {NAME: "SecureString"})
    assert answer == {
        "Status": "SUCCESS",
        "Reason": "Done.",
        "PhysicalResourceId": NAME,
        "StackId": "stack-1",
        "RequestId": "request-1",
        "LogicalResourceId": "ModelId",
    }


def test_a_value_changed_by_hand_stays_while_the_stack_asks_for_the_same() -> None:
    store = FakeParameterStore(value="chosen-by-hand")
    respond(request("Update", "amazon.nova-lite-v1:0", old="amazon.nova-lite-v1:0"), store)
    assert store.values[NAME] == "chosen-by-hand"


def test_another_value_in_the_stack_replaces_one_changed_by_hand() -> None:
    store = FakeParameterStore(value="chosen-by-hand")
    respond(request("Update", "amazon.nova-micro-v1:0", old="amazon.nova-lite-v1:0"), store)
    assert store.values[NAME] == "amazon.nova-micro-v1:0"


def test_a_parameter_that_was_deleted_by_hand_comes_back_with_the_next_update() -> None:
    store = FakeParameterStore()
    respond(request("Update", "amazon.nova-lite-v1:0", old="amazon.nova-lite-v1:0"), store)
    assert store.values[NAME] == "amazon.nova-lite-v1:0"


def test_delete_removes_it() -> None:
    store = FakeParameterStore(value="any")
    assert respond(request("Delete"), store)["Status"] == "SUCCESS"
    assert store.values == {}


def test_deleting_what_is_gone_is_a_success() -> None:
    assert respond(request("Delete"), FakeParameterStore())["Status"] == "SUCCESS"


def test_a_failure_is_answered_with_its_reason_and_the_same_id() -> None:
    store = FakeParameterStore()
    store.refuses = PermissionError("not for you")
    answer = respond(request("Create"), store)
    assert (answer["Status"], answer["Reason"]) == ("FAILED", "PermissionError: not for you")
    assert answer["PhysicalResourceId"] == NAME


def test_a_very_long_reason_is_cut_to_what_cloudformation_takes() -> None:
    store = FakeParameterStore()
    store.refuses = RuntimeError("x" * 9000)
    assert len(json.dumps(respond(request("Create"), store))) < 4096


def test_a_resource_without_a_value_is_refused_and_can_be_rolled_back() -> None:
    store = FakeParameterStore()
    answer = respond(request("Create", None), store)
    assert (answer["Status"], answer["Reason"]) == ("FAILED", "ValueError: The property Value is missing.")
    assert respond(request("Delete", None), store)["Status"] == "SUCCESS"


def test_a_request_without_properties_is_still_answered() -> None:
    event = request("Create")
    del event["ResourceProperties"]
    answer = respond(event, FakeParameterStore())
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", "unnamed")


def test_a_resource_without_a_name_keeps_the_id_that_it_has() -> None:
    event = request("Delete", PhysicalResourceId="kept", ResourceProperties={})
    assert respond(event, FakeParameterStore())["PhysicalResourceId"] == "kept"


def test_the_answer_is_put_to_the_signed_address_without_a_content_type(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[urllib.request.Request] = []

    def urlopen(made: urllib.request.Request, timeout: float) -> io.BytesIO:
        assert 1 < timeout < 30
        sent.append(made)
        return io.BytesIO()

    store = FakeParameterStore()
    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    monkeypatch.setattr(boto3, "client", lambda service, config: store)
    settings_resource.handler(request("Create"), None)
    (made,) = sent
    assert (made.get_method(), made.full_url) == ("PUT", "https://cloudformation.example/answer")
    assert made.get_header("Content-type") == ""
    assert json.loads(cast(bytes, made.data))["Status"] == "SUCCESS"


def test_an_answer_that_cannot_be_delivered_fails_the_invocation(monkeypatch: pytest.MonkeyPatch) -> None:
    def urlopen(made: urllib.request.Request, timeout: float) -> io.BytesIO:
        raise OSError("no route")

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    monkeypatch.setattr(boto3, "client", lambda service, config: FakeParameterStore())
    with pytest.raises(OSError, match="no route"):
        settings_resource.handler(request("Create"), None)
