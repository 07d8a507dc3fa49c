"""Polls a Kafka topic and invokes a function with what it finds, as Lambda's event source mapping does.

How records are kept safe:

- An offset is committed only after the function succeeded or the on-failure destination took the record, so that a
  crash at any point repeats records and never skips any.
- Within a partition the next batch waits for the one before it. A batch that fails is split by partition, and each
  partition is retried by itself: one bad record holds up its own partition only, not the others of its batch.
- The polling thread never waits for a function, so the group membership survives long retries.
- A partition that is taken away is handed over cleanly: its retries end, a running invocation is waited for a while,
  and only what succeeded is committed. A result that comes later is dropped, because the partition has a new owner.
"""

import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

from confluent_kafka import Consumer, KafkaException

from awskit.kafka.connection import reason
from awskit.kafka.records import Keep, Record, describe, failed_identifier, kafka_event, partition_name
from awskit.relay.delivery import Answer, Delivery, Destination, Invoke, Source
from awskit.relay.session import KafkaTrouble, Session
from awskit.relay.subscription import Observer, Subscription

_SESSION_RETRY_SECONDS = 2.0


class Poller:
    """A relay. `run` works until `stop` is called from another thread or a signal handler."""

    def __init__(
        self,
        subscription: Subscription,
        invoke: Invoke,
        *,
        destination: Destination[Record] | None = None,
        keep: Keep | None = None,
        observer: Observer | None = None,
        new_consumer: Callable[[dict[str, Any]], Consumer] = Consumer,
    ) -> None:
        self._subscription = subscription
        self._invoke = invoke
        self._destination = destination
        self._keep = keep or _keep_all
        self._observer = observer or Observer()
        self._new_consumer = new_consumer
        self._stopping = threading.Event()
        self._hurrying = threading.Event()
        self._slots = threading.Semaphore(subscription.concurrency)

    def run(self) -> None:
        """Poll until stopped. A broker that goes away is waited for; programming errors are raised."""
        trouble = KafkaTrouble(self._observer)
        while not self._stopping.is_set():
            session = Session(self._subscription, self._delivery(), self._keep, self._observer, trouble)
            try:
                session.run(self._new_consumer, self._stopping, self._hurrying)
            except KafkaException as error:
                trouble.add(reason(error))
                self._stopping.wait(_SESSION_RETRY_SECONDS)

    def stop(self) -> None:
        """Finish the invocations that are running, commit what succeeded, leave the group."""
        self._stopping.set()

    def hurry(self) -> None:
        """Stop without waiting for running invocations: their records will be delivered again."""
        self._hurrying.set()
        self._stopping.set()

    def _delivery(self) -> Delivery[Record]:
        source: Source[Record] = Source(
            event=partial(kafka_event, self._subscription.kafka.bootstrap),
            lane=lambda record: record.source,
            identifier=lambda record: (partition_name(record.source), record.offset),
            read_identifier=failed_identifier,
            timestamp=lambda record: record.timestamp_ms / 1000,
            describe=describe,
        )
        return Delivery(source, self._measured_invoke, self._subscription.policy, self._destination)

    def _measured_invoke(self, event: dict[str, Any]) -> Answer:
        with self._slots:
            started = time.monotonic()
            answer = self._invoke(event)
            seconds = time.monotonic() - started
        self._observer.invoked(sum(map(len, event["records"].values())), seconds, answer)
        return answer


def run_until_signal(poller: Poller) -> None:
    """Run a relay on the main thread. The first signal stops it cleanly, a second one does not wait any longer."""
    stopping = False

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        (poller.hurry if stopping else poller.stop)()
        stopping = True

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        poller.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _keep_all(_: Record) -> bool:
    return True
