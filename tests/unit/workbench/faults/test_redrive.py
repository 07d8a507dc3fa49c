"""Dead letters go back to where they failed, failed executions through their workflow again."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from confluent_kafka import KafkaError, TopicPartition

from flightpulse.stack import names
from flightpulse.workbench.faults import dead_letters, redrive
from flightpulse.workbench.faults.redrive import Redriver, Result
from tests.unit.awskit.relay.relay_fakes import TOPIC, FakeMessage
from tests.unit.workbench.cloud_fakes import FakeStreams, FakeTarget, machine
from tests.unit.workbench.histories import HistoryBuilder

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
EVENT = {"event_type": "FLIGHT_DELAY", "payload": {"flight_id": "SW1234"}}


class Topic:
    """Keeps what was published; ``down`` makes it refuse."""

    def __init__(self) -> None:
        self.records: list[tuple[bytes | None, bytes | None, Mapping[str, str]]] = []
        self.down = False

    def publish(self, key: bytes | None, value: bytes | None, headers: Mapping[str, str]) -> None:
        if self.down:
            raise ConnectionError("no broker")
        self.records.append((key, value, headers))


@pytest.fixture
def target() -> FakeTarget:
    return FakeTarget()


@pytest.fixture
def topic() -> Topic:
    return Topic()


@pytest.fixture
def redriver(target: FakeTarget, topic: Topic) -> Redriver:
    return Redriver(target.session, topic.publish)


def encoded(value: object) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


def record_letter(**changes: Any) -> dict[str, Any]:
    letter: dict[str, Any] = {
        "kind": "kafka_record",
        "reason": {"code": "UNKNOWN_FLIGHT", "message": "flight SW1234 is not known"},
        "source": {"topic": "flight-operations", "partition": 2, "offset": 41},
        "key": base64.b64encode(b"SW1234").decode(),
        "value": encoded(EVENT),
        "truncated": False,
        "correlation_id": "abc",
    }
    return {**letter, **changes}


def waiting(target: FakeTarget, kind: str) -> int:
    return len(target.sqs.queues.get(f"https://sqs/{kind}", {}))


def only(redriver: Redriver) -> Result:
    (result,) = redriver.send_back()
    return result


def test_a_record_goes_back_as_it_was(target: FakeTarget, redriver: Redriver, topic: Topic):
    target.sqs.put("https://sqs/records", record_letter())

    result = only(redriver)

    assert result == Result("records", "record flight-operations-2 offset 41", done="sent to flight-operations again")
    assert topic.records == [(b"SW1234", json.dumps(EVENT).encode(), {"correlation_id": "abc"})]
    assert waiting(target, "records") == 0


def test_a_record_without_a_key_gets_its_flight_as_key(target: FakeTarget, redriver: Redriver, topic: Topic):
    target.sqs.put("https://sqs/records", record_letter(key=None, correlation_id=None))

    only(redriver)

    assert topic.records[0][0] == b"SW1234"
    assert topic.records[0][2] == {}


def test_junk_without_a_key_goes_back_without_one(target: FakeTarget, redriver: Redriver, topic: Topic):
    target.sqs.put("https://sqs/records", record_letter(key=None, value=base64.b64encode(b"\xff").decode()))

    only(redriver)

    assert topic.records[0][:2] == (None, b"\xff")


def test_a_record_that_was_cut_stays_and_says_why(target: FakeTarget, redriver: Redriver):
    target.sqs.put("https://sqs/records", record_letter(truncated=True))

    assert "too large" in only(redriver).problem
    assert waiting(target, "records") == 1
    assert not target.sqs.hidden


def test_without_a_broker_no_letter_is_lost(target: FakeTarget, redriver: Redriver, topic: Topic):
    target.sqs.put("https://sqs/records", record_letter())
    target.sqs.put("https://sqs/records", record_letter())
    topic.down = True

    with pytest.raises(ConnectionError):
        list(redriver.send_back())

    assert waiting(target, "records") == 2
    assert not target.sqs.hidden


def notification_letter(redrive: object, kind: str = "chunk") -> dict[str, Any]:
    return {
        "kind": kind,
        "reason": {"code": "TableTooBusy", "message": "12 keys were still unread"},
        "event_id": "evt-1",
        "flight_id": "SW1234",
        "booking_id": "BKG-0001",
        "execution": "arn:one",
        "redrive": redrive,
    }


CHUNK = {"bookings": [{"booking_id": "BKG-0001", "passenger_id": "PAX-0001"}]}
START_CHUNK = {"start_execution": {"stateMachineArn": machine(names.NOTIFY_CHUNK), "input": CHUNK}}


def test_a_chunk_is_started_with_the_input_it_had(target: FakeTarget, redriver: Redriver):
    target.sqs.put("https://sqs/notifications", notification_letter(START_CHUNK))

    result = only(redriver)

    assert target.stepfunctions.started == [(machine(names.NOTIFY_CHUNK), CHUNK)]
    assert result.done.startswith("sent again by letter-")
    assert result.what == "a group of bookings, SW1234 (evt-1)"
    assert waiting(target, "notifications") == 0


def test_a_letter_stays_until_what_it_started_has_succeeded(target: FakeTarget, topic: Topic):
    target.sqs.put("https://sqs/notifications", notification_letter(START_CHUNK))
    redriver = Redriver(target.session, topic.publish, seconds=0)
    target.stepfunctions.ends = "RUNNING"
    assert "the letter stays until it has succeeded" in only(redriver).done

    assert only(redriver).problem.startswith("left alone: letter-")
    (execution,) = target.stepfunctions.executions.values()
    execution["status"] = target.stepfunctions.ends = "FAILED"
    assert "failed again" in only(redriver).problem
    assert waiting(target, "notifications") == 1
    target.stepfunctions.ends = "SUCCEEDED"

    assert only(redriver).done.endswith("-3")
    assert waiting(target, "notifications") == 0


def test_what_an_earlier_redrive_has_done_is_not_started_again(target: FakeTarget, topic: Topic):
    target.sqs.put("https://sqs/notifications", notification_letter(START_CHUNK))
    redriver = Redriver(target.session, topic.publish, seconds=0)
    target.stepfunctions.ends = "RUNNING"
    only(redriver)
    (execution,) = target.stepfunctions.executions.values()
    execution["status"] = "SUCCEEDED"

    assert only(redriver).done == f"sent again by {execution['name']}"
    assert len(target.stepfunctions.started) == 1


def test_letters_behind_one_that_stays_or_starts_something_go_back_too(target: FakeTarget, redriver: Redriver):
    for letter in (record_letter(truncated=True), record_letter()):
        target.sqs.put("https://sqs/records", letter)
    for _ in range(2):
        target.sqs.put("https://sqs/notifications", notification_letter(START_CHUNK))

    results = list(redriver.send_back())

    assert [(result.kind, bool(result.problem)) for result in results] == [
        ("records", True),
        ("records", False),
        ("notifications", False),
        ("notifications", False),
    ]
    assert (waiting(target, "records"), waiting(target, "notifications")) == (1, 0)


def test_a_note_in_the_table_is_written_again(target: FakeTarget, redriver: Redriver):
    target.sqs.put("https://sqs/notifications", notification_letter({"update_item": {"TableName": "T"}}, "write"))

    assert only(redriver).done == "written"
    assert target.dynamodb.updates == [{"TableName": "T"}]


def test_a_note_that_came_too_late_is_not_needed(target: FakeTarget, redriver: Redriver):
    target.dynamodb.refuses = True
    target.sqs.put("https://sqs/notifications", notification_letter({"update_item": {"TableName": "T"}}, "write"))

    assert only(redriver).done == "not needed any more"
    assert waiting(target, "notifications") == 0


def test_what_says_that_a_message_is_out_is_written_before_anything_is_started_again(
    target: FakeTarget, redriver: Redriver
):
    target.sqs.put("https://sqs/notifications", notification_letter(START_CHUNK))
    target.sqs.put("https://sqs/notifications", notification_letter({"update_item": {"TableName": "T"}}, "write"))

    assert [result.done[:10] for result in redriver.send_back()] == ["written", "sent again"]


def test_redriving_executions_writes_such_notes_first_and_leaves_other_letters(target: FakeTarget, redriver: Redriver):
    target.sqs.put("https://sqs/notifications", notification_letter(START_CHUNK))
    target.sqs.put("https://sqs/notifications", notification_letter({"update_item": {"TableName": "T"}}, "write"))
    arn = failed_execution(target, "one", last="Task")
    claim(target, "IN_PROGRESS", arn)

    assert [result.done[:13] for result in redriver.redrive_executions()] == ["written", "started again"]
    assert waiting(target, "notifications") == 1


def test_a_letter_without_orders_stays(target: FakeTarget, redriver: Redriver):
    target.sqs.put("https://sqs/notifications", notification_letter(None))

    assert only(redriver).problem == "the letter does not say how to send it back"
    assert waiting(target, "notifications") == 1


def rule_letter(target: FakeTarget, arn: str) -> None:
    event = {"id": "e1", "detail-type": "notification.email", "detail": {"text": "hello"}}
    attributes = {"TARGET_ARN": arn, "ERROR_CODE": "THROTTLED", "ERROR_MESSAGE": "slow down", "RETRY_ATTEMPTS": "3"}
    target.sqs.put("https://sqs/targets", event, attributes)


def test_an_event_for_a_log_group_is_written_to_it(target: FakeTarget, redriver: Redriver):
    rule_letter(target, f"arn:aws:logs:us-east-1:000000000000:log-group:{names.EMAIL_LOG}")

    assert only(redriver).done == f"written to {names.EMAIL_LOG}"
    assert json.loads(target.logs.written[0][1])["detail"] == {"text": "hello"}


def test_an_event_for_a_workflow_starts_it(target: FakeTarget, redriver: Redriver):
    rule_letter(target, machine(names.WORKFLOWS["delay"]))

    only(redriver)

    assert target.stepfunctions.started[0][0] == machine(names.WORKFLOWS["delay"])


def test_an_event_for_a_group_that_is_gone_stays(target: FakeTarget, redriver: Redriver):
    rule_letter(target, "arn:aws:logs:us-east-1:000000000000:log-group:/gone")

    assert only(redriver).problem == "the log group /gone does not exist"
    assert waiting(target, "targets") == 1


def change(number: int) -> dict[str, Any]:
    return {
        "eventName": "MODIFY",
        "dynamodb": {"SequenceNumber": str(number), "ApproximateCreationDateTime": NOW, "Keys": {"PK": {"B": b"x"}}},
    }


def stream_letter(first: int, last: int) -> dict[str, Any]:
    return {
        "requestContext": {"functionArn": "arn:fn:FlightPulse-StreamHandler", "condition": "RetryAttemptsExhausted"},
        "DDBStreamBatchInfo": {
            "streamArn": "arn:stream",
            "shardId": "shard-1",
            "startSequenceNumber": str(first),
            "endSequenceNumber": str(last),
            "batchSize": last - first + 1,
        },
    }


def test_table_changes_are_read_from_the_stream_and_handed_over_again(target: FakeTarget, redriver: Redriver):
    target.streams = FakeStreams(change(1), change(2), change(3), change(4))
    target.sqs.put("https://sqs/stream", stream_letter(2, 3))

    assert only(redriver).done == "2 changes handled"
    ((function, event),) = target.functions.invoked
    assert function == "arn:fn:FlightPulse-StreamHandler"
    assert [record["dynamodb"]["SequenceNumber"] for record in event["Records"]] == ["2", "3"]
    assert event["Records"][0]["dynamodb"]["ApproximateCreationDateTime"] == NOW.timestamp()
    assert event["Records"][0]["eventSourceARN"] == "arn:stream"


def test_table_changes_older_than_the_stream_stay_and_say_why(target: FakeTarget, redriver: Redriver):
    target.sqs.put("https://sqs/stream", stream_letter(2, 3))

    assert "no longer holds" in only(redriver).problem


class BatchConsumer:
    """A consumer of a topic with offsets 4 to 8 in each of two partitions, which is slow to begin."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        assert settings["enable.auto.commit"] is False
        self.closed = False
        self._waiting: list[FakeMessage | None] = [None]

    def assign(self, places: list[TopicPartition]) -> None:
        offsets = [(place.partition, offset) for place in places for offset in range(place.offset, 9)]
        self._waiting += [FakeMessage(offset, partition) for partition, offset in offsets]

    def poll(self, _seconds: float) -> FakeMessage | None:
        return self._waiting.pop(0) if self._waiting else FakeMessage(0, error=KafkaError(KafkaError._TRANSPORT))

    def close(self) -> None:
        self.closed = True


