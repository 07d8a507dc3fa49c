"""The life of one Kafka consumer: polling, batches in flight, commits, and handing partitions over.

One thread polls and owns all state; invocations run on threads of their own and report back through a queue, so that
the group membership survives long retries and no lock is needed.
"""

import json
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from awskit.kafka.connection import reason
from awskit.kafka.records import MAX_PAYLOAD_BYTES, Keep, Partition, Record, fits, partition_name
from awskit.relay.delivery import Abandoned, Answer, Condition, Delivery, Discarded, Verdict
from awskit.relay.lanes import Batch, Lane, batch_is_due, take_batch
from awskit.relay.positions import Positions
from awskit.relay.subscription import Observer, Subscription

_FETCH_WAIT_MS = 50
_PREFETCH_KILOBYTES = 16 * 1024
_METADATA_REFRESH_MS = 5000
_LONGEST_HEARTBEAT_MS = 3000
_BUSY_POLL_SECONDS = 0.02
_IDLE_POLL_SECONDS = 0.2
_POLLED_AT_ONCE = 1000
_COMMIT_RETRY_SECONDS = 1.0
_PROBE_SECONDS = 2.0
_LAG_SECONDS = 10.0
_REPEAT_SECONDS = 30.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Finished:
    """A batch is done with a lane; None as the offset means that the records were handed back."""

    lane: Lane
    last_offset: int | None


@dataclass(frozen=True, slots=True)
class _FirstAttemptOver:
    pass


_Report = _Finished | _FirstAttemptOver | BaseException


