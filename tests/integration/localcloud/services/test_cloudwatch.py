"""The behaviour `cloudwatch`: logs become metrics, patterns are read, alarms follow their metrics and come back."""

import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.emulator import Emulator
from tests.integration.localcloud.functions import deploy, invoke
from tests.integration.localcloud.services.step_functions_machines import Machines
from tests.waiting import until


class Watch:
    """Log groups, metrics and alarms with names of their own."""

    def __init__(self, emulator: Emulator) -> None:
        self.logs = emulator.client("logs")
        self.metrics = emulator.client("cloudwatch")
        self.queues = emulator.client("sqs")
        self.topics = emulator.client("sns")
        self.namespace = f"Tests{uuid.uuid4().hex[:8]}"

    def group(self) -> str:
        name = f"/tests/{uuid.uuid4().hex[:8]}"
        self.logs.create_log_group(logGroupName=name)
        self.logs.create_log_stream(logGroupName=name, logStreamName="s")
        return name

    def log(self, group: str, *messages: str) -> None:
        now = round(time.time() * 1000)
        events = [{"timestamp": now, "message": message} for message in messages]
        self.logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)

    def found(self, group: str, pattern: str) -> list[str]:
        events = self.logs.filter_log_events(logGroupName=group, filterPattern=pattern)["events"]
        return [event["message"] for event in events]

    def put(self, name: str, value: float, minutes_ago: float = 0, **dimensions: str) -> None:
        moment = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        datum = {"MetricName": name, "Value": value, "Timestamp": moment, "Dimensions": named(dimensions)}
        self.metrics.put_metric_data(Namespace=self.namespace, MetricData=[datum])

    def total(self, name: str, **dimensions: str) -> float:
        """The sum of a metric's values of the last hour."""
        now = datetime.now(UTC)
        points = self.metrics.get_metric_statistics(
            Namespace=self.namespace,
            MetricName=name,
            Dimensions=named(dimensions),
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(minutes=1),
            Period=3600,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(float(point["Sum"]) for point in points)

    def alarm(self, metric: str, **settings: Any) -> str:
        name = f"alarm-{uuid.uuid4().hex[:8]}"
        rule = {
            "Namespace": self.namespace,
            "MetricName": metric,
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 0.0,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
        }
        self.metrics.put_metric_alarm(AlarmName=name, **{**rule, **settings})
        return name

    def state(self, alarm: str) -> str:
        state: str = self.metrics.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]["StateValue"]
        return state

    def becomes(self, alarm: str, state: str, seconds: float = 20) -> None:
        until(lambda: self.state(alarm) == state, f"{state} of {alarm}", seconds)


