"""The relay and the producer on a real Apache Kafka: rebalances, kill -9 and a restarted broker lose nothing.

Starting Kafka takes a while, so this runs on request: FLIGHTPULSE_REAL_KAFKA=1.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.kafka.relay_process import RelayProcess, read_journal
from tests.integration.kafka.streams import NumberedStream, committed, eventually, in_order, nothing_lost
from tests.integration.real_kafka import RealKafka, missing

PARTITIONS = 6
SESSION_TIMEOUT_MS = 6000
WANTED = os.environ.get("FLIGHTPULSE_REAL_KAFKA") == "1"

pytestmark = [
    pytest.mark.skipif(not WANTED, reason="runs a real Apache Kafka only with FLIGHTPULSE_REAL_KAFKA=1"),
    pytest.mark.skipif(bool(missing()), reason=f"a real Apache Kafka needs {missing()}"),
]


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealKafka]:
    with RealKafka(tmp_path_factory.mktemp("kafka")) as running:
        yield running


def relay(kafka: RealKafka, topic: str, journal: Path, name: str = "relay", milliseconds: int = 1) -> RelayProcess:
    return RelayProcess(
        kafka.bootstrap,
        topic,
        f"{topic}-group",
        journal,
        name=name,
        milliseconds=milliseconds,
        session_timeout_ms=SESSION_TIMEOUT_MS,
    )


def test_two_relays_share_a_topic_come_and_go_and_one_is_killed(kafka: RealKafka, tmp_path: Path) -> None:
    kafka.create_topic("shared", PARTITIONS)
    journal = tmp_path / "journal"
    with (
        NumberedStream(kafka.bootstrap, "shared", 3000, seconds=15) as stream,
        relay(kafka, "shared", journal, "first", milliseconds=10) as first,
    ):
        eventually(lambda: first.ready)
        with relay(kafka, "shared", journal, "second", milliseconds=10) as second:
            eventually(lambda: second.ready)
            eventually(lambda: len(read_journal(journal)) > 1000)
            first.kill()
            with relay(kafka, "shared", journal, "third", milliseconds=10):
                stream.wait()
                eventually(lambda: nothing_lost(stream.acknowledged, read_journal(journal)))
                eventually(lambda: committed(kafka.bootstrap, "shared", "shared-group", PARTITIONS) == 3000)
    assert in_order(read_journal(journal))


def test_a_broker_that_is_killed_and_started_again_loses_nothing(kafka: RealKafka, tmp_path: Path) -> None:
    kafka.create_topic("restarted", PARTITIONS)
    journal = tmp_path / "journal"
    with (
        NumberedStream(kafka.bootstrap, "restarted", 1500, seconds=6) as stream,
        relay(kafka, "restarted", journal),
    ):
        eventually(lambda: len(read_journal(journal)) > 300)
        kafka.kill()
        kafka.start()
        stream.wait()
        eventually(lambda: nothing_lost(stream.acknowledged, read_journal(journal)))
    assert in_order(read_journal(journal))


def test_a_relay_that_is_stopped_repeats_nothing(kafka: RealKafka, tmp_path: Path) -> None:
    kafka.create_topic("stopped", PARTITIONS)
    journal = tmp_path / "journal"
    with NumberedStream(kafka.bootstrap, "stopped", 1000, seconds=8) as stream:
        with relay(kafka, "stopped", journal, milliseconds=20) as first:
            eventually(lambda: len(read_journal(journal)) > 100)
            assert first.terminate() == 0
        with relay(kafka, "stopped", journal):
            stream.wait()
            eventually(lambda: nothing_lost(stream.acknowledged, read_journal(journal)))
    assert len(read_journal(journal)) == 1000
    assert in_order(read_journal(journal))
