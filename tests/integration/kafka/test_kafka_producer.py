"""The producer and its program on the embedded broker."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest
from confluent_kafka import Consumer, TopicPartition

from awskit.kafka.connection import Kafka
from awskit.kafka.producer import OutgoingRecord, RecordProducer, check
from flightpulse import paths
from flightpulse.domain.events import TOPIC
from flightpulse.errors import UserError
from localcloud import broker
from tests.waiting import PATIENCE_SECONDS, until

PARTITIONS = 3
DELAY = ["--event-type", "FLIGHT_DELAY", "--flight-id", "SW1234", "--delay-minutes", "25", "--reason", "WEATHER"]


@pytest.fixture
def kafka() -> Iterator[broker.EmbeddedBroker]:
    with broker.start({TOPIC: PARTITIONS}) as running:
        yield running


def program(kafka: broker.EmbeddedBroker, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "simulator/producer.py", "--bootstrap", kafka.bootstrap, *arguments]
    return subprocess.Popen(command, cwd=paths.ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(kafka: broker.EmbeddedBroker, *arguments: str) -> tuple[int, str, str]:
    process = program(kafka, *arguments)
    output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, output, errors


def sent(kafka: broker.EmbeddedBroker) -> int:
    """How many records the topic has got."""
    consumer = Consumer(Kafka(kafka.bootstrap).client(**{"group.id": "count"}))
    try:
        ends = [
            consumer.get_watermark_offsets(TopicPartition(TOPIC, n), timeout=PATIENCE_SECONDS)
            for n in range(PARTITIONS)
        ]
        return sum(high for _, high in ends)
    finally:
        consumer.close()


def first_record(kafka: broker.EmbeddedBroker) -> tuple[bytes, dict[str, object], Sequence[tuple[str, bytes]]]:
    consumer = Consumer(Kafka(kafka.bootstrap).client(**{"group.id": "look", "auto.offset.reset": "earliest"}))
    consumer.assign([TopicPartition(TOPIC, number, 0) for number in range(PARTITIONS)])
    message = None
    while message is None or message.error():
        message = consumer.poll(1)
    consumer.close()
    return message.key(), json.loads(message.value()), message.headers()


def test_the_program_sends_one_event(kafka: broker.EmbeddedBroker) -> None:
    code, output, errors = run(kafka, *DELAY, "--event-id", "evt-1", "--correlation-id", "abc")
    assert (code, errors) == (0, "")
    assert output.startswith("sent FLIGHT_DELAY SW1234 as evt-1 (partition ")

    key, event, headers = first_record(kafka)
    assert (key, headers[0]) == (b"SW1234", ("correlation_id", b"abc"))
    assert [name for name, _ in headers] == ["correlation_id", "traceparent"]
    assert (event["event_id"], event["event_type"]) == ("evt-1", "FLIGHT_DELAY")


def test_the_program_prints_json_for_programs(kafka: broker.EmbeddedBroker) -> None:
    code, output, _ = run(kafka, *DELAY, "--count", "2", "--json")
    printed = json.loads(output)
    assert code == 0
    assert [found["event_id"] for found in printed["acknowledged"]] == [
        event["event_id"] for event in printed["events"]
    ]


def test_the_program_names_a_topic_that_is_not_there(kafka: broker.EmbeddedBroker) -> None:
    code, output, errors = run(kafka, *DELAY, "--topic", "flight-operation")
    assert (code, output) == (1, "")
    assert errors.splitlines() == [
        f"The Kafka cluster at {kafka.bootstrap} has no topic 'flight-operation'. Create it first."
    ]


def test_an_interrupt_leaves_nothing_half_sent(kafka: broker.EmbeddedBroker) -> None:
    process = program(kafka, *DELAY, "--count", "50000")
    until(lambda: sent(kafka) > 0 or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=PATIENCE_SECONDS)

    told = re.fullmatch(r"Stopped: (\d+) acknowledged(, \d+ never sent)?\.\n", errors)
    assert told, (output, errors)
    assert process.returncode == 130
    # Nearly always in the middle; a machine that is very busy hands the signal over when all have been sent.
    assert int(told[1]) == sent(kafka) <= 50_000


def test_a_broker_that_goes_away_for_good_is_an_error_and_not_a_success(
    kafka: broker.EmbeddedBroker,
) -> None:
    producer = RecordProducer(Kafka(kafka.bootstrap), TOPIC, delivery_seconds=1.0)
    kafka.take_down()
    producer.send(OutgoingRecord(b"SW1234", b"{}", name="evt-1"))
    with pytest.raises(UserError, match="0 acknowledged, 1 refused"):
        check(producer.flush())
