"""The request as it came over the wire: paths that are not decoded yet, and every header.

API Gateway routes first and decodes then: ``/flights/a%2Fb`` has two segments, and its second is ``a/b``. The server
in front of the emulator decodes first, so both the way of a request and its signature need what was sent.
"""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextvars import ContextVar
from typing import Any
from urllib.parse import unquote

Message = MutableMapping[str, Any]
Application = Callable[..., Awaitable[None]]

SLASH = "\ue000"
"""Stands for a slash that was encoded, until the way of the request is known."""

_scope: ContextVar[Mapping[str, Any]] = ContextVar("scope")


def remembered(application: Application) -> Application:
    """The application, with what came over the wire at hand while it works on a request."""

    async def answer(scope: Message, *channels: Any) -> None:
        token = _scope.set(scope)
        try:
            await application(scope, *channels)
        finally:
            _scope.reset(token)

    return answer


def raw_path() -> str:
    """The path of this request, encoded as it was sent."""
    raw: bytes = _scope.get({}).get("raw_path") or b""
    return raw.decode("latin-1")


def headers() -> dict[str, str]:
    """The headers of this request by their lower-case names; one that was sent several times has all values."""
    found: dict[str, str] = {}
    for name, value in _scope.get({}).get("headers") or ():
        key, text = name.decode("latin-1").lower(), value.decode("utf-8", "replace")
        found[key] = f"{found[key]},{text}" if key in found else text
    return found


def routable(decoded: str) -> str:
    """The part of the path that an API routes by, decoded except for slashes inside its segments.

    ``decoded`` is that part as the server decoded it.
    """
    whole, raw = str(_scope.get({}).get("path") or ""), raw_path()
    if not raw or not whole.endswith(decoded):
        return decoded
    before = whole[: len(whole) - len(decoded)].count("/")
    segments = raw.split("/")[before + 1 :]
    return "/" + "/".join(unquote(segment).replace("/", SLASH) for segment in segments)


def decoded(text: str) -> str:
    """A routable path, or a part of one, with every slash in it."""
    return text.replace(SLASH, "/")
