"""What the workflows that tell passengers make of their data: each expression with values, and what it has to give."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from awskit.languages import dynamodb_expressions
from tests.unit.workflows.evaluated import CONTEXT, THROTTLED, field, value

ORDER = "2026-11-24T08:00:00.000Z#evt-1"
EVENT = {"event_id": "evt-1", "event_type": "FLIGHT_DELAY", "flight_id": "SW1234", "correlation_id": "corr-1"}
REQUEST = {"event": EVENT, "order": ORDER, "subject": "departure", "flight": {"gate": "A1"}}
BOOKINGS = [
    {"booking_id": "BKG-1", "passenger_id": "PAX-1"},
    {"booking_id": "BKG-2", "passenger_id": "PAX-2"},
    {"booking_id": "BKG-3", "passenger_id": "PAX-1"},
]
EMAIL: dict[str, Any] = {"channel": "email", "detail_type": "notification.email", "detail": {"body": "hello"}}
SMS: dict[str, Any] = {"channel": "sms", "detail_type": "notification.sms", "detail": {"body": "hi"}}
KEY = {"PK": {"S": "FLIGHT#SW1234"}, "SK": {"S": "BOOKING#BKG-1"}}
BOOKING = {"booking_id": "BKG-1", "passenger_id": "PAX-1", "key": KEY, "messages": [EMAIL, SMS]}
KNOWN = {**REQUEST, "booking": BOOKING, "due": [EMAIL, SMS], "unsent": [], "problem": THROTTLED}
COUNTED = ("recipients", "told", "email", "sms", "superseded", "already_told", "unreachable", "failed")
LETTER = {
    "reason": {"code": "Throttled", "message": "too many"},
    "event_id": "evt-1",
    "flight_id": "SW1234",
    "correlation_id": "corr-1",
    "execution": "arn:execution:E",
    "failed_at": "2026-11-24T08:00:09Z",
}
GROUPS = "TellInGroups"
TELL = f"{GROUPS}/OneByOne"
WAVE = "InOrderOfTier"


def outcomes(*of_email_and_sms: str) -> list[dict[str, str]]:
    return [
        {"channel": channel, "outcome": told} for channel, told in zip(("email", "sms"), of_email_and_sms, strict=True)
    ]


# NotifyPassengers


def test_each_tier_is_a_wave_and_the_most_loyal_come_first() -> None:
    assert field("notify_passengers", WAVE, "Items") == [
        {"tier": "A-LIST PREFERRED", "filter": "#priority = :priority", "priority": "1"},
        {"tier": "A-LIST", "filter": "#priority = :priority", "priority": "2"},
        {
            "tier": "MEMBER",
            "filter": "attribute_not_exists(#priority) OR #priority >= :priority",
            "priority": "3",
        },
    ]
    assert field("notify_passengers", WAVE, "MaxConcurrency") == 1
    assert value("notify_passengers", "ReadRequest", "Assign", variables={}, input=REQUEST) == REQUEST
    wave = {"tier": "A-LIST", "priority": "2"}
    began = value("notify_passengers", f"{WAVE}/StartWave", "Assign", variables={}, input=wave)
    assert began == {"wave": wave, "from": {}, "counts": []}


def test_a_waves_bookings_are_found_by_the_flights_own_key_page_by_page() -> None:
    wave = {"filter": "#priority = :priority", "priority": "2"}
    key = {"PK": {"S": "x"}, "SK": {"S": "y"}}
    find = ("notify_passengers", f"{WAVE}/FindBookings")
    items = [{"booking_id": {"S": "BKG-1"}, "passenger_id": {"S": "PAX-1"}}]

    first = value(*find, "Arguments", variables={**REQUEST, "wave": wave, "from": {}})
    following = value(*find, "Arguments", variables={**REQUEST, "wave": wave, "from": {"ExclusiveStartKey": key}})
    last = value(*find, "Assign", variables={}, result={"Items": items})
    more = value(*find, "Assign", variables={}, result={"Items": [], "LastEvaluatedKey": key})

    assert first == {
        "TableName": "${TableName}",
        "KeyConditionExpression": "PK = :flight AND begins_with(SK, :booking)",
        "FilterExpression": "#priority = :priority",
        "ProjectionExpression": "booking_id, passenger_id",
        "ExpressionAttributeNames": {"#priority": "priority"},
        "ExpressionAttributeValues": {
            ":flight": {"S": "FLIGHT#SW1234"},
            ":booking": {"S": "BOOKING#"},
            ":priority": {"N": "2"},
        },
        "ConsistentRead": True,
        "Limit": 400,
    }
    assert following == {**first, "ExclusiveStartKey": key}
    assert last == {"found": BOOKINGS[:1], "from": {}, "more": False}
    assert more == {"found": [], "from": {"ExclusiveStartKey": key}, "more": True}
    assert field("notify_passengers", f"{WAVE}/MoreBookings", "Choices") == [
        {"Condition": "{% $more %}", "Next": "FindBookings"}
    ]
    assert field("notify_passengers", f"{WAVE}/MoreBookings", "Default") == "WaveTold"
    assert [field("notify_passengers", f"{WAVE}/{name}", "Next") for name in ("FindBookings", "InChunks")] == [
        "InChunks",
        "MoreBookings",
    ]


@pytest.mark.parametrize(
    ("bookings", "sizes"),
    [(0, []), (1, [1]), (40, [40]), (41, [21, 20]), (81, [27, 27, 27]), (120, [40, 40, 40]), (399, [40] * 9 + [39])],
)
def test_a_page_is_cut_into_even_chunks_of_at_most_forty_that_are_numbered_on(bookings: int, sizes: list[int]) -> None:
    found = [{"booking_id": f"BKG-{number}"} for number in range(bookings)]

    chunks = value("notify_passengers", f"{WAVE}/InChunks", "Items", variables={"found": found, "counts": [{}, {}]})

    assert [len(chunk["bookings"]) for chunk in chunks] == sizes
    assert [chunk["number"] for chunk in chunks] == list(range(2, 2 + len(sizes)))
    assert [booking for chunk in chunks for booking in chunk["bookings"]] == found
    assert field("notify_passengers", f"{WAVE}/InChunks", "MaxConcurrency") == 4


START = f"{WAVE}/InChunks/NotifyChunk"


def test_a_chunk_is_given_the_request_and_its_bookings() -> None:
    variables = {**REQUEST, "wave": {"priority": "2"}}

    arguments = value(
        "notify_passengers", START, "Arguments", variables=variables, input={"number": 3, "bookings": BOOKINGS}
    )

    assert arguments["StateMachineArn"] == "${NotifyChunkArn}"
    assert arguments["Input"] == {
        **REQUEST,
        "bookings": BOOKINGS,
        "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": "arn:execution:E",
    }
    assert arguments["Name"].startswith("chunk-2-3-")
    assert len(arguments["Name"]) == len("chunk-2-3-") + 32
    assert field("notify_passengers", START, "Output") == "{% $states.result.Output %}"


def test_the_name_of_a_chunk_is_its_own() -> None:
    def name(execution: str, redrives: int, tier: str, number: int) -> Any:
        context = {**CONTEXT, "Execution": {"Id": execution, "RedriveCount": redrives}}
        variables = {"wave": {"priority": tier}}
        given = {"number": number, "bookings": []}
        return value("notify_passengers", START, "Arguments", "Name", variables=variables, input=given, context=context)

    names = {
        name("E", 0, "1", 0),
        name("E", 1, "1", 0),
        name("F", 0, "1", 0),
        name("E", 0, "2", 0),
        name("E", 0, "1", 1),
    }
    assert len(names) == 5


def test_a_chunk_that_failed_is_set_aside_whole_and_counted_as_failed() -> None:
    aside, lost = f"{WAVE}/InChunks/SetChunkAside", f"{WAVE}/InChunks/ChunkNotSetAside"
    variables = {**REQUEST, "problem": {"Error": "Throttled", "Cause": "x" * 3000}, "bookings": BOOKINGS}

    arguments = value("notify_passengers", aside, "Arguments", variables=variables)
    counts = [value("notify_passengers", state, "Output", variables=variables) for state in (aside, lost)]

    body = arguments["MessageBody"]
    assert arguments["QueueUrl"] == "${NotificationDeadLettersUrl}"
    assert body.pop("redrive") == {
        "start_execution": {"stateMachineArn": "${NotifyChunkArn}", "input": {**REQUEST, "bookings": BOOKINGS}}
    }
    assert body == {**LETTER, "kind": "chunk", "reason": {"code": "Throttled", "message": "x" * 2000}}
    nobody = dict.fromkeys(COUNTED, 0)
    assert counts == [{**nobody, "recipients": 3, "failed": 3, "lost": number} for number in (0, 1)]
    assert field("notify_passengers", START, "Catch")[0]["Assign"] == {
        "problem": "{% $states.errorOutput %}",
        "bookings": "{% $states.input.bookings %}",
    }


def test_chunks_pages_and_waves_are_added_up() -> None:
    one, other = ({name: place + 10 * step for place, name in enumerate((*COUNTED, "lost"))} for step in (1, 2))
    nothing = dict.fromkeys((*COUNTED, "lost"), 0)
    summed = {name: one[name] + other[name] for name in one}

    page = value(
        "notify_passengers", f"{WAVE}/InChunks", "Assign", "counts", variables={"counts": [one]}, result=[other]
    )
    wave = value("notify_passengers", f"{WAVE}/WaveTold", "Output", variables={"counts": [one, other]})
    empty = value("notify_passengers", f"{WAVE}/WaveTold", "Output", variables={"counts": []})
    lost = value("notify_passengers", WAVE, "Assign", "lost", variables={}, result=[one, other])
    everybody = value("notify_passengers", "AllTold", "Output", variables={}, input=[one, other])

    assert page == [one, other]
    assert (wave, empty) == (summed, nothing)
    assert lost == summed["lost"]
    assert everybody == {name: summed[name] for name in COUNTED}
    assert value("notify_passengers", "AllTold", "Output", variables={}, input=[nothing]) == dict.fromkeys(COUNTED, 0)
    assert value("notify_passengers", "SomeAreLost", "Cause", variables={"lost": 2}) == (
        "2 chunks could neither be told nor set aside."
    )


# NotifyChunk: reading and composing


@pytest.mark.parametrize(("subject", "other"), [("departure", "gate"), ("gate", "departure")])
def test_a_chunk_reads_the_flight_its_bookings_and_each_passenger_once(subject: str, other: str) -> None:
    given = {**REQUEST, "subject": subject, "bookings": BOOKINGS}

    read = value("notify_chunk", "ReadRequest", "Assign", variables={}, input=given)

    keys, claim, confirm = (read.pop(name) for name in ("keys", "claim", "confirm"))
    assert {name: claim["ExpressionAttributeNames"][name] for name in ("#order", "#other", "#other_until")} == {
        "#order": f"told_{subject}",
        "#other": f"told_{other}_state",
        "#other_until": f"told_{other}_until",
    }
    assert confirm["ExpressionAttributeNames"]["#state"] == f"told_{subject}_state"
    assert [key["PK"]["S"] for key in keys] == [
        "FLIGHT#SW1234",
        *(f"BOOKING#BKG-{number}" for number in (1, 2, 3)),
        "PASSENGER#PAX-1",
        "PASSENGER#PAX-2",
    ]
    assert {key["SK"]["S"] for key in keys} == {"METADATA"}
    assert read == {**given, "passengers": {}, "details": {}, "reads": 0, "lost": 0}


def test_what_was_read_is_sorted_by_what_it_is_and_what_was_left_out_is_read_next() -> None:
    items = [
        {"PK": {"S": "FLIGHT#SW1234"}, "gate": {"S": "B2"}, "estimated_departure": {"S": "later"}},
        {
            "PK": {"S": "PASSENGER#PAX-1"},
            "first_name": {"S": "Ana"},
            "tier": {"S": "MEMBER"},
            "email": {"S": "ana@example.com"},
            "phone": {"S": "+12145550101"},
            "notification_preferences": {"M": {"email": {"BOOL": True}, "sms": {"BOOL": False}}},
        },
        {
            "PK": {"S": "BOOKING#BKG-1"},
            "booking_status": {"S": "CONFIRMED"},
            "flight_id": {"S": "SW1234"},
            "seat": {"S": "3C"},
            "confirmation_number": {"S": "ABC123"},
            "special_requests": {"L": [{"S": "wheelchair"}]},
            "checked_in": {"BOOL": True},
            "bags_checked": {"N": "2"},
            "legs": {"N": "1"},
        },
    ]
    left_out = [{"PK": {"S": "PASSENGER#PAX-2"}, "SK": {"S": "METADATA"}}]
    result = {"Responses": {"FlightPulseTable": items}, "UnprocessedKeys": {"FlightPulseTable": {"Keys": left_out}}}
    before = {**REQUEST, "passengers": {"PAX-0": {}}, "details": {"BKG-0": {}}, "reads": 1}

    read = value("notify_chunk", "GetPassengerDetails", "Assign", variables=before, result=result)
    nothing_left = value(
        "notify_chunk",
        "GetPassengerDetails",
        "Assign",
        "keys",
        variables=before,
        result={**result, "UnprocessedKeys": {}},
    )

    wishes = {"email": True, "sms": False}
    person = {"first_name": "Ana", "tier": "MEMBER", "email": "ana@example.com", "phone": "+12145550101"}
    assert read["flight"] == {"gate": "B2", "estimated_departure": "later"}
    assert read["passengers"] == {"PAX-0": {}, "PAX-1": {**person, "notification_preferences": wishes}}
    assert read["details"]["BKG-1"] == {
        "booking_status": "CONFIRMED",
        "flight_id": "SW1234",
        "seat": "3C",
        "confirmation_number": "ABC123",
        "special_requests": ["wheelchair"],
        "checked_in": True,
        "bags_checked": 2,
        "legs": 1,
    }
    assert set(read["details"]) == {"BKG-0", "BKG-1"}
    assert (read["keys"], read["reads"], nothing_left) == (left_out, 2, [])


def test_every_attribute_that_a_chunk_uses_is_asked_for() -> None:
    request = field("notify_chunk", "GetPassengerDetails", "Arguments", "RequestItems", "${TableName}")
    asked = request["ProjectionExpression"].split(", ")

    assert request["Keys"] == "{% $keys %}"
    assert request["ConsistentRead"] is True
    assert asked == [
        *("PK", "scheduled_departure", "scheduled_arrival", "estimated_departure", "estimated_arrival", "gate"),
        *("flight_number", "booking_status", "flight_id", "seat", "confirmation_number", "special_requests"),
        *("checked_in", "bags_checked", "legs", "first_name", "tier", "email", "phone", "notification_preferences"),
    ]
    flight = {name: {"S": f"a {name}"} for name in asked[1:7]}
    items = {"Table": [{"PK": {"S": "FLIGHT#SW1234"}, **flight}, {"PK": {"S": "FLIGHT#SW9"}, "gate": {"S": "Z"}}]}
    variables = {**REQUEST, "passengers": {}, "details": {}, "reads": 0, "flight": {"origin": "DAL"}}
    read = value("notify_chunk", "GetPassengerDetails", "Assign", variables=variables, result={"Responses": items})
    assert read["flight"] == {"origin": "DAL", **{name: f"a {name}" for name in asked[1:7]}}


@pytest.mark.parametrize(
    ("left", "reads", "follows"),
    [(0, 1, "ComposeMessages"), (0, 10, "ComposeMessages"), (1, 9, "PauseBeforeReading"), (1, 10, "TableTooBusy")],
)
def test_a_batch_is_read_to_its_end_in_ten_reads_at_most(left: int, reads: int, follows: str) -> None:
    variables = {"keys": [{}] * left, "reads": reads}
    rules = field("notify_chunk", "AllRead", "Choices")

    chosen = [
        rule["Next"]
        for place, rule in enumerate(rules)
        if value("notify_chunk", "AllRead", "Choices", place, "Condition", variables=variables)
    ]

    assert [*chosen, field("notify_chunk", "AllRead", "Default")][0] == follows
    assert value("notify_chunk", "PauseBeforeReading", "Seconds", variables=variables) == reads
    assert field("notify_chunk", "PauseBeforeReading", "Next") == "GetPassengerDetails"
    assert value("notify_chunk", "TableTooBusy", "Cause", variables={"keys": [1, 2], "reads": 10}) == (
        "2 keys were still unread after 10 batch reads."
    )


def test_the_messenger_is_given_what_is_known_of_each_passenger_and_booking() -> None:
    variables = {
        **REQUEST,
        "bookings": BOOKINGS[:2],
        "passengers": {"PAX-1": {"first_name": "Ana", "notification_preferences": {"email": True}}},
        "details": {"BKG-1": {"seat": "3C", "special_requests": ["wheelchair"]}},
    }

    arguments = value("notify_chunk", "ComposeMessages", "Arguments", variables=variables)

    known = {"first_name": "Ana", "notification_preferences": {"email": True}}
    assert arguments == {
        "FunctionName": "${LlmMessengerArn}",
        "Payload": {
            "event": EVENT,
            "flight": {"gate": "A1"},
            "recipients": [
                {**BOOKINGS[0], **known, "seat": "3C", "special_requests": ["wheelchair"]},
                {**BOOKINGS[1], "notification_preferences": {}, "special_requests": []},
            ],
        },
    }


def test_messages_are_put_together_by_booking() -> None:
    one, two = ({"booking_id": f"BKG-{number}", "passenger_id": f"PAX-{number}"} for number in (1, 2))
    notifications = [{**one, "channel": "email"}, {**one, "channel": "sms"}, {**two, "channel": "email"}]
    failed = [{"booking_id": "BKG-3", "reason": "no name"}]
    payload = {"notifications": notifications, "failed": failed, "counts": {"recipients": 3}}

    known = writes_of(EVENT)

    composed = value("notify_chunk", "ComposeMessages", "Assign", variables=known, result={"Payload": payload})
    nobody = value(
        "notify_chunk",
        "ComposeMessages",
        "Assign",
        variables=known,
        result={"Payload": {"notifications": [], "failed": [], "counts": {}}},
    )

    keys = [{"PK": KEY["PK"], "SK": {"S": f"BOOKING#BKG-{number}"}} for number in (1, 2)]
    assert composed["recipients"] == [
        {**one, "key": keys[0], "messages": notifications[:2]},
        {**two, "key": keys[1], "messages": notifications[2:]},
    ]
    assert (composed["uncomposed"], composed["composed"]) == (failed, {"recipients": 3})
    assert (nobody["recipients"], nobody["uncomposed"]) == ([], [])


def test_a_passenger_whose_data_cannot_be_used_waits_in_a_letter() -> None:
    aside = "SetAsideWhoCannotBeTold/SetPassengerAside"
    failed = {**BOOKINGS[0], "reason": "first_name is missing"}

    body = value("notify_chunk", aside, "Arguments", "MessageBody", variables=REQUEST, input=failed)

    assert body.pop("redrive") == {
        "start_execution": {
            "stateMachineArn": "arn:stateMachine:M",
            "input": {**REQUEST, "bookings": BOOKINGS[:1]},
        }
    }
    reason = {"code": "UnusablePassengerData", "message": "first_name is missing"}
    assert body == {**LETTER, "kind": "passenger", "booking_id": "BKG-1", "reason": reason}
    assert field("notify_chunk", aside, "Output") == {"lost": 0}
    assert field("notify_chunk", "SetAsideWhoCannotBeTold/PassengerNotSetAside", "Output") == {"lost": 1}
    assert field("notify_chunk", aside, "Catch") == [{"ErrorEquals": ["States.ALL"], "Next": "PassengerNotSetAside"}]
    lost = ("notify_chunk", "SetAsideWhoCannotBeTold", "Assign", "lost")
    assert value(*lost, variables={}, result=[{"lost": 1}, {"lost": 0}, {"lost": 1}]) == 2
    assert value(*lost, variables={}, result=[]) == 0
    assert field("notify_chunk", "SetAsideWhoCannotBeTold", "Items") == "{% $uncomposed %}"
    assert field("notify_chunk", "SetAsideWhoCannotBeTold", "Next") == GROUPS


# NotifyChunk: telling a group of bookings

EVENT_TYPES = ("FLIGHT_DELAY", "FLIGHT_CANCELLED")


def writes_of(event: dict[str, Any]) -> dict[str, Any]:
    """The variables of a chunk that has read its request."""
    given = {**REQUEST, "event": event, "bookings": BOOKINGS}
    assigned: dict[str, Any] = value("notify_chunk", "ReadRequest", "Assign", variables={}, input=given)
    return assigned


def composed_for(event: dict[str, Any], messages: list[dict[str, Any]]) -> dict[str, Any]:
    """The variables of a chunk whose messages are composed."""
    known = writes_of(event)
    payload = {"notifications": messages, "failed": [], "counts": {}}
    return known | value("notify_chunk", "ComposeMessages", "Assign", variables=known, result={"Payload": payload})


def messages_of(*numbers: int) -> list[dict[str, Any]]:
    """An e-mail and a text for each of these bookings."""
    return [
        {**message, "booking_id": f"BKG-{number}", "passenger_id": f"PAX-{number}"}
        for number in numbers
        for message in (EMAIL, SMS)
    ]


def group_of(*numbers: int) -> list[dict[str, Any]]:
    return list(composed_for(EVENT, messages_of(*numbers))["recipients"])


@pytest.mark.parametrize(
    ("recipients", "sizes"),
    [(0, []), (1, [1]), (5, [5]), (6, [5, 1]), (39, [5] * 7 + [4]), (40, [5] * 8)],
)
def test_ten_groups_of_at_most_five_bookings_are_told_side_by_side(recipients: int, sizes: list[int]) -> None:
    bookings = [{"booking_id": f"BKG-{number}"} for number in range(recipients)]

    groups = value("notify_chunk", GROUPS, "Items", variables={"recipients": bookings})

    assert [len(group["bookings"]) for group in groups] == sizes
    assert [booking for group in groups for booking in group["bookings"]] == bookings
    assert field("notify_chunk", GROUPS, "MaxConcurrency") == 10
    assert field("notify_chunk", "SetAsideWhoCannotBeTold", "MaxConcurrency") == 10


def check_as_dynamodb_does(update: Mapping[str, Any]) -> None:
    """Refuse expressions that are not in order, and names or values that are missing or that none of them uses."""
    names, values = update["ExpressionAttributeNames"], update["ExpressionAttributeValues"]
    condition = dynamodb_expressions.condition(update["ConditionExpression"], names, values)
    change = dynamodb_expressions.update(update["UpdateExpression"], names, values)
    dynamodb_expressions.check_all_used([condition, change], names, values)


@pytest.mark.parametrize("event_type", EVENT_TYPES)
@pytest.mark.parametrize("numbers", [(1,), (1, 2, 3, 4, 5)])
def test_the_claims_and_confirmations_of_a_group_are_what_dynamodb_takes(
    event_type: str, numbers: tuple[int, ...]
) -> None:
    known = composed_for({**EVENT, "event_type": event_type}, messages_of(*numbers))
    variables = {**known, "group": known["recipients"]}
    given = {"bookings": known["recipients"]}

    claims, confirmations = (
        value("notify_chunk", f"{GROUPS}/{state}", "Arguments", variables=variables, input=given)["TransactItems"]
        for state in ("ClaimBookings", "ConfirmBookings")
    )

    for items in (claims, confirmations):
        updates = [item.pop("Update") for item in items]
        assert items == [{}] * len(numbers)
        assert [update["Key"] for update in updates] == [recipient["key"] for recipient in known["recipients"]]
        assert {update["TableName"] for update in updates} == {"${TableName}"}
        for update in updates:
            check_as_dynamodb_does(update)


def test_a_group_claims_only_bookings_of_which_nothing_is_out() -> None:
    known = composed_for(EVENT, messages_of(1))

    first, again = known["first_claim"], known["claim"]

    assert first["ConditionExpression"] == f"{again['ConditionExpression']} AND attribute_not_exists(#out)"
    assert first["ExpressionAttributeNames"] == {**again["ExpressionAttributeNames"], "#out": "told_departure_out"}
    assert first["UpdateExpression"] == again["UpdateExpression"]


def test_a_group_that_is_claimed_is_told_and_one_that_is_not_goes_one_by_one() -> None:
    claim, given = f"{GROUPS}/ClaimBookings", {"bookings": group_of(1, 2)}

    assigned, caught = (
        value("notify_chunk", claim, *names, "Assign", variables={}, input=given) for names in ((), ("Catch", 0))
    )

    assert assigned == {"group": given["bookings"]}
    assert caught == {"group": [{**booking, "unsent": booking["messages"]} for booking in given["bookings"]]}
    assert field("notify_chunk", claim, "Next") == "SendMessages"
    assert [catch["Next"] for catch in field("notify_chunk", claim, "Catch")] == ["OneByOne"]


def entries_of(numbers: tuple[int, ...], refused: set[int]) -> list[dict[str, str]]:
    return [
        {"ErrorCode": "InternalFailure"} if place in refused else {"EventId": str(place)}
        for place in range(2 * len(numbers))
    ]


@pytest.mark.parametrize(
    ("refused", "unsent"),
    [
        ({0}, [["email"], [], []]),
        ({3}, [[], ["sms"], []]),
        ({1, 4, 5}, [["sms"], [], ["email", "sms"]]),
        ({0, 1, 2, 3, 4, 5}, [["email", "sms"]] * 3),
    ],
    ids=str,
)
def test_of_a_group_only_the_entries_that_the_bus_did_not_take_are_sent_again(
    refused: set[int], unsent: list[list[str]]
) -> None:
    numbers = (1, 2, 3)
    cause = json.dumps({"FailedEntryCount": len(refused), "Entries": entries_of(numbers, refused)})

    group = value(
        "notify_chunk",
        f"{GROUPS}/SendMessages",
        *("Catch", 0, "Assign", "group"),
        variables={"group": group_of(*numbers)},
        errorOutput={"Error": "EventBridge.FailedEntry", "Cause": cause},
    )

    assert [[message["channel"] for message in booking.pop("unsent")] for booking in group] == unsent
    assert group == group_of(*numbers)


@pytest.mark.parametrize(
    ("place", "cause"),
    [
        (0, "no idea"),
        (0, json.dumps({"FailedEntryCount": 1, "Entries": [{"EventId": "1"}]})),
        (1, "States.Timeout"),
    ],
    ids=["a refusal without entries", "entries of another number", "a timeout"],
)
def test_what_nobody_says_is_out_is_sent_again_booking_by_booking(place: int, cause: str) -> None:
    group = value(
        "notify_chunk",
        f"{GROUPS}/SendMessages",
        *("Catch", place, "Assign", "group"),
        variables={"group": group_of(1, 2)},
        errorOutput={"Error": "any", "Cause": cause},
    )

    assert group == [{**booking, "unsent": booking["messages"]} for booking in group_of(1, 2)]


def test_a_group_whose_confirmation_fails_is_out_and_only_confirmed_one_by_one() -> None:
    confirm = f"{GROUPS}/ConfirmBookings"
    variables = {"group": group_of(1, 2)}

    assert value("notify_chunk", confirm, "Output", variables=variables) == outcomes("told", "told") * 2
    assert value("notify_chunk", confirm, "Catch", 0, "Assign", variables=variables) == {
        "group": [{**booking, "unsent": []} for booking in group_of(1, 2)]
    }


# NotifyChunk: telling one booking


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_the_claim_of_a_booking_says_what_is_told_by_whom_and_until_when(event_type: str) -> None:
    variables = {**KNOWN, **writes_of({**EVENT, "event_type": event_type})}

    arguments = value("notify_chunk", f"{TELL}/ClaimBooking", "Arguments", variables=variables)

    check_as_dynamodb_does(arguments)
    values = arguments["ExpressionAttributeValues"]
    now, until = (int(values.pop(name)["N"]) for name in (":now", ":until"))
    assert abs(now - time.time()) < 5
    assert until - now == 120
    assert arguments["Key"] == KEY
    assert arguments["ReturnValues"] == "ALL_NEW"
    assert arguments["UpdateExpression"] == (
        "SET #order = :order, #state = :sending, #by = :me, #until = :until"
        + (", cancelled_by = :event" if event_type == "FLIGHT_CANCELLED" else "")
    )
    assert {name: text["S"] for name, text in values.items()} == {
        ":order": ORDER,
        ":event": "evt-1",
        ":sending": "SENDING",
        ":sent": "SENT",
        ":me": "E",
    }


@pytest.mark.parametrize(
    ("out", "due"),
    [
        ([], [EMAIL, SMS]),
        ([f"{ORDER} email"], [SMS]),
        ([f"{ORDER} email", f"{ORDER} sms"], []),
        (["an older one email"], [EMAIL, SMS]),
    ],
)
def test_what_is_out_already_is_not_due_again_and_what_the_group_has_sent_is_not_sent_again(
    out: list[str], due: list[dict[str, Any]]
) -> None:
    attributes = {"told_departure_out": {"L": [{"S": text} for text in out]}} if out else {}
    claim = ("notify_chunk", f"{TELL}/ClaimBooking", "Assign")

    at_first, after_email = (
        value(*claim, variables={**KNOWN, "unsent": unsent}, result={"Attributes": attributes})
        for unsent in ([EMAIL, SMS], [SMS])
    )

    assert at_first == {"due": due, "unsent": due}
    assert after_email == {"due": due, "unsent": [message for message in due if message == SMS]}


def test_all_channels_go_out_in_one_call_and_say_how_long_after_the_event() -> None:
    known_at = datetime.now(UTC) - timedelta(seconds=90)
    email, sms = (
        {**message, "detail": {**message["detail"], "event_timestamp": known_at.isoformat(timespec="milliseconds")}}
        for message in (EMAIL, SMS)
    )

    group = {"group": [{**BOOKING, "messages": [email]}, {**BOOKING, "messages": [sms]}]}
    entries = value("notify_chunk", f"{GROUPS}/SendMessages", "Arguments", "Entries", variables=group)
    entries += value(
        "notify_chunk", f"{TELL}/SendOneByOne/SendMessage", "Arguments", "Entries", variables={}, input=sms
    )

    assert [90 <= entry["Detail"].pop("told_after_seconds") < 100 for entry in entries] == [True] * 3
    assert entries == [
        {
            "EventBusName": "${EventBusName}",
            "Source": "flightpulse.workflow",
            "DetailType": message["detail_type"],
            "Detail": message["detail"],
        }
        for message in (email, sms, sms)
    ]


def test_what_came_of_each_try_is_put_together() -> None:
    tried = ("notify_chunk", f"{TELL}/SendOneByOne")
    caught = value(
        *tried[:1],
        f"{TELL}/SendOneByOne/SendMessage",
        "Catch",
        0,
        "Output",
        variables={},
        input=SMS,
        errorOutput=THROTTLED,
    )
    variables = {**KNOWN, "unsent": [EMAIL, SMS]}

    some = value(*tried, "Assign", variables=variables, result=[{"sent": True}, caught])
    none = value(*tried, "Assign", variables=variables, result=[{"sent": True}, {"sent": True}])

    assert caught == {"sent": False, "channel": "sms", "problem": THROTTLED}
    assert some == {"unsent": [SMS], "problem": THROTTLED}
    assert none == {"unsent": [], "problem": {"Error": "", "Cause": ""}}
    assert field(*tried, "Items") == "{% $unsent %}"
    assert field("notify_chunk", f"{TELL}/SendOneByOne/SendMessage", "Output") == {"sent": True}
    assert field("notify_chunk", f"{TELL}/SendOneByOne", "Next") == "IsAllSent"
    assert field("notify_chunk", f"{TELL}/IsAllSent", "Choices") == [
        {"Condition": "{% $count($unsent) = 0 %}", "Next": "ConfirmTold"}
    ]
    assert field("notify_chunk", f"{TELL}/IsAllSent", "Default") == "ReleaseClaim"


@pytest.mark.parametrize("state", ["ConfirmTold", "ReleaseClaim"])
def test_a_claim_is_closed_on_the_booking_that_it_is_about(state: str) -> None:
    variables = {**KNOWN, **writes_of(EVENT), "unsent": [SMS]}

    arguments = value("notify_chunk", f"{TELL}/{state}", "Arguments", variables=variables, input={})

    check_as_dynamodb_does(arguments)
    assert arguments["Key"] == KEY
    values = arguments["ExpressionAttributeValues"]
    common = {":sending": {"S": "SENDING"}, ":order": {"S": ORDER}, ":me": {"S": "E"}}
    assert values == {
        **common,
        **(
            {":sent": {"S": "SENT"}}
            if state == "ConfirmTold"
            else {":failed": {"S": "FAILED"}, ":out": {"L": [{"S": f"{ORDER} email"}]}}
        ),
    }


@pytest.mark.parametrize("state", ["ConfirmTold", "Told", "ConfirmLater", "SetMessagesAside"])
@pytest.mark.parametrize(
    ("due", "unsent", "told"),
    [
        ([EMAIL, SMS], [], ("told", "told")),
        ([SMS], [], ("already_told", "told")),
        ([EMAIL, SMS], [SMS], ("told", "failed")),
        ([SMS], [SMS], ("already_told", "failed")),
        ([], [EMAIL, SMS], ("failed", "failed")),
    ],
)
def test_what_came_of_each_message_is_said(
    state: str, due: list[Any], unsent: list[Any], told: tuple[str, str]
) -> None:
    variables = {**KNOWN, "due": due, "unsent": unsent}

    assert value("notify_chunk", f"{TELL}/{state}", "Output", variables=variables) == outcomes(*told)


def test_what_came_of_messages_that_were_not_sent() -> None:
    lost = value("notify_chunk", f"{TELL}/NotSetAside", "Output", variables={**KNOWN, "due": [EMAIL], "unsent": [SMS]})
    again = value("notify_chunk", f"{TELL}/NotSetAside", "Output", variables={**KNOWN, "due": [SMS], "unsent": [SMS]})

    assert (lost, again) == (outcomes("told", "lost"), outcomes("already_told", "lost"))
    assert value("notify_chunk", f"{TELL}/AlreadyTold", "Output", variables=KNOWN) == outcomes(*["already_told"] * 2)
    for unsent, came_of_it in (([EMAIL, SMS], ["superseded"] * 2), ([SMS], ["told", "superseded"])):
        overtaken = value("notify_chunk", f"{TELL}/Overtaken", "Output", variables={**KNOWN, "unsent": unsent})
        assert overtaken == outcomes(*came_of_it)


def test_letters_of_a_booking_say_what_is_missing_and_how_to_send_it() -> None:
    variables = {**KNOWN, **writes_of(EVENT), "unsent": [SMS]}

    aside = value("notify_chunk", f"{TELL}/SetMessagesAside", "Arguments", variables=variables)
    later = value("notify_chunk", f"{TELL}/ConfirmLater", "Arguments", variables=variables)

    assert aside["QueueUrl"] == later["QueueUrl"] == "${NotificationDeadLettersUrl}"
    body, note = aside["MessageBody"], later["MessageBody"]
    assert body.pop("redrive") == {
        "start_execution": {"stateMachineArn": "arn:stateMachine:M", "input": {**REQUEST, "bookings": BOOKINGS[:1]}}
    }
    assert note.pop("redrive") == {
        "update_item": value("notify_chunk", f"{TELL}/ConfirmTold", "Arguments", variables=variables)
    }
    assert body == {**LETTER, "kind": "notification", "booking_id": "BKG-1", "channels": ["sms"]}
    assert note == {**LETTER, "kind": "write", "booking_id": "BKG-1"}
    for state in ("ConfirmTold", "LookAtBooking"):
        assert field("notify_chunk", f"{TELL}/{state}", "Catch")[-1]["Assign"] == {
            "problem": "{% $states.errorOutput %}"
        }


def looked(**attributes: dict[str, str]) -> Any:
    result = {"Item": attributes} if attributes else {}
    return value("notify_chunk", f"{TELL}/LookAtBooking", "Assign", variables=KNOWN, result=result)


def test_what_a_booking_says_of_its_claims_is_read() -> None:
    seen = looked(
        told_departure={"S": "earlier"},
        told_departure_state={"S": "SENDING"},
        told_departure_by={"S": "F"},
        told_departure_until={"N": "100"},
        told_gate_until={"N": "200"},
        cancelled_by={"S": "evt-2"},
    )
    mine = looked(told_departure={"S": "earlier"}, cancelled_by={"S": "evt-1"}, told_departure_until={"N": "100"})
    gone = looked()

    assert seen["last"] == {"order": "earlier", "state": "SENDING"}
    assert (seen["known"], seen["cancelled"], seen["free_at"]) == (True, True, 200)
    assert seen["problem"] == {
        "Error": "ClaimHeld",
        "Cause": "Execution F claimed these messages and did not say what came of them.",
    }
    assert (mine["cancelled"], mine["free_at"], mine["last"]["state"]) == (False, 100, "")
    assert (gone["known"], gone["cancelled"], gone["free_at"]) == (False, False, 0)
    assert value("notify_chunk", f"{TELL}/LookAtBooking", "Arguments", variables=KNOWN)["Key"] == KEY


NEWER, OLDER = "2026-11-24T09:00:00.000Z#evt-0", "2026-11-24T07:00:00.000Z#evt-9"


@pytest.mark.parametrize(
    ("cancelled", "known", "order", "state", "free_in", "follows"),
    [
        (True, True, OLDER, "SENT", 0, "Overtaken"),
        (False, True, ORDER, "SENT", 0, "AlreadyTold"),
        (False, False, "", "", 0, "Overtaken"),
        (False, True, NEWER, "SENT", 0, "Overtaken"),
        (False, True, NEWER, "SENDING", 60, "Overtaken"),
        (False, True, ORDER, "SENDING", -2, "SetMessagesAside"),
        (False, True, ORDER, "SENDING", 60, "LetOtherNewsGoFirst"),
        (False, True, OLDER, "SENDING", 60, "LetOtherNewsGoFirst"),
        (False, True, OLDER, "SENDING", -2, "LetOtherNewsGoFirst"),
        (False, True, ORDER, "FAILED", -2, "LetOtherNewsGoFirst"),
    ],
)
def test_a_refused_claim_leads_where_what_is_known_says(
    cancelled: bool, known: bool, order: str, state: str, free_in: int, follows: str
) -> None:
    last = {"order": order, "state": state}
    variables = {**KNOWN, "cancelled": cancelled, "known": known, "last": last, "free_at": int(time.time()) + free_in}
    rules = field("notify_chunk", f"{TELL}/WhyRefused", "Choices")

    chosen = [
        rule["Next"]
        for place, rule in enumerate(rules)
        if value("notify_chunk", f"{TELL}/WhyRefused", "Choices", place, "Condition", variables=variables)
    ]

    assert [*chosen, field("notify_chunk", f"{TELL}/WhyRefused", "Default")][0] == follows


@pytest.mark.parametrize(("free_in", "seconds"), [(119, 1), (110, 10), (90, 30), (61, 59), (30, 31), (10, 11), (-5, 1)])
def test_other_news_is_let_go_first_for_as_long_again_as_it_has_been_held_until_its_time_is_over(
    free_in: int, seconds: int
) -> None:
    variables = {"free_at": int(time.time()) + free_in}

    waits = value("notify_chunk", f"{TELL}/LetOtherNewsGoFirst", "Seconds", variables=variables)

    assert abs(waits - seconds) <= 1
    assert waits >= 1


def test_a_chunk_counts_what_came_of_its_messages() -> None:
    one_by_one = [outcomes("already_told", "failed"), outcomes("superseded", "lost")]
    results = [outcomes("told", "told"), value("notify_chunk", TELL, "Output", variables={}, result=one_by_one)]
    uncomposed = [{}, {}]

    assigned = value("notify_chunk", GROUPS, "Assign", variables={"lost": 1}, result=results)
    counted = value(
        "notify_chunk",
        "ChunkTold",
        "Output",
        variables={**assigned, "composed": {"recipients": 5, "unreachable": 1}, "uncomposed": uncomposed},
    )
    nothing = value("notify_chunk", GROUPS, "Assign", variables={"lost": 0}, result=[])

    assert assigned == {"outcomes": [told for result in results for told in result], "lost": 2}
    assert counted == {
        "recipients": 5,
        "told": 2,
        "email": 1,
        "sms": 1,
        "superseded": 1,
        "already_told": 1,
        "unreachable": 1,
        "failed": 3,
    }
    assert nothing == {"outcomes": [], "lost": 0}
    assert value("notify_chunk", "SomeAreLost", "Cause", variables={"lost": 2}) == (
        "2 could neither be told nor set aside."
    )
    assert field("notify_chunk", GROUPS, "Next") == "IsAnybodyLost"
    assert field("notify_chunk", "IsAnybodyLost", "Default") == "ChunkTold"
    assert field("notify_passengers", "IsAnybodyLost", "Default") == "AllTold"
    assert field("notify_passengers", WAVE, "Next") == "IsAnybodyLost"
    assert {field(name, "SomeAreLost", "Error") for name in ("notify_chunk", "notify_passengers")} == {"NotSetAside"}
