"""What answers a Converse request: the shapes that pass between the server and whoever writes the reply."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from localcloud.services.refusals import Refused


@dataclass(frozen=True, slots=True)
class Request:
    """A Converse request, validated. ``messages`` are pairs of role and text, beginning with the user's.

    ``metadata`` is Converse's ``requestMetadata``, ``schema`` the JSON schema that the answer shall follow.
    """

    model_id: str
    system: str
    messages: tuple[tuple[str, str], ...]
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop_sequences: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer. ``stop_reason`` is one of Converse's: ``end_turn``, ``max_tokens``, ``stop_sequence``, …"""

    text: str
    input_tokens: int
    output_tokens: int
    stop_reason: str = "end_turn"


class BedrockError(Refused):
    """An answer that is an error in Bedrock's own words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message, STATUS[code])


STATUS = {
    "AccessDeniedException": 403,
    "InternalServerException": 500,
    "MissingAuthenticationTokenException": 403,
    "ModelErrorException": 424,
    "ModelNotReadyException": 429,
    "ModelTimeoutException": 408,
    "ResourceNotFoundException": 404,
    "ServiceUnavailableException": 503,
    "ThrottlingException": 429,
    "UnknownOperationException": 404,
    "ValidationException": 400,
}
"""HTTP status of each error: API reference of the Bedrock runtime, ``Converse``."""


class Writer(Protocol):
    """``kind`` says in a few words what it is, for whoever looks at a status page. ``write`` may raise BedrockError."""

    kind: str

    def write(self, request: Request) -> Reply: ...


Subject = Callable[[Request], str | None]
"""What a request is about, in one word for whoever looks at the list of calls; None when that cannot be told."""


def tokens(text: str) -> int:
    """About how many tokens a text is: English has some four characters to one."""
    return max(1, round(len(text) / 4)) if text else 0
