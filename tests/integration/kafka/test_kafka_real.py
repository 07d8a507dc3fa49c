"""A real Apache Kafka: the relay, the producer and the whole pipeline do on it what they do on the embedded broker.

Rebalances, kill -9 and a broker that is killed and started again lose nothing and tell nobody twice.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from flightpulse.chaos import crashes, relays
from flightpulse.chaos.verdict import Verdict
from flightpulse.domain.events import TOPIC
from flightpulse.errors import UserError
from flightpulse.workbench import connect
from flightpulse.workbench.fire import scenarios
from flightpulse.workbench.fire.expectations import EXPECTED
from flightpulse.workbench.target.session import Session
from localcloud import process
from simulator.scenarios import SCENARIOS
from tests.integration.kafka.relay_process import RelayProcess, read_journal
from tests.integration.kafka.streams import NumberedStream, committed, in_order, nothing_lost
from tests.integration.real_kafka import NEEDED, RealKafka
from tests.synthesis import Synthesise, make_ready
from tests.waiting import until

PARTITIONS = 6
SESSION_TIMEOUT_MS = 6000

pytestmark = [*NEEDED]


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
        NumberedStream(kafka.bootstrap, "shared", 2000, seconds=10) as stream,
        relay(kafka, "shared", journal, "first", milliseconds=10) as first,
    ):
        until(lambda: first.ready)
        with relay(kafka, "shared", journal, "second", milliseconds=10) as second:
            until(lambda: second.ready)
            until(lambda: len(read_journal(journal)) > 600)
            first.kill()
            with relay(kafka, "shared", journal, "third", milliseconds=10):
                stream.wait()
                until(lambda: nothing_lost(stream.acknowledged, read_journal(journal)))
                until(lambda: committed(kafka.bootstrap, "shared", "shared-group", PARTITIONS) == 2000)
    assert in_order(read_journal(journal))


def test_a_broker_that_is_killed_and_started_again_loses_nothing(kafka: RealKafka, tmp_path: Path) -> None:
    kafka.create_topic("restarted", PARTITIONS)
    journal = tmp_path / "journal"
    with (
        NumberedStream(kafka.bootstrap, "restarted", 1500, seconds=6) as stream,
        relay(kafka, "restarted", journal),
    ):
        until(lambda: len(read_journal(journal)) > 300)
        kafka.kill()
        kafka.start()
        stream.wait()
        until(lambda: nothing_lost(stream.acknowledged, read_journal(journal)))
    assert in_order(read_journal(journal))


def test_a_relay_that_is_stopped_repeats_nothing(kafka: RealKafka, tmp_path: Path) -> None:
    kafka.create_topic("stopped", PARTITIONS)
    journal = tmp_path / "journal"
    with NumberedStream(kafka.bootstrap, "stopped", 1000, seconds=8) as stream:
        with relay(kafka, "stopped", journal, milliseconds=20) as first:
            until(lambda: len(read_journal(journal)) > 100)
            assert first.terminate() == 0
        with relay(kafka, "stopped", journal):
            stream.wait()
            until(lambda: nothing_lost(stream.acknowledged, read_journal(journal)))
    assert len(read_journal(journal)) == 1000
    assert in_order(read_journal(journal))


@pytest.fixture(scope="module")
def session(kafka: RealKafka, tmp_path_factory: pytest.TempPathFactory, synthesise: Synthesise) -> Iterator[Session]:
    """A local cloud with the stack deployed, whose event source mapping polls the real broker."""
    home = tmp_path_factory.mktemp("kafka-home")
    kafka.create_topic(TOPIC, PARTITIONS)
    bench = connect("local", home=home, port=0, kafka=kafka.bootstrap)
    try:
        make_ready(bench, synthesise("local"))
        yield bench.session
    finally:
        with suppress(UserError):
            process.down(home)


def assert_kept(verdict: Verdict) -> None:
    assert verdict.kept, [f"{promise.said}: {promise.seen}" for promise in verdict.broken]


def test_the_five_scenarios_show_what_they_show_on_the_embedded_broker(session: Session) -> None:
    for scenario in SCENARIOS:
        run, _ = scenarios.run(session, scenario, EXPECTED[scenario.name])
        assert run.ok, [f"{check.expected}: {check.seen}" for check in run.checks if not check.ok]


@pytest.mark.prove
def test_two_relays_and_a_broker_restarted_in_mid_stream_tell_everybody_once(
    session: Session, kafka: RealKafka
) -> None:
    def restart() -> None:
        kafka.kill()
        kafka.start()

    verdict = relays.prove(session, 7, disturb=restart)
    assert_kept(verdict)
    assert verdict.figures["broker restarts"] == 1
    assert verdict.figures["joined and left"] == 1


@pytest.mark.prove
def test_crashes_of_everything_on_the_way_lose_nothing_and_tell_nobody_twice(session: Session) -> None:
    verdict = crashes.prove(session, 5, runs=2)
    assert_kept(verdict)
    assert int(verdict.figures["kills"]) >= 3
