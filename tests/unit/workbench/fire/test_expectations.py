"""What a viewer must see, held against facts that show it and facts that do not."""

from datetime import timedelta

from flightpulse.domain.entities import Booking, BookingStatus, Flight, FlightStatus, Tier
from flightpulse.workbench.fire import expectations
from flightpulse.workbench.observe.facts import AuditEvent, Facts
from tests.unit.workbench.run_facts import NOW, at, handled, message, recipient, sent

FLIGHT = "SW1234"


def flight(**changes: object) -> Flight:
    values: dict[str, object] = {
        "flight_id": FLIGHT,
        "origin": "DAL",
        "destination": "LAX",
        "scheduled_departure": NOW,
        "scheduled_arrival": NOW + timedelta(hours=3),
        "status": FlightStatus.DELAYED,
        "delay_minutes": 25,
    }
    return Flight(**{**values, **changes})  # type: ignore[arg-type]


def booking(booking_id: str) -> Booking:
    return Booking(
        booking_id=booking_id,
        passenger_id=f"PAX-{booking_id}",
        flight_id=FLIGHT,
        confirmation_number="ABC123",
        booking_status=BookingStatus.NEEDS_REBOOKING,
        created_at=NOW,
    )


def test_the_right_detail_type_and_a_finished_workflow_are_seen():
    finding = expectations.workflow_ran(FLIGHT, "flight.delay.minor").look(Facts(handled=(handled(),)))

    assert finding.ok
    assert finding.seen == "DelayWorkflow SUCCEEDED in 2.0 s"


def test_another_detail_type_is_named_instead():
    facts = Facts(handled=(handled(detail_type="flight.delay.major"),))

    finding = expectations.workflow_ran(FLIGHT, "flight.delay.minor").look(facts)

    assert (finding.ok, finding.seen) == (False, "flight.delay.major instead")


def test_a_failed_workflow_is_not_what_was_expected():
    facts = Facts(handled=(handled(status="FAILED"),))

    assert not expectations.workflow_ran(FLIGHT, "flight.delay.minor").look(facts).ok


def told(*messages: object, recipients: tuple[object, ...]) -> expectations.Finding:
    facts = Facts(sent=(sent(),), messages=messages, recipients={FLIGHT: recipients})  # type: ignore[arg-type]
    return expectations.everyone_told(FLIGHT).look(facts)


def test_everyone_is_told_on_their_channels():
    finding = told(
        message("B1"),
        message("B1", "sms"),
        message("B2", "sms"),
        recipients=(recipient("B1", Tier.MEMBER, "email", "sms"), recipient("B2", Tier.MEMBER, "sms"), recipient("B3")),
    )

    assert finding.ok
    assert finding.seen == "1 e-mail, 2 texts; 1 chose neither"


def test_somebody_left_out_is_named():
    finding = told(message("B1"), recipients=(recipient("B1", Tier.MEMBER, "email", "sms"),))

    assert (finding.ok, finding.seen) == (False, "B1 has no text")


def test_telling_somebody_twice_is_a_fault():
    finding = told(message("B1"), message("B1"), recipients=(recipient("B1", Tier.MEMBER, "email"),))

    assert (finding.ok, finding.seen) == (False, "B1 got one e-mail too many")


def test_telling_somebody_who_wants_no_text_is_a_fault():
    finding = told(message("B1"), message("B1", "sms"), recipients=(recipient("B1", Tier.MEMBER, "email"),))

    assert not finding.ok


def test_a_flight_with_nobody_on_it_proves_nothing():
    assert not told(recipients=()).ok


def test_the_flight_shows_its_delay():
    look = expectations.flight_is(FLIGHT, "25 min late", status=FlightStatus.DELAYED, delay_minutes=25).look

    assert look(Facts(flights={FLIGHT: flight()})) == expectations.Finding("DELAYED, 25 min", ok=True)
    assert not look(Facts(flights={FLIGHT: flight(delay_minutes=0)})).ok
    assert not look(Facts()).ok


def in_order(*tiers: Tier) -> expectations.Finding:
    messages = tuple(message(f"B{number}", tier=str(tier)) for number, tier in enumerate(tiers))
    return expectations.loyal_first(FLIGHT).look(Facts(sent=(sent(),), messages=messages))


def test_the_most_loyal_come_first():
    finding = in_order(Tier.A_LIST_PREFERRED, Tier.A_LIST_PREFERRED, Tier.A_LIST, Tier.MEMBER)

    assert finding == expectations.Finding("A-LIST PREFERRED, then A-LIST, then MEMBER", ok=True)


def test_a_member_before_an_a_list_passenger_is_a_fault():
    finding = in_order(Tier.A_LIST_PREFERRED, Tier.MEMBER, Tier.A_LIST, Tier.MEMBER)

    assert finding == expectations.Finding("A-LIST PREFERRED, then MEMBER, then A-LIST, then MEMBER", ok=False)


