"""How fast what runs for every event and every passenger is: ``pytest tests/benchmarks``.

Each is a ratio to something that every machine does in proportion, so that figures of different machines compare. They
are printed; a slow machine fails nothing.
"""

import json
import os
import resource
import subprocess
import sys
import threading
import time
import uuid
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
from ministack.services import dynamodb
from pytest_benchmark.fixture import BenchmarkFixture

from flightpulse import schemas
from flightpulse.adapters import kafka_records, telemetry
from flightpulse.adapters.bus import Bus
from flightpulse.adapters.dead_letters import DeadLetters
from flightpulse.adapters.table import ReservationTable
from flightpulse.adapters.tracing import RecordTracer
from flightpulse.domain import events
from flightpulse.messages.facts import read_news
from flightpulse.use_cases.compose import Ports, compose_messages
from flightpulse.use_cases.consume import Consumer, enrich
from flightpulse.use_cases.strict_json import decode
from localcloud.process import ids
from localcloud.services.cloudwatch.period import Period
from localcloud.services.dynamodb import conditions, shortcuts, transactions, updates
from tests.unit.builders import a_booking, a_flight, a_passenger, an_envelope
from tests.unit.fakes import FakeDynamoDB, FakeEvents, FakeLog, FakeQueue, patient
from tests.unit.functions.test_function_llm_messenger import FakeAuthor, FakeOnward, FakeReviewer, well
from tests.unit.localcloud.services.dynamodb.two_tables import emulator_restored, with_tables
from tests.unit.messages.samples import delay, flight, recipient
from tests.unit.messages.template_store import FakeStore

ROOT = Path(__file__).parents[2]
_ROUNDS = 3
_EVENTS = 100


def best(call: Callable[[], object]) -> float:
    """Processor seconds of the fastest of some rounds."""
    found = float("inf")
    for _ in range(_ROUNDS):
        before = time.process_time()
        call()
        found = min(found, time.process_time() - before)
    return found


def note(benchmark: BenchmarkFixture, what: str, ratio: float, unit: str) -> None:
    benchmark.extra_info[what] = round(ratio, 2)
    sys.stdout.write(f"\n{what}: {ratio:.1f} {unit}\n")


def test_the_consumer_beside_reading_the_same_bytes(benchmark: BenchmarkFixture) -> None:
    # Given a batch of good events about flights of the table
    dynamodb = FakeDynamoDB()
    table = ReservationTable(cast(Any, dynamodb), "FlightPulseTable")
    table.save(
        flights=[a_flight(flight_id="SW1234")], passengers=[a_passenger()], bookings=[a_booking(flight_id="SW1234")]
    )
    bus = Bus(cast(Any, FakeEvents()), "flightpulse-bus", backoff=patient())
    consumer = Consumer(
        table,
        bus,
        DeadLetters(cast(Any, FakeQueue()), "https://sqs.example/records", backoff=patient()),
        notify_from_minutes=lambda: 0,
        log=FakeLog(),
        meter=telemetry.Meter("kafka-consumer"),
        tracer=RecordTracer,
    )
    value = b64encode(json.dumps(an_envelope()).encode()).decode()
    entries = [{"topic": "t", "partition": 0, "offset": at, "timestamp": 0, "value": value} for at in range(_EVENTS)]
    batch = {"eventSource": "SelfManagedKafka", "records": {"t-0": entries}}

    # When it is consumed, and when its bytes are only read
    answer = benchmark.pedantic(lambda: consumer.consume(kafka_records.records(batch)).answer(), rounds=_ROUNDS)
    ours = best(lambda: consumer.consume(kafka_records.records(batch)))
    reading = best(lambda: [json.loads(b64decode(entry["value"])) for entry in entries])

    # Then every event is published, and how much longer that took is printed
    assert answer["published"] == _EVENTS
    note(benchmark, "consumer per event", ours / reading, "times reading its JSON")

    # And what its steps take of that; logs, counts and traces are the rest
    records, find = list(kafka_records.records(batch)), cache(table.flight_and_passengers)
    envelopes = [decode(record) for record in records]
    found = [events.parse(envelope) for envelope in envelopes]
    published = [enrich(record, event, find) for record, event in zip(records, found, strict=True)]
    steps: dict[str, Callable[[], object]] = {
        "take the records": lambda: list(kafka_records.records(batch)),
        "read strict JSON": lambda: [decode(record) for record in records],
        "hold it against its schema": lambda: [schemas.validate("flight_delay", envelope) for envelope in envelopes],
        "make an event of it": lambda: [events.parse(envelope) for envelope in envelopes],
        "check and enrich it": lambda: [enrich(records[0], event, find) for event in found],
        "write it as JSON and publish it": lambda: bus.publish(published),
    }
    for step, call in steps.items():
        note(benchmark, f"  {step}", best(call) / reading, "times")


