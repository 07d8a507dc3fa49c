"""When a run's records, executions and messages came: how long, how many at once, how far behind."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from awskit.kafka.record_positions import KafkaRecord
from flightpulse.workbench.observe.facts import Facts
from flightpulse.workbench.show import charts, frames
from flightpulse.workbench.show.charts import ExecutionSpan
from flightpulse.workbench.show.picture import Picture, PictureAndWords
from flightpulse.workbench.show.words import duration

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Latency(PictureAndWords):
    """Seconds from an event's Kafka record to each message about it, in the order of the messages."""

    seconds: tuple[float, ...] = field(repr=False)

    @property
    def p50(self) -> float:
        return charts.percentile(self.seconds, 0.5)

    @property
    def p95(self) -> float:
        return charts.percentile(self.seconds, 0.95)

    def picture(self, target: float | None = None) -> Picture:
        """The empirical distribution; ``target`` (seconds) adds a line."""
        return charts.latency_ecdf(self.seconds, target=target)

    def to_frame(self) -> "pd.DataFrame":
        """One row for each message, with its wait."""
        return frames.frame(({"wait": timedelta(seconds=wait)} for wait in self.seconds), columns=("wait",))

    def __str__(self) -> str:
        return f"{len(self.seconds)} messages: p50 {duration(self.p50)}, p95 {duration(self.p95)}"


@dataclass(frozen=True, slots=True)
class Timing:
    """``run.timing``."""

    facts: Facts = field(repr=False)
    records: Sequence[KafkaRecord] = field(repr=False)

    def latency(self) -> Latency:
        """Seconds from each event's record to its messages."""
        written: dict[str, datetime] = {}
        for record in self.records:
            written.setdefault(record.event_id, record.at)
        for sent in self.facts.sent:
            written.setdefault(sent.event_id, sent.at)
        return Latency(
            tuple((message.at - written[message.event_id]).total_seconds() for message in self.facts.messages)
        )

    def backlog(self) -> Picture:
        """How many records had been sent and how many of their workflows had ended at each moment."""
        ends = [execution.stopped_at for execution in self.facts.handled if execution.stopped_at is not None]
        return charts.backlog([record.at for record in self.records], ends)

    def throughput(self) -> Picture:
        """How many records were sent, and how many messages went out, per second."""
        return charts.throughput(
            [record.at for record in self.records], [message.at for message in self.facts.messages]
        )

    def concurrency(self) -> Picture:
        """When each execution of an event's workflow ran, beside the others."""
        spans = [
            ExecutionSpan(
                f"{execution.flight_id} {execution.detail_type}: {execution.outcome or execution.status}",
                execution.started_at,
                execution.stopped_at,
            )
            for execution in self.facts.handled
            if execution.stopped_at is not None
        ]
        return charts.concurrency(spans)
