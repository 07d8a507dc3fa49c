"""What the workflows of events make of their data: each expression with values, beside what it has to give."""

import time
from typing import Any

import pytest

from flightpulse.stack import asl
from tests.unit.workflows.evaluated import CONTEXT, THROTTLED, field, value

WORKFLOWS = ("delay", "gate_change", "cancellation")
ORDER = "2026-11-24T08:00:00.000Z#evt-1"
EVENT = {
    "event_id": "evt-1",
    "event_type": "FLIGHT_DELAY",
    "flight_id": "SW1234",
    "timestamp": "2026-11-24T02:00:00-06:00",
    "delay_minutes": 90,
    "reason": "WEATHER",
    "new_gate": "D15",
    "rebooking_priority": "HIGH",
    "correlation_id": "corr-1",
}
KNOWN = {"event": EVENT, "order": ORDER, "predecessor": "arn:execution:P", "done": ["CallRebooking"], "looks": 1}
COUNTS = {"recipients": 5, "told": 6, "email": 4, "sms": 2, "superseded": 1, "already_told": 3, "unreachable": 0}
TOLD = {**COUNTS, "failed": 2}
DEFAULTS = {
    "delay": {"event_type": "FLIGHT_DELAY", "reason": "OTHER"},
    "gate_change": {"event_type": "GATE_CHANGE", "terminal_change": False},
    "cancellation": {"event_type": "FLIGHT_CANCELLED", "reason": "OTHER", "rebooking_priority": "NORMAL"},
}
SUBJECTS = {"delay": "departure", "gate_change": "gate", "cancellation": "departure"}
FLIGHT_KEY = {"PK": {"S": "FLIGHT#SW1234"}, "SK": {"S": "METADATA"}}
CLAIM_KEY = {"PK": {"S": "EVENT#evt-1"}, "SK": {"S": "CLAIM"}}


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_an_event_is_taken_out_of_its_envelope_and_what_it_lacks_is_filled_in(workflow: str) -> None:
    detail = {"flight_id": "SW1", "event_id": "evt-1", "reason": "CREW", "correlation_id": "corr-1"}

    read = value(workflow, "ReadEvent", "Assign", variables={}, input={"id": "b", "time": "T", "detail": detail})
    by_hand = value(workflow, "ReadEvent", "Assign", variables={}, input={"id": "b", "time": "T", "flight_id": "SW1"})

    assert read["event"] == {**DEFAULTS[workflow], "timestamp": "T", **detail}
    assert by_hand["event"].items() >= {**DEFAULTS[workflow], "event_id": "b", "correlation_id": "b"}.items()
    assert (read["predecessor"], read["done"], read["looks"]) == ("arn:execution:E", [], 0)


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_redrive_says_whom_it_follows_and_what_that_one_had_done(workflow: str) -> None:
    redrive = {"predecessor": "arn:execution:P", "done": ["CallRebooking"]}

    read = value(workflow, "ReadEvent", "Assign", variables={}, input={"detail": EVENT, "redrive": redrive})

    assert {name: read[name] for name in redrive} == redrive


@pytest.mark.parametrize("workflow", WORKFLOWS)
@pytest.mark.parametrize("lacking", ["flight_id", "delay_minutes", "new_gate"])
def test_an_event_that_lacks_something_says_so(workflow: str, lacking: str) -> None:
    needed = {"delay": ("flight_id", "delay_minutes"), "gate_change": ("flight_id", "new_gate")}
    event = {name: given for name, given in EVENT.items() if name != lacking}
    rule = ("IsComplete", "Choices", 0)

    refused = value(workflow, *rule, "Condition", variables={"event": event})
    failure = value(workflow, *rule, "Assign", "failure", variables={"event": {"flight_id": 7}})

    assert refused is (lacking in needed.get(workflow, ("flight_id",)))
    assert failure["Error"] == "UnusableEvent"
    wanted = {
        "delay": "flight_id (text) and delay_minutes (a number)",
        "gate_change": "flight_id and new_gate (both text)",
        "cancellation": "flight_id (text)",
    }
    assert failure["Cause"] == f"This event needs {wanted[workflow]}. It has: flight_id."


