"""Ways to a broken promise that an exhaustive exploration found, walked on the local cloud: with what closes them, and
with that taken out, where the same way leads to what it prevents.
"""

import json
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

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
from tests.waiting import until

FAILS = "States.TaskFailed"
NEVER = {"error": FAILS}
EACH = "TellInGroups/OneByOne/"
both_ways = pytest.mark.parametrize("protected", [True, False], ids=["protected", "taken-out"])


def failing(*states: str) -> list[dict[str, Any]]:
    return [{"state": state, **NEVER} for state in states]


def telling(world: World, flight: str) -> dict[str, Any]:
    item = world.get(f"FLIGHT#{flight}", f"BOOKING#BKG-{flight}-0")
    return {name.removeprefix("told_departure_"): value for name, value in item.items() if name.startswith("told_")}


def outlive(world: World, flight: str, *bookings: int) -> None:
    """The claims on some of a flight's bookings, or on its first one, come to the end of their time."""
    for number in bookings or (0,):
        edge = world.get(f"FLIGHT#{flight}", f"BOOKING#BKG-{flight}-{number}")
        world.put({**edge, "told_departure_until": int(time.time()) - 1})


def state_of(document: dict[str, Any], path: str) -> dict[str, Any]:
    """A state by its path, such as ``TellInGroups/ClaimBookings``."""
    *outer, name = path.split("/")
    for part in outer:
        document = document["States"][part]["ItemProcessor"]
    found: dict[str, Any] = document["States"][name]
    return found


def reworded(path: str, clause: str, instead: str, *, kept: str = "") -> Callable[[dict[str, Any]], None]:
    """A change of a state's condition, or of a write that it keeps; values that are no longer named are dropped."""

    def change(document: dict[str, Any]) -> None:
        state = state_of(document, path)
        arguments = state["Assign"][kept] if kept else state["Arguments"]
        assert clause in arguments["ConditionExpression"]
        arguments["ConditionExpression"] = arguments["ConditionExpression"].replace(clause, instead)
        used = " ".join(str(value) for name, value in arguments.items() if name.endswith("Expression"))
        values = arguments["ExpressionAttributeValues"]
        arguments["ExpressionAttributeValues"] = {name: value for name, value in values.items() if name in used}

    return change


IN_TIME = reworded("ReadRequest", "OR #by = :me)", "OR #by = :me OR #until < :now)", kept="claim")
"""A claim of the same event may be taken over by time."""


def never(path: str) -> Callable[[dict[str, Any]], None]:
    """A change of a Choice state: its first rule does not apply any more."""
    return lambda document: state_of(document, path)["Choices"][0].update(Condition="{% false %}")


def unless(
    protected: bool, world: World, machine: str, change: Callable[[dict[str, Any]], object]
) -> AbstractContextManager[None]:
    return nullcontext() if protected else world.changed(machine, change)


@both_ways
def test_a_chunk_that_fails_again_after_a_redrive_is_not_forgotten(world: World, protected: bool) -> None:
    flight, name = world.flight(bookings=1), f"p-forgotten-{protected}"
    world.faults({"state": "ComposeMessages", "error": FAILS, "times": 14})
    world.run(DELAY, delay(flight, name))

    if protected:
        (again,) = world.redrive()
        assert "failed again" in again.problem
    else:
        # The letter goes as soon as something was started from it.
        (letter,) = world.dead_letters()
        world.ended(world.start(CHUNK, letter["redrive"]["start_execution"]["input"]))
    world.redrive()

    assert world.redrive() == []
    assert world.messages() == (once_each(name, flight, bookings=1) if protected else {})


def chunk_request(flight: str, event_id: str) -> dict[str, Any]:
    return {
        "event": delay(flight, event_id),
        "order": f"2026-11-24T08:00:00.000Z#{event_id}",
        "subject": "departure",
        "flight": {"flight_id": flight, "gate": "A1"},
        "bookings": [{"booking_id": f"BKG-{flight}-0", "passenger_id": f"PAX-{flight}-0"}],
    }


