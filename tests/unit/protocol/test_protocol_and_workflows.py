"""The model and the workflows say the same: whoever changes one has to look at the other."""

import json
import re
from typing import Any

import pytest

from flightpulse.messages.placeholders import Channel
from flightpulse.stack import asl

EVENT_WORKFLOWS = ("delay", "gate_change", "cancellation")
ALL = ["States.ALL"]
REFUSED = "DynamoDB.ConditionalCheckFailedException"
CANCELED = "DynamoDb.TransactionCanceledException"
GROUP = "TellInGroups/"
EACH = f"{GROUP}OneByOne/"


def states(name: str) -> dict[str, Any]:
    return dict(asl.load(name).states())


def group_state(name: str) -> dict[str, Any]:
    found: dict[str, Any] = states("notify_chunk")[f"{GROUP}{name}"]
    return found


def booking_state(name: str) -> dict[str, Any]:
    return group_state(f"OneByOne/{name}")


def kept(name: str) -> dict[str, Any]:
    """A write that the first state keeps for the others."""
    found: dict[str, Any] = states("notify_chunk")["ReadRequest"]["Assign"][name]
    return found


def write_of(name: str) -> dict[str, Any]:
    """What the arguments of a booking's state come to, where they are those of a write that is kept."""
    arguments: dict[str, Any] = booking_state(name)["Arguments"]
    written = {field: re.fullmatch(r"{% \$(claim|confirm)\.(\w+) %}", str(value)) for field, value in arguments.items()}
    return {field: kept(found[1])[found[2]] if found else arguments[field] for field, found in written.items()}


def ways_out(state: dict[str, Any]) -> dict[str, str]:
    """Where a state leads: after its success, and by the errors that it catches."""
    caught = {error: catcher["Next"] for catcher in state.get("Catch", ()) for error in catcher["ErrorEquals"]}
    return {"": state.get("Next", "end"), **caught}


