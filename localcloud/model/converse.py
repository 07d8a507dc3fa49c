"""Bedrock's Converse API on the wire: requests in, answers and errors out, in the shapes boto3 knows."""

import json
import re
from collections.abc import Mapping
from typing import Any

from localcloud.model.writers import BedrockError, Reply, Request

_PATH = re.compile(r"/model/(?P<model>[^/]+)/(?P<operation>[a-z-]+)")
_MODEL_ID = re.compile(
    r"(?:arn:aws[a-z-]*:bedrock:[a-z0-9-]*:[0-9]*:[a-z-]+/.+)|(?:(?:[a-z-]+\.)?[a-z0-9-]+\.[A-Za-z0-9][A-Za-z0-9.:-]*)"
)
_PROVIDERS = frozenset(
    {"ai21", "amazon", "anthropic", "cohere", "deepseek", "google", "luma", "meta", "minimax", "mistral", "moonshot"}
    | {"moonshotai", "nvidia", "openai", "qwen", "stability", "twelvelabs", "writer", "zai"}
)
_METADATA = re.compile(r"[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}")
_MOST_METADATA = 16


def model_in(path: str, unquoted: str) -> str:
    """The model id of a Converse path. Raises :class:`BedrockError` for other operations and impossible ids."""
    found = _PATH.fullmatch(path)
    if found is None or found["operation"] != "converse":
        raise BedrockError("UnknownOperationException", f"This stand-in serves Converse only, not {path}.")
    model_id = re.sub(r"^/model/(.*)/converse$", r"\1", unquoted)
    if not _MODEL_ID.fullmatch(model_id) or not (model_id.startswith("arn:") or _PROVIDERS & set(model_id.split("."))):
        raise BedrockError("ValidationException", "The provided model identifier is invalid.")
    return model_id


def read_request(model_id: str, body: bytes) -> Request:
    """Read and validate a Converse request. Raises :class:`BedrockError`."""
    try:
        fields = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise _invalid("The request body is not JSON.") from None
    if not isinstance(fields, dict):
        raise _invalid("The request body is not an object.")
    options = fields.get("inferenceConfig") or {}
    if not isinstance(options, dict):
        raise _invalid("inferenceConfig is not an object.")
    return Request(
        model_id=model_id,
        system="\n".join(_texts(fields.get("system") or [], "system")),
        messages=_messages(fields.get("messages")),
        max_tokens=_number(options, "maxTokens", int, 1, 1_000_000),
        temperature=_number(options, "temperature", float, 0, 1),
        top_p=_number(options, "topP", float, 0, 1),
        stop_sequences=tuple(map(str, options.get("stopSequences") or ())),
        metadata=_metadata(fields.get("requestMetadata") or {}),
        schema=_schema(fields.get("outputConfig")),
    )


def answer(reply: Reply, latency_ms: int) -> dict[str, Any]:
    """A Converse answer."""
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": reply.text}]}},
        "stopReason": reply.stop_reason,
        "usage": {
            "inputTokens": reply.input_tokens,
            "outputTokens": reply.output_tokens,
            "totalTokens": reply.input_tokens + reply.output_tokens,
        },
        "metrics": {"latencyMs": latency_ms},
    }


def _messages(given: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(given, list) or not given:
        raise _invalid("A conversation must have at least one message.")
    messages = []
    for position, message in enumerate(given):
        expected = "assistant" if position % 2 else "user"
        if not isinstance(message, Mapping) or message.get("role") != expected:
            raise _invalid("A conversation must start with a user message, and roles must alternate.")
        texts = _texts(message.get("content"), f"messages.{position}.content")
        if not texts or not all(text.strip() for text in texts):
            raise _invalid(f"The text field in the ContentBlock object at messages.{position}.content.0 is blank.")
        messages.append((expected, "\n".join(texts)))
    return tuple(messages)


def _texts(blocks: object, name: str) -> list[str]:
    if not isinstance(blocks, list):
        raise _invalid(f"{name} is not a list.")
    texts = [block.get("text") if isinstance(block, Mapping) else None for block in blocks]
    if not all(isinstance(text, str) for text in texts):
        raise _invalid(f"{name} holds something else than text, which this stand-in cannot read.")
    return [str(text) for text in texts]


def _metadata(given: object) -> dict[str, str]:
    """Names and values that a caller wants to find in its invocation log; no model sees them."""
    if not isinstance(given, Mapping) or len(given) > _MOST_METADATA:
        raise _invalid(f"requestMetadata is not an object of {_MOST_METADATA} entries at most.")
    for name, value in given.items():
        if not (isinstance(value, str) and _METADATA.fullmatch(name) and _METADATA.fullmatch(value)):
            raise _invalid(f"requestMetadata.{name} has characters that it may not have, or more than 256.")
    return dict(given)


def _schema(output: object) -> Mapping[str, Any] | None:
    """The JSON schema that an answer shall follow, if one is given."""
    if output is None:
        return None
    try:
        wanted = output["textFormat"]  # type: ignore[index]
        schema = json.loads(wanted["structure"]["jsonSchema"]["schema"])
        if wanted["type"] == "json_schema" and isinstance(schema, dict):
            return schema
    except (KeyError, TypeError, ValueError):
        pass
    raise _invalid("outputConfig.textFormat is no JSON schema.")


def _number(options: Mapping[str, Any], name: str, kind: type, least: float, most: float) -> Any:
    value = options.get(name)
    if value is None:
        return None
    wanted = int if kind is int else (int, float)
    if isinstance(value, bool) or not isinstance(value, wanted) or not least <= value <= most:
        raise _invalid(f"inferenceConfig.{name} is out of range.")
    return value


def _invalid(message: str) -> BedrockError:
    return BedrockError("ValidationException", message)
