"""What the Step Functions API refuses of a request before anything else looks at it."""

import pytest

from localcloud.services.refusals import Refused
from localcloud.services.step_functions import request_checks

MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:m"


@pytest.mark.parametrize(
    ("action", "request_", "refusal"),
    [
        (
            "ListStateMachines",
            {"maxResults": 1001},
            "ValidationException: 1 validation error detected: Value '1001' at 'maxResults' failed to satisfy "
            "constraint: Member must have value less than or equal to 1000",
        ),
        (
            "ListStateMachines",
            {"nextToken": "x" * 1025},
            f"ValidationException: 1 validation error detected: Value '{'x' * 1025}' at 'nextToken' failed to satisfy "
            "constraint: Member must have length less than or equal to 1024",
        ),
        (
            "CreateStateMachineAlias",
            {"name": "123", "routingConfiguration": [{"stateMachineVersionArn": f"{MACHINE}:1", "weight": 101}]},
            "ValidationException: 2 validation errors detected: ",
        ),
        ("CreateActivity", {"name": "an activity"}, "InvalidName: Invalid Name: 'an activity'"),
        ("DescribeStateMachine", {"stateMachineArn": "m"}, "InvalidArn: Invalid Arn: 'Invalid ARN prefix: m'"),
        (
            "DescribeExecution",
            {"executionArn": "arn:aws:states:us-east-1:000000000000:express:m:e:1"},
            "InvalidArn: Invalid Arn: 'Resource type not valid in this context: express'",
        ),
    ],
)
def test_what_breaks_the_model_of_the_api_is_refused(action: str, request_: dict[str, object], refusal: str) -> None:
    with pytest.raises(Refused) as refused:
        request_checks.check(action, request_)

    assert str(refused.value).startswith(refusal)


@pytest.mark.parametrize(
    ("action", "request_"),
    [
        ("ListExecutions", {"stateMachineArn": MACHINE, "statusFilter": "SUCCEEDED", "maxResults": 0}),
        ("CreateActivity", {"name": "activity-name.v2"}),
        ("StartExecution", {"stateMachineArn": f"{MACHINE}#test", "name": "Flug_é", "input": "{}"}),
        ("StartExecution", {"stateMachineArn": MACHINE, "traceHeader": "Root=1-5759e988-bd862e3fe1be46a994272793"}),
        ("NoSuchAction", {"maxResults": 5000}),
    ],
)
def test_everything_else_passes(action: str, request_: dict[str, object]) -> None:
    request_checks.check(action, request_)


def test_pages_of_a_list_follow_each_other_until_the_last() -> None:
    items = [{"n": number} for number in range(5)]

    first = request_checks.page(items, {"maxResults": 2}, "list")
    second = request_checks.page(items, {"maxResults": 2, "nextToken": first["nextToken"]}, "list")
    third = request_checks.page(items, {"maxResults": 2, "nextToken": second["nextToken"]}, "list")

    assert [item for page in (first, second, third) for item in page["list"]] == items
    assert "nextToken" not in third


@pytest.mark.parametrize("token", ["garbage", "bm8ganNvbg==", "WzEsMl0="])
def test_a_token_that_the_list_has_not_given_is_refused(token: str) -> None:
    other = request_checks.page([{}, {}], {"maxResults": 1}, "another list")["nextToken"]
    of_another = request_checks.page([{}, {}], {"maxResults": 1}, "list", of="another machine")["nextToken"]

    for text in (token, other, of_another):
        with pytest.raises(Refused, match="InvalidToken: Invalid Token: 'Invalid token'"):
            request_checks.page([{}, {}], {"nextToken": text}, "list")