def order_after_a_late_release(world: World, flight: str, name: str) -> list[str]:
    """One execution lets go of its claim without hearing so; another one of the same event sends slowly meanwhile."""
    world.faults(
        {"state": "SendMessages", "error": "EventBridge.FailedEntry", "times": 1},
        {"state": "SendMessage", "error": "EventBridge.FailedEntry", "times": 10},
        {"state": "ReleaseClaim", "error": THROTTLED, "after": True, "times": 1},
        {"state": "ReleaseClaim", "delay_seconds": 600.0, "times": 1},
        {"state": "SendMessage", "delay_seconds": 600.0, "times": 2, "about": f"{name}-older"},
    )
    first = world.start(CHUNK, chunk_request(flight, f"{name}-older"))
    until(lambda: telling(world, flight).get("state") == "FAILED")
    second = world.start(CHUNK, chunk_request(flight, f"{name}-older"))
    until(lambda: "SendMessage" in world.entered_states(second))
    world.let_go("ReleaseClaim")
    world.ended(first)
    newer = world.start(DELAY, {"detail": delay(flight, f"{name}-newer", at="09:00:00")})
    world.await_end_or("LetOtherNewsGoFirst", newer)
    world.let_go("SendMessage")
    world.ended(second)
    assert world.ended(newer).output["outcome"] == "DONE"
    return order_told(world, name)


def order_told(world: World, name: str) -> list[str]:
    """In which order messages about an older and a newer event went out."""
    return [body["detail"]["event_id"].removeprefix(f"{name}-") for body in world.received(world.inbox_url)]


@both_ways
def test_a_late_release_leaves_the_claim_of_another_execution_alone(world: World, protected: bool) -> None:
    own = reworded(f"{EACH}ReleaseClaim", " AND #state = :sending AND #by = :me", "")

    with unless(protected, world, CHUNK, own):
        order = order_after_a_late_release(world, world.flight(bookings=1), f"p-release-{protected}")

    assert order == (["older"] * 2 + ["newer"] * 2 if protected else ["newer"] * 2 + ["older"] * 2)


@both_ways
def test_a_late_confirmation_leaves_the_claim_of_another_execution_alone(world: World, protected: bool) -> None:
    """Here a claim of the same event may be taken over by time: else no other execution gets so far."""
    flight, name = world.flight(bookings=1), f"p-confirm-{protected}"
    own = reworded("ReadRequest", " AND (#by = :me OR #state <> :sending)", "", kept="confirm")
    world.faults({"state": "ConfirmBookings", "delay_seconds": 600.0, "times": 1})
    with world.changed(CHUNK, IN_TIME), unless(protected, world, CHUNK, own):
        first = world.start(CHUNK, chunk_request(flight, f"{name}-older"))
        until(lambda: world.has_struck("ConfirmBookings"))
        outlive(world, flight)
        world.faults({"state": "SendMessages", "delay_seconds": 600.0, "times": 1})
        second = world.start(CHUNK, chunk_request(flight, f"{name}-older"))
        until(lambda: world.has_struck("SendMessages"))
        world.let_go("ConfirmBookings")
        world.ended(first)
        newer = world.start(DELAY, {"detail": delay(flight, f"{name}-newer", at="09:00:00")})
        world.await_end_or("LetOtherNewsGoFirst", newer)
        world.let_go("SendMessages")
        world.ended(second)
        world.ended(newer)

    older, newer = ["older"] * 2, ["newer"] * 2
    assert order_told(world, name) == (older + older + newer if protected else older + newer + older)


def unnamed(path: str) -> Callable[[dict[str, Any]], None]:
    return lambda document: state_of(document, path)["Arguments"].pop("Name")


