"""TestInvokeMethod: a method is called without its stage, its authorizer and its limits, and tells what it did.

https://docs.aws.amazon.com/apigateway/latest/api/API_TestInvokeMethod.html
"""

import json
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote

from ministack.core import responses
from ministack.services import apigateway_v1 as api

STAGE = "test-invoke-stage"

_LONGEST_LINE = 1024
_JSON = {"Content-Type": "application/json"}

Answer = tuple[int, dict[str, Any], bytes]


async def test_invoke(api_id: str, resource_id: str, method: str, request: Mapping[str, Any]) -> Answer:
    """The answer to a request for ``POST /restapis/{api}/resources/{resource}/methods/{method}``."""
    resource = (api._resources.get(api_id) or {}).get(resource_id)
    if resource is None:
        return _not_found("Invalid Resource identifier specified")
    found = resource.get("resourceMethods", {}).get(method)
    if found is None:
        return _not_found("Invalid Method identifier specified")
    invocation = _Invocation(api_id, resource, method, request)
    started = time.monotonic()
    status, headers, body = await invocation.run(found.get("methodIntegration") or {})
    latency = int((time.monotonic() - started) * 1000)
    several = {name: value if isinstance(value, list) else [str(value)] for name, value in headers.items()}
    content = {
        "status": status,
        "body": body.decode("utf-8", "replace"),
        "headers": {name: values[-1] for name, values in several.items()},
        "multiValueHeaders": several,
        "log": "\n".join([*invocation.log, ""]),
        "latency": latency,
    }
    return 200, dict(_JSON), json.dumps(content).encode()


def _not_found(message: str) -> Answer:
    answer: Answer = api._v1_error("NotFoundException", message, 404)
    return answer


class _Invocation:
    def __init__(self, api_id: str, resource: Mapping[str, Any], method: str, request: Mapping[str, Any]) -> None:
        self.request_id = str(uuid.uuid4())
        self.log = [f"Execution log for request {self.request_id}"]
        self._api_id, self._resource, self._method, self._request = api_id, resource, method, request
        path, _, query = str(request.get("pathWithQueryString") or resource["path"]).partition("?")
        self._path = unquote(path)
        self._query = parse_qs(query, keep_blank_values=True)
        self._path_parameters = path_parameters(resource["path"], self._path)
        single = {name: [value] for name, value in (request.get("headers") or {}).items()}
        self._headers: dict[str, list[str]] = {**single, **(request.get("multiValueHeaders") or {})}
        self._body = str(request.get("body") or "")

    async def run(self, integration: Mapping[str, Any]) -> Answer:
        self._say(f"Starting execution for request: {self.request_id}")
        self._say(f"HTTP Method: {self._method}, Resource Path: {self._path}")
        self._say(f"Method request path: {_shown(self._path_parameters)}")
        self._say(f"Method request query string: {_shown({name: v[-1] for name, v in self._query.items()})}")
        self._say(f"Method request headers: {_shown({name: v[-1] for name, v in self._headers.items()})}")
        self._say(f"Method request body before transformations: {self._body}")
        status, headers, body = await self._integrated(integration)
        if status < 500:
            self._say(f"Method response body after transformations: {body.decode('utf-8', 'replace')}")
            self._say(f"Method response headers: {_shown(headers)}")
            self._say("Successfully completed execution")
        self._say(f"Method completed with status: {status}")
        return status, headers, body

    async def _integrated(self, integration: Mapping[str, Any]) -> Answer:
        kind = integration.get("type")
        if kind == "MOCK":
            mocked: Answer = api._invoke_mock_v1(integration)
            return mocked
        if kind != "AWS_PROXY":
            self._say(f"Execution failed due to configuration error: {kind or 'no'} integrations cannot be tested here")
            return self._failed("API_CONFIGURATION_ERROR", 500)
        uri = f"https://lambda.{responses.get_region()}.amazonaws.com/2015-03-31/functions/" + (
            f"{api._extract_lambda_ref_from_integration_uri(integration.get('uri', ''))}/invocations"
        )
        self._say(f"Endpoint request URI: {uri}")
        self._say(f"Endpoint request body after transformations: {json.dumps(self._event())}")
        self._say(f"Sending request to {uri}")
        started = time.monotonic()
        answer = await api._invoke_lambda_proxy_v1(
            integration,
            self._api_id,
            STAGE,
            {"variables": self._request.get("stageVariables") or {}},
            self._resource,
            self._path,
            self._method,
            {name.lower(): values for name, values in self._headers.items()},
            self._body.encode(),
            self._query,
            self._path_parameters,
            owner_account_id=responses.get_account_id(),
            owner_region=responses.get_region(),
        )
        latency = int((time.monotonic() - started) * 1000)
        self._say(f"Received response. Status: 200, Integration latency: {latency} ms")
        if isinstance(answer, api._GatewayError):
            self._say(f"Execution failed due to configuration error: {answer.message}")
            return self._failed(answer.response_type, 500)
        status, headers, body = answer
        self._say(f"Endpoint response body before transformations: {body.decode('utf-8', 'replace')}")
        if status == 502:
            self._say("Execution failed due to configuration error: Malformed Lambda proxy response")
            return self._failed("DEFAULT_5XX", 502)
        return status, headers, body

    def _event(self) -> dict[str, Any]:
        return {
            "resource": self._resource["path"],
            "path": self._path,
            "httpMethod": self._method,
            "headers": {name: values[-1] for name, values in self._headers.items()} or None,
            "queryStringParameters": {name: values[-1] for name, values in self._query.items()} or None,
            "pathParameters": self._path_parameters or None,
            "body": self._body or None,
        }

    def _failed(self, response_type: str, status: int) -> Answer:
        kind = api._GATEWAY_RESPONSE_ERROR_TYPES.get(response_type, "InternalServerErrorException")
        return status, {"x-amzn-ErrorType": kind}, b'{"message": "Internal server error"}'

    def _say(self, text: str) -> None:
        shown = text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]} [TRUNCATED]"
        self.log.append(f"{datetime.now(UTC):%a %b %d %H:%M:%S UTC %Y} : {shown}")


def _shown(values: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{name}={value}" for name, value in values.items()) + "}"


def path_parameters(template: str, path: str) -> dict[str, str]:
    """The values of a resource's path parameters in a path; none when the path does not fit the resource.

    The resource is the one that the caller names, also where a request for that path would go to another.
    """
    wanted, given = template.strip("/").split("/"), path.strip("/").split("/")
    found: dict[str, str] = {}
    for place, part in enumerate(wanted):
        if part.startswith("{") and part.endswith("+}"):
            found[part[1:-2]] = "/".join(given[place:])
            return found
        if place >= len(given) or (not part.startswith("{") and part != given[place]):
            return {}
        if part.startswith("{"):
            found[part[1:-1]] = given[place]
    return found if len(wanted) == len(given) else {}