def named(dimensions: dict[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


@pytest.fixture
def watch(engine: Emulator) -> Watch:
    return Watch(engine)


def embedded(watch: Watch, **members: Any) -> str:
    directive = {
        "Namespace": watch.namespace,
        "Dimensions": [["service"], ["service", "kind"]],
        "Metrics": [{"Name": "Sent", "Unit": "Count"}],
    }
    metadata = {"Timestamp": round(time.time() * 1000), "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": metadata, "service": "messenger", "kind": "email", "Sent": [1, 2], **members})


def test_an_embedded_metric_is_a_metric_of_every_dimension_set(watch: Watch) -> None:
    watch.log(watch.group(), embedded(watch), embedded(watch, Sent=4), "no metric at all")

    assert watch.total("Sent", service="messenger") == 7
    assert watch.total("Sent", service="messenger", kind="email") == 7
    assert watch.total("Sent", service="messenger", kind="sms") == 0


def test_what_a_function_prints_can_be_an_embedded_metric(engine: Emulator, watch: Watch) -> None:
    deploy(engine, f"emf-{watch.namespace.lower()}", f"def handler(event, context):\n    print({embedded(watch)!r})\n")

    invoke(engine, f"emf-{watch.namespace.lower()}")

    assert until(lambda: watch.total("Sent", service="messenger"), "The metric") == 3


def test_a_metric_without_dimensions_is_not_the_sum_of_the_others(watch: Watch) -> None:
    watch.put("Sent", 5, kind="email")
    watch.put("Sent", 1)

    assert watch.total("Sent") == 1


def test_a_metric_filter_counts_the_events_it_matches(watch: Watch) -> None:
    group = watch.group()
    changes: list[dict[str, Any]] = [
        {"metricName": "Errors", "metricValue": "1"},
        {"metricName": "Duration", "metricValue": "$.ms", "dimensions": {"who": "$.who"}},
    ]
    for change in changes:
        watch.logs.put_metric_filter(
            logGroupName=group,
            filterName=change["metricName"],
            filterPattern='{ $.level = "ERROR" && $.ms > 10 }',
            metricTransformations=[{"metricNamespace": watch.namespace, **change}],
        )

    watch.log(
        group,
        json.dumps({"level": "ERROR", "ms": 20, "who": "a"}),
        json.dumps({"level": "ERROR", "ms": 5, "who": "a"}),
        json.dumps({"level": "INFO", "ms": 50, "who": "a"}),
        "plain text",
    )

    assert watch.total("Errors") == 1
    assert watch.total("Duration", who="a") == 20


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("ERROR", [1, 3]),
        ('"ERROR two"', [3]),
        ("ERROR -two", [1]),
        ("?one ?three", [1, 2]),
        ("%t[wh]o%", [3]),
        ('{ $.level = "WARN" }', [4]),
        ('{ $.level = "W*" || $.n >= 5 }', [4, 5]),
        ("{ $.n = 5 }", [5]),
        ("{ $.nil NOT EXISTS }", [4]),
        ("{ $.nil IS NULL }", [5]),
        ('{ ($.n = 5) && ($.list[1].k != "x") }', [5]),
        ("[word, number = two, ...]", [3]),
    ],
)
def test_log_events_are_found_by_pattern(watch: Watch, pattern: str, expected: list[int]) -> None:
    group = watch.group()
    messages = [
        "ERROR one",
        "INFO three",
        "ERROR two things",
        '{"level": "WARN", "n": 1}',
        '{"level": "DEBUG", "n": 5, "nil": null, "list": [{}, {"k": "y"}]}',
    ]
    watch.log(group, *messages)

    assert watch.found(group, pattern) == [messages[number - 1] for number in expected]


def test_a_pattern_that_cannot_be_read_is_refused(watch: Watch) -> None:
    with pytest.raises(ClientError, match="Invalid filter pattern"):
        watch.found(watch.group(), "{ $.level = }")


def test_a_subscription_forwards_what_its_json_pattern_matches(engine: Emulator, watch: Watch) -> None:
    source = """
    import base64, gzip, json
    def handler(event, context):
        data = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
        print("forwarded", *[entry["message"] for entry in data["logEvents"]])
    """
    group, name = watch.group(), f"subscribed-{watch.namespace.lower()}"
    watch.logs.put_subscription_filter(
        logGroupName=group,
        filterName="errors",
        filterPattern='{ $.level = "ERROR" }',
        destinationArn=deploy(engine, name, source),
    )

    watch.log(group, '{"level": "INFO", "n": 1}', '{"level": "ERROR", "n": 2}')

    def look() -> list[str]:
        groups = watch.logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"]
        return watch.found(f"/aws/lambda/{name}", "forwarded") if groups else []

    assert until(look, "The forwarded events") == ['forwarded {"level": "ERROR", "n": 2}']


