"""What is told to fail fails as on AWS: API calls of functions and clients, and the hops that no proxy sees."""

import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, HTTPClientError, ResponseStreamingError

from tests.integration.emulator import Emulator
from tests.integration.localcloud.functions import deploy, invoke
from tests.integration.localcloud.services.recorders import put, queue, recorder, streaming_table
from tests.integration.localcloud.services.test_event_source_mappings_streams import map_stream, seen
from tests.waiting import until

Faults = Callable[..., list[dict[str, Any]]]

READS = """
import json
import urllib.request

import boto3
from botocore.config import Config

dynamodb = boto3.client("dynamodb", config=Config(retries={"total_max_attempts": 1}))


def handler(event, context):
    try:
        dynamodb.list_tables()
    except dynamodb.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return "answered"
"""


@pytest.fixture
def faults(local_cloud: Emulator) -> Iterator[Faults]:
    """Sets faults; without arguments, none. Answers what is left."""

    def set_faults(*some: dict[str, Any], seed: int = 0) -> list[dict[str, Any]]:
        body = json.dumps({"faults": some, "seed": seed}).encode()
        request = urllib.request.Request(f"{local_cloud.endpoint_url}/_flightpulse/faults", data=body, method="PUT")
        with urllib.request.urlopen(request) as answer:
            left: list[dict[str, Any]] = json.load(answer)
            return left

    yield set_faults
    set_faults()


def struck(local_cloud: Emulator) -> list[int]:
    with urllib.request.urlopen(f"{local_cloud.endpoint_url}/_flightpulse/faults") as answer:
        return [fault["struck"] for fault in json.load(answer)]


@pytest.mark.parametrize(
    ("service", "error", "status", "call"),
    [
        ("dynamodb", "ProvisionedThroughputExceededException", 400, lambda client: client.list_tables()),
        ("dynamodb", "InternalServerError", 500, lambda client: client.list_tables()),
        ("events", "ThrottlingException", 400, lambda client: client.list_event_buses()),
        ("sqs", "ServiceUnavailable", 503, lambda client: client.list_queues()),
        ("sns", "Throttling", 400, lambda client: client.list_topics()),
        ("ssm", "InternalServerError", 500, lambda client: client.get_parameter(Name="/x")),
        ("lambda", "TooManyRequestsException", 429, lambda client: client.invoke(FunctionName="x")),
        ("cloudformation", "Throttling", 400, lambda client: client.list_stacks()),
        ("logs", "ServiceUnavailableException", 503, lambda client: client.describe_log_groups()),
    ],
)
def test_a_call_fails_with_the_error_that_the_client_knows(
    local_cloud: Emulator, faults: Faults, service: str, error: str, status: int, call: Callable[[Any], Any]
) -> None:
    faults({"service": service, "error": error, "cause": "on demand"})

    with pytest.raises(ClientError) as caught:
        call(local_cloud.client(service, retries={"total_max_attempts": 1}))

    assert caught.value.response["Error"]["Code"] == error
    assert caught.value.response["Error"]["Message"] == "on demand"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_only_the_operation_that_is_named_fails_and_only_so_often(local_cloud: Emulator, faults: Faults) -> None:
    faults({"service": "sqs", "operation": "GetQueueUrl", "error": "ServiceUnavailable", "times": 1})
    client = local_cloud.client("sqs", retries={"total_max_attempts": 1})
    name = f"q-{uuid.uuid4().hex[:8]}"
    client.create_queue(QueueName=name)

    with pytest.raises(ClientError):
        client.get_queue_url(QueueName=name)

    assert client.get_queue_url(QueueName=name)["QueueUrl"].endswith(name)
    assert struck(local_cloud) == [1]


def test_a_client_that_retries_gets_through(local_cloud: Emulator, faults: Faults) -> None:
    faults({"service": "dynamodb", "error": "ThrottlingException", "times": 2})

    answer = local_cloud.client("dynamodb", retries={"mode": "standard", "total_max_attempts": 4}).list_tables()

    assert answer["ResponseMetadata"]["RetryAttempts"] == 2


def test_what_strikes_functions_leaves_clients_alone(local_cloud: Emulator, faults: Faults) -> None:
    deploy(local_cloud, "reads-on-demand", READS)
    faults({"service": "dynamodb", "caller": "functions", "error": "ThrottlingException"})

    assert invoke(local_cloud, "reads-on-demand").payload == "ThrottlingException"
    assert "TableNames" in local_cloud.client("dynamodb").list_tables()


