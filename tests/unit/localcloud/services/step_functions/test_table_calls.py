"""``aws-sdk:dynamodb`` calls: named as the SDK for Java names members and errors."""

from collections.abc import Iterator
from typing import Any

import pytest
from ministack.core import responses
from ministack.services import dynamodb
from ministack.services import stepfunctions as emulator

from localcloud.services import refusals
from localcloud.services.step_functions import table_calls
from localcloud.services.step_functions.failures import StateFailure
from tests.unit.localcloud.services.dynamodb.asked import asked

TABLE = "calls"
KEY = {"PK": {"S": "a"}}
SDK_VALUES = {
    "flag": {"Bool": True},
    "none": {"Nul": True},
    "set": {"Ss": ["a"]},
    "numbers": {"Ns": ["1"]},
    "deep": {"M": {"list": {"L": [{"Bool": False}, {"M": {"Bool": {"S": "a key"}}}]}}},
}


@pytest.fixture(autouse=True)
def table() -> Iterator[None]:
    with responses.request_scope("000000000000", "us-east-1"):
        asked(
            dynamodb._create_table,
            TableName=TABLE,
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield
        asked(dynamodb._delete_table, TableName=TABLE)


def update(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "Update": {
            "TableName": TABLE,
            "Key": {"PK": {"S": name}},
            "UpdateExpression": "SET #n = :n",
            "ExpressionAttributeNames": {"#n": "n"},
            "ExpressionAttributeValues": {":n": {"N": "1"}},
            **fields,
        }
    }


def item(name: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = asked(dynamodb._get_item, TableName=TABLE, Key={"PK": {"S": name}}).get("Item")
    return found


def failure(action: str, arguments: dict[str, Any]) -> tuple[str | None, str]:
    with pytest.raises(StateFailure) as raised:
        table_calls.call(action, arguments)
    message, _, source = str(raised.value.cause).partition(" (Service: DynamoDb, Status Code: 400, Request ID: ")
    assert source.endswith(") (SDK Attempt Count: 1)"), raised.value.cause
    return raised.value.error, message


def test_a_transaction_answers_nothing_unless_asked() -> None:
    assert table_calls.call("transactWriteItems", {"TransactItems": [update("a"), update("b")]}) == {}
    assert [item(name) for name in "ab"] == [{"PK": {"S": name}, "n": {"N": "1"}} for name in "ab"]
    told = table_calls.call("transactWriteItems", {"TransactItems": [update("c")], "ReturnConsumedCapacity": "TOTAL"})
    assert told == {"ConsumedCapacity": [{"TableName": TABLE, "CapacityUnits": 2.0, "WriteCapacityUnits": 2.0}]}


def test_a_cancelled_transaction_tells_of_each_item_by_its_place_and_changes_none() -> None:
    transaction = {"TransactItems": [update("a"), update("b", ConditionExpression="attribute_exists(PK)")]}
    reasons = "specific reasons [None, ConditionalCheckFailed]"

    assert failure("transactWriteItems", transaction) == (
        "DynamoDb.TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for {reasons}",
    )
    assert item("a") is None


def test_errors_that_the_model_of_the_service_does_not_have_are_named_after_the_service() -> None:
    twice = {"TransactItems": [update("a"), update("a")]}
    absent = {"TransactItems": [update("a", TableName="none")]}

    assert failure("transactWriteItems", twice) == (
        "DynamoDb.DynamoDbException",
        "Transaction request cannot include multiple operations on one item",
    )
    assert failure("transactWriteItems", absent)[0] == "DynamoDb.ResourceNotFoundException"
    assert failure("transactWriteItems", {"TransactItems": None}) == (
        "DynamoDb.DynamoDbException",
        "1 validation error detected: Value null at 'transactItems' failed to satisfy constraint: "
        "Member must not be null",
    )
    assert failure("updateItem", {})[1].startswith("2 validation errors detected: Value null at 'tableName'")


def test_values_have_the_names_of_the_sdk_on_both_ways() -> None:
    table_calls.call("putItem", {"TableName": TABLE, "Item": {**KEY, **SDK_VALUES}})

    assert item("a") == {
        **KEY,
        "flag": {"BOOL": True},
        "none": {"NULL": True},
        "set": {"SS": ["a"]},
        "numbers": {"NS": ["1"]},
        "deep": {"M": {"list": {"L": [{"BOOL": False}, {"M": {"Bool": {"S": "a key"}}}]}}},
    }
    read = table_calls.call("batchGetItem", {"RequestItems": {TABLE: {"Keys": [KEY]}}})
    assert read == {"Responses": {TABLE: [{**KEY, **SDK_VALUES}]}, "UnprocessedKeys": {}}


def test_what_a_workflow_holds_is_not_what_the_table_keeps() -> None:
    given = {"TableName": TABLE, "Item": {**KEY, "n": {"N": "1.0"}, "list": {"L": [{"N": "2.0"}]}}}
    table_calls.call("putItem", given)

    assert given["Item"] == {**KEY, "n": {"N": "1.0"}, "list": {"L": [{"N": "2.0"}]}}


@pytest.mark.parametrize("action", ["batchGetItem", "batchWriteItem", "query", "transactWriteItems", "updateItem"])
def test_names_are_changed_as_the_emulator_changes_them_by_the_model(action: str) -> None:
    operation = refusals.model("dynamodb").operation_model(f"{action[:1].upper()}{action[1:]}")
    values = {**SDK_VALUES, "plain": {"S": "x"}, "odd": {"Other": 1}, "none": None, "wrong": "text"}
    part = {"TableName": TABLE, "Key": values, "ExpressionAttributeValues": values, "unknown": {"Bool": 1}}
    arguments = {
        **part,
        "TransactItems": [{"Update": part}, {"Put": {"Item": values}}, "wrong"],
        "RequestItems": {TABLE: {"Keys": [values, 1]}, "more": [{"PutRequest": {"Item": values}}]},
    }
    told = {"Responses": {TABLE: [values_of_the_service()]}, "Items": [values_of_the_service()], "Count": 1}
    given, answered, _ = table_calls._members(action)

    assert given(arguments) == emulator._sdk_json_param_value(arguments, operation.input_shape)
    assert answered(told) == emulator._sdk_json_value(told, operation.output_shape)


def values_of_the_service() -> dict[str, Any]:
    return {
        "b": {"BOOL": True},
        "n": {"NULL": True},
        "s": {"SS": ["x"]},
        "m": {"M": {"NULL": {"L": [{"NS": ["1"]}, {"S": ""}]}}},
    }