@pytest.mark.parametrize("workflow", WORKFLOWS)
@pytest.mark.parametrize(
    "given", [{"flight_id": 7}, {"flight_id": "SW1", "delay_minutes": "9", "new_gate": 4}], ids=["number", "text"]
)
def test_an_event_with_a_field_of_another_kind_is_refused(workflow: str, given: dict[str, Any]) -> None:
    refused = value(workflow, "IsComplete", "Choices", 0, "Condition", variables={"event": given})

    assert refused is (workflow != "cancellation" or given["flight_id"] == 7)


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_the_claim_says_who_has_the_event_and_what_it_is_about(workflow: str) -> None:
    item = value(workflow, "ClaimEvent", "Arguments", "Item", variables=KNOWN)
    expires = int(item.pop("expires_at")["N"])

    assert {name: text["S"] for name, text in item.items()} == {
        "PK": "EVENT#evt-1",
        "SK": "CLAIM",
        "status": "IN_PROGRESS",
        "execution": "arn:execution:E",
        "workflow": "M",
        "event_type": "FLIGHT_DELAY",
        "flight_id": "SW1234",
        "correlation_id": "corr-1",
        "event_order": ORDER,
        "claimed_at": "2026-11-24T08:00:09Z",
    }
    assert abs(expires - time.time() - 30 * 24 * 3600) < 60
    assert value(workflow, "ClaimEvent", "Assign", "order", variables=KNOWN) == ORDER


TOLD_OF = {":told": {"BOOL": True}}


@pytest.mark.parametrize(("minutes", "told"), [(29, False), (30, True)])
def test_a_flight_remembers_a_delay_that_is_large_enough_to_be_told(minutes: int, told: bool) -> None:
    event = {**KNOWN, "event": {**EVENT, "delay_minutes": minutes, "notify_from_minutes": 30}}

    times = value("delay", "ClaimEvent", "Assign", "times", variables=event)
    update = value("delay", "ApplyToFlight", "Arguments", "UpdateExpression", variables=event)

    assert (times, ", delay_told = :told" in update) == (TOLD_OF if told else {}, told)


@pytest.mark.parametrize(
    ("attributes", "times", "outcome"),
    [({}, {}, "TOO_SMALL"), ({"delay_told": TOLD_OF[":told"]}, {}, "DONE"), ({}, TOLD_OF, "DONE")],
)
def test_a_small_delay_is_told_when_a_larger_one_was(
    attributes: dict[str, Any], times: dict[str, Any], outcome: str
) -> None:
    known = {**KNOWN, "times": times}
    told = value("delay", "ApplyToFlight", "Assign", "is_told", variables=known, result={"Attributes": attributes})
    variables = {**KNOWN, "is_told": told, "told": TOLD}

    (way,) = field("delay", "IsWorthTelling", "Choices")
    assert way == {"Condition": "{% $is_told %}", "Next": "NotifyPassengers"}
    assert field("delay", "IsWorthTelling", "Default") == "RecordOutcome"
    assert field("delay", "IsWorthTelling", "Assign", "told") == dict.fromkeys(TOLD, 0)
    assert value("delay", "PassengersTold", "Output", "outcome", variables=variables) == outcome


def test_a_departure_closes_its_flight_and_tells_nobody() -> None:
    left = {**KNOWN, "event": {**EVENT, "actual_departure": "2026-11-24T14:45:00-06:00"}}

    arguments = value("departure", "ApplyToFlight", "Arguments", variables=left)
    told = value("departure", "ReadEvent", "Assign", "told", variables={}, input={"detail": EVENT})

    assert arguments["ExpressionAttributeValues"] == {
        **APPLIED,
        ":minutes": {"N": "90"},
        ":departure": {"S": "2026-11-24T20:45:00Z"},
    }
    assert arguments["UpdateExpression"] == (
        "SET #status = :departed, GSI1PK = :departed, delay_minutes = :minutes, actual_departure = :departure,"
        " departure_as_of = :order, correlation_id = :correlation"
    )
    assert set(told.values()) == {0}
    assert not any("startExecution" in str(state) for _, state in asl.load("departure").states())


