"""Log events keep their order and their bounds, and a reader gets all of them, page by page."""

import json
from typing import Any

import pytest
from ministack.services import cloudwatch_logs

from localcloud.services.cloudwatch import log_storage


def stream() -> dict[str, Any]:
    return {"events": [], "firstEventTimestamp": None, "lastEventTimestamp": None, "lastIngestionTime": None}


def event(at: int, message: str = "x") -> dict[str, Any]:
    return {"timestamp": at, "message": message, "ingestionTime": at, "eventId": message}


def test_a_late_event_comes_after_those_of_its_own_millisecond():
    # Given a stream with events
    kept = stream()
    log_storage.append(kept, [event(1, "a"), event(3, "c"), event(5, "e")])

    # When one arrives late
    log_storage.append(kept, [event(3, "d")])

    # Then it stands where its time is, behind what was there before
    assert [found["message"] for found in kept["events"]] == ["a", "c", "d", "e"]
    assert (kept["firstEventTimestamp"], kept["lastEventTimestamp"]) == (1, 5)


@pytest.fixture
def group(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A log group with one stream of 25 events, three to a millisecond."""
    kept = stream()
    log_storage.append(kept, [event(number // 3, f"m{number}") for number in range(25)])
    found = {"streams": {"s": kept}}
    monkeypatch.setattr(cloudwatch_logs, "_log_groups", {"g": found})
    monkeypatch.setattr(log_storage, "PAGE_EVENTS", 7)
    return found


def emulator_page(data: dict[str, Any]) -> Any:
    """The emulator's answer: no more than fits, and no token."""
    events = cloudwatch_logs._log_groups["g"]["streams"]["s"]["events"]
    found = [one for one in events if one["timestamp"] >= data.get("startTime", 0)][: data["limit"]]
    return 200, {}, json.dumps({"events": found, "searchedLogStreams": []}).encode()


@pytest.mark.usefixtures("group")
@pytest.mark.parametrize("limit", [None, 2, 7])
def test_all_events_are_found_page_by_page_each_once(limit: int | None):
    # Given more events than an answer holds
    read, request, found = log_storage.in_pages(emulator_page), {"logGroupName": "g"}, []
    if limit:
        request["limit"] = limit

    # When the tokens are followed
    while True:
        answer = json.loads(read(request)[2])
        found += [one["message"] for one in answer["events"]]
        if "nextToken" not in answer:
            break
        request["nextToken"] = answer["nextToken"]

    # Then nothing is missing and nothing comes twice
    assert found == [f"m{number}" for number in range(25)]


def test_a_token_that_is_none_is_refused():
    status, _, body = log_storage.in_pages(emulator_page)({"nextToken": "yesterday"})
    assert status == 400
    assert "nextToken" in body.decode()


def test_a_group_with_too_many_events_forgets_the_oldest(group: dict[str, Any], monkeypatch: pytest.MonkeyPatch):
    # Given a group that is over its bound
    monkeypatch.setattr(log_storage, "KEPT_EVENTS", 20)

    # When room is made
    log_storage.make_room("g")

    # Then a tenth is gone, the oldest
    assert [found["message"] for found in group["streams"]["s"]["events"]][:2] == ["m3", "m4"]


def test_a_moment_has_its_milliseconds():
    assert log_storage.timestamp_text(1796007545075) == "2026-11-30 02:59:05.075"
