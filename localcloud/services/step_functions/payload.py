"""What passes from state to state: a JSON value together with the text that history and logs show for it."""

import json
from dataclasses import dataclass
from typing import Any

LIMIT_BYTES = 262_144
"""Largest input or output of a state, a task or an execution (Step Functions quota, 256 KiB of UTF-8)."""

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Payload:
    """A JSON value, never changed in place, and its text.

    The text is kept because a state that passes its input on shows exactly the text it was given, and because writing
    it once serves the event that leaves a state and the one that enters the next.
    """

    value: Any
    text: str

    @classmethod
    def of(cls, value: Any) -> "Payload":
        return cls(value, to_json(value))

    @classmethod
    def read(cls, text: str) -> "Payload":
        """From JSON text. Raises ValueError when it is not JSON."""
        return cls(json.loads(text), text)

    @property
    def too_large(self) -> bool:
        return exceeds_limit(self.text)


def to_json(value: Any) -> str:
    """JSON as Step Functions writes it: no spaces, characters beyond ASCII as they are."""
    return _ENCODER.encode(value)


def exceeds_limit(text: str) -> bool:
    """Whether a text is longer than a payload may be, in bytes of UTF-8."""
    if len(text) > LIMIT_BYTES:
        return True
    return len(text) * 4 > LIMIT_BYTES and len(text.encode(errors="surrogatepass")) > LIMIT_BYTES