def test_new_times_of_a_delay_are_written_in_utc_and_only_when_they_are_known() -> None:
    given = {**EVENT, "new_departure": "2026-11-24T14:45:00-06:00", "new_arrival": "2026-11-24T16:45:00-08:00"}
    written = {":departure": {"S": "2026-11-24T20:45:00Z"}, ":arrival": {"S": "2026-11-25T00:45:00Z"}, **TOLD_OF}
    apply = ("delay", "ApplyToFlight", "Arguments")

    times = value("delay", "ClaimEvent", "Assign", "times", variables={**KNOWN, "event": given})
    update = value(*apply, "UpdateExpression", variables={**KNOWN, "event": given})

    assert times == written
    assert value("delay", "ClaimEvent", "Assign", "times", variables=KNOWN) == TOLD_OF
    assert update.endswith(", estimated_departure = :departure, estimated_arrival = :arrival")
    assert value(*apply, "UpdateExpression", variables=KNOWN) == (
        "SET #status = :status, GSI1PK = :status, delay_minutes = :minutes, delay_reason = :reason,"
        " departure_as_of = :order, correlation_id = :correlation, delay_told = :told"
    )
    assert value(*apply, "ExpressionAttributeValues", variables={**KNOWN, "times": times}).items() >= written.items()


READ = {"gate": "A5", "estimated_departure": "as the consumer read it"}
BEFORE = {"delay_told": {"BOOL": True}, "departure_as_of": {"S": "earlier"}, "estimated_departure": {"S": "19:30"}}


@pytest.mark.parametrize(
    ("before", "corrected"),
    [
        (BEFORE, "19:30"),
        ({**BEFORE, "departure_as_of": {"S": ORDER}}, READ["estimated_departure"]),
        ({"estimated_departure": {"S": "told to nobody"}}, READ["estimated_departure"]),
    ],
    ids=["a delay before", "our own write, tried again", "a delay that was too small to be told"],
)
def test_a_delay_corrects_what_its_flight_expected_when_it_was_written(before: dict[str, Any], corrected: str) -> None:
    known = {**KNOWN, "event": {**EVENT, "flight_details": READ}, "times": {":departure": {"S": "20:45"}}}

    assigned = value("delay", "ApplyToFlight", "Assign", variables=known, result={"Attributes": before})

    assert assigned["event"] == {**known["event"], "flight_details": {**READ, "estimated_departure": corrected}}
    assert assigned["flight"] == {"status": "DELAYED", "estimated_departure": "20:45"}


OVER = {":cancelled": {"S": "CANCELLED"}, ":departed": {"S": "DEPARTED"}, ":arrived": {"S": "ARRIVED"}}
APPLIED = {":order": {"S": ORDER}, ":correlation": {"S": "corr-1"}, **OVER}


@pytest.mark.parametrize(
    ("workflow", "names", "values"),
    [
        (
            "delay",
            {"#status": "status"},
            {":status": {"S": "DELAYED"}, ":minutes": {"N": "90"}, ":reason": {"S": "WEATHER"}},
        ),
        ("gate_change", {"#status": "status", "#gate": "gate"}, {":gate": {"S": "D15"}}),
        ("cancellation", {"#status": "status"}, {":reason": {"S": "WEATHER"}}),
    ],
)
def test_an_event_is_written_on_its_flight(workflow: str, names: dict[str, str], values: dict[str, Any]) -> None:
    arguments = value(workflow, "ApplyToFlight", "Arguments", variables={**KNOWN, "times": {}})

    assert arguments["Key"] == FLIGHT_KEY
    assert arguments["ExpressionAttributeNames"] == names
    assert arguments["ExpressionAttributeValues"] == {**APPLIED, **values}
    assert arguments["ReturnValues"] == ("ALL_OLD" if workflow == "delay" else "ALL_NEW")


def test_what_is_written_on_a_flight_by_a_gate_change_and_by_a_cancellation() -> None:
    written = [field(workflow, "ApplyToFlight", "Arguments", "UpdateExpression") for workflow in WORKFLOWS[1:]]

    assert written == [
        "SET #gate = :gate, gate_as_of = :order, correlation_id = :correlation",
        "SET #status = :cancelled, GSI1PK = :cancelled, cancellation_reason = :reason, departure_as_of = :order,"
        " correlation_id = :correlation REMOVE estimated_departure, estimated_arrival",
    ]


