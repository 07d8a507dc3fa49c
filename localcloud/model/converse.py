"""Bedrock's Converse API on the wire: requests in, answers and errors out, in the shapes boto3 knows."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.validate import ParamValidator

from localcloud.model.writers import BedrockError, Reply, Request
from localcloud.services import refusals

_PATH = re.compile(r"/model/(?P<model>[^/]+)/(?P<operation>[a-z-]+)")
_MODEL_ID = re.compile(
    r"(?:arn:aws[a-z-]*:bedrock:[a-z0-9-]*:[0-9]*:[a-z-]+/.+)|(?:(?:[a-z-]+\.)?[a-z0-9-]+\.[A-Za-z0-9][A-Za-z0-9.:-]*)"
)
_PROVIDERS = frozenset(
    {"ai21", "amazon", "anthropic", "cohere", "deepseek", "google", "luma", "meta", "minimax", "mistral", "moonshot"}
    | {"moonshotai", "nvidia", "openai", "qwen", "stability", "twelvelabs", "writer", "zai"}
)


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
    """Read a Converse request and hold it against the service's model. Raises :class:`Refused`."""
    try:
        fields = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise _invalid("The request body is not JSON.") from None
    if not isinstance(fields, dict):
        raise _invalid("The request body is not an object.")
    _check({"modelId": model_id, **fields})
    options = fields.get("inferenceConfig") or {}
    return Request(
        model_id=model_id,
        system="\n".join(_texts(fields.get("system") or [], "system")),
        messages=_messages(fields.get("messages") or []),
        max_tokens=options.get("maxTokens"),
        temperature=options.get("temperature"),
        top_p=options.get("topP"),
        stop_sequences=tuple(options.get("stopSequences") or ()),
        metadata=fields.get("requestMetadata") or {},
        schema=_schema(fields.get("outputConfig") or {}),
    )


def _check(request: dict[str, Any]) -> None:
    problems = ParamValidator().validate(request, refusals.request_shape("bedrock-runtime", "Converse"))
    if problems.has_errors():
        raise _invalid(problems.generate_report())
    refusals.check("bedrock-runtime", "Converse", request)


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


def _messages(given: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    if not given:
        raise _invalid("A conversation must have at least one message.")
    messages = []
    for position, message in enumerate(given):
        expected = "assistant" if position % 2 else "user"
        if message["role"] != expected:
            raise _invalid("A conversation must start with a user message, and roles must alternate.")
        texts = _texts(message["content"], f"messages.{position}.content")
        if not texts or not all(text.strip() for text in texts):
            raise _invalid(f"The text field in the ContentBlock object at messages.{position}.content.0 is blank.")
        messages.append((expected, "\n".join(texts)))
    return tuple(messages)


def _texts(blocks: Sequence[Mapping[str, Any]], name: str) -> list[str]:
    if not all("text" in block for block in blocks):
        raise _invalid(f"{name} holds something else than text, which this stand-in cannot read.")
    return [str(block["text"]) for block in blocks]


def _schema(output: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The JSON schema that an answer shall follow, if one is given."""
    if "textFormat" not in output:
        return None
    try:
        schema = json.loads(output["textFormat"]["structure"]["jsonSchema"]["schema"])
    except (KeyError, ValueError):
        schema = None
    if not isinstance(schema, dict):
        raise _invalid("outputConfig.textFormat is no JSON schema.")
    return schema


def _invalid(message: str) -> BedrockError:
    return BedrockError("ValidationException", message)
