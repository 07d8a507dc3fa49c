"""Numbered records sent to a topic, and what must be true of their delivery."""

import threading
import time
from collections.abc import Iterable, Sequence
from types import TracebackType

from confluent_kafka import Consumer, TopicPartition

from awskit.kafka.connection import Kafka
from awskit.kafka.producer import OutgoingRecord, RecordProducer
from tests.integration.kafka.relay_process import Delivered
from tests.waiting import PATIENCE_SECONDS

# A broker that is killed and started again may take a minute on a busy machine.


class NumberedStream:
    """Sends ``count`` records in the background, evenly over some seconds, keyed by one of 40 flights."""

    def __init__(self, bootstrap: str, topic: str, count: int, seconds: float) -> None:
        self._producer = RecordProducer(Kafka(bootstrap), topic, delivery_seconds=PATIENCE_SECONDS)
        self._count, self._seconds = count, seconds
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        for number in range(self._count):
            key, value = f"SW{number % 40}".encode(), str(number).encode()
            self._producer.send(OutgoingRecord(key, value, name=str(number)))
            time.sleep(self._seconds / self._count)
        self._producer.flush()

    @property
    def acknowledged(self) -> set[str]:
        return {found.name for found in self._producer.report.acknowledged}

    def wait(self) -> None:
        self._thread.join()
        assert len(self.acknowledged) == self._count, self._producer.report

    def __enter__(self) -> "NumberedStream":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.join()


def nothing_lost(sent: set[str], delivered: Iterable[Delivered]) -> bool:
    return sent <= {found.value for found in delivered}


def in_order(delivered: Sequence[Delivered]) -> bool:
    """Whether every partition's records came in order, repetitions after a takeover left aside."""
    newest: dict[int, int] = {}
    for found in delivered:
        expected = newest.get(found.partition, -1) + 1
        if found.offset > expected:
            return False
        newest[found.partition] = max(newest.get(found.partition, -1), found.offset)
    return True


def committed(bootstrap: str, topic: str, group: str, partitions: int) -> int:
    """How many records a group has committed in all."""
    consumer = Consumer(Kafka(bootstrap).client(**{"group.id": group}))
    try:
        found = consumer.committed(
            [TopicPartition(topic, number) for number in range(partitions)], timeout=PATIENCE_SECONDS
        )
        return sum(max(partition.offset, 0) for partition in found)
    finally:
        consumer.close()