@both_ways
@pytest.mark.parametrize(
    ("path", "starter", "machine"),
    [("InOrderOfTier/InChunks/NotifyChunk", PASSENGERS, CHUNK), ("NotifyPassengers", DELAY, PASSENGERS)],
)
def test_a_start_whose_answer_was_lost_makes_no_second_execution(
    world: World, path: str, starter: str, machine: str, protected: bool
) -> None:
    flight, state = world.flight(bookings=1), path.rpartition("/")[2]
    before, name = len(world.executions(machine)), f"p-started-{state}-{protected}"
    world.faults(
        {"state": state, "error": "StepFunctions.SdkClientException", "after": True, "times": 1},
        {"state": "GetPassengerDetails", "delay_seconds": 1.0},
        *(failing("ConfirmBookings", "ConfirmTold") if protected else ()),
    )

    with unless(protected, world, starter, unnamed(path)):
        world.run(DELAY, delay(flight, name))

    # The second execution finds the messages claimed, so that nobody is told twice all the same.
    assert len(world.executions(machine)) - before == (1 if protected else 2)
    assert world.messages() == once_each(name, flight, bookings=1)
    world.faults()
    world.redrive()


@both_ways
def test_a_duplicate_does_not_take_over_a_failed_event_whose_messages_are_not_noted(
    world: World, protected: bool
) -> None:
    flight, name = world.flight(bookings=1), f"p-duplicate-{protected}"
    follows = reworded(
        "ClaimEvent", "(#execution = :predecessor AND #status IN (:in_progress, :failed))", "#status = :failed"
    )
    world.faults(*failing("ConfirmBookings", "ConfirmTold", "RecordOutcome"))
    failed = world.run(DELAY, delay(flight, name))
    world.faults()
    outlive(world, flight)

    with unless(protected, world, DELAY, follows):
        again = world.run(DELAY, delay(flight, name))

    # Without it the copy does all of it again; only the claims of the bookings keep it from telling them twice.
    assert failed.error == FAILS
    assert again.output.get("outcome", again.error) == ("ALREADY_HANDLED" if protected else "PassengersNotTold")
    world.redrive()
    assert world.get(f"EVENT#{name}", "CLAIM")["status"] == "DONE"
    assert world.messages() == once_each(name, flight, bookings=1)


@both_ways
def test_a_letter_that_is_refused_does_not_cut_off_siblings(world: World, protected: bool) -> None:
    flight, name = world.flight(priorities=(3,)), f"p-siblings-{protected}"
    first = {"about": f"BKG-{flight}-0", **NEVER}
    world.faults(
        *({"state": state, **first} for state in ("SendMessages", "SendMessage", "SetMessagesAside")),
        {"state": "ConfirmTold", "delay_seconds": 600.0},
    )

    def uncaught(document: dict[str, Any]) -> None:
        state_of(document, f"{EACH}SetMessagesAside")["Catch"][0]["ErrorEquals"] = ["Nothing"]

    with unless(protected, world, CHUNK, uncaught):
        event = world.start(DELAY, {"detail": delay(flight, name)})
        world.await_end_or("NotSetAside", event)
        world.let_go("ConfirmTold")
        world.ended(event)
    world.faults()

    sibling = world.get(f"FLIGHT#{flight}", f"BOOKING#BKG-{flight}-1")
    assert sibling["told_departure_state"] == ("SENT" if protected else "SENDING")
    world.redrive()
    assert world.messages() == once_each(name, flight)
    assert world.redrive() == []


@both_ways
def test_one_redrive_is_enough_for_an_event_whose_failure_could_not_be_recorded(world: World, protected: bool) -> None:
    flight, name = world.flight(bookings=1), f"p-unrecorded-{protected}"
    world.faults(*failing("ApplyToFlight", "RecordFailure"))
    world.run(DELAY, delay(flight, name))
    world.faults()

    with unless(
        protected, world, DELAY, reworded("ClaimEvent", "#status IN (:in_progress, :failed)", "#status = :failed")
    ):
        world.redrive()

    assert world.get(f"EVENT#{name}", "CLAIM")["status"] == ("DONE" if protected else "IN_PROGRESS")
    assert world.messages() == (once_each(name, flight, bookings=1) if protected else {})
    world.redrive()
    assert world.get(f"EVENT#{name}", "CLAIM")["status"] == "DONE"
    world.messages()


