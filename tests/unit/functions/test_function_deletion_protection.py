"""Deletion protection comes after everything else, and goes when a first deployment is rolled back."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from flightpulse.functions import deletion_protection


class NoSuchTableError(Exception):
    pass


class Tables:
    """DynamoDB as far as it protects a table."""

    exceptions = SimpleNamespace(ResourceNotFoundException=NoSuchTableError)

    def __init__(self, *, there: bool = True) -> None:
        self.there = there
        self.calls: list[bool] = []

    def update_table(self, **asked: Any) -> None:
        if not self.there:
            raise NoSuchTableError(asked["TableName"])
        self.calls.append(asked["DeletionProtectionEnabled"])


def apply(kind: str, enabled: str, old: str | None = None, tables: Tables | None = None) -> list[bool]:
    tables = tables or Tables()
    event: dict[str, Any] = {
        "RequestType": kind,
        "ResourceProperties": {"TableName": "FlightPulseTable", "Enabled": enabled},
    }
    if old is not None:
        event["OldResourceProperties"] = {"TableName": "FlightPulseTable", "Enabled": old}
    deletion_protection.apply(event, cast(Any, tables))
    return tables.calls


@pytest.mark.parametrize(
    ("kind", "enabled", "old", "calls"),
    [
        ("Create", "true", None, [True]),
        ("Create", "false", None, []),
        ("Update", "true", "false", [True]),
        ("Update", "false", "true", [False]),
        ("Update", "true", "true", []),
        ("Delete", "true", None, [False]),
        ("Delete", "false", None, []),
    ],
)
def test_the_table_is_protected_when_the_stack_asks_and_freed_by_a_rollback(
    kind: str, enabled: str, old: str | None, calls: list[bool]
) -> None:
    assert apply(kind, enabled, old) == calls


def test_a_table_that_is_gone_needs_no_freeing() -> None:
    assert apply("Delete", "true", tables=Tables(there=False)) == []


def test_a_table_that_is_not_there_cannot_be_protected() -> None:
    with pytest.raises(NoSuchTableError):
        apply("Create", "true", tables=Tables(there=False))


def test_a_resource_without_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match="TableName is missing"):
        deletion_protection.apply({"RequestType": "Create", "ResourceProperties": {}}, cast(Any, Tables()))
