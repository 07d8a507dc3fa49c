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
    "Context",
}
# What a peering connection to the brokers' network, and its routes, need.
PEERING = {"VpcId", "VpcCidr", "RouteTableIds", "KafkaSecurityGroupId"}


def test_the_outputs_are_what_notebooks_read(default: Stack, synthesise: Synthesise) -> None:
    assert set(default.document["Outputs"]) == OUTPUTS
    assert set(synthesise("kafka").document["Outputs"]) == OUTPUTS | {"MappingDeadLettersUrl"} | PEERING


def test_the_context_is_kept_with_the_stack(default: Stack, synthesise: Synthesise) -> None:
    assert json.loads(default.document["Outputs"]["Context"]["Value"]) == {}
    kept = json.loads(synthesise("production").document["Outputs"]["Context"]["Value"])
    assert kept == {"environment": "production", "model_id": "us.amazon.nova-lite-v1:0", "log_retention_days": "90"}


def test_no_arn_names_a_partition(default: Stack) -> None:
    assert "arn:aws:" not in json.dumps(default.document["Resources"])


def test_what_production_keeps_goes_with_a_first_deployment_that_fails(synthesise: Synthesise) -> None:
    resources = synthesise("production").document["Resources"]
    policies = {key: found.get("DeletionPolicy") for key, found in resources.items()}
    kept = {resources[key]["Type"] for key, policy in policies.items() if policy == "RetainExceptOnCreate"}
    assert kept == {
        "AWS::DynamoDB::Table",
        "AWS::Logs::LogGroup",
        "Custom::SecureStringParameter",
        "Custom::DeletionProtection",
    }
    always = {resources[key]["Type"] for key, policy in policies.items() if policy == "Retain"}
    assert always == {"AWS::ApiGateway::Account", "AWS::IAM::Role"}


def test_the_tables_deletion_protection_comes_last_and_as_a_resource_of_its_own(synthesise: Synthesise) -> None:
    production = synthesise("production")
    assert "DeletionProtectionEnabled" not in production.properties("AWS::DynamoDB::Table")
    (protection,) = production.resources("Custom::DeletionProtection").values()
    assert protection["Properties"]["Enabled"] == "true"


def test_a_customers_key_encrypts_everything_that_holds_contact_data(synthesise: Synthesise) -> None:
    stack = synthesise("own-key")
    (key,) = stack.resources("AWS::KMS::Key")
    reference = {"Fn::GetAtt": [key, "Arn"]}
    assert stack.properties("AWS::DynamoDB::Table")["SSESpecification"]["KMSMasterKeyId"] == reference
    held = [
        *(group["Properties"].get("KmsKeyId") for group in stack.resources("AWS::Logs::LogGroup").values()),
        *(queue["Properties"].get("KmsMasterKeyId") for queue in stack.resources("AWS::SQS::Queue").values()),
        *(
            machine["Properties"]["EncryptionConfiguration"]["KmsKeyId"]
            for machine in stack.resources("AWS::StepFunctions::StateMachine").values()
        ),
    ]
    # The access log of the API holds no data of people.
    assert [value for value in held if value != reference] == [None]


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
