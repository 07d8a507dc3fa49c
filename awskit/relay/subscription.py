"""What a relay polls and how it batches and retries; what it tells its owner."""

from dataclasses import dataclass, field
from enum import StrEnum

from awskit.kafka.connection import Kafka
from awskit.kafka.records import Partition
from awskit.relay.delivery import Answer, RetryPolicy


class StartingPosition(StrEnum):
    """Where a consumer group without committed offsets begins."""

    TRIM_HORIZON = "TRIM_HORIZON"
    LATEST = "LATEST"
    AT_TIMESTAMP = "AT_TIMESTAMP"


@dataclass(frozen=True, slots=True)
class Subscription:
    """One mapping of a topic to a function. The defaults are Lambda's.

    `concurrency` is the number of invocations at the same time; partitions that are retried do not count until they
    invoke again. `handover_seconds` bounds the wait for a running invocation when its partition is taken away,
    `shutdown_seconds` when the relay stops.
    """

    kafka: Kafka
    topic: str
    group_id: str
    starting_position: StartingPosition = StartingPosition.TRIM_HORIZON
    starting_timestamp_ms: int = 0
    batch_size: int = 100
    window_seconds: float = 0.5
    concurrency: int = 1
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    session_timeout_ms: int = 10_000
    handover_seconds: float = 20.0
    shutdown_seconds: float = 30.0


class Observer:
    """What a relay tells its owner. Every method may be called from any thread; none must block."""

    def assigned(self, partitions: int) -> None:
        """The number of partitions that are now ours."""

    def invoked(self, records: int, seconds: float, answer: Answer) -> None:
        """One invocation ended."""

    def behind(self, records: int) -> None:
        """How many records of our partitions are not processed yet; said every ten seconds."""

    def waiting(self, why: str) -> None:
        """Kafka does not answer; the relay waits."""

    def recovered(self) -> None:
        """Kafka answers again."""

    def missed(self, partition: Partition, first_offset: int, count: int) -> None:
        """The broker removed records (retention) before they were read. `_log` has said so already."""
