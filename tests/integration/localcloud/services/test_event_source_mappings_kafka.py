"""Self-managed Kafka mappings: created over the API or by a template, they poll the broker they name."""

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from confluent_kafka import Producer

from localcloud import broker
from tests.integration.emulator import Emulator
from tests.integration.localcloud.services.recorders import Recorder, message, on_failure, queue, recorder
from tests.waiting import until

PROVISIONED = {"ProvisionedPollerConfig": {"MinimumPollers": 1, "MaximumPollers": 2}}
FAIL_ON_BAD = """
import base64

def respond(event):
    if any(base64.b64decode(record["value"]) == b"bad" for record in kafka_records(event)):
        raise ValueError("bad record")
"""


@pytest.fixture(scope="module")
def kafka() -> Iterator[broker.EmbeddedBroker]:
    """A broker that the local cloud knows of only through its mappings."""
    with broker.start({}) as running:
        yield running


def produce(bootstrap: str, topic: str, *values: str | None, key: str | None = "SW1234", **settings: Any) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "log_level": 2})
    for value in values:
        producer.produce(topic, value, key=key, **settings)
    assert producer.flush(20) == 0


def kafka_source(bootstrap: str, topic: str, **settings: Any) -> dict[str, Any]:
    return {
        "SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": [bootstrap]}},
        "Topics": [topic],
        "StartingPosition": "TRIM_HORIZON",
        "MaximumBatchingWindowInSeconds": 0,
        **settings,
    }


def map_topic(emulator: Emulator, function: Recorder, bootstrap: str, topic: str, **settings: Any) -> str:
    mappings = emulator.client("lambda")
    created = mappings.create_event_source_mapping(
        FunctionName=function.name, **kafka_source(bootstrap, topic, **settings)
    )
    return str(created["UUID"])


def values(function: Recorder) -> list[str]:
    return [base64.b64decode(record["value"]).decode() for record in function.kafka_records()]


def template(function: Recorder, bootstrap: str, topic: str, **settings: Any) -> str:
    properties = {
        "FunctionName": function.name,
        "SelfManagedEventSource": {"Endpoints": {"KafkaBootstrapServers": [bootstrap]}},
        "Topics": [topic],
        "StartingPosition": "TRIM_HORIZON",
        "MaximumBatchingWindowInSeconds": 0,
        **settings,
    }
    resource = {"Type": "AWS::Lambda::EventSourceMapping", "Properties": properties}
    return json.dumps({"Resources": {"Mapping": resource}, "Outputs": {"Id": {"Value": {"Ref": "Mapping"}}}})


def test_records_reach_the_function_in_the_shape_of_aws(local_cloud: Emulator, kafka: broker.EmbeddedBroker) -> None:
    function = recorder(local_cloud, "kafka-shape")
    produce(kafka.bootstrap, "shape", "good", headers={"correlation_id": "évt".encode()}, timestamp=1_700_000_000_123)
    map_topic(local_cloud, function, kafka.bootstrap, "shape")

    until(function.events)

    (event,) = function.events()
    (partition,) = event["records"]
    assert event == {
        "eventSource": "SelfManagedKafka",
        "bootstrapServers": kafka.bootstrap,
        "records": {
            partition: [
                {
                    "topic": "shape",
                    "partition": int(partition.removeprefix("shape-")),
                    "offset": 0,
                    "timestamp": 1_700_000_000_123,
                    "timestampType": "CREATE_TIME",
                    "key": base64.b64encode(b"SW1234").decode(),
                    "value": base64.b64encode(b"good").decode(),
                    "headers": [{"correlation_id": [-61, -87, 118, 116]}],
                }
            ]
        },
    }


def test_a_template_creates_changes_and_deletes_a_mapping(local_cloud: Emulator, kafka: broker.EmbeddedBroker) -> None:
    function = recorder(local_cloud, "kafka-template")
    stacks, mappings = local_cloud.client("cloudformation"), local_cloud.client("lambda")

    stacks.create_stack(StackName="kafka-template", TemplateBody=template(function, kafka.bootstrap, "templates"))
    stacks.get_waiter("stack_create_complete").wait(StackName="kafka-template", WaiterConfig={"Delay": 1})
    uuid = stacks.describe_stacks(StackName="kafka-template")["Stacks"][0]["Outputs"][0]["OutputValue"]
    produce(kafka.bootstrap, "templates", "one")
    until(lambda: values(function) == ["one"])
    assert mappings.get_event_source_mapping(UUID=uuid)["Topics"] == ["templates"]

    changed = template(function, kafka.bootstrap, "templates", BatchSize="7", Enabled=False)
    stacks.update_stack(StackName="kafka-template", TemplateBody=changed)
    stacks.get_waiter("stack_update_complete").wait(StackName="kafka-template", WaiterConfig={"Delay": 1})
    mapping = mappings.get_event_source_mapping(UUID=uuid)
    assert (mapping["BatchSize"], mapping["State"]) == (7, "Disabled")

    stacks.delete_stack(StackName="kafka-template")
    stacks.get_waiter("stack_delete_complete").wait(StackName="kafka-template", WaiterConfig={"Delay": 1})
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        mappings.get_event_source_mapping(UUID=uuid)


