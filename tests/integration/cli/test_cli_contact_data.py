"""Passengers' e-mail addresses and phone numbers are where docs/security.md says, and nowhere else."""

import json
import re
from collections.abc import Iterator

from tests.integration.cli.conftest import Demo

CONTACT = re.compile(r"[\w.-]+@example\.com|\+1\d{3}55501\d\d")
DOCUMENTED = {
    "table: PASSENGER",
    "history: FlightPulse-NotifyChunk",
    "log: /flightpulse/notifications/email",
    "log: /flightpulse/notifications/sms",
}


def table(demo: Demo) -> Iterator[tuple[str, str]]:
    for page in demo.client("dynamodb").get_paginator("scan").paginate(TableName="FlightPulseTable"):
        for item in page["Items"]:
            yield f"table: {item['PK']['S'].partition('#')[0]}", json.dumps(item)


def executions(demo: Demo) -> Iterator[tuple[str, str]]:
    states = demo.client("stepfunctions")
    for machine in states.list_state_machines()["stateMachines"]:
        for page in states.get_paginator("list_executions").paginate(stateMachineArn=machine["stateMachineArn"]):
            for execution in page["executions"]:
                arn = execution["executionArn"]
                described = states.describe_execution(executionArn=arn)
                yield f"input: {machine['name']}", described["input"]
                yield f"output: {machine['name']}", described.get("output", "")
                for events in states.get_paginator("get_execution_history").paginate(executionArn=arn):
                    yield f"history: {machine['name']}", json.dumps(events["events"], default=str)


def logs(demo: Demo) -> Iterator[tuple[str, str]]:
    client = demo.client("logs")
    for groups in client.get_paginator("describe_log_groups").paginate():
        for group in groups["logGroups"]:
            name = group["logGroupName"]
            for page in client.get_paginator("filter_log_events").paginate(logGroupName=name):
                for event in page["events"]:
                    yield f"log: {name}", event["message"]


def queues(demo: Demo) -> Iterator[tuple[str, str]]:
    client = demo.client("sqs")
    for url in client.list_queues()["QueueUrls"]:
        for message in client.receive_message(QueueUrl=url, VisibilityTimeout=0).get("Messages", ()):
            yield f"queue: {url.rpartition('/')[2]}", message["Body"]


def metrics(demo: Demo) -> Iterator[tuple[str, str]]:
    for page in demo.client("cloudwatch").get_paginator("list_metrics").paginate():
        yield "metrics", json.dumps(page["Metrics"])


def test_contact_data_is_where_it_is_documented_and_nowhere_else(demo: Demo) -> None:
    stores = (table, executions, logs, queues, metrics)
    found = {place for store in stores for place, text in store(demo) if CONTACT.search(text)}

    assert found == DOCUMENTED
