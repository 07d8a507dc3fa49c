"""Stand-ins for what the relay works with: a Kafka consumer, a function, time and a stop signal."""

import queue
import threading
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from confluent_kafka import TIMESTAMP_CREATE_TIME, KafkaError, KafkaException, TopicPartition

from awskit.kafka.records import Record
from awskit.relay import Answer, Kafka, Poller, RetryPolicy, Subscription, Verdict
from tests.waiting import PATIENCE_SECONDS

TOPIC = "flight-operations"
SUCCEEDED = Answer(Verdict.SUCCEEDED)
FAILED = Answer(Verdict.FAILED, error="ValueError: no")
THROTTLED = Answer(Verdict.NOT_INVOKED, error="throttled")


def record(offset: int, partition: int = 0, value: bytes | None = b"{}", **fields: Any) -> Record:
    known = {"timestamp_ms": 1_000 * offset, "timestamp_type": "CREATE_TIME", "key": b"SW1234"}
    return Record(TOPIC, partition, offset, value=value, **{**known, **fields})


class StopAfter:
    """A stop signal that notes how long it was waited for, and is set after so many waits."""

    def __init__(self, waits: int = 1_000) -> None:
        self.waits: list[float] = []
        self._left = waits

    def is_set(self) -> bool:
        return self._left <= 0

    def wait(self, timeout: float) -> bool:
        self.waits.append(timeout)
        self._left -= 1
        return self.is_set()


class Function:
    """A function whose answers are decided by `answer(offsets)`; `calls` has the offsets of every invocation."""

    def __init__(self, answer: Callable[[list[int]], Answer] = lambda _: SUCCEEDED) -> None:
        self.calls: list[list[int]] = []
        self._answer = answer

    def __call__(self, event: dict[str, Any]) -> Answer:
        offsets = [entry["offset"] for entries in event["records"].values() for entry in entries]
        self.calls.append(offsets)
        return self._answer(offsets)


class FakeMessage:
    """What a consumer polls."""

    def __init__(self, offset: int, partition: int = 0, value: bytes = b"{}", error: KafkaError | None = None) -> None:
        self._offset, self._partition, self._value, self._error = offset, partition, value, error

    def error(self) -> KafkaError | None:
        return self._error

    def topic(self) -> str:
        return TOPIC

    def partition(self) -> int:
        return self._partition

    def offset(self) -> int:
        return self._offset

    def timestamp(self) -> tuple[int, int]:
        return TIMESTAMP_CREATE_TIME, 1_000

    def key(self) -> bytes:
        return b"SW1234"

    def value(self) -> bytes:
        return self._value

    def headers(self) -> None:
        return None


