"""Invoking a function in AWS, and what its answers mean for a batch."""

import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber

from awskit.kafka.records import kafka_event
from awskit.relay.aws import LambdaFunction, lambda_client, on_failure_destination
from awskit.relay.delivery import Answer, Condition, DestinationUnavailableError, Discarded, Verdict
from flightpulse.errors import UserError
from tests.unit.awskit.relay.relay_fakes import record

QUEUE = "arn:aws:sqs:us-east-1:123456789012:failures"
EVENT = kafka_event("broker:9092", [record(1)])


class Session:
    """A session whose clients are made once, so that a test can stub them."""

    def __init__(self) -> None:
        self._session = boto3.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
        self._clients: dict[str, Any] = {}

    def client(self, name: str, **_: Any) -> Any:
        return self._clients.setdefault(name, self._session.client(name))


@pytest.fixture
def lambda_api() -> Iterator[Stubber]:
    with Stubber(
        lambda_client(boto3.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1"))
    ) as stub:
        yield stub


def answered(payload: Any, **more: Any) -> dict[str, Any]:
    body = json.dumps(payload).encode()
    metadata = {"ResponseMetadata": {"RequestId": "r-1"}}
    return {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(body), len(body)), **metadata, **more}


def invoke(lambda_api: Stubber) -> Answer:
    return LambdaFunction(lambda_api.client, "FlightPulse-KafkaConsumer")(EVENT)


def test_an_answer_without_an_error_is_a_success(lambda_api: Stubber) -> None:
    lambda_api.add_response("invoke", answered({"batchItemFailures": []}), {"FunctionName": ANY, "Payload": ANY})
    answer = invoke(lambda_api)
    assert (answer.verdict, answer.payload) == (Verdict.SUCCEEDED, {"batchItemFailures": []})


def test_a_function_error_is_a_failure_that_names_it(lambda_api: Stubber) -> None:
    error = {"errorType": "TableBusyError", "errorMessage": "throttled"}
    lambda_api.add_response("invoke", answered(error, FunctionError="Unhandled", ExecutedVersion="7"))
    answer = invoke(lambda_api)
    assert (answer.verdict, answer.error) == (Verdict.FAILED, "TableBusyError: throttled")
    assert (answer.function_error, answer.executed_version) == ("Unhandled", "7")


@pytest.mark.parametrize("code", ["TooManyRequestsException", "ServiceException", "ExpiredTokenException"])
def test_an_invocation_that_did_not_happen_is_not_a_failure_of_the_function(lambda_api: Stubber, code: str) -> None:
    lambda_api.add_client_error("invoke", code)
    assert invoke(lambda_api).verdict is Verdict.NOT_INVOKED


def test_a_payload_that_is_too_large_is_a_failure(lambda_api: Stubber) -> None:
    lambda_api.add_client_error("invoke", "RequestTooLargeException", http_status_code=413)
    assert invoke(lambda_api).verdict is Verdict.FAILED


def test_a_connection_that_fails_is_waited_out(monkeypatch: pytest.MonkeyPatch, lambda_api: Stubber) -> None:
    def unreachable(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://lambda")

    monkeypatch.setattr(lambda_api.client, "invoke", unreachable)
    assert invoke(lambda_api).verdict is Verdict.NOT_INVOKED


def test_the_client_waits_as_long_as_the_longest_function_and_never_repeats_a_call(lambda_api: Stubber) -> None:
    config = lambda_api.client.meta.config
    assert config.read_timeout > 15 * 60
    assert config.retries["total_max_attempts"] == 1


def test_a_function_that_is_not_deployed_is_the_users_to_mend(lambda_api: Stubber) -> None:
    lambda_api.add_client_error("invoke", "ResourceNotFoundException")
    with pytest.raises(UserError, match="no function FlightPulse-KafkaConsumer"):
        LambdaFunction(lambda_api.client, "FlightPulse-KafkaConsumer").check()


def test_discarded_records_go_to_a_queue() -> None:
    session = Session()
    with Stubber(session.client("sqs")) as stub:
        stub.add_response(
            "get_queue_url",
            {"QueueUrl": "https://queue"},
            {"QueueName": "failures", "QueueOwnerAWSAccountId": "123456789012"},
        )
        stub.add_response("send_message", {"MessageId": "1"}, {"QueueUrl": "https://queue", "MessageBody": ANY})
        deliver = on_failure_destination(session, QUEUE, function_arn="arn:f", bootstrap="b:9092")  # type: ignore[arg-type]
        deliver(Discarded((record(1),), Condition.RETRIES_EXHAUSTED, 1, Answer(Verdict.FAILED)))
        stub.assert_no_pending_responses()


def test_a_queue_that_does_not_answer_keeps_the_record() -> None:
    session = Session()
    with Stubber(session.client("sqs")) as stub:
        stub.add_response("get_queue_url", {"QueueUrl": "https://queue"})
        stub.add_client_error("send_message", "ServiceUnavailable")
        deliver = on_failure_destination(session, QUEUE, function_arn="arn:f", bootstrap="b:9092")  # type: ignore[arg-type]
        with pytest.raises(DestinationUnavailableError):
            deliver(Discarded((record(1),), Condition.RETRIES_EXHAUSTED, 1, Answer(Verdict.FAILED)))


def test_something_that_is_no_destination_is_refused() -> None:
    with pytest.raises(UserError, match="on-failure destination"):
        on_failure_destination(Session(), "arn:aws:s3:::bucket", function_arn="f", bootstrap="b")  # type: ignore[arg-type]
