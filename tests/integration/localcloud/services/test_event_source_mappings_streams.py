"""DynamoDB stream mappings: batches, retries, bisecting, partial responses and on-failure destinations as on AWS."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.emulator import Emulator
from tests.integration.localcloud.services.recorders import (
    Recorder,
    message,
    on_failure,
    put,
    queue,
    recorder,
    streaming_table,
)
from tests.waiting import until

FAIL_ON_BAD = """
def respond(event):
    if "bad" in stream_ids(event):
        raise ValueError("bad item")
"""
REPORT_BAD = """
def respond(event):
    found = numbers(event)
    return {"batchItemFailures": [{"itemIdentifier": found["bad"]}] if "bad" in found else []}
"""


def map_stream(emulator: Emulator, function: Recorder, stream: str, **settings: Any) -> str:
    mapping = emulator.client("lambda").create_event_source_mapping(
        FunctionName=function.name, EventSourceArn=stream, StartingPosition="TRIM_HORIZON", **settings
    )
    return str(mapping["UUID"])


def seen(function: Recorder) -> list[str]:
    return [item for batch in function.batches() for item in batch]


def test_a_batching_window_gathers_records(local_cloud: Emulator) -> None:
    stream = streaming_table(local_cloud, "window")
    function = recorder(local_cloud, "window")
    map_stream(local_cloud, function, stream, MaximumBatchingWindowInSeconds=1)

    put(local_cloud, "window", "a", "b", "c")

    until(lambda: len(seen(function)) == 3)
    assert function.batches() == [["a", "b", "c"]]


def test_every_attempt_reports_how_old_its_newest_record_is(local_cloud: Emulator) -> None:
    stream = streaming_table(local_cloud, "age")
    function = recorder(local_cloud, "age", FAIL_ON_BAD)
    map_stream(local_cloud, function, stream, MaximumRetryAttempts=1)
    put(local_cloud, "age", "bad")
    until(lambda: len(function.batches()) == 2)

    now = datetime.now(UTC)
    points = local_cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="IteratorAge",
        Dimensions=[{"Name": "FunctionName", "Value": function.name}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["SampleCount", "Maximum"],
    )["Datapoints"]

    assert sum(point["SampleCount"] for point in points) == 2
    assert 0 <= max(point["Maximum"] for point in points) < 60_000


def test_a_full_batch_does_not_wait_for_the_window(local_cloud: Emulator) -> None:
    stream = streaming_table(local_cloud, "full")
    function = recorder(local_cloud, "full")
    put(local_cloud, "full", "a", "b", "c", "d")

    map_stream(local_cloud, function, stream, MaximumBatchingWindowInSeconds=300, BatchSize=2)

    # This is seen within our patience, which the window is longer than.
    until(lambda: len(seen(function)) == 4)
    assert function.batches() == [["a", "b"], ["c", "d"]]


def test_bisecting_leaves_only_the_bad_record_for_the_on_failure_queue(local_cloud: Emulator) -> None:
    stream = streaming_table(local_cloud, "bisect")
    url, arn = queue(local_cloud, "bisect")
    put(local_cloud, "bisect", "a", "bad", "c", "d")
    function = recorder(local_cloud, "bisect", FAIL_ON_BAD)
    map_stream(
        local_cloud, function, stream, MaximumRetryAttempts=2, BisectBatchOnFunctionError=True, **on_failure(arn)
    )

    record = message(local_cloud, url)

    until(lambda: function.batches()[-1:] == [["c", "d"]])
    assert function.batches() == [["a", "bad", "c", "d"], ["a", "bad"], ["a"], ["bad"], ["bad"], ["bad"], ["c", "d"]]
    assert record["DDBStreamBatchInfo"]["batchSize"] == 1


def test_an_on_failure_record_tells_where_the_records_are(local_cloud: Emulator) -> None:
    stream = streaming_table(local_cloud, "shape")
    url, arn = queue(local_cloud, "shape")
    put(local_cloud, "shape", "bad", "b")
    function = recorder(local_cloud, "shape", FAIL_ON_BAD)
    map_stream(local_cloud, function, stream, MaximumRetryAttempts=1, **on_failure(arn))

    record = message(local_cloud, url)

    numbers = [found["dynamodb"]["SequenceNumber"] for found in function.events()[0]["Records"]]
    assert record["requestContext"].pop("requestId")
    assert record["requestContext"] == {
        "functionArn": function.arn,
        "condition": "RetryAttemptsExhausted",
        "approximateInvokeCount": 2,
    }
    assert record["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    info = record["DDBStreamBatchInfo"]
    assert (info["startSequenceNumber"], info["endSequenceNumber"]) == (numbers[0], numbers[-1])
    assert (info["streamArn"], info["batchSize"]) == (stream, 2)


def test_a_topic_can_be_the_on_failure_destination(local_cloud: Emulator) -> None:
    stream = streaming_table(local_cloud, "topic")
    url, queue_arn = queue(local_cloud, "topic")
    topics = local_cloud.client("sns")
    topic = topics.create_topic(Name="mapping-failures")["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn, Attributes={"RawMessageDelivery": "true"})
    put(local_cloud, "topic", "bad")
    function = recorder(local_cloud, "topic", FAIL_ON_BAD)
    map_stream(local_cloud, function, stream, MaximumRetryAttempts=0, **on_failure(topic))

    assert message(local_cloud, url)["requestContext"]["approximateInvokeCount"] == 1


def test_a_partial_batch_response_retries_from_the_first_failed_record(local_cloud: Emulator) -> None:
    stream = streaming_table(local_cloud, "partial")
    url, arn = queue(local_cloud, "partial")
    put(local_cloud, "partial", "a", "bad", "c")
    function = recorder(local_cloud, "partial", REPORT_BAD)
    map_stream(
        local_cloud,
        function,
        stream,
        MaximumRetryAttempts=1,
        BisectBatchOnFunctionError=True,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        **on_failure(arn),
    )

    assert message(local_cloud, url)["DDBStreamBatchInfo"]["batchSize"] == 1

    until(lambda: function.batches()[-1:] == [["c"]])
    assert function.batches() == [["a", "bad", "c"], ["bad"], ["bad"], ["c"]]


def test_a_slow_function_does_not_hold_up_another_mapping(local_cloud: Emulator) -> None:
    slow_stream, quick_stream = streaming_table(local_cloud, "slow"), streaming_table(local_cloud, "quick")
    let_go = local_cloud.home / "let-go"
    waits = f"def respond(event):\n    while not os.path.exists({str(let_go)!r}):\n        time.sleep(0.05)\n"
    slow = recorder(local_cloud, "slow", waits)
    quick = recorder(local_cloud, "quick")
    map_stream(local_cloud, slow, slow_stream)
    map_stream(local_cloud, quick, quick_stream)
    put(local_cloud, "slow", "a")
    until(lambda: seen(slow))

    put(local_cloud, "quick", "b")

    until(lambda: seen(quick))
    let_go.touch()


def test_filter_criteria_drop_records(local_cloud: Emulator) -> None:
    stream = streaming_table(local_cloud, "filter")
    function = recorder(local_cloud, "filter")
    pattern = {"dynamodb": {"NewImage": {"kind": {"S": ["b"]}}}}
    map_stream(local_cloud, function, stream, FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})

    put(local_cloud, "filter", "a1", "b1", "c1", "b2")

    until(lambda: len(seen(function)) == 2)
    assert seen(function) == ["b1", "b2"]


def test_a_disabled_mapping_goes_on_where_it_stopped(local_cloud: Emulator) -> None:
    stream = streaming_table(local_cloud, "pause")
    function = recorder(local_cloud, "pause")
    uuid = map_stream(local_cloud, function, stream)
    mappings = local_cloud.client("lambda")
    put(local_cloud, "pause", "a")
    until(lambda: seen(function) == ["a"])

    assert mappings.update_event_source_mapping(UUID=uuid, Enabled=False)["State"] == "Disabled"
    # Whoever begins to poll for a mapping that is made now has noticed the change of the other one.
    other = recorder(local_cloud, "meanwhile")
    map_stream(local_cloud, other, streaming_table(local_cloud, "meanwhile"))
    put(local_cloud, "meanwhile", "x")
    until(lambda: seen(other) == ["x"])
    put(local_cloud, "pause", "b")
    put(local_cloud, "meanwhile", "y")
    until(lambda: seen(other) == ["x", "y"])
    assert seen(function) == ["a"]
    mappings.update_event_source_mapping(UUID=uuid, Enabled=True)

    until(lambda: seen(function) == ["a", "b"])


def test_an_update_applies_to_a_mapping_that_is_stuck(local_cloud: Emulator) -> None:
    stream = streaming_table(local_cloud, "stuck")
    url, arn = queue(local_cloud, "stuck")
    put(local_cloud, "stuck", "bad")
    function = recorder(local_cloud, "stuck", FAIL_ON_BAD)
    uuid = map_stream(local_cloud, function, stream)
    until(lambda: len(seen(function)) > 2)

    local_cloud.client("lambda").update_event_source_mapping(UUID=uuid, MaximumRetryAttempts=0, **on_failure(arn))

    assert message(local_cloud, url)["requestContext"]["condition"] == "RetryAttemptsExhausted"


def test_a_mapping_shows_how_its_last_invocation_went(local_cloud: Emulator) -> None:
    stream = streaming_table(local_cloud, "result")
    function = recorder(local_cloud, "result", FAIL_ON_BAD)
    uuid = map_stream(local_cloud, function, stream)

    def result() -> str:
        return str(local_cloud.client("lambda").get_event_source_mapping(UUID=uuid)["LastProcessingResult"])

    assert result() == "No records processed"
    put(local_cloud, "result", "a")
    until(lambda: result() == "OK")
    put(local_cloud, "result", "bad")
    until(lambda: result().startswith("PROBLEM: Function call failed"))


def test_a_mapping_takes_100_records_unless_told_otherwise(local_cloud: Emulator) -> None:
    stream = streaming_table(local_cloud, "default")
    function = recorder(local_cloud, "default")
    uuid = map_stream(local_cloud, function, stream)

    assert local_cloud.client("lambda").get_event_source_mapping(UUID=uuid)["BatchSize"] == 100


@pytest.mark.parametrize(
    "settings",
    [
        {"MaximumRecordAgeInSeconds": 30},
        {"MaximumRetryAttempts": 10_001},
        {"BatchSize": 10_001},
        on_failure("arn:aws:s3:::bucket"),
    ],
)
def test_settings_that_are_not_allowed_are_refused(local_cloud: Emulator, settings: dict[str, Any]) -> None:
    name = "refused-" + next(iter(settings)).lower()
    stream = streaming_table(local_cloud, name)
    function = recorder(local_cloud, name)
    mappings = local_cloud.client("lambda", parameter_validation=False)

    with pytest.raises(ClientError, match="InvalidParameterValueException"):
        mappings.create_event_source_mapping(
            FunctionName=function.name, EventSourceArn=stream, StartingPosition="LATEST", **settings
        )


def test_a_second_mapping_to_the_same_function_an_unknown_stream_and_no_pattern_are_refused(
    local_cloud: Emulator,
) -> None:
    stream = streaming_table(local_cloud, "once")
    function = recorder(local_cloud, "once")
    uuid = map_stream(local_cloud, function, stream)

    with pytest.raises(ClientError, match=f"ResourceConflictException.*mapping already exists.*{uuid}"):
        map_stream(local_cloud, function, stream)
    with pytest.raises(ClientError, match=f"InvalidParameterValueException.*Stream not found: {stream}0"):
        map_stream(local_cloud, function, f"{stream}0")
    other = streaming_table(local_cloud, "once-more")
    with pytest.raises(ClientError, match=r"InvalidParameterValueException.*Invalid filter pattern definition"):
        map_stream(local_cloud, function, other, FilterCriteria={"Filters": [{"Pattern": "single-string"}]})


def test_the_plain_emulator_still_takes_a_partial_batch_response_for_success(plain_emulator: Emulator) -> None:
    stream = streaming_table(plain_emulator, "partial")
    function = recorder(plain_emulator, "partial", REPORT_BAD)
    map_stream(plain_emulator, function, stream, FunctionResponseTypes=["ReportBatchItemFailures"])

    put(plain_emulator, "partial", "bad")
    until(lambda: seen(function))
    put(plain_emulator, "partial", "after")
    until(lambda: "after" in seen(function))

    assert seen(function).count("bad") == 1


def test_the_plain_emulator_still_ignores_the_retry_limit(plain_emulator: Emulator) -> None:
    stream = streaming_table(plain_emulator, "limit")
    function = recorder(plain_emulator, "limit", FAIL_ON_BAD)
    map_stream(plain_emulator, function, stream, MaximumRetryAttempts=0)

    put(plain_emulator, "limit", "bad")

    until(lambda: seen(function).count("bad") > 1)
