"""Of a departure it is known what became of it when its workflow has ended: nobody is to be told."""

from datetime import UTC, datetime

from flightpulse.domain.entities import Tier
from flightpulse.workbench.fire.firing import outcome_of
from flightpulse.workbench.observe.facts import BookedPassenger, Facts, Handled, SentEvent

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
BOOKED = {"SW1": (BookedPassenger("B1", "P1", Tier.MEMBER, frozenset({"email"})),)}


def facts(event_type: str) -> Facts:
    done = Handled("arn:e", "w", "SUCCEEDED", "flight.x", "e", "SW1", "DONE", AT, AT)
    return Facts(sent=(SentEvent("e", event_type, "SW1", AT, AT),), handled=(done,), recipients=BOOKED)


def test_nobody_has_to_be_told_of_a_departure_and_everybody_of_a_delay() -> None:
    look = outcome_of("e", "news of SW1", lambda _event_id: "").look

    assert look(facts("FLIGHT_DEPARTED")).ok
    assert not look(facts("FLIGHT_DELAY")).ok
