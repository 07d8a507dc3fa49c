"""Sends operations events, and records that are none, to the broker of a session."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from awskit.kafka.connection import Kafka
from awskit.kafka.producer import AfterEach, OutgoingRecord, Report, check, connect, send_all
from flightpulse.domain.events import TOPIC
from flightpulse.workbench.target.session import Session
from simulator import events


def prepare(session: Session) -> None:
    """Connect ahead of the first events, which then need not wait for it."""
    connect(Kafka(session.broker))


def send(session: Session, some_events: Iterable[Mapping[str, Any]], *, correlation_id: str | None = None) -> Report:
    """Send events in their order. Raises UserError unless the broker has them all."""
    return send_records(session, events.records(some_events, correlation_id=correlation_id))


def send_records(
    session: Session,
    records: Iterable[OutgoingRecord],
    *,
    after_each: AfterEach = lambda _producer, _number: None,
    held: Callable[[], bool] = lambda: False,
) -> Report:
    """Send records in their order, each when it is due. Raises UserError unless the broker has them all."""
    report = send_all(Kafka(session.broker), TOPIC, records, after_each=after_each, held=held)
    check(report)
    return report
