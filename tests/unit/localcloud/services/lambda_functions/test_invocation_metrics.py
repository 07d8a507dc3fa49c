"""What Lambda tells CloudWatch of an invocation: where it runs or is refused, whoever made it."""

from collections.abc import Callable
from typing import Any

import pytest
from ministack.core import responses
from ministack.services import cloudwatch, lambda_svc

from localcloud.services.lambda_functions import metrics

CONFIG = {"FunctionName": "counted", "Runtime": "python3.12"}
Result = dict[str, Any]
Invoke = Callable[..., Result]


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Invoke a function that gives a result of the test's."""
    for name in ("_execute_function_dispatch", "_acquire_execution_slot", "_emit_lambda_metrics"):
        monkeypatch.setattr(lambda_svc, name, getattr(lambda_svc, name))
    monkeypatch.setattr(lambda_svc, "_execute_function_dispatch", lambda func, *_: func["result"])
    monkeypatch.setattr(cloudwatch, "_metrics", {})
    metrics.install()

    def invoked(result: Result, **function: Any) -> Result:
        with responses.request_scope("000000000000", "us-east-1"):
            answer: Result = lambda_svc._execute_function({"config": CONFIG, "result": result, **function}, {})
        return answer

    return invoked


def counted() -> dict[str, float]:
    """The sum of each metric of the function; how long it took is left out."""
    dimensions = cloudwatch._dims_key({"FunctionName": "counted"})
    return {
        key[1]: cloudwatch._calc_stats(points)["Sum"]
        for key, points in cloudwatch._metrics.items()
        if key[0] == "AWS/Lambda" and key[2] == dimensions and key[1] != "Duration"
    }


def test_an_invocation_that_succeeds_is_counted_with_no_error(invoke: Invoke) -> None:
    invoke({"body": 1})

    assert counted() == {"ConcurrentExecutions": 1, "Invocations": 1, "Errors": 0, "Throttles": 0}
    assert ("AWS/Lambda", "Duration") in {key[:2] for key in cloudwatch._metrics}


def test_an_invocation_that_fails_is_an_error(invoke: Invoke) -> None:
    invoke({"body": {}, "error": True})

    assert counted() == {"ConcurrentExecutions": 1, "Invocations": 1, "Errors": 1, "Throttles": 0}


def test_who_finds_no_place_is_throttled_once_and_no_error(invoke: Invoke) -> None:
    assert invoke({"body": 1}, concurrency=0)["throttle"]

    assert counted() == {"Throttles": 1}


def test_a_throttle_on_demand_is_no_invocation(invoke: Invoke) -> None:
    invoke({"throttle": True, "body": {}})

    assert counted() == {"ConcurrentExecutions": 1, "Throttles": 1}


def test_invocations_at_once_are_counted_together(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lambda_svc, "_inflight", {"000000000000:us-east-1:counted": 2})

    invoke({"body": 1})

    assert counted()["ConcurrentExecutions"] == 3


def test_what_a_caller_tells_beside_it_is_not_counted_again(invoke: Invoke) -> None:
    invoke({"body": 1})
    lambda_svc._emit_lambda_metrics("counted", 5.0, False, False)

    assert counted()["Invocations"] == 1
