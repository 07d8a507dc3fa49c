from collections.abc import Iterator
from typing import Any

import pytest

from flightpulse import schemas
from flightpulse.schemas import SchemaViolationError
from tests.unit.fakes import sample


def required_fields(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name in schema.get("required", ()):
        yield (*path, name)
    for name, inner in schema.get("properties", {}).items():
        yield from required_fields(inner, (*path, name))


def without(value: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    name, *rest = path
    if rest:
        return {**value, name: without(value[name], tuple(rest))}
    return {other: content for other, content in value.items() if other != name}


REQUIRED = [(name, path) for name in schemas.names() for path in required_fields(schemas.load(name))]


def test_every_schema_has_an_example() -> None:
    assert [name for name in schemas.names() if not schemas.load(name).get("examples")] == []
    assert len(schemas.names()) >= 9


@pytest.mark.parametrize("name", schemas.names())
def test_the_sample_fulfils_its_schema(name: str) -> None:
    schemas.validate(name, sample(name))


@pytest.mark.parametrize("name", schemas.names())
def test_a_schema_says_what_it_describes(name: str) -> None:
    schema = schemas.load(name)
    assert schema["title"]
    assert schema["description"]


@pytest.mark.parametrize(("name", "path"), REQUIRED, ids=[f"{name}:{'.'.join(path)}" for name, path in REQUIRED])
def test_a_required_field_that_is_missing_is_named(name: str, path: tuple[str, ...]) -> None:
    with pytest.raises(SchemaViolationError) as violation:
        schemas.validate(name, without(sample(name), path))
    assert f"lacks {path[-1]}" in str(violation.value)


@pytest.mark.parametrize("value", [None, [], "text", 5, True])
@pytest.mark.parametrize("name", schemas.names())
def test_an_event_is_an_object(name: str, value: object) -> None:
    with pytest.raises(SchemaViolationError, match="the event must be object"):
        schemas.validate(name, value)


@pytest.mark.parametrize(
    ("name", "event_type", "field"),
    [
        ("flight_event", "FLIGHT_DELAY", "delay_category"),
        ("flight_event", "FLIGHT_CANCELLED", "rebooking_priority"),
        ("flight_event", "GATE_CHANGE", "new_gate"),
    ],
)
def test_a_flight_event_has_the_fields_of_its_own_type(name: str, event_type: str, field: str) -> None:
    with pytest.raises(SchemaViolationError) as violation:
        schemas.validate(name, without({**sample(name), "event_type": event_type, field: None}, (field,)))
    assert field in str(violation.value)


def test_a_violation_names_field_and_rule_but_not_the_value() -> None:
    event = sample("notification_sms")
    with pytest.raises(SchemaViolationError) as violation:
        schemas.validate("notification_sms", {**event, "to": "ana@example.com"})
    assert (violation.value.field, violation.value.rule) == ("to", "pattern")
    assert "ana" not in str(violation.value)


def test_a_text_of_161_characters_is_not_one_sms() -> None:
    with pytest.raises(SchemaViolationError, match="text must be shorter than or equal to 160 characters"):
        schemas.validate("notification_sms", {**sample("notification_sms"), "text": "x" * 161})


@pytest.mark.parametrize("event_id", ["", "two words", "line\nbreak", "trailing\n", "x" * 129, "größe"])
def test_an_event_id_is_1_to_128_printable_ascii_characters_without_a_space(event_id: str) -> None:
    with pytest.raises(SchemaViolationError, match="event_id"):
        schemas.validate("gate_change", {**sample("gate_change"), "event_id": event_id})


def test_validating_leaves_the_event_as_it_is() -> None:
    event = sample("flight_delay")
    schemas.validate("flight_delay", event)
    assert event == sample("flight_delay")


def test_a_schema_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        schemas.validate("flight_lost", {})
