import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from flightpulse.adapters import kafka_records, telemetry, tracing
from flightpulse.adapters.bus import Bus
from flightpulse.adapters.dead_letters import DeadLetters, UndeliveredLettersError
from flightpulse.adapters.table import ReservationTable
from flightpulse.adapters.tracing import RecordTracer
from flightpulse.domain.entities import Flight
from flightpulse.use_cases.consume import Consumer, oldest_age
from flightpulse.use_cases.ports import PublishError, Record
from tests.unit.builders import a_booking, a_flight, a_passenger, an_envelope
from tests.unit.fakes import FakeDynamoDB, FakeEvents, FakeLog, FakeQueue, aws_error, patient, sample


class Airline:
    """The consumer with a table of three flights, a bus and a dead-letter queue."""

    def __init__(self) -> None:
        self.notify_from_minutes = 0
        self.dynamodb, self.events, self.queue, self.log = FakeDynamoDB(), FakeEvents(), FakeQueue(), FakeLog()
        table = ReservationTable(cast(Any, self.dynamodb), "FlightPulseTable")
        table.save(
            flights=[a_flight(flight_id=flight_id) for flight_id in ("SW1234", "SW3456", "SW9012")],
            passengers=[a_passenger(passenger_id="PAX-0001"), a_passenger(passenger_id="PAX-0002")],
            bookings=[
                a_booking(booking_id="BKG-0001", passenger_id="PAX-0001"),
                a_booking(booking_id="BKG-0002", passenger_id="PAX-0002"),
                a_booking(booking_id="BKG-0003", passenger_id="PAX-0002"),
            ],
        )
        self.dynamodb.calls.clear()
        self._consumer = Consumer(
            table,
            Bus(cast(Any, self.events), "flightpulse-bus", backoff=patient()),
            DeadLetters(cast(Any, self.queue), "https://sqs.example/records", backoff=patient()),
            notify_from_minutes=lambda: self.notify_from_minutes,
            log=self.log,
            meter=telemetry.Meter("kafka-consumer"),
            tracer=RecordTracer,
        )

    def add(self, flight: Flight) -> None:
        ReservationTable(cast(Any, self.dynamodb), "FlightPulseTable").save(flights=[flight])

    def invoke(self, event: Any) -> dict[str, Any]:
        return self._consumer.consume(kafka_records.records(event)).answer()

    def published(self) -> list[tuple[str, str]]:
        return [(entry["DetailType"], json.loads(entry["Detail"])["event_id"]) for entry in self.events.published]

    def reasons(self) -> list[str]:
        return [letter["reason"]["code"] for letter in self.queue.letters()]


@pytest.fixture
def airline() -> Airline:
    return Airline()