def test_the_records_of_a_kafka_batch_are_read_from_the_topic_and_handed_over_again(
    target: FakeTarget, redriver: Redriver, monkeypatch: pytest.MonkeyPatch
):
    consumers: list[BatchConsumer] = []
    made = lambda settings: consumers.append(BatchConsumer(settings)) or consumers[-1]  # noqa: E731
    monkeypatch.setattr(redrive, "Consumer", made)
    places = {
        f"{TOPIC}-0": {"firstRecordOffset": "5", "lastRecordOffset": "6"},
        f"{TOPIC}-1": {"firstRecordOffset": "7", "lastRecordOffset": "7"},
    }
    function = {"functionArn": "arn:fn:FlightPulse-KafkaConsumer"}
    target.sqs.put("https://sqs/mapping", {"requestContext": function, "KafkaBatchInfo": {"recordsInfo": places}})

    assert only(redriver).done == "3 records handled"

    ((name, event),) = target.functions.invoked
    assert name == "arn:fn:FlightPulse-KafkaConsumer"
    handed = {place: [record["offset"] for record in records] for place, records in event["records"].items()}
    assert handed == {f"{TOPIC}-0": [5, 6], f"{TOPIC}-1": [7]}
    assert consumers[0].closed


@pytest.mark.parametrize(
    ("error", "payload", "said"),
    [
        ("Unhandled", {"errorMessage": "still broken"}, "still broken"),
        ("", {"batchItemFailures": [{}]}, "for 1 of them"),
    ],
)
def test_a_function_that_fails_again_keeps_its_letter(
    target: FakeTarget, redriver: Redriver, error: str, payload: object, said: str
):
    target.streams = FakeStreams(change(2))
    target.functions.error, target.functions.payload = error, payload
    target.sqs.put("https://sqs/stream", stream_letter(2, 2))

    assert said in only(redriver).problem
    assert waiting(target, "stream") == 1


