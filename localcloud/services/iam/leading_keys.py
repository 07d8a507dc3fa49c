"""The partition keys that a DynamoDB request names, for policies with a condition on ``dynamodb:LeadingKeys``.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ministack.services import dynamodb

from localcloud.services.dynamodb.requests import parts

_EQUALS = re.compile(r"(?P<name>#?\w+)\s*=\s*(?P<value>:\w+)")


def with_leading_keys(original: Callable[[bytes], dict[str, Any]], body: bytes) -> dict[str, Any]:
    """The condition keys of a request as the emulator finds them, and those it leaves out."""
    found = original(body)
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return found
    keys = list(_leading_keys(request)) if isinstance(request, dict) else []
    return {**found, "dynamodb:LeadingKeys": keys} if keys else found


def _leading_keys(request: Mapping[str, Any]) -> Iterator[str]:
    for table, named in _named(request):
        for item in named:
            value = item.get(_partition_key(table))
            if isinstance(value, Mapping):
                yield from map(str, value.values())
    if "KeyConditionExpression" in request:
        yield from _of_query(request)


def _named(request: Mapping[str, Any]) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """The keys or items of a request, by their table."""
    if "TableName" in request:
        yield request["TableName"], [request[field] for field in ("Key", "Item") if field in request]
    for table, asked in request.get("RequestItems", {}).items():
        if isinstance(asked, Mapping):
            yield table, list(asked.get("Keys", []))
            continue
        writes = [write.get("PutRequest") or write.get("DeleteRequest") or {} for write in asked]
        yield table, [write.get("Item") or write.get("Key") or {} for write in writes]
    for part in parts(request):
        yield part.request.get("TableName", ""), [part.request.get("Item") or part.request.get("Key") or {}]


def _of_query(request: Mapping[str, Any]) -> Iterator[str]:
    names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
    wanted = _partition_key(request["TableName"], request.get("IndexName"))
    for equality in _EQUALS.finditer(request["KeyConditionExpression"]):
        if names.get(equality["name"], equality["name"]) == wanted and equality["value"] in values:
            yield from map(str, values[equality["value"]].values())


def _partition_key(table: str, index: str | None = None) -> str:
    known = dynamodb._tables.get(str(table).rpartition("/")[2]) or {}
    schema = known.get("KeySchema", [])
    for secondary in known.get("GlobalSecondaryIndexes") or []:
        if secondary.get("IndexName") == index:
            schema = secondary["KeySchema"]
    return next((str(key["AttributeName"]) for key in schema if key["KeyType"] == "HASH"), "")
