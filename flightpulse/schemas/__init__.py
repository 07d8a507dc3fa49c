"""JSON Schemas of the events FlightPulse takes in and sends out, each with an example.

The schema of a type of event that operations report says all about it: its payload, and under ``definitions.detail``
what the bus carries of it (the payload itself, where nothing is said). ``flight_event`` is put together from them.
"""

import json
from collections.abc import Callable, Iterator
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
    schema = _read(name)
    if name == "flight_event":
        details = dict(_details())
        schema["properties"]["event_type"]["enum"] = sorted(details)
        schema["allOf"] = [_when("event_type", event_type, detail) for event_type, detail in details.items()]
    return schema


def _read(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(files(__name__).joinpath(f"{name}.json").read_text("utf-8"))
    return schema


def _details() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each type of event that operations report, with what its detail on the bus must fulfil."""
    for schema in map(_read, names()):
        event_type = schema["properties"].get("event_type", {}).get("const")
        if event_type:
            yield event_type, schema.get("definitions", {}).get("detail", schema["properties"]["payload"])


def _when(name: str, value: str, then: dict[str, Any]) -> dict[str, Any]:
    return {"if": {"required": [name], "properties": {name: {"const": value}}}, "then": then}


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