def test_looking_leaves_every_letter_where_it_is(target: FakeTarget):
    for _ in range(25):
        target.sqs.put("https://sqs/records", record_letter())

    assert len(dead_letters.look(target.session)) == 25
    assert dead_letters.count(target.session)["records"] == 25
    assert not target.sqs.hidden


def test_letters_that_are_wanted_are_removed_and_the_others_are_given_back(target: FakeTarget):
    for number in range(25):
        target.sqs.put("https://sqs/records", {"number": number})

    removed = dead_letters.remove(target.session, "records", lambda letter: letter.body["number"] != 7)

    assert sorted(letter.body["number"] for letter in removed) == [number for number in range(25) if number != 7]
    assert [letter.body["number"] for letter in dead_letters.look(target.session, ("records",))] == [7]


def test_a_letter_says_what_and_why(target: FakeTarget):
    target.sqs.put("https://sqs/records", record_letter())
    rule_letter(target, machine(names.WORKFLOWS["delay"]))
    target.sqs.put("https://sqs/notifications", "not json at all")

    said = {letter.kind: (letter.what, letter.why) for letter in dead_letters.look(target.session)}

    assert said["records"] == (
        "record flight-operations-2 offset 41",
        "UNKNOWN_FLIGHT: flight SW1234 is not known",
    )
    assert said["targets"] == (
        f"notification.email for stateMachine:{names.WORKFLOWS['delay']}",
        "THROTTLED: slow down (after 3 retries)",
    )
    assert said["notifications"][1] == "no reason given"


