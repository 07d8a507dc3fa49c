"""The REST API: its routes, who may call them and what it says when it refuses."""

import json
from typing import Any

import pytest

from tests.synthesis import Stack, Synthesise

ROUTES = {
    "/health": "NONE",
    "/openapi.json": "NONE",
    "/flights": "NONE",
    "/flights/{flightId}": "NONE",
    "/flights/{flightId}/bookings": "AWS_IAM",
    "/passengers/{passengerId}": "AWS_IAM",
    "/passengers/{passengerId}/bookings": "AWS_IAM",
    "/bookings/{bookingId}": "AWS_IAM",
}


def path_of(stack: Stack, resource: str) -> str:
    properties = stack.resources("AWS::ApiGateway::Resource")[resource]["Properties"]
    parent = properties["ParentId"].get("Ref")
    return f"{path_of(stack, parent) if parent else ''}/{properties['PathPart']}"


def methods(stack: Stack) -> dict[str, dict[str, Any]]:
    found = [method["Properties"] for method in stack.resources("AWS::ApiGateway::Method").values()]
    return {path_of(stack, method["ResourceId"]["Ref"]): method for method in found}


def test_it_has_its_routes_signed_where_people_are(default: Stack) -> None:
    assert {route: method["AuthorizationType"] for route, method in methods(default).items()} == ROUTES
    assert {method["HttpMethod"] for method in methods(default).values()} == {"GET"}


@pytest.mark.parametrize("route", ROUTES)
def test_a_route_goes_to_the_function_as_it_is_and_names_its_parameters(default: Stack, route: str) -> None:
    method = methods(default)[route]
    assert method["Integration"]["Type"] == "AWS_PROXY"
    assert method["RequestValidatorId"]
    named = {name.rpartition(".")[2] for name, needed in method.get("RequestParameters", {}).items() if needed}
    assert named == {part.strip("{}") for part in route.split("/") if part.startswith("{")}


def test_the_status_of_flights_is_left_to_the_function_which_names_the_choices(default: Stack) -> None:
    parameters = methods(default)["/flights"]["RequestParameters"]
    assert parameters["method.request.querystring.status"] is False


def test_the_stage_is_throttled_traced_and_writes_json_to_the_access_log(default: Stack) -> None:
    stage = default.properties("AWS::ApiGateway::Stage", StageName="prod")
    (settings,) = stage["MethodSettings"]
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (100, 200)
    assert stage["TracingEnabled"] is True
    group = default.logical_id("AWS::Logs::LogGroup", LogGroupName="/aws/apigateway/flightpulse-access")
    destination = json.dumps(stage["AccessLogSetting"]["DestinationArn"])
    assert group in destination
    line = json.loads(stage["AccessLogSetting"]["Format"])
    assert {"requestId", "route", "status", "latencyMs", "error"} <= set(line)


def test_the_access_log_holds_no_path_and_so_nobodys_id(default: Stack) -> None:
    line = json.loads(default.properties("AWS::ApiGateway::Stage")["AccessLogSetting"]["Format"])
    assert line["route"] == "$context.resourcePath"
    assert "$context.path" not in line.values()


def test_api_gateway_is_allowed_to_log_before_the_stage_exists(default: Stack) -> None:
    (account,) = default.resources("AWS::ApiGateway::Account")
    (stage,) = default.resources("AWS::ApiGateway::Stage").values()
    assert account in stage["DependsOn"]


@pytest.mark.parametrize("kind", ["DEFAULT_4XX", "DEFAULT_5XX"])
def test_refusals_of_the_gateway_have_the_shape_of_ours(default: Stack, kind: str) -> None:
    default.template.has_resource_properties(
        "AWS::ApiGateway::GatewayResponse",
        {"ResponseType": kind, "ResponseTemplates": {"application/json": '{"error":$context.error.messageString}'}},
    )


def test_other_apis_of_the_account_can_go_on_logging_when_the_stack_goes(default: Stack) -> None:
    (account,) = default.resources("AWS::ApiGateway::Account").values()
    role = account["Properties"]["CloudWatchRoleArn"]["Fn::GetAtt"][0]
    assert account["DeletionPolicy"] == default.document["Resources"][role]["DeletionPolicy"] == "Retain"


def test_a_role_that_the_account_has_for_logging_can_be_left_alone(synthesise: Synthesise) -> None:
    assert synthesise("bare").resources("AWS::ApiGateway::Account") == {}


def test_the_flight_routes_can_be_closed_and_health_stays_open(synthesise: Synthesise) -> None:
    closed = {route: method["AuthorizationType"] for route, method in methods(synthesise("production")).items()}
    assert closed == {route: "AWS_IAM" if "/" in route[1:] or route == "/flights" else "NONE" for route in ROUTES}


def test_a_path_can_be_put_behind_the_address_in_the_outputs_as_it_is(default: Stack) -> None:
    parts = default.document["Outputs"]["ApiUrl"]["Value"]["Fn::Join"][1]
    assert parts[-1] == "/prod" or parts[-2:] == ["/", {"Ref": stage_id(default)}]


def stage_id(stack: Stack) -> str:
    (name,) = stack.resources("AWS::ApiGateway::Stage")
    return name
