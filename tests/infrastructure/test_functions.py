"""The functions: what they run, what they know and what they may do."""

import json
from typing import Any

import pytest

from tests.synthesis import Stack, Synthesise

FUNCTION = "AWS::Lambda::Function"

HANDLERS = {
    "FlightPulse-KafkaConsumer": "kafka_consumer",
    "FlightPulse-LLMMessenger": "llm_messenger",
    "FlightPulse-APIHandlers": "api",
    "FlightPulse-StreamHandler": "stream_handler",
    "FlightPulse-SettingsResource": "settings_resource",
}
POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"}
ENVIRONMENTS = {
    "FlightPulse-KafkaConsumer": {"TABLE_NAME", "EVENT_BUS_NAME", "DEAD_LETTER_QUEUE_URL", "NOTIFY_FROM_PARAMETER"},
    "FlightPulse-LLMMessenger": {
        "TABLE_NAME",
        "MODEL_ID_PARAMETER",
        "REVIEW_MODEL_ID_PARAMETER",
        "TEMPLATE_REVIEW",
        "CONTACT_LINE",
    },
    "FlightPulse-APIHandlers": {"TABLE_NAME"},
    "FlightPulse-StreamHandler": {"EVENT_BUS_NAME"},
    "FlightPulse-SettingsResource": set(),
}


def function(stack: Stack, name: str) -> dict[str, Any]:
    return stack.properties(FUNCTION, FunctionName=name)


def test_there_are_no_functions_but_ours(default: Stack, synthesise: Synthesise) -> None:
    for stack in (default, synthesise("kafka"), synthesise("production")):
        names = {found["Properties"]["FunctionName"] for found in stack.resources(FUNCTION).values()}
        assert names == set(HANDLERS)


@pytest.mark.parametrize("name", HANDLERS)
def test_a_function_runs_its_handler_on_arm_and_logs_json_to_its_group(default: Stack, name: str) -> None:
    properties = function(default, name)
    assert properties["Handler"] == f"flightpulse.functions.{HANDLERS[name]}.handler"
    assert (properties["Runtime"], properties["Architectures"]) == ("python3.12", ["arm64"])
    group = default.logical_id("AWS::Logs::LogGroup", LogGroupName=f"/aws/lambda/{name}")
    assert properties["LoggingConfig"]["LogFormat"] == "JSON"
    assert properties["LoggingConfig"]["LogGroup"] == {"Ref": group}
    assert properties["TracingConfig"] == {"Mode": "Active"}


@pytest.mark.parametrize("name", HANDLERS)
def test_a_function_knows_what_it_needs_and_nothing_else(default: Stack, name: str) -> None:
    variables = function(default, name)["Environment"]["Variables"]
    assert set(variables) == ENVIRONMENTS[name] | POWERTOOLS
    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "FlightPulse"


def test_no_function_is_told_the_model_by_its_environment(default: Stack) -> None:
    for found in default.resources(FUNCTION).values():
        assert "nova" not in json.dumps(found["Properties"]["Environment"])


def test_all_functions_share_one_package(default: Stack) -> None:
    assert len({json.dumps(found["Properties"]["Code"]) for found in default.resources(FUNCTION).values()}) == 1


def test_every_log_group_forgets(default: Stack, synthesise: Synthesise) -> None:
    default.template.all_resources_properties("AWS::Logs::LogGroup", {"RetentionInDays": 14})
    synthesise("production").template.all_resources_properties("AWS::Logs::LogGroup", {"RetentionInDays": 90})


def test_reserved_concurrency_is_only_there_when_asked_for(default: Stack, synthesise: Synthesise) -> None:
    assert "ReservedConcurrentExecutions" not in function(default, "FlightPulse-LLMMessenger")
    bare = synthesise("bare")
    assert function(bare, "FlightPulse-LLMMessenger")["ReservedConcurrentExecutions"] == 5
    assert "ReservedConcurrentExecutions" not in function(bare, "FlightPulse-KafkaConsumer")


ALWAYS = {"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords"}
NETWORK = {
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
}
STREAM = {
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "sqs:SendMessage",
}


