"""DynamoDB's conditions evaluated, quickly and often: a condition is read once and becomes a function of an item.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from awskit.languages.dynamodb_grammar import CONDITION_WORDS, InvalidExpression, Node, Operation, Parser, Path, Value

Values = Mapping[str, Any]
Condition = Callable[[Values, Values], bool]
"""Whether a condition holds for an item (plain values by attribute, or by ``#name``) and values by ``:name``."""
_Read = Callable[[Values, Values], Any]

_MISSING: Final = object()
COMPARATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compiled(text: str) -> Condition:
    """The condition of a text, ready to be evaluated. Raises InvalidExpression for one that cannot be read."""
    return _condition(Parser("ConditionExpression", text, CONDITION_WORDS).condition())


def _condition(node: Node) -> Condition:
    if not isinstance(node, Operation):
        raise InvalidExpression(f"{node} is no condition")
    if node.name in ("AND", "OR"):
        left, right = map(_condition, node.operands)
        if node.name == "AND":
            return lambda item, values: left(item, values) and right(item, values)
        return lambda item, values: left(item, values) or right(item, values)
    if node.name == "NOT":
        inner = _condition(node.operands[0])
        return lambda item, values: not inner(item, values)
    first, *others = map(_read, node.operands)
    if node.name == "attribute_exists":
        return lambda item, values: first(item, values) is not _MISSING
    if node.name == "attribute_not_exists":
        return lambda item, values: first(item, values) is _MISSING
    if node.name == "IN":
        return lambda item, values: first(item, values) in [other(item, values) for other in others]
    if node.name == "BETWEEN":
        low, high = others
        return lambda item, values: (
            (found := first(item, values)) is not _MISSING and bool(low(item, values) <= found <= high(item, values))
        )
    if node.name == "begins_with":
        return lambda item, values: str(first(item, values)).startswith(str(others[0](item, values)))
    if node.name in COMPARATORS:
        return _comparison(node.name, first, others[0])
    raise InvalidExpression(f"{node.name} is not evaluated here")


def _comparison(name: str, left: _Read, right: _Read) -> Condition:
    compare = COMPARATORS[name]

    def holds(item: Values, values: Values) -> bool:
        # Nothing compares with an attribute that is missing, except that it differs from everything.
        here, there = left(item, values), right(item, values)
        if here is _MISSING or there is _MISSING:
            return name == "<>"
        return bool(compare(here, there))

    return holds


def _read(node: Node) -> _Read:
    if isinstance(node, Value):
        value = node.name
        return lambda _item, values: values[value]
    if isinstance(node, Path) and len(node.parts) == 1:
        attribute = str(node.parts[0])
        return lambda item, _values: item.get(attribute, _MISSING)
    raise InvalidExpression(f"{node} is not evaluated here")