def attempts(state: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """How often a state is tried again after an error, and how long at most in between."""
    return {
        error: (retrier["MaxAttempts"], retrier.get("MaxDelaySeconds", 0))
        for retrier in state["Retry"]
        for error in retrier["ErrorEquals"]
    }


def longest_seconds(state: dict[str, Any]) -> float:
    """The longest that a state can take, when every attempt but the last hangs until its time is over."""
    (retrier,) = [retrier for retrier in state["Retry"] if retrier["ErrorEquals"] == ALL]
    waits = [
        min(retrier["IntervalSeconds"] * retrier["BackoffRate"] ** number, retrier["MaxDelaySeconds"])
        for number in range(retrier["MaxAttempts"])
    ]
    return float(sum(waits) + (retrier["MaxAttempts"] + 1) * state["TimeoutSeconds"])


# Of the model's steps: the condition, the write, where the workflow goes, and how often it tries.
STEPS = {
    "ClaimBooking": (
        "attribute_exists(PK) AND (attribute_not_exists(cancelled_by) OR cancelled_by = :event)"
        " AND (attribute_not_exists(#other) OR #other <> :sending OR #other_until < :now)"
        " AND (attribute_not_exists(#order) OR (#order < :order AND (#state <> :sending OR #until < :now))"
        " OR (#order = :order AND #state <> :sent AND (#state <> :sending OR #by = :me)))",
        "{% 'SET #order = :order, #state = :sending, #by = :me, #until = :until'"
        " & ($states.input.event.event_type = 'FLIGHT_CANCELLED' ? ', cancelled_by = :event' : '') %}",
        {"": "SendOneByOne", REFUSED: "LookAtBooking", "States.ALL": "SetMessagesAside"},
        {REFUSED: (0, 0), "States.QueryEvaluationError": (0, 0), "States.ALL": (5, 8)},
    ),
    "SendOneByOne/SendMessage": (None, None, {"": "end", "States.ALL": "NotSent"}, {"States.ALL": (3, 8)}),
    "ConfirmTold": (
        "#order = :order AND (#by = :me OR #state <> :sending)",
        "SET #state = :sent REMOVE #by, #until, #out",
        {"": "end", REFUSED: "Told", "States.ALL": "ConfirmLater"},
        {REFUSED: (0, 0), "States.QueryEvaluationError": (0, 0), "States.ALL": (6, 20)},
    ),
    "ConfirmLater": (None, None, {"": "end", "States.ALL": "Told"}, {"States.ALL": (6, 20)}),
    "ReleaseClaim": (
        "#order = :order AND #state = :sending AND #by = :me",
        "SET #state = :failed, #out = :out REMOVE #by, #until",
        {"": "SetMessagesAside", "States.ALL": "SetMessagesAside"},
        {REFUSED: (0, 0), "States.QueryEvaluationError": (0, 0), "States.ALL": (6, 20)},
    ),
    "SetMessagesAside": (None, None, {"": "end", "States.ALL": "NotSetAside"}, {"States.ALL": (6, 20)}),
    "LookAtBooking": (None, None, {"": "WhyRefused", "States.ALL": "SetMessagesAside"}, {"States.ALL": (6, 20)}),
}
# Of a group's steps: where the workflow goes, and how often it tries. What is refused once would be refused again.
GROUP_STEPS = {
    "ClaimBookings": (
        {"": "SendMessages", "States.ALL": "OneByOne"},
        {CANCELED: (0, 0), "States.QueryEvaluationError": (0, 0), "States.ALL": (2, 8)},
    ),
    "SendMessages": (
        {"": "ConfirmBookings", "EventBridge.FailedEntry": "OneByOne", "States.ALL": "OneByOne"},
        {"EventBridge.FailedEntry": (0, 0), "States.QueryEvaluationError": (0, 0), "States.ALL": (2, 8)},
    ),
    "ConfirmBookings": (
        {"": "end", "States.ALL": "OneByOne"},
        {CANCELED: (0, 0), "States.QueryEvaluationError": (0, 0), "States.ALL": (2, 8)},
    ),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_step_of_a_booking_is_the_one_that_the_model_knows(name: str) -> None:
    state, written = booking_state(name), write_of(name)

    assert (
        written.get("ConditionExpression"),
        written.get("UpdateExpression"),
        ways_out(state),
        attempts(state),
    ) == STEPS[name]


@pytest.mark.parametrize("name", GROUP_STEPS)
def test_a_step_of_a_group_is_the_one_that_the_model_knows(name: str) -> None:
    state = group_state(name)

    assert (ways_out(state), attempts(state)) == GROUP_STEPS[name]


def test_nothing_else_of_a_booking_calls_anybody() -> None:
    calls = [path for path, state in states("notify_chunk").items() if state["Type"] == "Task"]

    assert set(calls) == {
        "GetPassengerDetails",
        "ComposeMessages",
        "SetAsideWhoCannotBeTold/SetPassengerAside",
        *(f"{GROUP}{name}" for name in GROUP_STEPS),
        *(f"{EACH}{name}" for name in STEPS),
    }


def test_the_claim_of_a_booking_reads_and_writes_what_its_names_say() -> None:
    claim = kept("claim")

    assert claim["ExpressionAttributeNames"] == {
        "#order": "{% 'told_' & $states.input.subject %}",
        "#state": "{% 'told_' & $states.input.subject & '_state' %}",
        "#by": "{% 'told_' & $states.input.subject & '_by' %}",
        "#until": "{% 'told_' & $states.input.subject & '_until' %}",
        "#other": "{% $states.input.subject = 'gate' ? 'told_departure_state' : 'told_gate_state' %}",
        "#other_until": "{% $states.input.subject = 'gate' ? 'told_departure_until' : 'told_gate_until' %}",
    }
    assert claim["ExpressionAttributeValues"] == {
        ":order": {"S": "{% $states.input.order %}"},
        ":event": {"S": "{% $states.input.event.event_id %}"},
        ":sending": {"S": "SENDING"},
        ":sent": {"S": "SENT"},
        ":me": {"S": "{% $states.context.Execution.Name %}"},
    }


TIMES = (
    "$now := $floor($millis() / 1000)",
    "$merge([$claim.ExpressionAttributeValues, {':now': {'N': $string($now)}, ':until': {'N': $string($now + 120)}}])",
)


def test_a_group_is_claimed_as_each_of_its_bookings_would_be_and_only_when_nothing_of_it_is_out() -> None:
    items = group_state("ClaimBookings")["Arguments"]["TransactItems"]
    now, values = TIMES

    assert items == (
        f"{{% ({now}; $write := $merge([$first_claim, {{'TableName': '${{TableName}}',"
        f" 'ExpressionAttributeValues': {values}}}]);"
        " [$states.input.bookings.{'Update': $merge([$write, {'Key': key}])}]) %}"
    )
    assert booking_state("ClaimBooking")["Arguments"]["ExpressionAttributeValues"] == f"{{% ({now}; {values}) %}}"
    assert states("notify_chunk")["ComposeMessages"]["Assign"]["first_claim"] == (
        "{% $merge([$claim, {'ConditionExpression': $claim.ConditionExpression & ' AND attribute_not_exists(#out)',"
        " 'ExpressionAttributeNames': $merge([$claim.ExpressionAttributeNames,"
        " {'#out': 'told_' & $subject & '_out'}])}]) %}"
    )


def test_a_group_is_confirmed_as_each_of_its_bookings_would_be() -> None:
    assert group_state("ConfirmBookings")["Arguments"] == {
        "TransactItems": "{% [$group.{'Update': $merge([$confirm, {'TableName': '${TableName}', 'Key': key}])}] %}"
    }


def test_the_messages_of_a_group_fit_one_call_of_the_bus_and_one_of_the_table() -> None:
    """PutEvents takes ten entries; a booking has two channels."""
    items = states("notify_chunk")["TellInGroups"]["Items"]
    sizes = re.findall(r"\$ceil\(\$count\(\$recipients\) / (\d+)\) - 1\]\.\(\$first := \$ \* (\d+);", items)

    assert sizes == [("5", "5")]
    assert "[$recipients[[$first..$first + 4]]]" in items


def test_who_falls_out_of_a_group_goes_on_where_the_group_stands() -> None:
    stands = booking_state("WhereItStands")
    given = {"booking": "{% $states.input %}", "due": "{% $states.input.messages %}"}
    all_unsent = "$merge([$, {'unsent': messages}])"

    (all_out,) = stands["Choices"]
    assert (all_out["Condition"], all_out["Next"]) == ("{% $count($states.input.unsent) = 0 %}", "ConfirmTold")
    assert all_out["Assign"] == {**given, "unsent": []}
    assert stands["Default"] == "ClaimBooking"
    assert stands["Assign"] == {**given, "unsent": "{% $states.input.unsent %}"}
    caught = {
        (name, catcher["ErrorEquals"][0]): catcher["Assign"]["group"]
        for name in GROUP_STEPS
        for catcher in group_state(name)["Catch"]
    }
    some_unsent = caught.pop(("SendMessages", "EventBridge.FailedEntry"))
    assert "$merge([$booking, {'unsent': [$unsent[booking_id = $booking.booking_id]]}])" in some_unsent
    assert caught == {
        ("ClaimBookings", "States.ALL"): f"{{% [$states.input.bookings.({all_unsent})] %}}",
        ("SendMessages", "States.ALL"): f"{{% [$group.({all_unsent})] %}}",
        ("ConfirmBookings", "States.ALL"): "{% [$group.($merge([$, {'unsent': []}]))] %}",
    }
    assert group_state("OneByOne")["Items"] == "{% $group %}"


def test_who_closes_a_claim_does_so_under_the_name_that_claimed() -> None:
    claim, confirm, release = kept("claim"), kept("confirm"), booking_state("ReleaseClaim")["Arguments"]
    names, values = "ExpressionAttributeNames", "ExpressionAttributeValues"

    for part in ("#order", "#state", "#by", "#until"):
        assert confirm[names][part] == claim[names][part]
        assert release[names][part] == claim[names][part].replace("$states.input.", "$")
    assert confirm[names]["#out"] == "{% 'told_' & $states.input.subject & '_out' %}"
    assert release[names]["#out"] == "{% 'told_' & $subject & '_out' %}"
    for value in (":order", ":me", ":sending"):
        assert confirm[values][value] == claim[values][value]
        assert json.dumps(release[values][value]) == json.dumps(claim[values][value]).replace("$states.input.", "$")


def test_the_note_that_waits_in_a_letter_is_the_one_that_could_not_be_written() -> None:
    letter = booking_state("ConfirmLater")["Arguments"]["MessageBody"]

    assert letter["redrive"] == {"update_item": booking_state("ConfirmTold")["Arguments"]}


CHANNELS = len(Channel)


def test_no_more_iterations_are_wanted_at_once_than_step_functions_runs() -> None:
    """Beyond 40, an inline Map lets iterations wait for others: https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html"""
    groups, singly = 40 // 5, booking_state("SendOneByOne")["MaxConcurrency"]
    bookings = groups * group_state("OneByOne")["MaxConcurrency"]

    assert groups + bookings + bookings * singly <= 40


@pytest.mark.parametrize(
    ("claim", "send"),
    [("ClaimBookings", ["SendMessages"]), ("OneByOne/ClaimBooking", ["OneByOne/SendOneByOne/SendMessage"] * CHANNELS)],
)
def test_a_lease_covers_every_attempt_from_a_claim_to_the_last_message(claim: str, send: list[str]) -> None:
    """The model lets a claim outlive its time unless its messages are being sent. A booking may wait for its turn in
    OneByOne for as long as it takes, because it is claimed again before something of it is sent."""
    lease = re.findall(r"\$now \+ (\d+)\)", json.dumps(group_state(claim)["Arguments"]))

    assert lease == ["120"]
    assert sum(longest_seconds(group_state(state)) for state in (claim, *send)) <= 120
    assert booking_state("SendOneByOne")["MaxConcurrency"] == 1
    assert "120" in booking_state("LetOtherNewsGoFirst")["Seconds"]


# Seconds that a state may take, where it is not the 30 of every other call.
SECONDS = {
    "NotifyPassengers": 3360,
    "InOrderOfTier/InChunks/NotifyChunk": 1860,
    "ComposeMessages": 120,
    f"{GROUP}ClaimBookings": 5,
    f"{GROUP}SendMessages": 15,
    f"{GROUP}ConfirmBookings": 10,
    f"{EACH}ClaimBooking": 5,
    f"{EACH}SendOneByOne/SendMessage": 5,
    f"{EACH}ConfirmTold": 10,
}
WORKFLOW_SECONDS = {
    **dict.fromkeys(EVENT_WORKFLOWS, 3600),
    "notify_passengers": 3300,
    "notify_chunk": 1800,
}


@pytest.mark.parametrize("name", WORKFLOW_SECONDS)
def test_every_call_ends_in_time(name: str) -> None:
    found = {path: state["TimeoutSeconds"] for path, state in states(name).items() if "TimeoutSeconds" in state}

    assert found == {path: SECONDS.get(path, 30) for path, state in states(name).items() if state["Type"] == "Task"}
    assert asl.load(name).document["TimeoutSeconds"] == WORKFLOW_SECONDS[name]


# Where each state leads: first by Next or Default, then by its rules or catchers in their order.
END = "end"
OF_AN_EVENT = {
    "ReadEvent": "IsComplete",
    "IsComplete": "ClaimEvent SendToDeadLetters",
    "ClaimEvent": "ApplyToFlight AlreadyHandled RecordFailure",
    "ApplyToFlight": "NotifyPassengers LookAtFlight RecordFailure",
    "LookAtFlight": "WhyRefused RecordFailure",
    "WhyRefused": "RecordFailure RecordSuperseded ApplyToFlight",
    "RecordSuperseded": "Superseded RecordFailure",
    "NotifyPassengers": "RecordOutcome RecordFailure",
    "RecordOutcome": "IsAnybodyUntold RecordFailure",
    "IsAnybodyUntold": "PassengersTold TellOperators",
    "RecordFailure": "SendToDeadLetters AlreadyHandled SendToDeadLetters",
    "SendToDeadLetters": "TellOperators TellOperators",
    "TellOperators": "NotHandled NotHandled",
    **dict.fromkeys(("AlreadyHandled", "Superseded", "PassengersTold", "NotHandled"), END),
}
TELLING = ("NotifyPassengers", "IsAnybodyUntold", "PassengersTold")
WAYS = {
    "delay": {
        **OF_AN_EVENT,
        "ApplyToFlight": "IsWorthTelling LookAtFlight RecordFailure",
        "IsWorthTelling": "RecordOutcome NotifyPassengers",
    },
    "departure": {
        **{name: ways for name, ways in OF_AN_EVENT.items() if name not in TELLING},
        "ApplyToFlight": "RecordOutcome LookAtFlight RecordFailure",
        "RecordOutcome": "FlightClosed RecordFailure",
        "FlightClosed": END,
    },
    "gate_change": OF_AN_EVENT,
    "cancellation": {
        **OF_AN_EVENT,
        "ApplyToFlight": "FindBookings LookAtFlight RecordFailure",
        "FindBookings": "MarkForRebooking RecordFailure",
        "MarkForRebooking": "MoreBookings RecordFailure",
        "MarkForRebooking/MarkBooking": "end LeftAsItIs SetBookingAside",
        "MarkForRebooking/LeftAsItIs": END,
        "MarkForRebooking/SetBookingAside": "end BookingNotSetAside",
        "MarkForRebooking/BookingNotSetAside": END,
        "MoreBookings": "NotifyPassengers RecordFailure FindBookings",
        "NotifyPassengers": "IsRebookingCalled RecordFailure",
        "IsRebookingCalled": "CallRebooking RecordOutcome",
        "CallRebooking": "RecordOutcome RecordFailure",
    },
    "notify_passengers": {
        "ReadRequest": "InOrderOfTier",
        "InOrderOfTier": "IsAnybodyLost",
        "IsAnybodyLost": "AllTold SomeAreLost",
        "SomeAreLost": END,
        "AllTold": END,
        "InOrderOfTier/StartWave": "FindBookings",
        "InOrderOfTier/FindBookings": "InChunks",
        "InOrderOfTier/InChunks": "MoreBookings",
        "InOrderOfTier/MoreBookings": "WaveTold FindBookings",
        "InOrderOfTier/WaveTold": END,
        "InOrderOfTier/InChunks/NotifyChunk": "end SetChunkAside",
        "InOrderOfTier/InChunks/SetChunkAside": "end ChunkNotSetAside",
        "InOrderOfTier/InChunks/ChunkNotSetAside": END,
    },
    "notify_chunk": {
        "ReadRequest": "GetPassengerDetails",
        "GetPassengerDetails": "AllRead",
        "AllRead": "TableTooBusy ComposeMessages PauseBeforeReading",
        "PauseBeforeReading": "GetPassengerDetails",
        "TableTooBusy": END,
        "ComposeMessages": "SetAsideWhoCannotBeTold",
        "SetAsideWhoCannotBeTold": "TellInGroups",
        "TellInGroups": "IsAnybodyLost",
        "IsAnybodyLost": "ChunkTold SomeAreLost",
        "SomeAreLost": END,
        "ChunkTold": END,
        "SetAsideWhoCannotBeTold/SetPassengerAside": "end PassengerNotSetAside",
        "SetAsideWhoCannotBeTold/PassengerNotSetAside": END,
        f"{GROUP}ClaimBookings": "SendMessages OneByOne",
        f"{GROUP}SendMessages": "ConfirmBookings OneByOne OneByOne",
        f"{GROUP}ConfirmBookings": "end OneByOne",
        f"{GROUP}OneByOne": END,
        f"{EACH}WhereItStands": "ClaimBooking ConfirmTold",
        f"{EACH}ClaimBooking": "SendOneByOne LookAtBooking SetMessagesAside",
        f"{EACH}SendOneByOne": "IsAllSent",
        f"{EACH}IsAllSent": "ReleaseClaim ConfirmTold",
        f"{EACH}ConfirmTold": "end Told ConfirmLater",
        f"{EACH}Told": END,
        f"{EACH}ConfirmLater": "end Told",
        f"{EACH}ReleaseClaim": "SetMessagesAside SetMessagesAside",
        f"{EACH}SetMessagesAside": "end NotSetAside",
        f"{EACH}NotSetAside": END,
        f"{EACH}LookAtBooking": "WhyRefused SetMessagesAside",
        f"{EACH}WhyRefused": "LetOtherNewsGoFirst Overtaken AlreadyTold Overtaken SetMessagesAside",
        f"{EACH}LetOtherNewsGoFirst": "ClaimBooking",
        f"{EACH}AlreadyTold": END,
        f"{EACH}Overtaken": END,
        f"{EACH}SendOneByOne/SendMessage": "end NotSent",
        f"{EACH}SendOneByOne/NotSent": END,
    },
}


@pytest.mark.parametrize("name", WAYS)
def test_every_state_leads_where_the_model_goes(name: str) -> None:
    found = {}
    for path, state in states(name).items():
        targets = [rule["Next"] for rule in (*state.get("Choices", ()), *state.get("Catch", ()))]
        found[path] = " ".join([state.get("Next", state.get("Default", END)), *targets])

    assert found == WAYS[name]


@pytest.mark.parametrize("name", EVENT_WORKFLOWS)
def test_whoever_leads_to_the_record_of_a_failure_says_which(name: str) -> None:
    """The record, the letter and the operators are told ``failure``: without it they would fail themselves."""
    for path, state in states(name).items():
        for rule in (*state.get("Choices", ()), *state.get("Catch", ())):
            if rule["Next"] == "RecordFailure":
                assert "failure" in rule.get("Assign", {}), path


STARTING = (
    "StepFunctions.ExecutionLimitExceededException",
    "StepFunctions.ThrottlingException",
    "StepFunctions.SdkClientException",
    "StepFunctions.AWSStepFunctionsException",
)
# The model lets every call of an event or a chunk fail for good, and an answer get lost while there are attempts left.
PATIENT = {"States.ALL": (6, 20)}
ONCE_REFUSED = {REFUSED: (0, 0), "States.QueryEvaluationError": (0, 0), **PATIENT}
ATTEMPTS: dict[str, dict[str, tuple[int, int]]] = {
    **dict.fromkeys(("ClaimEvent", "ApplyToFlight", "RecordFailure", "MarkForRebooking/MarkBooking"), ONCE_REFUSED),
    **dict.fromkeys(("NotifyPassengers", "InOrderOfTier/InChunks/NotifyChunk"), dict.fromkeys(STARTING, (6, 20))),
    "ComposeMessages": {
        "UnusableEventError": (0, 0),
        "States.QueryEvaluationError": (0, 0),
        **dict.fromkeys(
            ("Lambda.TooManyRequestsException", "Lambda.ThrottlingException", "Lambda.EC2ThrottledException"), (100, 30)
        ),
        **PATIENT,
    },
    **{f"{GROUP}{state}": found for state, (_, found) in GROUP_STEPS.items()},
    **{f"{EACH}{state}": found for state, (_, _, _, found) in STEPS.items()},
}


@pytest.mark.parametrize("name", [*EVENT_WORKFLOWS, "notify_passengers", "notify_chunk"])
def test_every_call_is_tried_as_often_as_the_model_takes_it_to_be(name: str) -> None:
    calls = {path: state for path, state in states(name).items() if state["Type"] == "Task"}

    found = {path: attempts(state) for path, state in calls.items()}

    assert found == {path: ATTEMPTS.get(path, PATIENT) for path in calls}


@pytest.mark.parametrize("name", WORKFLOW_SECONDS)
def test_what_is_tried_again_waits_twice_as_long_each_time(name: str) -> None:
    """The first pause is a second, and two for a throttled messenger: there is nothing to gain by asking sooner."""
    retriers = [retrier for state in states(name).values() for retrier in state.get("Retry", ())]
    again = [retrier for retrier in retriers if retrier["MaxAttempts"] > 0]

    paces = [(retrier["IntervalSeconds"], retrier["BackoffRate"], retrier["JitterStrategy"]) for retrier in again]
    throttled = ["Lambda.TooManyRequestsException" in retrier["ErrorEquals"] for retrier in again]
    assert paces == [(2 if waits_longer else 1, 2, "FULL") for waits_longer in throttled]


def test_who_waits_for_a_nested_execution_waits_longer_than_it_may_run() -> None:
    assert WORKFLOW_SECONDS["notify_chunk"] < SECONDS["InOrderOfTier/InChunks/NotifyChunk"]
    assert WORKFLOW_SECONDS["notify_passengers"] < SECONDS["NotifyPassengers"] < WORKFLOW_SECONDS["delay"]


def test_a_refused_claim_is_understood_as_the_model_understands_it() -> None:
    rules = booking_state("WhyRefused")

    assert [(rule["Condition"], rule["Next"]) for rule in rules["Choices"]] == [
        ("{% $cancelled %}", "Overtaken"),
        ("{% $last.order = $order and $last.state = 'SENT' %}", "AlreadyTold"),
        ("{% $not($known) or $last.order > $order %}", "Overtaken"),
        (
            "{% $last.order = $order and $last.state = 'SENDING' and $free_at < $floor($millis() / 1000) %}",
            "SetMessagesAside",
        ),
    ]
    assert rules["Default"] == "LetOtherNewsGoFirst"
    assert ways_out(booking_state("LetOtherNewsGoFirst")) == {"": "ClaimBooking"}
    look = booking_state("LookAtBooking")
    assert look["Arguments"]["ConsistentRead"] is True
    assert look["Arguments"]["Key"] == "{% $booking.key %}"
    assert (
        "'SK': {'S': 'BOOKING#' & $messages[0].booking_id}"
        in (states("notify_chunk")["ComposeMessages"]["Assign"]["recipients"])
    )


def test_no_way_out_of_a_booking_is_an_error() -> None:
    """An error would end the Map, and cut off siblings between sending and noting."""
    inner = {path: state for path, state in states("notify_chunk").items() if path.startswith(GROUP)}

    assert [path for path, state in inner.items() if state["Type"] == "Fail"] == []
    assert [
        path for path, state in inner.items() if state["Type"] == "Task" and state["Catch"][-1]["ErrorEquals"] != ALL
    ] == []


@pytest.mark.parametrize("name", EVENT_WORKFLOWS)
def test_an_event_is_claimed_as_the_model_claims_it(name: str) -> None:
    found = states(name)
    claim, failure = found["ClaimEvent"], found["RecordFailure"]

    assert claim["Arguments"]["ConditionExpression"] == (
        "attribute_not_exists(PK) OR #execution = :me"
        " OR (#execution = :predecessor AND #status IN (:in_progress, :failed))"
    )
    assert claim["Arguments"]["ExpressionAttributeNames"] == {"#execution": "execution", "#status": "status"}
    assert claim["Arguments"]["ExpressionAttributeValues"] == {
        ":me": {"S": "{% $states.context.Execution.Id %}"},
        ":predecessor": {"S": "{% $predecessor %}"},
        ":in_progress": {"S": "IN_PROGRESS"},
        ":failed": {"S": "FAILED"},
    }
    assert claim["Arguments"]["Item"]["expires_at"] == {"N": "{% $string($floor($millis() / 1000) + 2592000) %}"}
    assert claim["Arguments"]["Item"]["execution"] == {"S": "{% $states.context.Execution.Id %}"}
    assert ways_out(claim) == {"": "ApplyToFlight", REFUSED: "AlreadyHandled", "States.ALL": "RecordFailure"}
    assert failure["Arguments"]["ConditionExpression"] == "attribute_not_exists(#execution) OR #execution = :me"
    assert ways_out(failure) == {
        "": "SendToDeadLetters",
        REFUSED: "AlreadyHandled",
        "States.ALL": "SendToDeadLetters",
    }


@pytest.mark.parametrize(
    ("name", "subject"), [("delay", "departure"), ("gate_change", "gate"), ("cancellation", "departure")]
)
def test_a_flight_takes_an_event_as_the_model_lets_it(name: str, subject: str) -> None:
    found = states(name)
    apply, look, why = found["ApplyToFlight"], found["LookAtFlight"], found["WhyRefused"]

    assert apply["Arguments"]["ConditionExpression"] == (
        f"attribute_exists(PK) AND ({subject}_as_of = :order OR ((attribute_not_exists({subject}_as_of)"
        f" OR {subject}_as_of < :order) AND NOT #status IN (:cancelled, :departed, :arrived)))"
    )
    assert f"{subject}_as_of = :order" in apply["Arguments"]["UpdateExpression"]
    assert ways_out(apply)[REFUSED] == "LookAtFlight"
    assert look["Arguments"]["ConsistentRead"] is True
    assert look["Assign"]["newer"] == (
        f"{{% ($exists($states.result.Item.{subject}_as_of) and $states.result.Item.{subject}_as_of.S > $order)"
        " or $states.result.Item.status.S in ['CANCELLED', 'DEPARTED', 'ARRIVED'] %}"
    )
    assert look["Assign"]["known"] == "{% $exists($states.result.Item) %}"
    assert [(rule["Condition"], rule["Next"]) for rule in why["Choices"]] == [
        ("{% $newer %}", "RecordSuperseded"),
        ("{% $known and $looks < 3 %}", "ApplyToFlight"),
    ]
    assert why["Default"] == "RecordFailure"
    assert (found["ReadEvent"]["Assign"]["looks"], look["Assign"]["looks"]) == (0, "{% $looks + 1 %}")
    assert [path for path, state in found.items() if "looks" in state.get("Assign", {})] == [
        "ReadEvent",
        "LookAtFlight",
    ]


@pytest.mark.parametrize("name", EVENT_WORKFLOWS)
def test_an_event_of_which_somebody_was_not_told_fails_after_its_claim_is_closed(name: str) -> None:
    found = states(name)

    assert found["RecordOutcome"]["Next"] == "IsAnybodyUntold"
    (untold,) = found["IsAnybodyUntold"]["Choices"]
    assert (untold["Condition"], untold["Next"]) == ("{% $told.failed > 0 %}", "TellOperators")
    assert untold["Assign"]["failure"]["Error"] == "PassengersNotTold"
    assert found["IsAnybodyUntold"]["Default"] == "PassengersTold"
    assert found["TellOperators"]["Next"] == "NotHandled"
    assert found["NotHandled"]["Type"] == "Fail"


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("delay", "$type($event.flight_id) = 'string' and $type($event.delay_minutes) = 'number'"),
        ("gate_change", "$type($event.flight_id) = 'string' and $type($event.new_gate) = 'string'"),
        ("cancellation", "$type($event.flight_id) = 'string'"),
    ],
)
def test_an_event_that_lacks_something_never_comes_to_its_claim(name: str, needed: str) -> None:
    found = states(name)

    assert (found["ReadEvent"]["Next"], found["IsComplete"]["Default"]) == ("IsComplete", "ClaimEvent")
    (incomplete,) = found["IsComplete"]["Choices"]
    assert (incomplete["Condition"], incomplete["Next"]) == (f"{{% $not({needed}) %}}", "SendToDeadLetters")


