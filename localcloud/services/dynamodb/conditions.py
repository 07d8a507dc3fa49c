"""Conditions, filters and key conditions are read once and asked of many items: a Query asks the same of each.

What is read here is what workflows and functions ask of whole attributes; anything else is left to the emulator, and
so is the first item of every text, because the emulator may refuse it.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import dynamodb

from awskit.languages.dynamodb_conditions import COMPARATORS
from awskit.languages.dynamodb_grammar import CONDITION_WORDS, InvalidExpression, Node, Operation, Parser, Path, Value
from localcloud.services.dynamodb.requests import ForTheEmulator

Item = Mapping[str, Any]
Values = Mapping[str, Any]
Names = Mapping[str, str]
Condition = Callable[[Item, Values, Names], bool]
_Operand = Callable[[Item, Values, Names], Any]

_TEXTS = 1024


def install() -> None:
    """Go before the emulator's evaluation."""
    evaluate = dynamodb._evaluate_condition
    accepted: set[tuple[str, str]] = set()

    def holds(text: Any, item: Any, values: Any, names: Any, slot: str = "ConditionExpression") -> Any:
        if (text, slot) in accepted:
            condition = compiled(text)
            try:
                if condition is not None:
                    return condition(item or {}, values or {}, names or {})
            except ForTheEmulator:
                pass
        answer = evaluate(text, item, values, names, slot=slot)
        if text and len(accepted) < _TEXTS:
            accepted.add((text, slot))
        return answer

    dynamodb._evaluate_condition = holds


@functools.lru_cache(maxsize=_TEXTS)
def compiled(text: str) -> Condition | None:
    """The condition of a text that DynamoDB accepts; None for one that is left to the emulator."""
    try:
        return _condition(Parser("ConditionExpression", text, CONDITION_WORDS).condition())
    except (InvalidExpression, ForTheEmulator):
        return None


def _condition(node: Node) -> Condition:
    if not isinstance(node, Operation):
        raise ForTheEmulator
    if node.name in ("AND", "OR"):
        left, right = map(_condition, node.operands)
        if node.name == "AND":
            return lambda item, values, names: left(item, values, names) and right(item, values, names)
        return lambda item, values, names: left(item, values, names) or right(item, values, names)
    if node.name == "NOT":
        inner = _condition(node.operands[0])
        return lambda item, values, names: not inner(item, values, names)
    first, *others = map(_operand, node.operands)
    if node.name == "attribute_exists":
        return lambda item, values, names: first(item, values, names) is not None
    if node.name == "attribute_not_exists":
        return lambda item, values, names: first(item, values, names) is None
    if node.name == "begins_with":
        return _beginning(first, others[0])
    if node.name in COMPARATORS:
        return _comparison(node.name, first, others[0])
    raise ForTheEmulator


def _operand(node: Node) -> _Operand:
    if isinstance(node, Value):
        value = node.name
        return lambda _item, values, _names: values.get(value)
    if not isinstance(node, Path) or len(node.parts) > 1:
        raise ForTheEmulator
    name = str(node.parts[0])
    if name.startswith("#"):
        return lambda item, _values, names: item.get(names.get(name, name))
    return lambda item, _values, _names: item.get(name)


def _comparison(sign: str, left: _Operand, right: _Operand) -> Condition:
    compare = COMPARATORS[sign]

    def holds(item: Item, values: Values, names: Names) -> bool:
        here, there = left(item, values, names), right(item, values, names)
        try:
            return bool(compare(here["S"], there["S"]))
        except (TypeError, KeyError):
            return bool(dynamodb._compare_ddb(here, sign, there))

    return holds


def _beginning(whole: _Operand, start: _Operand) -> Condition:
    def holds(item: Item, values: Values, names: Names) -> bool:
        try:
            return bool(whole(item, values, names)["S"].startswith(start(item, values, names)["S"]))
        except (TypeError, KeyError, AttributeError):
            raise ForTheEmulator from None

    return holds
