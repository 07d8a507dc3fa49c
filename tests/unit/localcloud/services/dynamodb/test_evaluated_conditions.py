"""Conditions that are read once say of every item what the emulator's own evaluation says."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from ministack.services import dynamodb

from localcloud.services.dynamodb import conditions

Holds = Callable[..., Any]

ATTRIBUTES: tuple[dict[str, Any] | None, ...] = (
    None,
    {"S": "a"},
    {"S": "ab"},
    {"N": "2"},
    {"N": "10"},
    {"B": "AQ=="},
    {"BOOL": True},
    {"NULL": True},
    {"SS": ["a", "b"]},
    {"L": [{"S": "a"}]},
    {"M": {"b": {"S": "a"}}},
)
CONDITIONS = (
    *(f"a {sign} :v" for sign in ("=", "<>", "<", "<=", ">", ">=")),
    *(f"#n {sign} a" for sign in ("=", "<>", "<")),
    "attribute_exists(a)",
    "attribute_not_exists(#n)",
    "NOT a = :v",
    "a = :v AND b = :v",
    "a = :v OR b <> :v AND NOT attribute_exists(#n)",
    "(a = :v OR b <> :v) AND attribute_exists(b)",
    "a IN (:v, b)",
    "a BETWEEN :v AND :v",
    "contains(a, :v)",
    "size(a) > :v",
    "a.b = :v",
    "a[0] = :v",
)


@pytest.fixture
def evaluations(monkeypatch: pytest.MonkeyPatch) -> tuple[Holds, Holds]:
    """The emulator's evaluation, and ours."""
    before = dynamodb._evaluate_condition
    monkeypatch.setattr(dynamodb, "_evaluate_condition", before)
    conditions.install()
    return before, dynamodb._evaluate_condition


def answer(holds: Holds, text: Any, item: Any, values: Any, names: Any, slot: str = "FilterExpression") -> Any:
    try:
        return holds(text, item, values, names, slot=slot)
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize("text", CONDITIONS)
def test_every_item_gets_the_answer_of_the_emulator(evaluations: tuple[Holds, Holds], text: str) -> None:
    emulator, ours = evaluations
    for first, second, value in itertools.product(ATTRIBUTES, ATTRIBUTES, ATTRIBUTES[1:]):
        given = {"a": first, "b": second, "name": second}
        item = {name: attribute for name, attribute in given.items() if attribute is not None}
        request = (text, item, {":v": value}, {"#n": "name"})

        assert answer(ours, *request) == answer(emulator, *request), request


@pytest.mark.parametrize("attribute", [{"S": "ab"}, {"S": "b"}, {"B": "AQI="}, {"N": "1"}, None])
@pytest.mark.parametrize("value", [{"S": "a"}, {"S": ""}, {"B": "AQ=="}, {"N": "1"}])
def test_a_beginning_is_that_of_a_text_or_of_bytes(
    evaluations: tuple[Holds, Holds], attribute: Any, value: Any
) -> None:
    emulator, ours = evaluations
    item = {} if attribute is None else {"a": attribute}
    request = ("begins_with(a, :v)", item, {":v": value}, None)

    for _ in range(2):
        assert answer(ours, *request) == answer(emulator, *request)


@pytest.mark.parametrize("text", ["a = ", "((a = :v))", "name = :v", "a = :v garbage", "", None, "size(a)"])
def test_what_the_emulator_refuses_is_refused_of_every_item(evaluations: tuple[Holds, Holds], text: Any) -> None:
    emulator, ours = evaluations
    for item in ({"a": {"S": "a"}}, {}):
        request = (text, item, {":v": {"S": "a"}}, {})
        assert answer(ours, *request) == answer(emulator, *request)


def test_names_and_values_are_those_of_each_request(evaluations: tuple[Holds, Holds]) -> None:
    _, ours = evaluations
    item = {"a": {"S": "a"}, "b": {"S": "b"}}
    asked = [("a", "a"), ("a", "b"), ("b", "b"), ("c", "b")]

    said = [ours("#n = :v", item, {":v": {"S": value}}, {"#n": name}) for name, value in asked]

    assert said == [True, False, True, False]