@pytest.mark.parametrize("name", EVENT_WORKFLOWS)
def test_the_letter_of_an_event_names_whom_a_redrive_follows(name: str) -> None:
    order = states(name)["SendToDeadLetters"]["Arguments"]["MessageBody"]["redrive"]["start_execution"]

    assert order["input"] == (
        "{% $merge([$states.context.Execution.Input,"
        " {'redrive': {'predecessor': $states.context.Execution.Id, 'done': $done}}]) %}"
    )


@pytest.mark.parametrize("name", EVENT_WORKFLOWS)
def test_no_call_for_an_event_fails_without_a_letter(name: str) -> None:
    calls = {path: state for path, state in states(name).items() if state["Type"] == "Task" and "/" not in path}
    last = {
        "RecordFailure": "SendToDeadLetters",
        "SendToDeadLetters": "TellOperators",
        "TellOperators": "NotHandled",
    }

    caught = {path: ways_out(state).get("States.ALL") for path, state in calls.items()}
    assert caught == {path: last.get(path, "RecordFailure") for path in calls}


def test_the_rebooking_system_is_called_unless_a_predecessor_did() -> None:
    found = states("cancellation")

    assert found["NotifyPassengers"]["Next"] == "IsRebookingCalled"
    assert found["IsRebookingCalled"]["Choices"] == [
        {"Condition": "{% 'CallRebooking' in $done %}", "Next": "RecordOutcome"}
    ]
    assert found["CallRebooking"]["Assign"] == {"done": ["CallRebooking"]}


