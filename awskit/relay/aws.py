"""The relay's function and on-failure destinations in AWS (or in anything that speaks its API)."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from awskit.errors import UserError
from awskit.kafka.records import Record
from awskit.relay.delivery import Answer, Destination, DestinationUnavailableError, Discarded, Verdict
from awskit.relay.on_failure import invocation_record, kafka_batch_info

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import InvocationResponseTypeDef

_LONGEST_INVOCATION_SECONDS = 15 * 60
_REFUSED_PAYLOADS = ("RequestTooLargeException", "InvalidRequestContentException")


def lambda_client(session: boto3.Session) -> "LambdaClient":
    """A client that waits for the slowest function and never repeats an invocation by itself."""
    config = Config(
        read_timeout=_LONGEST_INVOCATION_SECONDS + 10,
        connect_timeout=5,
        tcp_keepalive=True,
        retries={"total_max_attempts": 1},
        max_pool_connections=50,
    )
    return session.client("lambda", config=config)


class LambdaFunction:
    """Invokes one function and waits for its answer."""

    def __init__(self, client: "LambdaClient", name: str) -> None:
        self._client = client
        self._name = name

    def check(self) -> None:
        """Raise `UserError` unless the function exists and may be invoked."""
        try:
            self._client.invoke(FunctionName=self._name, InvocationType="DryRun")
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ResourceNotFoundException":
                raise UserError(f"There is no function {self._name}.", hint="Deploy the stack first.") from error
            raise UserError(f"The function {self._name} may not be invoked: {_text(error)}.") from error
        except BotoCoreError as error:
            raise UserError(f"AWS Lambda cannot be reached: {_text(error)}.") from error

    def __call__(self, event: dict[str, Any]) -> Answer:
        payload = json.dumps(event, separators=(",", ":")).encode()
        try:
            response = self._client.invoke(FunctionName=self._name, Payload=payload)
            body = response["Payload"].read()
        except ClientError as error:
            refused = error.response["Error"]["Code"] in _REFUSED_PAYLOADS
            return Answer(Verdict.FAILED if refused else Verdict.NOT_INVOKED, error=_text(error))
        except BotoCoreError as error:
            return Answer(Verdict.NOT_INVOKED, error=_text(error))
        return self._read(response, body)

    def _read(self, response: "InvocationResponseTypeDef", body: bytes) -> Answer:
        decoded = json.loads(body) if body else None
        failed = "FunctionError" in response
        return Answer(
            Verdict.FAILED if failed else Verdict.SUCCEEDED,
            payload=decoded,
            error=_function_error(decoded) if failed else "",
            function_error=response.get("FunctionError", ""),
            executed_version=response.get("ExecutedVersion", "$LATEST"),
            request_id=response["ResponseMetadata"]["RequestId"],
        )


def on_failure_destination(
    session: boto3.Session,
    destination_arn: str,
    *,
    function_arn: str,
    bootstrap: str,
) -> Destination[Record]:
    """A standard SQS queue or SNS topic for Lambda's on-failure records. Raises `UserError` for anything else."""
    send = _sender(session, destination_arn)

    def deliver(discarded: Discarded[Record]) -> None:
        record = invocation_record(
            discarded,
            function_arn=function_arn,
            batch_info=kafka_batch_info(discarded, bootstrap),
            now=datetime.now(UTC),
        )
        try:
            send(json.dumps(record))
        except (ClientError, BotoCoreError) as error:
            raise DestinationUnavailableError(_text(error)) from error

    return deliver


def _sender(session: boto3.Session, arn: str) -> Callable[[str], object]:
    parts = arn.split(":")
    service = parts[2] if len(parts) == 6 else ""
    if service == "sns":
        topics = session.client("sns")
        return lambda text: topics.publish(TopicArn=arn, Message=text)
    if service == "sqs":
        queues = session.client("sqs")
        try:
            url = queues.get_queue_url(QueueName=parts[5], QueueOwnerAWSAccountId=parts[4])["QueueUrl"]
        except (ClientError, BotoCoreError) as error:
            raise UserError(f"The on-failure queue {arn} cannot be used: {_text(error)}.") from error
        return lambda text: queues.send_message(QueueUrl=url, MessageBody=text)
    raise UserError(f"{arn!r} is not an on-failure destination.", hint="Give the ARN of an SQS queue or SNS topic.")


def _function_error(payload: object) -> str:
    if not isinstance(payload, dict):
        return "the function failed"
    return f"{payload.get('errorType', 'Error')}: {payload.get('errorMessage', '')}"


def _text(error: Exception) -> str:
    return str(error).rstrip(".")
