"""Where records go that cannot be processed: kept as they came, with the reason, ready to be sent again."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

from flightpulse.adapters import aws
from flightpulse.adapters.backoff import STANDARD_BACKOFF, Backoff
from flightpulse.adapters.chunks import chunked
from flightpulse.use_cases.ports import DeadLetter

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# What SQS takes: ten messages and 1 MiB per call, whether in one message or in ten.
_MESSAGES_PER_CALL = 10
_BYTES_PER_CALL = 1_048_576
_LONGEST_KEY_BYTES = 16_384


def body(letter: DeadLetter) -> str:
    """The message as JSON.

    ``kind``, ``reason`` {code, message}, ``source`` {topic, partition, offset, timestamp}, ``key`` and ``value`` in
    base64 (null where the record had none), ``correlation_id`` where the record had one. What SQS cannot take whole
    is cut: then ``truncated`` is true, and ``size`` and ``sha256`` describe the value as it was.
    """
    whole = _content(letter, letter.record.value)
    if len(whole) <= _BYTES_PER_CALL:
        return whole
    room = _BYTES_PER_CALL - len(_content(letter, b"", cut=True))
    return _content(letter, (letter.record.value or b"")[: room // 4 * 3], cut=True)


def _content(letter: DeadLetter, value: bytes | None, *, cut: bool = False) -> str:
    record = letter.record
    cut = cut or len(record.key or b"") > _LONGEST_KEY_BYTES
    content: dict[str, Any] = {
        "kind": record.kind,
        "reason": {"code": str(letter.reason.code), "message": letter.reason.message},
        "source": dict(record.coordinates),
        "key": _base64(record.key and record.key[:_LONGEST_KEY_BYTES]),
        "value": _base64(value),
        "truncated": cut,
    }
    if cut:
        whole = record.value or b""
        content |= {"size": len(whole), "sha256": hashlib.sha256(whole).hexdigest()}
    if record.correlation_id is not None:
        content["correlation_id"] = record.correlation_id
    return json.dumps(content, separators=(",", ":"))


class UndeliveredLettersError(Exception):
    """Some dead letters were not taken. The records must not count as handled."""


class DeadLetters:
    """Sends letters to one SQS queue."""

    def __init__(self, client: "SQSClient", queue_url: str, *, backoff: Backoff = STANDARD_BACKOFF) -> None:
        self._client = client
        self._queue_url = queue_url
        self._backoff = backoff

    @classmethod
    def connect(cls, queue_url: str) -> Self:
        """The queue at this URL, with a client from the environment."""
        return cls(aws.client("sqs"), queue_url)

    def send(self, letters: Sequence[DeadLetter]) -> None:
        """Send every letter. Returns when SQS has taken them all; raises :class:`UndeliveredLettersError` otherwise."""
        bodies = map(body, letters)
        for batch in chunked(bodies, count=_MESSAGES_PER_CALL, size=_BYTES_PER_CALL, size_of=len):
            self._send(batch)

    def _send(self, bodies: Sequence[str]) -> None:
        waiting = {str(number): body for number, body in enumerate(bodies)}
        failures: list[Any] = []
        for _ in self._backoff.tries():
            answer = self._client.send_message_batch(
                QueueUrl=self._queue_url,
                Entries=[{"Id": number, "MessageBody": body} for number, body in waiting.items()],
            )
            failures = list(answer.get("Failed", []))
            if not failures:
                return
            waiting = {failure["Id"]: waiting[failure["Id"]] for failure in failures}
        codes = ", ".join(sorted({failure["Code"] for failure in failures}))
        raise UndeliveredLettersError(f"{len(failures)} dead letters were not taken: {codes}")


def _base64(content: bytes | None) -> str | None:
    return None if content is None else b64encode(content).decode()