class FakeConsumer:
    """A consumer whose broker is the test: `deliver` messages, `assign`, `revoke` and `lose` partitions."""

    def __init__(self, low: int = 0, high: int = 100, committed: int | None = None) -> None:
        self.commits: list[dict[int, int]] = []
        self.paused: list[int] = []
        self.resumed: list[int] = []
        self.starts: dict[int, int] = {}
        self.settings: dict[str, Any] = {}
        self.closed = threading.Event()
        self.low, self.high, self.known = low, high, committed
        self.refuse_commits = 0
        self.refuse_offsets = 0
        self.answers = False
        self.asked = 0
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._owned: set[int] = set()

    def __call__(self, settings: dict[str, Any]) -> Any:
        self.settings = settings
        return self

    def subscribe(self, topics: Sequence[str], **callbacks: Any) -> None:
        self._callbacks = callbacks

    def deliver(self, *messages: FakeMessage) -> None:
        for message in messages:
            self._inbox.put(message)

    def assign(self, *partitions: int) -> None:
        self._inbox.put(lambda: self._callbacks["on_assign"](self, _partitions(partitions)))

    def revoke(self, *partitions: int) -> threading.Event:
        return self._gone("on_revoke", partitions)

    def lose(self, *partitions: int) -> threading.Event:
        return self._gone("on_lost", partitions)

    def fail(self, error: KafkaException) -> None:
        self._inbox.put(error)

    def poll(self, timeout: float) -> Any:
        try:
            item = self._inbox.get(timeout=timeout) if timeout else self._inbox.get_nowait()
        except queue.Empty:
            return None
        if isinstance(item, KafkaException):
            raise item
        if isinstance(item, FakeMessage):
            return item
        item()
        return None

    def commit(self, offsets: list[TopicPartition], asynchronous: bool) -> None:
        refused = self.refuse_commits > 0
        self.refuse_commits -= refused
        error = KafkaError(KafkaError._TRANSPORT) if refused else None
        if not refused:
            self.commits.append({found.partition: found.offset for found in offsets})
        if asynchronous:
            self._inbox.put(lambda: self.settings["on_commit"](error, offsets))
        elif error is not None:
            raise KafkaException(error)

    def committed(self, partitions: list[TopicPartition], timeout: float) -> list[Any]:
        refused = self.refuse_offsets > 0
        self.refuse_offsets -= refused
        error = KafkaError(KafkaError.COORDINATOR_NOT_AVAILABLE) if refused else None
        offset = -1001 if self.known is None else self.known
        return [
            SimpleNamespace(topic=TOPIC, partition=found.partition, offset=offset, error=error) for found in partitions
        ]

    def get_watermark_offsets(self, partition: TopicPartition, timeout: float, cached: bool = False) -> tuple[int, int]:
        return self.low, self.high

    def offsets_for_times(self, partitions: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        return [TopicPartition(TOPIC, found.partition, found.offset // 1000) for found in partitions]

    def incremental_assign(self, partitions: list[TopicPartition]) -> None:
        self.resumed.clear()
        self.starts |= {found.partition: found.offset for found in partitions}
        self._owned |= {found.partition for found in partitions}

    def pause(self, partitions: list[TopicPartition]) -> None:
        self.paused += [found.partition for found in partitions]

    def resume(self, partitions: list[TopicPartition]) -> None:
        self.resumed += [found.partition for found in partitions]

    def complain(self) -> None:
        """Say, as librdkafka does, that a broker is away."""
        self._inbox.put(lambda: self.settings["error_cb"](KafkaError(KafkaError._TRANSPORT)))

    def turn(self) -> threading.Event:
        """Set when the relay polls next."""
        over = threading.Event()
        self._inbox.put(over.set)
        return over

    def list_topics(self, topic: str, timeout: float) -> Any:
        self.asked += 1
        if not self.answers:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))
        return SimpleNamespace(topics={topic: SimpleNamespace(error=None)})

    def close(self) -> None:
        if self._owned:
            self._callbacks["on_revoke"](self, _partitions(self._owned))
        self.closed.set()

    def _gone(self, callback: str, partitions: Sequence[int]) -> threading.Event:
        over = threading.Event()

        def call() -> None:
            self._owned -= set(partitions)
            self._callbacks[callback](self, _partitions(partitions))
            over.set()

        self._inbox.put(call)
        return over


def _partitions(numbers: Any) -> list[TopicPartition]:
    return [TopicPartition(TOPIC, number) for number in numbers]


class RunningPoller:
    """A poller on a thread, with a fake consumer; stops when the test ends."""

    def __init__(self, consumer: FakeConsumer, function: Callable[[dict[str, Any]], Answer], **options: Any) -> None:
        settings = {"batch_size": 10, "window_seconds": 0.0, "shutdown_seconds": 1.0, "handover_seconds": 1.0}
        ports = {name: options.pop(name) for name in ("destination", "keep", "observer") if name in options}
        policy = options.pop("policy", RetryPolicy(first_back_off=0.01, longest_back_off=0.01))
        subscription = Subscription(Kafka("broker:9092"), TOPIC, "group", policy=policy, **{**settings, **options})
        self.consumer = consumer
        self.poller = Poller(subscription, function, new_consumer=consumer, **ports)
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "RunningPoller":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.poller.hurry()
        self.join()

    def join(self) -> None:
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self.poller.run()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.error = error
