"""Records of the table's stream as Lambda's event source mapping hands them over."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flightpulse.adapters.dynamodb_json import item_from_typed
from flightpulse.use_cases.ports import ItemChange


def changes(invocation: Mapping[str, Any]) -> Iterator[ItemChange]:
    """What was written, in order; a record that cannot be read is given as malformed."""
    records: Sequence[Mapping[str, Any]] = invocation.get("Records", [])
    for record in records:
        sequence_number = str(record["dynamodb"]["SequenceNumber"])
        try:
            yield _change(sequence_number, record)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            yield ItemChange(sequence_number=sequence_number, malformed=f"{type(error).__name__}: {error}")


def _change(sequence_number: str, record: Mapping[str, Any]) -> ItemChange:
    kind, written = record["eventName"], record["dynamodb"]
    return ItemChange(
        sequence_number=sequence_number,
        before=None if kind == "INSERT" else item_from_typed(written["OldImage"]),
        after=None if kind == "REMOVE" else item_from_typed(written["NewImage"]),
        change_id="chg-" + hashlib.sha256(record["eventID"].encode()).hexdigest()[:24],
        changed_at=datetime.fromtimestamp(float(written["ApproximateCreationDateTime"]), UTC),
    )