def test_a_letter_about_an_event_without_a_flight_says_so(target: FakeTarget):
    letter = {**notification_letter({}, "workflow"), "flight_id": None, "event_id": "evt-7"}
    target.sqs.put("https://sqs/notifications", letter)

    assert [item.what for item in dead_letters.look(target.session)] == ["a whole event, no flight named (evt-7)"]


def failed_execution(
    target: FakeTarget, name: str, *, status: str = "FAILED", last: str = "Fail", event_id: str = "evt-1"
) -> str:
    arn = machine(names.WORKFLOWS["delay"]).replace(":stateMachine:", ":execution:") + f":{name}"
    target.stepfunctions.executions[arn] = {
        "executionArn": arn,
        "name": name,
        "stateMachineArn": machine(names.WORKFLOWS["delay"]),
        "status": status,
        "startDate": NOW,
        "stopDate": NOW,
        "input": json.dumps(
            {"detail-type": "flight.delay.minor", "detail": {"event_id": event_id, "flight_id": "SW1"}}
        ),
    }
    builder = HistoryBuilder()
    builder.add("ExecutionStarted", 0, input="{}")
    builder.entered(last, "TheLast")
    builder.add("ExecutionFailed", error="States.Timeout", cause="too slow")
    target.stepfunctions.histories[arn] = builder.events
    return arn


