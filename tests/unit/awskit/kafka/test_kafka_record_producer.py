"""What a producer reports about the records it was given."""

import signal
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from awskit.kafka import producer
from awskit.kafka.connection import Kafka
from awskit.kafka.producer import Acknowledged, Failed, OutgoingRecord, RecordProducer, Report, check, fates

RECORD = OutgoingRecord(b"SW1234", b"{}", {}, "evt-1")
QUEUED, IN_FLIGHT = "queued", "in flight"


class FakeMessage:
    def partition(self) -> int:
        return 3

    def offset(self) -> int:
        return 17


class FakeBroker:
    """A librdkafka producer whose broker the test plays: records wait until `acknowledge` or a purge."""

    def __init__(self) -> None:
        self.settings: dict[str, Any] = {}
        self.records: list[dict[str, Any]] = []
        self.refuse: Exception | None = None
        self.full = 0
        self.on_poll: Callable[[], None] = lambda: None
        self._waiting: list[tuple[str, Any]] = []

    def __call__(self, settings: dict[str, Any]) -> Any:
        self.settings = settings
        return self

    def produce(self, topic: str, *, on_delivery: Any, **record: Any) -> None:
        if self.full:
            self.full -= 1
            raise BufferError
        if self.refuse is not None:
            raise self.refuse
        self.records.append({"topic": topic, **record})
        self._waiting.append((QUEUED, on_delivery))

    def poll(self, timeout: float) -> None:
        self.on_poll()

    def flush(self, timeout: float) -> None:
        self.on_poll()

    def send_first(self) -> None:
        """The oldest record leaves for the broker."""
        self._waiting[0] = (IN_FLIGHT, self._waiting[0][1])

    def acknowledge(self, error: int | None = None) -> None:
        for _, on_delivery in self._taken(lambda _: True):
            on_delivery(None if error is None else KafkaError(error), FakeMessage())

    def purge(self, *, in_queue: bool, in_flight: bool, blocking: bool) -> None:
        for _, on_delivery in self._taken(lambda state: in_queue and state == QUEUED):
            on_delivery(KafkaError(KafkaError._PURGE_QUEUE), FakeMessage())
        for _, on_delivery in self._taken(lambda state: in_flight and state == IN_FLIGHT):
            on_delivery(KafkaError(KafkaError._PURGE_INFLIGHT), FakeMessage())

    def _taken(self, which: Callable[[str], bool]) -> list[tuple[str, Any]]:
        taken = [entry for entry in self._waiting if which(entry[0])]
        self._waiting = [entry for entry in self._waiting if not which(entry[0])]
        return taken


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> FakeBroker:
    monkeypatch.setattr("awskit.kafka.producer._LAST_WORDS_SECONDS", 0.0)
    return FakeBroker()


def producing(broker: FakeBroker) -> RecordProducer:
    return RecordProducer(Kafka("broker:9092"), "flights", new_producer=broker)


def test_records_are_written_durably_once_and_in_order(broker: FakeBroker) -> None:
    producing(broker)
    assert broker.settings["acks"] == "all"
    assert broker.settings["enable.idempotence"] is True
    assert broker.settings["partitioner"] == "murmur2_random"


def test_leaving_waits_for_every_acknowledgement(broker: FakeBroker) -> None:
    with producing(broker) as producer:
        producer.send(RECORD)
        assert producer.report.acknowledged == []
        broker.on_poll = broker.acknowledge
    assert producer.report.acknowledged == [Acknowledged("evt-1", 3, 17)]


def test_progress_counts_acknowledgements(broker: FakeBroker) -> None:
    progress: list[tuple[int, int]] = []
    producer = producing(broker)
    producer.send(RECORD)
    producer.send(RECORD)
    broker.on_poll = broker.acknowledge
    producer.flush(lambda acknowledged, of: progress.append((acknowledged, of)))
    assert progress[-1] == (2, 2)


def test_a_full_queue_makes_the_producer_wait(broker: FakeBroker) -> None:
    broker.full = 3
    producing(broker).send(RECORD)
    assert len(broker.records) == 1


def test_a_record_that_the_broker_refuses_is_reported(broker: FakeBroker) -> None:
    producer = producing(broker)
    producer.send(RECORD)
    broker.on_poll = lambda: broker.acknowledge(KafkaError._MSG_TIMED_OUT)
    (failed,) = producer.flush().failed
    assert failed.name == "evt-1"


