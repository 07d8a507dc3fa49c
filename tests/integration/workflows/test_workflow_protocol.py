"""Ways to a broken promise that an exhaustive exploration found, walked on the local cloud: each is closed."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.emulator import Emulator
from tests.integration.workflows.test_workflow_paths import (
    CANCELLATION,
    CHUNK,
    DELAY,
    PASSENGERS,
    THROTTLED,
    cancelled,
    delay,
    once_each,
)
from tests.integration.workflows.workflow_world import World

FAILS = "States.TaskFailed"
NEVER = {"error": FAILS}


@pytest.fixture(scope="module")
def built() -> Iterator[World]:
    with Emulator(back_off_scale=0.001) as emulator:
        yield World(emulator)


@pytest.fixture
def world(built: World) -> Iterator[World]:
    built.faults()
    built.messages()
    built.dead_letters()
    yield built
    built.faults()


def failing(*states: str) -> list[dict[str, Any]]:
    return [{"state": state, **NEVER} for state in states]


def telling(world: World, flight: str) -> dict[str, Any]:
    item = world.get(f"FLIGHT#{flight}", f"BOOKING#BKG-{flight}-0")
    return {name.removeprefix("told_departure_"): value for name, value in item.items() if name.startswith("told_")}


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_chunk_that_fails_again_after_a_redrive_is_not_forgotten(world: World) -> None:
    flight = world.flight(bookings=1)
    world.faults({"state": "ComposeMessages", "error": FAILS, "times": 14})
    world.run(DELAY, delay(flight, "p-forgotten"))

    (again,) = world.redrive()
    world.redrive()

    assert "failed again" in again.problem
    assert world.messages() == once_each("p-forgotten", flight, bookings=1)
    assert world.redrive() == []


def chunk_request(flight: str, event_id: str) -> dict[str, Any]:
    return {
        "event": delay(flight, event_id),
        "order": f"2026-11-24T08:00:00.000Z#{event_id}",
        "subject": "departure",
        "flight": {"flight_id": flight, "gate": "A1"},
        "bookings": [{"booking_id": f"BKG-{flight}-0", "passenger_id": f"PAX-{flight}-0"}],
    }


def frees_any_claim(document: dict[str, Any]) -> None:
    each = document["States"]["TellEachBooking"]["ItemProcessor"]["States"]
    arguments = each["ReleaseClaim"]["Arguments"]
    arguments["ConditionExpression"] = "#order = :order"
    del arguments["ExpressionAttributeValues"][":sending"], arguments["ExpressionAttributeValues"][":me"]


def order_after_a_late_release(world: World, flight: str, name: str) -> list[str]:
    """One execution lets go of its claim without hearing so; another one of the same event sends slowly meanwhile."""
    world.faults(
        {"state": "SendMessages", "error": "EventBridge.FailedEntry", "times": 1},
        {"state": "SendMessage", "error": "EventBridge.FailedEntry", "times": 10},
        {"state": "ReleaseClaim", "error": THROTTLED, "after": True, "times": 1},
        {"state": "ReleaseClaim", "delay_seconds": 1.0, "times": 1},
        {"state": "SendMessages", "delay_seconds": 3.0, "times": 1, "about": f"{name}-older"},
    )
    first = world.start(CHUNK, chunk_request(flight, f"{name}-older"))
    until(lambda: telling(world, flight).get("state") == "FAILED")
    second = world.start(CHUNK, chunk_request(flight, f"{name}-older"))
    world.ended(first)
    newer = world.run(DELAY, delay(flight, f"{name}-newer", at="09:00:00"))
    world.ended(second)
    assert newer.output["outcome"] == "DONE"
    return [body["detail"]["event_id"].removeprefix(f"{name}-") for body in world.received(world.inbox_url)]


def test_a_late_release_leaves_the_claim_of_another_execution_alone(world: World) -> None:
    order = order_after_a_late_release(world, world.flight(bookings=1), "p-release")

    assert order == ["older", "older", "newer", "newer"]


def test_without_its_condition_a_late_release_lets_newer_news_overtake(world: World) -> None:
    with world.changed(CHUNK, frees_any_claim):
        order = order_after_a_late_release(world, world.flight(bookings=1), "p-release-off")

    assert order == ["newer", "newer", "older", "older"]


@pytest.mark.parametrize(("state", "machine"), [("NotifyChunk", CHUNK), ("NotifyPassengers", PASSENGERS)])
def test_a_start_whose_answer_was_lost_makes_no_second_execution(world: World, state: str, machine: str) -> None:
    flight = world.flight(bookings=1)
    before = len(world.executions(machine))
    world.faults(
        {"state": state, "error": "StepFunctions.SdkClientException", "after": True, "times": 1},
        {"state": "GetPassengerDetails", "delay_seconds": 1.0},
        *failing("ConfirmTold"),
    )

    ended = world.run(DELAY, delay(flight, f"p-started-{state}"))

    assert len(world.executions(machine)) - before == 1
    assert ended.output["outcome"] == "DONE"
    assert world.messages() == once_each(f"p-started-{state}", flight, bookings=1)


def test_a_duplicate_does_not_take_over_a_failed_event_whose_messages_are_not_noted(world: World) -> None:
    flight = world.flight(bookings=1)
    world.faults(*failing("ConfirmTold", "RecordOutcome"))
    failed = world.run(DELAY, delay(flight, "p-duplicate"))
    world.faults()

    again = world.run(DELAY, delay(flight, "p-duplicate"))

    assert (failed.status, again.output["outcome"]) == ("FAILED", "ALREADY_HANDLED")
    world.redrive()
    assert world.get("EVENT#p-duplicate", "CLAIM")["status"] == "DONE"
    assert world.messages() == once_each("p-duplicate", flight, bookings=1)


def test_a_letter_that_is_refused_does_not_cut_off_siblings(world: World) -> None:
    flight = world.flight(priorities=(3,))
    first = {"about": f"BKG-{flight}-0", **NEVER}
    world.faults(
        *({"state": state, **first} for state in ("SendMessages", "SendMessage", "SetMessagesAside")),
        {"state": "ConfirmTold", "delay_seconds": 1.0},
    )
    world.run(DELAY, delay(flight, "p-siblings"))
    world.faults()

    world.redrive()

    assert world.messages() == once_each("p-siblings", flight)
    assert world.redrive() == []


def test_one_redrive_is_enough_for_an_event_whose_failure_could_not_be_recorded(world: World) -> None:
    flight = world.flight(bookings=1)
    world.faults(*failing("ApplyToFlight", "RecordFailure"))
    world.run(DELAY, delay(flight, "p-unrecorded"))
    world.faults()

    world.redrive()

    assert world.get("EVENT#p-unrecorded", "CLAIM")["status"] == "DONE"
    assert world.messages() == once_each("p-unrecorded", flight, bookings=1)


@pytest.mark.parametrize("letter", [True, False])
def test_a_redriven_cancellation_does_not_call_the_rebooking_system_again(world: World, letter: bool) -> None:
    flight, event_id = world.flight(bookings=1), f"p-rebooking-{letter}"
    world.faults(*failing("RecordOutcome", *(() if letter else ("SendToDeadLetters",))))
    world.run(CANCELLATION, cancelled(flight, event_id))
    world.faults()

    world.redrive()

    sent = [body["detail-type"] for body in world.received(world.inbox_url)]
    assert sent.count("rebooking.needed") == 1
    assert world.get(f"EVENT#{event_id}", "CLAIM")["status"] == "DONE"


def running_chunk(world: World) -> str:
    until(lambda: bool(world.executions(CHUNK, "RUNNING")))
    (arn,) = world.executions(CHUNK, "RUNNING")
    return arn


def test_who_was_told_by_an_execution_that_was_stopped_before_noting_it_is_not_told_again(world: World) -> None:
    flight = world.flight(bookings=1)
    world.faults({"state": "ConfirmTold", "delay_seconds": 5.0, "times": 1})
    event = world.start(DELAY, {"detail": delay(flight, "p-stopped")})
    chunk = running_chunk(world)
    until(lambda: "ConfirmTold" in world.entered_states(chunk))
    world.states.stop_execution(executionArn=chunk)
    world.ended(event)
    assert telling(world, flight)["state"] == "SENDING"

    world.redrive()

    assert telling(world, flight)["state"] == "SENT"
    assert world.messages() == once_each("p-stopped", flight, bookings=1)


def test_who_was_claimed_by_an_execution_that_was_stopped_before_sending_is_told(world: World) -> None:
    flight = world.flight(bookings=1)
    world.faults({"state": "SendMessages", "delay_seconds": 5.0, "times": 1})
    event = world.start(DELAY, {"detail": delay(flight, "p-unsent")})
    chunk = running_chunk(world)
    until(lambda: "SendMessages" in world.entered_states(chunk))
    world.states.stop_execution(executionArn=event)
    world.settle()

    world.redrive()

    assert world.messages() == once_each("p-unsent", flight, bookings=1)
    assert world.get("EVENT#p-unsent", "CLAIM")["status"] == "DONE"


def test_a_redrive_beside_running_work_says_what_it_left_alone(world: World) -> None:
    flight = world.flight(bookings=1)
    request = chunk_request(flight, "p-beside")
    world.faults({"state": "SendMessages", "delay_seconds": 2.0, "times": 1})
    running = world.start(CHUNK, request)
    until(lambda: telling(world, flight).get("state") == "SENDING")
    letter = {"kind": "chunk", "event_id": "p-beside", "flight_id": flight}
    order = {"start_execution": {"stateMachineArn": world.arns[CHUNK], "input": request}}
    world.sqs.send_message(QueueUrl=world.dead_letters_url, MessageBody=json.dumps({**letter, "redrive": order}))

    (left,) = world.redrive()
    world.ended(running)
    (done,) = world.redrive()

    assert left.problem.startswith("left alone: FlightPulse-NotifyChunk")
    assert done.done.startswith("sent again by letter-")
    assert world.messages() == once_each("p-beside", flight, bookings=1)


def test_when_the_bus_takes_one_channel_only_the_other_is_sent_again(world: World) -> None:
    flight = world.flight(bookings=1)
    world.faults({"hop": "entry", "to": "notification.sms", "error": "InternalFailure", "times": 3})

    ended = world.run(DELAY, delay(flight, "p-one-channel"))

    assert (ended.output["told"]["told"], ended.output["told"]["failed"]) == (2, 0)
    assert world.messages() == once_each("p-one-channel", flight, bookings=1)
    assert world.dead_letters() == []


def test_a_redrive_sends_only_the_channel_that_is_not_out(world: World) -> None:
    flight = world.flight(bookings=1)
    world.faults({"hop": "entry", "to": "notification.sms", "error": "InternalFailure"})
    world.run(DELAY, delay(flight, "p-half"))
    counts = world.told("p-half")
    world.faults()

    world.redrive()

    assert (counts["told"], counts["failed"]) == (1, 1)
    assert world.messages() == once_each("p-half", flight, bookings=1)
    assert set(telling(world, flight)) == {"told_departure", "state"}


def test_a_flight_that_was_missing_for_a_moment_takes_its_event_after_all(world: World) -> None:
    flight = world.flight(bookings=1)
    item = world.get(f"FLIGHT#{flight}")
    world.delete(f"FLIGHT#{flight}")
    world.faults({"state": "LookAtFlight", "delay_seconds": 1.5})
    run = world.start(DELAY, {"detail": delay(flight, "p-missing")})
    until(lambda: "LookAtFlight" in world.entered_states(run))
    world.put(item)

    assert world.ended(run).output["outcome"] == "DONE"
    assert world.messages() == once_each("p-missing", flight, bookings=1)


def test_waiting_for_an_older_message_costs_few_history_events(world: World) -> None:
    flight = world.flight(bookings=1)
    now = int(time.time())
    edge = world.get(f"FLIGHT#{flight}", f"BOOKING#BKG-{flight}-0")
    held = {"told_departure": "2026-11-24T07:00:00.000Z#older", "told_departure_state": "SENDING"}
    world.put({**edge, **held, "told_departure_by": "gone", "told_departure_until": now + 12})

    run = world.start(CHUNK, chunk_request(flight, "p-waits"))
    ended = world.ended(run)

    assert ended.output["told"] == 2
    assert world.entered_states(run).count("LetOtherNewsGoFirst") <= 3


def test_a_booking_stays_under_one_write_unit_with_random_ids(world: World) -> None:
    flight = world.flight(bookings=0)
    booking, passenger, event = (str(uuid.uuid4()) for _ in range(3))
    world.booking(flight, 0, priority=3, sms=True)
    edge = world.get(f"FLIGHT#{flight}", f"BOOKING#BKG-{flight}-0")
    world.delete(f"FLIGHT#{flight}", f"BOOKING#BKG-{flight}-0")
    until_now = {"told_gate": f"2026-11-24T07:00:00.000Z#{uuid.uuid4()}", "told_gate_state": "SENT"}
    world.put({**edge, **until_now, "SK": f"BOOKING#{booking}", "booking_id": booking, "passenger_id": passenger})
    request = chunk_request(flight, event)
    request["bookings"] = [{"booking_id": booking, "passenger_id": f"PAX-{flight}-0"}]
    request["event"] = {**cancelled(flight, event)}
    world.faults({"state": "ConfirmTold", **NEVER})

    world.ended(world.start(CHUNK, request))

    item = world.get(f"FLIGHT#{flight}", f"BOOKING#{booking}")
    assert item["told_departure_state"] == "SENDING"
    assert sum(len(name) + len(str(value)) for name, value in item.items()) < 1024


def test_two_channels_cost_three_transitions_two_writes_and_seventeen_history_events(world: World) -> None:
    flight = world.flight(bookings=1)

    world.run(DELAY, delay(flight, "p-cost"))

    history = world.history(world.executions(CHUNK)[0])
    kinds = [event["type"] for event in history]
    booking = history[kinds.index("MapIterationStarted") : kinds.index("MapIterationSucceeded") + 1]
    entered = [event["stateEnteredEventDetails"]["name"] for event in booking if "stateEnteredEventDetails" in event]
    calls = [event["taskScheduledEventDetails"] for event in booking if "taskScheduledEventDetails" in event]
    assert entered == ["ClaimBooking", "SendMessages", "ConfirmTold"]
    assert [f"{call['resourceType']}:{call['resource']}" for call in calls] == [
        "dynamodb:updateItem",
        "events:putEvents",
        "dynamodb:updateItem",
    ]
    assert len(booking) == 17
    assert len(world.messages()) == 2