@pytest.mark.parametrize(
    ("name", "path"),
    [(name, "NotifyPassengers") for name in EVENT_WORKFLOWS]
    + [("notify_passengers", "InOrderOfTier/InChunks/NotifyChunk")],
)
def test_a_start_whose_answer_was_lost_finds_the_same_execution(name: str, path: str) -> None:
    start = states(name)[path]

    assert (
        "$states.context.Execution.Id & ' ' & $string($states.context.Execution.RedriveCount)"
        in start["Arguments"]["Name"]
    )
    assert set(attempts(start)) == set(STARTING)


def test_nobody_is_given_up_before_the_parent_has_a_letter_of_them() -> None:
    chunk, passengers = states("notify_chunk"), states("notify_passengers")

    for found in (chunk, passengers):
        assert found["IsAnybodyLost"]["Choices"] == [{"Condition": "{% $lost > 0 %}", "Next": "SomeAreLost"}]
        assert found["SomeAreLost"]["Type"] == "Fail"
    start = passengers["InOrderOfTier/InChunks/NotifyChunk"]
    assert ways_out(start) == {"": "end", "States.ALL": "SetChunkAside"}
    assert ways_out(passengers["InOrderOfTier/InChunks/SetChunkAside"]) == {"": "end", "States.ALL": "ChunkNotSetAside"}
    assert passengers["InOrderOfTier/InChunks/ChunkNotSetAside"]["Output"]["lost"] == 1


