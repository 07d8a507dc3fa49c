"""REST APIs deployed by CloudFormation validate requests, write access logs, have metrics, and hide what went wrong.

The emulator's API knows validators and stages, but its CloudFormation drops the validator of a method and the access
log of a stage, it publishes no metric, and it answers the caller with the exception of a function that failed.

What stays different: there are no execution logs, a method's change counts
before the next deployment, and the limits of 29 seconds and 10 MB are not enforced.
"""

import hashlib
import json
import re
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ministack import app as emulator
from ministack.services import apigateway_v1 as api
from ministack.services import cloudwatch, cloudwatch_logs
from ministack.services.cloudformation.provisioners import get_account_id

from localcloud.behaviours import LocalContext
from localcloud.services.api_gateway import raw_request, signatures, test_invocation
from localcloud.services.api_gateway.access_log import Access
from localcloud.services.api_gateway.traces import StageTrace
from localcloud.services.cloudformation import resource_types
from localcloud.services.cloudformation.resource_types import Properties, Provisioned, is_true
from localcloud.services.xray import tracing

_VALIDATOR = "AWS::ApiGateway::RequestValidator"
_PROXY_ANSWER = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}
_ERROR = "Internal server error"
_TEST_INVOKE = re.compile(r"/restapis/(?P<api>[^/]+)/resources/(?P<resource>[^/]+)/methods/(?P<method>[A-Z]+)/?")


@dataclass(slots=True)
class _Handled:
    """What is known of a request only deep inside the emulator."""

    request_id: str
    integration_ms: float | None = None
    failed: bool = False
    identity: Mapping[str, Any] = field(default_factory=dict)


_handled: ContextVar[_Handled | None] = ContextVar("handled", default=None)


def install(context: LocalContext) -> None:  # noqa: ARG001
    """Complete what CloudFormation makes of an API, and go around the handling of requests."""
    resource_types.add(_VALIDATOR, _create_validator, _update_validator, _delete_validator)
    resource_types.around("AWS::ApiGateway::Method", after=_set_validator)
    resource_types.around("AWS::ApiGateway::Stage", after=_set_access_log)
    emulator.app = raw_request.remembered(emulator.app)
    api.handle_request = partial(_handle_request, api.handle_request)
    api._authorize_request_v1 = partial(_authorize, api._authorize_request_v1)
    api._execute_in_scope = partial(_execute, api._execute_in_scope)
    api._build_lambda_event_v1 = partial(_lambda_event, api._build_lambda_event_v1)
    api._call_lambda_raw = partial(_call_lambda, api._call_lambda_raw)
    api._lambda_proxy_response = partial(_proxy_response, api._lambda_proxy_response)


def _create_validator(logical_id: str, properties: Properties, stack_name: str) -> Provisioned:
    settings = {
        "name": properties.get("Name") or f"{stack_name}-{logical_id}",
        "validateRequestBody": is_true(properties.get("ValidateRequestBody")),
        "validateRequestParameters": is_true(properties.get("ValidateRequestParameters")),
    }
    answer = api._create_request_validator(properties["RestApiId"], settings)
    validator_id = str(json.loads(resource_types.body(answer))["id"])
    return validator_id, {"RequestValidatorId": validator_id}


