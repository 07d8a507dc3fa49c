"""Executions are found by what a user has at hand."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from flightpulse.errors import UserError
from flightpulse.workbench.executions import executions
from flightpulse.workbench.executions.loading import Loader

ARN = "arn:aws:states:eu-west-1:123456789012:execution:Machine:first"


def answering(code: str) -> Any:
    def refuse(**given: Any) -> Any:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeExecution")

    return SimpleNamespace(
        stepfunctions=SimpleNamespace(describe_execution=refuse), command=lambda verb: f"flightpulse {verb}"
    )


def test_an_arn_brings_its_region_and_a_name_does_not() -> None:
    assert executions.region_of(ARN) == "eu-west-1"
    assert executions.region_of("latest") is None


@pytest.mark.parametrize(
    ("arn", "said"),
    [
        ("arn:aws:states:eu-west-1:123456789012:express:Machine:one:two", "keep no history"),
        ("arn:aws:states:eu-west-1:123456789012:stateMachine:Machine", "not an execution's ARN"),
        ("arn:aws", "not an execution's ARN"),
    ],
)
def test_an_arn_of_something_else_is_named(arn: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        executions.find(answering("unused"), arn)


@pytest.mark.parametrize("code", ["ExecutionDoesNotExist", "AccessDeniedException"])
def test_a_started_execution_that_cannot_be_seen_is_left_out(code: str) -> None:
    assert Loader(answering(code)).load_child(ARN) is None


def test_another_error_of_a_started_execution_is_not_hidden() -> None:
    with pytest.raises(ClientError):
        Loader(answering("ThrottlingException")).load_child(ARN)