def test_a_record_that_is_too_large_is_reported_at_once(broker: FakeBroker) -> None:
    broker.refuse = KafkaException(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE))
    producer = producing(broker)
    producer.send(RECORD)
    assert len(producer.report.failed) == 1


def test_an_interrupt_takes_back_what_was_not_sent_and_tells_the_rest(broker: FakeBroker) -> None:
    producer = producing(broker)

    def send_until_interrupted() -> None:
        with producer:
            producer.send(replace(RECORD, name="acknowledged"))
            broker.acknowledge()
            producer.send(replace(RECORD, name="on its way"))
            broker.send_first()
            producer.send(replace(RECORD, name="waiting"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send_until_interrupted()

    report = producer.report
    assert [found.name for found in report.acknowledged] == ["acknowledged"]
    assert (report.purged, report.unknown, report.failed) == (["waiting"], ["on its way"], [])


def test_an_interrupt_ends_a_pause_and_the_next_event_is_never_handed_over(broker: FakeBroker) -> None:
    def replay() -> None:
        with producing(broker) as producer:
            producer.send(RECORD)
            broker.acknowledge()
            broker.on_poll = lambda: signal.raise_signal(signal.SIGINT)
            producer.pause(60)
            producer.send(replace(RECORD, name="never"))

    with pytest.raises(KeyboardInterrupt):
        replay()

    assert len(broker.records) == 1


@pytest.fixture
def clients(broker: FakeBroker, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The settings of each client that sendings make on the test's broker."""
    made: list[dict[str, Any]] = []

    def client(settings: dict[str, Any]) -> Any:
        made.append(settings)
        return broker(settings)

    monkeypatch.setattr(producer, "partitions_of", lambda *_: 3)
    monkeypatch.setattr(producer, "Producer", client)
    monkeypatch.setattr(producer, "_idle", defaultdict(list))
    return made


def test_one_sending_after_another_uses_the_same_client(broker: FakeBroker, clients: list[dict[str, Any]]) -> None:
    broker.on_poll = broker.acknowledge

    producer.connect(Kafka("broker:9092"))
    for _ in range(2):
        producer.send_all(Kafka("broker:9092"), "flights", [RECORD])

    assert len(broker.records) == 2
    assert len(clients) == 1


def test_a_sending_to_another_cluster_or_beside_another_has_a_client_of_its_own(
    broker: FakeBroker, clients: list[dict[str, Any]]
) -> None:
    broker.on_poll = broker.acknowledge

    def send_another(_producer: RecordProducer, _number: int) -> None:
        producer.send_all(Kafka("broker:9092"), "flights", [RECORD])

    producer.send_all(Kafka("broker:9092"), "flights", [RECORD], after_each=send_another)
    producer.send_all(Kafka("other:9092"), "flights", [RECORD])

    assert [settings["bootstrap.servers"] for settings in clients] == ["broker:9092", "broker:9092", "other:9092"]


def test_after_a_loss_the_next_sending_has_a_new_client(broker: FakeBroker, clients: list[dict[str, Any]]) -> None:
    broker.on_poll = lambda: broker.acknowledge(KafkaError._MSG_TIMED_OUT)

    for _ in range(2):
        producer.send_all(Kafka("broker:9092"), "flights", [RECORD])

    assert len(clients) == 2


@pytest.mark.usefixtures("clients")
def test_what_is_held_back_is_waited_for_and_not_asked_for_all_the_time(
    broker: FakeBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(RecordProducer, "pause", lambda _self, seconds: pauses.append(seconds))
    broker.on_poll = broker.acknowledge

    report = producer.send_all(Kafka("broker:9092"), "flights", [RECORD], held=lambda: len(pauses) < 3)

    assert len(pauses) == 3
    assert all(seconds > 0 for seconds in pauses)
    assert len(report.acknowledged) == 1


def test_a_report_without_losses_passes() -> None:
    check(Report(acknowledged=[Acknowledged("evt-1", 0, 0)]))


@pytest.mark.parametrize(
    "report", [Report(failed=[Failed("evt-1", "timed out")]), Report(purged=["evt-1"]), Report(unknown=["evt-1"])]
)
def test_a_report_with_losses_is_an_error(report: Report) -> None:
    with pytest.raises(Exception, match="Not every event was sent"):
        check(report)


def test_fates_are_told_in_words() -> None:
    report = Report(acknowledged=[Acknowledged("a", 0, 0)] * 3, purged=["b", "c"], failed=[Failed("d", "x")])
    assert fates(report) == "3 acknowledged, 1 refused, 2 never sent"