def test_a_flight_that_is_on_time_again_is_scheduled() -> None:
    on_time = {**KNOWN, "event": {**EVENT, "delay_minutes": 0}, "times": {}}

    values = value("delay", "ApplyToFlight", "Arguments", "ExpressionAttributeValues", variables=on_time)

    assert (values[":status"], values[":minutes"]) == ({"S": "SCHEDULED"}, {"N": "0"})


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_what_the_passengers_workflow_needs_of_a_flight_is_kept(workflow: str) -> None:
    kept = ("flight_id", "origin", "destination", "scheduled_departure", "scheduled_arrival", "estimated_departure")
    kept += ("estimated_arrival", "gate", "aircraft", "status")
    attributes = {name: {"S": f"a {name}"} for name in (*kept, "PK", "GSI1PK", "delay_reason")}

    assigned = value(workflow, "ApplyToFlight", "Assign", variables=KNOWN, result={"Attributes": attributes})

    delayed = {"status": "DELAYED"} if workflow == "delay" else {}
    assert assigned["flight"] == {name: f"a {name}" for name in kept} | delayed
    if workflow == "cancellation":
        assert (assigned["from"], assigned["marked"]) == ({}, 0)


@pytest.mark.parametrize("workflow", WORKFLOWS)
@pytest.mark.parametrize(
    ("item", "known", "newer", "error"),
    [
        (None, False, False, "UnknownFlight"),
        ({"status": {"S": "SCHEDULED"}}, True, False, "FlightRefused"),
        ({"status": {"S": "DELAYED"}, "as_of": {"S": "2026-11-24T07:00:00.000Z#x"}}, True, False, "FlightRefused"),
        ({"status": {"S": "DELAYED"}, "as_of": {"S": "2026-11-24T09:00:00.000Z#x"}}, True, True, "FlightRefused"),
        ({"status": {"S": "CANCELLED"}}, True, True, "FlightRefused"),
        ({"status": {"S": "DEPARTED"}}, True, True, "FlightRefused"),
        ({"status": {"S": "ARRIVED"}}, True, True, "FlightRefused"),
    ],
)
def test_why_a_flight_refused_is_read_from_what_it_knows(
    workflow: str, item: dict[str, Any] | None, known: bool, newer: bool, error: str
) -> None:
    names = {"as_of": f"{SUBJECTS[workflow]}_as_of"}
    result = {} if item is None else {"Item": {names.get(name, name): text for name, text in item.items()}}

    seen = value(workflow, "LookAtFlight", "Assign", variables=KNOWN, result=result)

    assert (seen["known"], seen["newer"], seen["looks"], seen["failure"]["Error"]) == (known, newer, 2, error)
    assert seen["failure"]["Cause"] == (
        "Flight SW1234 refused this event 2 times, and shows no reason."
        if known
        else "There is no flight SW1234 in the table."
    )
    assert value(workflow, "LookAtFlight", "Arguments", "Key", variables=KNOWN) == FLIGHT_KEY


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_the_passengers_workflow_is_given_the_event_its_place_its_subject_and_the_flight(workflow: str) -> None:
    arguments = value(workflow, "NotifyPassengers", "Arguments", variables={**KNOWN, "flight": {"gate": "A1"}})

    assert arguments["Input"] == {
        "event": EVENT,
        "order": ORDER,
        "subject": SUBJECTS[workflow],
        "flight": {"gate": "A1"},
        "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": "arn:execution:E",
    }
    assert arguments["Name"].startswith("tell-")
    assert len(arguments["Name"]) == len("tell-") + 32
    assert value(workflow, "NotifyPassengers", "Assign", variables={}, result={"Output": TOLD}) == {"told": TOLD}


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_the_name_of_what_is_started_is_another_one_after_a_redrive_and_for_another_execution(workflow: str) -> None:
    def name(execution: str, redrives: int) -> Any:
        context = {**CONTEXT, "Execution": {"Id": execution, "RedriveCount": redrives}}
        return value(workflow, "NotifyPassengers", "Arguments", "Name", variables=KNOWN, context=context)

    assert len({name("E", 0), name("E", 1), name("E 1", 0), name("F", 0)}) == 4


