"""Requests to DynamoDB: what is refused before an item is looked at, and which changes leave a record in the stream."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from ministack.core import responses
from ministack.services import dynamodb

from localcloud.services.dynamodb import change_records, expressions, shortcuts
from localcloud.services.dynamodb.change_records import OLDEST_SECONDS, SERVICE, expires
from tests.unit.localcloud.services.dynamodb.asked import asked

PATCHED = (
    *("_set_item", "_remove_item", "_execute_statement", "_batch_execute_statement", "_execute_transaction"),
    *expressions.OPERATIONS,
    *("_batch_get_item", "_transact_write_items", "_transact_get_items"),
)
NOW = 1_800_000_000.0


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The emulator's DynamoDB in this process, with our changes, and a table with a stream."""
    for name in PATCHED:
        monkeypatch.setattr(dynamodb, name, getattr(dynamodb, name))
    change_records.install()
    expressions.install()
    name = "changes"
    with responses.request_scope("000000000000", "us-east-1"):
        asked(
            dynamodb._create_table,
            TableName=name,
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("PK", "SK", "G")],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "some",
                    "KeySchema": [{"AttributeName": "G", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"]},
                }
            ],
        )
        yield name
        asked(dynamodb._delete_table, TableName=name)


def refusal(operation: Any, **request: Any) -> str:
    status, _, body = operation(request)
    answer = json.loads(body)
    assert status == 400
    assert answer["__type"].endswith("ValidationException")
    return str(answer["message"])


def key(sort: str = "s") -> dict[str, Any]:
    return {"PK": {"S": "p"}, "SK": {"S": sort}}


def records(table: str) -> list[tuple[str, str]]:
    found = dynamodb._stream_records.get(table) or []
    return [(record["eventName"], record["dynamodb"]["Keys"]["SK"]["S"]) for record in found]


VALUES = {":p": {"S": "p"}}


@pytest.mark.parametrize(
    ("operation", "request_", "said"),
    [
        ("_put_item", {"Item": key(), "ConditionExpression": "a != :p"}, 'Syntax error; token: "!"'),
        ("_delete_item", {"Key": key(), "ConditionExpression": "size(a)"}, "not allowed to be used this way"),
        ("_update_item", {"Key": key(), "UpdateExpression": "SET a = :p, a = :p"}, "Two document paths overlap"),
        ("_update_item", {"Key": key(), "UpdateExpression": "SET a = :p SET b = :p"}, "section can only be used once"),
        (
            "_query",
            {"KeyConditionExpression": "PK = :p", "FilterExpression": "SK = :p"},
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: SK",
        ),
        (
            "_query",
            {"KeyConditionExpression": "G = :p", "IndexName": "some", "FilterExpression": "G = :p"},
            "Primary key attribute: G",
        ),
        (
            "_query",
            {"KeyConditionExpression": "G = :p", "IndexName": "some", "Select": "ALL_ATTRIBUTES"},
            "Select type ALL_ATTRIBUTES is not supported for global secondary index some",
        ),
        ("_query", {"KeyConditionExpression": "PK <> :p"}, "Invalid operator used in KeyConditionExpression: <>"),
        ("_scan", {"FilterExpression": "starts(a, :p)"}, "Invalid function name; function: starts"),
        (
            "_put_item",
            {"Item": key(), "ConditionExpression": "attribute_exists(a)"},
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:p}",
        ),
    ],
)
def test_an_expression_that_dynamodb_refuses_is_refused(
    table: str, operation: str, request_: dict[str, Any], said: str
) -> None:
    given = {"TableName": table, "ExpressionAttributeValues": VALUES, **request_}
    assert said in refusal(getattr(dynamodb, operation), **given)


def test_the_parts_of_a_transaction_are_checked(table: str) -> None:
    put = {"TableName": table, "Item": key(), "ConditionExpression": "a != :p", "ExpressionAttributeValues": VALUES}
    assert "Syntax error" in refusal(dynamodb._transact_write_items, TransactItems=[{"Put": put}])


def test_a_part_of_a_transaction_says_what_it_does(table: str) -> None:
    parts = [{"Put": {"TableName": table, "Item": key()}}, {"Update": {"TableName": table, "Key": key("u")}}]
    absent = "at 'transactItems.2.member.update.updateExpression' failed to satisfy constraint: Member must not be null"
    assert refusal(dynamodb._transact_write_items, TransactItems=parts) == (
        f"1 validation error detected: Value null {absent}"
    )
    refused = refusal(dynamodb._transact_write_items, TransactItems=[{"ConditionCheck": {"TableName": table}}])
    assert refused.startswith("2 validation errors detected: Value null at 'transactItems.1.member.conditionCheck.key'")


