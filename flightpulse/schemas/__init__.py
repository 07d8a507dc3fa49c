"""JSON Schemas of the events FlightPulse takes in and sends out."""

import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

import fastjsonschema

Validator = Callable[[Any], Any]


class SchemaViolationError(ValueError):
    """A value that its schema does not allow.

    ``field`` is the path of what is wrong (``payload.delay_minutes``, empty for the value as a whole) and ``rule`` the
    keyword it breaks. The text repeats no value, so that it can be logged.
    """

    def __init__(self, field: str, rule: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.rule = rule


def names() -> list[str]:
    """Every schema there is, by name."""
    return sorted(file.name.removesuffix(".json") for file in files(__name__).iterdir() if file.name.endswith(".json"))


def load(name: str) -> dict[str, Any]:
    """The schema itself. Raises ``FileNotFoundError`` for a name that does not exist."""
    schema: dict[str, Any] = json.loads(files(__name__).joinpath(f"{name}.json").read_text("utf-8"))
    return schema


def validate(name: str, value: object) -> None:
    """Hold a value against a schema. Raises :class:`SchemaViolationError`."""
    try:
        _validator(name)(value)
    except fastjsonschema.JsonSchemaValueException as error:
        field = str(error.name).removeprefix("data").lstrip(".")
        raise SchemaViolationError(field, str(error.rule), f"{field or 'the event'} {_problem(error)}") from None


def _problem(error: fastjsonschema.JsonSchemaValueException) -> str:
    if error.rule == "required":
        return "lacks " + ", ".join(name for name in error.rule_definition if name not in error.value)
    return str(error.message).removeprefix(str(error.name)).strip()


@cache
def _validator(name: str) -> Validator:
    """Compiled once per process: compiling takes a thousand times as long as validating.

    ``format`` stays an annotation here, because a date and time needs more than a pattern: the domain reads it.
    """
    validator: Validator = fastjsonschema.compile(load(name), use_default=False, use_formats=False)
    return validator