@pytest.mark.parametrize(
    ("letter", "protected"), [(True, True), (True, False), (False, True)], ids=["letter", "letter-taken-out", "list"]
)
def test_a_redriven_cancellation_does_not_call_the_rebooking_system_again(
    world: World, letter: bool, protected: bool
) -> None:
    flight, event_id = world.flight(bookings=1), f"p-rebooking-{letter}-{protected}"
    world.faults(*failing("RecordOutcome", *(() if letter else ("SendToDeadLetters",))))
    world.run(CANCELLATION, cancelled(flight, event_id))
    world.faults()

    with unless(protected, world, CANCELLATION, never("IsRebookingCalled")):
        world.redrive()

    sent = [body["detail-type"] for body in world.received(world.inbox_url)]
    assert sent.count("rebooking.needed") == (1 if protected else 2)
    assert world.get(f"EVENT#{event_id}", "CLAIM")["status"] == "DONE"


def running_chunk(world: World) -> str:
    until(lambda: bool(world.executions(CHUNK, "RUNNING")))
    (arn,) = world.executions(CHUNK, "RUNNING")
    return arn


@both_ways
def test_who_was_told_by_an_execution_that_was_stopped_before_noting_it_is_not_told_again(
    world: World, protected: bool
) -> None:
    flight, name = world.flight(bookings=1), f"p-stopped-{protected}"
    world.faults({"state": "ConfirmBookings", "delay_seconds": 600.0, "times": 1})
    event = world.start(DELAY, {"detail": delay(flight, name)})
    chunk = running_chunk(world)
    until(lambda: "ConfirmBookings" in world.entered_states(chunk))
    world.states.stop_execution(executionArn=chunk)
    world.ended(event)
    assert telling(world, flight)["state"] == "SENDING"

    if protected:
        world.redrive()
    else:
        # Time decides, and nobody reads the history of the execution that the claim names.
        outlive(world, flight)
        (letter,) = world.dead_letters()
        with world.changed(CHUNK, IN_TIME):
            world.ended(world.start(CHUNK, letter["redrive"]["start_execution"]["input"]))

    times = 1 if protected else 2
    assert telling(world, flight)["state"] == "SENT"
    assert world.messages() == dict.fromkeys(once_each(name, flight, bookings=1), times)


def test_who_was_claimed_by_an_execution_that_was_stopped_before_sending_is_told(world: World) -> None:
    flight = world.flight(bookings=1)
    world.faults({"state": "SendMessages", "delay_seconds": 600.0, "times": 1})
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
    world.faults({"state": "SendMessages", "delay_seconds": 600.0, "times": 1})
    running = world.start(CHUNK, request)
    until(lambda: telling(world, flight).get("state") == "SENDING")
    letter = {"kind": "chunk", "event_id": "p-beside", "flight_id": flight}
    order = {"start_execution": {"stateMachineArn": world.arns[CHUNK], "input": request}}
    world.sqs.send_message(QueueUrl=world.dead_letters_url, MessageBody=json.dumps({**letter, "redrive": order}))

    (left,) = world.redrive(settle=False)
    world.let_go("SendMessages")
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


def all_due(document: dict[str, Any]) -> None:
    unsent = "{% $unsent %}"
    state_of(document, f"{EACH}ClaimBooking")["Assign"].update(due=unsent, unsent=unsent)


def claimed_at_first(document: dict[str, Any]) -> None:
    """A group may be claimed of which something is out."""
    document["States"]["ComposeMessages"]["Assign"]["first_claim"] = "{% $claim %}"


@pytest.mark.parametrize("taken_out", [None, all_due, claimed_at_first], ids=["protected", "all-due", "nothing-out"])
def test_a_redrive_sends_only_the_channel_that_is_not_out(
    world: World, taken_out: Callable[[dict[str, Any]], None] | None
) -> None:
    flight, name = world.flight(bookings=1), f"p-half-{taken_out}"
    world.faults({"hop": "entry", "to": "notification.sms", "error": "InternalFailure"})
    world.run(DELAY, delay(flight, name))
    counts = world.told(name)
    world.faults()

    with world.changed(CHUNK, taken_out) if taken_out else nullcontext():
        world.redrive()

    told = once_each(name, flight, bookings=1)
    assert (counts["told"], counts["failed"]) == (1, 1)
    assert world.messages() == ({**told, (name, f"BKG-{flight}-0", "email"): 2} if taken_out else told)
    assert set(telling(world, flight)) == {"told_departure", "state"}


