"""The embedded broker serves Kafka clients of more than one make, on the loopback interface only."""

import json
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import kafka as kafka_python
import psutil
import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from localcloud import broker
from tests.waiting import PATIENCE_SECONDS

EVENT = {
    "event_id": "evt-0123456789abcdef0123456789abcdef",
    "event_type": "FLIGHT_DELAY",
    "timestamp": "2026-11-23T08:00:00.000Z",
    "source": "operations_center",
    "payload": {
        "flight_id": "SW1234",
        "delay_minutes": 25,
        "reason": "WEATHER",
        "reason_detail": "Thunderstorms over Dallas slow departures",
        "new_departure": "2026-12-01T08:40:00-06:00",
        "new_arrival": "2026-12-01T10:00:00-08:00",
    },
}


@pytest.fixture(scope="module")
def kafka() -> Iterator[broker.EmbeddedBroker]:
    with broker.start({"flight-operations": 5, "other": 1}) as running:
        yield running


def address(kafka: broker.EmbeddedBroker) -> tuple[str, int]:
    host, port = kafka.bootstrap.split(":")
    return host, int(port)


def producing(kafka: broker.EmbeddedBroker, **settings: Any) -> Producer:
    return Producer({"bootstrap.servers": kafka.bootstrap, "log_level": 0, **settings})


def consuming(kafka: broker.EmbeddedBroker, group: str, topic: str) -> Consumer:
    consumer = Consumer(
        {
            "bootstrap.servers": kafka.bootstrap,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "session.timeout.ms": 2000,
            "log_level": 0,
        }
    )
    consumer.subscribe([topic])
    return consumer


def admin(kafka: broker.EmbeddedBroker) -> AdminClient:
    return AdminClient({"bootstrap.servers": kafka.bootstrap, "log_level": 0})


def values(consumer: Consumer, count: int) -> list[bytes]:
    found: list[bytes] = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(found) < count and time.monotonic() < deadline:
        message = consumer.poll(0.1)
        if message is not None and not message.error():
            found.append(message.value() or b"")
    return found


def test_it_listens_on_the_loopback_interface_only(kafka: broker.EmbeddedBroker) -> None:
    _, port = address(kafka)
    listening = [
        connection.laddr.ip
        for connection in psutil.Process().net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
    ]
    assert listening == ["127.0.0.1"]


def test_topics_have_the_partitions_they_were_started_with(kafka: broker.EmbeddedBroker) -> None:
    topics = admin(kafka).list_topics(timeout=PATIENCE_SECONDS).topics
    assert {
        name: len(topic.partitions) for name, topic in topics.items() if name in ("flight-operations", "other")
    } == {
        "flight-operations": 5,
        "other": 1,
    }


@pytest.mark.parametrize("topic", [("bad name!", 3), ("empty", 0), ("", 1)])
def test_a_topic_that_kafka_would_not_allow_is_refused(topic: tuple[str, int]) -> None:
    with pytest.raises(ValueError, match="Kafka allows no topic"):
        broker.start(dict([topic]))


def test_keys_headers_and_times_arrive_unchanged(kafka: broker.EmbeddedBroker) -> None:
    producer = producing(kafka, **{"enable.idempotence": True, "acks": "all"})
    producer.produce(
        "other", b"\x00\xff", key=b"SW1234", headers={"correlation_id": b"\xc3"}, timestamp=1_700_000_000_123
    )
    assert producer.flush(PATIENCE_SECONDS) == 0

    consumer = consuming(kafka, "unchanged", "other")
    message = None
    while message is None:
        message = consumer.poll(1)
    consumer.close()

    assert (message.key(), message.value(), message.headers()) == (
        b"SW1234",
        b"\x00\xff",
        [("correlation_id", b"\xc3")],
    )
    assert message.timestamp()[1] == 1_700_000_000_123


def test_a_group_goes_on_from_its_committed_offset(kafka: broker.EmbeddedBroker) -> None:
    producer = producing(kafka)
    for number in range(6):
        producer.produce("flight-operations", str(number), partition=3)
    producer.flush(PATIENCE_SECONDS)

    first = consuming(kafka, "resume", "flight-operations")
    values(first, 6)
    first.commit(offsets=[TopicPartition("flight-operations", 3, 4)], asynchronous=False)
    first.close()
    second = consuming(kafka, "resume", "flight-operations")

    assert values(second, 2) == [b"4", b"5"]
    second.close()


