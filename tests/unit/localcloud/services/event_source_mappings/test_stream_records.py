"""A stream keeps what somebody may still read, and not everything else."""

from typing import Any

import pytest
from ministack.services import dynamodb, lambda_svc

from localcloud.services.event_source_mappings import streams

TABLE, ARN = "T", "arn:aws:dynamodb:us-east-1:000000000000:table/T/stream/1"


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A stream of 100 records of which at most 40 are kept; two mappings read it."""
    found = [{"number": number, "dynamodb": {}} for number in range(100)]
    monkeypatch.setattr(streams, "KEPT_RECORDS", 40)
    monkeypatch.setattr(streams, "_ROOM_FOR_RECORDS", 10)
    monkeypatch.setattr(dynamodb, "_stream_records", {TABLE: found})
    monkeypatch.setattr(dynamodb, "_stream_trimmed", {})
    monkeypatch.setattr(lambda_svc, "_esms", {name: {"EventSourceArn": ARN} for name in ("ahead", "behind")})
    return found


@pytest.mark.parametrize(
    ("behind", "first"),
    [(100, 60), (30, 30), (0, 0)],
    ids=["all have read it", "one is behind", "one has read nothing"],
)
def test_only_records_that_every_mapping_has_read_are_forgotten(
    records: list[dict[str, Any]], behind: int, first: int, monkeypatch: pytest.MonkeyPatch
):
    # Given how far the two mappings have come
    monkeypatch.setattr(lambda_svc, "_dynamodb_stream_positions", {"ahead": 100, "behind": behind})

    # When room is made
    streams.make_room(TABLE, ARN)

    # Then the oldest are gone, none that is unread, and positions still mean the same records
    assert records[0]["number"] == first
    assert dynamodb.stream_start_position(TABLE) == first
    assert dynamodb.stream_records_since(TABLE, 99, 10)[0]["number"] == 99
