"""Which partition keys a request names, for policies that look at them."""

import json
from typing import Any

import pytest
from ministack.core import responses
from ministack.services import dynamodb

from localcloud.services.iam.leading_keys import with_leading_keys

TABLE = {"KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}]}


def keys(request: Any) -> dict[str, Any]:
    with responses.request_scope("000000000000", "us-east-1"):
        dynamodb._tables["keyed"] = TABLE
        try:
            return with_leading_keys(lambda _: {}, json.dumps(request).encode())
        finally:
            dynamodb._tables.pop("keyed")


def part(kind: str, field: str, name: str) -> dict[str, Any]:
    return {kind: {"TableName": "keyed", field: {"PK": {"S": name}, "SK": {"S": "x"}}}}


def test_a_transaction_names_the_key_of_each_of_its_parts() -> None:
    parts = [part("Update", "Key", "a"), part("Put", "Item", "b"), part("ConditionCheck", "Key", "c")]
    assert keys({"TransactItems": parts}) == {"dynamodb:LeadingKeys": ["a", "b", "c"]}


@pytest.mark.parametrize("items", [None, "x", [1], [{}], [{"Update": None}], [{"Update": {}}], [{"Put": {"Item": {}}}]])
def test_a_malformed_transaction_names_none(items: Any) -> None:
    assert keys({"TransactItems": items}) == {}