def two_bookings(flight: str, event_id: str) -> dict[str, Any]:
    request = chunk_request(flight, event_id)
    second = {"booking_id": f"BKG-{flight}-1", "passenger_id": f"PAX-{flight}-1"}
    return {**request, "bookings": [*request["bookings"], second]}


@both_ways
def test_a_booking_whose_turn_comes_after_the_time_of_its_group_is_claimed_again(world: World, protected: bool) -> None:
    """Step Functions may begin an iteration of a Map only when another one is over."""
    flight, name = world.flight(bookings=2, priorities=(3,)), f"p-turn-{protected}"
    world.faults(
        {"state": "SendMessages", "error": "EventBridge.FailedEntry", "times": 1},
        {"state": "ConfirmTold", "delay_seconds": 600.0, "times": 1},
    )

    def one_at_a_time(document: dict[str, Any]) -> None:
        document["States"]["TellInGroups"]["ItemProcessor"]["States"]["OneByOne"]["MaxConcurrency"] = 1

    def sent_at_once(document: dict[str, Any]) -> None:
        state_of(document, f"{EACH}WhereItStands")["Default"] = "SendOneByOne"

    with world.changed(CHUNK, one_at_a_time), unless(protected, world, CHUNK, sent_at_once):
        older = world.start(CHUNK, two_bookings(flight, f"{name}-older"))
        until(lambda: world.has_struck("ConfirmTold"))
    outlive(world, flight, 0, 1)
    world.ended(world.start(DELAY, {"detail": delay(flight, f"{name}-newer", at="09:00:00")}))
    world.let_go("ConfirmTold")
    world.ended(older)

    late = [] if protected else ["older"] * 2
    assert order_told(world, name) == ["older"] * 2 + ["newer"] * 4 + late


@pytest.mark.parametrize("times", [1, None], ids=["once", "for-good"])
def test_claims_of_a_group_whose_answer_was_lost_are_its_own(world: World, times: int | None) -> None:
    flight, name = world.flight(bookings=2, priorities=(3,)), f"p-answer-{times}"
    world.faults({"state": "ClaimBookings", "error": THROTTLED, "after": True, "times": times})

    ended = world.ended(world.start(CHUNK, two_bookings(flight, name)))

    assert ("OneByOne" in world.entered_states(ended.arn)) == (times is None)
    assert (ended.output["told"], ended.output["failed"]) == (4, 0)
    assert world.messages() == once_each(name, flight, bookings=2)


def test_confirmations_of_a_group_whose_answer_was_lost_are_written_again(world: World) -> None:
    flight, name = world.flight(priorities=(3,)), "p-noted"
    world.faults({"state": "ConfirmBookings", "error": THROTTLED, "after": True})

    ended = world.run(DELAY, delay(flight, name))

    assert (ended.output["told"]["told"], ended.output["told"]["failed"]) == (5, 0)
    assert set(telling(world, flight)) == {"told_departure", "state"}
    assert world.dead_letters() == []
    assert world.messages() == once_each(name, flight)


def test_a_booking_that_was_told_before_does_not_hold_up_its_group(world: World) -> None:
    flight, name = world.flight(bookings=2, priorities=(3,)), "p-before"
    world.ended(world.start(CHUNK, chunk_request(flight, name)))

    ended = world.ended(world.start(CHUNK, two_bookings(flight, name)))

    assert (ended.output["told"], ended.output["already_told"]) == (2, 2)
    assert world.messages() == once_each(name, flight, bookings=2)