def test_an_order_without_all_tiers_proves_nothing():
    assert not in_order(Tier.A_LIST, Tier.MEMBER).ok


def test_priority_language_names_the_tier_to_the_loyal_only():
    loyal = message("B1", tier="A-LIST", text="As an A-List member you come first.")
    member = message("B2", text="A little late.")
    look = expectations.priority_language(FLIGHT).look

    assert look(Facts(sent=(sent(),), messages=(loyal, member))).ok
    assert not look(Facts(sent=(sent(),), messages=(message("B1", tier="A-LIST"), member))).ok
    assert not look(Facts(sent=(sent(),), messages=(loyal, message("B2", text="Dear A-List member")))).ok


def test_every_message_must_fit_every_pattern():
    look = expectations.messages_say(FLIGHT, "apologetic", r"sorry", r"rebook").look
    good, half = message("B1", text="Sorry. We rebook you."), message("B2", text="Sorry.")

    assert look(Facts(sent=(sent(),), messages=(good,))).ok
    assert look(Facts(sent=(sent(),), messages=(good, half))) == expectations.Finding("1 of 2 messages", ok=False)
    assert not look(Facts(sent=(sent(),))).ok


def test_every_booking_is_found_by_the_status_index():
    look = expectations.needs_rebooking(FLIGHT).look
    bookings = {FLIGHT: (booking("B1"), booking("B2"))}

    assert look(Facts(bookings=bookings, needing_rebooking=frozenset({"B1", "B2"}))).ok
    assert look(Facts(bookings=bookings, needing_rebooking=frozenset({"B1"}))).seen == "1 of 2 by GSI2"
    assert not look(Facts()).ok


def change(booking_id: str, *, change_id: str = "", event_id: str = "evt-1") -> AuditEvent:
    detail = {
        "booking_id": booking_id,
        "flight_id": FLIGHT,
        "event_id": event_id,
        "new_status": "NEEDS_REBOOKING",
        "change_id": change_id or f"chg-{booking_id}",
    }
    return AuditEvent("booking.status_changed", detail, NOW)


def reported(*audit: AuditEvent) -> expectations.Finding:
    facts = Facts(sent=(sent(),), recipients={FLIGHT: (recipient("B1"), recipient("B2"))}, audit=audit)
    return expectations.bookings_reported(FLIGHT).look(facts)


def test_a_change_delivered_twice_counts_once():
    assert reported(change("B1"), change("B2"), change("B2")).ok


def test_changes_of_another_run_do_not_count():
    assert reported(change("B1"), change("B2", event_id="evt-0")).seen == "1 for 2 bookings"


def test_rebooking_is_called_exactly_once():
    look = expectations.rebooking_called(FLIGHT).look
    call = AuditEvent("rebooking.needed", {"event_id": "evt-1", "flight_id": FLIGHT}, NOW)

    assert look(Facts(sent=(sent(),), audit=(call,))).seen == "seen once"
    assert not look(Facts(sent=(sent(),), audit=(call, call))).ok
    assert not look(Facts(sent=(sent(),))).ok


def test_an_event_that_came_twice_is_handled_once():
    facts = Facts(
        sent=(sent(), sent()), handled=(handled(), handled(outcome="ALREADY_HANDLED", arn="second")), messages=()
    )

    finding = expectations.all_handled().look(facts)

    assert finding == expectations.Finding("1 of 1 events, 1 more delivery recognised", ok=True)


def test_an_event_handled_twice_is_a_fault():
    facts = Facts(sent=(sent(),), handled=(handled(), handled(arn="second")))

    assert not expectations.all_handled().look(facts).ok


def test_overlapping_executions_are_counted():
    look = expectations.handled_at_the_same_time().look
    first = handled(started_at=at(0), stopped_at=at(2))

    overlapping = look(Facts(handled=(first, handled("evt-2", started_at=at(1), stopped_at=at(3)))))
    in_turn = look(Facts(handled=(first, handled("evt-2", started_at=at(2), stopped_at=at(3)))))

    assert overlapping == expectations.Finding("up to 2 executions at once", ok=True)
    assert not in_turn.ok


def test_older_news_after_newer_is_a_fault_only_for_the_same_subject_and_channel():
    look = expectations.never_older_after_newer().look
    newer = message("B1", at=at(2), event_at=at(1))

    assert not look(Facts(messages=(newer, message("B1", at=at(3), event_at=at(0))))).ok
    assert look(Facts(messages=(newer, message("B1", "sms", at=at(3), event_at=at(0))))).ok
    assert look(Facts(messages=(newer, message("B1", at=at(3), event_at=at(0), kind="gate_change")))).ok
    assert look(Facts(messages=(newer, message("B1", at=at(3), event_at=at(2))))).ok


def test_the_newest_event_is_the_one_known_last():
    facts = Facts(sent=(sent("evt-2", seconds=5), sent("evt-1", seconds=1), sent("evt-9", "SW1", seconds=9)))

    assert expectations.newest_event(facts, FLIGHT).event_id == "evt-2"
