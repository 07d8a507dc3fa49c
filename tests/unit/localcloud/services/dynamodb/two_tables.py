"""Two tables of the emulator in this process, with a stream and two indexes each, and the emulator as it was before."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from ministack.core import responses
from ministack.services import dynamodb

from tests.unit.localcloud.services.dynamodb.asked import asked

T = TypeVar("T")

TABLES = ("sorted", "hashed")
_PATCHED = (
    *("_tokenize", "_condition_syntax_error", "_number_size_bytes", "_number_error", "_ddb_canonicalize_number"),
    *("_attribute_value_size", "_item_size_bytes", "_index_write_units", "_check_redundant_parens"),
    *("_check_reserved_keyword_usage", "_parse_projection_path", "_project_item", "_evaluate_condition"),
    *("_apply_update_expression", "_transact_write_items", "copy", "time"),
)


@contextmanager
def emulator_restored() -> Iterator[None]:
    """What is put around the emulator's functions in here is taken away again."""
    before = {name: getattr(dynamodb, name) for name in _PATCHED}
    try:
        with responses.request_scope("000000000000", "us-east-1"):
            yield
    finally:
        for name, function in before.items():
            setattr(dynamodb, name, function)


def with_tables(course: Callable[[], T]) -> T:
    """What comes of a course of calls to the two."""
    for name in TABLES:
        keys = [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}]
        asked(
            dynamodb._create_table,
            TableName=name,
            KeySchema=keys[: 1 + (name == "sorted")],
            AttributeDefinitions=[
                {"AttributeName": key, "AttributeType": "S"}
                for key in ("PK", "SK", "G", "H")
                if key != "SK" or name == "sorted"
            ],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            GlobalSecondaryIndexes=[
                {"IndexName": index, "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}], "Projection": projection}
                for index, key, projection in (
                    ("all", "G", {"ProjectionType": "ALL"}),
                    ("some", "H", {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["b"]}),
                )
            ],
        )
    try:
        return course()
    finally:
        dynamodb._txn_idempotency.clear()
        for name in TABLES:
            asked(dynamodb._delete_table, TableName=name)
