"""The stack as a whole: outputs, parameters, tags, and that tools find nothing wrong with it."""

import json
import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks

from flightpulse.stack import names
from flightpulse.stack.flightpulse_stack import FlightPulseStack
from flightpulse.stack.settings import from_context
from tests.infrastructure.conftest import Synthesise, context_of
from tests.infrastructure.synthesis import CONTEXTS, Stack

OUTPUTS = {
    "TableName",
    "EventBusName",
    "ApiUrl",
    "ApiId",
    "KafkaConsumerArn",
    "LlmMessengerArn",
    "ApiHandlersArn",
    "StreamHandlerArn",
    "DelayWorkflowArn",
    "CancellationWorkflowArn",
    "GateChangeWorkflowArn",
    "NotifyPassengersArn",
    "NotifyChunkArn",
    "ErrorTopicArn",
    "AlarmTopicArn",
    "RecordDeadLettersUrl",
    "NotificationDeadLettersUrl",
    "TargetDeadLettersUrl",
    "StreamDeadLettersUrl",
    "DashboardName",
    "ModelIdParameter",
    "ReviewModelIdParameter",
}


def test_the_outputs_are_what_notebooks_read(default: Stack, synthesise: Synthesise) -> None:
    assert set(default.document["Outputs"]) == OUTPUTS
    assert set(synthesise("kafka").document["Outputs"]) == OUTPUTS | {"MappingDeadLettersUrl"}


def test_nothing_depends_on_an_account_or_a_region(default: Stack) -> None:
    text = json.dumps(default.document)
    assert "us-east-1" not in text
    assert "000000000000" not in text


def test_everything_says_whose_it_is(default: Stack, synthesise: Synthesise) -> None:
    def tags(stack: Stack) -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in stack.properties("AWS::DynamoDB::Table")["Tags"]}

    assert tags(default) == {"project": "flightpulse", "environment": "dev"}
    assert tags(synthesise("production")) == {"project": "flightpulse", "environment": "production"}


def test_the_environment_changes_no_name(default: Stack, synthesise: Synthesise) -> None:
    for type_, name in (
        ("AWS::DynamoDB::Table", "TableName"),
        ("AWS::Lambda::Function", "FunctionName"),
        ("AWS::SQS::Queue", "QueueName"),
    ):
        seen = [
            {resource["Properties"][name] for resource in stack.resources(type_).values()}
            for stack in (default, synthesise("production"))
        ]
        assert seen[0] == seen[1]


def test_the_model_ids_are_secure_strings_by_our_own_function(default: Stack) -> None:
    writer = default.logical_id("AWS::Lambda::Function", FunctionName="FlightPulse-SettingsResource")
    written = {}
    for resource in default.resources("Custom::SecureStringParameter").values():
        properties = resource["Properties"]
        assert properties["ServiceToken"] == {"Fn::GetAtt": [writer, "Arn"]}
        assert [key for key in resource["DependsOn"] if "SettingsResourceRoleDefaultPolicy" in key]
        written[properties["Name"]] = properties["Value"]
    assert written == {
        "/flightpulse/bedrock/model-id": "amazon.nova-lite-v1:0",
        "/flightpulse/bedrock/review-model-id": "amazon.nova-lite-v1:0",
    }
    default.template.has_resource_properties(
        "AWS::SSM::Parameter", {"Name": "/flightpulse/environment", "Type": "String", "Value": "dev"}
    )


def test_cfn_lint_finds_nothing_in_any_kind_of_deployment(synthesise: Synthesise) -> None:
    templates = [str(synthesise(name).path) for name in CONTEXTS]
    command = [str(Path(sys.executable).parent / "cfn-lint"), "--regions", "us-east-1", "--", *templates]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["kafka", "production"])
def test_cdk_nag_finds_nothing_that_has_no_reason_beside_it(tmp_path: Path, name: str) -> None:
    context = context_of(name)
    app = cdk.App(context=context, outdir=str(tmp_path / "out"))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    FlightPulseStack(app, names.STACK, settings=from_context(context))
    app.synth()


def test_cdk_nag_does_look(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path / "out"))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    cdk.aws_sqs.Queue(cdk.Stack(app, "Careless"), "Queue")
    with pytest.raises(RuntimeError, match="AwsSolutions-SQS3"):
        app.synth()