@pytest.mark.parametrize("workflow", WORKFLOWS)
@pytest.mark.parametrize(
    ("state", "update", "names", "values"),
    [
        (
            "RecordOutcome",
            "SET #status = :done, completed_at = :now, outcome = :outcome",
            {"#status": "status"},
            {":done": "DONE", ":outcome": '{"told":6}'},
        ),
        (
            "RecordSuperseded",
            "SET #status = :superseded, completed_at = :now",
            {"#status": "status"},
            {":superseded": "SUPERSEDED"},
        ),
        (
            "RecordFailure",
            "SET #status = :failed, #execution = :me, completed_at = :now, #error = :error",
            {"#status": "status", "#execution": "execution", "#error": "error"},
            {":failed": "FAILED", ":error": "Throttled", ":me": "arn:execution:E"},
        ),
    ],
)
def test_what_came_of_an_event_is_noted_on_its_claim(
    workflow: str, state: str, update: str, names: dict[str, str], values: dict[str, str]
) -> None:
    arguments = value(
        workflow, state, "Arguments", variables={**KNOWN, "told": {"told": 6}, "failure": THROTTLED, "marked": 0}
    )

    assert (arguments["TableName"], arguments["Key"], arguments["UpdateExpression"]) == (
        "${TableName}",
        CLAIM_KEY,
        update,
    )
    assert arguments["ExpressionAttributeNames"] == names
    noted = {name: text["S"] for name, text in arguments["ExpressionAttributeValues"].items()}
    assert noted == {**values, ":now": "2026-11-24T08:00:09Z"}


@pytest.mark.parametrize("workflow", WORKFLOWS)
@pytest.mark.parametrize(("failed", "fails"), [(0, False), (1, True), (2, True)])
def test_somebody_untold_makes_the_execution_fail_and_its_cause_says_how_many(
    workflow: str, failed: int, fails: bool
) -> None:
    variables = {**KNOWN, "told": {**TOLD, "failed": failed}}
    rule = ("IsAnybodyUntold", "Choices", 0)

    assert value(workflow, *rule, "Condition", variables=variables) is fails
    assert value(workflow, *rule, "Assign", "failure", "Cause", variables=variables) == (
        f"{failed} could not be told and 6 messages went out, to 5 bookings of flight SW1234."
    )


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_the_letter_of_an_event_has_what_it_takes_to_send_it_again(workflow: str) -> None:
    given = {"detail": EVENT}
    context = {**CONTEXT, "Execution": {"Id": "arn:execution:E", "Input": given}}

    letter = value(
        workflow,
        "SendToDeadLetters",
        "Arguments",
        variables={**KNOWN, "failure": {"Error": "Throttled", "Cause": "x" * 3000}},
        context=context,
    )

    body = letter["MessageBody"]
    assert letter["QueueUrl"] == "${NotificationDeadLettersUrl}"
    assert body.pop("redrive") == {
        "start_execution": {
            "stateMachineArn": "arn:stateMachine:M",
            "input": {**given, "redrive": {"predecessor": "arn:execution:E", "done": ["CallRebooking"]}},
        }
    }
    assert body == {
        "kind": "workflow",
        "reason": {"code": "Throttled", "message": "x" * 2000},
        "event_id": "evt-1",
        "flight_id": "SW1234",
        "correlation_id": "corr-1",
        "execution": "arn:execution:E",
        "failed_at": "2026-11-24T08:00:09Z",
    }


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_the_letter_of_an_event_without_a_flight_says_so(workflow: str) -> None:
    nameless = {name: given for name, given in EVENT.items() if name != "flight_id"}

    body = value(
        workflow,
        "SendToDeadLetters",
        "Arguments",
        "MessageBody",
        "flight_id",
        variables={**KNOWN, "event": nameless, "failure": THROTTLED},
    )

    assert body is None


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_operators_are_told_what_failed_why_and_what_to_do(workflow: str) -> None:
    told = value(workflow, "TellOperators", "Arguments", variables={**KNOWN, "failure": THROTTLED})

    assert told == {
        "TopicArn": "${ErrorTopicArn}",
        "Subject": "FlightPulse: FLIGHT_DELAY was not fully handled",
        "Message": "Event evt-1 for flight SW1234 failed with Throttled in arn:execution:E. What is missing waits"
        " in the dead letters; send it again with: flightpulse redrive",
    }


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_how_an_execution_ends_is_said_in_its_output(workflow: str) -> None:
    variables = {**KNOWN, "told": TOLD, "is_told": True, "marked": 4, "failure": THROTTLED}
    marked = {"bookings_marked": 4} if workflow == "cancellation" else {}

    ends = {
        state: value(workflow, state, "Output", variables=variables)
        for state in ("AlreadyHandled", "Superseded", "PassengersTold")
    }

    assert ends == {
        "AlreadyHandled": {"outcome": "ALREADY_HANDLED", "event_id": "evt-1"},
        "Superseded": {"outcome": "SUPERSEDED", "event_id": "evt-1"},
        "PassengersTold": {"outcome": "DONE", "event_id": "evt-1", "told": TOLD, **marked},
    }
    assert value(workflow, "NotHandled", "Error", variables=variables) == "Throttled"
    assert value(workflow, "NotHandled", "Cause", variables=variables) == "too many"


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_what_caught_an_error_remembers_it(workflow: str) -> None:
    """Letter, topic and cause speak of ``failure``: a catcher that leads there without it would fail the execution."""
    for state in (
        "ClaimEvent",
        "ApplyToFlight",
        "LookAtFlight",
        "RecordSuperseded",
        "NotifyPassengers",
        "RecordOutcome",
    ):
        last = field(workflow, state, "Catch")[-1]
        assert last["Assign"] == {"failure": "{% $states.errorOutput %}"}, state