class KafkaTrouble:
    """Says that Kafka is in trouble once, then now and again, and that it is over, however often a relay connects."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._next_line = 0.0
        self.in_trouble = False

    def add(self, why: str) -> None:
        if not self.in_trouble:
            self._observer.waiting(why)
        self.in_trouble = True
        if time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + _REPEAT_SECONDS
            _log.warning("waiting for Kafka: %s", why)

    def over(self) -> None:
        if self.in_trouble:
            self.in_trouble = False
            self._next_line = 0.0
            _log.warning("Kafka answers again")
            self._observer.recovered()


class Session:
    """The life of one consumer. Its methods run on the polling thread, except those whose name begins with `_work`."""

    def __init__(
        self,
        subscription: Subscription,
        delivery: Delivery[Record],
        keep: Keep,
        observer: Observer,
        trouble: KafkaTrouble,
    ) -> None:
        self._subscription = subscription
        self._delivery = delivery
        self._keep = keep
        self._observer = observer
        self._trouble = trouble
        self._positions = Positions(subscription, observer)
        self._lanes: dict[Partition, Lane] = {}
        self._reports: queue.SimpleQueue[_Report] = queue.SimpleQueue()
        self._first_attempts = 0
        self._commit_pending = False
        self._next_commit = 0.0
        self._next_probe = 0.0
        self._next_lag = 0.0
        self._fatal: KafkaError | None = None
        self._hurrying = threading.Event()

    def run(
        self, new_consumer: Callable[[dict[str, Any]], Consumer], stopping: threading.Event, hurrying: threading.Event
    ) -> None:
        self._hurrying = hurrying
        consumer = new_consumer(self._settings())
        try:
            consumer.subscribe(
                [self._subscription.topic], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
            )
            while not stopping.is_set():
                self._poll(consumer)
                self._settle()
                self._steer_fetching(consumer)
                self._launch()
                self._commit(consumer)
                self._probe(consumer)
                self._tell_lag(consumer)
            self._hand_over(consumer, list(self._lanes.values()), self._subscription.shutdown_seconds)
        except KafkaException:
            raise
        except BaseException:
            hurrying.set()
            raise
        finally:
            for lane in self._lanes.values():
                lane.cancelled.set()
            consumer.close()

    def _settings(self) -> dict[str, Any]:
        session_timeout = self._subscription.session_timeout_ms
        return self._subscription.kafka.client(
            **{
                "client.id": "flightpulse-relay",
                "group.id": self._subscription.group_id,
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                # Only reached when the broker has removed what comes next: going on with the oldest loses least.
                "auto.offset.reset": "earliest",
                "partition.assignment.strategy": "cooperative-sticky",
                "session.timeout.ms": session_timeout,
                "heartbeat.interval.ms": min(_LONGEST_HEARTBEAT_MS, session_timeout // 4),
                # The embedded broker answers an empty fetch only after this time, so it bounds the latency.
                "fetch.wait.max.ms": _FETCH_WAIT_MS,
                "queued.max.messages.kbytes": _PREFETCH_KILOBYTES,
                "topic.metadata.refresh.interval.ms": _METADATA_REFRESH_MS,
                "allow.auto.create.topics": False,
                "error_cb": self._on_error,
                "on_commit": self._on_commit,
            }
        )

    def _poll(self, consumer: Consumer) -> None:
        occupied = any(lane.busy or lane.waiting for lane in self._lanes.values())
        message = consumer.poll(_BUSY_POLL_SECONDS if occupied else _IDLE_POLL_SECONDS)
        taken = 0
        while message is not None:
            self._take(consumer, message)
            taken += 1
            message = consumer.poll(0) if taken < _POLLED_AT_ONCE else None
        if self._fatal is not None:
            raise KafkaException(self._fatal)

    def _take(self, consumer: Consumer, message: Message) -> None:
        error = message.error()
        if error is not None:
            self._on_error(error)
            return
        record = Record.of(message)
        lane = self._lanes.get(record.source)
        if lane is None:
            return
        self._trouble.over()
        if record.offset > lane.next_offset:
            self._positions.check_gap(consumer, lane.partition, lane.next_offset, record.offset)
        lane.add(record, time.monotonic())

    def _steer_fetching(self, consumer: Consumer) -> None:
        for lane in self._lanes.values():
            full = lane.full(self._subscription.batch_size)
            if full != lane.paused:
                (consumer.pause if full else consumer.resume)([TopicPartition(*lane.partition)])
                lane.paused = full

    def _launch(self) -> None:
        subscription, lanes = self._subscription, self._lanes.values()
        while self._first_attempts < subscription.concurrency and batch_is_due(
            lanes, batch_size=subscription.batch_size, window=subscription.window_seconds, now=time.monotonic()
        ):
            batch = take_batch(lanes, batch_size=subscription.batch_size)
            self._first_attempts += 1
            threading.Thread(target=self._work, args=(batch,), name="relay-batch", daemon=True).start()

    def _work(self, batch: Batch) -> None:
        """Try a batch once as a whole; what is left of it goes on partition by partition."""
        try:
            pending = {lane: self._work_prepare(lane, records) for lane, records in batch.items()}
            together = [record for records in pending.values() for record in records or ()]
            answer, remaining = self._delivery.attempt(together) if together else (None, [])
        except BaseException as error:  # noqa: BLE001 - a thread must not die unheard: the polling thread raises it
            self._reports.put(error)
            return
        finally:
            self._reports.put(_FirstAttemptOver())
        for lane, records in batch.items():
            last_offset = None if pending[lane] is None else records[-1].offset
            left = [record for record in remaining if record.source == lane.partition]
            if left and answer is not None:
                tried = int(len(left) == len(pending[lane] or ()))
                arguments = (lane, left, answer, tried, last_offset)
                threading.Thread(target=self._work_off, args=arguments, name="relay-retry", daemon=True).start()
            else:
                self._reports.put(_Finished(lane, last_offset))

    def _work_prepare(self, lane: Lane, records: Sequence[Record]) -> list[Record] | None:
        """Leave out what the filter drops, what is too old, and what no invocation can carry; None when cancelled."""
        kept = [record for record in records if self._keep(record)]
        try:
            kept = self._delivery.unexpired(kept, lane.cancelled)
            if self._delivery.destination is not None:
                for record in [record for record in kept if self._too_large(record)]:
                    self._delivery.discard(Discarded((record,), Condition.TOO_LARGE, 0, None), lane.cancelled)
                    kept.remove(record)
        except Abandoned:
            return None
        return kept

    def _too_large(self, record: Record) -> bool:
        if fits(record.payload_bytes):
            return False
        return len(json.dumps(self._delivery.source.event([record]))) > MAX_PAYLOAD_BYTES

    def _work_off(
        self, lane: Lane, records: Sequence[Record], answer: Answer, tried: int, last_offset: int | None
    ) -> None:
        try:
            if answer.verdict is Verdict.NOT_INVOKED:
                self._delivery.deliver_later(records, lane.cancelled)
            else:
                self._delivery.retry(records, answer, lane.cancelled, tried=tried)
            self._reports.put(_Finished(lane, last_offset))
        except Abandoned:
            self._reports.put(_Finished(lane, None))
        except BaseException as error:  # noqa: BLE001 - as above
            self._reports.put(error)

    def _settle(self, timeout: float = 0.0) -> None:
        """Take note of what the workers report, waiting at most so long for the first report."""
        try:
            report = self._reports.get(timeout=timeout) if timeout else self._reports.get_nowait()
            while True:
                self._note(report)
                report = self._reports.get_nowait()
        except queue.Empty:
            return

    def _note(self, report: _Report) -> None:
        match report:
            case _Finished(lane, last_offset):
                lane.busy = False
                if last_offset is not None:
                    lane.done = last_offset + 1
            case _FirstAttemptOver():
                self._first_attempts -= 1
            case BaseException() as error:
                raise error

    def _commit(self, consumer: Consumer) -> None:
        """Send the offsets that moved, one request at a time. What fails is sent again."""
        if self._commit_pending or time.monotonic() < self._next_commit:
            return
        offsets = _uncommitted(self._lanes.values())
        if offsets:
            consumer.commit(offsets=offsets, asynchronous=True)
            self._commit_pending = True

    def _on_commit(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        self._commit_pending = False
        for partition in partitions:
            trouble = error or partition.error
            lane = self._lanes.get((partition.topic, partition.partition))
            if trouble is not None:
                self._next_commit = time.monotonic() + _COMMIT_RETRY_SECONDS
                _log.info("commit of %s refused: %s", partition_name((partition.topic, partition.partition)), trouble)
            elif lane is not None:
                lane.committed = partition.offset

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        starts = self._positions.starts(consumer, partitions) if partitions else []
        for start in starts:
            # An offset that the broker does not know yet goes out with the next commit.
            done = None if start.settled else start.offset
            self._lanes[start.partition] = Lane(start.partition, next_offset=start.offset, done=done)
        assigned = [TopicPartition(start.partition[0], start.partition[1], start.offset) for start in starts]
        consumer.incremental_assign(assigned)
        # A partition that was paused when it went away comes back paused.
        consumer.resume(assigned)
        self._trouble.over()
        self._observer.assigned(len(self._lanes))
        _log.info("%d partitions of %s assigned", len(self._lanes), self._subscription.topic)

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        leaving = [self._lanes[key] for key in _keys(partitions) if key in self._lanes]
        self._hand_over(consumer, leaving, self._subscription.handover_seconds)
        self._forget(leaving)

    def _on_lost(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        """Others own these partitions already: nothing may be committed for them."""
        lost = [self._lanes[key] for key in _keys(partitions) if key in self._lanes]
        for lane in lost:
            lane.cancelled.set()
        self._forget(lost)
        _log.warning("lost %d partitions: their running batches will be delivered again", len(lost))

    def _forget(self, lanes: Sequence[Lane]) -> None:
        for lane in lanes:
            del self._lanes[lane.partition]
        self._observer.assigned(len(self._lanes))

    def _hand_over(self, consumer: Consumer, lanes: Sequence[Lane], patience: float) -> None:
        """End the work on these lanes and commit what succeeded."""
        for lane in lanes:
            lane.cancelled.set()
        deadline = time.monotonic() + patience
        while any(lane.busy for lane in lanes) and time.monotonic() < deadline and not self._hurrying.is_set():
            self._settle(timeout=0.1)
        self._settle()
        offsets = _uncommitted(lanes)
        if not offsets:
            return
        try:
            consumer.commit(offsets=offsets, asynchronous=False)
        except KafkaException as error:
            _log.warning("processed records will be delivered again, because a commit failed: %s", reason(error))
        else:
            for lane in lanes:
                lane.committed = lane.done

    def _on_error(self, error: KafkaError) -> None:
        if error.fatal():
            self._fatal = error
        elif error.code() != KafkaError._PARTITION_EOF:
            self._trouble.add(error.str())

    def _tell_lag(self, consumer: Consumer) -> None:
        """Say how far behind we are, by the ends of the partitions that came with the last fetch."""
        now = time.monotonic()
        if not self._lanes or now < self._next_lag:
            return
        self._next_lag = now + _LAG_SECONDS
        lags = []
        for lane in self._lanes.values():
            ends = consumer.get_watermark_offsets(TopicPartition(*lane.partition), timeout=0, cached=True)
            if ends and ends[1] >= 0:
                processed = lane.next_offset - lane.waiting if lane.done is None else lane.done
                lags.append(max(0, ends[1] - processed))
        if lags:
            self._observer.behind(sum(lags))

    def _probe(self, consumer: Consumer) -> None:
        """Notice that a broker is back although no record comes."""
        now = time.monotonic()
        if not self._trouble.in_trouble or now < self._next_probe:
            return
        self._next_probe = now + _PROBE_SECONDS
        try:
            topic = consumer.list_topics(self._subscription.topic, timeout=0.5).topics.get(self._subscription.topic)
        except KafkaException:
            return
        if topic is not None and topic.error is None and self._lanes:
            self._trouble.over()


def _keys(partitions: Sequence[TopicPartition]) -> list[Partition]:
    return [(partition.topic, partition.partition) for partition in partitions]


def _uncommitted(lanes: Iterable[Lane]) -> list[TopicPartition]:
    return [
        TopicPartition(lane.partition[0], lane.partition[1], lane.done)
        for lane in lanes
        if lane.done is not None and lane.done != lane.committed
    ]
