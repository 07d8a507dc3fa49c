"""Why an event does not match a pattern, without EventBridge."""

from typing import Any

import pytest

from flightpulse.errors import UserError
from flightpulse.workbench.explore.event_patterns import Explanation, explain
from tests.unit.awskit.languages.pattern_cases import CASES, EVENT, REFUSED


def why(pattern: dict[str, Any]) -> list[str]:
    return [check.said for check in explain(pattern, EVENT).failing]


@pytest.mark.parametrize(("pattern", "matches"), CASES, ids=[str(number) for number in range(len(CASES))])
def test_a_pattern_matches_as_eventbridge_documents_it(pattern: dict[str, Any], matches: bool) -> None:
    assert explain(pattern, EVENT).matched is matches


@pytest.mark.parametrize("pattern", REFUSED, ids=str)
def test_what_is_no_pattern_is_refused_in_a_sentence(pattern: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="This is no event pattern"):
        explain(pattern, EVENT)


def test_a_text_that_is_not_json_is_refused() -> None:
    with pytest.raises(UserError, match="it is not JSON"):
        explain("{'source': ['a']}", EVENT)


@pytest.mark.parametrize(("pattern", "matches"), CASES, ids=[str(number) for number in range(len(CASES))])
def test_a_match_has_no_failing_field_and_a_mismatch_has_one(pattern: dict[str, Any], matches: bool) -> None:
    assert bool(explain(pattern, EVENT).failing) is not matches


def test_only_the_field_that_fails_is_named() -> None:
    pattern = {"source": [{"prefix": "flightpulse"}], "detail-type": ["flight.cancelled"]}
    assert why(pattern) == ['detail-type: wanted "flight.cancelled", the event has "flight.delay.major"']


def test_several_values_are_joined_by_or() -> None:
    assert why({"detail": {"reason": ["CREW", {"prefix": "WE"}]}}) == [
        'detail.reason: wanted "CREW" or a text that starts with "WE", the event has "MECHANICAL"'
    ]


def test_a_number_out_of_range_says_how_far() -> None:
    assert why({"detail": {"delay_minutes": [{"numeric": [">", 120, "<=", 999]}]}}) == [
        "detail.delay_minutes: wanted a number > 120 and ≤ 999, the event has 90 (30 short)"
    ]


def test_a_number_written_as_a_text_is_pointed_out() -> None:
    assert why({"detail": {"delay_minutes": ["90"]}})[0].endswith("(one is a text, the other is not)")


def test_another_case_is_pointed_out() -> None:
    assert why({"detail": {"reason": ["Mechanical"]}})[0].endswith("(they differ in upper and lower case only)")


def test_another_spelling_of_the_field_is_pointed_out() -> None:
    (said,) = why({"detail": {"Flight_Id": ["SW5678"]}})
    assert said == 'detail.Flight_Id: wanted "SW5678", the event has no such field (it spells the field flight_id)'


def test_an_object_where_a_value_is_wanted_is_pointed_out() -> None:
    (said,) = why({"detail": {"flight_details": ["B7"]}})
    assert "the event has an object" in said


def test_fields_of_an_array_must_come_from_one_element() -> None:
    assert why({"detail": {"legs": {"from": ["HOU"], "to": ["SEA"]}}}) == [
        'detail.legs.from: wanted "HOU", the event has ["HOU", "DEN"] (no single element of an array has all of these)',
        'detail.legs.to: wanted "SEA", the event has ["DEN", "SEA"] (no single element of an array has all of these)',
    ]


def test_a_number_at_the_limit_is_pointed_out() -> None:
    assert why({"detail": {"delay_minutes": [{"numeric": ["<", 90]}]}})[0].endswith("(exactly at the limit)")


def test_every_alternative_of_an_or_is_explained() -> None:
    pattern = {"detail": {"$or": [{"reason": ["CREW"], "text": ["1"]}, {"delay_minutes": [{"numeric": ["<", 30]}]}]}}
    found = explain(pattern, EVENT)
    assert str(found) == (
        "does not match, alternative 1 of 2 of $or\n"
        '  ✗ detail.reason: wanted "CREW", the event has "MECHANICAL"\n'
        '  ✗ detail.text: wanted "1", the event has "90"\n'
        "does not match, alternative 2 of 2 of $or\n"
        "  ✗ detail.delay_minutes: wanted a number < 30, the event has 90 (60 too many)"
    )
    assert [check.path for check in found.failing] == ["detail.delay_minutes"]


def test_a_match_says_what_was_wanted_too() -> None:
    found: Explanation = explain({"detail": {"reason": [{"prefix": "MECH"}], "gone": [{"exists": False}]}}, EVENT)
    assert str(found) == (
        '✓ detail.reason: "MECHANICAL", as wanted (a text that starts with "MECH")\n'
        "✓ detail.gone: no such field, as wanted (no value)"
    )