def test_an_answer_that_is_lost_means_that_the_call_was_made(local_cloud: Emulator, faults: Faults) -> None:
    faults({"service": "sqs", "operation": "CreateQueue", "error": "ServiceUnavailable", "after": True})
    client = local_cloud.client("sqs", retries={"total_max_attempts": 1})
    name = f"q-{uuid.uuid4().hex[:8]}"

    with pytest.raises(ClientError):
        client.create_queue(QueueName=name)

    assert client.get_queue_url(QueueName=name)["QueueUrl"].endswith(name)


def test_an_answer_that_is_cut_short_is_an_error_of_the_connection(local_cloud: Emulator, faults: Faults) -> None:
    faults({"service": "dynamodb", "cut": True})

    with pytest.raises((HTTPClientError, ResponseStreamingError)):
        local_cloud.client("dynamodb", retries={"total_max_attempts": 1}).list_tables()


def test_a_slow_call_is_slow(local_cloud: Emulator, faults: Faults) -> None:
    faults({"service": "dynamodb", "delay_seconds": 0.3})
    started = time.monotonic()

    local_cloud.client("dynamodb").list_tables()

    assert time.monotonic() - started >= 0.3


def test_a_fault_may_be_about_one_thing_only(local_cloud: Emulator, faults: Faults) -> None:
    faults({"service": "sqs", "about": "q-struck", "error": "ServiceUnavailable"})
    client = local_cloud.client("sqs", retries={"total_max_attempts": 1})

    client.create_queue(QueueName="q-spared")
    with pytest.raises(ClientError):
        client.create_queue(QueueName="q-struck")


def test_a_rate_strikes_the_same_calls_for_the_same_seed(local_cloud: Emulator, faults: Faults) -> None:
    client = local_cloud.client("dynamodb", retries={"total_max_attempts": 1})

    def pattern(seed: int) -> list[bool]:
        faults({"service": "dynamodb", "error": "ThrottlingException", "rate": 0.5}, seed=seed)
        hit = []
        for _ in range(30):
            try:
                client.list_tables()
                hit.append(False)
            except ClientError:
                hit.append(True)
        return hit

    first = pattern(7)

    assert first == pattern(7)
    assert 5 < sum(first) < 25
    assert first != pattern(8)


def test_an_entry_of_put_events_fails_by_itself(local_cloud: Emulator, faults: Faults) -> None:
    faults({"hop": "entry", "to": "bad", "error": "ThrottlingException", "times": 1})
    entries = [{"Source": "tests", "DetailType": kind, "Detail": "{}"} for kind in ("good", "bad", "bad")]

    answer = local_cloud.client("events").put_events(Entries=entries)

    assert answer["FailedEntryCount"] == 1
    assert [entry.get("ErrorCode") for entry in answer["Entries"]] == [None, "ThrottlingException", None]


def rule_to_queue(local_cloud: Emulator, name: str, **target: Any) -> str:
    events, (url, arn) = local_cloud.client("events"), queue(local_cloud, name)
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    events.put_targets(Rule=name, Targets=[{"Id": "target", "Arn": arn, **target}])
    return url


def received(local_cloud: Emulator, url: str) -> int:
    sqs, count = local_cloud.client("sqs"), 0
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        count += len(messages)
    return count


def emit(local_cloud: Emulator, source: str) -> None:
    local_cloud.client("events").put_events(Entries=[{"Source": source, "DetailType": "news", "Detail": "{}"}])


def test_a_target_that_fails_on_demand_is_tried_again(local_cloud: Emulator, faults: Faults) -> None:
    url = rule_to_queue(local_cloud, "fault-retried")
    faults({"hop": "target", "to": "fault-retried", "error": "THROTTLING", "times": 2})

    emit(local_cloud, "fault-retried")

    until(lambda: received(local_cloud, url) == 1)
    assert struck(local_cloud) == [2]