# Cancellations

BOOKED = {"Items": [{"booking_id": {"S": "BKG-1"}}, {"booking_id": {"S": "BKG-2"}}]}
MARK = "MarkForRebooking/MarkBooking"


def test_bookings_to_mark_are_found_by_the_flights_own_key_page_by_page() -> None:
    first = value("cancellation", "FindBookings", "Arguments", variables={**KNOWN, "from": {}})
    key = {"PK": {"S": "x"}, "SK": {"S": "y"}}
    next_page = value(
        "cancellation", "FindBookings", "Arguments", variables={**KNOWN, "from": {"ExclusiveStartKey": key}}
    )

    assert first == {
        "TableName": "${TableName}",
        "KeyConditionExpression": "PK = :flight AND begins_with(SK, :booking)",
        "ProjectionExpression": "booking_id",
        "ExpressionAttributeValues": {":flight": {"S": "FLIGHT#SW1234"}, ":booking": {"S": "BOOKING#"}},
        "ConsistentRead": True,
        "Limit": 400,
    }
    assert next_page == {**first, "ExclusiveStartKey": key}
    last = value("cancellation", "FindBookings", "Assign", variables={}, result=BOOKED)
    more = value("cancellation", "FindBookings", "Assign", variables={}, result={**BOOKED, "LastEvaluatedKey": key})
    assert last == {"found": ["BKG-1", "BKG-2"], "from": {}, "more": False}
    assert more == {"found": ["BKG-1", "BKG-2"], "from": {"ExclusiveStartKey": key}, "more": True}


def test_a_booking_is_marked_when_it_is_still_on_the_flight_and_confirmed_or_checked_in() -> None:
    arguments = value("cancellation", MARK, "Arguments", variables=KNOWN, input="BKG-1")

    assert arguments == {
        "TableName": "${TableName}",
        "Key": {"PK": {"S": "BOOKING#BKG-1"}, "SK": {"S": "METADATA"}},
        "UpdateExpression": "SET booking_status = :needs_rebooking, GSI2PK = :needs_rebooking,"
        " rebooking_priority = :priority, rebooking_event = :event, correlation_id = :correlation",
        "ConditionExpression": "(attribute_not_exists(flight_id) OR flight_id = :flight)"
        " AND (booking_status IN (:confirmed, :checked_in)"
        " OR (booking_status = :needs_rebooking AND rebooking_event = :event))",
        "ExpressionAttributeValues": {
            ":needs_rebooking": {"S": "NEEDS_REBOOKING"},
            ":priority": {"S": "HIGH"},
            ":event": {"S": "evt-1"},
            ":flight": {"S": "SW1234"},
            ":correlation": {"S": "corr-1"},
            ":confirmed": {"S": "CONFIRMED"},
            ":checked_in": {"S": "CHECKED_IN"},
        },
    }
    assert [field("cancellation", f"MarkForRebooking/{state}", "Output") for state in MARKED] == list(MARKED.values())


