"""AWS as far as the functions use it, in memory, able to fail in AWS's own words."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from awskit.languages import dynamodb_conditions
from flightpulse import schemas
from flightpulse.adapters.backoff import Backoff
from flightpulse.adapters.dynamodb_json import from_typed

EVENTS = Path(__file__).parents[1] / "events"


def sample(name: str) -> Any:
    """The example of a schema of ours, or one of AWS's events in tests/events."""
    if name in schemas.names():
        return schemas.load(name)["examples"][0]
    return json.loads((EVENTS / f"{name}.json").read_text("utf-8"))


def lambda_context() -> SimpleNamespace:
    return SimpleNamespace(
        function_name="FlightPulse-Test",
        memory_limit_in_mb=512,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:FlightPulse-Test",
        aws_request_id="52fdfc07-2182-454f-963f-5f0f9a621d72",
    )


def patient(naps: list[float] | None = None, attempts: int = 3) -> Backoff:
    """A back-off that notes its waits instead of waiting."""
    return Backoff(attempts=attempts, sleep=(naps if naps is not None else []).append)


def aws_error(code: str, operation: str = "Operation") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": f"{code} from the fake"}}, operation)


class FakeDynamoDB:
    """A table in DynamoDB's typed JSON, with the two key conditions the adapter uses.

    ``calls`` notes each operation. ``page_size`` cuts queries short, as 1 MB of data would. ``unprocessed`` says how
    many requests each BatchWriteItem leaves undone, call by call; ``unread`` the same for the keys of BatchGetItem.
    ``error`` is raised by every operation.
    """

    def __init__(
        self, *, page_size: int | None = None, unprocessed: list[int] | None = None, unread: list[int] | None = None
    ) -> None:
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.page_size = page_size
        self.unprocessed = unprocessed or []
        self.unread = unread or []
        self.error: Exception | None = None

    def put(self, item: Mapping[str, Any]) -> None:
        self.items[item["PK"]["S"], item["SK"]["S"]] = dict(item)

    def get_item(self, **arguments: Any) -> dict[str, Any]:
        self._note("get_item", arguments)
        item = self.items.get((arguments["Key"]["PK"]["S"], arguments["Key"]["SK"]["S"]))
        return {} if item is None else {"Item": item}

    def query(self, **arguments: Any) -> dict[str, Any]:
        self._note("query", arguments)
        names, values = arguments["ExpressionAttributeNames"], arguments["ExpressionAttributeValues"]
        assert arguments["KeyConditionExpression"] in ("#pk = :pk", "#pk = :pk AND begins_with(#sk, :sk)")
        index = arguments.get("IndexName", "")
        assert names["#pk"] == f"{index}PK"
        assert names.get("#sk", f"{index}SK") == f"{index}SK"
        prefix = values.get(":sk", {"S": ""})["S"]
        order = [f"{index}SK", "PK", "SK"] if index else ["SK"]
        key_names = {"PK", "SK", f"{index}PK", f"{index}SK"}
        found = sorted(
            (
                item
                for item in self.items.values()
                if item.get(names["#pk"]) == values[":pk"] and item[f"{index}SK"]["S"].startswith(prefix)
            ),
            key=lambda item: [item[name]["S"] for name in order],
        )
        start = arguments.get("ExclusiveStartKey")
        if start is not None:
            assert set(start) == key_names, "DynamoDB refuses a start key with other attributes"
            after = [start[name]["S"] for name in order]
            found = [item for item in found if [item[name]["S"] for name in order] > after]
        room = min(limit for limit in (arguments.get("Limit"), self.page_size, len(found)) if limit is not None)
        answer: dict[str, Any] = {"Items": [self._projected(item, arguments) for item in found[:room]]}
        # DynamoDB stops at the limit without looking whether anything follows.
        if room and (room < len(found) or room == arguments.get("Limit")):
            answer["LastEvaluatedKey"] = {name: found[room - 1][name] for name in key_names}
        return answer

    def batch_write_item(self, **arguments: Any) -> dict[str, Any]:
        self._note("batch_write_item", arguments)
        ((table, requests),) = arguments["RequestItems"].items()
        assert len(requests) <= 25
        left = self.unprocessed.pop(0) if self.unprocessed else 0
        done = requests[: len(requests) - left]
        for request in done:
            if "PutRequest" in request:
                self.put(request["PutRequest"]["Item"])
            else:
                key = request["DeleteRequest"]["Key"]
                self.items.pop((key["PK"]["S"], key["SK"]["S"]), None)
        undone = requests[len(done) :]
        return {"UnprocessedItems": {table: undone} if undone else {}}

    def batch_get_item(self, **arguments: Any) -> dict[str, Any]:
        self._note("batch_get_item", arguments)
        ((table, wanted),) = arguments["RequestItems"].items()
        assert 1 <= len(wanted["Keys"]) <= 100
        left = self.unread.pop(0) if self.unread else 0
        read, unread = wanted["Keys"][: len(wanted["Keys"]) - left], wanted["Keys"][len(wanted["Keys"]) - left :]
        found = [self.items[place] for key in read if (place := (key["PK"]["S"], key["SK"]["S"])) in self.items]
        answer: dict[str, Any] = {"Responses": {table: [self._projected(item, wanted) for item in found]}}
        return {**answer, "UnprocessedKeys": {table: {**wanted, "Keys": unread}} if unread else {}}

    def operations(self) -> list[str]:
        return [name for name, _ in self.calls]

    def _note(self, name: str, arguments: dict[str, Any]) -> None:
        self.calls.append((name, arguments))
        if self.error is not None:
            raise self.error

    @staticmethod
    def _projected(item: dict[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
        if "ProjectionExpression" not in arguments:
            return item
        names = arguments.get("ExpressionAttributeNames", {})
        wanted = (names.get(name, name) for name in arguments["ProjectionExpression"].split(", "))
        return {name: item[name] for name in wanted if name in item}


class FakeTemplates(FakeDynamoDB):
    """Judges the conditions of the template table as DynamoDB does."""

    def put_item(self, **arguments: Any) -> dict[str, Any]:
        self._note("put_item", arguments)
        item = arguments["Item"]
        there = {
            name: from_typed(value) for name, value in self.items.get((item["PK"]["S"], item["SK"]["S"]), {}).items()
        }
        given = {name: from_typed(value) for name, value in arguments["ExpressionAttributeValues"].items()}
        names = arguments.get("ExpressionAttributeNames", {})
        condition = arguments["ConditionExpression"]
        assert all(name in condition for name in (*names, *given)), "DynamoDB refuses what is not used"
        named = {short: there[name] for short, name in names.items() if name in there}
        if not dynamodb_conditions.compiled(condition)({**there, **named}, given):
            raise aws_error("ConditionalCheckFailedException")
        self.put(item)
        return {}

    def batch_get_item(self, **arguments: Any) -> dict[str, Any]:
        self._note("batch_get_item", arguments)
        ((table, wanted),) = arguments["RequestItems"].items()
        assert len(wanted["Keys"]) <= 100
        left = self.unprocessed.pop(0) if self.unprocessed else 0
        read = wanted["Keys"][: len(wanted["Keys"]) - left]
        found = [self.items[key] for asked in read if (key := (asked["PK"]["S"], asked["SK"]["S"])) in self.items]
        undone = wanted["Keys"][len(read) :]
        return {"Responses": {table: found}, "UnprocessedKeys": {table: {"Keys": undone}} if undone else {}}

    def query(self, **arguments: Any) -> dict[str, Any]:
        self._note("query", arguments)
        segment = arguments["ExpressionAttributeValues"][":segment"]["S"]
        return {"Items": [item for (partition, _), item in self.items.items() if partition == segment]}

    def delete_item(self, **arguments: Any) -> dict[str, Any]:
        self._note("delete_item", arguments)
        gone = self.items.pop((arguments["Key"]["PK"]["S"], arguments["Key"]["SK"]["S"]), None)
        return {} if gone is None else {"Attributes": gone}


class FakeEvents:
    """EventBridge. ``refuse`` is asked for each entry, with the number of the call, and names an error code or not."""

    def __init__(self, refuse: Callable[[int, dict[str, Any]], str | None] = lambda call, entry: None) -> None:
        self.refuse = refuse
        self.calls: list[list[dict[str, Any]]] = []
        self.published: list[dict[str, Any]] = []
        self.errors: dict[int, Exception] = {}

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's spelling
        call = len(self.calls)
        self.calls.append(Entries)
        if call in self.errors:
            raise self.errors[call]
        assert 1 <= len(Entries) <= 10
        results: list[dict[str, str]] = []
        for entry in Entries:
            code = self.refuse(call, entry)
            if code is None:
                self.published.append(entry)
                results.append({"EventId": f"eb-{len(self.published)}"})
            else:
                results.append({"ErrorCode": code, "ErrorMessage": "from the fake"})
        return {"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results}

    def details(self) -> list[dict[str, Any]]:
        return [json.loads(entry["Detail"]) for entry in self.published]


class FakeQueue:
    """SQS. ``refuse`` is asked for each message, with the number of the call, and names an error code or not."""

    def __init__(self, refuse: Callable[[int, str], str | None] = lambda call, body: None) -> None:
        self.refuse = refuse
        self.calls: list[list[dict[str, str]]] = []
        self.bodies: list[str] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        call = len(self.calls)
        self.calls.append(Entries)
        assert 1 <= len(Entries) <= 10
        assert sum(len(entry["MessageBody"].encode()) for entry in Entries) <= 1_048_576
        answer: dict[str, Any] = {"Successful": [], "Failed": []}
        for entry in Entries:
            code = self.refuse(call, entry["MessageBody"])
            if code is None:
                self.bodies.append(entry["MessageBody"])
                answer["Successful"].append({"Id": entry["Id"]})
            else:
                answer["Failed"].append({"Id": entry["Id"], "Code": code, "SenderFault": False})
        return answer

    def letters(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]


class FakeLog:
    """Keeps each line as a dictionary of its level, its message and its fields."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def info(self, msg: object, *, extra: Mapping[str, object]) -> None:
        self.lines.append({"level": "INFO", "message": msg, **extra})

    def warning(self, msg: object, *, extra: Mapping[str, object]) -> None:
        self.lines.append({"level": "WARNING", "message": msg, **extra})

    def error(self, msg: object, *, extra: Mapping[str, object]) -> None:
        self.lines.append({"level": "ERROR", "message": msg, **extra})