def test_a_template_with_another_broker_replaces_the_mapping(
    local_cloud: Emulator, kafka: broker.EmbeddedBroker
) -> None:
    function = recorder(local_cloud, "kafka-replace")
    stacks = local_cloud.client("cloudformation")
    stacks.create_stack(StackName="kafka-replace", TemplateBody=template(function, kafka.bootstrap, "replace"))
    stacks.get_waiter("stack_create_complete").wait(StackName="kafka-replace", WaiterConfig={"Delay": 1})

    with broker.start({"replace": 1}) as other:
        produce(other.bootstrap, "replace", "from the other broker")
        stacks.update_stack(StackName="kafka-replace", TemplateBody=template(function, other.bootstrap, "replace"))
        stacks.get_waiter("stack_update_complete").wait(StackName="kafka-replace", WaiterConfig={"Delay": 1})

        until(lambda: values(function) == ["from the other broker"])

    found = local_cloud.client("lambda").list_event_source_mappings(FunctionName=function.name)["EventSourceMappings"]
    (mapping,) = found
    assert mapping["SelfManagedEventSource"]["Endpoints"]["KAFKA_BOOTSTRAP_SERVERS"] == [other.bootstrap]
    stacks.delete_stack(StackName="kafka-replace")


def test_a_failing_record_goes_to_the_on_failure_queue_and_the_others_are_processed(
    local_cloud: Emulator, kafka: broker.EmbeddedBroker
) -> None:
    function = recorder(local_cloud, "kafka-failing", FAIL_ON_BAD)
    url, arn = queue(local_cloud, "kafka-failing")
    produce(kafka.bootstrap, "failing", "a", "bad", "c")
    map_topic(
        local_cloud,
        function,
        kafka.bootstrap,
        "failing",
        MaximumRetryAttempts=1,
        BisectBatchOnFunctionError=True,
        **PROVISIONED,
        **on_failure(arn),
    )

    record = message(local_cloud, url)

    until(lambda: values(function)[-1:] == ["c"])
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    info = record["KafkaBatchInfo"]
    (where,) = info["recordsInfo"].values()
    assert (info["batchSize"], info["bootstrapServers"]) == (1, kafka.bootstrap)
    assert (where["firstRecordOffset"], where["lastRecordOffset"]) == ("1", "1")


def test_a_partition_with_a_bad_record_does_not_block_the_others(
    local_cloud: Emulator, kafka: broker.EmbeddedBroker
) -> None:
    function = recorder(local_cloud, "kafka-blocked", FAIL_ON_BAD)
    produce(kafka.bootstrap, "blocked", "bad", "after bad", partition=0)
    produce(kafka.bootstrap, "blocked", "good", partition=1)
    map_topic(local_cloud, function, kafka.bootstrap, "blocked")
    until(lambda: values(function).count("bad") > 2)

    produce(kafka.bootstrap, "blocked", "later", partition=1)

    until(lambda: "later" in values(function))
    assert values(function).count("good") <= 2


def test_filter_criteria_look_into_the_value(local_cloud: Emulator, kafka: broker.EmbeddedBroker) -> None:
    function = recorder(local_cloud, "kafka-filter")
    pattern = {"value": {"event_type": ["GATE_CHANGE"]}}
    map_topic(
        local_cloud,
        function,
        kafka.bootstrap,
        "filter",
        FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]},
    )

    wanted = json.dumps({"event_type": "GATE_CHANGE"})
    produce(kafka.bootstrap, "filter", "not json", json.dumps({"event_type": "FLIGHT_DELAY"}), wanted)

    until(lambda: values(function) == [wanted])


def test_a_value_that_cannot_be_read_does_not_stop_the_mapping(
    local_cloud: Emulator, kafka: broker.EmbeddedBroker
) -> None:
    function = recorder(local_cloud, "kafka-deep")
    pattern = {"value": {"a": [{"prefix": {"equals-ignore-case": "X"}}]}}
    map_topic(
        local_cloud, function, kafka.bootstrap, "deep", FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]}
    )

    produce(kafka.bootstrap, "deep", '{"a": "x1"}', "[" * 100_000, '{"a": "q"}', '{"a": "X2"}')

    until(lambda: values(function) == ['{"a": "x1"}', '{"a": "X2"}'])


