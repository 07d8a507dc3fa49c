"""Single states of the workflows, as AWS's TestState runs them: what each makes of an answer, and where it goes on."""

from typing import Any

import pytest

from tests.unit.workflows.state_runner import StateRunner, Tried

ORDER, OLDER, NEWER = (f"2026-11-24T1{hour}:00:00.000Z#evt-{hour}" for hour in (5, 4, 6))
CHUNK = "notify_chunk"
EVENT = {"event_id": "evt-5", "event_type": "FLIGHT_DELAY", "flight_id": "SW1234", "correlation_id": "c"}
MESSAGES = [{"channel": "email", "detail": {}}, {"channel": "sms", "detail": {}}]
TIMED = [{**message, "detail_type": "x", "detail": {"event_timestamp": ORDER[:24]}} for message in MESSAGES]
KEY = {"PK": {"S": "FLIGHT#SW1234"}, "SK": {"S": "BOOKING#BKG-0001"}}
BOOKING = {"booking_id": "BKG-0001", "passenger_id": "PAX-0001", "key": KEY, "messages": MESSAGES}
CLAIM = {
    "UpdateExpression": "SET #order = :order, until = :until",
    "ConditionExpression": "#order < :now",
    "ExpressionAttributeNames": {"#order": "told_departure"},
    "ExpressionAttributeValues": {":order": {"S": ORDER}},
}
CHUNK_VARIABLES = {
    "event": EVENT,
    "order": ORDER,
    "subject": "departure",
    "lost": 0,
    "claim": CLAIM,
    "first_claim": CLAIM,
    "confirm": CLAIM,
    "booking": BOOKING,
    "unsent": MESSAGES,
}
FAR = 4_000_000_000


@pytest.fixture(scope="module")
def states() -> StateRunner:
    return StateRunner()


def refused_claim(states: StateRunner, **last: Any) -> str | None:
    seen = {"order": OLDER, "state": "SENT", **last}
    about = {name: seen.pop(name) for name in ("known", "cancelled", "free_at") if name in seen}
    variables = {"last": seen, "order": ORDER, "known": True, "cancelled": False, "free_at": FAR, **about}
    return states.run(CHUNK, "WhyRefused", variables=variables).next


@pytest.mark.parametrize(
    ("last", "goes_on"),
    [
        ({"order": ORDER}, "AlreadyTold"),
        ({"order": NEWER}, "Overtaken"),
        ({"order": NEWER, "state": "SENDING"}, "Overtaken"),
        ({"known": False}, "Overtaken"),
        ({"cancelled": True, "order": ORDER}, "Overtaken"),
        ({"state": "SENDING"}, "LetOtherNewsGoFirst"),
        ({"order": ORDER, "state": "SENDING"}, "LetOtherNewsGoFirst"),
        ({"order": ORDER, "state": "SENDING", "free_at": 1}, "SetMessagesAside"),
        ({"order": "", "state": ""}, "LetOtherNewsGoFirst"),
    ],
    ids=str,
)
def test_a_refused_claim_goes_where_what_the_booking_knows_sends_it(
    states: StateRunner, last: dict[str, Any], goes_on: str
) -> None:
    assert refused_claim(states, **last) == goes_on


def claim(states: StateRunner, **answer: Any) -> Tried:
    return states.run(CHUNK, "ClaimBooking", BOOKING, variables=CHUNK_VARIABLES, **answer)


def test_a_claim_owes_the_channels_that_are_not_out_yet(states: StateRunner) -> None:
    out = {"told_departure_out": {"L": [{"S": f"{ORDER} email"}, {"S": f"{OLDER} sms"}]}}

    fresh, half = claim(states, result={"Attributes": {}}), claim(states, result={"Attributes": out})

    assert (fresh.next, fresh.variables["due"]) == ("SendOneByOne", MESSAGES)
    assert (half.next, half.variables["due"]) == ("SendOneByOne", MESSAGES[1:])


def test_a_claim_that_is_refused_asks_why_at_once_and_one_that_cannot_be_written_is_tried_again_first(
    states: StateRunner,
) -> None:
    refused = claim(states, error=("DynamoDB.ConditionalCheckFailedException", "no"))
    slow = claim(states, error=("DynamoDB.ProvisionedThroughputExceededException", "slow"))
    given_up = claim(states, error=("DynamoDB.ProvisionedThroughputExceededException", "slow"), retries=5)

    assert (refused.status, refused.next) == ("CAUGHT_ERROR", "LookAtBooking")
    assert slow.status == "RETRIABLE"
    assert (given_up.status, given_up.next) == ("CAUGHT_ERROR", "SetMessagesAside")
    assert given_up.variables["problem"]["Error"] == "DynamoDB.ProvisionedThroughputExceededException"


