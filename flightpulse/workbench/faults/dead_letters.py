"""Reads the dead-letter queues: what waits there, why, and since when."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flightpulse.stack import names
from flightpulse.workbench.target.session import Session

KINDS = tuple(names.DEAD_LETTER_OUTPUTS)
# Long enough to deal with a few thousand letters; those not dealt with are given back at once.
_HIDDEN_SECONDS = 120
_LETTERS_PER_CALL = 10


@dataclass(frozen=True, slots=True)
class WaitingLetter:
    """One message of a dead-letter queue.

    ``kind`` says which queue. ``body`` is the message as an object (empty when it is none), ``attributes`` are the
    message attributes that EventBridge adds. ``receipt`` allows to delete it.
    """

    kind: str
    queue_url: str
    message_id: str
    receipt: str
    since: datetime
    body: Mapping[str, Any]
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def what(self) -> str:
        """What could not be handled, in a few words."""
        return _WHAT[self.kind](self)

    @property
    def why(self) -> str:
        """The reason on one line."""
        return _one_line(_WHY[self.kind](self))

    @property
    def event_id(self) -> str:
        """The event that it is about; empty when it names none, as junk from Kafka and batches do."""
        return str(self._subject.get("event_id") or "")

    @property
    def flight_id(self) -> str:
        """The flight that it is about, for a record without one the record's key; empty when it names none."""
        payload = self._subject.get("payload")
        named = payload if isinstance(payload, Mapping) else self._subject
        return str(named.get("flight_id") or self._key)

    @property
    def _subject(self) -> Mapping[str, Any]:
        """What carries the ids: the record of Kafka, the detail of an event, or the letter itself."""
        if self.kind == "records":
            try:
                found = json.loads(_decoded(self.body.get("value")))
            except ValueError:
                return {}
        else:
            found = self.body.get("detail", self.body)
        return found if isinstance(found, Mapping) else {}

    @property
    def _key(self) -> str:
        return _decoded(self.body.get("key")).decode(errors="replace") if self.kind == "records" else ""

    def as_json(self) -> dict[str, Any]:
        """The letter as plain JSON values."""
        return {
            "kind": self.kind,
            "message_id": self.message_id,
            "since": self.since.isoformat(),
            "what": self.what,
            "why": self.why,
            "body": dict(self.body),
            "attributes": dict(self.attributes),
        }


def count(session: Session) -> dict[str, int]:
    """About how many letters each queue holds (SQS counts approximately)."""
    return {
        kind: int(
            session.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])[
                "Attributes"
            ]["ApproximateNumberOfMessages"]
        )
        for kind, url in queues(session).items()
    }


def queues(session: Session, kinds: Sequence[str] = ()) -> dict[str, str]:
    """URLs of the queues by kind. Without a Kafka mapping in the stack there is no queue for it."""
    wanted = {kind: names.DEAD_LETTER_OUTPUTS[kind] for kind in kinds or KINDS}
    return {kind: session.outputs[output] for kind, output in wanted.items() if output in session.outputs}


def look(session: Session, kinds: Sequence[str] = ()) -> list[WaitingLetter]:
    """Every letter of some kinds (of all, when none is named), oldest first. They stay where they are."""
    found = take(session, kinds)
    give_back(session, found)
    return found


def take(session: Session, kinds: Sequence[str] = ()) -> list[WaitingLetter]:
    """Like :func:`look`, but the letters are hidden from other readers for a while: delete them or give them back."""
    letters = [letter for kind, url in queues(session, kinds).items() for letter in _received(session, kind, url)]
    return sorted(letters, key=lambda letter: (KINDS.index(letter.kind), letter.since))


def give_back(session: Session, letters: Sequence[WaitingLetter]) -> None:
    """Make taken letters visible again at once.

    One whose receipt has run out is visible already, so what single entries answer does not matter.
    """
    by_queue: dict[str, list[WaitingLetter]] = {}
    for letter in letters:
        by_queue.setdefault(letter.queue_url, []).append(letter)
    for url, theirs in by_queue.items():
        for batch in _batches(theirs):
            session.sqs.change_message_visibility_batch(
                QueueUrl=url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": letter.receipt, "VisibilityTimeout": 0}
                    for number, letter in enumerate(batch)
                ],
            )


def _batches(letters: Sequence[WaitingLetter]) -> Iterator[Sequence[WaitingLetter]]:
    return (letters[start : start + _LETTERS_PER_CALL] for start in range(0, len(letters), _LETTERS_PER_CALL))


def delete(session: Session, letter: WaitingLetter) -> None:
    """Take a letter out of its queue for good."""
    session.sqs.delete_message(QueueUrl=letter.queue_url, ReceiptHandle=letter.receipt)


