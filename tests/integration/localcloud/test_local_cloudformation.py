"""Stacks get every resource and every property that the template names."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.integration.emulator import Emulator
from tests.integration.localcloud import stacks
from tests.integration.localcloud.functions import ROLE, archive
from tests.integration.localcloud.stacks import resource

PATTERN = {"source": ["flightpulse.kafka-consumer"]}
CUSTOM = """
    import json
    import urllib.request

    def handler(event, context):
        properties = event["ResourceProperties"]
        answer = {
            "Status": "FAILED" if properties.get("Fail") == "true" else "SUCCESS",
            "Reason": "told to fail",
            "PhysicalResourceId": "made-by-the-function",
            "StackId": event["StackId"],
            "RequestId": event["RequestId"],
            "LogicalResourceId": event["LogicalResourceId"],
            "Data": {"Seen": event["RequestType"] + " " + properties["Name"]},
        }
        request = urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), method="PUT")
        urllib.request.urlopen(request)
"""


@pytest.fixture(scope="module")
def cloud() -> Iterator[Emulator]:
    with Emulator(behaviours=("lambda_runtime", "cloudwatch", "cloudformation")) as emulator:
        yield emulator


def function(emulator: Emulator, source: str, key: str = "code.zip", **properties: Any) -> dict[str, Any]:
    """A function whose code is in a bucket, as CDK deploys it."""
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="assets")
    s3.put_object(Bucket="assets", Key=key, Body=archive({"index.py": source}))
    code = {"S3Bucket": "assets", "S3Key": key}
    settings = {"Code": code, "Runtime": "python3.12", "Handler": "index.handler", "Role": ROLE, **properties}
    return resource("AWS::Lambda::Function", **settings)


def archive_template(days: int) -> dict[str, Any]:
    return {
        "Resources": {
            "Bus": resource("AWS::Events::EventBus", Name="archived-bus"),
            "Archive": resource(
                "AWS::Events::Archive",
                ArchiveName="archive",
                SourceArn={"Fn::GetAtt": ["Bus", "Arn"]},
                EventPattern=PATTERN,
                RetentionDays=days,
            ),
        },
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Archive", "Arn"]}}},
    }


def test_an_archive_of_a_bus_is_created_changed_and_deleted(cloud: Emulator):
    events = cloud.client("events")
    arn = stacks.deploy(cloud, "archive", archive_template(days=7))["Arn"]
    created = events.describe_archive(ArchiveName="archive")
    assert (created["ArchiveArn"], created["RetentionDays"]) == (arn, 7)
    assert json.loads(created["EventPattern"]) == PATTERN

    stacks.deploy(cloud, "archive", archive_template(days=9), change="update")
    assert events.describe_archive(ArchiveName="archive")["RetentionDays"] == 9

    cloud.client("cloudformation").delete_stack(StackName="archive")
    cloud.client("cloudformation").get_waiter("stack_delete_complete").wait(
        StackName="archive", WaiterConfig=stacks.WAITER
    )
    with pytest.raises(ClientError, match="does not exist"):
        events.describe_archive(ArchiveName="archive")


def watching_template(threshold: int, **alarms: str) -> dict[str, Any]:
    """An alarm on an expression, an alarm made of it, and a saved query."""
    stat = {"Metric": {"Namespace": "Tests", "MetricName": "Failed"}, "Period": 60, "Stat": "Sum"}
    return {
        "Resources": {
            "Rate": resource(
                "AWS::CloudWatch::Alarm",
                AlarmName="rate",
                Metrics=[
                    {"Id": "twice", "Expression": "2 * failed"},
                    {"Id": "failed", "MetricStat": stat, "ReturnData": False},
                ],
                EvaluationPeriods=1,
                Threshold=threshold,
                ComparisonOperator="GreaterThanThreshold",
                TreatMissingData="notBreaching",
            ),
            "Any": resource(
                "AWS::CloudWatch::CompositeAlarm",
                AlarmName=alarms.get("name", "any"),
                AlarmRule={"Fn::Join": ["", ['ALARM("', {"Fn::GetAtt": ["Rate", "Arn"]}, '")']]},
            ),
            "Query": resource("AWS::Logs::QueryDefinition", Name="a/b", QueryString="fields @message"),
        },
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Any", "Arn"]}}, "Query": {"Value": {"Ref": "Query"}}},
    }


def test_an_alarm_made_of_another_is_created_renamed_and_deleted(cloud: Emulator):
    metrics = cloud.client("cloudwatch")

    def composites() -> list[str]:
        return [
            alarm["AlarmName"] for alarm in metrics.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
        ]

    created = stacks.deploy(cloud, "watching", watching_template(threshold=1))
    assert created["Arn"].endswith(":alarm:any")
    rate = metrics.describe_alarms(AlarmNames=["rate"])["MetricAlarms"][0]
    assert (rate["Threshold"], len(rate["Metrics"])) == (1.0, 2)

    updated = stacks.deploy(cloud, "watching", watching_template(threshold=5, name="other"), change="update")
    assert composites() == ["other"]
    assert updated["Query"] == created["Query"]
    assert metrics.describe_alarms(AlarmNames=["rate"])["MetricAlarms"][0]["Threshold"] == 5.0

    cloud.client("cloudformation").delete_stack(StackName="watching")
    cloud.client("cloudformation").get_waiter("stack_delete_complete").wait(
        StackName="watching", WaiterConfig=stacks.WAITER
    )
    assert composites() == []


def network_template(port: int) -> dict[str, Any]:
    groups = {
        name: resource("AWS::EC2::SecurityGroup", GroupDescription=name, VpcId={"Ref": "Vpc"}) for name in ("A", "B")
    }
    rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
    return {
        "Resources": {
            "Vpc": resource("AWS::EC2::VPC", CidrBlock="10.0.0.0/16"),
            **groups,
            "Rule": resource(
                "AWS::EC2::SecurityGroupIngress",
                GroupId={"Fn::GetAtt": ["A", "GroupId"]},
                SourceSecurityGroupId={"Fn::GetAtt": ["B", "GroupId"]},
                **rule,
            ),
        },
        "Outputs": {
            "Group": {"Value": {"Fn::GetAtt": ["A", "GroupId"]}},
            "Cidr": {"Value": {"Fn::GetAtt": ["Vpc", "CidrBlock"]}},
        },
    }


def ports(emulator: Emulator, group: str) -> list[int]:
    rules = emulator.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    return [rule["FromPort"] for rule in rules]


def test_a_rule_between_security_groups_is_created_and_changed(cloud: Emulator):
    group = stacks.deploy(cloud, "network", network_template(port=443))["Group"]
    assert ports(cloud, group) == [443]

    stacks.deploy(cloud, "network", network_template(port=8443), change="update")
    assert ports(cloud, group) == [8443]


def test_the_address_range_of_a_network_is_an_attribute(cloud: Emulator):
    assert stacks.deploy(cloud, "network-range", network_template(port=443))["Cidr"] == "10.0.0.0/16"


@pytest.mark.parametrize(
    "kind",
    [
        "AWS::Events::Archive",
        "AWS::EC2::SecurityGroupIngress",
        "AWS::CloudWatch::CompositeAlarm",
        "AWS::Logs::QueryDefinition",
    ],
)
def test_plain_emulator_still_does_not_know_the_type(plain_emulator: Emulator, kind: str):
    with pytest.raises(ClientError, match="Unrecognized resource types"):
        stacks.deploy(plain_emulator, "unknown", {"Resources": {"Thing": resource(kind)}})


def machine_template(level: str, name: str = "logged") -> dict[str, Any]:
    destination = {"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": ["Log", "Arn"]}}}
    return {
        "Resources": {
            "Log": resource("AWS::Logs::LogGroup", LogGroupName=f"/aws/vendedlogs/states/{name}"),
            "Machine": resource(
                "AWS::StepFunctions::StateMachine",
                StateMachineName=name,
                RoleArn=ROLE,
                DefinitionString='{"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}',
                LoggingConfiguration={"Level": level, "IncludeExecutionData": True, "Destinations": [destination]},
            ),
        },
        "Outputs": {"Arn": {"Value": {"Ref": "Machine"}}},
    }


def logging_of(emulator: Emulator, arn: str) -> dict[str, Any]:
    described: dict[str, Any] = emulator.client("stepfunctions").describe_state_machine(stateMachineArn=arn)
    return described.get("loggingConfiguration") or {}


def test_the_logging_of_a_state_machine_is_as_in_the_template(cloud: Emulator):
    arn = stacks.deploy(cloud, "machine", machine_template("ALL"))["Arn"]
    seen = logging_of(cloud, arn)
    assert (seen["level"], seen["includeExecutionData"]) == ("ALL", True)
    assert seen["destinations"][0]["cloudWatchLogsLogGroup"]["logGroupArn"].endswith("states/logged:*")

    stacks.deploy(cloud, "machine", machine_template("ERROR"), change="update")
    assert logging_of(cloud, arn)["level"] == "ERROR"


def test_a_stack_with_a_definition_that_is_refused_fails_with_the_reason(cloud: Emulator):
    template = machine_template("ALL", "refused")
    nowhere = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Nowhere"}}}
    template["Resources"]["Machine"]["Properties"]["DefinitionString"] = json.dumps(nowhere)
    client = cloud.client("cloudformation")

    client.create_stack(StackName="refused-machine", TemplateBody=json.dumps(template))
    with pytest.raises(WaiterError):
        client.get_waiter("stack_create_complete").wait(StackName="refused-machine", WaiterConfig=stacks.WAITER)

    events = client.describe_stack_events(StackName="refused-machine")["StackEvents"]
    reasons = [event.get("ResourceStatusReason", "") for event in events]
    assert any("MISSING_TRANSITION_TARGET: Missing 'Next' target: Nowhere" in reason for reason in reasons), reasons


def test_with_a_state_machine_its_executions_go(cloud: Emulator):
    client = cloud.client("stepfunctions")
    machine = stacks.deploy(cloud, "deleted-machine", machine_template("ALL", "deleted"))["Arn"]
    execution = client.start_execution(stateMachineArn=machine)["executionArn"]

    cloud.client("cloudformation").delete_stack(StackName="deleted-machine")
    cloud.client("cloudformation").get_waiter("stack_delete_complete").wait(
        StackName="deleted-machine", WaiterConfig=stacks.WAITER
    )

    with pytest.raises(ClientError, match="ExecutionDoesNotExist"):
        client.describe_execution(executionArn=execution)


def test_plain_emulator_still_loses_the_logging_of_a_state_machine(plain_emulator: Emulator):
    arn = stacks.deploy(plain_emulator, "machine", machine_template("ALL"))["Arn"]

    assert "level" not in logging_of(plain_emulator, arn)


def table_template(protected: bool) -> dict[str, Any]:
    settings = {
        "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {"SSEEnabled": True},
    }
    table = resource(
        "AWS::DynamoDB::Table",
        TableName="protected",
        AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        **(settings if protected else {}),
    )
    return {"Resources": {"Table": table}}


def protection(emulator: Emulator) -> tuple[str, str, str | None]:
    """Expiry, point-in-time recovery and encryption of the table."""
    client = emulator.client("dynamodb")
    expiry = client.describe_time_to_live(TableName="protected")["TimeToLiveDescription"]
    backups = client.describe_continuous_backups(TableName="protected")["ContinuousBackupsDescription"]
    encryption = client.describe_table(TableName="protected")["Table"].get("SSEDescription") or {}
    recovery: str = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
    return expiry["TimeToLiveStatus"], recovery, encryption.get("Status")


def test_expiry_recovery_and_encryption_of_a_table_are_as_in_the_template(cloud: Emulator):
    stacks.deploy(cloud, "table", table_template(protected=True))

    assert protection(cloud) == ("ENABLED", "ENABLED", "ENABLED")


def test_an_update_of_the_stack_ends_expiry_and_recovery_of_a_table(cloud: Emulator):
    client = cloud.client("cloudformation")
    client.delete_stack(StackName="table")
    client.get_waiter("stack_delete_complete").wait(StackName="table", WaiterConfig=stacks.WAITER)
    stacks.deploy(cloud, "table-2", table_template(protected=True))
    stacks.deploy(cloud, "table-2", table_template(protected=False), change="update")

    assert protection(cloud)[:2] == ("DISABLED", "DISABLED")


def test_plain_emulator_still_loses_expiry_recovery_and_encryption_of_a_table(plain_emulator: Emulator):
    stacks.deploy(plain_emulator, "table", table_template(protected=True))

    assert protection(plain_emulator) == ("DISABLED", "DISABLED", None)


def test_reserved_concurrency_dead_letters_and_network_of_a_function_are_kept(cloud: Emulator):
    queue = "arn:aws:sqs:us-east-1:000000000000:dead"
    template = network_template(port=443)
    template["Resources"]["Subnet"] = resource("AWS::EC2::Subnet", VpcId={"Ref": "Vpc"}, CidrBlock="10.0.0.0/24")
    template["Resources"]["Function"] = function(
        cloud,
        "def handler(event, context):\n    return 1\n",
        FunctionName="complete",
        ReservedConcurrentExecutions=3,
        DeadLetterConfig={"TargetArn": queue},
        VpcConfig={"SubnetIds": [{"Ref": "Subnet"}], "SecurityGroupIds": [{"Fn::GetAtt": ["A", "GroupId"]}]},
    )
    stacks.deploy(cloud, "complete-function", template)

    seen = cloud.client("lambda").get_function(FunctionName="complete")

    assert seen["Concurrency"]["ReservedConcurrentExecutions"] == 3
    assert seen["Configuration"]["DeadLetterConfig"] == {"TargetArn": queue}
    assert len(seen["Configuration"]["VpcConfig"]["SubnetIds"]) == 1


def test_plain_emulator_still_loses_the_reserved_concurrency_of_a_function(plain_emulator: Emulator):
    source = "def handler(event, context):\n    return 1\n"
    reserved = function(plain_emulator, source, FunctionName="unreserved", ReservedConcurrentExecutions=3)
    stacks.deploy(plain_emulator, "unreserved", {"Resources": {"Function": reserved}})

    assert "Concurrency" not in plain_emulator.client("lambda").get_function(FunctionName="unreserved")


def test_a_function_whose_code_is_not_in_the_bucket_fails_the_stack(cloud: Emulator):
    lost = function(cloud, "", FunctionName="lost")
    lost["Properties"]["Code"]["S3Key"] = "nowhere.zip"

    with pytest.raises(WaiterError):
        stacks.deploy(cloud, "lost", {"Resources": {"Function": lost}})

    assert any("S3 Error Code: NoSuchKey" in reason for reason in stacks.failed_events(cloud, "lost"))


def test_plain_emulator_still_deploys_a_function_without_code(plain_emulator: Emulator):
    lost = function(plain_emulator, "", FunctionName="lost")
    lost["Properties"]["Code"]["S3Key"] = "nowhere.zip"

    stacks.deploy(plain_emulator, "lost", {"Resources": {"Function": lost}})


def custom_template(emulator: Emulator, name: str, fail: bool = False) -> dict[str, Any]:
    return {
        "Resources": {
            "Function": function(emulator, CUSTOM, key=f"{name}.zip", FunctionName=f"custom-{name}"),
            "Thing": resource("Custom::Thing", ServiceToken={"Fn::GetAtt": ["Function", "Arn"]}, Name=name, Fail=fail),
        },
        "Outputs": {
            "Seen": {"Value": {"Fn::GetAtt": ["Thing", "Seen"]}},
            "Id": {"Value": {"Ref": "Thing"}},
        },
    }


def test_a_custom_resource_is_made_by_its_function(cloud: Emulator):
    outputs = stacks.deploy(cloud, "custom", custom_template(cloud, "first"))

    assert outputs == {"Seen": "Create first", "Id": "made-by-the-function"}


def test_a_custom_resource_that_fails_fails_the_stack_with_its_reason(cloud: Emulator):
    with pytest.raises(WaiterError):
        stacks.deploy(cloud, "custom-fails", custom_template(cloud, "fails", fail=True))

    assert any("told to fail" in reason for reason in stacks.failed_events(cloud, "custom-fails"))


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        (
            "AWS::DynamoDB::Table",
            {
                "TableName": "taken",
                "AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        ),
        ("AWS::Logs::LogGroup", {"LogGroupName": "taken"}),
        ("AWS::SQS::Queue", {"QueueName": "taken"}),
        ("AWS::SNS::Topic", {"TopicName": "taken"}),
    ],
)
def test_a_name_that_is_taken_is_refused_and_its_owner_stays(cloud: Emulator, kind: str, properties: dict[str, Any]):
    # Given a stack that has the name
    stacks.deploy(cloud, "first", {"Resources": {"Named": resource(kind, **properties)}})

    # When another stack wants it
    with pytest.raises(WaiterError):
        stacks.deploy(cloud, "second", {"Resources": {"Named": resource(kind, **properties)}})

    # Then it is refused as CloudFormation does, and its rollback does not delete what it did not make
    assert f"Resource of type '{kind}' with identifier 'taken' already exists." in stacks.failed_events(cloud, "second")
    with pytest.raises(WaiterError):
        stacks.deploy(cloud, "third", {"Resources": {"Named": resource(kind, **properties)}})
    cloud.client("cloudformation").delete_stack(StackName="first")
    cloud.client("cloudformation").get_waiter("stack_delete_complete").wait(
        StackName="first", WaiterConfig=stacks.WAITER
    )
    for name in ("second", "third"):
        cloud.client("cloudformation").delete_stack(StackName=name)


def network(zone: str) -> dict[str, Any]:
    place = {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.9.0.0/24", "AvailabilityZone": zone}
    return {
        "Resources": {
            "Vpc": resource("AWS::EC2::VPC", CidrBlock="10.9.0.0/22"),
            "Subnet": resource("AWS::EC2::Subnet", **place),
        },
        "Outputs": {"Subnet": {"Value": {"Ref": "Subnet"}}},
    }


def test_a_subnet_cannot_move_to_another_zone_because_the_old_one_still_has_its_addresses(cloud: Emulator):
    deployed = stacks.deploy(cloud, "moving", network("us-east-1a"))["Subnet"]

    with pytest.raises(WaiterError):
        stacks.deploy(cloud, "moving", network("us-east-1b"), change="update")

    assert "The CIDR '10.9.0.0/24' conflicts with another subnet" in stacks.failed_events(cloud, "moving")
    (subnet,) = cloud.client("ec2").describe_subnets(SubnetIds=[deployed])["Subnets"]
    assert subnet["AvailabilityZone"] == "us-east-1a"


def test_plain_emulator_still_gives_two_subnets_the_same_addresses(plain_emulator: Emulator):
    stacks.deploy(plain_emulator, "moving", network("us-east-1a"))
    stacks.deploy(plain_emulator, "moving", network("us-east-1b"), change="update")
