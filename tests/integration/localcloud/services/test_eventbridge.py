"""The behaviour `eventbridge`: entries are checked, log groups are targets, failing targets are tried again."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.integration.emulator import ACCOUNT, REGION, Emulator
from tests.integration.localcloud import stacks
from tests.integration.localcloud.functions import deploy
from tests.integration.localcloud.services.step_functions_machines import Machines, passing
from tests.integration.localcloud.stacks import resource
from tests.waiting import until

POLICY = {
    "Effect": "Allow",
    "Principal": {"Service": "events.amazonaws.com"},
    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
    "Resource": "*",
}


class Rules:
    """Rules on a bus of their own, and what their targets got."""

    def __init__(self, emulator: Emulator) -> None:
        self.events = emulator.client("events")
        self.queues = emulator.client("sqs")
        self.logs = emulator.client("logs")
        self.metrics = emulator.client("cloudwatch")
        self.bus = f"bus-{uuid.uuid4().hex[:8]}"
        self.events.create_event_bus(Name=self.bus)

    def rule(self, **target: Any) -> str:
        """A rule for every event of this bus, with one target."""
        name = f"rule-{uuid.uuid4().hex[:8]}"
        pattern = json.dumps({"source": [{"prefix": ""}]})
        self.events.put_rule(Name=name, EventBusName=self.bus, EventPattern=pattern)
        self.events.put_targets(Rule=name, EventBusName=self.bus, Targets=[{"Id": "target", **target}])
        return name

    def put(self, detail: Any = None, **entry: Any) -> dict[str, Any]:
        given = {"Source": "tests", "DetailType": "something", "Detail": json.dumps(detail or {}), **entry}
        answer: dict[str, Any] = self.events.put_events(Entries=[{"EventBusName": self.bus, **given}])
        return answer

    def queue(self) -> tuple[str, str]:
        """A new queue: its URL and its ARN."""
        url = self.queues.create_queue(QueueName=f"queue-{uuid.uuid4().hex[:8]}")["QueueUrl"]
        attributes = self.queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        return url, attributes["QueueArn"]

    def message(self, url: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            answer = self.queues.receive_message(QueueUrl=url, MessageAttributeNames=["All"], MaxNumberOfMessages=1)
            return next(iter(answer.get("Messages", [])), None)

        return until(look, "A message")

    def group(self) -> str:
        name = f"/flightpulse/tests/{uuid.uuid4().hex[:8]}"
        self.logs.create_log_group(logGroupName=name)
        return name

    def logged(self, group: str) -> list[Any]:
        def look() -> list[Any]:
            events = self.logs.filter_log_events(logGroupName=group)["events"]
            return [json.loads(event["message"]) for event in events]

        return until(look, "A log event")


@pytest.fixture
def rules(engine: Emulator) -> Rules:
    return Rules(engine)


@pytest.fixture
def permitted(rules: Rules) -> Rules:
    """EventBridge may write to log groups."""
    document = {"Version": "2012-10-17", "Statement": [POLICY]}
    rules.logs.put_resource_policy(policyName="events", policyDocument=json.dumps(document))
    return rules


def group_arn(name: str) -> str:
    return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}"


def test_a_log_group_receives_the_event(permitted: Rules) -> None:
    group = permitted.group()
    permitted.rule(Arn=group_arn(group))

    sent = permitted.put({"n": 1})["Entries"][0]["EventId"]

    event = permitted.logged(group)[0]
    assert (event["id"], event["detail"], event["detail-type"]) == (sent, {"n": 1}, "something")


def test_an_input_transformer_may_name_the_message_of_the_log_event(permitted: Rules) -> None:
    group = permitted.group()
    transformer = {
        "InputPathsMap": {"who": "$.detail.passengers[1].name"},
        "InputTemplate": '{"timestamp": 1795420800000, "message": "told <who>"}',
    }
    permitted.rule(Arn=group_arn(group), InputTransformer=transformer)

    permitted.put({"passengers": [{"name": "Ann"}, {"name": "Bob"}]})

    events = until(lambda: permitted.logs.filter_log_events(logGroupName=group)["events"], "The log event")
    assert (events[0]["timestamp"], events[0]["message"]) == (1795420800000, "told Bob")


def test_without_a_resource_policy_the_event_is_set_aside(rules: Rules) -> None:
    for policy in rules.logs.describe_resource_policies()["resourcePolicies"]:
        rules.logs.delete_resource_policy(policyName=policy["policyName"])
    url, arn = rules.queue()
    rule = rules.rule(Arn=group_arn(rules.group()), DeadLetterConfig={"Arn": arn})

    rules.put({"n": 1})

    message = rules.message(url)
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert json.loads(message["Body"])["detail"] == {"n": 1}
    assert attributes["ERROR_CODE"] == "NO_PERMISSIONS"
    assert attributes["RETRY_ATTEMPTS"] == "0"
    assert attributes["RULE_ARN"].endswith(rule)
    assert "EXHAUSTED_RETRY_CONDITION" not in attributes


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:sqs:{REGION}:{ACCOUNT}:none",
        f"arn:aws:sns:{REGION}:{ACCOUNT}:none",
        f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:none",
        f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:none",
        group_arn("/none"),
    ],
)
def test_a_target_that_does_not_exist_is_not_tried_again(rules: Rules, arn: str) -> None:
    url, dead_letters = rules.queue()
    rules.rule(Arn=arn, DeadLetterConfig={"Arn": dead_letters})

    rules.put({"n": 1})

    attributes = rules.message(url)["MessageAttributes"]
    assert attributes["ERROR_CODE"]["StringValue"] == "NO_RESOURCE"
    assert attributes["TARGET_ARN"]["StringValue"] == arn


def test_an_event_that_the_target_refuses_goes_to_the_dead_letters(engine: Emulator, rules: Rules) -> None:
    machine = Machines(engine).create(passing())
    url, dead_letters = rules.queue()
    too_large = {"text": "x" * 300_000}
    rules.rule(Arn=machine, DeadLetterConfig={"Arn": dead_letters})

    rules.put(too_large)

    message = rules.message(url)
    assert json.loads(message["Body"])["detail"] == too_large
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "ERROR_FROM_TARGET"


def test_a_part_of_the_event_goes_to_the_target(rules: Rules) -> None:
    url, arn = rules.queue()
    rules.rule(Arn=arn, InputPath="$.detail.list[1]['the name']")

    rules.put({"list": [{}, {"the name": [7]}]})

    assert json.loads(rules.message(url)["Body"]) == [7]


def test_a_function_that_fails_is_called_again(engine: Emulator, rules: Rules) -> None:
    url, _ = rules.queue()
    source = f"""
    import boto3
    def handler(event, context):
        boto3.client("sqs").send_message(QueueUrl="{url}", MessageBody="called")
        raise ValueError("again")
    """
    rules.rule(Arn=deploy(engine, "eventbridge-fails", source))

    rules.put()

    assert [rules.message(url)["Body"] for _ in range(2)] == ["called"] * 2


def test_the_time_of_an_entry_is_the_time_of_the_event(rules: Rules) -> None:
    url, arn = rules.queue()
    rules.rule(Arn=arn)

    rules.put(Time=datetime(2026, 3, 1, 12, tzinfo=UTC))

    assert json.loads(rules.message(url)["Body"])["time"] == "2026-03-01T12:00:00Z"


def test_each_entry_is_accepted_or_refused_by_itself(rules: Rules) -> None:
    url, arn = rules.queue()
    rules.rule(Arn=arn)
    good = {"EventBusName": rules.bus, "Source": "tests", "DetailType": "good", "Detail": "{}"}
    entries = [
        {**good, "Detail": "not json"},
        {**good, "Detail": '"a text"'},
        {name: value for name, value in good.items() if name != "Source"},
        {name: value for name, value in good.items() if name != "DetailType"},
        {**good, "Source": "aws.ours"},
        good,
    ]

    answer = rules.events.put_events(Entries=entries)

    assert answer["FailedEntryCount"] == 5
    assert [entry.get("ErrorCode") for entry in answer["Entries"]] == [
        "MalformedDetail",
        "MalformedDetail",
        "InvalidArgument",
        "InvalidArgument",
        "NotAuthorizedForSourceException",
        None,
    ]
    reason = "Parameter Source is not valid. Reason: Source is a required argument."
    assert answer["Entries"][2]["ErrorMessage"] == reason
    assert json.loads(rules.message(url)["Body"])["detail-type"] == "good"


def test_a_request_over_the_limit_is_refused_as_a_whole(rules: Rules) -> None:
    entry = {"EventBusName": rules.bus, "Source": "tests", "DetailType": "big"}
    large = {**entry, "Detail": json.dumps({"text": "x" * 600_000})}

    assert rules.events.put_events(Entries=[large])["FailedEntryCount"] == 0
    with pytest.raises(ClientError, match="over the limit"):
        rules.events.put_events(Entries=[large, large])
    with pytest.raises(ClientError, match="less than or equal to 10"):
        rules.events.put_events(Entries=[{**entry, "Detail": "{}"}] * 11)


def test_invocations_and_failures_are_counted(rules: Rules) -> None:
    url, arn = rules.queue()
    rule = rules.rule(Arn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:none", DeadLetterConfig={"Arn": arn})
    dimensions = [{"Name": "EventBusName", "Value": rules.bus}, {"Name": "RuleName", "Value": rule}]

    rules.put()
    rules.message(url)

    def look() -> set[str]:
        found = rules.metrics.list_metrics(Namespace="AWS/Events", Dimensions=dimensions)["Metrics"]
        return {metric["MetricName"] for metric in found}

    wanted = {"Invocations", "FailedInvocations", "InvocationsSentToDlq"}
    assert until(lambda: look() if look() >= wanted else None, "The metrics") == wanted


def test_the_plain_emulator_still_drops_what_it_cannot_deliver(plain_emulator: Emulator) -> None:
    rules = Rules(plain_emulator)
    group = rules.group()
    url, arn = rules.queue()
    rules.rule(Arn=group_arn(group))
    rules.rule(Arn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:none", DeadLetterConfig={"Arn": arn})

    assert rules.put(Detail="not json")["FailedEntryCount"] == 0
    assert rules.logs.filter_log_events(logGroupName=group)["events"] == []
    assert "Messages" not in rules.queues.receive_message(QueueUrl=url)


def refusal(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**request)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def test_an_execution_is_named_after_its_event(engine: Emulator, rules: Rules) -> None:
    arn = Machines(engine).create(passing())
    rules.rule(Arn=arn, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/any")
    (entry,) = rules.put({"a": 1})["Entries"]

    states = engine.client("stepfunctions")
    (execution,) = until(lambda: states.list_executions(stateMachineArn=arn)["executions"], "An execution")
    event, _, target = execution["name"].partition("_")
    assert event == entry["EventId"]
    assert uuid.UUID(target)


def test_a_pattern_asks_for_paths_however_they_are_written(permitted: Rules) -> None:
    group = permitted.group()
    name = permitted.rule(Arn=group_arn(group))
    pattern = json.dumps({"detail": {"state": {"status": ["on"]}}})
    permitted.events.put_rule(Name=name, EventBusName=permitted.bus, EventPattern=pattern)
    permitted.put({"state.status": "off"})
    permitted.put({"state.status": "on"})
    assert [event["detail"] for event in permitted.logged(group)] == [{"state.status": "on"}]


def test_rules_and_targets_are_refused_in_the_words_of_aws(rules: Rules) -> None:
    bus_arn = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{rules.bus}"
    name = rules.rule(Arn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:q")
    events = rules.events

    assert events.describe_rule(Name=name, EventBusName=bus_arn)["Name"] == name
    assert refusal(events.put_rule, Name="r", EventBusName=bus_arn, EventPattern='{"a": [{"x": 1}]}') == (
        "InvalidEventPatternException",
        "Event pattern is not valid. Reason: Unrecognized match type x",
    )
    assert refusal(events.put_rule, Name="r", EventBusName=rules.bus, ScheduleExpression="rate(1 day)") == (
        "ValidationException",
        "ScheduleExpression is supported only on the default event bus.",
    )
    assert refusal(events.put_rule, Name="r")[1] == (
        "Parameter(s) EventPattern or ScheduleExpression must be specified."
    )
    assert refusal(events.describe_rule, Name="nope") == (
        "ResourceNotFoundException",
        "Rule nope does not exist on EventBus default.",
    )
    assert refusal(events.delete_rule, Name=name, EventBusName=rules.bus) == (
        "ValidationException",
        "Rule can't be deleted since it has targets.",
    )
    events.remove_targets(Rule=name, EventBusName=rules.bus, Ids=["target"])
    events.delete_rule(Name=name, EventBusName=rules.bus)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (
            {"InputPath": "$.detail", "InputTransformer": {"InputTemplate": '"x"'}},
            "Only one of Input, InputPath, or InputTransformer must be provided for target one.",
        ),
        (
            {"InputTransformer": {"InputPathsMap": {"a": "$.detail.a"}, "InputTemplate": '"<a> <b>"'}},
            "InputTemplate for target one contains invalid placeholder b.",
        ),
        ({"Id": "!one"}, "Member must satisfy regular expression pattern"),
        ({"Id": "o" * 65}, "Member must have length less than or equal to 64"),
    ],
)
def test_a_target_is_refused_in_the_words_of_aws(rules: Rules, target: dict[str, Any], said: str) -> None:
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"
    name = rules.rule(Arn=arn)
    targets = [{"Id": "one", "Arn": arn, **target}]
    code, message = refusal(rules.events.put_targets, Rule=name, EventBusName=rules.bus, Targets=targets)
    assert code == "ValidationException"
    assert said in message


def test_a_rule_has_at_most_five_targets(rules: Rules) -> None:
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"
    name = rules.rule(Arn=arn)
    more = [{"Id": f"t{number}", "Arn": arn} for number in range(5)]
    rules.events.put_targets(Rule=name, EventBusName=rules.bus, Targets=more[:4])
    code, _ = refusal(rules.events.put_targets, Rule=name, EventBusName=rules.bus, Targets=more[4:])
    assert code == "LimitExceededException"


def test_a_pattern_is_tested_on_an_event_as_it_is(rules: Rules) -> None:
    event = {"id": "1", "source": "s", "detail-type": "t", "account": "0", "region": REGION, "resources": []}
    event["time"] = "2026-01-01T00:00:00Z"
    pattern = json.dumps({"detail": {"a": ["x"]}})

    def matches(detail: Any) -> bool:
        given = json.dumps({**event, "detail": detail})
        return bool(rules.events.test_event_pattern(EventPattern=pattern, Event=given)["Result"])

    assert matches({"a": "x"})
    assert not matches('{"a": "x"}')
    for no_event in ("text", "[1]", '"text"'):
        assert refusal(rules.events.test_event_pattern, EventPattern=pattern, Event=no_event) == (
            "ValidationException",
            "Parameter Event is not valid.",
        )


@pytest.mark.parametrize(
    "properties",
    [
        {"EventPattern": {"a": [{"x": 1}]}},
        {},
        {"EventPattern": {"a": ["b"]}, "Targets": [{"Id": "!", "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"}]},
    ],
)
def test_a_template_with_a_rule_that_is_refused_fails(engine: Emulator, properties: dict[str, Any]) -> None:
    name = f"rules-{uuid.uuid4().hex[:8]}"
    with pytest.raises(WaiterError):
        stacks.deploy(engine, name, {"Resources": {"Rule": resource("AWS::Events::Rule", **properties)}})
    assert any(
        "ValidationException" in why or "InvalidEventPattern" in why for why in stacks.failed_events(engine, name)
    )