def remove(session: Session, kind: str, wanted: Callable[[WaitingLetter], bool]) -> list[WaitingLetter]:
    """Take the wanted letters of one kind out of their queue for good, however many; give the others back."""
    url = queues(session, (kind,))[kind]
    removed, others, waiting = [], [], []
    for letter in _received(session, kind, url):
        if not wanted(letter):
            others.append(letter)
            continue
        removed.append(letter)
        waiting.append(letter)
        # Not after the last was read: no letter is hidden for ever.
        if len(waiting) == _LETTERS_PER_CALL:
            _delete(session, url, waiting)
            waiting = []
    if waiting:
        _delete(session, url, waiting)
    give_back(session, others)
    return removed


def _delete(session: Session, url: str, letters: Sequence[WaitingLetter]) -> None:
    entries = [{"Id": str(number), "ReceiptHandle": letter.receipt} for number, letter in enumerate(letters)]
    session.sqs.delete_message_batch(QueueUrl=url, Entries=entries)  # type: ignore[arg-type]


def _received(session: Session, kind: str, url: str) -> Iterator[WaitingLetter]:
    seen: set[str] = set()
    # A short poll asks only some of SQS's servers, so on AWS a queue counts as read after a long poll found nothing.
    wait = 0 if session.target == "local" else 2
    while True:
        answer = session.sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=_LETTERS_PER_CALL,
            VisibilityTimeout=_HIDDEN_SECONDS,
            WaitTimeSeconds=wait,
            MessageAttributeNames=["All"],
            AttributeNames=["SentTimestamp"],
        )
        fresh = [message for message in answer.get("Messages", []) if message["MessageId"] not in seen]
        if not fresh:
            return
        for message in fresh:
            seen.add(message["MessageId"])
            yield _letter(kind, url, message)


def _letter(kind: str, url: str, message: Mapping[str, Any]) -> WaitingLetter:
    try:
        body = json.loads(message["Body"])
    except ValueError:
        body = {"text": message["Body"]}
    sent = int(message.get("Attributes", {}).get("SentTimestamp", 0))
    return WaitingLetter(
        kind=kind,
        queue_url=url,
        message_id=message["MessageId"],
        receipt=message["ReceiptHandle"],
        since=datetime.fromtimestamp(sent / 1000, UTC),
        body=body if isinstance(body, dict) else {"value": body},
        attributes={
            name: str(value.get("StringValue", "")) for name, value in message.get("MessageAttributes", {}).items()
        },
    )


def _decoded(text: object) -> bytes:
    return base64.b64decode(text) if isinstance(text, str) else b""


def _reason(letter: WaitingLetter) -> str:
    reason = letter.body.get("reason")
    if not isinstance(reason, Mapping):
        return "no reason given"
    return f"{reason.get('code')}: {reason.get('message')}"


def _record(letter: WaitingLetter) -> str:
    source = letter.body.get("source")
    if not isinstance(source, Mapping) or source.get("topic") is None:
        return "an event handed to the consumer directly"
    return f"record {source.get('topic')}-{source.get('partition')} offset {source.get('offset')}"


def _notification(letter: WaitingLetter) -> str:
    body = letter.body
    subject = {
        "workflow": "a whole event",
        "chunk": "a group of bookings",
        "passenger": f"the messages for {body.get('booking_id')}",
        "notification": f"the {' and '.join(body.get('channels') or ['messages'])} for {body.get('booking_id')}",
        "write": f"a note in the table about {body.get('booking_id')}",
    }.get(str(body.get("kind")), str(body.get("kind")))
    return f"{subject}, {body.get('flight_id') or 'no flight named'} ({body.get('event_id')})"


def _target(letter: WaitingLetter) -> str:
    target = letter.attributes.get("TARGET_ARN", "?").split(":", 5)[-1]
    return f"{letter.body.get('detail-type')} for {target}"


def _target_reason(letter: WaitingLetter) -> str:
    code, message = letter.attributes.get("ERROR_CODE", "?"), letter.attributes.get("ERROR_MESSAGE", "")
    tries = letter.attributes.get("RETRY_ATTEMPTS")
    return f"{code}: {message}" + (f" (after {tries} retries)" if tries and tries != "0" else "")


def _stream(letter: WaitingLetter) -> str:
    info = letter.body.get("DDBStreamBatchInfo", {})
    return f"{info.get('batchSize')} table changes from {info.get('startSequenceNumber')}"


def _mapping(letter: WaitingLetter) -> str:
    places = letter.body.get("KafkaBatchInfo", {}).get("recordsInfo", {})
    ranges = [
        f"{name} offsets {place.get('firstRecordOffset')} to {place.get('lastRecordOffset')}"
        for name, place in places.items()
    ]
    return f"records {', '.join(ranges) or '?'}"


def _invocation(letter: WaitingLetter) -> str:
    context = letter.body.get("requestContext") or {}
    function = str(context.get("functionArn", "?")).rsplit(":", 1)[-1]
    return f"{context.get('condition')} after {context.get('approximateInvokeCount')} calls of {function}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


_WHAT = {"records": _record, "notifications": _notification, "targets": _target, "stream": _stream, "mapping": _mapping}
_WHY = {
    "records": _reason,
    "notifications": _reason,
    "targets": _target_reason,
    "stream": _invocation,
    "mapping": _invocation,
}
