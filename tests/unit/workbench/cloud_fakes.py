"""A target in memory: the few calls of each service that the workbench makes, as far as its tests need them."""

import io
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from botocore.exceptions import ClientError

from flightpulse.stack import names
from flightpulse.workbench.target.session import Session


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "Operation")


class FakeQueues:
    """SQS: messages by queue URL; a received message is hidden until it is given back or deleted."""

    def __init__(self) -> None:
        self.queues: dict[str, dict[str, dict[str, Any]]] = {}
        self.hidden: set[str] = set()

    def put(self, url: str, body: object, attributes: Mapping[str, str] | None = None) -> None:
        number = sum(len(queue) for queue in self.queues.values()) + 1
        self.queues.setdefault(url, {})[f"r{number}"] = {
            "MessageId": f"m{number}",
            "ReceiptHandle": f"r{number}",
            "Body": body if isinstance(body, str) else json.dumps(body),
            "Attributes": {"SentTimestamp": str(1_795_000_000_000 + number)},
            "MessageAttributes": {name: {"StringValue": value} for name, value in (attributes or {}).items()},
        }

    def receive_message(self, **arguments: Any) -> dict[str, Any]:
        queue = self.queues.get(arguments["QueueUrl"], {})
        visible = [key for key in queue if key not in self.hidden][: arguments["MaxNumberOfMessages"]]
        self.hidden.update(visible)
        return {"Messages": [queue[key] for key in visible]} if visible else {}

    def change_message_visibility_batch(self, **arguments: Any) -> None:
        assert len(arguments["Entries"]) <= 10
        for entry in arguments["Entries"]:
            assert entry["VisibilityTimeout"] == 0
            self.hidden.discard(entry["ReceiptHandle"])

    def delete_message_batch(self, **arguments: Any) -> None:
        assert len(arguments["Entries"]) <= 10
        for entry in arguments["Entries"]:
            self.delete_message(QueueUrl=arguments["QueueUrl"], ReceiptHandle=entry["ReceiptHandle"])

    def delete_message(self, **arguments: Any) -> None:
        del self.queues[arguments["QueueUrl"]][arguments["ReceiptHandle"]]

    def get_queue_attributes(self, **arguments: Any) -> dict[str, Any]:
        return {"Attributes": {"ApproximateNumberOfMessages": str(len(self.queues.get(arguments["QueueUrl"], {})))}}


class FakeStepFunctions:
    """Executions with their histories; notes what was started. What is started ends as ``ends`` says, at once."""

    def __init__(self) -> None:
        self.executions: dict[str, dict[str, Any]] = {}
        self.histories: dict[str, list[dict[str, Any]]] = {}
        self.started: list[tuple[str, Any]] = []
        self.ends = "SUCCEEDED"

    def get_paginator(self, operation: str) -> "_Pages":
        return _Pages(self._listed if operation == "list_executions" else self._history)

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803 - boto3's spelling
        if executionArn not in self.executions:
            raise client_error("ExecutionDoesNotExist")
        return self.executions[executionArn]

    def start_execution(self, **arguments: Any) -> dict[str, str]:
        self.started.append((arguments["stateMachineArn"], json.loads(arguments["input"])))
        name = arguments.get("name", f"again-{len(self.started)}")
        arn = f"{arguments['stateMachineArn'].replace(':stateMachine:', ':execution:')}:{name}"
        assert arn not in self.executions
        self.executions[arn] = {
            "executionArn": arn,
            "name": name,
            "stateMachineArn": arguments["stateMachineArn"],
            "status": self.ends,
            "startDate": datetime(2026, 11, 23, 13, 0, tzinfo=UTC),
            "input": arguments["input"],
        }
        return {"executionArn": arn}

    def _listed(self, **arguments: Any) -> dict[str, Any]:
        found = [
            execution
            for execution in self.executions.values()
            if execution["stateMachineArn"] == arguments["stateMachineArn"]
            and arguments.get("statusFilter") in (None, execution["status"])
        ]
        return {"executions": sorted(found, key=lambda item: item["startDate"], reverse=True)}

    def _history(self, **arguments: Any) -> dict[str, Any]:
        return {"events": self.histories.get(arguments["executionArn"], [])}


