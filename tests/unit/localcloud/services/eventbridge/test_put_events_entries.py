"""What PutEvents accepts and refuses, and the parts of events that targets ask for."""

import json
from typing import Any

import pytest
from ministack.services import eventbridge as emulator

from localcloud.services.eventbridge.entries import refused_entry, refused_request, seconds, size
from localcloud.services.eventbridge.inputs import NotFound, find, found_values, selected
from localcloud.services.eventbridge.log_policies import allow
from localcloud.services.eventbridge.put_events import put_events

GOOD = {"Source": "s", "DetailType": "d", "Detail": "{}"}
GROUP = "arn:aws:logs:us-east-1:000000000000:log-group:/flightpulse/audit"


def test_a_complete_entry_is_accepted() -> None:
    assert refused_entry(GOOD) is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Source": None}, "InvalidArgument"),
        ({"DetailType": ""}, "InvalidArgument"),
        ({"Detail": None}, "InvalidArgument"),
        ({"Detail": "{"}, "MalformedDetail"),
        ({"Detail": "[1]"}, "MalformedDetail"),
        ({"Source": "aws.mine"}, "NotAuthorizedForSourceException"),
        ({"DetailType": "d" * 129}, "InvalidArgument"),
        ({"Source": "s" * 257}, "InvalidArgument"),
    ],
)
def test_other_entries_are_refused(change: dict[str, Any], code: str) -> None:
    refusal = refused_entry({**GOOD, **change})

    assert refusal is not None
    assert refusal[0] == code


def test_the_longest_names_are_accepted() -> None:
    assert refused_entry({**GOOD, "Source": "s" * 256, "DetailType": "d" * 128}) is None


@pytest.mark.parametrize("moment", ["yesterday", "2026-13-01T00:00:00Z", float("nan"), 1e300])
def test_a_request_with_a_time_that_cannot_be_read_is_refused(moment: Any) -> None:
    refusal = refused_request([GOOD, {**GOOD, "Time": moment}])

    assert refusal is not None
    assert refusal[0] == "SerializationException"


@pytest.mark.parametrize(("moment", "read"), [(None, 5), (12.7, 12), ("1970-01-01T00:01:00Z", 60)])
def test_a_time_is_kept_in_whole_seconds_and_is_now_where_there_is_none(moment: Any, read: int) -> None:
    assert refused_request([{**GOOD, "Time": moment}]) is None
    assert seconds(moment, 5.9) == read


def test_services_may_use_their_own_sources() -> None:
    assert refused_entry({**GOOD, "Source": "aws.states"}, own_source=True) is None


def test_a_request_has_one_to_ten_entries_of_at_most_a_mebibyte() -> None:
    large = {**GOOD, "Detail": json.dumps({"x": "é" * 262_144})}

    assert refused_request([GOOD] * 10) is None
    assert refused_request([]) is not None
    assert refused_request([GOOD] * 11) is not None
    assert refused_request([large]) is not None or size(large) <= 1_048_576


def test_sizes_count_bytes_resources_and_the_time() -> None:
    assert (
        size({"Source": "é", "DetailType": "d", "Detail": "{}", "Resources": ["abc"], "Time": 1.0})
        == 2 + 1 + 2 + 3 + 14
    )


@pytest.mark.parametrize(("given", "delivered"), [({"Resources": ["arn:a", "arn:b"]}, ["arn:a", "arn:b"]), ({}, [])])
def test_an_event_reaches_the_rules_with_the_resources_of_its_entry(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], delivered: list[str]
) -> None:
    dispatched: list[dict[str, Any]] = []
    monkeypatch.setattr(emulator, "_dispatch_event", lambda event, _view: dispatched.append(event))

    put_events({"Entries": [{**GOOD, **given}]})

    assert [event["Resources"] for event in dispatched] == [delivered]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$", {"a": [{"b": 1}], "c-d": "x", "e f": 2}),
        ("$.a[0].b", 1),
        ("$.c-d", "x"),
        ("$['e f']", 2),
        ("$.a", [{"b": 1}]),
    ],
)
def test_paths_find_members_and_indexes(path: str, expected: Any) -> None:
    assert find({"a": [{"b": 1}], "c-d": "x", "e f": 2}, path) == expected


@pytest.mark.parametrize("path", ["$.none", "$.a[5]", "$.a.b", "a", "$.a[x]"])
def test_paths_to_nothing_are_told_apart(path: str) -> None:
    with pytest.raises(NotFound):
        find({"a": [1]}, path)


def test_what_is_not_found_is_the_whole_event_or_an_empty_text() -> None:
    assert selected({"a": 1}, "$.b") == '{"a": 1}'
    assert found_values({"a": 1}, {"x": "$.a", "y": "$.b"}) == {"x": 1, "y": ""}


def policy(**change: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{GROUP}:*",
        **change,
    }
    return json.dumps({"Statement": [statement]})


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"Resource": "*"},
        {"Resource": [GROUP]},
        {"Action": "logs:*"},
        {"Resource": "arn:aws:logs:us-east-1:000000000000:log-group:/flightpulse/*:*"},
        {"Principal": {"Service": "events.amazonaws.com"}},
    ],
)
def test_a_policy_that_lets_eventbridge_write(change: dict[str, Any]) -> None:
    assert allow([policy(**change)], GROUP)


@pytest.mark.parametrize(
    "change",
    [
        {"Effect": "Deny"},
        {"Action": "logs:PutLogEvents"},
        {"Action": None},
        {"Action": []},
        {"Resource": None},
        {"Resource": "arn:aws:logs:us-east-1:000000000000:log-group:/other:*"},
        {"Principal": {"Service": "lambda.amazonaws.com"}},
    ],
)
def test_a_policy_that_does_not(change: dict[str, Any]) -> None:
    assert not allow([policy(**change)], GROUP)
    assert not allow(["no json", "[]"], GROUP)


@pytest.mark.parametrize("refused", [GROUP, f"{GROUP}:*", f"{GROUP}:log-stream:*", "*"])
@pytest.mark.parametrize("allowed", [GROUP, f"{GROUP}:*", "*"])
def test_a_refusal_wins_however_the_resource_is_written(allowed: str, refused: str) -> None:
    assert not allow([policy(Resource=allowed), policy(Effect="Deny", Resource=refused)], GROUP)


def test_a_refusal_of_another_group_or_action_changes_nothing() -> None:
    others = [policy(Effect="Deny", Resource=f"{GROUP}-2:*"), policy(Effect="Deny", Action="logs:DeleteLogGroup")]

    assert allow([policy(), *others], GROUP)
