"""Whatever arrives, the consumer answers: nothing a producer can write may fail a batch."""

import json
from base64 import b64encode
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from flightpulse.adapters import kafka_records, telemetry
from flightpulse.adapters.bus import Bus
from flightpulse.adapters.dead_letters import DeadLetters
from flightpulse.adapters.table import ReservationTable
from flightpulse.adapters.tracing import RecordTracer
from flightpulse.use_cases.consume import Consumer
from tests.examples import examples
from tests.unit.builders import a_flight, an_envelope
from tests.unit.fakes import FakeDynamoDB, FakeEvents, FakeQueue

SAMPLES = ("flight_delay", "flight_cancelled", "gate_change")

any_text = st.text(st.characters(codec=None))
scalars = st.none() | st.booleans() | st.integers() | st.floats() | any_text | st.just(10**4000)
any_json = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3), max_leaves=6
)
odd_times = (
    st.sampled_from(
        [
            "2026-03-01T08:15:30Z",
            "2026-03-01T08:15:30",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-14:00",
            "T",
            "",
        ]
    )
    | any_text
)


def near_envelopes() -> st.SearchStrategy[dict[str, Any]]:
    """Envelopes with one field that is not what it was."""
    names = st.sampled_from(SAMPLES)
    odd_values = scalars | odd_times | any_json
    in_the_envelope = st.dictionaries(st.sampled_from(list(an_envelope())), odd_values, min_size=1, max_size=1)
    payload_fields = sorted({field for name in SAMPLES for field in an_envelope(name)["payload"]})
    in_the_payload = st.dictionaries(st.sampled_from(payload_fields), odd_values, min_size=1, max_size=1)
    return st.builds(lambda name, change: {**an_envelope(name), **change}, names, in_the_envelope) | st.builds(
        lambda name, change: an_envelope(name, payload=change), names, in_the_payload
    )


as_json = (any_json | near_envelopes()).map(lambda value: json.dumps(value).encode())
deep = st.integers(1, 30_000).map(lambda depth: b'{"a":[' * depth)
raw_values = st.binary() | as_json | deep

odd_records = st.fixed_dictionaries(
    {},
    optional={
        "topic": any_json,
        "partition": any_json,
        "offset": any_json,
        "timestamp": any_json,
        "key": any_json | st.binary().map(lambda raw: b64encode(raw).decode()),
        "value": any_json | raw_values.map(lambda raw: b64encode(raw).decode()),
        "headers": any_json | st.lists(st.dictionaries(st.just("correlation_id"), any_json), max_size=2),
    },
)
batches = st.fixed_dictionaries(
    {
        "eventSource": st.just("SelfManagedKafka"),
        "records": st.dictionaries(any_text, any_json | st.lists(odd_records | any_json, max_size=3), max_size=2),
    }
)


def consumed(invocation: object) -> list[str]:
    """Every record ends on the bus or in the dead letters, in a shape the other side can read; the letters' reasons."""
    dynamodb, events, queue = FakeDynamoDB(), FakeEvents(), FakeQueue()
    table = ReservationTable(cast(Any, dynamodb), "FlightPulseTable")
    table.save(flights=[a_flight(), a_flight(flight_id="SW3456"), a_flight(flight_id="SW9012")])
    consumer = Consumer(
        table,
        Bus(cast(Any, events), "flightpulse-bus"),
        DeadLetters(cast(Any, queue), "https://sqs.example/records"),
        notify_from_minutes=lambda: 0,
        log=telemetry.logger("kafka-consumer"),
        meter=telemetry.Meter("kafka-consumer"),
        tracer=RecordTracer,
    )
    records = list(kafka_records.records(invocation))
    result = consumer.consume(records)
    assert len(result.accepted) + len(result.rejected) == len(records)
    assert len(events.published) == len(result.accepted)
    assert len(queue.letters()) == len(result.rejected)
    for entry in events.published:
        entry["Detail"].encode("utf-8")
    return [letter["reason"]["code"] for letter in queue.letters()]


@settings(max_examples=examples(60, 2000), deadline=None)
@given(raw_values)
def test_no_value_of_a_record_fails_a_batch(raw: bytes) -> None:
    record = {"topic": "flight-operations", "partition": 0, "offset": 1, "value": b64encode(raw).decode()}
    consumed({"eventSource": "SelfManagedKafka", "records": {"flight-operations-0": [record]}})


@settings(max_examples=examples(40, 1000), deadline=None)
@given(batches)
def test_no_shape_of_a_batch_fails_it(batch: dict[str, Any]) -> None:
    consumed(batch)


@settings(max_examples=examples(40, 1000), deadline=None)
@given(near_envelopes() | any_json)
def test_no_direct_invocation_fails(event: Any) -> None:
    consumed(event)


def test_a_direct_event_nested_beyond_the_stack_is_rejected() -> None:
    event: Any = "end"
    for _ in range(100_000):
        event = [event]
    assert consumed({"event_type": event}) == ["MALFORMED_RECORD"]
