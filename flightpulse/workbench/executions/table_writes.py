"""The writes to the table that the calls of a history ask for, whether one by one or several in a transaction."""

from collections.abc import Mapping
from typing import Any

from flightpulse.workbench.executions import history
from flightpulse.workbench.executions.history import Attempt

TRANSACTION = "aws-sdk:dynamodb:transactWriteItems"


def of(attempt: Attempt) -> list[Mapping[str, Any]]:
    """The request of each write that one call is made of: its key or item, and its expressions."""
    if attempt.resource not in {"dynamodb:putItem", "dynamodb:updateItem", TRANSACTION}:
        return []
    arguments = history.parsed(attempt.arguments)
    if not isinstance(arguments, Mapping):
        return [{}]
    if attempt.resource == TRANSACTION:
        return [write for item in arguments["TransactItems"] for write in item.values()]
    return [arguments]
