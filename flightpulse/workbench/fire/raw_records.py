"""Writes any bytes to the topic, and waits for what the consumer says of them."""

import time
from datetime import UTC, datetime

from awskit.kafka.producer import OutgoingRecord
from awskit.kafka.record_positions import Place
from flightpulse.domain.events import TOPIC
from flightpulse.errors import UserError
from flightpulse.workbench.fire import sending
from flightpulse.workbench.observe import consumer_log
from flightpulse.workbench.target.session import Session

_LOOK_AGAIN_SECONDS = 0.2


def send(session: Session, value: bytes | str, key: bytes | str | None, seconds: float) -> tuple[Place, str, str]:
    """The record's place, the consumer's sentence and its reason (empty when it accepted the record).

    Raises UserError when the broker does not take the record, or the consumer says nothing for so many seconds.
    """
    since = datetime.now(UTC)
    report = sending.send_records(session, [OutgoingRecord(_bytes(key), _bytes(value) or b"")])
    (acknowledged,) = report.acknowledged
    place = Place("record", acknowledged.partition, acknowledged.offset, TOPIC)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        line = consumer_log.read(session, since=since).get((place.partition, place.offset))
        if line is not None:
            return place, line.said, line.reason
        time.sleep(_LOOK_AGAIN_SECONDS)
    raise UserError(
        f"The consumer has said nothing about the record at {place} for {seconds:.0f} s.",
        hint=f"Look: {session.command('logs')} --group consumer",
    )


def _bytes(text: bytes | str | None) -> bytes | None:
    return text.encode() if isinstance(text, str) else text
