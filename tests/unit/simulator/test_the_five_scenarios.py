"""The scenarios send what the contracts say, in events that the consumer takes."""

from datetime import UTC, datetime, timedelta

import pytest

from flightpulse.domain import events as domain
from flightpulse.domain.entities import Flight
from flightpulse.errors import UserError
from simulator import sample_data, scenarios
from simulator.scenarios import SCENARIOS, Scenario

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def flights() -> dict[str, Flight]:
    return {flight.flight_id: flight for flight in sample_data.load().flights}


def sent(scenario: Scenario, flights: dict[str, Flight], at: datetime = NOW) -> list[domain.FlightEvent]:
    """The scenario's events, read as the consumer reads them."""
    read = [domain.parse(event) for event in scenario.events(flights, at)]
    for event in read:
        domain.check(event, flights[event.flight_id], received_at=at)
    return read


def test_numbers_and_names_are_those_of_the_contracts():
    assert [(scenario.number, scenario.name) for scenario in SCENARIOS] == [
        (1, "minor-delay"),
        (2, "major-delay"),
        (3, "cancellation"),
        (4, "gate-change"),
        (5, "rapid-sequence"),
    ]


@pytest.mark.parametrize(
    ("number", "flight_id", "detail_type", "facts"),
    [
        (1, "SW1234", "flight.delay.minor", {"delay_minutes": 25, "reason": "WEATHER"}),
        (2, "SW5678", "flight.delay.major", {"delay_minutes": 90, "reason": "MECHANICAL"}),
        (3, "SW9012", "flight.cancelled", {"reason": "WEATHER"}),
        (4, "SW3456", "flight.gate_change", {"old_gate": "A5", "new_gate": "D15", "terminal_change": True}),
    ],
)
def test_a_single_event_is_sent_as_the_contracts_say(
    flights: dict[str, Flight], number: int, flight_id: str, detail_type: str, facts: dict[str, object]
):
    (event,) = sent(SCENARIOS[number - 1], flights)

    assert (event.flight_id, event.detail_type) == (flight_id, detail_type)
    assert {name: getattr(event, name) for name in facts} == facts


def test_the_rapid_sequence_has_newer_news_for_one_flight_and_a_repetition(flights: dict[str, Flight]):
    events = sent(SCENARIOS[4], flights)

    of_one_flight = [event for event in events if event.flight_id == "SW1234"]
    first, newer, again = of_one_flight
    assert newer.timestamp > first.timestamp
    assert again == first
    assert len({event.flight_id for event in events}) == 4
    assert max(event.timestamp for event in events) - min(event.timestamp for event in events) < timedelta(seconds=1)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda item: item.name)
def test_every_run_has_new_ids_and_news_from_before_it_began(scenario: Scenario, flights: dict[str, Flight]):
    one, other = sent(scenario, flights), sent(scenario, flights)

    assert not {event.event_id for event in one} & {event.event_id for event in other}
    assert all(event.timestamp <= NOW for event in one)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda item: item.name)
def test_only_flights_that_are_reset_are_changed(scenario: Scenario, flights: dict[str, Flight]):
    assert {event.flight_id for event in sent(scenario, flights)} == set(scenario.flights)


def test_a_scenario_is_found_by_number_and_by_name():
    assert scenarios.find("3") is scenarios.find("Cancellation") is SCENARIOS[2]


def test_an_unknown_scenario_is_named_with_the_known_ones():
    with pytest.raises(UserError) as refusal:
        scenarios.find("6")

    assert refusal.value.message == "There is no scenario '6'."
    assert "5 rapid-sequence" in refusal.value.hint
