"""What DynamoDB tells CloudWatch: capacity of tables and indexes, latency, conditions that failed, throttles."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ministack.core import responses
from ministack.services import cloudwatch, dynamodb

from localcloud.services.dynamodb import metrics, shortcuts
from localcloud.services.dynamodb.metrics import TableMetrics
from localcloud.services.dynamodb.shortcuts import index_write_units, item_size
from tests.unit.localcloud.services.dynamodb.asked import asked

TABLE = "measured"
KEY = {"PK": {"S": "a"}}
PATCHED = (*metrics.OPERATIONS, metrics.TRANSACTION, "_add_consumed_capacity", "_accumulate_write_capacity")


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Iterator[TableMetrics]:
    """A table of the emulator in this process, measured and reported by nobody but the test."""
    for name in PATCHED:
        monkeypatch.setattr(dynamodb, name, getattr(dynamodb, name))
    watching = TableMetrics()
    watching.watch()
    with responses.request_scope("000000000000", "us-east-1"):
        asked(
            dynamodb._create_table,
            TableName=TABLE,
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("PK", "G")],
            BillingMode="PAY_PER_REQUEST",
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "some",
                    "KeySchema": [{"AttributeName": "G", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )
        yield watching
        asked(dynamodb._delete_table, TableName=TABLE)
    for key in [key for key in cloudwatch._metrics if key[0] == "AWS/DynamoDB"]:
        del cloudwatch._metrics[key]


def total(watching: TableMetrics, metric: str, **dimensions: str) -> float:
    watching.report()
    key = ("AWS/DynamoDB", metric, cloudwatch._dims_key({"TableName": TABLE, **dimensions}))
    return float(cloudwatch._calc_stats(cloudwatch._metrics.get(key, [])).get("Sum", 0))


def test_a_write_uses_capacity_of_the_table_and_of_an_index_that_changes(measured: TableMetrics) -> None:
    asked(dynamodb._put_item, TableName=TABLE, Item={**KEY, "G": {"S": "g"}, "text": {"S": "x" * 1500}})

    assert total(measured, "ConsumedWriteCapacityUnits") == 2
    assert total(measured, "ConsumedWriteCapacityUnits", GlobalSecondaryIndexName="some") == 2
    assert total(measured, "ConsumedReadCapacityUnits") == 0


def test_reads_use_half_a_unit_or_a_whole_one(measured: TableMetrics) -> None:
    asked(dynamodb._get_item, TableName=TABLE, Key=KEY)
    asked(dynamodb._get_item, TableName=TABLE, Key=KEY, ConsistentRead=True)

    assert total(measured, "ConsumedReadCapacityUnits") == 1.5


def test_batches_use_capacity_for_each_item(measured: TableMetrics) -> None:
    items = [{"PutRequest": {"Item": {"PK": {"S": name}}}} for name in "abc"]
    asked(dynamodb._batch_write_item, RequestItems={TABLE: items})
    asked(dynamodb._batch_get_item, RequestItems={TABLE: {"Keys": [{"PK": {"S": name}} for name in "abxy"]}})

    assert total(measured, "ConsumedWriteCapacityUnits") == 3
    assert total(measured, "ConsumedReadCapacityUnits") == 2


def test_a_caller_that_did_not_ask_is_not_told_the_capacity(measured: TableMetrics) -> None:
    assert "ConsumedCapacity" not in asked(dynamodb._put_item, TableName=TABLE, Item=KEY)
    told = asked(dynamodb._put_item, TableName=TABLE, Item=KEY, ReturnConsumedCapacity="TOTAL")
    assert told["ConsumedCapacity"] == {"TableName": TABLE, "CapacityUnits": 1.0}


def parts(*names: str, **fields: str) -> list[dict[str, Any]]:
    update = {"TableName": TABLE, "UpdateExpression": "SET G = :g", "ExpressionAttributeValues": {":g": {"S": "g"}}}
    return [{"Update": {**update, "Key": {"PK": {"S": name}}, **fields}} for name in names]


def test_a_transaction_uses_two_units_for_each_item_and_one_for_an_index(measured: TableMetrics) -> None:
    asked(dynamodb._transact_write_items, TransactItems=parts("a", "b", "c"))

    assert total(measured, "ConsumedWriteCapacityUnits") == 6
    assert total(measured, "ConsumedWriteCapacityUnits", GlobalSecondaryIndexName="some") == 3
    assert 0 < total(measured, "SuccessfulRequestLatency", Operation="TransactWriteItems") < 1000


def test_a_transaction_that_is_made_again_with_its_token_reads(measured: TableMetrics) -> None:
    for _ in range(2):
        asked(dynamodb._transact_write_items, TransactItems=parts("a", "b"), ClientRequestToken="once")
    other = {"TransactItems": parts("a", "b"), "ClientRequestToken": "once", "ReturnConsumedCapacity": "TOTAL"}

    assert b"IdempotentParameterMismatchException" in dynamodb._transact_write_items(other)[2]
    assert total(measured, "ConsumedWriteCapacityUnits") == 4
    assert total(measured, "ConsumedReadCapacityUnits") == 4


def test_who_sends_a_transaction_is_told_the_capacity_that_it_asked_for(measured: TableMetrics) -> None:
    units = {"TableName": TABLE, "CapacityUnits": 3.0, "WriteCapacityUnits": 2.0}
    index = {"some": {"CapacityUnits": 1.0, "WriteCapacityUnits": 1.0}}
    transact = dynamodb._transact_write_items

    assert asked(transact, TransactItems=parts("a")) == {}
    assert asked(transact, TransactItems=parts("b"), ReturnConsumedCapacity="NONE") == {}
    told = asked(transact, TransactItems=parts("c"), ReturnConsumedCapacity="TOTAL")
    assert told == {"ConsumedCapacity": [units]}
    told = asked(transact, TransactItems=parts("d"), ReturnConsumedCapacity="INDEXES")
    assert told == {"ConsumedCapacity": [{**units, "GlobalSecondaryIndexes": index}]}
    refused = transact({"TransactItems": parts("e"), "ReturnConsumedCapacity": "ALL"})
    assert b"Member must satisfy enum value set: [INDEXES, TOTAL, NONE]" in refused[2]


def test_reads_of_a_transaction_use_two_units_each(measured: TableMetrics) -> None:
    asked(dynamodb._transact_get_items, TransactItems=[{"Get": {"TableName": TABLE, "Key": KEY}}])

    assert total(measured, "ConsumedReadCapacityUnits") == 2


def test_what_succeeds_has_a_latency_and_what_fails_its_condition_is_counted(measured: TableMetrics) -> None:
    asked(dynamodb._put_item, TableName=TABLE, Item=KEY)
    refused = {"TableName": TABLE, "Item": KEY, "ConditionExpression": "attribute_not_exists(PK)"}
    assert dynamodb._put_item(refused)[0] == 400

    assert 0 < total(measured, "SuccessfulRequestLatency", Operation="PutItem") < 1000
    assert total(measured, "ConditionalCheckFailedRequests") == 1
    assert total(measured, "ConsumedWriteCapacityUnits") == 2


def test_throttles_on_demand_are_counted_by_operation(measured: TableMetrics) -> None:
    measured.throttled("GetItem", {"TableName": TABLE})

    assert total(measured, "ThrottledRequests", Operation="GetItem") == 1


def test_only_throttles_are_throttles(measured: TableMetrics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "METRICS", measured)
    request = {"TableName": TABLE}
    metrics.refused("transactWriteItems", {"TransactItems": parts("a", "b")}, "DynamoDb.ThrottlingException")
    metrics.refused("updateItem", request, "DynamoDB.ProvisionedThroughputExceededException")
    metrics.refused("PutItem", json.dumps(request).encode(), "ThrottlingException")
    metrics.refused("PutItem", json.dumps(request).encode(), "InternalServerError")

    assert total(measured, "ThrottledRequests", Operation="TransactWriteItems") == 1
    assert total(measured, "ThrottledRequests", Operation="UpdateItem") == 1
    assert total(measured, "ThrottledRequests", Operation="PutItem") == 1


@pytest.mark.parametrize("projection", [{"ProjectionType": "ALL"}, {"ProjectionType": "KEYS_ONLY"}])
def test_an_index_is_charged_what_the_emulator_charges(projection: dict[str, str]) -> None:
    table = {"pk_name": "PK", "sk_name": None}
    index = {"KeySchema": [{"AttributeName": "G"}, {"AttributeName": "H"}], "Projection": projection}
    inside = {**KEY, "G": {"S": "g"}, "H": {"S": "h"}}
    items = (None, KEY, inside, {**inside, "text": {"S": "x" * 3000}}, {**inside, "H": {"S": "moved"}})

    for old in items:
        for new in items:
            sizes = [item_size(item) for item in (old, new) if item]
            charged = shortcuts._emulators_index_write_units(table, index, old, new)
            assert index_write_units(table, index, old, new) == charged
            assert index_write_units(table, index, old, new, max(sizes, default=0)) == charged
