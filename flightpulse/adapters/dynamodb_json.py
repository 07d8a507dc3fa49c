"""DynamoDB's typed JSON, which stays at this edge: plain values on our side."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Typed = Mapping[str, Any]


def to_typed(value: object) -> dict[str, Any]:
    """Write a plain value in DynamoDB's typed JSON.

    boto3's own serializer would do, but it wants Decimals and loads boto3's resource layer; the values here are few.
    Raises ``TypeError`` for anything but text, whole numbers, booleans, None, lists and objects.
    """
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case list() | tuple():
            return {"L": [to_typed(entry) for entry in value]}
        case Mapping():
            return {"M": item_to_typed(value)}
    raise TypeError(f"no item holds a {type(value).__name__}")


def from_typed(value: Typed) -> Any:
    """Read one typed value. Whole numbers become ``int``; others stay exact as ``Decimal``."""
    ((kind, content),) = value.items()
    match kind:
        case "NULL":
            return None
        case "N":
            return _number(content)
        case "L":
            return [from_typed(entry) for entry in content]
        case "M":
            return item_from_typed(content)
        case "NS":
            return {_number(entry) for entry in content}
        case "SS" | "BS":
            return set(content)
    return content


def item_to_typed(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: to_typed(value) for name, value in item.items()}


def item_from_typed(item: Mapping[str, Typed]) -> dict[str, Any]:
    return {name: from_typed(value) for name, value in item.items()}


def _number(text: str) -> int | Decimal:
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else number
