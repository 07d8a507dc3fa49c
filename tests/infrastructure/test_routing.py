"""Which event goes where, and what becomes of one that cannot get there."""

import json
from typing import Any

import pytest

from tests.synthesis import Stack, as_list

RULE = "AWS::Events::Rule"

TO_WORKFLOW = {
    "flightpulse-delay": ([{"prefix": "flight.delay."}], "FlightPulse-DelayWorkflow"),
    "flightpulse-cancellation": (["flight.cancelled"], "FlightPulse-CancellationWorkflow"),
    "flightpulse-departure": (["flight.departed"], "FlightPulse-DepartureWorkflow"),
    "flightpulse-gate-change": (["flight.gate_change"], "FlightPulse-GateChangeWorkflow"),
}
TO_LOG = {
    "flightpulse-notification-email": (["notification.email"], "/flightpulse/notifications/email"),
    "flightpulse-notification-sms": (["notification.sms"], "/flightpulse/notifications/sms"),
    "flightpulse-audit": (
        ["booking.status_changed", "flight.status_changed", "rebooking.needed"],
        "/flightpulse/audit",
    ),
}


def target(stack: Stack, rule: str) -> dict[str, Any]:
    (found,) = stack.properties(RULE, Name=rule)["Targets"]
    result: dict[str, Any] = found
    return result


def test_the_bus_archives_a_week_of_flight_events(default: Stack) -> None:
    default.template.has_resource_properties("AWS::Events::EventBus", {"Name": "flightpulse-bus"})
    default.template.has_resource_properties(
        "AWS::Events::Archive",
        {"EventPattern": {"detail-type": [{"prefix": "flight."}]}, "RetentionDays": 7},
    )


@pytest.mark.parametrize("rule", TO_WORKFLOW)
def test_a_flight_event_starts_its_workflow(default: Stack, rule: str) -> None:
    detail_types, machine = TO_WORKFLOW[rule]
    properties = default.properties(RULE, Name=rule)
    assert properties["EventPattern"] == {"source": [{"prefix": "flightpulse"}], "detail-type": detail_types}
    machine_id = default.logical_id("AWS::StepFunctions::StateMachine", StateMachineName=machine)
    assert target(default, rule)["Arn"] == {"Ref": machine_id}
    (statement,) = default.statements(f"{machine.removeprefix('FlightPulse-').removesuffix('Workflow')}StartRole")
    assert (statement["Action"], statement["Resource"]) == (["states:StartExecution"], [{"Ref": machine_id}])


@pytest.mark.parametrize("rule", TO_LOG)
def test_a_notification_and_a_change_of_status_are_logged(default: Stack, rule: str) -> None:
    detail_types, group = TO_LOG[rule]
    properties = default.properties(RULE, Name=rule)
    assert properties["EventPattern"]["detail-type"] == detail_types
    group_id = default.logical_id("AWS::Logs::LogGroup", LogGroupName=group)
    arn = json.dumps(target(default, rule)["Arn"])
    assert ":log-group:" in arn
    assert f'{{"Ref": "{group_id}"}}' in arn
    assert not arn.endswith(':*"]]}')


@pytest.mark.parametrize("rule", [*TO_WORKFLOW, *TO_LOG])
def test_every_target_is_retried_and_then_put_aside(default: Stack, rule: str) -> None:
    queue = default.logical_id("AWS::SQS::Queue", QueueName="flightpulse-dead-letters-targets")
    found = target(default, rule)
    assert found["RetryPolicy"] == {"MaximumRetryAttempts": 8, "MaximumEventAgeInSeconds": 7200}
    assert found["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": [queue, "Arn"]}}


@pytest.mark.parametrize("rule", [*TO_WORKFLOW, *TO_LOG])
def test_the_queue_of_undelivered_events_takes_them_from_every_rule(default: Stack, rule: str) -> None:
    rule_id = default.logical_id(RULE, Name=rule)
    queue = default.logical_id("AWS::SQS::Queue", QueueName="flightpulse-dead-letters-targets")
    policy = default.properties("AWS::SQS::QueuePolicy", Queues=[{"Ref": queue}])
    allowed = [
        as_list(statement["Condition"]["ArnEquals"]["aws:SourceArn"])
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and statement["Principal"] == {"Service": "events.amazonaws.com"}
    ]
    assert {"Fn::GetAtt": [rule_id, "Arn"]} in [arn for arns in allowed for arn in arns]


@pytest.mark.parametrize("rule", TO_WORKFLOW)
def test_only_eventbridge_for_our_own_account_may_start_a_workflow(default: Stack, rule: str) -> None:
    role_id = target(default, rule)["RoleArn"]["Fn::GetAtt"][0]
    (statement,) = default.resources("AWS::IAM::Role")[role_id]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_eventbridge_may_write_the_three_groups_by_a_resource_policy(default: Stack) -> None:
    default.template.resource_count_is("AWS::Logs::ResourcePolicy", 1)
    parts = default.properties("AWS::Logs::ResourcePolicy")["PolicyDocument"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else next(iter(part.values()))[0] for part in parts)
    streams, events = json.loads(text)["Statement"]
    for statement, end in ((streams, ":*"), (events, ":*:*")):
        assert statement["Principal"] == {"Service": ["delivery.logs.amazonaws.com", "events.amazonaws.com"]}
        assert {arn.partition(":log-group:")[2] for arn in statement["Resource"]} == {
            f"{group}{end}" for _, group in TO_LOG.values()
        }
    assert (streams["Action"], events["Action"]) == ("logs:CreateLogStream", "logs:PutLogEvents")
    rules = {default.logical_id(RULE, Name=rule) for rule in TO_LOG}
    assert set(events["Condition"]["ArnEquals"]["aws:SourceArn"]) == rules


def test_the_log_policy_is_shorter_than_aws_allows(default: Stack) -> None:
    document = json.dumps(default.properties("AWS::Logs::ResourcePolicy")["PolicyDocument"])
    assert len(document) < 5120


def test_dead_letters_stay_a_fortnight_encrypted_and_only_over_tls(default: Stack) -> None:
    names = {queue["Properties"]["QueueName"] for queue in default.resources("AWS::SQS::Queue").values()}
    assert names == {f"flightpulse-dead-letters-{kind}" for kind in ("records", "notifications", "targets", "stream")}
    default.template.all_resources_properties(
        "AWS::SQS::Queue", {"SqsManagedSseEnabled": True, "MessageRetentionPeriod": 14 * 24 * 3600}
    )
    for policy in default.resources("AWS::SQS::QueuePolicy").values():
        denied = [found for found in policy["Properties"]["PolicyDocument"]["Statement"] if found["Effect"] == "Deny"]
        assert [found["Action"] for found in denied] == ["sqs:*"]
        assert denied[0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert denied[0]["Principal"] == {"AWS": "*"}


def test_the_topics_of_errors_and_alarms_are_there_and_alarms_may_publish(default: Stack) -> None:
    topics = {topic["Properties"]["TopicName"] for topic in default.resources("AWS::SNS::Topic").values()}
    assert topics == {"flightpulse-workflow-errors", "flightpulse-alarms"}
    allowed = [
        (found["Principal"], found["Action"])
        for policy in default.resources("AWS::SNS::TopicPolicy").values()
        for found in policy["Properties"]["PolicyDocument"]["Statement"]
        if found["Effect"] == "Allow"
    ]
    assert ({"Service": "cloudwatch.amazonaws.com"}, "sns:Publish") in allowed