@pytest.mark.parametrize(
    ("role", "own"),
    [
        (
            "KafkaConsumerRole",
            {"dynamodb:Query", "events:PutEvents", "sqs:SendMessage", "ssm:GetParameter"},
        ),
        (
            "LLMMessengerRole",
            {"dynamodb:PutItem", "dynamodb:Query", "dynamodb:BatchGetItem"}
            | {"ssm:GetParameter", "bedrock:InvokeModel"},
        ),
        ("APIHandlersRole", {"dynamodb:GetItem", "dynamodb:Query"}),
        ("StreamHandlerRole", {"events:PutEvents"} | STREAM),
    ],
)
def test_a_function_may_do_what_it_does_and_nothing_else(
    default: Stack, synthesise: Synthesise, role: str, own: set[str]
) -> None:
    assert default.actions(role) == own | ALWAYS | NETWORK
    assert synthesise("bare").actions(role) == own | ALWAYS


def test_a_function_itself_may_not_use_the_permission_for_network_interfaces(default: Stack) -> None:
    (denied,) = (statement for statement in default.statements("APIHandlersRole") if statement["Effect"] == "Deny")
    assert set(denied["Action"]) == NETWORK
    assert "FlightPulse-APIHandlers" in json.dumps(denied["Condition"]["ArnEquals"]["lambda:SourceFunctionArn"])


def test_the_writer_of_settings_may_only_touch_its_parameters_and_protect_the_table(default: Stack) -> None:
    assert default.actions("SettingsResourceRole") == ALWAYS | {
        "ssm:PutParameter",
        "ssm:GetParameter",
        "ssm:DeleteParameter",
        "dynamodb:UpdateTable",
    }
    (statement,) = (
        statement
        for statement in default.statements("SettingsResourceRole")
        if "ssm:PutParameter" in statement["Action"]
    )
    written = json.dumps(statement["Resource"])
    assert len(statement["Resource"]) == 2
    assert "parameter/flightpulse/bedrock/model-id" in written
    assert "parameter/flightpulse/bedrock/review-model-id" in written


@pytest.mark.parametrize(
    ("actions", "keys"),
    [
        ({"dynamodb:BatchGetItem", "dynamodb:PutItem"}, ["TEMPLATE#*"]),
        ({"dynamodb:Query"}, ["PASSENGER#*"]),
        ({"dynamodb:BatchGetItem"}, ["BOOKING#*", "FLIGHT#*"]),
    ],
)
def test_the_messenger_writes_templates_only_and_reads_only_where_passengers_fly_on(
    default: Stack, actions: set[str], keys: list[str]
) -> None:
    condition = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys}}
    (allowed,) = (
        statement["Action"]
        for statement in default.statements("LLMMessengerRole")
        if statement.get("Condition") == condition
    )
    assert set([allowed] if isinstance(allowed, str) else allowed) == actions


def test_the_consumer_reads_flights_with_their_bookings_and_nothing_else_of_the_table(default: Stack) -> None:
    (statement,) = (
        statement for statement in default.statements("KafkaConsumerRole") if "dynamodb:Query" in statement["Action"]
    )
    assert statement["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["FLIGHT#*"]}}


def test_the_messenger_may_invoke_the_one_model(default: Stack) -> None:
    (statement,) = (
        statement
        for statement in default.statements("LLMMessengerRole")
        if "bedrock:InvokeModel" in statement["Action"]
    )
    (resource,) = statement["Resource"]
    assert json.dumps(resource).endswith('"::foundation-model/amazon.nova-lite-v1:0"]]}')


def test_an_inference_profile_needs_the_profile_and_its_model_in_every_region(synthesise: Synthesise) -> None:
    stack = synthesise("production")
    (statement,) = (
        statement for statement in stack.statements("LLMMessengerRole") if "bedrock:InvokeModel" in statement["Action"]
    )
    profile, model = map(json.dumps, statement["Resource"])
    assert ":inference-profile/us.amazon.nova-lite-v1:0" in profile
    assert ":bedrock:*::foundation-model/amazon.nova-lite-v1:0" in model


def test_only_what_aws_cannot_name_is_allowed_on_everything(default: Stack) -> None:
    nameless = NETWORK | {"xray:PutTraceSegments", "xray:PutTelemetryRecords", "dynamodb:ListStreams"}
    for role in ("KafkaConsumer", "LLMMessenger", "APIHandlers", "StreamHandler", "SettingsResource"):
        for statement in default.statements(f"{role}Role"):
            if "*" in statement["Resource"]:
                assert set(statement["Action"]) <= nameless
