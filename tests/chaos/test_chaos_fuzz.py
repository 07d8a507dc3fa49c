"""Fuzzed records are bad by construction, and the consumer knows it, without a cloud."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flightpulse.chaos import booked_flights, event_sequence, fuzz
from flightpulse.domain.events import InvalidEventError
from flightpulse.use_cases import consume
from flightpulse.use_cases.ports import Record
from tests.examples import examples

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PEOPLE = booked_flights.invent(1, flights=6, bookings=1)
NEWS = event_sequence.make(1, PEOPLE.flights, events_per_flight=4, copies=1, now=NOW).news
EXAMPLES = examples(100, 5000)
FLIGHTS = {flight.flight_id: (flight, 1) for flight in PEOPLE.flights}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=12), children, max_size=4),
    max_leaves=12,
)


def refusal(value: bytes | None) -> InvalidEventError:
    """Why the consumer puts such a record aside. Anything else that it raises fails the test, as it would the batch."""
    record = Record(coordinates={}, value=value)
    with pytest.raises(InvalidEventError) as refused:
        consume.enrich(record, consume.read_event(record), FLIGHTS.get)
    return refused.value


def test_every_fuzzed_record_is_refused_for_the_reason_it_was_made_for() -> None:
    for record in fuzz.records(4, 2000, NEWS):
        code = refusal(record.value).code
        assert not record.reasons or code in record.reasons, (record.kind, record.value)


def test_the_same_seed_makes_the_same_records_and_another_one_others() -> None:
    assert fuzz.records(4, 200, NEWS) == fuzz.records(4, 200, NEWS)
    assert fuzz.records(4, 200, NEWS) != fuzz.records(5, 200, NEWS)


def test_every_kind_of_bad_record_is_made() -> None:
    assert {record.kind for record in fuzz.records(4, 2000, NEWS)} == set(fuzz.MAKERS)


def test_ten_thousand_records_fit_what_the_embedded_broker_keeps_of_one_partition() -> None:
    """Even if all of them fell into two of its partitions."""
    assert sum(len(record.value or b"") for record in fuzz.records(4, 10_000, NEWS)) < 2 * 5_000_000


@settings(max_examples=EXAMPLES, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400))
def test_raw_bytes_are_refused(value: bytes) -> None:
    assert refusal(value).message


@settings(max_examples=EXAMPLES, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(NEWS), st.dictionaries(st.sampled_from(sorted(NEWS[0]["payload"])), json_values, min_size=1))
def test_an_event_whose_payload_is_replaced_by_anything_is_refused(
    event: dict[str, object], payload: dict[str, object]
) -> None:
    assert refusal(json.dumps({**event, "payload": payload}).encode()).message