def test_two_executions_of_a_chunk_tell_everybody_once(world: World) -> None:
    flight, name = world.flight(bookings=2, priorities=(3,)), "p-twice"
    world.faults({"state": "SendMessages", "delay_seconds": 600.0, "times": 1})
    first = world.start(CHUNK, two_bookings(flight, name))
    until(lambda: world.has_struck("SendMessages"))
    second = world.start(CHUNK, two_bookings(flight, name))
    world.await_end_or("LetOtherNewsGoFirst", second)
    world.let_go("SendMessages")

    ended = [world.ended(arn).output for arn in (first, second)]

    assert [(counts["told"], counts["already_told"]) for counts in ended] == [(4, 0), (0, 4)]
    assert world.messages() == once_each(name, flight, bookings=2)


def test_of_a_group_only_the_message_waits_that_the_bus_refused(world: World) -> None:
    flight, name = world.flight(priorities=(3,)), "p-one-entry"
    refused = (name, f"BKG-{flight}-1", "sms")
    world.faults({"hop": "entry", "to": "notification.sms", "about": refused[1], "error": "InternalFailure"})

    world.run(DELAY, delay(flight, name))

    counts, told = world.told(name), once_each(name, flight)
    assert (counts["told"], counts["failed"]) == (4, 1)
    assert world.messages() == {message: 1 for message in told if message != refused}
    world.faults()
    world.redrive()
    assert world.messages() == {refused: 1}


def test_one_booking_of_a_group_that_newer_news_has_taken_over_does_not_keep_the_others_open(world: World) -> None:
    flight, name = world.flight(bookings=2, priorities=(3,)), "p-one-over"
    world.faults({"state": "ConfirmBookings", "delay_seconds": 600.0, "times": 1})
    older = world.start(CHUNK, two_bookings(flight, f"{name}-older"))
    until(lambda: world.has_struck("ConfirmBookings"))
    outlive(world, flight, 0)
    newer = world.start(DELAY, {"detail": delay(flight, f"{name}-newer", at="09:00:00")})
    world.await_end_or("LetOtherNewsGoFirst", newer)

    world.let_go("ConfirmBookings")
    ended = [world.ended(arn) for arn in (older, newer)]

    assert ended[0].output["told"] == 4
    assert ended[1].output["outcome"] == "DONE"
    assert order_told(world, name) == ["older"] * 4 + ["newer"] * 4
    assert world.dead_letters() == []


def test_a_booking_that_is_cancelled_while_its_group_is_told_stays_away(world: World) -> None:
    flight, name = world.flight(bookings=2, priorities=(3,)), "p-one-gone"
    world.faults({"state": "ConfirmBookings", "delay_seconds": 600.0, "times": 1})
    chunk = world.start(CHUNK, two_bookings(flight, name))
    until(lambda: world.has_struck("ConfirmBookings"))
    world.delete(f"FLIGHT#{flight}", f"BOOKING#BKG-{flight}-0")

    world.let_go("ConfirmBookings")
    ended = world.ended(chunk)

    other = world.get(f"FLIGHT#{flight}", f"BOOKING#BKG-{flight}-1")
    assert (ended.output["told"], other["told_departure_state"]) == (4, "SENT")
    assert world.get(f"FLIGHT#{flight}", f"BOOKING#BKG-{flight}-0") == {}
    assert world.dead_letters() == []


@both_ways
def test_an_execution_that_leaves_somebody_untold_does_not_succeed(world: World, protected: bool) -> None:
    flight, name = world.flight(bookings=1), f"p-untold-{protected}"
    world.faults(*failing("SendMessages", "SendMessage"))
    with unless(protected, world, DELAY, never("IsAnybodyUntold")):
        ended = world.run(DELAY, delay(flight, name))
    world.faults()

    world.redrive()

    assert (ended.status, ended.error) == (("FAILED", "PassengersNotTold") if protected else ("SUCCEEDED", None))
    assert world.messages() == once_each(name, flight, bookings=1)
    assert world.redrive() == []