def metrics(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    found = (json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{"))
    return [line for line in found if "_aws" in line]


def a_record(content: object, *, offset: int = 0, key: str | None = "SW1234", **more: Any) -> dict[str, Any]:
    """A Kafka record with an envelope, with raw bytes, or (None) without a value."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return {
        "topic": "flight-operations",
        "partition": 0,
        "offset": offset,
        "timestamp": 1772374530250,
        "timestampType": "CREATE_TIME",
        **({} if key is None else {"key": b64encode(key.encode()).decode()}),
        **({} if content is None else {"value": b64encode(raw).decode()}),
        "headers": [],
        **more,
    }


def a_batch(*records: dict[str, Any]) -> dict[str, Any]:
    return {
        "eventSource": "SelfManagedKafka",
        "bootstrapServers": "broker-1.example.com:9096",
        "records": {"flight-operations-0": list(records)},
    }


def test_a_batch_of_the_event_source_mapping_is_published_in_order(airline: Airline) -> None:
    answer = airline.invoke(sample("kafka_batch"))
    assert answer == {"received": 3, "published": 3, "dead_lettered": 0, "batchItemFailures": []}
    assert airline.published() == [
        ("flight.delay.minor", "evt-7d1f0c52a9b34e6f"),
        ("flight.gate_change", "evt-3f9a1d4e8c774b21"),
        ("flight.cancelled", "evt-b02c7e6d51aa4b0e"),
    ]
    assert {entry["Source"] for entry in airline.events.published} == {"flightpulse.kafka-consumer"}


def test_an_event_of_msk_is_no_different(airline: Airline) -> None:
    answer = airline.invoke(
        {**sample("kafka_batch"), "eventSource": "aws:kafka", "eventSourceArn": "arn:aws:kafka:::c"}
    )
    assert answer["published"] == 3


def test_an_event_is_enriched_with_its_flight_and_the_number_of_its_passengers(airline: Airline) -> None:
    airline.invoke(a_batch(a_record(an_envelope())))
    (detail,) = airline.events.details()
    assert detail["delay_category"] == "MINOR"
    assert detail["affected_passengers_count"] == 2
    assert detail["flight_details"]["original_departure"] == "2026-03-02T14:00:00Z"


@pytest.mark.parametrize(("told", "estimate"), [(False, {}), (True, {"estimated_departure": "2026-03-02T14:30:00Z"})])
def test_from_which_delay_on_passengers_are_told_is_handed_on(
    airline: Airline, *, told: bool, estimate: dict[str, str]
) -> None:
    """With it the departure that was expected until now, when somebody was told of that one, however small it is."""
    airline.notify_from_minutes = 30
    airline.add(a_flight(delay_minutes=10, estimated_departure=datetime(2026, 3, 2, 14, 30, tzinfo=UTC)))
    if told:
        airline.dynamodb.items["FLIGHT#SW1234", "METADATA"]["delay_told"] = {"BOOL": True}

    airline.invoke(a_batch(a_record(an_envelope()), a_record(an_envelope("gate_change"))))

    delay, gate = airline.events.details()
    assert (delay["notify_from_minutes"], "notify_from_minutes" in gate) == (30, False)
    known = {name: text for name, text in delay["flight_details"].items() if name == "estimated_departure"}
    assert known == estimate


def test_a_departure_counts_nobody_as_affected(airline: Airline, capsys: pytest.CaptureFixture[str]) -> None:
    airline.invoke(a_batch(a_record(an_envelope("flight_departed"))))

    assert airline.published() == [("flight.departed", "evt-3b9d2f6c8e014a57")]
    counted = {name for line in metrics(capsys) for name in line}
    assert "DepartureEventsProcessed" in counted
    assert "AffectedPassengers" not in counted


def test_the_correlation_id_comes_from_the_record_s_header(airline: Airline) -> None:
    airline.invoke(sample("kafka_batch"))
    assert [detail["correlation_id"] for detail in airline.events.details()] == [
        "ops-console-4711",
        "evt-3f9a1d4e8c774b21",
        "evt-b02c7e6d51aa4b0e",
    ]


def test_a_flight_with_several_events_in_a_batch_is_read_once(airline: Airline) -> None:
    airline.invoke(a_batch(*(a_record(an_envelope(event_id=f"evt-{number}"), offset=number) for number in range(12))))
    assert airline.dynamodb.operations() == ["query"]
    assert [event_id for _, event_id in airline.published()] == [f"evt-{number}" for number in range(12)]
    assert [len(call) for call in airline.events.calls] == [10, 2]


def test_a_flight_is_read_anew_in_the_next_batch(airline: Airline) -> None:
    for _ in range(2):
        airline.invoke(a_batch(a_record(an_envelope())))
    assert airline.dynamodb.operations() == ["query"] * 2


BAD_RECORDS = [
    (a_record(None), "EMPTY_VALUE"),
    (a_record(b""), "EMPTY_VALUE"),
    (a_record(b"\xff\x00"), "NOT_UTF8"),
    (a_record(b"not json"), "NOT_JSON"),
    (a_record(b"[" * 50_000), "TOO_DEEP"),
    (a_record(b"\x00" * 1_048_576), "TOO_LARGE"),
    (a_record(b'{"event_type": "FLIGHT_DELAY", "event_type": "GATE_CHANGE"}'), "DUPLICATE_KEY"),
    (a_record([]), "SCHEMA"),
    (a_record({}), "SCHEMA"),
    (a_record(an_envelope(event_type=["FLIGHT_DELAY"])), "SCHEMA"),
    (a_record(an_envelope(event_type="FLIGHT_LOST")), "UNKNOWN_EVENT_TYPE"),
    (a_record(an_envelope(event_type="flight_delay")), "UNKNOWN_EVENT_TYPE"),
    (a_record(an_envelope(event_id="")), "SCHEMA"),
    (a_record(an_envelope(event_id=...)), "SCHEMA"),
    (a_record(an_envelope(source="airport_ops")), "SCHEMA"),
    (a_record(an_envelope(payload={"reason": "VOLCANO"})), "SCHEMA"),
    (a_record(an_envelope(payload={"delay_minutes": "25"})), "SCHEMA"),
    (a_record(an_envelope(payload={"delay_minutes": True})), "SCHEMA"),
    (a_record(an_envelope(payload={"delay_minutes": 10**400})), "SCHEMA"),
    (a_record(an_envelope(payload={"new_arrival": ...})), "SCHEMA"),
    (a_record(an_envelope("gate_change", payload={"new_gate": "http://evil.example"})), "SCHEMA"),
    (a_record(an_envelope("gate_change", payload={"terminal_change": "yes"})), "SCHEMA"),
    (a_record(an_envelope("flight_cancelled", payload={"reason": "ATC"})), "SCHEMA"),
    (a_record(an_envelope(payload={"delay_minutes": -1})), "NEGATIVE_DELAY"),
    (a_record(an_envelope(timestamp="2026-03-01T08:15:30")), "NAIVE_TIMESTAMP"),
    (a_record(an_envelope(timestamp="today")), "BAD_TIMESTAMP"),
    (a_record(an_envelope(timestamp="2999-01-01T00:00:00Z")), "FUTURE_TIMESTAMP"),
    (a_record(an_envelope(payload={"flight_id": "SW0000"})), "UNKNOWN_FLIGHT"),
    (a_record(an_envelope(payload={"new_departure": "2026-03-01T08:00:00Z"})), "DEPARTURE_BEFORE_SCHEDULE"),
    (a_record(an_envelope(payload={"new_arrival": "2026-03-02T14:25:00Z"})), "ARRIVAL_BEFORE_DEPARTURE"),
    (a_record(an_envelope("gate_change", payload={"new_gate": "A5"})), "SAME_GATE"),
    (a_record(an_envelope("flight_departed", payload={"delay_minutes": 5})), "DELAY_CONTRADICTS_DEPARTURE"),
    (a_record(an_envelope("flight_departed", payload={"actual_departure": "soon"})), "BAD_TIMESTAMP"),
    (a_record(an_envelope(payload={"delay_minutes": 600})), "DELAY_CONTRADICTS_DEPARTURE"),
    (a_record(an_envelope(payload={"new_arrival": "2026-03-03T17:45:00Z"})), "ARRIVAL_CONTRADICTS_DEPARTURE"),
]


@pytest.mark.parametrize(
    ("record", "code"), BAD_RECORDS, ids=[f"{code}-{n}" for n, (_, code) in enumerate(BAD_RECORDS)]
)
def test_a_bad_record_is_put_aside_and_its_neighbours_go_on(
    airline: Airline, record: dict[str, Any], code: str
) -> None:
    before, after = an_envelope(event_id="evt-before"), an_envelope(event_id="evt-after")
    answer = airline.invoke(a_batch(a_record(before, offset=1), {**record, "offset": 2}, a_record(after, offset=3)))
    assert answer == {"received": 3, "published": 2, "dead_lettered": 1, "batchItemFailures": []}
    assert [event_id for _, event_id in airline.published()] == ["evt-before", "evt-after"]
    (letter,) = airline.queue.letters()
    assert letter["reason"]["code"] == code
    assert letter["source"] == {
        "topic": "flight-operations",
        "partition": 0,
        "offset": 2,
        "timestamp": 1772374530250,
    }


def test_a_dead_letter_keeps_the_record_byte_for_byte(airline: Airline) -> None:
    airline.invoke(a_batch(a_record(b"\xff\x00junk")))
    (letter,) = airline.queue.letters()
    assert (letter["kind"], b64decode(letter["key"]), b64decode(letter["value"])) == (
        "kafka_record",
        b"SW1234",
        b"\xff\x00junk",
    )


def test_a_flight_the_table_cannot_make_sense_of_stops_only_its_own_events(airline: Airline) -> None:
    del airline.dynamodb.items["FLIGHT#SW3456", "METADATA"]["origin"]
    answer = airline.invoke(sample("kafka_batch"))
    assert (answer["published"], airline.reasons()) == (2, ["UNREADABLE_FLIGHT"])


def test_fields_nobody_knows_are_ignored(airline: Airline) -> None:
    answer = airline.invoke(a_batch(a_record(an_envelope(schema_version=2, payload={"crew": ["A", "B"]}))))
    assert answer["published"] == 1
    assert "crew" not in airline.events.details()[0]


def test_a_record_without_a_key_is_processed_and_its_lost_order_logged(airline: Airline) -> None:
    assert airline.invoke(a_batch(a_record(an_envelope(), key=None)))["published"] == 1
    (warning,) = [line for line in airline.log.lines if line["level"] == "WARNING"]
    assert warning["message"] == "the key is not the flight: its order is not kept"


def test_the_gate_of_the_table_is_told_and_not_that_of_the_report(airline: Airline) -> None:
    airline.invoke(a_batch(a_record(an_envelope("gate_change"), key="SW3456")))
    (detail,) = airline.events.details()
    assert (detail["old_gate"], detail["new_gate"]) == ("A12", "D15")
    assert "from gate D15 instead of A12" in detail["summary"]


def test_a_log_line_tells_the_story_and_carries_every_id(airline: Airline) -> None:
    airline.invoke(sample("kafka_batch"))
    line = airline.log.lines[0]
    assert line["message"].startswith("Flight SW1234 from DAL to LAX leaves 25 minutes late")
    expected = {
        "correlation_id": "ops-console-4711",
        "event_id": "evt-7d1f0c52a9b34e6f",
        "flight_id": "SW1234",
        "topic": "flight-operations",
        "partition": 0,
        "offset": 41,
    }
    assert {name: line[name] for name in expected} == expected


def test_a_rejection_is_logged_with_its_code_and_coordinates_but_not_its_content(airline: Airline) -> None:
    airline.invoke(a_batch(a_record({"event_type": "FLIGHT_DELAY", "email": "ana@example.com"}, offset=9)))
    (line,) = airline.log.lines
    assert (line["level"], line["reason"], line["offset"]) == ("WARNING", "SCHEMA", 9)
    assert "ana" not in str(airline.log.lines)


def test_a_rejected_event_that_was_understood_is_logged_with_its_ids(airline: Airline) -> None:
    airline.invoke(a_batch(a_record(an_envelope(payload={"flight_id": "SW0000"}))))
    (line,) = airline.log.lines
    assert (line["reason"], line["event_id"], line["flight_id"]) == ("UNKNOWN_FLIGHT", "evt-7d1f0c52a9b34e6f", "SW0000")


def test_what_was_processed_is_counted_by_type_and_severity(
    airline: Airline, capsys: pytest.CaptureFixture[str]
) -> None:
    airline.invoke(
        a_batch(
            a_record(an_envelope(event_id="evt-1")),
            a_record(an_envelope(event_id="evt-2")),
            a_record(an_envelope("gate_change"), key="SW3456"),
            a_record(b"junk"),
        )
    )
    _, delays, gates, letters = metrics(capsys)
    assert (delays["DelayEventsProcessed"], delays["AffectedPassengers"]) == ([2.0], [4.0])
    assert (delays["event_type"], delays["severity"]) == ("FLIGHT_DELAY", "MINOR")
    assert (gates["GateChangeEventsProcessed"], gates["severity"]) == ([1.0], "TERMINAL")
    assert (letters["DeadLettered"], letters["service"]) == ([1.0], "kafka-consumer")


NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOON_MS = round(NOON.timestamp() * 1000)


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        ([NOON_MS - 500, NOON_MS - 90_000, NOON_MS], 90_000),
        ([NOON_MS + 4_000], 0),
        ([10**400], 0),
        ([None, -1, "noon", NOON_MS - 1_000], 1_000),
        ([None, -1], None),
        ([], None),
    ],
    ids=[
        "the oldest counts",
        "from the future",
        "beyond any calendar",
        "unusable ones are left out",
        "none usable",
        "no record",
    ],
)
def test_how_old_the_oldest_record_is(stamps: list[int | str | None], expected: int | None) -> None:
    records = [Record(coordinates={"timestamp": stamp}, value=None) for stamp in stamps]
    assert oldest_age(records, NOON) == expected


def test_the_age_of_a_batch_is_a_metric_without_any_id(airline: Airline, capsys: pytest.CaptureFixture[str]) -> None:
    airline.invoke(a_batch(a_record(an_envelope()), a_record(b"junk")))
    age = metrics(capsys)[0]
    assert age["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [{"Name": "RecordAge", "Unit": "Milliseconds"}]
    assert age["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"], []]
    assert age["RecordAge"][0] > 0


def test_no_id_is_ever_a_dimension(airline: Airline, capsys: pytest.CaptureFixture[str]) -> None:
    airline.invoke(sample("kafka_batch"))
    named = {
        name
        for line in metrics(capsys)
        for metric in line["_aws"]["CloudWatchMetrics"]
        for names in metric["Dimensions"]
        for name in names
    }
    assert named == {"service", "event_type", "severity"}


def test_an_empty_batch_is_nothing_to_do(airline: Airline) -> None:
    assert airline.invoke({"eventSource": "aws:kafka", "records": {}})["received"] == 0
    assert (airline.events.calls, airline.queue.calls) == ([], [])


def test_an_event_handed_over_directly_is_published_and_the_answer_says_so(airline: Airline) -> None:
    assert airline.invoke(an_envelope()) == {
        "received": 1,
        "published": 1,
        "dead_lettered": 0,
        "batchItemFailures": [],
        "status": "published",
        "event_id": "evt-7d1f0c52a9b34e6f",
        "detail_type": "flight.delay.minor",
        "flight_id": "SW1234",
        "correlation_id": "evt-7d1f0c52a9b34e6f",
        "affected_passengers_count": 2,
    }


def test_a_bad_event_handed_over_directly_is_put_aside_and_the_answer_says_why(airline: Airline) -> None:
    envelope = an_envelope(payload={"flight_id": "SW0000"})
    answer = airline.invoke(envelope)
    assert (answer["status"], answer["published"], answer["dead_lettered"]) == ("rejected", 0, 1)
    assert answer["reason"] == {"code": "UNKNOWN_FLIGHT", "message": "there is no flight SW0000"}
    (letter,) = airline.queue.letters()
    assert letter["kind"] == "direct_invocation"
    assert json.loads(b64decode(letter["value"])) == envelope


def test_a_table_that_cannot_be_asked_fails_the_invocation_and_nothing_goes_out(airline: Airline) -> None:
    airline.dynamodb.error = error = aws_error("ProvisionedThroughputExceededException")
    with pytest.raises(type(error)):
        airline.invoke(a_batch(a_record(b"junk"), a_record(an_envelope())))
    assert (airline.events.calls, airline.queue.calls) == ([], [])


def test_a_bus_that_goes_on_refusing_fails_the_invocation_before_any_dead_letter(
    airline: Airline, capsys: pytest.CaptureFixture[str]
) -> None:
    airline.events.refuse = lambda call, entry: "ThrottlingException"
    with pytest.raises(PublishError, match="evt-7d1f0c52a9b34e6f"):
        airline.invoke(a_batch(a_record(b"junk"), a_record(an_envelope())))
    assert airline.queue.calls == []
    assert metrics(capsys) == [], "nothing was processed, so nothing is counted"


def test_a_dead_letter_queue_that_goes_on_refusing_fails_the_invocation(airline: Airline) -> None:
    airline.queue.refuse = lambda call, body: "InternalError"
    with pytest.raises(UndeliveredLettersError):
        airline.invoke(a_batch(a_record(b"junk")))


def test_a_batch_that_comes_again_is_published_again_under_the_same_ids(airline: Airline) -> None:
    for _ in range(2):
        airline.invoke(sample("kafka_batch"))
    first, second = airline.events.details()[:3], airline.events.details()[3:]
    assert first == second


def test_an_event_goes_on_with_the_trace_of_its_own_record(airline: Airline, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given two records in one batch, each with a trace that its producer began, and one that is refused
    written: list[dict[str, Any]] = []
    monkeypatch.setattr(tracing, "send", written.append)
    roots = [f"6b0d0d0b{number:024x}" for number in (1, 2, 3)]
    values = [an_envelope(event_id="evt-1"), an_envelope(event_id="evt-2"), {"event_type": "NO_SUCH"}]
    entries = [
        {**a_record(value), "headers": [{"traceparent": list(f"00-{root}-a3d55f132619ff66-01".encode())}]}
        for root, value in zip(roots, values, strict=True)
    ]
    # When they are consumed
    airline.invoke(a_batch(*entries))
    # Then each event is published in its record's trace, below the consumer's segment of that record
    mine = {part["annotations"].get("event_id"): part for part in written if "annotations" in part}
    for entry, root, event_id in zip(airline.events.published, roots, ("evt-1", "evt-2"), strict=False):
        assert entry["TraceHeader"] == f"Root=1-{root[:8]}-{root[8:]};Parent={mine[event_id]['id']};Sampled=1"
        assert mine[event_id]["annotations"]["correlation_id"] == event_id
    # And the refused one says why
    assert mine[None]["annotations"] == {"rejected": "UNKNOWN_EVENT_TYPE"}
    assert mine[None]["error"] is True