def test_a_client_of_another_make_produces_and_consumes(kafka: broker.EmbeddedBroker) -> None:
    producer = kafka_python.KafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all")
    written = producer.send("flight-operations", key=b"SW1234", value=b"from kafka-python", headers=[("h", b"1")]).get(
        10
    )
    producer.close()
    ours = producing(kafka, partitioner="murmur2_random")
    ours.produce("flight-operations", b"from librdkafka", key=b"SW1234")
    ours.flush(PATIENCE_SECONDS)

    consumer = kafka_python.KafkaConsumer(
        "flight-operations",
        bootstrap_servers=kafka.bootstrap,
        group_id="another-make",
        auto_offset_reset="earliest",
        consumer_timeout_ms=int(PATIENCE_SECONDS * 1000),
    )
    mine = [record for record in consumer_until(consumer, b"from librdkafka") if record.key == b"SW1234"]
    consumer.commit()
    consumer.close()

    assert [record.value for record in mine] == [b"from kafka-python", b"from librdkafka"]
    assert {record.partition for record in mine} == {written.partition}


def consumer_until(consumer: kafka_python.KafkaConsumer, last: bytes) -> list[object]:
    found = []
    for record in consumer:
        found.append(record)
        if record.value == last:
            break
    return found


def test_a_version_question_from_the_future_is_answered_so_that_every_client_understands(
    kafka: broker.EmbeddedBroker,
) -> None:
    question = struct.pack(">hhih", 18, 4, 77, -1) + b"\x00" * 3
    with socket.create_connection(address(kafka), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(struct.pack(">i", len(question)) + question)
        answer = connection.recv(100)
    size, correlation_id, error, keys, api_key, oldest, newest = struct.unpack(">iihihhh", answer)
    assert (size, correlation_id, error) == (len(answer) - 4, 77, 35)
    assert (keys, api_key, oldest, newest) == (1, 18, 0, 2)


def test_a_large_record_arrives(kafka: broker.EmbeddedBroker) -> None:
    producer = producing(kafka, **{"message.max.bytes": 2_000_000})
    producer.produce("large", b"x" * 1_048_576)
    assert producer.flush(PATIENCE_SECONDS) == 0
    consumer = consuming(kafka, "large", "large")
    (value,) = values(consumer, 1)
    consumer.close()
    assert len(value) == 1_048_576


def test_a_partition_keeps_more_than_ten_thousand_events_and_drops_the_oldest(kafka: broker.EmbeddedBroker) -> None:
    value = json.dumps(EVENT).encode()
    # One event per request is the most wasteful way to fill a partition.
    producer = producing(kafka, **{"linger.ms": 0, "batch.num.messages": 1})
    for _ in range(16_000):
        producer.produce(
            "other", value, key=EVENT["payload"]["flight_id"], headers={"correlation_id": EVENT["event_id"]}
        )
        producer.poll(0)
    assert producer.flush(PATIENCE_SECONDS) == 0
    consumer = consuming(kafka, "limits", "other")
    low, high = consumer.get_watermark_offsets(TopicPartition("other", 0), timeout=PATIENCE_SECONDS)
    consumer.close()

    assert low > 0
    assert high - low > 10_000


def test_bytes_that_are_not_kafka_do_not_stop_it(kafka: broker.EmbeddedBroker) -> None:
    for junk in (
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x00" * 64,
        b"\xff" * 64,
        b"\x00\x00\x00\x08\x00\x00\x7f\xff\x00\x00\x00\x01",
    ):
        with socket.create_connection(address(kafka), timeout=PATIENCE_SECONDS) as connection:
            connection.sendall(junk)
            connection.settimeout(0.2)
            with suppress(OSError):
                connection.recv(100)
    assert admin(kafka).list_topics(timeout=PATIENCE_SECONDS).topics


def test_an_outage_keeps_topics_and_records() -> None:
    with broker.start({"kept": 1}) as kafka:
        producer = producing(kafka)
        producer.produce("kept", b"before")
        producer.flush(PATIENCE_SECONDS)
        kafka.take_down()
        with pytest.raises(KafkaException):
            admin(kafka).list_topics(timeout=1)
        kafka.bring_up()
        consumer = consuming(kafka, "kept", "kept")
        assert values(consumer, 1) == [b"before"]
        consumer.close()


def test_stopping_closes_the_port_and_may_be_repeated() -> None:
    kafka = broker.start({"gone": 1})
    kafka.stop()
    kafka.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address(kafka), timeout=1)