def test_a_group_whose_claim_is_refused_goes_one_by_one_at_once_and_one_that_cannot_be_written_is_tried_again_first(
    states: StateRunner,
) -> None:
    def claim_all(error: str, retries: int = 0) -> Tried:
        group = {"bookings": [BOOKING]}
        return states.run(
            CHUNK, "ClaimBookings", group, variables=CHUNK_VARIABLES, error=(error, "why"), retries=retries
        )

    refused, slow = claim_all("DynamoDb.TransactionCanceledException"), claim_all("DynamoDb.ThrottlingException")
    given_up = claim_all("DynamoDb.ThrottlingException", retries=2)

    assert (refused.status, refused.next) == ("CAUGHT_ERROR", "OneByOne")
    assert slow.status == "RETRIABLE"
    assert (given_up.status, given_up.next) == ("CAUGHT_ERROR", "OneByOne")
    unsent = [{**BOOKING, "unsent": BOOKING["messages"]}]
    assert refused.variables["group"] == given_up.variables["group"] == unsent


def test_only_the_messages_that_the_bus_refused_are_sent_again(states: StateRunner) -> None:
    messages = [{**message, "booking_id": BOOKING["booking_id"]} for message in TIMED]
    variables = {**CHUNK_VARIABLES, "group": [{**BOOKING, "messages": messages}]}
    partly = '{"FailedEntryCount":1,"Entries":[{"EventId":"1"},{"ErrorCode":"InternalFailure"}]}'

    some = states.run(CHUNK, "SendMessages", variables=variables, error=("EventBridge.FailedEntry", partly))
    lost = states.run(CHUNK, "SendMessages", variables=variables, error=("States.Timeout", ""), retries=2)

    assert (some.next, some.variables["group"][0]["unsent"]) == ("OneByOne", messages[1:])
    assert (lost.next, lost.variables["group"][0]["unsent"]) == ("OneByOne", messages)


@pytest.mark.parametrize(
    ("unsent", "goes_on"),
    [([], "ConfirmTold"), (MESSAGES[1:], "ClaimBooking"), (MESSAGES, "ClaimBooking")],
    ids=["all is out", "some is not out", "nothing is out"],
)
def test_a_booking_of_a_group_goes_on_from_where_the_group_stands(
    states: StateRunner, unsent: list[Any], goes_on: str
) -> None:
    booking = {**BOOKING, "unsent": unsent}

    seen = states.run(CHUNK, "WhereItStands", booking, variables=CHUNK_VARIABLES)

    assert seen.next == goes_on
    assert {name: seen.variables[name] for name in ("booking", "due", "unsent")} == {
        "booking": booking,
        "due": MESSAGES,
        "unsent": unsent,
    }


def compose(states: StateRunner, **answer: Any) -> Tried:
    variables = {**CHUNK_VARIABLES, "flight": {}, "bookings": [], "passengers": {}, "details": {}}
    return states.run(CHUNK, "ComposeMessages", variables=variables, **answer)


def test_the_messages_of_a_booking_are_kept_together(states: StateRunner) -> None:
    notifications = [{**message, "booking_id": "BKG-0001", "passenger_id": "PAX-0001"} for message in MESSAGES]
    payload = {"notifications": notifications, "failed": [], "counts": {"recipients": 1}}

    told = compose(states, result={"Payload": payload, "StatusCode": 200})

    (recipient,) = told.variables["recipients"]
    assert (recipient["booking_id"], recipient["messages"]) == ("BKG-0001", notifications)
    assert told.variables["uncomposed"] == []


@pytest.mark.parametrize(
    ("error", "retries", "status"),
    [
        ("Lambda.TooManyRequestsException", 99, "RETRIABLE"),
        ("Lambda.TooManyRequestsException", 100, "FAILED"),
        ("Sandbox.Timedout", 5, "RETRIABLE"),
        ("UnusableEventError", 0, "FAILED"),
    ],
)
def test_a_throttled_messenger_is_asked_for_long_and_one_that_cannot_do_it_never_again(
    states: StateRunner, error: str, retries: int, status: str
) -> None:
    assert compose(states, error=(error, "why"), retries=retries).status == status


def test_a_chunk_counts_what_came_of_every_message(states: StateRunner) -> None:
    outcomes = [
        {"channel": "email", "outcome": "told"},
        {"channel": "sms", "outcome": "told"},
        {"channel": "sms", "outcome": "superseded"},
        {"channel": "email", "outcome": "already_told"},
        {"channel": "email", "outcome": "failed"},
    ]
    composed = {"recipients": 4, "unreachable": 1}
    variables = {**CHUNK_VARIABLES, "outcomes": outcomes, "composed": composed, "uncomposed": [{}]}

    assert states.run(CHUNK, "ChunkTold", variables=variables).output == {
        "recipients": 4,
        "told": 2,
        "email": 1,
        "sms": 1,
        "superseded": 1,
        "already_told": 1,
        "unreachable": 1,
        "failed": 2,
    }


def test_what_came_of_a_page_is_added_to_the_pages_before_it(states: StateRunner) -> None:
    found = [{"booking_id": f"B{number}", "passenger_id": f"P{number}"} for number in range(81)]
    variables = {**CHUNK_VARIABLES, "found": found, "counts": [{"told": 40}], "wave": {"priority": "1"}, "flight": {}}

    seen = states.run("notify_passengers", "InChunks", variables=variables, result=[{"told": 2}, {"told": 3}])

    assert (seen.next, [count["told"] for count in seen.variables["counts"]]) == ("MoreBookings", [40, 2, 3])
