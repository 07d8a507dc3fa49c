"""Every protection is in the workflows as they are, and what is left without it is still a good definition."""

import re
from collections.abc import Iterable
from typing import Any

import pytest
from jsonata import Jsonata

from flightpulse.errors import UserError
from flightpulse.stack import asl, asl_lint, names
from flightpulse.workbench.faults import protections
from flightpulse.workbench.faults.protections import PROTECTIONS, Clause, Protection

FILES = {short: short.replace("-", "_") for short in names.WORKFLOWS}
EACH = [(protection, workflow) for protection in PROTECTIONS for workflow in protection.workflows]
ALL_AT_ONCE = sorted({workflow for _, workflow in EACH})
SAMPLE = {
    "event": {
        "delay_minutes": 25,
        "reason": "WEATHER",
        "correlation_id": "c",
        "event_id": "e",
        "new_departure": "2026-12-01T10:00:00Z",
        "new_arrival": "2026-12-01T12:00:00Z",
    },
    "order": "2026-12-01T08:00:00.000Z#e",
    "times": {
        ":told": {"BOOL": True},
        ":departure": {"S": "2026-12-01T10:00:00Z"},
        ":arrival": {"S": "2026-12-01T12:00:00Z"},
    },
}


def altered(workflow: str, off: Iterable[Protection]) -> asl.Definition:
    return asl.Definition(workflow, protections.without(asl.load(FILES[workflow]).document, workflow, off))


def write_of(definition: asl.Definition, clause: Clause) -> dict[str, Any]:
    write: dict[str, Any] = dict(definition.states())[clause.state]
    for name in clause.place:
        write = write[name]
    return write


def condition_of(definition: asl.Definition, clause: Clause) -> str:
    return str(write_of(definition, clause)["ConditionExpression"])


def added_later(workflow: str, clause: Clause) -> set[str]:
    """The values that the states which use a kept write put into it."""
    if clause.place == ("Arguments",):
        return set()
    return set(re.findall(r"'(:\w+)'", asl.load(FILES[workflow]).text))


def held(container: Any) -> set[str]:
    """The names or values that DynamoDB gets; of an expression those for an event that has everything."""
    if not isinstance(container, str):
        return set(container)
    expression = Jsonata(container.removeprefix("{%").removesuffix("%}"))
    for name, value in SAMPLE.items():
        expression.assign(name, value)
    return set(expression.evaluate(None))


@pytest.mark.parametrize("protection", PROTECTIONS, ids=lambda item: item.name)
def test_the_workflows_have_every_protection(protection: Protection) -> None:
    for workflow in protection.workflows:
        assert protection.stands_in(asl.load(FILES[workflow]).document, workflow)


@pytest.mark.parametrize(("protection", "workflow"), EACH, ids=lambda item: getattr(item, "name", item))
def test_without_a_protection_the_definition_passes_the_lint(protection: Protection, workflow: str) -> None:
    definition = altered(workflow, [protection])

    assert asl_lint.problems(definition, known_substitutions=definition.substitutions) == []
    assert not protection.stands_in(definition.document, workflow)


@pytest.mark.parametrize("workflow", ALL_AT_ONCE)
def test_without_all_of_them_the_definition_passes_the_lint(workflow: str) -> None:
    definition = altered(workflow, PROTECTIONS)

    assert asl_lint.problems(definition, known_substitutions=definition.substitutions) == []


@pytest.mark.parametrize(("protection", "workflow"), EACH, ids=lambda item: getattr(item, "name", item))
def test_nothing_but_the_named_states_is_changed(protection: Protection, workflow: str) -> None:
    before, after = dict(asl.load(FILES[workflow]).states()), dict(altered(workflow, [protection]).states())

    changed = {path for path, state in before.items() if state != after[path] and "ItemProcessor" not in state}

    assert list(before) == list(after)
    assert changed == {clause.state for clause in protection.clauses if clause.workflow == workflow}


@pytest.mark.parametrize(("protection", "workflow"), EACH, ids=lambda item: getattr(item, "name", item))
def test_every_name_and_value_that_is_left_is_used_and_none_is_missing(protection: Protection, workflow: str) -> None:
    definition = altered(workflow, [protection])
    for clause in protection.clauses:
        if clause.workflow != workflow:
            continue
        write = write_of(definition, clause)
        texts = " ".join(str(text) for key, text in write.items() if key.endswith("Expression"))
        there = held(write.get("ExpressionAttributeNames", {})) | held(write.get("ExpressionAttributeValues", {}))
        assert set(re.findall(r"[#:][A-Za-z_]\w*", texts)) == there | added_later(workflow, clause)


@pytest.mark.parametrize("protection", PROTECTIONS, ids=lambda item: item.name)
def test_an_event_of_another_kind_leaves_no_value_unused(protection: Protection) -> None:
    """A value that only the condition uses, whatever an update expression does for some events, must stay in it."""
    for clause in protection.clauses:
        document = asl.load(FILES[clause.workflow])
        update = str(write_of(document, clause).get("UpdateExpression", ""))
        sometimes = set(re.findall(r"[#:][A-Za-z_]\w*", " ".join(re.findall(r"\? '([^']*)' : ''", update))))
        before, after = (
            set(re.findall(r"[#:][A-Za-z_]\w*", condition_of(item, clause)))
            for item in (document, altered(clause.workflow, [protection]))
        )
        assert not (before - after) & sometimes


@pytest.mark.parametrize("protection", PROTECTIONS, ids=lambda item: item.name)
def test_no_condition_is_left_with_doubled_parentheses(protection: Protection) -> None:
    """DynamoDB refuses "((a = b))": redundant parentheses."""
    for clause in protection.clauses:
        condition = condition_of(altered(clause.workflow, [protection]), clause)
        opened: list[int] = []
        pairs = set()
        for place, character in enumerate(condition):
            if character == "(":
                opened.append(place)
            elif character == ")":
                pairs.add((opened.pop(), place))
        assert not opened
        assert not [pair for pair in pairs if (pair[0] + 1, pair[1] - 1) in pairs]


def test_a_condition_that_is_not_there_is_named_with_its_state() -> None:
    document = altered("notify-chunk", [protections.find("message-order")]).document

    with pytest.raises(UserError, match=r"FlightPulse-NotifyChunk has no condition '\(#order < :order' in ReadRequest"):
        protections.without(document, "notify-chunk", [protections.find("message-order")])


def test_a_state_that_is_gone_is_a_protection_that_is_not_there() -> None:
    document = {"States": {"Other": {"Type": "Succeed"}}}

    assert not protections.find("event-claim").stands_in(document, "delay")
    with pytest.raises(UserError, match="FlightPulse-DelayWorkflow has no condition"):
        protections.without(document, "delay", [protections.find("event-claim")])


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(UserError, match=r"no protection 'seat-belt'\. There are: event-claim, redrive-follows"):
        protections.find("seat-belt")


def test_the_given_definition_stays_as_it_is() -> None:
    before = asl.load("delay")

    altered("delay", PROTECTIONS)

    assert asl.load("delay") == before
    assert protections.without(before.document, "delay", []) == before.document