class _Pages:
    def __init__(self, page: Any) -> None:
        self._page = page

    def paginate(self, **arguments: Any) -> Iterator[dict[str, Any]]:
        yield self._page(**arguments)


class FakeTable:
    """DynamoDB items by key; notes updates, and refuses those of ``refused`` keys."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.updates: list[dict[str, Any]] = []
        self.refuses = False

    def get_item(self, **arguments: Any) -> dict[str, Any]:
        item = self.items.get((arguments["Key"]["PK"]["S"], arguments["Key"]["SK"]["S"]))
        return {} if item is None else {"Item": item}

    def get_paginator(self, operation: str) -> "_Pages":
        assert operation == "query"
        return _Pages(self._queried)

    def _queried(self, **arguments: Any) -> dict[str, Any]:
        flight = arguments["ExpressionAttributeValues"][":flight"]["S"]
        return {"Items": [item for (pk, sk), item in self.items.items() if pk == flight and sk.startswith("BOOKING#")]}

    def update_item(self, **arguments: Any) -> None:
        if self.refuses:
            raise client_error("ConditionalCheckFailedException")
        self.updates.append(arguments)


class FakeLogs:
    """Log groups that exist, and what was written into them."""

    def __init__(self, *groups: str) -> None:
        self.groups = set(groups)
        self.written: list[tuple[str, str]] = []

    def create_log_stream(self, *, logGroupName: str, logStreamName: str) -> None:  # noqa: N803 - boto3's spelling
        if logGroupName not in self.groups:
            raise client_error("ResourceNotFoundException")

    def put_log_events(self, **arguments: Any) -> None:
        self.written.append((arguments["logGroupName"], arguments["logEvents"][0]["message"]))


class FakeFunctions:
    """Lambda functions that answer with ``payload``."""

    def __init__(self) -> None:
        self.payload: Any = None
        self.error = ""
        self.invoked: list[tuple[str, Any]] = []

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - boto3's spelling
        self.invoked.append((FunctionName, json.loads(Payload)))
        answer: dict[str, Any] = {"Payload": io.BytesIO(json.dumps(self.payload).encode())}
        return {**answer, "FunctionError": self.error} if self.error else answer


class FakeStreams:
    """One shard of a DynamoDB stream: ``shard-1`` of ``arn:stream``."""

    def __init__(self, *records: dict[str, Any]) -> None:
        self.records = list(records)

    def get_shard_iterator(self, **arguments: Any) -> dict[str, str]:
        first = int(arguments.pop("SequenceNumber"))
        place = {"StreamArn": "arn:stream", "ShardId": "shard-1", "ShardIteratorType": "AT_SEQUENCE_NUMBER"}
        assert arguments == place
        self.left = [record for record in self.records if int(record["dynamodb"]["SequenceNumber"]) >= first]
        if not self.left:
            raise client_error("TrimmedDataAccessException")
        return {"ShardIterator": "here"}

    def get_records(self, **arguments: Any) -> dict[str, Any]:
        records, self.left = self.left, []
        return {"Records": records, "NextShardIterator": "further"}


class FakeTarget:
    """A session on services in memory."""

    def __init__(self) -> None:
        self.target = "local"
        self.home = Path("/nowhere")
        self.table_name = "FlightPulseTable"
        self.broker = "127.0.0.1:9"
        self.sqs = FakeQueues()
        self.stepfunctions = FakeStepFunctions()
        self.dynamodb = FakeTable()
        self.logs = FakeLogs(names.EMAIL_LOG)
        self.functions = FakeFunctions()
        self.streams = FakeStreams()
        self.outputs = {
            **{output: f"https://sqs/{kind}" for kind, output in names.DEAD_LETTER_OUTPUTS.items()},
            **{f"{name.removeprefix('FlightPulse-')}Arn": machine(name) for name in names.WORKFLOWS.values()},
        }

    @property
    def session(self) -> Session:
        return cast("Session", self)

    def output(self, name: str) -> str:
        return self.outputs[name]

    def command(self, verb: str) -> str:
        return f"flightpulse {verb}"

    def client(self, service: str) -> FakeStreams:
        assert service == "dynamodbstreams"
        return self.streams


def machine(name: str) -> str:
    return f"arn:aws:states:us-east-1:000000000000:stateMachine:{name}"
