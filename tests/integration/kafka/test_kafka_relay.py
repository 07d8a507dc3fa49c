"""The relay on the embedded broker: crashes, rebalances and outages lose nothing and keep the order."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from awskit.kafka.records import Partition
from awskit.relay import Answer, Kafka, Observer, Poller, StartingPosition, Subscription, Verdict, partitions_of
from flightpulse.errors import UserError
from localcloud import broker
from tests.integration.kafka.relay_process import RelayProcess, read_journal
from tests.integration.kafka.streams import NumberedStream, committed, in_order, nothing_lost
from tests.waiting import PATIENCE_SECONDS, until

PARTITIONS = 6


@pytest.fixture
def kafka() -> Iterator[broker.EmbeddedBroker]:
    with broker.start({"news": PARTITIONS}) as running:
        yield running


class Collector:
    """A function that keeps the values it is given."""

    def __init__(self) -> None:
        self.offsets: list[int] = []

    def __call__(self, event: dict[str, Any]) -> Answer:
        self.offsets += [record["offset"] for records in event["records"].values() for record in records]
        return Answer(Verdict.SUCCEEDED)


class Losses(Observer):
    def __init__(self) -> None:
        self.missing: list[tuple[Partition, int, int]] = []

    def missed(self, partition: Partition, first_offset: int, count: int) -> None:
        self.missing.append((partition, first_offset, count))


@contextmanager
def relaying(
    kafka: broker.EmbeddedBroker, function: Collector, observer: Observer | None = None, **options: Any
) -> Any:
    settings = {"window_seconds": 0.0, "session_timeout_ms": 2000, **options}
    poller = Poller(Subscription(Kafka(kafka.bootstrap), "news", "group", **settings), function, observer=observer)
    thread = threading.Thread(target=poller.run)
    thread.start()
    try:
        yield poller
    finally:
        poller.stop()
        thread.join()


def produce(kafka: broker.EmbeddedBroker, count: int, value: bytes = b"{}") -> None:
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "log_level": 2})
    for _ in range(count):
        producer.produce("news", value, partition=0)
        producer.poll(0)
    assert producer.flush(PATIENCE_SECONDS) == 0


def test_two_relays_share_a_topic_and_one_may_be_killed(kafka: broker.EmbeddedBroker, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    with (
        NumberedStream(kafka.bootstrap, "news", 1500, seconds=6) as stream,
        RelayProcess(kafka.bootstrap, "news", "group", journal, name="first") as first,
    ):
        until(lambda: first.ready)
        with RelayProcess(kafka.bootstrap, "news", "group", journal, name="second") as second:
            until(lambda: second.ready)
            first.kill()
            stream.wait()
            until(lambda: nothing_lost(stream.acknowledged, read_journal(journal)))
            until(lambda: committed(kafka.bootstrap, "news", "group", PARTITIONS) == 1500)
    assert in_order(read_journal(journal))


def test_a_relay_that_is_stopped_repeats_nothing(kafka: broker.EmbeddedBroker, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    with NumberedStream(kafka.bootstrap, "news", 800, seconds=4) as stream:
        with RelayProcess(kafka.bootstrap, "news", "group", journal, milliseconds=20) as relay:
            until(lambda: len(read_journal(journal)) > 100)
            assert relay.terminate() == 0
        with RelayProcess(kafka.bootstrap, "news", "group", journal):
            stream.wait()
            until(lambda: nothing_lost(stream.acknowledged, read_journal(journal)))
    delivered = read_journal(journal)
    assert len(delivered) == 800
    assert in_order(delivered)


def test_an_outage_of_the_broker_is_waited_out(kafka: broker.EmbeddedBroker, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    with (
        NumberedStream(kafka.bootstrap, "news", 600, seconds=4) as stream,
        RelayProcess(kafka.bootstrap, "news", "group", journal),
    ):
        until(lambda: len(read_journal(journal)) > 50)
        kafka.take_down()
        before = len(read_journal(journal))
        threading.Event().wait(1.5)
        kafka.bring_up()
        stream.wait()
        until(lambda: nothing_lost(stream.acknowledged, read_journal(journal)))
        assert len(read_journal(journal)) > before
    assert in_order(read_journal(journal))


def test_records_that_were_dropped_unread_are_reported(kafka: broker.EmbeddedBroker) -> None:
    function, losses = Collector(), Losses()
    produce(kafka, 10)
    with relaying(kafka, function):
        until(lambda: len(function.offsets) == 10)
    produce(kafka, 12, value=b"x" * 900_000)
    with relaying(kafka, function, losses):
        until(lambda: function.offsets[-1] == 21)

    ((partition, first, count),) = losses.missing
    assert (partition, first) == (("news", 0), 10)
    assert sorted(function.offsets) == [*range(10), *range(10 + count, 22)]


def test_latest_means_what_was_latest_when_the_group_began(kafka: broker.EmbeddedBroker) -> None:
    produce(kafka, 5)
    function = Collector()
    ready = threading.Event()

    class Ready(Observer):
        def assigned(self, partitions: int) -> None:
            ready.set()

    with relaying(kafka, function, Ready(), starting_position=StartingPosition.LATEST):
        assert ready.wait(PATIENCE_SECONDS)
    produce(kafka, 3)
    with relaying(kafka, function, starting_position=StartingPosition.LATEST):
        until(lambda: function.offsets == [5, 6, 7])


def test_the_partitions_of_a_topic_are_counted(kafka: broker.EmbeddedBroker) -> None:
    assert partitions_of(Kafka(kafka.bootstrap), "news") == PARTITIONS


def test_an_unknown_topic_is_named_and_not_created(kafka: broker.EmbeddedBroker) -> None:
    for _ in range(2):
        with pytest.raises(UserError, match="no topic 'nothing'"):
            partitions_of(Kafka(kafka.bootstrap), "nothing")


def test_a_broker_that_is_not_there_is_named() -> None:
    with broker.start({}) as gone:
        pass
    with pytest.raises(UserError, match=f"No Kafka broker answers at {gone.bootstrap}: Connection refused"):
        partitions_of(Kafka(gone.bootstrap), "news")


def test_a_broker_without_tls_is_named() -> None:
    with broker.start({}) as plain, pytest.raises(UserError, match=plain.bootstrap):
        partitions_of(Kafka(plain.bootstrap, {"security.protocol": "SSL"}), "news", timeout=3)


def test_settings_that_kafka_does_not_know_are_refused() -> None:
    with pytest.raises(UserError, match="does not accept these settings"):
        partitions_of(Kafka("127.0.0.1:1", {"security.protocol": "SASL"}), "news")