@pytest.mark.parametrize("passengers", [1, 50, 180, 853])
def test_composing_messages_from_templates_at_hand(benchmark: BenchmarkFixture, passengers: int) -> None:
    # Given approved templates and a flight's passengers
    ports = Ports(FakeAuthor(well), FakeReviewer(), FakeStore(), FakeOnward())
    about, event = flight(), delay()
    news = read_news(event, about)
    people = [recipient(booking_id=f"BKG-{number:04}", passenger_id=f"PAX-{number:04}") for number in range(passengers)]
    compose_messages(news, about, people, ports)

    # When their messages are composed
    composed = benchmark.pedantic(lambda: compose_messages(news, about, people, ports), rounds=_ROUNDS)
    seconds = best(lambda: compose_messages(news, about, people, ports))
    written = best(lambda: json.dumps(composed.notifications))

    # Then everybody has one, and the time beside that of writing them down is printed
    assert len({message["booking_id"] for message in composed.notifications}) == passengers
    note(benchmark, f"composing for {passengers}", seconds / written, "times writing the messages as JSON")


FIND_BOOKINGS = "PK = :flight AND begins_with(SK, :booking)"


def test_asking_a_condition_of_an_item_of_the_local_table_beside_the_emulator(
    benchmark: BenchmarkFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given the bookings of a flight, and the emulator's evaluation beside ours
    items = [{"PK": {"S": "FLIGHT#SW1"}, "SK": {"S": f"BOOKING#{number}"}} for number in range(_EVENTS)]
    values = {":flight": {"S": "FLIGHT#SW1"}, ":booking": {"S": "BOOKING#"}}
    emulator = dynamodb._evaluate_condition
    monkeypatch.setattr(dynamodb, "_evaluate_condition", emulator)
    conditions.install()

    def found(holds: Callable[..., Any]) -> int:
        return sum(holds(FIND_BOOKINGS, item, values, {}) for item in items)

    # When a Query asks each of them
    ours = dynamodb._evaluate_condition
    assert benchmark.pedantic(lambda: found(ours), rounds=_ROUNDS) == _EVENTS

    # Then how much longer the emulator takes is printed
    note(
        benchmark, "the emulator's evaluation", best(lambda: found(emulator)) / best(lambda: found(ours)), "times ours"
    )


def test_a_transaction_of_updates_beside_the_same_updates_one_by_one(
    benchmark: BenchmarkFixture,
) -> None:
    # Given five items, and what updates them on a condition
    def request(number: int) -> dict[str, Any]:
        return {
            "TableName": "sorted",
            "Key": {"PK": {"S": "flight"}, "SK": {"S": f"booking-{number}"}},
            "UpdateExpression": "SET #state = :state, told_by = :me REMOVE told_out",
            "ConditionExpression": "attribute_not_exists(#state) OR #state <> :sent",
            "ExpressionAttributeNames": {"#state": "told_state"},
            "ExpressionAttributeValues": {":state": {"S": "SENDING"}, ":sent": {"S": "SENT"}, ":me": {"S": "me"}},
        }

    def one_by_one() -> None:
        for _ in range(_EVENTS):
            assert all(dynamodb._update_item(request(number))[0] == 200 for number in range(5))

    def together() -> None:
        for _ in range(_EVENTS):
            parts = [{"Update": request(number)} for number in range(5)]
            assert dynamodb._transact_write_items({"TransactItems": parts})[0] == 200

    def compared() -> float:
        return best(together) / best(one_by_one)

    # When the emulator updates them, and the local cloud
    with emulator_restored():
        shortcuts.install()
        conditions.install()
        emulators = with_tables(compared)
        updates.install()
        transactions.install()
        ours = benchmark.pedantic(lambda: with_tables(compared), rounds=1)

    # Then what a transaction takes beside the updates by themselves is printed
    note(benchmark, "a transaction of the emulator", emulators, "times its updates one by one")
    note(benchmark, "a transaction of the local cloud", ours, "times its updates one by one")


@pytest.mark.parametrize("statistic", ["Sum", "p99"])
def test_an_alarm_after_one_more_value_of_many(benchmark: BenchmarkFixture, statistic: str) -> None:
    # Given a period with few values, and one with fifty times as many
    def after_one_more(values: int) -> float:
        period = Period.of({"Value": float(number)} for number in range(values))
        period.statistic(statistic)

        def look() -> None:
            period.add({"Value": 1.0})
            period.statistic(statistic)

        return best(lambda: [look() for _ in range(20)])

    # When one value more comes, again and again
    few, many = after_one_more(1_000), benchmark.pedantic(lambda: after_one_more(50_000), rounds=1)

    # Then how much longer a look takes is printed
    note(benchmark, f"{statistic} of fifty times as many values", many / few, "times as long")


@contextmanager
def busy_threads() -> Iterator[None]:
    """Four threads that want to run all the time."""
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            sum(range(1_000))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def elapsed(call: Callable[[], object]) -> float:
    """Seconds that some calls took, one after the other."""
    began = time.perf_counter()
    for _ in range(_EVENTS):
        call()
    return time.perf_counter() - began


def test_making_ids_beside_busy_threads(benchmark: BenchmarkFixture) -> None:
    # When ids are made without asking the kernel, and by Python, where other threads want to run
    with busy_threads():
        ours = benchmark.pedantic(lambda: elapsed(ids.random_uuid), rounds=1)
        pythons = elapsed(uuid.uuid4)

    # Then how much longer Python's take is printed
    note(benchmark, "Python's ids beside four busy threads", pythons / ours, "times ours")


def spent(*arguments: str) -> float:
    """Processor seconds of a Python of its own, as a cold start has it."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@cache
def boto3() -> float:
    return min(spent("-c", "import boto3") for _ in range(2))


@pytest.mark.parametrize("function", ["kafka_consumer", "llm_messenger", "stream_handler", "api"])
def test_importing_a_function_beside_boto3(benchmark: BenchmarkFixture, function: str) -> None:
    # When a function is loaded, which needs boto3, and boto3 alone
    ours = benchmark.pedantic(lambda: spent("-c", f"import flightpulse.functions.{function}"), rounds=1)

    # Then how much longer that takes is printed
    assert ours > 0
    note(benchmark, f"importing {function}", ours / boto3(), "times importing boto3")


def test_the_help_of_the_command_line_beside_a_bare_python(benchmark: BenchmarkFixture) -> None:
    # When the command line shows its help, and when a Python does nothing
    seconds = benchmark.pedantic(lambda: spent("-m", "flightpulse.cli", "--help"), rounds=2)
    bare = min(spent("-c", "pass") for _ in range(2))

    # Then the one beside the other is printed
    assert seconds > 0
    note(benchmark, "flightpulse --help", seconds / bare, f"times a bare Python ({seconds:.2f} s of processor time)")
