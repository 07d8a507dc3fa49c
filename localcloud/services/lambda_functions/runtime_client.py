"""Speaks Lambda's Runtime API where the compiled ``runtime_client`` of AWS's runtime interface client is missing.

The interface client is published with compiled code for Linux only. This module has the same functions in plain
Python, is copied under the same name into the runtime folder, and therefore imports only the standard library.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import http.client
import os
import urllib.parse

_PREFIX = "/2018-06-01/runtime/invocation"
_connection: http.client.HTTPConnection | None = None
_user_agent = ""


def initialize_client(user_agent: str) -> None:
    """Remember how to introduce ourselves; the address comes from AWS_LAMBDA_RUNTIME_API."""
    global _user_agent
    _user_agent = user_agent


def next() -> tuple[bytes, http.client.HTTPMessage]:
    """Wait for an invocation: its payload, and the headers that describe it."""
    return _call("GET", f"{_PREFIX}/next", None, {})


def post_invocation_result(
    invoke_id: str, result_data: bytes, content_type: str, invocation_id: str | None = None
) -> None:
    """Answer an invocation."""
    headers = {"Content-Type": content_type, **_invocation_header(invocation_id)}
    _call("POST", f"{_PREFIX}/{urllib.parse.quote(invoke_id)}/response", result_data, headers)


def post_error(invoke_id: str, error_response_data: str, xray_fault: str, invocation_id: str | None = None) -> None:
    """Report that the handler failed. X-Ray's cause travels in a header, which takes no line breaks."""
    headers = {
        "Content-Type": "application/json",
        "Lambda-Runtime-Function-Error-Type": "Unhandled",
        "Lambda-Runtime-Function-XRay-Error-Cause": " ".join(xray_fault.split()).encode("ascii", "replace").decode(),
        **_invocation_header(invocation_id),
    }
    _call("POST", f"{_PREFIX}/{urllib.parse.quote(invoke_id)}/error", error_response_data.encode(), headers)


def _invocation_header(invocation_id: str | None) -> dict[str, str]:
    return {"Lambda-Runtime-Invocation-Id": invocation_id} if invocation_id else {}


def _call(method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[bytes, http.client.HTTPMessage]:
    global _connection
    if _connection is None:
        _connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        _connection.request(method, path, body, {"User-Agent": _user_agent, **headers})
        response = _connection.getresponse()
        content = response.read()
    except (OSError, http.client.HTTPException) as error:
        _connection = None
        raise RuntimeError(f"Failed to reach the Runtime API: {error}") from error
    if not 200 <= response.status < 300:
        raise RuntimeError(f"The Runtime API answered {method} {path} with {response.status}")
    # As HTTP wants it, these headers are found however the server spells them.
    return content, response.headers
