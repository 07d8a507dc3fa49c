"""The table as CONTRACTS has it."""

import pytest

from tests.synthesis import Stack, Synthesise

TABLE = "AWS::DynamoDB::Table"


def test_it_is_one_on_demand_table_with_its_keys(default: Stack) -> None:
    default.template.resource_count_is(TABLE, 1)
    default.template.has_resource_properties(
        TABLE,
        {
            "TableName": "FlightPulseTable",
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [
                {"AttributeName": "PK", "KeyType": "HASH"},
                {"AttributeName": "SK", "KeyType": "RANGE"},
            ],
        },
    )


@pytest.mark.parametrize("index", ["GSI1", "GSI2"])
def test_each_index_has_its_keys_and_all_attributes(default: Stack, index: str) -> None:
    assert {
        "IndexName": index,
        "KeySchema": [
            {"AttributeName": f"{index}PK", "KeyType": "HASH"},
            {"AttributeName": f"{index}SK", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "ALL"},
    } in default.properties(TABLE)["GlobalSecondaryIndexes"]


def test_it_streams_both_images_is_encrypted_restorable_and_forgets(default: Stack) -> None:
    default.template.has_resource_properties(
        TABLE,
        {
            "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
            "SSESpecification": {"SSEEnabled": True},
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
        },
    )


def test_dev_data_goes_with_the_stack_and_production_data_stays(default: Stack, synthesise: Synthesise) -> None:
    (dev,) = default.resources(TABLE).values()
    (production,) = synthesise("production").resources(TABLE).values()
    assert (dev["DeletionPolicy"], production["DeletionPolicy"]) == ("Delete", "RetainExceptOnCreate")
