"""Why a Choice of an execution went its way: every rule with its value, from what the history has."""

from collections.abc import Mapping
from typing import Any

import pytest

from flightpulse.errors import UserError
from flightpulse.workbench.explore import explain_choices
from tests.unit.workbench.histories import HistoryBuilder

RULES = [
    {"Condition": "{% $minutes >= 180 %}", "Next": "Severe"},
    {"Condition": "{% $minutes >= 30 and $exists($states.input.gate) %}", "Next": "Major"},
]


def machine(*rules: Mapping[str, Any], language: str = "JSONata", assign: str = "{% $states.input.minutes %}") -> Any:
    """Assigns the minutes of its input, then chooses by these rules."""
    ends = {name: {"Type": "Succeed"} for name in ("Severe", "Major", "Minor")}
    return {
        "QueryLanguage": language,
        "StartAt": "Read",
        "States": {
            "Read": {"Type": "Pass", "Assign": {"minutes": assign}, "Next": "Choose"},
            "Choose": {"Type": "Choice", "Choices": list(rules or RULES), "Default": "Minor"},
            **ends,
        },
    }


def went_to(state: str, chosen_on: str = '{"gate": "A1"}', **assigned: str) -> list[dict[str, Any]]:
    """The history of an execution; ``assigned`` are the variables that Step Functions noted when Read was left."""
    builder = HistoryBuilder()
    builder.add("ExecutionStarted", 0, input='{"minutes": 142}')
    builder.entered("Pass", "Read", data='{"minutes": 142}')
    builder.exited("Pass", "Read", data=chosen_on)
    builder.events[-1]["stateExitedEventDetails"] |= {"assignedVariables": assigned} if assigned else {}
    builder.entered("Choice", "Choose", data=chosen_on)
    builder.exited("Choice", "Choose", data=chosen_on)
    builder.entered("Succeed", state)
    builder.exited("Succeed", state)
    builder.add("ExecutionSucceeded", output="{}")
    return builder.events


def test_each_rule_is_shown_with_its_value_and_by_how_much_it_missed() -> None:
    (visit,) = explain_choices(machine(), went_to("Major", minutes="142")).visits

    assert (visit.taken, visit.by) == ("Major", "rule 2")
    assert [(rule.value, rule.taken, rule.reached) for rule in visit.rules] == [
        (False, False, True),
        (True, True, True),
    ]
    assert visit.rules[0].said == "$minutes >= 180: 142 < 180, 38 short"
    assert [test.value for test in visit.rules[1].tests] == [True, True]
    assert visit.problem == ""


def test_the_default_is_taken_when_no_rule_is_true() -> None:
    report = explain_choices(machine(), went_to("Minor", "{}", minutes="142"), title="Delay")

    assert report.visits[0].headline == "Choose: went to Minor, by default, for no rule was true"
    assert report.visits[0].rules[1].tests[1].said == "$exists($states.input.gate): $states.input.gate is nothing"
    assert str(report).startswith("Delay: 1 Choice on the way")


def test_rules_behind_the_one_that_was_taken_were_not_looked_at() -> None:
    (visit,) = explain_choices(machine(), went_to("Severe", minutes="240")).visits

    assert [rule.reached for rule in visit.rules] == [True, False]
    assert visit.rules[1].verdict == "· not looked at, would be true"


def test_a_variable_that_the_history_does_not_note_is_assigned_again() -> None:
    (visit,) = explain_choices(machine(), went_to("Major")).visits

    assert [rule.value for rule in visit.rules] == [False, True]


def test_what_cannot_be_known_follows_from_the_way_taken() -> None:
    unknown = machine(assign="{% $states.result.minutes %}")

    (visit,) = explain_choices(unknown, went_to("Major")).visits

    assert [(rule.value, rule.deduced) for rule in visit.rules] == [(False, True), (True, True)]
    assert "$minutes, which Read assigned, is not in the history" in visit.rules[0].said


def test_a_way_that_contradicts_the_evaluation_is_said_to_be_decided_by_the_history() -> None:
    (visit,) = explain_choices(machine(), went_to("Minor", minutes="142")).visits

    assert visit.taken == "Minor"
    assert visit.problem.startswith("Evaluated here, rule 2 comes out otherwise than the way taken shows")


def test_rules_in_jsonpath_are_not_evaluated_and_the_way_taken_tells_their_value() -> None:
    paths = machine({"Variable": "$.minutes", "NumericGreaterThan": 30, "Next": "Major"}, language="JSONPath")

    (visit,) = explain_choices(paths, went_to("Major")).visits

    assert (visit.by, visit.rules[0].value, visit.rules[0].deduced) == ("rule 1", True, True)
    assert "JSONPath" in visit.rules[0].said


def test_why_not_names_the_rule_that_leads_there() -> None:
    report = explain_choices(machine(), went_to("Major", minutes="142"))

    assert "✗ false: rule 1, $minutes >= 180 → Severe" in report.why_not("Severe")
    assert report.why_not("Read").startswith("No Choice that was visited leads to Read")
    assert report.at("Choose").visits == report.visits
    with pytest.raises(UserError, match="did not come to a Choice 'Nowhere'"):
        report.at("Nowhere")