def test_a_mapping_begins_at_a_moment(local_cloud: Emulator, kafka: broker.EmbeddedBroker) -> None:
    function = recorder(local_cloud, "kafka-moment")
    now = time.time()
    for seconds in (120, 30, 10):
        produce(kafka.bootstrap, "moment", f"{seconds} ago", timestamp=int((now - seconds) * 1000))
    mapping = {"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": now - 60}
    map_topic(local_cloud, function, kafka.bootstrap, "moment", **mapping)
    produce(kafka.bootstrap, "moment", "now")

    until(lambda: values(function) == ["30 ago", "10 ago", "now"])


def test_the_second_mapping_of_a_topic_to_a_function_is_refused(
    local_cloud: Emulator, kafka: broker.EmbeddedBroker
) -> None:
    function = recorder(local_cloud, "kafka-once")
    map_topic(local_cloud, function, kafka.bootstrap, "once")
    with pytest.raises(ClientError, match=r"ResourceConflictException.*already exists"):
        map_topic(local_cloud, function, kafka.bootstrap, "once")


def test_a_disabled_mapping_goes_on_where_it_stopped(local_cloud: Emulator, kafka: broker.EmbeddedBroker) -> None:
    function = recorder(local_cloud, "kafka-pause")
    mappings = local_cloud.client("lambda")
    uuid = map_topic(local_cloud, function, kafka.bootstrap, "pause")
    produce(kafka.bootstrap, "pause", "one")
    until(lambda: values(function) == ["one"])

    mappings.update_event_source_mapping(UUID=uuid, Enabled=False)
    # Whoever begins to poll for a mapping that is made now has noticed the change of the other one.
    other = recorder(local_cloud, "kafka-meanwhile")
    map_topic(local_cloud, other, kafka.bootstrap, "meanwhile")
    produce(kafka.bootstrap, "meanwhile", "x")
    until(lambda: values(other) == ["x"])
    produce(kafka.bootstrap, "pause", "two")
    produce(kafka.bootstrap, "meanwhile", "y")
    until(lambda: values(other) == ["x", "y"])
    assert values(function) == ["one"]
    mappings.update_event_source_mapping(UUID=uuid, Enabled=True)

    until(lambda: len(values(function)) == 2)
    assert values(function) == ["one", "two"]


def test_a_mapping_waits_for_its_broker_and_says_so(local_cloud: Emulator) -> None:
    function = recorder(local_cloud, "kafka-outage")
    mappings = local_cloud.client("lambda")
    with broker.start({"outage": 2}) as kafka:
        kafka.take_down()
        uuid = map_topic(local_cloud, function, kafka.bootstrap, "outage")

        def result() -> str:
            return str(mappings.get_event_source_mapping(UUID=uuid)["LastProcessingResult"])

        until(lambda: result().startswith("PROBLEM: Connection error"))
        kafka.bring_up()
        produce(kafka.bootstrap, "outage", "late")
        until(lambda: values(function) == ["late"])
        until(lambda: result() == "OK")
        mappings.delete_event_source_mapping(UUID=uuid)


def test_a_mapping_shows_its_kafka_settings(local_cloud: Emulator, kafka: broker.EmbeddedBroker) -> None:
    function = recorder(local_cloud, "kafka-settings")
    config = {"SelfManagedKafkaEventSourceConfig": {"ConsumerGroupId": "passenger-news"}}
    uuid = map_topic(local_cloud, function, kafka.bootstrap, "settings", **config)

    mapping = local_cloud.client("lambda").get_event_source_mapping(UUID=uuid)

    assert "EventSourceArn" not in mapping
    assert mapping["SelfManagedEventSource"] == {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": [kafka.bootstrap]}}
    assert mapping["SelfManagedKafkaEventSourceConfig"]["ConsumerGroupId"] == "passenger-news"
    assert (mapping["BatchSize"], mapping["StartingPosition"]) == (100, "TRIM_HORIZON")


@pytest.mark.parametrize(
    "settings",
    [
        {"BisectBatchOnFunctionError": True},
        {"FunctionResponseTypes": ["ReportBatchItemFailures"]},
        {"MaximumRetryAttempts": 3},
    ],
)
def test_error_handling_needs_provisioned_mode(
    local_cloud: Emulator, kafka: broker.EmbeddedBroker, settings: dict[str, Any]
) -> None:
    function = recorder(local_cloud, "kafka-refused-" + next(iter(settings)).lower())

    with pytest.raises(ClientError, match="provisioned mode"):
        map_topic(local_cloud, function, kafka.bootstrap, "refused", **settings)


def test_the_plain_emulator_still_refuses_kafka_mappings(
    plain_emulator: Emulator, kafka: broker.EmbeddedBroker
) -> None:
    function = recorder(plain_emulator, "kafka-plain")

    with pytest.raises(ClientError, match="eventSourceArn"):
        map_topic(plain_emulator, function, kafka.bootstrap, "plain")