def test_an_alarm_goes_off_for_its_dimensions_tells_its_topic_and_comes_back_by_time(watch: Watch) -> None:
    url = watch.queues.create_queue(QueueName=watch.namespace)["QueueUrl"]
    arn = watch.queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = watch.topics.create_topic(Name=watch.namespace)["TopicArn"]
    watch.topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    mine = watch.alarm("Errors", Dimensions=named({"f": "mine"}), Period=1, AlarmActions=[topic], OKActions=[topic])
    other = watch.alarm("Errors", Dimensions=named({"f": "other"}))
    watch.becomes(mine, "OK")

    watch.put("Errors", 1, f="mine")

    seen = []
    for _ in range(3):
        received = until(lambda: watch.queues.receive_message(QueueUrl=url).get("Messages"), "A notification")
        watch.queues.delete_message(QueueUrl=url, ReceiptHandle=received[0]["ReceiptHandle"])
        seen.append(json.loads(received[0]["Body"]))
    assert [message["NewStateValue"] for message in seen] == ["OK", "ALARM", "OK"]
    assert "was greater than the threshold (0.0)" in seen[1]["NewStateReason"]
    assert watch.state(other) == "OK"


def test_an_alarm_wants_as_many_datapoints_as_it_says(watch: Watch) -> None:
    two_of_three = watch.alarm("Slow", EvaluationPeriods=3, DatapointsToAlarm=2)
    watch.put("Slow", 1, minutes_ago=1)
    watch.becomes(two_of_three, "OK")

    watch.put("Slow", 1, minutes_ago=2)

    watch.becomes(two_of_three, "ALARM")


@pytest.mark.parametrize(
    ("missing", "state"), [("breaching", "ALARM"), ("notBreaching", "OK"), ("missing", "INSUFFICIENT_DATA")]
)
def test_missing_data_is_treated_as_the_alarm_says(watch: Watch, missing: str, state: str) -> None:
    watch.becomes(watch.alarm("Never", TreatMissingData=missing), state)