@both_ways
def test_a_flight_that_was_missing_for_a_moment_takes_its_event_after_all(world: World, protected: bool) -> None:
    flight, name = world.flight(bookings=1), f"p-missing-{protected}"
    item = world.get(f"FLIGHT#{flight}")
    world.delete(f"FLIGHT#{flight}")
    world.faults({"state": "LookAtFlight", "delay_seconds": 600.0, "times": 1})

    def not_compared(document: dict[str, Any]) -> None:
        state_of(document, "WhyRefused")["Choices"] = [{"Condition": "{% $known %}", "Next": "RecordSuperseded"}]

    with unless(protected, world, DELAY, not_compared):
        run = world.start(DELAY, {"detail": delay(flight, name)})
        until(lambda: world.has_struck("LookAtFlight"))
        world.put(item)
        world.let_go("LookAtFlight")
        ended = world.ended(run)

    assert ended.output["outcome"] == ("DONE" if protected else "SUPERSEDED")
    assert world.messages() == (once_each(name, flight, bookings=1) if protected else {})


def test_waiting_for_an_older_message_costs_few_history_events(world: World) -> None:
    flight = world.flight(bookings=1)
    now = int(time.time())
    edge = world.get(f"FLIGHT#{flight}", f"BOOKING#BKG-{flight}-0")
    held = {"told_departure": "2026-11-24T07:00:00.000Z#older", "told_departure_state": "SENDING"}
    world.put({**edge, **held, "told_departure_by": "gone", "told_departure_until": now + 4})

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
    world.faults(*failing("ConfirmBookings", "ConfirmTold"))

    world.ended(world.start(CHUNK, request))

    item = world.get(f"FLIGHT#{flight}", f"BOOKING#{booking}")
    assert item["told_departure_state"] == "SENDING"
    assert size(item) < 1024


def size(item: dict[str, Any]) -> int:
    """Bytes of an item of texts and numbers as DynamoDB counts them, or a few more."""
    return sum(len(name.encode()) + len(str(value).encode()) for name, value in item.items())


def test_the_claim_of_an_event_stays_under_one_write_unit_with_random_ids(world: World) -> None:
    flight, event_id = world.flight(bookings=1), str(uuid.uuid4())
    world.faults(*failing("RecordOutcome"))
    world.run(CANCELLATION, {**cancelled(flight, event_id), "correlation_id": str(uuid.uuid4())})
    failed = world.get(f"EVENT#{event_id}", "CLAIM")
    world.faults()
    world.redrive()

    done = world.get(f"EVENT#{event_id}", "CLAIM")

    assert (failed["status"], done["status"]) == ("FAILED", "DONE")
    assert max(size(failed), size(done)) < 1024
    world.messages()


def test_a_group_costs_three_transitions_three_calls_and_seventeen_history_events(world: World) -> None:
    flight = world.flight(bookings=5, priorities=(3,))

    world.run(DELAY, delay(flight, "p-cost"))

    history = world.history(world.executions(CHUNK)[0])
    kinds = [event["type"] for event in history]
    group = history[kinds.index("MapIterationStarted") : kinds.index("MapIterationSucceeded") + 1]
    entered = [event["stateEnteredEventDetails"]["name"] for event in group if "stateEnteredEventDetails" in event]
    calls = [event["taskScheduledEventDetails"] for event in group if "taskScheduledEventDetails" in event]
    assert entered == ["ClaimBookings", "SendMessages", "ConfirmBookings"]
    assert [f"{call['resourceType']}:{call['resource']}" for call in calls] == [
        "aws-sdk:dynamodb:transactWriteItems",
        "events:putEvents",
        "aws-sdk:dynamodb:transactWriteItems",
    ]
    assert len(group) == 17
    assert world.messages() == once_each("p-cost", flight, bookings=5)


def test_what_was_out_before_an_execution_that_was_stopped_is_still_known_after_it(world: World) -> None:
    flight, name = world.flight(bookings=1), "p-still-out"
    world.faults({"hop": "entry", "to": "notification.sms", "error": "InternalFailure"})
    world.run(DELAY, delay(flight, name))
    world.faults({"state": "SendMessage", "delay_seconds": 600.0, "times": 1})
    world.redrive(settle=False)
    chunk = running_chunk(world)
    until(lambda: world.has_struck("SendMessage"))
    world.states.stop_execution(executionArn=chunk)
    world.settle()

    world.redrive()

    assert world.messages() == once_each(name, flight, bookings=1)
