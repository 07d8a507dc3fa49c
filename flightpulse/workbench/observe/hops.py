"""The hops of an event on its way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from awskit.kafka.record_positions import KafkaRecord
from flightpulse.workbench.executions.executions import Execution
from flightpulse.workbench.messages.inbox import Message
from flightpulse.workbench.observe.facts import AuditEvent
from flightpulse.workbench.observe.item_changes import StreamedChange
from flightpulse.workbench.observe.payloads import Changes

_NO_CHANGES = Changes()


@dataclass(frozen=True, slots=True)
class ConsumerLine:
    """What the consumer's log says of one record: the line about it, and when that invocation began."""

    at: datetime
    began_at: datetime
    request_id: str
    correlation_id: str
    said: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EventEvidence:
    """Everything that is known of one event, gathered from the services themselves.

    ``event`` is the envelope that was sent. Whatever could not be found is None or empty; the journey then leaves that
    hop out.
    """

    event: Mapping[str, Any]
    record: KafkaRecord | None = None
    consumer: ConsumerLine | None = None
    rule: str = ""
    execution: Execution | None = None
    item_changes: Sequence[StreamedChange] = ()
    messages: Sequence[Message] = ()
    audit: Sequence[AuditEvent] = ()


@dataclass(frozen=True, slots=True)
class Hop:
    """One hop. ``at`` is None where nobody wrote a time down (a rule, an item of a stream with whole seconds).

    ``seconds`` is the time until the next hop that has one (None for hops beside the way, such as the audit), ``share``
    its part (0 to 1) of the time until the last message, None from that message on. ``said`` is one plain sentence.
    ``depth`` is how deep in nested executions and Maps it lies, ``place`` its place when parallel branches are put one
    after the other.
    """

    kind: str
    name: str
    key: str
    at: datetime | None
    said: str = ""
    changes: Changes = _NO_CHANGES
    seconds: float | None = None
    share: float | None = None
    depth: int = 0
    place: int = 0


def total_seconds(hops: Sequence[Hop]) -> float:
    """From the first hop that has a time to the last message, or to the last hop when nobody was told."""
    moments = [hop.at for hop in hops if hop.at is not None]
    told = [hop.at for hop in hops if hop.kind == "message" and hop.at is not None]
    return max(0.0, (max(told or moments) - moments[0]).total_seconds()) if moments else 0.0
