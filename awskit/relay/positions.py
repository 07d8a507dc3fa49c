"""Where reading a partition begins, and whether the broker removed records before they were read."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from awskit.kafka.records import Partition, partition_name
from awskit.relay.subscription import Observer, StartingPosition, Subscription

_REQUEST_SECONDS = 10.0
_SECONDS_BETWEEN_GAP_CHECKS = 1.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Start:
    """Where a partition is read from. ``settled`` unless the broker still has to be told."""

    partition: Partition
    offset: int
    settled: bool


class Positions:
    """Finds offsets for one consumer. Its methods raise `KafkaException` when the broker does not answer."""

    def __init__(self, subscription: Subscription, observer: Observer) -> None:
        self._subscription = subscription
        self._observer = observer
        self._next_gap_check = 0.0

    def starts(self, consumer: Consumer, partitions: Sequence[TopicPartition]) -> list[Start]:
        """The committed offsets, or the starting position where there is none.

        A starting position is committed at once, so that LATEST and AT_TIMESTAMP still mean the same after a restart.
        """
        starts, fresh = [], []
        for known in consumer.committed(list(partitions), timeout=_REQUEST_SECONDS):
            if known.error is not None:
                raise KafkaException(known.error)
            partition = (known.topic, known.partition)
            low, high = self._watermarks(consumer, partition)
            if known.offset >= 0:
                if known.offset < low:
                    self._report(partition, known.offset, low)
                starts.append(Start(partition, max(known.offset, low), settled=True))
            else:
                fresh.append((partition, self._chosen(consumer, partition, low, high)))
        settled = self._subscription.starting_position is StartingPosition.TRIM_HORIZON or self._settle(consumer, fresh)
        return starts + [Start(partition, offset, settled) for partition, offset in fresh]

    def _settle(self, consumer: Consumer, fresh: Sequence[tuple[Partition, int]]) -> bool:
        if not fresh:
            return True
        try:
            consumer.commit(
                offsets=[TopicPartition(topic, number, offset) for (topic, number), offset in fresh], asynchronous=False
            )
        except KafkaException as error:
            # A rebalance that goes on may refuse it: it is sent again with the next commit.
            _log.info("the starting position is not committed yet: %s", error)
            return False
        return True

    def check_gap(self, consumer: Consumer, partition: Partition, expected: int, offset: int) -> None:
        """Tell records that retention removed from the gaps that transactions and compaction leave.

        Asks the broker at most once a second, because transactions leave a gap each.
        """
        now = time.monotonic()
        if now < self._next_gap_check:
            return
        self._next_gap_check = now + _SECONDS_BETWEEN_GAP_CHECKS
        low, _ = self._watermarks(consumer, partition)
        if low > expected:
            self._report(partition, expected, min(low, offset))

    def _chosen(self, consumer: Consumer, partition: Partition, low: int, high: int) -> int:
        match self._subscription.starting_position:
            case StartingPosition.TRIM_HORIZON:
                return low
            case StartingPosition.LATEST:
                return high
            case StartingPosition.AT_TIMESTAMP:
                topic, number = partition
                wanted = TopicPartition(topic, number, self._subscription.starting_timestamp_ms)
                (found,) = consumer.offsets_for_times([wanted], timeout=_REQUEST_SECONDS)
                return found.offset if found.offset >= 0 else high

    def _watermarks(self, consumer: Consumer, partition: Partition) -> tuple[int, int]:
        found = consumer.get_watermark_offsets(TopicPartition(*partition), timeout=_REQUEST_SECONDS)
        if found is None:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        return found

    def _report(self, partition: Partition, first: int, end: int) -> None:
        _log.error(
            "%s: the broker removed %d records (offsets %d to %d) before they were read: its retention is too short",
            partition_name(partition),
            end - first,
            first,
            end - 1,
        )
        self._observer.missed(partition, first, end - first)