def test_a_target_that_fails_for_good_leaves_a_dead_letter(local_cloud: Emulator, faults: Faults) -> None:
    letters, arn = queue(local_cloud, "fault-letters")
    url = rule_to_queue(local_cloud, "fault-dead", DeadLetterConfig={"Arn": arn})
    faults({"hop": "target", "to": "fault-dead", "error": "NO_PERMISSIONS"})

    emit(local_cloud, "fault-dead")

    until(lambda: received(local_cloud, letters) == 1)
    assert received(local_cloud, url) == 0


def test_an_event_may_be_delivered_twice_as_eventbridge_says_it_may(local_cloud: Emulator, faults: Faults) -> None:
    url = rule_to_queue(local_cloud, "fault-twice")
    faults({"hop": "target", "to": "fault-twice", "error": "INTERNAL_ERROR", "after": True, "times": 1})
    found = 0

    emit(local_cloud, "fault-twice")

    def both() -> bool:
        nonlocal found
        found += received(local_cloud, url)
        return found == 2

    until(both)


def test_a_stream_that_cannot_reach_its_function_delivers_later(local_cloud: Emulator, faults: Faults) -> None:
    stream = streaming_table(local_cloud, "fault-stream")
    function = recorder(local_cloud, "fault-stream")
    faults({"hop": "stream", "to": function.name, "error": "TooManyRequestsException", "times": 2})
    map_stream(local_cloud, function, stream)

    put(local_cloud, "fault-stream", "a")

    until(lambda: seen(function) == ["a"])
    assert struck(local_cloud) == [2]


ECHO = "def handler(event, context):\n    return event\n"
SLOW = "import time\n\n\ndef handler(event, context):\n    time.sleep(event)\n    return 'done'\n"


def test_a_function_can_be_told_to_run_out_of_time(local_cloud: Emulator, faults: Faults) -> None:
    deploy(local_cloud, "fault-timeout", ECHO)
    faults({"hop": "function", "to": "fault-timeout", "error": "Sandbox.Timedout", "times": 1})

    answer = invoke(local_cloud, "fault-timeout", "hello")

    assert answer.error == "Unhandled"
    assert answer.payload["errorType"] == "Sandbox.Timedout"
    assert "timed out after 120.00 seconds" in answer.payload["errorMessage"]
    assert invoke(local_cloud, "fault-timeout", "hello").payload == "hello"


def test_a_function_can_be_throttled(local_cloud: Emulator, faults: Faults) -> None:
    deploy(local_cloud, "fault-throttle", ECHO)
    faults({"hop": "function", "to": "fault-throttle", "error": "TooManyRequestsException", "times": 1})

    with pytest.raises(ClientError, match="TooManyRequestsException"):
        local_cloud.client("lambda", retries={"total_max_attempts": 1}).invoke(FunctionName="fault-throttle")


@pytest.mark.parametrize("warm", [False, True])
def test_a_function_can_be_killed_while_it_works(local_cloud: Emulator, faults: Faults, warm: bool) -> None:
    name = f"fault-kill-{warm}".lower()
    deploy(local_cloud, name, SLOW)
    if warm:
        invoke(local_cloud, name, 0)
    faults({"hop": "function", "to": name, "kill": True, "delay_seconds": 1.0, "times": 1})

    killed = invoke(local_cloud, name, 8)

    assert killed.payload["errorType"] == "Runtime.ExitError"
    assert invoke(local_cloud, name, 0).payload == "done"


def test_a_function_that_answers_before_it_is_killed_begins_anew(local_cloud: Emulator, faults: Faults) -> None:
    deploy(local_cloud, "fault-kill-late", "import os\n\n\ndef handler(event, context):\n    return os.getpid()\n")
    faults({"hop": "function", "to": "fault-kill-late", "kill": True, "delay_seconds": 30, "times": 1})

    first = invoke(local_cloud, "fault-kill-late").payload
    second = invoke(local_cloud, "fault-kill-late").payload

    assert isinstance(first, int)
    assert first != second


@pytest.mark.parametrize(
    "fault",
    [
        {"error": "X"},
        {"state": "A", "service": "dynamodb"},
        {"hop": "teleport"},
        {"hop": "target", "delay_seconds": 1},
        {"service": "dynamodb", "kill": True},
    ],
)
def test_a_fault_that_means_nothing_is_refused(faults: Faults, fault: dict[str, Any]) -> None:
    with pytest.raises(urllib.error.HTTPError, match="400"):
        faults(fault)
