"""Outputs that name an API's address name one that answers."""

import urllib.request

import pytest

from tests.integration.emulator import Emulator
from tests.integration.localcloud import stacks
from tests.integration.localcloud.stacks import resource
from tests.waiting import PATIENCE_SECONDS

MOCK = {
    "Type": "MOCK",
    "RequestTemplates": {"application/json": '{"statusCode": 200}'},
    "IntegrationResponses": [{"StatusCode": "200"}],
}
TEMPLATE = {
    "Resources": {
        "Api": resource("AWS::ApiGateway::RestApi", Name="mock"),
        "Health": resource(
            "AWS::ApiGateway::Resource",
            RestApiId={"Ref": "Api"},
            ParentId={"Fn::GetAtt": ["Api", "RootResourceId"]},
            PathPart="health",
        ),
        "Get": resource(
            "AWS::ApiGateway::Method",
            RestApiId={"Ref": "Api"},
            ResourceId={"Ref": "Health"},
            HttpMethod="GET",
            AuthorizationType="NONE",
            Integration=MOCK,
        ),
        "Deployment": {
            "DependsOn": "Get",
            **resource("AWS::ApiGateway::Deployment", RestApiId={"Ref": "Api"}, StageName="prod"),
        },
    },
    "Outputs": {
        "ApiUrl": {
            "Value": {"Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/prod/"},
            "Export": {"Name": "url-of-the-api"},
        },
        "ApiHost": {"Value": {"Fn::Sub": "${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}"}},
    },
}


def test_the_url_of_an_api_in_an_output_answers():
    with Emulator(behaviours=("stack_outputs",)) as emulator:
        url = stacks.deploy(emulator, "mock-api", TEMPLATE)["ApiUrl"]

        with urllib.request.urlopen(f"{url}health", timeout=PATIENCE_SECONDS) as answer:
            assert answer.status == 200


def test_an_export_names_the_same_address_as_the_output_and_other_outputs_stay():
    with Emulator(behaviours=("stack_outputs",)) as emulator:
        outputs = stacks.deploy(emulator, "mock-api", TEMPLATE)
        exports = emulator.client("cloudformation").list_exports()["Exports"]

    assert [export["Value"] for export in exports] == [outputs["ApiUrl"]]
    assert outputs["ApiHost"].endswith(".execute-api.us-east-1.amazonaws.com")


def test_plain_emulator_still_names_an_address_that_leads_elsewhere(plain_emulator: Emulator):
    url = stacks.deploy(plain_emulator, "mock-api", TEMPLATE)["ApiUrl"]

    assert url.startswith("https://")
    assert url.endswith(".execute-api.us-east-1.amazonaws.com/prod/")


@pytest.mark.parametrize("path", ["", "health"])
def test_the_emulators_own_path_of_an_api_still_exists(plain_emulator: Emulator, path: str):
    stacks.deploy(plain_emulator, f"path-{path}", {**TEMPLATE, "Outputs": {"Id": {"Value": {"Ref": "Api"}}}})
    api_id = stacks.outputs(plain_emulator, f"path-{path}")["Id"]

    url = f"{plain_emulator.endpoint_url}/restapis/{api_id}/prod/_user_request_/health"
    with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
        assert answer.status == 200
