"""The stack as a whole: outputs, parameters, tags, and that tools find nothing wrong with it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from flightpulse.stack import node
from tests.synthesis import Stack, Synthesise
from tools.variants import CONTEXTS

# As different as regions get: the first, one of Europe, one that came later.
REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-4")
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
    "DepartureWorkflowArn",
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
    "TechnicalDashboardName",
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
    assert kept == CONTEXTS["production"]


def test_no_arn_names_a_partition(default: Stack) -> None:
    assert "arn:aws:" not in json.dumps(default.document["Resources"])


def test_what_production_keeps_goes_with_a_first_deployment_that_fails(synthesise: Synthesise) -> None:
    resources = synthesise("production").document["Resources"]
    policies = {key: found.get("DeletionPolicy") for key, found in resources.items()}
    kept = {resources[key]["Type"] for key, policy in policies.items() if policy == "RetainExceptOnCreate"}
    assert kept == {
        "AWS::DynamoDB::Table",
        "AWS::KMS::Key",
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
    stack = synthesise("production")
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


@pytest.mark.parametrize(
    "names",
    [
        ("kafka", "production"),
        pytest.param(tuple(sorted(CONTEXTS.keys() - {"kafka", "production"})), marks=pytest.mark.prove),
    ],
    ids="+".join,
)
def test_cfn_lint_finds_nothing(synthesise: Synthesise, names: tuple[str, ...]) -> None:
    templates = [str(synthesise(name).path) for name in names]
    command = [str(Path(sys.executable).parent / "cfn-lint"), "--regions", *REGIONS, "--", *templates]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", CONTEXTS)
def test_cdk_nag_finds_nothing_that_has_no_reason_beside_it(synthesise: Synthesise, name: str) -> None:
    # Every synthesis of these tests is one under cdk-nag, and fails with what it finds.
    assert synthesise(name).document["Resources"]


def test_cdk_nag_does_look(tmp_path: Path) -> None:
    node.prepare()
    import aws_cdk as cdk
    from cdk_nag import AwsSolutionsChecks

    app = cdk.App(outdir=str(tmp_path / "out"))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    cdk.aws_sqs.Queue(cdk.Stack(app, "Careless"), "Queue")
    with pytest.raises(RuntimeError, match="AwsSolutions-SQS3"):
        app.synth()


def test_cfn_lint_does_look_at_actions_of_iam_and_at_workflows(tmp_path: Path) -> None:
    statement = {"Effect": "Allow", "Action": "dynamodb:GetItems", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    policy = {"PolicyName": "careless", "PolicyDocument": document, "Roles": ["somebody"]}
    machine = {"RoleArn": "arn:aws:iam::123456789012:role/somebody", "DefinitionString": '{"StartAt": "Nowhere"}'}
    template = {
        "Resources": {
            "Policy": {"Type": "AWS::IAM::Policy", "Properties": policy},
            "Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine},
        }
    }
    path = tmp_path / "careless.json"
    path.write_text(json.dumps(template))
    command = [str(Path(sys.executable).parent / "cfn-lint"), "--", str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert "W3037" in said
    assert "E3601" in said
