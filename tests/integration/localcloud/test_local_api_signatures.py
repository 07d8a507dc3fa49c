"""What a REST API makes of a request before its function: the way it goes, its parameters, its signature."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from botocore import auth
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.integration.emulator import Emulator
from tests.integration.localcloud.functions import deploy
from tests.waiting import PATIENCE_SECONDS

HANDLER = """
    import json

    def handler(event, context):
        told = ("path", "pathParameters", "queryStringParameters", "multiValueQueryStringParameters", "body")
        return {"statusCode": 200, "body": json.dumps({name: event[name] for name in told})}
"""


@dataclass(frozen=True)
class Api:
    """An API with the routes /open/{name} and /signed/{name}, and the ids behind them."""

    emulator: Emulator
    id: str
    resources: dict[str, str]

    def url(self, path: str) -> str:
        return f"{self.emulator.endpoint_url}/restapis/{self.id}/prod/_user_request_{path}"


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    error_type: str | None

    @property
    def content(self) -> Any:
        return json.loads(self.text)

    @property
    def message(self) -> str:
        return str(self.content["message"])


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with Emulator(behaviours=("lambda_runtime", "api_gateway")) as emulator:
        function = deploy(emulator, "echo", HANDLER)
        gateway = emulator.client("apigateway")
        api_id = gateway.create_rest_api(name="signatures")["id"]
        root = gateway.get_resources(restApiId=api_id)["items"][0]["id"]
        uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
        resources = {}
        for part, kind in (("open", "NONE"), ("signed", "AWS_IAM")):
            parent = gateway.create_resource(restApiId=api_id, parentId=root, pathPart=part)["id"]
            one = gateway.create_resource(restApiId=api_id, parentId=parent, pathPart="{name}")["id"]
            resources[part] = one
            where = {"restApiId": api_id, "resourceId": one}
            for method in ("GET", "POST"):
                gateway.put_method(**where, httpMethod=method, authorizationType=kind)
                gateway.put_integration(
                    **where, httpMethod=method, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri
                )
        gateway.create_deployment(restApiId=api_id, stageName="prod")
        yield Api(emulator, api_id, resources)


def call(url: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> Answer:
    request = urllib.request.Request(url, headers=headers or {}, data=body)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return Answer(answer.status, answer.read().decode(), None)
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read().decode(), error.headers.get("x-amzn-ErrorType"))


def signed(
    url: str,
    *,
    secret: str = "test",
    key: str = "test",
    service: str = "execute-api",
    region: str = "us-east-1",
    at: datetime | None = None,
    body: bytes | None = None,
) -> dict[str, str]:
    """The headers with which botocore signs a request."""
    request = AWSRequest("POST" if body else "GET", url, data=body)
    with patch.object(auth, "get_current_datetime", lambda *_: (at or datetime.now(UTC)).replace(tzinfo=None)):
        SigV4Auth(Credentials(key, secret), service, region).add_auth(request)
    return dict(request.headers)


def test_a_slash_that_is_encoded_is_part_of_a_name(api: Api) -> None:
    told = call(api.url("/open/SW%2F12%20a")).content
    assert told["pathParameters"] == {"name": "SW/12 a"}
    assert told["path"] == "/open/SW/12 a"
    assert call(api.url("/open/SW/12")).status == 403


def test_of_a_repeated_parameter_the_last_value_counts(api: Api) -> None:
    told = call(api.url("/open/x?a=1&a=2&b=")).content
    assert told["queryStringParameters"] == {"a": "2", "b": ""}
    assert told["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": [""]}
    assert call(api.url("/open/x")).content["queryStringParameters"] is None


@pytest.mark.parametrize("path", ["/signed/x", "/signed/x%20y%2Fz?b=2&a=%2F1&a=", "/signed/%C3%BC"])
def test_a_request_that_is_signed_reaches_the_function(api: Api, path: str) -> None:
    url = api.url(path)
    assert call(url, signed(url)).status == 200


def test_a_signature_covers_the_body(api: Api) -> None:
    url = api.url("/signed/x")
    headers = signed(url, body=b"one")
    assert call(url, headers, b"one").status == 200
    refused = call(url, headers, b"two")
    assert (refused.status, refused.error_type) == (403, "InvalidSignatureException")


def test_a_request_without_a_signature_is_refused(api: Api) -> None:
    refused = call(api.url("/signed/x"))
    assert (refused.status, refused.message) == (403, "Missing Authentication Token")
    assert refused.error_type == "MissingAuthenticationTokenException"


@pytest.mark.parametrize(
    ("how", "error_type", "message"),
    [
        (
            {"secret": "guessed"},
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided.",
        ),
        (
            {"key": "AKIAUNKNOWN"},
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ),
        (
            {"service": "lambda"},
            "InvalidSignatureException",
            "Credential should be scoped to correct service: 'execute-api'. ",
        ),
        (
            {"region": "eu-west-1"},
            "InvalidSignatureException",
            "Credential should be scoped to a valid region, not 'eu-west-1'. ",
        ),
        ({"at": datetime.now(UTC) - timedelta(minutes=6)}, "InvalidSignatureException", "Signature expired: "),
        ({"at": datetime.now(UTC) + timedelta(minutes=30)}, "InvalidSignatureException", "Signature not yet current: "),
    ],
)
def test_a_signature_that_is_not_right_is_refused_in_the_words_of_aws(
    api: Api, how: dict[str, Any], error_type: str, message: str
) -> None:
    url = api.url("/signed/x")
    refused = call(url, signed(url, **how))
    assert (refused.status, refused.error_type) == (403, error_type)
    assert refused.message.startswith(message)


@pytest.mark.parametrize("header", ["Bearer abc", "AWS4-HMAC-SHA256 Credential=test/x", "Basic dGVzdDp0ZXN0"])
def test_another_authorization_is_incomplete(api: Api, header: str) -> None:
    refused = call(api.url("/signed/x"), {"Authorization": header})
    assert (refused.status, refused.error_type) == (403, "IncompleteSignatureException")


def test_a_signature_of_another_path_is_refused(api: Api) -> None:
    assert call(api.url("/signed/y"), signed(api.url("/signed/x"))).status == 403


def test_a_request_may_be_signed_in_its_query(api: Api) -> None:
    request = AWSRequest("GET", api.url("/signed/x?a=1"))
    SigV4QueryAuth(Credentials("test", "test"), "execute-api", "us-east-1", expires=60).add_auth(request)
    assert call(str(request.url)).status == 200
    assert call(f"{request.url}0").status == 403


def test_a_route_that_is_open_takes_any_signature(api: Api) -> None:
    url = api.url("/open/x")
    assert call(url, signed(url, secret="guessed")).status == 200


def test_a_method_can_be_tested_without_its_stage(api: Api) -> None:
    gateway = api.emulator.client("apigateway")
    found = gateway.test_invoke_method(
        restApiId=api.id,
        resourceId=api.resources["signed"],
        httpMethod="POST",
        pathWithQueryString="/signed/SW1?a=1&a=2",
        body="hello",
    )
    told = json.loads(found["body"])
    assert (found["status"], told["pathParameters"], told["body"]) == (200, {"name": "SW1"}, "hello")
    assert told["queryStringParameters"] == {"a": "2"}
    assert found["headers"]["Content-Type"] == "application/json"
    assert found["multiValueHeaders"]["Content-Type"] == ["application/json"]
    assert found["latency"] >= 0
    lines = [line.partition(" : ")[2] for line in found["log"].splitlines()]
    assert "HTTP Method: POST, Resource Path: /signed/SW1" in lines
    assert "Method request path: {name=SW1}" in lines
    assert lines[-1] == "Method completed with status: 200"


def test_a_method_that_there_is_not_cannot_be_tested(api: Api) -> None:
    gateway = api.emulator.client("apigateway")
    with pytest.raises(gateway.exceptions.NotFoundException, match="Invalid Method identifier specified"):
        gateway.test_invoke_method(restApiId=api.id, resourceId=api.resources["open"], httpMethod="PATCH")
    with pytest.raises(gateway.exceptions.NotFoundException, match="Invalid Resource identifier specified"):
        gateway.test_invoke_method(restApiId=api.id, resourceId="nope", httpMethod="GET")


def test_the_plain_emulator_still_takes_any_signature(plain_emulator: Emulator) -> None:
    gateway = plain_emulator.client("apigateway")
    api_id = gateway.create_rest_api(name="lax")["id"]
    where = {"restApiId": api_id, "resourceId": gateway.get_resources(restApiId=api_id)["items"][0]["id"]}
    gateway.put_method(**where, httpMethod="GET", authorizationType="AWS_IAM")
    gateway.put_integration(
        **where, httpMethod="GET", type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'}
    )
    gateway.create_deployment(restApiId=api_id, stageName="prod")
    url = f"{plain_emulator.endpoint_url}/restapis/{api_id}/prod/_user_request_/"
    assert call(url, signed(url, secret="guessed")).status == 200
