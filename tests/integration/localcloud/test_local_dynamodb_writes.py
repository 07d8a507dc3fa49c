"""Writes from a state machine are not lost."""

from typing import Any

import pytest

from tests.integration.emulator import Emulator
from tests.integration.localcloud import machines

WRITES = 1000


def count_with_a_map(emulator: Emulator) -> int:
    """Increment one number 1000 times from a Map state, 40 at a time; return what it became."""
    table = emulator.client("dynamodb")
    table.create_table(
        TableName="counters",
        AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    add: dict[str, Any] = {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:updateItem",
        "Parameters": {
            "TableName": "counters",
            "Key": {"PK": {"S": "one"}},
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        },
        "End": True,
    }
    each = {
        "Type": "Map",
        "MaxConcurrency": 40,
        "ItemProcessor": {"StartAt": "Add", "States": {"Add": add}},
        "End": True,
    }
    ended = machines.run(emulator, "counts", {"Each": each}, "Each", list(range(WRITES)))
    assert ended.status == "SUCCEEDED"
    item = table.get_item(TableName="counters", Key={"PK": {"S": "one"}})["Item"]
    return int(item["n"]["N"])


def test_a_thousand_increments_from_a_map_state_all_count():
    with Emulator(behaviours=("dynamodb",)) as emulator:
        assert count_with_a_map(emulator) == WRITES


def test_plain_emulator_still_loses_increments():
    # Which writes meet is a matter of luck, so it gets a few chances to lose one.
    for _ in range(5):
        with Emulator(behaviours=()) as emulator:
            if count_with_a_map(emulator) < WRITES:
                return
    pytest.fail("The emulator lost no write in 5000: the behaviour dynamodb may no longer be needed.")
