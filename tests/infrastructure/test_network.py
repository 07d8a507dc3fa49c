"""The isolated network: no way out but the endpoints."""

import json
from typing import Any

import pytest

from tests.synthesis import Stack, Synthesise, as_list

ENDPOINT = "AWS::EC2::VPCEndpoint"


def services(stack: Stack, kind: str) -> set[str]:
    found = [endpoint["Properties"] for endpoint in stack.resources(ENDPOINT).values()]
    joined = [
        "".join(map(str, endpoint["ServiceName"]["Fn::Join"][1]))
        for endpoint in found
        if endpoint["VpcEndpointType"] == kind
    ]
    return {name.rpartition(".")[2] for name in joined}


def policy(stack: Stack, service: str) -> list[dict[str, Any]]:
    """The statements of the policy of a service's endpoint."""
    (found,) = (
        endpoint["Properties"]["PolicyDocument"]["Statement"]
        for endpoint in stack.resources(ENDPOINT).values()
        if f'".{service}"' in json.dumps(endpoint["Properties"]["ServiceName"])
    )
    statements: list[dict[str, Any]] = found
    return statements


def test_there_is_no_way_to_the_internet(default: Stack) -> None:
    for type_ in ("InternetGateway", "NatGateway", "EIP", "Route", "VPCGatewayAttachment", "EgressOnlyInternetGateway"):
        default.template.resource_count_is(f"AWS::EC2::{type_}", 0)
    default.template.all_resources_properties("AWS::EC2::Subnet", {"MapPublicIpOnLaunch": False})


def test_endpoints_lead_to_what_the_functions_call(default: Stack) -> None:
    assert services(default, "Gateway") == {"dynamodb", "s3"}
    assert services(default, "Interface") == {"events", "bedrock-runtime", "ssm", "sqs"}


@pytest.mark.parametrize("service", ["events", "bedrock-runtime", "ssm", "sqs"])
def test_an_interface_endpoint_lets_out_only_credentials_of_our_own_account(default: Stack, service: str) -> None:
    (statement,) = policy(default, service)
    assert statement["Condition"] == {"StringEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}}


def test_the_endpoint_of_s3_only_leads_to_buckets_of_our_own_account(default: Stack) -> None:
    (statement,) = policy(default, "s3")
    assert statement["Action"] == ["s3:GetObject", "s3:PutObject"]
    assert statement["Condition"] == {"StringEquals": {"aws:ResourceAccount": {"Ref": "AWS::AccountId"}}}


def test_the_endpoint_of_dynamodb_only_leads_to_our_table(default: Stack) -> None:
    table = default.logical_id("AWS::DynamoDB::Table")
    (statement,) = policy(default, "dynamodb")
    assert all(table in json.dumps(resource) for resource in statement["Resource"])


def test_nothing_comes_in_but_https_to_the_endpoints_from_our_own_group(default: Stack) -> None:
    for group in default.resources("AWS::EC2::SecurityGroup").values():
        assert "SecurityGroupIngress" not in group["Properties"]
    (rule,) = default.resources("AWS::EC2::SecurityGroupIngress").values()
    assert (rule["Properties"]["FromPort"], rule["Properties"]["ToPort"]) == (443, 443)
    assert rule["Properties"]["SourceSecurityGroupId"]
    assert "CidrIp" not in rule["Properties"]


def test_functions_only_leave_by_https(default: Stack) -> None:
    (functions,) = (
        group["Properties"] for key, group in default.resources("AWS::EC2::SecurityGroup").items() if "Functions" in key
    )
    (rule,) = functions["SecurityGroupEgress"]
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 443, 443)


def test_the_pipeline_runs_inside_and_the_writer_of_settings_outside(default: Stack) -> None:
    inside = {
        function["Properties"]["FunctionName"]
        for function in default.resources("AWS::Lambda::Function").values()
        if "VpcConfig" in function["Properties"]
    }
    assert inside == {
        "FlightPulse-KafkaConsumer",
        "FlightPulse-LLMMessenger",
        "FlightPulse-APIHandlers",
        "FlightPulse-StreamHandler",
    }


def test_without_a_network_nothing_of_it_is_left(synthesise: Synthesise) -> None:
    bare = synthesise("bare")
    assert not [key for key, found in bare.document["Resources"].items() if found["Type"].startswith("AWS::EC2::")]
    assert "VpcConfig" not in json.dumps(bare.resources("AWS::Lambda::Function"))


@pytest.mark.parametrize("name", ["default", "kafka"])
def test_no_endpoint_allows_everything(synthesise: Synthesise, name: str) -> None:
    for endpoint in synthesise(name).resources(ENDPOINT).values():
        for statement in endpoint["Properties"]["PolicyDocument"]["Statement"]:
            assert "*" not in as_list(statement["Action"])
            assert "*" not in as_list(statement["Resource"]) or "aws:ResourceAccount" in json.dumps(statement)


def test_zones_can_be_chosen_by_name(default: Stack, synthesise: Synthesise) -> None:
    def zones(stack: Stack) -> list[Any]:
        return [subnet["Properties"]["AvailabilityZone"] for subnet in stack.resources("AWS::EC2::Subnet").values()]

    assert zones(default) == [{"Fn::Select": [number, {"Fn::GetAZs": ""}]} for number in (0, 1)]
    assert zones(synthesise("kafka")) == ["us-east-1b", "us-east-1d"]


def test_an_existing_network_gets_the_functions_and_nothing_new(synthesise: Synthesise) -> None:
    existing = synthesise("existing")
    assert not [key for key, found in existing.document["Resources"].items() if found["Type"].startswith("AWS::EC2::")]
    functions = [found["Properties"] for found in existing.resources("AWS::Lambda::Function").values()]
    places = [function["VpcConfig"] for function in functions if "VpcConfig" in function]
    assert len(places) == 4
    assert all(place["SecurityGroupIds"] == ["sg-0123456789abcdef0"] for place in places)