def test_a_throttled_messenger_is_asked_for_as_long_as_news_may_take() -> None:
    """14 CFR 259.8: passengers hear of it within 30 minutes."""
    compose = states("notify_chunk")["ComposeMessages"]
    throttled = next(retry for retry in compose["Retry"] if "Lambda.TooManyRequestsException" in retry["ErrorEquals"])

    assert throttled["MaxAttempts"] * throttled["MaxDelaySeconds"] / 2 > 20 * 60
    assert asl.load("notify_chunk").document["TimeoutSeconds"] == 30 * 60


SHARED = {
    "ClaimEvent", "WhyRefused", "RecordSuperseded", "RecordOutcome", "RecordFailure", "SendToDeadLetters",
    "TellOperators", "IsAnybodyUntold", "AlreadyHandled", "Superseded", "NotHandled",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(SHARED))
def test_what_the_three_workflows_share_is_the_same_in_each(name: str) -> None:
    delay, *others = (dict(states(workflow)[name]) for workflow in EVENT_WORKFLOWS)
    # A delay makes the times of its flight ready while it is at it.
    assign = dict(delay.get("Assign", {}))
    assign.pop("times", None)
    if assign:
        delay["Assign"] = assign

    for other in others:
        assert json.dumps(other) == json.dumps(delay)
