"""Why a Choice went where it went, from the history's variables and the definition's rules."""

import json
from typing import Any

import pytest

from flightpulse.errors import UserError
from flightpulse.workbench.explore import explain_choices
from tests.unit.workbench.histories import HistoryBuilder

RULES = [
    {"Condition": "{% $last.order = $order and $free_at < $millis() %}", "Next": "Waiting"},
    {"Condition": "{% $minutes > 30 %}", "Next": "Late"},
    {"Condition": "{% $order = 'a' %}", "Next": "Known"},
]


def machine(*rules: dict[str, Any]) -> dict[str, Any]:
    return {
        "QueryLanguage": "JSONata",
        "StartAt": "Read",
        "States": {
            "Read": {"Type": "Pass", "Assign": {"minutes": 25, "last": {}, "order": "a"}, "Next": "Choose"},
            "Choose": {"Type": "Choice", "Choices": list(rules), "Default": "Other"},
            **{name: {"Type": "Succeed"} for name in ("Waiting", "Late", "Known", "Other")},
        },
    }


def history(taken: str, **assigned: Any) -> list[dict[str, Any]]:
    builder = HistoryBuilder()
    builder.add("ExecutionStarted", 0, input="{}")
    builder.entered("Pass", "Read")
    noted = {name: json.dumps(value) for name, value in assigned.items()}
    builder.add("PassStateExited", name="Read", output="{}", assignedVariables=noted)
    builder.entered("Choice", "Choose")
    builder.exited("Choice", "Choose")
    builder.entered("Succeed", taken)
    return builder.events


def test_each_rule_has_its_value_and_what_its_variables_held() -> None:
    events = history("Known", minutes=25, last={"order": ""}, order="a", free_at=1)
    (visit,) = explain_choices(machine(*RULES), events).at("Choose").visits

    assert (visit.taken, visit.by) == ("Known", "rule 3")
    assert [(rule.value, rule.deduced) for rule in visit.rules] == [(False, True), (False, False), (True, False)]
    assert [rule.said for rule in visit.rules] == [
        '$last.order is ""; $order is "a"; $free_at is 1; $millis() had another value then',
        "$minutes is 25",
        '$order is "a"',
    ]


def test_what_the_history_lacks_is_deduced_from_the_way_taken() -> None:
    (visit,) = explain_choices(machine(*RULES[1:]), history("Other", order="b")).visits

    assert (visit.by, [rule.value for rule in visit.rules]) == ("default", [False, False])
    assert visit.rules[0].said == "$minutes is not in the history"
    assert "✗ false, as the way taken shows: rule 1" in str(visit)


def test_rules_behind_the_one_that_was_taken_were_not_looked_at() -> None:
    (visit,) = explain_choices(machine(*RULES[1:]), history("Late", minutes=31, order="a")).visits

    assert visit.rules[1].verdict == "· not looked at, would be true"


def test_a_rule_in_jsonpath_is_not_evaluated() -> None:
    rule = {"Variable": "$.minutes", "NumericGreaterThan": 30, "Next": "Late"}
    (visit,) = explain_choices(machine(rule), history("Other", minutes=25)).visits

    assert (visit.rules[0].value, visit.rules[0].deduced) == (False, True)
    assert "JSONPath" in visit.rules[0].said


def test_a_report_shows_where_each_rule_goes_and_knows_no_other_choice() -> None:
    report = explain_choices(machine(*RULES[1:]), history("Late", minutes=31, order="a"), title="Delay")

    assert report.table().column("goes to") == ["Late", "Known", "Other"]
    with pytest.raises(UserError, match="did not come to a Choice 'Elsewhere'"):
        report.at("Elsewhere")
