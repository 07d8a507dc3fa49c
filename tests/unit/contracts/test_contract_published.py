"""What the functions and workflows publish fulfils the schemas that others rely on."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flightpulse import schemas
from flightpulse.domain import events
from flightpulse.domain.entities import (
    BookingStatus,
    CancellationReason,
    DelayReason,
    FlightStatus,
    RebookingPriority,
)
from flightpulse.domain.events import DetailType
from flightpulse.messages import compose, wording
from flightpulse.messages.facts import read_news, read_recipient
from flightpulse.messages.placeholders import Channel
from flightpulse.use_cases.report_changes import status_change
from tests.unit.builders import a_booking, a_flight, a_passenger, an_envelope
from tests.unit.fakes import sample

WORKFLOWS = Path(__file__).parents[3] / "flightpulse" / "workflows"

ENVELOPES: list[tuple[str, dict[str, Any]]] = [
    *(("flight_delay", {"delay_minutes": minutes}) for minutes in (0, 29, 30, 120, 121, 10_080)),
    *(("flight_delay", {"reason": reason}) for reason in DelayReason),
    ("flight_delay", {"reason_detail": ...}),
    *(("flight_cancelled", {"reason": reason}) for reason in CancellationReason),
    *(("flight_cancelled", {"rebooking_priority": priority}) for priority in RebookingPriority),
    *(("gate_change", {"terminal_change": other}) for other in (True, False)),
]


@pytest.mark.parametrize(("name", "payload"), ENVELOPES)
def test_the_detail_of_every_accepted_envelope_fulfils_its_schema(name: str, payload: dict[str, Any]) -> None:
    envelope = an_envelope(name, payload=payload)
    schemas.validate(name, envelope)
    detail = events.enriched_detail(
        events.parse(envelope), a_flight(), affected_passengers_count=3, correlation_id="corr-1"
    )
    schemas.validate("flight_event", detail)


@pytest.mark.parametrize("status", FlightStatus)
def test_the_detail_fulfils_its_schema_whatever_the_flight_is_doing(status: FlightStatus) -> None:
    event = events.parse(an_envelope("gate_change"))
    flight = a_flight(status=status, gate="", aircraft="")
    detail = events.enriched_detail(event, flight, affected_passengers_count=0, correlation_id="corr-1")
    schemas.validate("flight_event", detail)


@pytest.mark.parametrize("after", [status for status in BookingStatus if status != BookingStatus.CONFIRMED])
def test_a_booking_s_change_fulfils_its_schema(after: BookingStatus) -> None:
    old = {
        "PK": "BOOKING#BKG-0001",
        "SK": "METADATA",
        "booking_id": "BKG-0001",
        "flight_id": "SW1234",
        "passenger_id": "PAX-0001",
        "booking_status": "CONFIRMED",
    }
    new = {**old, "booking_status": after, "rebooking_event": "evt-1"}
    change = status_change(old, new, change_id="chg-" + "0" * 24, changed_at=datetime.now(UTC))
    assert change is not None
    schemas.validate("booking_status_changed", change.detail)


@pytest.mark.parametrize("after", [status for status in FlightStatus if status != FlightStatus.SCHEDULED])
def test_a_flight_s_change_fulfils_its_schema(after: FlightStatus) -> None:
    old = {"PK": "FLIGHT#SW1234", "SK": "METADATA", "flight_id": "SW1234", "status": "SCHEDULED"}
    change = status_change(
        old, {**old, "status": after}, change_id="chg-" + "0" * 24, changed_at=datetime(2026, 3, 1, tzinfo=UTC)
    )
    assert change is not None
    schemas.validate("flight_status_changed", change.detail)


def test_the_samples_of_flight_events_are_what_the_consumer_makes_of_the_sample_envelopes() -> None:
    detail = events.enriched_detail(
        events.parse(sample("flight_delay")), a_flight(), affected_passengers_count=3, correlation_id="ops-console-4711"
    )
    assert detail == sample("flight_event")


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("name", ["flight_delay", "flight_cancelled", "gate_change"])
def test_a_notification_fulfils_its_schema(name: str, channel: Channel) -> None:
    detail = events.enriched_detail(
        events.parse(an_envelope(name)), a_flight(), affected_passengers_count=1, correlation_id="corr-1"
    )
    news = read_news(detail, a_flight().to_fields())
    recipient = read_recipient({**a_passenger().to_fields(), **a_booking().to_fields()})
    assert recipient is not None
    to = compose.address(recipient, channel)
    told = compose.notification(news, recipient, channel, to, wording.written(recipient.segment(news)))
    assert told["detail_type"] in set(DetailType)
    schemas.validate(f"notification_{channel}", told["detail"])


def test_the_cancellation_workflow_says_what_a_rebooking_system_needs() -> None:
    definition = json.loads((WORKFLOWS / "cancellation.asl.json").read_text("utf-8"))
    (entry,) = definition["States"]["CallRebooking"]["Arguments"]["Entries"]
    assert (entry["Source"], entry["DetailType"]) == ("flightpulse.workflow", "rebooking.needed")
    assert set(entry["Detail"]) >= set(schemas.load("rebooking_needed")["required"])


def test_the_workflows_publish_only_detail_types_of_the_contract() -> None:
    text = "".join(file.read_text("utf-8") for file in WORKFLOWS.glob("*.asl.json"))
    named = set(re.findall(r'"DetailType": "([a-z._]+)"', text))
    assert named <= set(DetailType)
    assert "rebooking.needed" in named