def test_metrics_of_functions_and_state_machines_set_alarms_off(engine: Emulator, watch: Watch) -> None:
    function = f"alarm-{watch.namespace.lower()}"
    deploy(engine, function, "def handler(event, context):\n    1 / 0\n")
    machines = Machines(engine)
    machine = machines.create({"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "Bad"}}})
    errors = watch.alarm("Errors", Namespace="AWS/Lambda", Dimensions=named({"FunctionName": function}))
    dimensions = named({"StateMachineArn": machine})
    failures = watch.alarm("ExecutionsFailed", Namespace="AWS/States", Dimensions=dimensions)

    invoke(engine, function)
    machines.ended(machines.start(machine))

    watch.becomes(errors, "ALARM")
    watch.becomes(failures, "ALARM")


def test_a_function_that_a_state_machine_calls_counts_as_any_other(engine: Emulator, watch: Watch) -> None:
    function = f"called-{watch.namespace.lower()}"
    deploy(engine, function, "def handler(event, context):\n    1 / 0\n")
    machines = Machines(engine)
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": function}}
    dimensions = named({"FunctionName": function})
    errors = watch.alarm("Errors", Namespace="AWS/Lambda", Dimensions=dimensions)
    slow = watch.alarm("Duration", Namespace="AWS/Lambda", Dimensions=dimensions, Statistic="Maximum")

    machines.ended(machines.start(machines.create({"StartAt": "Call", "States": {"Call": {**task, "End": True}}})))

    watch.becomes(errors, "ALARM")
    watch.becomes(slow, "ALARM")


def measured(watch: Watch, name: str, metric: str) -> dict[str, Any]:
    stat = {"Metric": {"Namespace": watch.namespace, "MetricName": metric}, "Period": 60, "Stat": "Sum"}
    return {"Id": name, "MetricStat": stat, "ReturnData": False}


def test_an_alarm_on_a_rate_goes_off_by_the_rate_and_not_by_the_number(watch: Watch) -> None:
    rate = {"Id": "rate", "Expression": "IF(used >= 4, 100 * failed / used, 0)"}
    name = f"alarm-{watch.namespace}"
    watch.metrics.put_metric_alarm(
        AlarmName=name,
        Metrics=[rate, measured(watch, "failed", "Failed"), measured(watch, "used", "Used")],
        EvaluationPeriods=2,
        DatapointsToAlarm=1,
        Threshold=50.0,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )
    watch.put("Failed", 3)
    watch.put("Used", 3)
    watch.becomes(name, "OK")

    watch.put("Used", 1)

    watch.becomes(name, "ALARM")
    described = watch.metrics.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
    assert [query["Id"] for query in described["Metrics"]] == ["rate", "failed", "used"]
    assert "MetricName" not in described


def test_an_alarm_on_messages_in_a_queue_goes_off_and_comes_back_when_it_is_emptied(watch: Watch) -> None:
    url = watch.queues.create_queue(QueueName=watch.namespace)["QueueUrl"]
    alarm = watch.alarm(
        "ApproximateNumberOfMessagesVisible",
        Namespace="AWS/SQS",
        Dimensions=named({"QueueName": watch.namespace}),
        Statistic="Maximum",
        Period=1,
    )
    watch.becomes(alarm, "OK")

    watch.queues.send_message(QueueUrl=url, MessageBody="dead")
    watch.becomes(alarm, "ALARM")
    watch.queues.purge_queue(QueueUrl=url)

    watch.becomes(alarm, "OK")


def test_metric_math_combines_series(watch: Watch) -> None:
    watch.put("Errors", 1, minutes_ago=5)
    watch.put("Calls", 4, minutes_ago=5)
    watch.put("Calls", 2, minutes_ago=2)

    def query(query_id: str, metric: str) -> dict[str, Any]:
        stat = {"Metric": {"Namespace": watch.namespace, "MetricName": metric}, "Period": 60, "Stat": "Sum"}
        return {"Id": query_id, "MetricStat": stat, "ReturnData": False}

    now = datetime.now(UTC)
    answer = watch.metrics.get_metric_data(
        MetricDataQueries=[
            query("errors", "Errors"),
            query("calls", "Calls"),
            {"Id": "rate", "Expression": "100 * FILL(errors, 0) / calls", "Label": "error rate"},
            {"Id": "wrong", "Expression": "NOPE(calls)"},
        ],
        StartTime=now - timedelta(minutes=10),
        EndTime=now,
    )["MetricDataResults"]

    assert [result["Id"] for result in answer] == ["rate", "wrong"]
    assert (answer[0]["Label"], answer[0]["Values"]) == ("error rate", [0, 25])
    assert answer[0]["Timestamps"][0] > answer[0]["Timestamps"][1]
    assert answer[1]["StatusCode"] == "InternalError"


def test_the_plain_emulator_still_makes_no_metrics_of_logs(plain_emulator: Emulator) -> None:
    watch = Watch(plain_emulator)
    group = watch.group()
    watch.log(group, embedded(watch))

    assert watch.total("Sent", service="messenger") == 0
    assert len(watch.found(group, '{ $.service = "other" }')) == 1


def test_the_plain_emulator_still_drops_the_queries_of_an_alarm(plain_emulator: Emulator) -> None:
    watch = Watch(plain_emulator)
    alarm = watch.alarm("Errors", Metrics=[measured(watch, "failed", "Failed")])

    assert "Metrics" not in watch.metrics.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]


def test_the_plain_emulator_still_has_no_metrics_of_queues(plain_emulator: Emulator) -> None:
    watch = Watch(plain_emulator)
    url = watch.queues.create_queue(QueueName=watch.namespace)["QueueUrl"]
    watch.queues.send_message(QueueUrl=url, MessageBody="dead")

    assert watch.metrics.list_metrics(Namespace="AWS/SQS")["Metrics"] == []


def test_the_plain_emulator_still_ignores_the_dimensions_of_alarms(plain_emulator: Emulator) -> None:
    watch = Watch(plain_emulator)
    alarm = watch.alarm("Errors", Dimensions=named({"f": "mine"}))

    watch.put("Errors", 1, f="other")

    assert watch.state(alarm) == "ALARM"