def test_no_key_of_a_transaction_is_empty(table: str) -> None:
    key = {"PK": {"S": ""}, "SK": {"S": "s"}}

    for operation, action in ((dynamodb._transact_get_items, "Get"), (dynamodb._transact_write_items, "Delete")):
        refused = refusal(operation, TransactItems=[{action: {"TableName": table, "Key": key}}])
        assert refused.endswith("a key attribute cannot contain an empty string value. Key: PK")


def test_the_projection_of_a_batch_is_checked(table: str) -> None:
    wanted = {table: {"Keys": [key()], "ProjectionExpression": "a, a.b"}}
    assert "Two document paths overlap" in refusal(dynamodb._batch_get_item, RequestItems=wanted)


def test_a_filter_on_what_is_no_key_of_the_index_is_taken(table: str) -> None:
    asked(
        dynamodb._query,
        TableName=table,
        IndexName="some",
        KeyConditionExpression="G = :p",
        FilterExpression="SK = :p",
        ExpressionAttributeValues=VALUES,
    )


def test_changes_by_partiql_leave_records(table: str) -> None:
    where = "WHERE PK='p' AND SK='s'"
    for statement in (
        f"INSERT INTO {table} VALUE {{'PK': 'p', 'SK': 's', 'a': 1}}",
        f"UPDATE {table} SET a=2 {where}",
        f"UPDATE {table} SET a=2 {where}",
        f"SELECT * FROM {table} {where}",
        f"DELETE FROM {table} {where}",
    ):
        asked(dynamodb._execute_statement, Statement=statement)
    assert records(table) == [("INSERT", "s"), ("MODIFY", "s"), ("REMOVE", "s")]


def test_a_transaction_that_is_taken_back_leaves_no_record(table: str) -> None:
    asked(dynamodb._put_item, TableName=table, Item=key("there"))
    insert = "INSERT INTO {} VALUE {{'PK': 'p', 'SK': '{}'}}"
    statements = [{"Statement": insert.format(table, sort)} for sort in ("new", "there")]
    status, _, _ = dynamodb._execute_transaction({"TransactStatements": statements})
    assert status == 400
    assert records(table) == [("INSERT", "there")]


def test_an_expired_item_is_deleted_by_the_service_and_others_stay(table: str) -> None:
    now = int(time.time())
    ttl = {"Enabled": True, "AttributeName": "over"}
    asked(dynamodb._update_ttl, TableName=table, TimeToLiveSpecification=ttl)
    for sort, over in {"due": {"N": str(now - 10)}, "text": {"S": str(now - 10)}}.items():
        asked(dynamodb._put_item, TableName=table, Item={**key(sort), "over": over})
    found = dynamodb._tables.get(table)

    def reap() -> None:
        for sort in ("due", "text"):
            dynamodb._remove_item(found, "p", sort)

    # The emulator's own thread goes through the items once a minute; this one has its name.
    thread = threading.Thread(target=reap, name="dynamodb-ttl-reaper")
    thread.start()
    thread.join()

    assert sorted(found["items"]["p"]) == ["text"]
    last = dynamodb._stream_records[table][-1]
    assert (last["eventName"], last["dynamodb"]["Keys"]["SK"], last["userIdentity"]) == (
        "REMOVE",
        {"S": "due"},
        SERVICE,
    )


@pytest.mark.parametrize(
    ("value", "over"),
    [
        ({"N": str(NOW - 1)}, True),
        ({"N": str(NOW)}, True),
        ({"N": str(NOW + 1)}, False),
        ({"N": str(NOW - OLDEST_SECONDS)}, True),
        ({"N": str(NOW - OLDEST_SECONDS - 1)}, False),
        ({"S": str(NOW - 1)}, False),
        ({"N": "soon"}, False),
        (None, False),
    ],
)
def test_an_item_is_over_by_a_number_of_seconds_of_the_last_five_years(value: Any, over: bool) -> None:
    assert expires(value, NOW) is over


def test_who_looks_for_expired_items_rests_longer_the_longer_that_takes() -> None:
    """The first rest is that of the emulator: how long the look before it took is not known."""

    class Clock:
        now = 0.0
        slept: ClassVar[list[float]] = []

        def monotonic(self) -> float:
            return self.now

        def sleep(self, seconds: float) -> None:
            self.slept.append(seconds)
            self.now += seconds

    clock = Clock()
    rest = shortcuts.Rest(clock)

    def reap() -> None:
        rest(60)
        clock.now += 4
        rest(60)

    thread = threading.Thread(target=reap, name="dynamodb-ttl-reaper")
    thread.start()
    thread.join()
    rest(1)

    assert clock.slept == [60, 200, 1]