MARKED = {
    "MarkBooking": {"marked": 1, "lost": 0},
    "LeftAsItIs": {"marked": 0, "lost": 0},
    "SetBookingAside": {"marked": 0, "lost": 0},
    "BookingNotSetAside": {"marked": 0, "lost": 1},
}


def test_a_booking_that_cannot_be_marked_waits_as_the_same_write() -> None:
    variables = {**KNOWN, "problem": THROTTLED, "booking_id": "BKG-1"}

    body = value("cancellation", "MarkForRebooking/SetBookingAside", "Arguments", "MessageBody", variables=variables)

    assert body.pop("redrive") == {
        "update_item": value("cancellation", MARK, "Arguments", variables=KNOWN, input="BKG-1")
    }
    assert body == {
        "kind": "write",
        "reason": {"code": "Throttled", "message": "too many"},
        "event_id": "evt-1",
        "flight_id": "SW1234",
        "booking_id": "BKG-1",
        "correlation_id": "corr-1",
        "execution": "arn:execution:E",
        "failed_at": "2026-11-24T08:00:09Z",
    }
    caught = field("cancellation", MARK, "Catch")
    assert [(rule["ErrorEquals"], rule["Next"]) for rule in caught] == [
        (["DynamoDB.ConditionalCheckFailedException"], "LeftAsItIs"),
        (["States.ALL"], "SetBookingAside"),
    ]
    assert caught[1]["Assign"] == {"problem": "{% $states.errorOutput %}", "booking_id": "{% $states.input %}"}


def test_marked_bookings_are_added_up_over_the_pages() -> None:
    results = [{"marked": 1, "lost": 0}, {"marked": 1, "lost": 1}, {"marked": 0, "lost": 1}]

    added = value("cancellation", "MarkForRebooking", "Assign", variables={"marked": 40}, result=results)
    none = value("cancellation", "MarkForRebooking", "Assign", variables={"marked": 40}, result=[])

    assert (added, none) == ({"marked": 42, "lost": 2}, {"marked": 40, "lost": 0})
    assert field("cancellation", "MarkForRebooking", "Items") == "{% $found %}"
    assert field("cancellation", "MarkForRebooking", "MaxConcurrency") == 10
    assert field("cancellation", "MarkForRebooking", "Catch")[0]["Assign"] == {"failure": "{% $states.errorOutput %}"}
    assert field("cancellation", MARK, "Assign") == {"booking_id": "{% $states.input %}"}


def test_after_a_page_the_next_one_follows_and_after_the_last_the_passengers() -> None:
    lost, more = field("cancellation", "MoreBookings", "Choices")

    assert (lost["Condition"], lost["Next"]) == ("{% $lost > 0 %}", "RecordFailure")
    assert value("cancellation", "MoreBookings", "Choices", 0, "Assign", "failure", variables={"lost": 2}) == {
        "Error": "NotSetAside",
        "Cause": "2 bookings could neither be marked nor set aside.",
    }
    assert (more["Condition"], more["Next"]) == ("{% $more %}", "FindBookings")
    assert field("cancellation", "MoreBookings", "Default") == "NotifyPassengers"
    assert field("cancellation", "ApplyToFlight", "Next") == "FindBookings"
    assert field("cancellation", "FindBookings", "Next") == "MarkForRebooking"
    assert field("cancellation", "MarkForRebooking", "Next") == "MoreBookings"
    assert field("cancellation", "CallRebooking", "Next") == "RecordOutcome"


def test_the_rebooking_system_is_told_how_many_bookings_need_another_flight() -> None:
    flight = {"origin": "DAL", "destination": "LAX"}

    (entry,) = value(
        "cancellation", "CallRebooking", "Arguments", "Entries", variables={**KNOWN, "marked": 4, "flight": flight}
    )

    assert entry == {
        "EventBusName": "${EventBusName}",
        "Source": "flightpulse.workflow",
        "DetailType": "rebooking.needed",
        "Detail": {
            "rebooking_id": "rbk-evt-1",
            "event_id": "evt-1",
            "correlation_id": "corr-1",
            "flight_id": "SW1234",
            "reason": "WEATHER",
            "rebooking_priority": "HIGH",
            "bookings_marked": 4,
            "summary": "Flight SW1234 from DAL to LAX is cancelled: 4 bookings need another flight.",
        },
    }
