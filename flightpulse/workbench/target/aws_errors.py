"""Errors of AWS and of the way to it, in words that say what to do."""

from collections.abc import Mapping
from typing import Any, Final

from flightpulse.errors import UserError

_SIGN_IN: Final = "Sign in again (for example: aws sso login), or choose another profile with AWS_PROFILE."
_EXPIRED: Final = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired", "InvalidGrantException"}
)
_INVALID: Final = frozenset(
    {"UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch"}
)
_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"})
_THROTTLED: Final = frozenset({"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"})


def explain(error: BaseException) -> UserError | None:
    """The user's error behind an exception of boto3, or None when it is none that a user could put right."""
    from botocore import exceptions

    if isinstance(error, exceptions.ClientError):
        return _explain_answer(error.response.get("Error", {}), error.operation_name)
    if isinstance(error, exceptions.ProfileNotFound):
        return UserError(str(error).rstrip(".") + ".", hint="Choose another with AWS_PROFILE.")
    if isinstance(error, exceptions.NoCredentialsError | exceptions.PartialCredentialsError):
        return UserError("No AWS credentials were found.", hint="Set AWS_PROFILE or sign in with: aws sso login")
    if isinstance(
        error,
        exceptions.SSOError
        | exceptions.TokenRetrievalError
        | exceptions.CredentialRetrievalError
        | exceptions.UnauthorizedSSOTokenError,
    ):
        return UserError("The AWS credentials have expired or cannot be refreshed.", hint=_SIGN_IN)
    if isinstance(error, exceptions.NoRegionError):
        return UserError("No AWS region is set.", hint="Set AWS_REGION, for example: export AWS_REGION=us-east-1")
    if isinstance(error, exceptions.ConnectionError | exceptions.HTTPClientError):
        return _explain_connection(error)
    return None


def _explain_answer(answer: Mapping[str, Any], operation: str) -> UserError | None:
    code, said = str(answer.get("Code", "")), str(answer.get("Message", "")).rstrip(".")
    if code in _EXPIRED:
        return UserError("The AWS credentials have expired.", hint=_SIGN_IN)
    if code in _INVALID:
        return UserError("AWS does not accept these credentials.", hint=_SIGN_IN)
    if code in _DENIED:
        return UserError(f"AWS does not allow {operation}: {said}.", hint="Use a role that may.")
    if code in _THROTTLED:
        return UserError(f"AWS is throttling {operation}.", hint="Wait a moment and try again.")
    return None


def _explain_connection(error: Exception) -> UserError:
    endpoint = str(getattr(error, "kwargs", {}).get("endpoint_url") or "AWS").rstrip("/")
    if "127.0.0.1" in endpoint or "localhost" in endpoint:
        return UserError(
            f"Nothing answers at {endpoint}.", hint="Look with: flightpulse status; start with: flightpulse up"
        )
    return UserError(f"{endpoint} cannot be reached.", hint="Is there a network, and is the region right?")