def _update_validator(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Provisioned:
    if any(old.get(name) != new.get(name) for name in ("RestApiId", "Name")):
        created = _create_validator(physical_id, new, stack_name)
        _delete_validator(physical_id, old)
        return created
    operations = [
        {"op": "replace", "path": f"/{path}", "value": str(is_true(new.get(name))).lower()}
        for name, path in (
            ("ValidateRequestBody", "validateRequestBody"),
            ("ValidateRequestParameters", "validateRequestParameters"),
        )
    ]
    resource_types.body(api._update_request_validator(new["RestApiId"], physical_id, {"patchOperations": operations}))
    return physical_id, {"RequestValidatorId": physical_id}


def _delete_validator(physical_id: str, properties: Properties) -> None:
    api._delete_request_validator(properties.get("RestApiId", ""), physical_id)


def _set_validator(_: str, properties: Properties) -> None:
    operation = {"op": "replace", "path": "/requestValidatorId", "value": properties.get("RequestValidatorId")}
    method = properties.get("HttpMethod", "ANY")
    answer = api._update_method(
        properties["RestApiId"], properties["ResourceId"], method, {"patchOperations": [operation]}
    )
    resource_types.body(answer)


def _set_access_log(_: str, properties: Properties) -> None:
    setting = properties.get("AccessLogSetting") or {}
    value = {"destinationArn": setting.get("DestinationArn"), "format": setting.get("Format")} if setting else {}
    operation = {"op": "replace", "path": "/accessLogSettings", "value": value}
    answer = api._update_stage(properties["RestApiId"], properties["StageName"], {"patchOperations": [operation]})
    resource_types.body(answer)


async def _handle_request(original: Any, method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
    """Requests about APIs. TestInvokeMethod is ours."""
    called = _TEST_INVOKE.fullmatch(path)
    if method != "POST" or called is None:
        return await original(method, path, headers, body, query_params)
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return api._v1_error("SerializationException", "The request is no JSON.", 400)
    return await test_invocation.test_invoke(called["api"], called["resource"], called["method"], request)


async def _authorize(original: Any, *arguments: Any) -> Any:
    """Whether a request may be made. Of a signed method, the signature decides; it is checked before anything else."""
    _, _, method_settings, method, _, _, _, body, query_params, _, _, account, region = arguments
    if (method_settings.get("authorizationType") or "").upper() != "AWS_IAM":
        return await original(*arguments)
    refusal = signatures.refusal(
        method=method,
        raw_path=raw_request.raw_path(),
        query=query_params or {},
        headers=raw_request.headers(),
        body=body or b"",
        account=account,
        region=region,
    )
    return refusal, None


async def _execute(original: Any, request: dict[str, Any], *arguments: Any) -> Any:
    api_id, stage, method, path, *more = arguments
    # The way of a request is found in its encoded path, in which a slash may be part of a name.
    arguments = (api_id, stage, method, raw_request.routable(path), *more)
    handled = _Handled(request["request_id"])
    token = _handled.set(handled)
    received_at, started = time.time() * 1000, time.monotonic()
    traced = StageTrace.begin(api_id, stage)
    try:
        with tracing.within(traced.integration if traced else tracing.current()):
            answer = await original(request, *arguments)
    finally:
        _handled.reset(token)
    if request["stage"] is None:
        return answer
    failure = _failure(answer, handled)
    if failure is not None:
        answer = _error_answer(failure, request, handled)
    access = _access(request, arguments, handled, answer, failure)
    access = replace(access, received_at=received_at, latency_ms=(time.monotonic() - started) * 1000)
    if traced is not None:
        access = replace(access, trace_id=traced.trace.root)
        traced.write(access)
    _record_metrics(access)
    _write_access_log(access, request["stage"].get("accessLogSettings") or {})
    return answer


def _failure(answer: Any, handled: _Handled) -> Any:
    """The error that API Gateway itself reports, or None."""
    if handled.failed:
        return api._GatewayError("DEFAULT_5XX", _ERROR)
    return answer if isinstance(answer, api._GatewayError) else None


def _error_answer(failure: Any, request: dict[str, Any], handled: _Handled) -> Any:
    status, headers, content = api._gateway_error_response(failure, request)
    # The emulator has no status of its own for a function that failed.
    return (502 if handled.failed and status == 500 else status), headers, content


def _access(
    request: dict[str, Any], arguments: tuple[Any, ...], handled: _Handled, answer: Any, failure: Any
) -> Access:
    api_id, stage_name, method, path, headers, *_ = arguments
    status, _, content = answer
    return Access(
        request_id=request["request_id"],
        account_id=get_account_id(),
        api_id=api_id,
        stage=stage_name,
        method=method,
        path=raw_request.decoded(path),
        resource_path=request["resource_path"],
        source_ip=str(headers.get("x-forwarded-for") or "127.0.0.1").split(",")[0],
        user_agent=str(headers.get("user-agent") or ""),
        integration_ms=handled.integration_ms,
        status=status,
        response_length=len(content or b""),
        caller=str(handled.identity.get("caller") or ""),
        user_arn=str(handled.identity.get("userArn") or ""),
        error_message=(failure.message or "") if failure else "",
        error_type=failure.response_type if failure else "",
    )


def _record_metrics(access: Access) -> None:
    name = (api._rest_apis.get(access.api_id) or {}).get("name", "")
    values = [
        ("Count", 1.0, "Count"),
        ("Latency", access.latency_ms, "Milliseconds"),
        ("4XXError", float(400 <= access.status < 500), "Count"),
        ("5XXError", float(access.status >= 500), "Count"),
    ]
    if access.integration_ms is not None:
        values.append(("IntegrationLatency", access.integration_ms, "Milliseconds"))
    for metric, value, unit in values:
        for dimensions in ({"ApiName": name}, {"ApiName": name, "Stage": access.stage}):
            cloudwatch.record_metric("AWS/ApiGateway", metric, value, unit, dimensions)


def _write_access_log(access: Access, settings: Mapping[str, Any]) -> None:
    group = str(settings.get("destinationArn") or "").partition(":log-group:")[2].removesuffix(":*")
    log_format = settings.get("format")
    # Without the group, the stage could not have been deployed on AWS; the emulator may have lost it since.
    if not log_format or group not in cloudwatch_logs._log_groups:
        return
    stream = hashlib.sha256(f"{access.api_id}/{access.stage}".encode()).hexdigest()[:32]
    cloudwatch_logs._create_log_stream({"logGroupName": group, "logStreamName": stream})
    event = {"timestamp": int(time.time() * 1000), "message": access.line(log_format)}
    cloudwatch_logs._put_log_events({"logGroupName": group, "logStreamName": stream, "logEvents": [event]})


def _lambda_event(original: Any, *arguments: Any, **named: Any) -> Any:
    """The function is told the id that the access log has, and the log the caller that the function is told.

    Of a query parameter that is given several times, the last value counts as the one.
    """
    event = original(*arguments, **named)
    event["path"] = raw_request.decoded(event["path"])
    event["requestContext"]["path"] = raw_request.decoded(event["requestContext"]["path"])
    for name, value in (event["pathParameters"] or {}).items():
        event["pathParameters"][name] = raw_request.decoded(value)
    several = event["multiValueQueryStringParameters"] or {}
    event["queryStringParameters"] = {name: values[-1] for name, values in several.items()} or None
    handled = _handled.get()
    if handled is not None:
        event["requestContext"] |= {"requestId": handled.request_id, "extendedRequestId": handled.request_id}
        handled.identity = event["requestContext"]["identity"]
    return event


async def _call_lambda(original: Any, *arguments: Any, **named: Any) -> Any:
    started = time.monotonic()
    try:
        return await original(*arguments, **named)
    finally:
        handled = _handled.get()
        if handled is not None:
            handled.integration_ms = (time.monotonic() - started) * 1000


def _proxy_response(original: Any, result: dict[str, Any]) -> Any:
    """A function that failed, or did not answer as a proxy integration must, is a 502 that says nothing else."""
    if not result.get("throttle") and (result.get("error") or not is_proxy_answer(result.get("body"))):
        handled = _handled.get()
        if handled is not None:
            handled.failed = True
        return None, _ERROR
    return original(result)


def is_proxy_answer(answer: Any) -> bool:
    """Whether a function's answer has the form that a Lambda proxy integration expects.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    """
    if not isinstance(answer, dict) or not set(answer) <= _PROXY_ANSWER:
        return False
    return not answer or ("statusCode" in answer and isinstance(answer.get("body"), str | None))
