"""The walk of one event in docs/architecture.md: what it names is really walked, and stays short.

Kafka, the bus and the workflow are left out: what they hand on is handed on here.
"""

import ast
import json
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, cast

from flightpulse.adapters import kafka_records, telemetry
from flightpulse.adapters.bus import Bus
from flightpulse.adapters.dead_letters import DeadLetters
from flightpulse.adapters.table import ReservationTable
from flightpulse.adapters.tracing import RecordTracer
from flightpulse.messages.facts import read_news
from flightpulse.messages.records import Status, TemplateRecord
from flightpulse.messages.segments import Segment
from flightpulse.paths import ROOT
from flightpulse.use_cases.compose import Ports, compose_messages
from flightpulse.use_cases.consume import Consumer
from flightpulse.workbench.messages.inbox import from_log_event
from flightpulse.workbench.observe.logs import LogEvent
from simulator import event_command, events
from tests.unit.builders import a_booking, a_flight, a_passenger
from tests.unit.fakes import FakeDynamoDB, FakeEvents, FakeLog, FakeQueue, patient
from tests.unit.messages.samples import fitting_written_text
from tests.unit.messages.template_store import FakeStore
from tests.unit.use_cases.test_consume import a_batch, a_record

OURS = ("flightpulse", "awskit", "simulator")
NOT_RUN = {
    ("simulator/event_command.py", "deliver"),
    ("flightpulse/workbench/messages/inbox.py", "read"),
    ("flightpulse/workbench/observe/logs.py", "read"),
}
TODAY = datetime.now(UTC).replace(microsecond=0)


class Templates(FakeStore):
    """Every template has been approved."""

    def get_many(self, segments: Iterable[Segment]) -> dict[Segment, TemplateRecord]:
        return {
            segment: TemplateRecord(
                segment=segment,
                prompt_version="",
                status=Status.APPROVED,
                template=fitting_written_text(segment),
                drafted_by="a.model",
            )
            for segment in segments
        }


class NoModel:
    def model_id(self) -> str:
        return "a.model"


class NoOnwardFlights:
    def of(self, *_: Any) -> dict[str, Any]:
        return {}


@contextmanager
def followed(found: set[CodeType]) -> Iterator[None]:
    """Collect the functions and methods of ours that are called."""

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            found.add(frame.f_code)

    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(None)


def functions_of(found: set[CodeType]) -> set[tuple[str, str]]:
    """File and name of each function of ours, without properties, comprehensions, lambdas and dataclasses' own."""
    named = set()
    for code in found:
        path = Path(code.co_filename)
        if not path.is_relative_to(ROOT) or code.co_name.startswith("<") or "__" in code.co_name:
            continue
        file = path.relative_to(ROOT).as_posix()
        if file.startswith(OURS):
            named.add((file, getattr(code, "co_qualname", code.co_name)))
    return named


def walk() -> set[tuple[str, str]]:
    dynamodb, bus, queue = FakeDynamoDB(), FakeEvents(), FakeQueue()
    table = ReservationTable(cast(Any, dynamodb), "FlightPulseTable")
    departs = TODAY + timedelta(days=1)
    flight = a_flight(scheduled_departure=departs, scheduled_arrival=departs + timedelta(hours=3))
    table.save(flights=[flight], passengers=[a_passenger()], bookings=[a_booking()])
    consumer = Consumer(
        table,
        Bus(cast(Any, bus), "flightpulse-bus", backoff=patient()),
        DeadLetters(cast(Any, queue), "https://sqs.example/records", backoff=patient()),
        notify_from_minutes=lambda: 0,
        log=FakeLog(),
        meter=telemetry.Meter("kafka-consumer"),
        tracer=RecordTracer,
    )
    ports = Ports(cast(Any, NoModel()), None, Templates(), NoOnwardFlights())
    recipient = {**a_passenger().to_fields(), **a_booking().to_fields()}
    options = {
        "event_type": "FLIGHT_DELAY",
        "flight_id": "SW1234",
        "delay_minutes": 25,
        "reason": "WEATHER",
        "count": 1,
    }
    found: set[CodeType] = set()
    with followed(found):
        (event,) = event_command.build(lambda _: flight, options)
        record = events.record(event)
        batch = a_batch(a_record(record.value))
        consumer.consume(kafka_records.records(batch)).answer()
        detail = json.loads(bus.published[0]["Detail"])
        composed = compose_messages(read_news(detail, flight.to_fields()), flight.to_fields(), [recipient], ports)
        for message in composed.answer()["notifications"]:
            line = json.dumps({"detail-type": message["detail_type"], "detail": message["detail"]})
            assert from_log_event(LogEvent("1", "group", "stream", TODAY, line)) is not None
    return functions_of(found)


def listed() -> list[tuple[str, str]]:
    """The functions of the page's table, with their files."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = text.partition("## The walk of one event")[2].partition("\n## ")[0]
    rows = re.findall(r"`([\w/]+\.py)`: ([\w., ]+)", section)
    return [(file, name.strip()) for file, names in rows for name in names.split(",")]


def defined_in(file: str) -> set[str]:
    names = set()
    for node in ast.parse((ROOT / file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{inner.name}" for inner in node.body if isinstance(inner, ast.FunctionDef)}
        elif isinstance(node, ast.FunctionDef):
            names.add(node.name)
    return names


def test_the_walk_names_functions_that_are_there_and_those_that_an_event_passes() -> None:
    walked = walk()
    files = {file for file, _ in walked}

    assert [name for file, name in listed() if name not in defined_in(file)] == []
    # Handlers, clients and the command line are not run here.
    called = {(file, name.rpartition(".")[2]) for file, name in walked} | NOT_RUN
    run_here = [(file, name.rpartition(".")[2]) for file, name in listed() if file in files]
    assert [function for function in run_here if function not in called] == []


def test_the_walk_is_short() -> None:
    functions = listed()

    assert 30 <= len(functions) <= 60
    assert len({file for file, _ in functions}) <= 25
