"""Where the next page of a query starts, as text that callers hand back untouched."""

import binascii
import json
from base64 import b64decode, urlsafe_b64encode
from hashlib import blake2b

from flightpulse.use_cases.ports import BadParameterError

Position = dict[str, str]

_DIGEST_SIZE = 8


class BadTokenError(BadParameterError):
    """A token that was cut, changed, made up, or belongs to another query."""

    def __init__(self) -> None:
        super().__init__("next_token is not one of ours, or belongs to another query.")


def encode(position: Position, query: str) -> str:
    """Wrap the key of the last item a page showed, for the query it came from."""
    body = json.dumps(position, separators=(",", ":"), sort_keys=True).encode()
    return _as_text(_digest(body, query) + body)


def decode(token: str, query: str) -> Position:
    """Unwrap what :func:`encode` made for the same query. Raises :class:`BadTokenError`.

    The digest finds mangled and mixed-up tokens. It keeps no secret, so a forged token may hold anything; whoever uses
    the position looks whether it has the shape of one.
    """
    try:
        raw = b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise BadTokenError from None
    digest, body = raw[:_DIGEST_SIZE], raw[_DIGEST_SIZE:]
    # The last character of a base64 text has spare bits, so the text is compared as well.
    if digest != _digest(body, query) or token != _as_text(raw):
        raise BadTokenError
    try:
        position = json.loads(body)
    except (ValueError, RecursionError):
        raise BadTokenError from None
    if not isinstance(position, dict) or not all(isinstance(value, str) for value in position.values()):
        raise BadTokenError
    return position


def _as_text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _digest(body: bytes, query: str) -> bytes:
    return blake2b(query.encode("utf-8", "surrogatepass") + b"\0" + body, digest_size=_DIGEST_SIZE).digest()
