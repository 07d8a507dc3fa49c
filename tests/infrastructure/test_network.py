"""The isolated network: no way out but the endpoints."""

import json

from tests.infrastructure.conftest import Synthesise
from tests.infrastructure.synthesis import Stack

ENDPOINT = "AWS::EC2::VPCEndpoint"


def services(stack: Stack, kind: str) -> set[str]:
    found = [endpoint["Properties"] for endpoint in stack.resources(ENDPOINT).values()]
    joined = [
        "".join(map(str, endpoint["ServiceName"]["Fn::Join"][1]))
        for endpoint in found
        if endpoint["VpcEndpointType"] == kind
    ]
    return {name.rpartition(".")[2] for name in joined}


def test_there_is_no_way_to_the_internet(default: Stack) -> None:
    for type_ in ("InternetGateway", "NatGateway", "EIP", "Route", "VPCGatewayAttachment", "EgressOnlyInternetGateway"):
        default.template.resource_count_is(f"AWS::EC2::{type_}", 0)
    default.template.all_resources_properties("AWS::EC2::Subnet", {"MapPublicIpOnLaunch": False})


def test_endpoints_lead_to_what_the_functions_call(default: Stack) -> None:
    assert services(default, "Gateway") == {"dynamodb", "s3"}
    assert services(default, "Interface") == {"events", "bedrock-runtime", "ssm", "sqs"}


def test_every_endpoint_has_a_policy_of_its_own(default: Stack) -> None:
    for endpoint in default.resources(ENDPOINT).values():
        assert endpoint["Properties"]["PolicyDocument"]["Statement"]


def test_the_endpoint_of_dynamodb_only_leads_to_our_table(default: Stack) -> None:
    table = default.logical_id("AWS::DynamoDB::Table")
    (policy,) = (
        endpoint["Properties"]["PolicyDocument"]
        for endpoint in default.resources(ENDPOINT).values()
        if ".dynamodb" in json.dumps(endpoint["Properties"]["ServiceName"])
    )
    (statement,) = policy["Statement"]
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
