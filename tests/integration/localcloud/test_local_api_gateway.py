"""A REST API deployed by CloudFormation validates, logs, counts, and hides what went wrong."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

import pytest

from tests.integration.emulator import Emulator
from tests.integration.localcloud import stacks
from tests.integration.localcloud.functions import deploy
from tests.integration.localcloud.stacks import resource
from tests.waiting import PATIENCE_SECONDS

HANDLER = """
    def handler(event, context):
        wanted = (event["queryStringParameters"] or {}).get("want")
        if wanted == "exception":
            raise RuntimeError("the password is 1234")
        if wanted == "nonsense":
            return {"flight": "SW1234"}
        if wanted == "object":
            return {"statusCode": 200, "body": {"not": "a text"}}
        return {"statusCode": 200, "body": event["requestContext"]["requestId"]}
"""
LOG_FORMAT = (
    '{"id":"$context.requestId","status":"$context.status","path":"$context.resourcePath","none":"$context.x.y"}'
)


@dataclass(frozen=True)
class Response:
    status: int
    text: str
    headers: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Emulator]:
    with Emulator(behaviours=("lambda_runtime", "api_gateway")) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def api(cloud: Emulator) -> str:
    return deploy_api(cloud, "api")


def template(function: str, validator: bool = True, errors_as: str | None = None) -> dict[str, Any]:
    """An API with one route that needs a query parameter, a validator for it, and an access log."""
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
    integration = {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": uri}
    method = resource(
        "AWS::ApiGateway::Method",
        RestApiId={"Ref": "Api"},
        ResourceId={"Ref": "Flights"},
        HttpMethod="GET",
        AuthorizationType="NONE",
        RequestParameters={"method.request.querystring.status": True},
        Integration=integration,
        **({"RequestValidatorId": {"Ref": "Validator"}} if validator else {}),
    )
    access_log = {"DestinationArn": {"Fn::GetAtt": ["Log", "Arn"]}, "Format": LOG_FORMAT}
    deployment = {"RestApiId": {"Ref": "Api"}, "DeploymentId": {"Ref": "Deployment"}}
    resources = {
        "Api": resource("AWS::ApiGateway::RestApi", Name={"Ref": "AWS::StackName"}),
        "Flights": resource(
            "AWS::ApiGateway::Resource",
            RestApiId={"Ref": "Api"},
            ParentId={"Fn::GetAtt": ["Api", "RootResourceId"]},
            PathPart="flights",
        ),
        "Validator": resource(
            "AWS::ApiGateway::RequestValidator", RestApiId={"Ref": "Api"}, ValidateRequestParameters=True
        ),
        "Method": method,
        "Deployment": {"DependsOn": "Method", **resource("AWS::ApiGateway::Deployment", RestApiId={"Ref": "Api"})},
        "Log": resource("AWS::Logs::LogGroup", LogGroupName={"Fn::Sub": "/access/${AWS::StackName}"}),
        "Stage": resource("AWS::ApiGateway::Stage", StageName="prod", AccessLogSetting=access_log, **deployment),
    }
    if errors_as:
        resources["Errors"] = resource(
            "AWS::ApiGateway::GatewayResponse",
            RestApiId={"Ref": "Api"},
            ResponseType="DEFAULT_5XX",
            ResponseTemplates={"application/json": errors_as},
        )
        resources["Deployment"]["DependsOn"] = ["Method", "Errors"]
    return {"Resources": resources, "Outputs": {"ApiId": {"Value": {"Ref": "Api"}}}}


def deploy_api(emulator: Emulator, name: str, **options: Any) -> str:
    """Deploy the API under this stack name; return the URL of its stage."""
    function = deploy(emulator, f"{name}-handler", HANDLER)
    api_id = stacks.deploy(emulator, name, template(function, **options))["ApiId"]
    return f"{emulator.endpoint_url}/restapis/{api_id}/prod/_user_request_"


def get(url: str) -> Response:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
            return Response(answer.status, answer.read().decode(), lower(answer.headers))
    except urllib.error.HTTPError as error:
        return Response(error.code, error.read().decode(), lower(error.headers))


def lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def access_log(emulator: Emulator, name: str) -> list[dict[str, str]]:
    events = emulator.client("logs").filter_log_events(logGroupName=f"/access/{name}")["events"]
    return [json.loads(event["message"]) for event in events]


def test_a_request_without_a_required_parameter_is_refused(api: str):
    answer = get(f"{api}/flights")

    assert answer.status == 400
    assert json.loads(answer.text) == {"message": "Missing required request parameters: [status]"}


def test_a_request_with_its_parameters_reaches_the_function(api: str):
    assert get(f"{api}/flights?status=DELAYED").status == 200


def test_an_update_of_the_stack_removes_a_validator_from_a_method(cloud: Emulator):
    url = deploy_api(cloud, "loosened")
    assert get(f"{url}/flights").status == 400

    function = cloud.client("lambda").get_function(FunctionName="loosened-handler")["Configuration"]["FunctionArn"]
    stacks.deploy(cloud, "loosened", template(function, validator=False), change="update")

    assert get(f"{url}/flights").status == 200


def test_plain_emulator_still_validates_nothing(plain_emulator: Emulator):
    url = deploy_api(plain_emulator, "lax")

    assert get(f"{url}/flights").status == 200


@pytest.mark.parametrize("want", ["exception", "nonsense", "object"])
def test_a_function_that_fails_is_a_502_that_says_nothing(api: str, want: str):
    answer = get(f"{api}/flights?status=DELAYED&want={want}")

    assert answer.status == 502
    assert json.loads(answer.text) == {"message": "Internal server error"}
    assert answer.headers["x-amzn-errortype"] == "InternalServerErrorException"


def test_plain_emulator_still_tells_the_caller_of_the_exception(plain_emulator: Emulator):
    url = deploy_api(plain_emulator, "talkative")

    assert "the password is 1234" in get(f"{url}/flights?status=DELAYED&want=exception").text


def test_a_502_has_the_form_that_the_api_gives_to_its_errors(cloud: Emulator):
    url = deploy_api(cloud, "formed", errors_as='{"error":$context.error.messageString}')

    answer = get(f"{url}/flights?status=DELAYED&want=exception")

    assert (answer.status, json.loads(answer.text)) == (502, {"error": "Internal server error"})


def test_every_request_is_in_the_access_log_with_the_id_the_function_was_told(cloud: Emulator):
    url = deploy_api(cloud, "logged")
    told = get(f"{url}/flights?status=DELAYED").text
    get(f"{url}/flights")
    get(f"{url}/flights?status=DELAYED&want=exception")

    lines = access_log(cloud, "logged")

    assert [line["status"] for line in lines] == ["200", "400", "502"]
    assert lines[0] == {"id": told, "status": "200", "path": "/flights", "none": "-"}


def test_plain_emulator_still_writes_no_access_log(plain_emulator: Emulator):
    url = deploy_api(plain_emulator, "unlogged")
    get(f"{url}/flights?status=DELAYED")

    assert access_log(plain_emulator, "unlogged") == []


@pytest.mark.parametrize(
    ("metric", "total"), [("Count", 3), ("4XXError", 1), ("5XXError", 1)], ids=["count", "client", "server"]
)
def test_requests_are_counted(cloud: Emulator, metric: str, total: int):
    name = f"counted-{metric.lower()}"
    url = deploy_api(cloud, name)
    for query in ("?status=DELAYED", "", "?status=DELAYED&want=exception"):
        get(f"{url}/flights{query}")

    dimensions = [{"Name": "ApiName", "Value": name}, {"Name": "Stage", "Value": "prod"}]
    points = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/ApiGateway",
        MetricName=metric,
        Dimensions=dimensions,
        StartTime=time.time() - 600,
        EndTime=time.time() + 60,
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]

    assert sum(point["Sum"] for point in points) == total


def test_plain_emulator_still_counts_no_requests(plain_emulator: Emulator):
    url = deploy_api(plain_emulator, "uncounted")
    get(f"{url}/flights?status=DELAYED")

    assert plain_emulator.client("cloudwatch").list_metrics(Namespace="AWS/ApiGateway")["Metrics"] == []
