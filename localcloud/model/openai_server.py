"""Puts a server that speaks OpenAI's chat API (Ollama, llama.cpp, vLLM and others) behind the Bedrock endpoint.

What goes wrong there becomes the Bedrock error that means the same; it never becomes an answer.
"""

import http.client
import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from awskit.errors import UserError
from localcloud.model.writers import BedrockError, Reply, Request, tokens

_ERRORS = {
    400: "ValidationException",
    401: "AccessDeniedException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    422: "ValidationException",
    429: "ThrottlingException",
    502: "ServiceUnavailableException",
    503: "ServiceUnavailableException",
    504: "ModelTimeoutException",
}
_STOP_REASONS = {"length": "max_tokens", "content_filter": "content_filtered"}
_LONGEST_ANSWER = 2_000_000
_LOOK_UP_SECONDS = 5.0


class OpenAIServer:
    """``url`` with or without ``/v1``. Without ``model``, the first one that the server lists.

    Raises :class:`awskit.errors.UserError` for a ``url`` that is none.
    """

    def __init__(self, url: str, *, model: str | None = None, timeout_seconds: float = 120.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UserError(f"{url} is no address of a model server.", hint="Write it like http://127.0.0.1:11434.")
        self._base = url.rstrip("/").removesuffix("/chat/completions").removesuffix("/v1") + "/v1"
        self._model = model
        self._timeout = timeout_seconds
        self._takes_schemas = True
        local = parts.hostname in ("127.0.0.1", "localhost", "::1")
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({} if local else None))
        self.kind = f"{model or 'a model'} on the OpenAI-compatible server at {parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    def write(self, request: Request) -> Reply:
        messages = [{"role": role, "content": text} for role, text in request.messages]
        if request.system:
            messages.insert(0, {"role": "system", "content": request.system})
        options = {
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "top_p": request.top_p,
            "stop": list(request.stop_sequences) or None,
        }
        given = {name: value for name, value in options.items() if value is not None}
        body = {"model": self._model_name(request.model_id), "messages": messages, "stream": False, **given}
        return _reply(self._complete(body, request.schema), messages)

    def _complete(self, body: Mapping[str, Any], schema: Mapping[str, Any] | None) -> dict[str, Any]:
        """Ask for an answer by a schema where the server knows how; one that does not is asked for plain text."""
        if schema is not None and self._takes_schemas:
            by_schema = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}
            try:
                return self._call("/chat/completions", {**body, "response_format": by_schema}, self._timeout)
            except BedrockError as error:
                if error.code != "ValidationException":
                    raise
                self._takes_schemas = False
        return self._call("/chat/completions", body, self._timeout)

    def _model_name(self, fallback: str) -> str:
        """The model to ask for. A server that lists none is asked for the id that Bedrock was asked for."""
        if self._model is None:
            try:
                listed = self._call("/models", None, _LOOK_UP_SECONDS).get("data")
                self._model = str(listed[0]["id"]) if isinstance(listed, list) and listed else fallback
            except BedrockError as error:
                if error.code != "ResourceNotFoundException":
                    raise
                self._model = fallback
            except (KeyError, TypeError, IndexError):
                self._model = fallback
        return self._model

    def _call(self, path: str, body: Mapping[str, Any] | None, timeout: float) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        call = urllib.request.Request(self._base + path, data=data, headers=headers)  # noqa: S310 - scheme is checked
        started = time.monotonic()
        try:
            with self._opener.open(call, timeout=timeout) as answer:
                text = answer.read(_LONGEST_ANSWER + 1)
        except urllib.error.HTTPError as error:
            raise _translated(error.code, _said(error)) from None
        except (OSError, http.client.HTTPException) as error:
            raise _unreachable(error, timed_out=time.monotonic() - started >= timeout) from None
        try:
            fields = json.loads(text)
        except (ValueError, RecursionError):
            fields = None
        if not isinstance(fields, dict):
            raise BedrockError("ModelErrorException", "The model server's answer is no JSON object.")
        return fields


def _reply(answer: Mapping[str, Any], messages: list[dict[str, str]]) -> Reply:
    try:
        choice = answer["choices"][0]
        text = choice["message"]["content"] or ""
        if not isinstance(text, str):
            raise TypeError
    except (KeyError, IndexError, TypeError):
        raise BedrockError("ModelErrorException", "The model server's answer has no message.") from None
    usage = answer.get("usage")
    counted = usage if isinstance(usage, dict) else {}
    asked = "".join(message["content"] for message in messages)
    return Reply(
        text,
        input_tokens=_count(counted.get("prompt_tokens"), tokens(asked)),
        output_tokens=_count(counted.get("completion_tokens"), tokens(text)),
        stop_reason=_STOP_REASONS.get(str(choice.get("finish_reason")), "end_turn"),
    )


def _count(given: object, estimate: int) -> int:
    return given if isinstance(given, int) and not isinstance(given, bool) and given >= 0 else estimate


def _said(error: urllib.error.HTTPError) -> bytes:
    """What an error has to say, as far as it gets."""
    try:
        with error:
            return error.read(2000)
    except (OSError, http.client.HTTPException):
        return b""


def _translated(status: int, body: bytes) -> BedrockError:
    code = _ERRORS.get(status, "InternalServerException")
    return BedrockError(code, f"The model server answered {status}: {body.decode('utf-8', 'replace')[:300]}")


def _unreachable(error: Exception, *, timed_out: bool) -> BedrockError:
    reason = getattr(error, "reason", error)
    if isinstance(reason, http.client.HTTPException):
        return BedrockError("ServiceUnavailableException", "The model server breaks off, or does not speak HTTP.")
    if timed_out or isinstance(reason, TimeoutError | socket.timeout):
        return BedrockError("ModelTimeoutException", "The model server took too long.")
    return BedrockError("ServiceUnavailableException", f"The model server cannot be reached: {reason}")