def claim(target: FakeTarget, status: str, execution: str) -> None:
    target.dynamodb.items["EVENT#evt-1", "CLAIM"] = {"status": {"S": status}, "execution": {"S": execution}}


@pytest.mark.parametrize(("status", "last"), [("FAILED", "Fail"), ("ABORTED", "Task"), ("TIMED_OUT", "Map")])
def test_a_failed_execution_is_followed_by_one_that_names_it(
    target: FakeTarget, redriver: Redriver, status: str, last: str
):
    arn = failed_execution(target, "one", status=status, last=last)
    claim(target, "FAILED" if last == "Fail" else "IN_PROGRESS", arn)

    (result,) = redriver.redrive_executions()

    assert result.done.startswith("started again as redrive-")
    ((started, given),) = target.stepfunctions.started
    assert started == machine(names.WORKFLOWS["delay"])
    assert given["detail"]["event_id"] == "evt-1"
    assert given["redrive"] == {"predecessor": arn, "done": []}


def test_the_rebooking_system_is_not_called_again_by_the_one_that_follows(target: FakeTarget, redriver: Redriver):
    arn = failed_execution(target, "one")
    claim(target, "FAILED", arn)
    builder = HistoryBuilder()
    builder.add("ExecutionStarted", 0, input="{}")
    builder.task("CallRebooking")
    builder.add("ExecutionFailed", error="States.Timeout", cause="too slow")
    target.stepfunctions.histories[arn] = builder.events

    list(redriver.redrive_executions())

    assert target.stepfunctions.started[0][1]["redrive"]["done"] == ["CallRebooking"]


def test_an_execution_that_is_followed_already_is_left_alone(target: FakeTarget, redriver: Redriver):
    claim(target, "FAILED", failed_execution(target, "one"))
    target.stepfunctions.ends = "RUNNING"
    list(redriver.redrive_executions())

    (again,) = redriver.redrive_executions()

    assert again.problem.startswith("left alone: redrive-")
    assert len(target.stepfunctions.started) == 1


def test_many_handled_failures_do_not_hide_the_one_that_nobody_handled(target: FakeTarget, redriver: Redriver):
    lost = failed_execution(target, "lost")
    claim(target, "FAILED", lost)
    for number in range(600):
        handled = failed_execution(target, f"handled-{number}")
        target.stepfunctions.executions[handled]["startDate"] = NOW + timedelta(seconds=number)

    assert [failed.summary.arn for failed in redriver.failed_executions()] == [lost]


