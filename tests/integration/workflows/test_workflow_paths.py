"""Every path of the five workflows, walked on the local cloud with its own table, bus and queues."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.workflows.workflow_world import FILES, PAGE, World, task_states
from tests.waiting import until

DELAY = "FlightPulse-DelayWorkflow"
GATE = "FlightPulse-GateChangeWorkflow"
CANCELLATION = "FlightPulse-CancellationWorkflow"
PASSENGERS = "FlightPulse-NotifyPassengers"
CHUNK = "FlightPulse-NotifyChunk"
NOTHING_GETS_OUT = tuple(
    {"state": state, "error": "EventBridge.FailedEntry"} for state in ("SendMessages", "SendMessage")
)
THROTTLED, GROUP_THROTTLED = (
    f"{service}.ProvisionedThroughputExceededException" for service in ("DynamoDB", "DynamoDb")
)
CANCELED = "DynamoDb.TransactionCanceledException"


def delay(flight_id: str, event_id: str, at: str = "08:00:00", minutes: int = 45) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "event_type": "FLIGHT_DELAY",
        "flight_id": flight_id,
        "timestamp": f"2026-11-24T{at}Z",
        "delay_minutes": minutes,
        "reason": "WEATHER",
        "new_departure": "2026-11-24T14:45:00-06:00",
        "new_arrival": "2026-11-24T22:45:00Z",
        "correlation_id": f"corr-{event_id}",
    }


def cancelled(flight_id: str, event_id: str, at: str = "09:00:00") -> dict[str, Any]:
    return {
        "event_id": event_id,
        "event_type": "FLIGHT_CANCELLED",
        "flight_id": flight_id,
        "timestamp": f"2026-11-24T{at}Z",
        "reason": "WEATHER",
        "rebooking_priority": "HIGH",
        "correlation_id": f"corr-{event_id}",
    }


def gate_change(flight_id: str, event_id: str, at: str = "08:00:00", gate: str = "D15") -> dict[str, Any]:
    return {
        "event_id": event_id,
        "event_type": "GATE_CHANGE",
        "flight_id": flight_id,
        "timestamp": f"2026-11-24T{at}Z",
        "old_gate": "A1",
        "new_gate": gate,
        "terminal_change": True,
        "correlation_id": f"corr-{event_id}",
    }


def failing(*states: str) -> list[dict[str, Any]]:
    """The table takes no write of these states."""
    return [{"state": state, "error": GROUP_THROTTLED if state.endswith("s") else THROTTLED} for state in states]


def chunk_of(event: dict[str, Any], flight: str, bookings: int) -> dict[str, Any]:
    """The request for a chunk that tells the first bookings of a flight."""
    return {
        "event": event,
        "order": f"2026-11-24T08:00:00.000Z#{event['event_id']}",
        "subject": "departure",
        "flight": {"gate": "A1"},
        "bookings": [
            {"booking_id": f"BKG-{flight}-{number}", "passenger_id": f"PAX-{flight}-{number}"}
            for number in range(bookings)
        ],
    }


def once_each(event_id: str, flight_id: str, bookings: int = 3) -> dict[tuple[str, str, str], int]:
    """What everybody on a flight is to get: one e-mail each, and a text unless they are every third."""
    wanted = {}
    for number in range(bookings):
        for channel in ("email", "sms"):
            if channel == "email" or number % 3 != 2:
                wanted[event_id, f"BKG-{flight_id}-{number}", channel] = 1
    return wanted


def test_a_delay_is_written_on_the_flight_and_told_once_on_each_channel(world: World) -> None:
    flight = world.flight()

    ended = world.run(DELAY, delay(flight, "d-plain"))

    assert ended.output["outcome"] == "DONE"
    assert world.messages() == once_each("d-plain", flight)
    item = world.get(f"FLIGHT#{flight}")
    assert (item["status"], item["GSI1PK"], item["delay_minutes"]) == ("DELAYED", "DELAYED", 45)
    assert item["estimated_departure"] == "2026-11-24T20:45:00Z"
    claim = world.get("EVENT#d-plain", "CLAIM")
    assert claim["status"] == "DONE"
    assert json.loads(claim["outcome"])["told"] == 5
    assert world.dead_letters() == []


def test_a_correction_is_of_the_delay_before_even_when_the_consumer_had_not_seen_that_one(world: World) -> None:
    flight = world.flight(bookings=1)
    first, second = delay(flight, "d-expected"), delay(flight, "d-corrected", at="08:00:01", minutes=60)
    second |= {"new_departure": "2026-11-24T15:00:00-06:00", "flight_details": {"gate": "A1"}}

    for event in (first, second):
        world.run(DELAY, event)

    details = [message["detail"] for message in world.received(world.inbox_url)]
    assert {detail["event_id"]: detail["expected_before"] for detail in details} == {
        "d-expected": None,
        "d-corrected": "2026-11-24T20:45:00Z",
    }


@pytest.mark.parametrize(
    ("event_id", "faults"),
    [("d-timed", ()), ("d-timed-singly", ({"state": "SendMessages", "error": "EventBridge.FailedEntry"},))],
    ids=["all channels in one call", "entry by entry"],
)
def test_a_message_says_how_long_ago_the_airline_knew(
    world: World, event_id: str, faults: tuple[dict[str, Any], ...]
) -> None:
    flight = world.flight()
    world.faults(*faults)
    began = datetime.now(UTC)
    known = began - timedelta(minutes=10)
    event = {**delay(flight, event_id), "timestamp": known.isoformat(timespec="milliseconds").replace("+00:00", "Z")}

    world.run(DELAY, event)

    told = world.told_after_seconds()
    latest = (datetime.now(UTC) - known).total_seconds()
    assert len(told) == 5
    assert all(600 <= seconds <= latest + 1 for seconds in told)


def test_a_message_about_what_is_known_only_in_the_future_was_not_told_before(world: World) -> None:
    world.run(DELAY, {**delay(world.flight(), "d-ahead"), "timestamp": "2999-01-01T00:00:00.000Z"})

    assert set(world.told_after_seconds()) == {0.0}


def test_the_same_event_twice_is_told_once(world: World) -> None:
    flight = world.flight()
    world.run(DELAY, delay(flight, "d-twice"))

    again = world.run(DELAY, delay(flight, "d-twice"))

    assert again.output["outcome"] == "ALREADY_HANDLED"
    assert world.messages() == once_each("d-twice", flight)


def test_older_news_than_the_flight_has_is_superseded_and_not_told(world: World) -> None:
    flight = world.flight()
    world.run(DELAY, delay(flight, "d-newer", at="10:00:00"))

    older = world.run(DELAY, delay(flight, "d-older", at="09:00:00", minutes=10))

    assert older.output["outcome"] == "SUPERSEDED"
    assert world.get("EVENT#d-older", "CLAIM")["status"] == "SUPERSEDED"
    assert world.get(f"FLIGHT#{flight}")["delay_minutes"] == 45
    assert world.messages() == once_each("d-newer", flight)


def test_of_two_events_of_the_same_moment_the_greater_id_wins(world: World) -> None:
    flight = world.flight()
    world.run(GATE, gate_change(flight, "g-b", gate="B2"))

    tied = world.run(GATE, gate_change(flight, "g-a", gate="C3"))

    assert tied.output["outcome"] == "SUPERSEDED"
    assert world.get(f"FLIGHT#{flight}")["gate"] == "B2"


def test_a_gate_change_does_not_silence_an_older_delay(world: World) -> None:
    flight = world.flight()
    world.run(GATE, gate_change(flight, "g-first", at="10:00:00"))

    ended = world.run(DELAY, delay(flight, "d-second", at="09:00:00"))

    assert ended.output["outcome"] == "DONE"
    assert world.messages() == once_each("g-first", flight) | once_each("d-second", flight)


def test_a_delay_of_nothing_puts_the_flight_back_on_schedule(world: World) -> None:
    flight = world.flight()
    world.run(DELAY, delay(flight, "d-late"))

    world.run(DELAY, delay(flight, "d-on-time", at="09:00:00", minutes=0))

    assert world.get(f"FLIGHT#{flight}")["status"] == "SCHEDULED"


def test_an_event_put_by_hand_takes_id_and_time_from_its_envelope(world: World) -> None:
    flight = world.flight()

    ended = world.run(DELAY, {"flight_id": flight, "delay_minutes": 20}, id="by-hand", time="2026-11-24T08:00:00Z")

    assert ended.output["outcome"] == "DONE"
    assert world.messages() == once_each("by-hand", flight)


def test_a_flight_without_bookings_is_done_with_nobody_told(world: World) -> None:
    flight = world.flight(bookings=0)

    ended = world.run(DELAY, delay(flight, "d-empty"))

    assert ended.output["outcome"] == "DONE"
    assert ended.output["told"]["recipients"] == 0
    assert world.messages() == {}


def test_the_most_loyal_are_told_before_the_others_are_even_looked_up(world: World) -> None:
    flight = world.flight(bookings=6)

    world.run(DELAY, delay(flight, "d-waves"))

    details = [body["detail"] for body in world.received(world.inbox_url)]
    tiers = [detail["tier"] for detail in details]
    assert tiers == sorted(tiers, key=["A-LIST PREFERRED", "A-LIST", "MEMBER"].index)
    assert {detail["booking_id"]: detail["special_requests"] for detail in details}[f"BKG-{flight}-0"] == [
        "wheelchair assistance"
    ]


def test_a_flight_of_many_bookings_is_told_in_chunks_of_forty(world: World) -> None:
    flight = world.flight(bookings=50, priorities=(3,))
    before = len(world.executions(CHUNK))

    ended = world.run(DELAY, delay(flight, "d-many"))

    assert ended.output["told"]["recipients"] == 50
    assert len(world.executions(CHUNK)) - before == 2
    assert world.messages() == once_each("d-many", flight, bookings=50)


def test_a_flight_of_more_bookings_than_a_page_is_told_page_by_page(world: World) -> None:
    bookings = 2 * PAGE + 5
    flight = world.flight(bookings=bookings, priorities=(3,))

    ended = world.run(CANCELLATION, cancelled(flight, "c-pages"))

    assert ended.output["told"]["recipients"] == bookings
    assert ended.output["bookings_marked"] == bookings
    assert world.messages() == once_each("c-pages", flight, bookings=bookings)


def test_a_passenger_who_wants_no_messages_is_counted_and_left_alone(world: World) -> None:
    flight = world.flight(bookings=1)
    passenger = world.get(f"PASSENGER#PAX-{flight}-0")
    world.put({**passenger, "notification_preferences": {"email": False, "sms": False, "push": True}})

    ended = world.run(DELAY, delay(flight, "d-silent"))

    assert ended.output["told"]["unreachable"] == 1
    assert world.messages() == {}


def test_one_passenger_with_unusable_data_does_not_stop_the_others(world: World) -> None:
    flight = world.flight()
    world.delete(f"PASSENGER#PAX-{flight}-1")

    ended = world.run(DELAY, delay(flight, "d-one-bad"))

    (letter,) = world.dead_letters()
    assert (letter["kind"], letter["booking_id"]) == ("passenger", f"BKG-{flight}-1")
    assert (ended.status, ended.error) == ("FAILED", "PassengersNotTold")
    assert (world.get("EVENT#d-one-bad", "CLAIM")["status"], world.told("d-one-bad")["failed"]) == ("DONE", 1)
    (report,) = world.received(world.errors_url)
    assert "PassengersNotTold" in report["Message"]
    assert {booking for _, booking, _ in world.messages()} == {f"BKG-{flight}-0", f"BKG-{flight}-2"}


def test_a_cancellation_marks_bookings_tells_everyone_and_calls_rebooking_once(world: World) -> None:
    flight = world.flight()
    booking = world.get(f"BOOKING#BKG-{flight}-1")
    world.put({**booking, "booking_status": "CANCELLED", "GSI2PK": "CANCELLED"})

    ended = world.run(CANCELLATION, cancelled(flight, "c-plain"))

    assert ended.output["bookings_marked"] == 2
    assert world.get(f"FLIGHT#{flight}")["status"] == "CANCELLED"
    marked = world.get(f"BOOKING#BKG-{flight}-0")
    assert (marked["booking_status"], marked["GSI2PK"]) == ("NEEDS_REBOOKING", "NEEDS_REBOOKING")
    assert world.get(f"BOOKING#BKG-{flight}-1")["booking_status"] == "CANCELLED"
    sent = world.received(world.inbox_url)
    assert [body["detail-type"] for body in sent].count("rebooking.needed") == 1
    assert sent[-1]["detail-type"] == "rebooking.needed"


def test_after_a_cancellation_no_delay_and_no_gate_is_told(world: World) -> None:
    flight = world.flight()
    world.run(CANCELLATION, cancelled(flight, "c-final"))
    world.messages()

    late = world.run(DELAY, delay(flight, "d-late-news", at="11:00:00"))
    moved = world.run(GATE, gate_change(flight, "g-late-news", at="11:00:00"))

    assert [late.output["outcome"], moved.output["outcome"]] == ["SUPERSEDED", "SUPERSEDED"]
    assert world.messages() == {}


def test_a_second_cancellation_of_a_cancelled_flight_is_superseded(world: World) -> None:
    flight = world.flight()
    world.run(CANCELLATION, cancelled(flight, "c-one"))

    second = world.run(CANCELLATION, cancelled(flight, "c-two", at="12:00:00"))

    assert second.output["outcome"] == "SUPERSEDED"


@pytest.mark.parametrize("machine", [DELAY, GATE, CANCELLATION])
def test_an_event_for_an_unknown_flight_ends_in_the_dead_letters_and_tells_operators(
    world: World, machine: str
) -> None:
    event = {DELAY: delay, GATE: gate_change, CANCELLATION: cancelled}[machine]

    ended = world.run(machine, event("SW9999", f"unknown-{machine}"))

    assert (ended.status, ended.error) == ("FAILED", "UnknownFlight")
    (letter,) = world.dead_letters()
    assert letter["kind"] == "workflow"
    assert letter["reason"]["code"] == "UnknownFlight"
    assert letter["redrive"]["start_execution"]["input"]["detail"]["flight_id"] == "SW9999"
    (report,) = world.received(world.errors_url)
    assert "flightpulse redrive" in report["Message"]


def test_a_failed_event_can_be_sent_again_once_its_flight_is_known(world: World) -> None:
    world.run(DELAY, delay(f"SW{world.flights + 1:04}", "d-too-early"))
    (letter,) = world.dead_letters()
    flight = world.flight()
    again = letter["redrive"]["start_execution"]

    arn = world.states.start_execution(stateMachineArn=again["stateMachineArn"], input=json.dumps(again["input"]))[
        "executionArn"
    ]

    assert world.ended(arn).output["outcome"] == "DONE"
    assert world.messages() == once_each("d-too-early", flight)


def test_throttling_is_retried_and_nobody_notices(world: World) -> None:
    flight = world.flight()
    struck = ("ClaimEvent", "ApplyToFlight", "FindBookings", "ClaimBookings", "ConfirmBookings", "RecordOutcome")
    world.faults(
        *({**fault, "times": 2} for fault in failing(*struck)),
        {"state": "ComposeMessages", "error": "Lambda.TooManyRequestsException", "times": 2},
        {"state": "SendMessages", "error": "EventBridge.ThrottlingException", "times": 2},
        {"state": "NotifyPassengers", "error": "StepFunctions.ThrottlingException", "times": 1},
    )

    ended = world.run(DELAY, delay(flight, "d-throttled"))

    assert ended.output["outcome"] == "DONE"
    assert world.messages() == once_each("d-throttled", flight)
    assert world.dead_letters() == []


def test_a_claim_whose_answer_was_lost_is_still_ours(world: World) -> None:
    flight = world.flight()
    world.faults(
        *(
            {"state": state, "error": "States.Timeout", "after": True, "times": 1}
            for state in ("ClaimEvent", "ApplyToFlight", "ClaimBookings", "ConfirmBookings")
        )
    )

    ended = world.run(CANCELLATION, cancelled(flight, "c-lost-answers"))

    assert ended.output["outcome"] == "DONE"
    assert world.messages() == once_each("c-lost-answers", flight)


@pytest.mark.parametrize(
    "state", ["ApplyToFlight", "LookAtFlight", "RecordSuperseded", "NotifyPassengers", "RecordOutcome", "ClaimEvent"]
)
def test_a_step_that_never_works_fails_the_claim_and_fills_the_dead_letters(world: World, state: str) -> None:
    flight = world.flight()
    event_id = f"d-never-{state}"
    if state in ("LookAtFlight", "RecordSuperseded"):
        world.run(DELAY, delay(flight, f"{event_id}-newer", at="10:00:00"))
    world.faults({"state": state, "error": "States.TaskFailed"})

    ended = world.run(DELAY, delay(flight, event_id))

    assert ended.status == "FAILED"
    assert world.get(f"EVENT#{event_id}", "CLAIM")["status"] == "FAILED"
    (letter,) = world.dead_letters()
    assert (letter["kind"], letter["event_id"]) == ("workflow", event_id)


def test_a_redriven_event_tells_only_those_who_were_not_told(world: World) -> None:
    flight = world.flight()
    world.faults({"state": "RecordOutcome", "error": "States.TaskFailed"})
    world.run(DELAY, delay(flight, "d-half"))
    first = world.messages()
    (letter,) = world.dead_letters()
    world.faults()

    again = letter["redrive"]["start_execution"]
    ended = world.ended(world.start(DELAY, again["input"]))

    assert first == once_each("d-half", flight)
    assert ended.output["outcome"] == "DONE"
    assert ended.output["told"]["already_told"] == 5
    assert world.messages() == {}


def test_a_failure_that_cannot_even_be_recorded_is_still_put_aside(world: World) -> None:
    flight = world.flight()
    world.faults(*({"state": state, "error": "States.TaskFailed"} for state in ("ApplyToFlight", "RecordFailure")))

    ended = world.run(GATE, gate_change(flight, "g-unrecorded"))

    assert ended.status == "FAILED"
    assert [letter["event_id"] for letter in world.dead_letters()] == ["g-unrecorded"]


def test_operators_hear_of_it_even_when_the_dead_letters_do_not_take_it(world: World) -> None:
    world.faults({"state": "SendToDeadLetters", "error": "States.TaskFailed"})

    ended = world.run(CANCELLATION, cancelled("SW9998", "c-no-queue"))

    assert ended.status == "FAILED"
    assert len(world.received(world.errors_url)) == 1


def test_a_message_that_cannot_be_sent_lets_go_and_waits_in_the_dead_letters(world: World) -> None:
    flight = world.flight(bookings=1)
    world.faults(*NOTHING_GETS_OUT)

    world.run(DELAY, delay(flight, "d-unsent"))
    letters = world.dead_letters()
    world.faults()
    runs = [world.start(CHUNK, letter["redrive"]["start_execution"]["input"]) for letter in letters]
    for run in runs:
        world.ended(run)

    assert world.told("d-unsent")["failed"] == 2
    assert {letter["kind"] for letter in letters} == {"notification"}
    assert world.messages() == once_each("d-unsent", flight, bookings=1)


def test_newer_news_does_not_wait_for_a_message_that_was_given_up(world: World) -> None:
    flight = world.flight(bookings=1)
    world.faults(*NOTHING_GETS_OUT)
    world.run(DELAY, delay(flight, "d-given-up"))
    world.faults()

    ended = world.run(DELAY, delay(flight, "d-after", at="09:00:00"))

    assert ended.output["told"]["told"] == 2
    assert world.messages() == once_each("d-after", flight, bookings=1)


def test_newer_news_waits_until_older_news_has_gone_out(world: World) -> None:
    flight = world.flight(bookings=1)
    world.faults({"state": "SendMessages", "delay_seconds": 600.0, "times": 1})
    older = world.start(DELAY, {"detail": delay(flight, "d-slow")})
    _wait_until_claimed(world, flight)

    newest = world.start(DELAY, {"detail": delay(flight, "d-quick", at="09:00:00")})
    world.await_end_or("LetOtherNewsGoFirst", newest)
    world.let_go("SendMessages")
    world.ended(older)
    newer = world.ended(newest)

    order = [body["detail"]["event_id"] for body in world.received(world.inbox_url)]
    assert newer.output["told"]["told"] == 2
    assert order == ["d-slow", "d-slow", "d-quick", "d-quick"]


def _wait_until_claimed(world: World, flight: str, subject: str = "departure") -> None:
    def is_claimed() -> bool:
        booking = world.get(f"FLIGHT#{flight}", f"BOOKING#BKG-{flight}-0")
        return booking.get(f"told_{subject}_state") == "SENDING"

    until(is_claimed, "the claim of the older message")


def test_two_executions_with_the_same_work_at_the_same_time_tell_once(world: World) -> None:
    """A start whose answer was lost is repeated: then two executions have the same chunk."""
    flight = world.flight(bookings=1)
    request = chunk_of(delay(flight, "d-started-twice"), flight, 1)
    world.faults({"state": "SendMessages", "delay_seconds": 600.0, "times": 1})

    runs = [world.start(CHUNK, request)]
    _wait_until_claimed(world, flight)
    runs.append(world.start(CHUNK, request))
    world.await_end_or("LetOtherNewsGoFirst", runs[1])
    world.let_go("SendMessages")
    first, second = (world.ended(run) for run in runs)

    assert (first.output["told"], second.output["told"], second.output["already_told"]) == (2, 0, 2)
    assert world.messages() == once_each("d-started-twice", flight, bookings=1)


def test_a_cancellation_waits_for_the_message_about_a_gate_that_is_on_its_way(world: World) -> None:
    flight = world.flight(bookings=1)
    world.faults({"state": "SendMessages", "about": "g-on-its-way", "delay_seconds": 600.0})
    gate = world.start(GATE, {"id": "x", "detail": gate_change(flight, "g-on-its-way")})
    _wait_until_claimed(world, flight, "gate")

    after = world.start(CANCELLATION, {"detail": cancelled(flight, "c-after-gate")})
    world.await_end_or("LetOtherNewsGoFirst", after)
    world.let_go("SendMessages")
    ended = world.ended(after)

    assert world.ended(gate).output["told"]["told"] == ended.output["told"]["told"] == 2
    told = [
        body["detail"]["event_id"] for body in world.received(world.inbox_url) if "notification" in body["detail-type"]
    ]
    assert told == ["g-on-its-way"] * 2 + ["c-after-gate"] * 2


def test_what_is_told_is_the_flight_as_it_is_now_and_not_as_it_was_when_the_event_came(world: World) -> None:
    """A chunk may be sent again hours later; by then the passengers have heard more."""
    flight = world.flight(bookings=1)
    request = {
        "event": delay(flight, "d-late"),
        "order": "2026-11-24T08:00:00.000Z#d-late",
        "subject": "departure",
        "flight": {"flight_id": flight, "gate": "A0", "origin": "DAL"},
        "bookings": [{"booking_id": f"BKG-{flight}-0", "passenger_id": f"PAX-{flight}-0"}],
    }

    world.ended(world.start(CHUNK, request))

    assert {body["detail"]["gate"] for body in world.received(world.inbox_url)} == {"A1"}


def test_every_workflow_hands_on_the_number_by_which_passengers_know_the_flight(world: World) -> None:
    flight = world.flight(bookings=1)
    world.put({**world.get(f"FLIGHT#{flight}"), "flight_number": "B674"})

    world.run(DELAY, delay(flight, "d-number"))
    world.run(GATE, gate_change(flight, "g-number", at="08:10:00"))
    world.run(CANCELLATION, cancelled(flight, "c-number"))

    messages = [body["detail"] for body in world.received(world.inbox_url) if "notification" in body["detail-type"]]
    told = {(message["event_id"], message["flight_number"]) for message in messages}
    assert told == {("d-number", "B674"), ("g-number", "B674"), ("c-number", "B674")}


def test_a_message_that_nothing_will_note_still_counts_as_told_and_is_not_sent_again(world: World) -> None:
    flight = world.flight(bookings=1)
    world.faults(
        *failing("ConfirmBookings", "ConfirmTold"), {"state": "ConfirmLater", "error": "SQS.SdkClientException"}
    )

    ended = world.run(DELAY, delay(flight, "d-unnoted"))

    assert ended.output["told"]["told"] == 2
    assert world.messages() == once_each("d-unnoted", flight, bookings=1)
    assert world.dead_letters() == []


def test_a_message_overtaken_after_it_was_claimed_counts_as_told(world: World) -> None:
    flight = world.flight(bookings=1)
    world.faults(
        {"state": "ConfirmBookings", "error": CANCELED},
        {"state": "ConfirmTold", "error": "DynamoDB.ConditionalCheckFailedException"},
    )

    ended = world.run(DELAY, delay(flight, "d-overtaken"))

    assert ended.output["told"]["told"] == 2
    assert world.dead_letters() == []


def test_a_confirmation_that_is_refused_waits_as_a_write_to_repeat(world: World) -> None:
    flight = world.flight(bookings=1)
    world.faults(*failing("ConfirmBookings", "ConfirmTold"))
    world.run(DELAY, delay(flight, "d-unconfirmed"))
    letters = world.dead_letters()

    for letter in letters:
        world.dynamodb.update_item(**letter["redrive"]["update_item"])

    item = world.get(f"FLIGHT#{flight}", f"BOOKING#BKG-{flight}-0")
    assert {letter["kind"] for letter in letters} == {"write"}
    assert item["told_departure_state"] == "SENT"


def test_a_claim_that_cannot_be_written_puts_the_message_aside(world: World) -> None:
    flight = world.flight(bookings=1)
    world.faults(*failing("ClaimBookings", "ClaimBooking"))

    world.run(DELAY, delay(flight, "d-unclaimed"))

    assert world.told("d-unclaimed")["failed"] == 2
    assert {letter["kind"] for letter in world.dead_letters()} == {"notification"}
    assert world.messages() == {}


def test_bookings_are_told_five_at_a_time(world: World) -> None:
    flight = world.flight(bookings=11)

    chunk = world.start(CHUNK, chunk_of(delay(flight, "d-groups"), flight, 11))

    assert world.ended(chunk).output["told"] == 19
    entered = world.entered_states(chunk)
    assert [entered.count(state) for state in ("ClaimBookings", "SendMessages", "ConfirmBookings")] == [3, 3, 3]
    assert "OneByOne" not in entered
    assert world.messages() == once_each("d-groups", flight, bookings=11)


def test_one_booking_that_was_told_before_does_not_keep_its_group_from_being_told(world: World) -> None:
    flight = world.flight(bookings=7)
    event = delay(flight, "d-one-before")
    world.ended(world.start(CHUNK, chunk_of(event, flight, 1)))

    chunk = world.start(CHUNK, chunk_of(event, flight, 7))

    output = world.ended(chunk).output
    assert (output["told"], output["already_told"], output["failed"]) == (10, 2, 0)
    assert world.entered_states(chunk).count("ClaimBooking") == 5
    assert world.messages() == once_each("d-one-before", flight, bookings=7)


def test_of_a_group_only_the_entry_that_the_bus_refused_is_sent_again(world: World) -> None:
    flight = world.flight(bookings=5)
    world.faults({"hop": "entry", "to": "notification.email", "error": "InternalFailure", "times": 1})

    chunk = world.start(CHUNK, chunk_of(delay(flight, "d-one-entry"), flight, 5))

    output = world.ended(chunk).output
    entered = world.entered_states(chunk)
    assert (output["told"], output["failed"]) == (9, 0)
    assert [entered.count(state) for state in ("SendMessage", "ConfirmTold")] == [1, 5]
    assert world.messages() == once_each("d-one-entry", flight, bookings=5)


def test_a_group_whose_confirmation_is_refused_is_confirmed_one_by_one_and_not_told_again(world: World) -> None:
    flight = world.flight(bookings=3)
    world.faults({"state": "ConfirmBookings", "error": CANCELED})

    chunk = world.start(CHUNK, chunk_of(delay(flight, "d-unconfirmed-group"), flight, 3))

    assert world.ended(chunk).output["told"] == 5
    assert world.entered_states(chunk).count("ConfirmTold") == 3
    assert {
        world.get(f"FLIGHT#{flight}", f"BOOKING#BKG-{flight}-{number}")["told_departure_state"] for number in range(3)
    } == {"SENT"}
    assert world.messages() == once_each("d-unconfirmed-group", flight)


def test_what_an_earlier_try_has_sent_is_not_sent_again_with_the_group(world: World) -> None:
    flight = world.flight(bookings=2)
    world.faults(*NOTHING_GETS_OUT[:1], {**NOTHING_GETS_OUT[1], "skip": 1})
    request = chunk_of(delay(flight, "d-half-out"), flight, 2)
    first = world.ended(world.start(CHUNK, request)).output
    world.faults()

    again = world.ended(world.start(CHUNK, request)).output

    assert (first["told"], first["failed"]) == (1, 3)
    assert (again["told"], again["already_told"]) == (3, 1)
    assert world.messages() == once_each("d-half-out", flight, bookings=2)


def test_a_booking_that_left_the_flight_is_not_told(world: World) -> None:
    flight = world.flight(bookings=1)
    request = chunk_of(delay(flight, "d-gone"), flight, 1)
    world.delete(f"FLIGHT#{flight}", f"BOOKING#BKG-{flight}-0")

    ended = world.ended(world.start(CHUNK, request))

    assert ended.output["superseded"] == 2
    assert world.messages() == {}


def test_a_chunk_that_fails_as_a_whole_does_not_stop_the_others(world: World) -> None:
    flight = world.flight()
    world.faults({"state": "ComposeMessages", "error": "States.TaskFailed", "times": 7})

    world.run(DELAY, delay(flight, "d-chunk"))
    (letter,) = world.dead_letters()
    told = world.messages()
    world.ended(world.start(CHUNK, letter["redrive"]["start_execution"]["input"]))

    assert letter["kind"] == "chunk"
    assert world.told("d-chunk")["failed"] == 1
    assert told + world.messages() == once_each("d-chunk", flight)


def test_a_booking_that_is_on_another_flight_by_now_is_not_marked_for_rebooking(world: World) -> None:
    flight = world.flight(bookings=2)
    moved = world.get(f"BOOKING#BKG-{flight}-1")
    world.put({**moved, "flight_id": "SW9997"})

    ended = world.run(CANCELLATION, cancelled(flight, "c-moved"))

    assert ended.output["bookings_marked"] == 1
    assert world.get(f"BOOKING#BKG-{flight}-1")["booking_status"] == "CONFIRMED"


@pytest.mark.parametrize(
    ("machine", "event", "named"),
    [
        (DELAY, {"flight_id": "SW1234"}, "delay_minutes"),
        (DELAY, {"flight_id": "SW1234", "delay_minutes": "45"}, "delay_minutes"),
        (GATE, {"flight_id": "SW1234"}, "new_gate"),
        (CANCELLATION, {"reason": "WEATHER"}, "flight_id"),
    ],
)
def test_an_event_put_by_hand_that_lacks_something_is_refused_before_it_is_claimed(
    world: World, machine: str, event: dict[str, Any], named: str
) -> None:
    ended = world.run(machine, event, id="by-hand-incomplete", time="2026-11-24T08:00:00Z")

    assert (ended.status, ended.error) == ("FAILED", "UnusableEvent")
    assert named in ended.cause
    assert "ClaimEvent" not in world.entered_states(ended.arn)
    (letter,) = world.dead_letters()
    assert (letter["event_id"], letter["reason"]["code"]) == ("by-hand-incomplete", "UnusableEvent")


def test_a_flight_that_refuses_for_ever_without_a_reason_is_given_up(world: World) -> None:
    flight = world.flight(bookings=1)
    world.faults({"state": "ApplyToFlight", "error": "DynamoDB.ConditionalCheckFailedException"})

    ended = world.run(DELAY, delay(flight, "d-refused"))

    assert (ended.status, ended.error) == ("FAILED", "FlightRefused")
    assert world.entered_states(ended.arn).count("ApplyToFlight") == 3
    assert [letter["reason"]["code"] for letter in world.dead_letters()] == ["FlightRefused"]


def test_a_table_that_hands_back_unread_keys_is_asked_again_and_then_given_up(world: World) -> None:
    flight = world.flight(bookings=1)
    world.faults({"state": "GetPassengerDetails", "unprocessed": True, "times": 2})
    patient = world.run(DELAY, delay(flight, "d-patient"))
    world.faults({"state": "GetPassengerDetails", "unprocessed": True})

    world.run(DELAY, delay(flight, "d-impatient", at="09:00:00"))

    assert patient.output["told"]["told"] == 2
    assert world.told("d-impatient")["failed"] == 1
    assert [letter["kind"] for letter in world.dead_letters()] == ["chunk"]


def test_a_booking_that_cannot_be_marked_waits_as_a_write_to_repeat(world: World) -> None:
    flight = world.flight(bookings=1)
    world.faults({"state": "MarkBooking", "error": THROTTLED})
    ended = world.run(CANCELLATION, cancelled(flight, "c-unmarked"))
    (letter,) = world.dead_letters()

    world.dynamodb.update_item(**letter["redrive"]["update_item"])

    assert ended.output["bookings_marked"] == 0
    assert world.get(f"BOOKING#BKG-{flight}-0")["booking_status"] == "NEEDS_REBOOKING"
    assert world.messages() == once_each("c-unmarked", flight, bookings=1)


def test_a_redriven_cancellation_still_says_how_many_bookings_it_marked(world: World) -> None:
    flight = world.flight()
    world.faults({"state": "NotifyPassengers", "error": "States.TaskFailed"})
    world.run(CANCELLATION, cancelled(flight, "c-redriven"))
    (letter,) = world.dead_letters()
    world.faults()

    ended = world.ended(world.start(CANCELLATION, letter["redrive"]["start_execution"]["input"]))

    (call,) = [body for body in world.received(world.inbox_url) if body["detail-type"] == "rebooking.needed"]
    assert (ended.output["bookings_marked"], call["detail"]["bookings_marked"]) == (3, 3)


@pytest.mark.parametrize("machine", [GATE, CANCELLATION])
def test_the_other_workflows_recognise_duplicates_too(world: World, machine: str) -> None:
    flight = world.flight()
    event = {GATE: gate_change, CANCELLATION: cancelled}[machine](flight, f"twice-{machine}")
    world.run(machine, event)

    assert world.run(machine, event).output["outcome"] == "ALREADY_HANDLED"


def test_who_can_neither_be_told_nor_set_aside_fails_the_chunk_after_the_others_were_told(world: World) -> None:
    flight = world.flight(priorities=(3,))
    world.delete(f"PASSENGER#PAX-{flight}-2")
    about = {"about": f"BKG-{flight}-0", "error": "States.TaskFailed"}
    world.faults(
        *({"state": state, **about} for state in ("SendMessages", "SendMessage", "SetMessagesAside")),
        {"state": "SetPassengerAside", "error": "States.TaskFailed"},
    )

    world.run(DELAY, delay(flight, "d-no-letters"))

    (letter,) = world.dead_letters()
    assert (letter["kind"], world.told("d-no-letters")["failed"]) == ("chunk", 3)
    assert world.messages() == {("d-no-letters", f"BKG-{flight}-1", channel): 1 for channel in ("email", "sms")}
    assert world.get(f"FLIGHT#{flight}", f"BOOKING#BKG-{flight}-1")["told_departure_state"] == "SENT"


def test_a_chunk_that_cannot_be_set_aside_fails_the_event_after_the_other_tiers_were_told(world: World) -> None:
    flight = world.flight(bookings=2)
    world.faults(
        {"state": "NotifyChunk", "error": "States.TaskFailed", "times": 1},
        {"state": "SetChunkAside", "error": "States.TaskFailed"},
    )

    ended = world.run(DELAY, delay(flight, "d-no-chunk-letter"))

    assert ended.status == "FAILED"
    assert [letter["kind"] for letter in world.dead_letters()] == ["workflow"]
    assert {booking for _, booking, _ in world.messages()} == {f"BKG-{flight}-1"}


def test_a_booking_that_can_neither_be_marked_nor_set_aside_fails_the_event(world: World) -> None:
    flight = world.flight(bookings=2)
    world.faults(
        {"state": "MarkBooking", "error": THROTTLED, "about": f"BKG-{flight}-0"},
        {"state": "SetBookingAside", "error": "States.TaskFailed"},
    )

    ended = world.run(CANCELLATION, cancelled(flight, "c-no-letter"))

    assert (ended.status, ended.error) == ("FAILED", "NotSetAside")
    assert [letter["kind"] for letter in world.dead_letters()] == ["workflow"]
    assert world.get(f"BOOKING#BKG-{flight}-1")["booking_status"] == "NEEDS_REBOOKING"


def test_every_state_of_every_workflow_was_entered_by_the_tests_above(built: World) -> None:
    built.note_entered()

    never = {(machine, state) for machine in FILES for state in task_states(machine)} - built.entered

    assert never == set(), f"run the whole file; no test enters {sorted(never)}"
