"""Functions that write down what they were invoked with, and mappings and queues around them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integration.emulator import Emulator
from tests.integration.localcloud.functions import deploy
from tests.waiting import until

SOURCE = """
import json, os, time

def handler(event, context):
    with open(os.environ["JOURNAL"], "a") as journal:
        journal.write(json.dumps(event) + "\\n")
    return respond(event)

def stream_ids(event):
    return [record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]]

def numbers(event):
    return {record["dynamodb"]["Keys"]["id"]["S"]: record["dynamodb"]["SequenceNumber"] for record in event["Records"]}

def kafka_records(event):
    return [record for records in event["records"].values() for record in records]

"""
"""What every recorder starts with; a test adds `respond(event)`."""

SUCCEED = "def respond(event):\n    return None\n"


@dataclass(frozen=True)
class Recorder:
    """A function, and the events it was invoked with, in order."""

    name: str
    arn: str
    journal: Path

    def events(self) -> list[dict[str, Any]]:
        if not self.journal.exists():
            return []
        return [json.loads(line) for line in self.journal.read_text().splitlines() if line.endswith("}")]

    def batches(self) -> list[list[str]]:
        """The ids of the items in each DynamoDB stream event."""
        return [[record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]] for event in self.events()]

    def kafka_records(self) -> list[dict[str, Any]]:
        return [record for event in self.events() for records in event["records"].values() for record in records]


def recorder(emulator: Emulator, name: str, respond: str = SUCCEED, **config: Any) -> Recorder:
    """Deploy a function that records its events and then does what `respond(event)` says."""
    journal = emulator.home / f"{name}.jsonl"
    variables = {"Variables": {"JOURNAL": str(journal)}}
    return Recorder(name, deploy(emulator, name, SOURCE + respond, Environment=variables, **config), journal)


def streaming_table(emulator: Emulator, name: str) -> str:
    """A table with a stream; returns the stream's ARN."""
    table = emulator.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    return str(table["TableDescription"]["LatestStreamArn"])


def put(emulator: Emulator, table: str, *ids: str) -> None:
    for name in ids:
        emulator.client("dynamodb").put_item(TableName=table, Item={"id": {"S": name}, "kind": {"S": name[0]}})


def queue(emulator: Emulator, name: str) -> tuple[str, str]:
    """A queue: its URL and ARN."""
    client = emulator.client("sqs")
    url = client.create_queue(QueueName=name)["QueueUrl"]
    found = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, found["Attributes"]["QueueArn"]


def message(emulator: Emulator, url: str) -> dict[str, Any]:
    """The next message of a queue, decoded."""
    client = emulator.client("sqs", read_timeout=40)
    found = until(lambda: client.receive_message(QueueUrl=url, WaitTimeSeconds=20).get("Messages"), "a message")
    client.delete_message(QueueUrl=url, ReceiptHandle=found[0]["ReceiptHandle"])
    decoded: dict[str, Any] = json.loads(found[0]["Body"])
    return decoded


def on_failure(arn: str) -> dict[str, Any]:
    return {"DestinationConfig": {"OnFailure": {"Destination": arn}}}