@pytest.mark.parametrize("status", ["DONE", "SUPERSEDED", "IN_PROGRESS"])
def test_an_event_that_another_execution_has_is_left_alone(target: FakeTarget, redriver: Redriver, status: str):
    failed_execution(target, "one")
    claim(target, status, "arn:another")

    assert redriver.failed_executions() == []


def test_an_execution_whose_letter_waits_is_left_to_it(target: FakeTarget, redriver: Redriver):
    arn = failed_execution(target, "one")
    claim(target, "FAILED", arn)
    target.sqs.put("https://sqs/notifications", {**notification_letter({}, "workflow"), "execution": arn})

    assert redriver.failed_executions() == []


def test_executions_behind_one_that_has_a_letter_or_is_of_another_event_are_found(target: FakeTarget, topic: Topic):
    lost = failed_execution(target, "lost")
    for name in ("waits", "theirs"):
        newer = failed_execution(target, name, event_id=f"evt-{name}")
        target.stepfunctions.executions[newer]["startDate"] = NOW + timedelta(seconds=1)
        if name == "waits":
            target.sqs.put("https://sqs/notifications", {**notification_letter({}, "workflow"), "execution": newer})

    found = Redriver(target.session, topic.publish, only=["evt-1", "evt-waits"]).failed_executions()

    assert [failed.summary.arn for failed in found] == [lost]


def test_whoever_redrives_some_events_leaves_the_letters_of_others(target: FakeTarget, topic: Topic):
    target.sqs.put("https://sqs/records", record_letter(value=encoded({**EVENT, "event_id": "evt-mine"})))
    target.sqs.put("https://sqs/records", record_letter(value=encoded({**EVENT, "event_id": "evt-theirs"})))
    target.sqs.put("https://sqs/records", record_letter(value=base64.b64encode(b"25 minutes late").decode()))
    target.sqs.put("https://sqs/notifications", {**notification_letter({}), "event_id": "evt-theirs"})

    results = list(Redriver(target.session, topic.publish, only=["evt-mine"]).send_back())

    assert [result.done for result in results] == ["sent to flight-operations again"]
    assert [json.loads(value or b"")["event_id"] for _, value, _ in topic.records] == ["evt-mine"]
    assert (waiting(target, "records"), waiting(target, "notifications")) == (2, 1)
    assert len(dead_letters.look(target.session)) == 3


def test_whoever_redrives_some_events_leaves_the_executions_of_others(target: FakeTarget, topic: Topic):
    failed_execution(target, "failed")

    assert Redriver(target.session, topic.publish, only=["evt-other"]).failed_executions() == []
    assert len(Redriver(target.session, topic.publish, only=["evt-1"]).failed_executions()) == 1


def test_a_letter_names_its_event_and_its_flight_as_far_as_it_can(target: FakeTarget):
    target.sqs.put("https://sqs/records", record_letter(value=encoded({**EVENT, "event_id": "evt-1"}), key=None))
    target.sqs.put("https://sqs/records", record_letter(value=base64.b64encode(b"25 minutes late").decode()))
    target.sqs.put("https://sqs/notifications", {"event_id": "evt-2", "flight_id": "SW5678"})
    target.sqs.put("https://sqs/targets", {"detail": {"event_id": "evt-3", "flight_id": "SW9012"}})
    target.sqs.put("https://sqs/stream", {"DDBStreamBatchInfo": {"batchSize": 2}})

    found = {(letter.kind, letter.event_id, letter.flight_id) for letter in dead_letters.look(target.session)}

    assert found == {
        ("records", "evt-1", "SW1234"),
        ("records", "", "SW1234"),
        ("notifications", "evt-2", "SW5678"),
        ("targets", "evt-3", "SW9012"),
        ("stream", "", ""),
    }
