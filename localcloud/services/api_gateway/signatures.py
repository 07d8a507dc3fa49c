"""Signatures of requests to IAM-signed methods: checked, and refused as API Gateway refuses them.

Who the caller is allowed to be is not asked here: any key is a caller, if the signature is made with its secret.

https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
"""

from collections.abc import Mapping
from typing import Any

from ministack.core import iam_evaluator, sigv4
from ministack.core.sigv4 import HeaderSignature
from ministack.services import apigateway_v1 as api

SERVICE = "execute-api"
SECRET = "test"  # noqa: S105 - the local cloud's keys are no secret
"""The secret of the keys that ``flightpulse env`` exports, and of functions."""

Failure = tuple[str, str]
Query = Mapping[str, list[str]]


def refusal(
    *, method: str, raw_path: str, query: Query, headers: Mapping[str, str], body: bytes, account: str, region: str
) -> Any:
    """What API Gateway answers instead of the method; None when the signature is right."""
    presigned = "authorization" not in headers
    if presigned and not _is_presigned(query):
        return api._GatewayError("MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token")
    signature = sigv4.parse_query_signature(query) if presigned else _header_signature(headers)
    if not isinstance(signature, HeaderSignature):
        return _error(signature)
    failure = (_expired(query) if presigned else sigv4.request_time_failure(signature)) or _scope(signature, region)
    secret = _secret(signature, headers, query, account)
    if failure is None and secret is None:
        failure = "UnrecognizedClient", "The security token included in the request is invalid."
    if failure is None:
        failure = sigv4.header_signature_failure(
            signature, secret, method, raw_path, query, headers, body, presigned=presigned, explain=True
        )
    return None if failure is None else _error(failure)


def _error(failure: Failure) -> Any:
    code, message = failure
    response_type, error_type = api._AUTHENTICATION_GATEWAY_ERRORS.get(
        code, ("DEFAULT_4XX", "UnrecognizedClientException")
    )
    return api._GatewayError(response_type, message, error_type)


def _is_presigned(query: Query) -> bool:
    return any(name.lower() == "x-amz-algorithm" for name in query)


def _header_signature(headers: Mapping[str, str]) -> HeaderSignature | Failure:
    if not headers["authorization"].startswith("AWS4-HMAC-SHA256"):
        failure: Failure | None = sigv4.foreign_authorization_failure(headers)
        if failure is not None:
            return failure
    parsed: HeaderSignature | Failure = sigv4.parse_header_signature(headers)
    return parsed


def _expired(query: Query) -> Failure | None:
    values = {name.lower(): value[-1] for name, value in query.items()}
    try:
        over = sigv4.presigned_request_is_expired(values.get("x-amz-date", ""), values.get("x-amz-expires", "300"))
    except ValueError:
        over = True
    return ("SignatureDoesNotMatch", "Signature expired") if over else None


def _scope(signature: HeaderSignature, region: str) -> Failure | None:
    """A signature is for one service in one region, on one day."""
    problems = []
    if signature.region != region:
        problems.append(f"Credential should be scoped to a valid region, not '{signature.region}'. ")
    if signature.service != SERVICE:
        problems.append(f"Credential should be scoped to correct service: '{SERVICE}'. ")
    return ("SignatureDoesNotMatch", "".join(problems)) if problems else None


def _secret(signature: HeaderSignature, headers: Mapping[str, str], query: Query, account: str) -> str | None:
    key = signature.access_key_id
    if iam_evaluator.is_root_access_key(key):
        return SECRET
    token = headers.get("x-amz-security-token") or (query.get("X-Amz-Security-Token") or [""])[0]
    credential = iam_evaluator.resolve_credential(key, account, token)
    return getattr(credential, "secret_access_key", None)
