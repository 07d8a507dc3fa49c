from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from flightpulse.adapters.dynamodb_json import from_typed, item_from_typed, item_to_typed, to_typed

VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    -7,
    10**30,
    "",
    "Zoë",
    [],
    ["a", 1, None],
    {},
    {"email": True, "n": {"m": [2]}},
]


@pytest.mark.parametrize("value", VALUES)
def test_a_plain_value_survives_the_way_there_and_back(value: Any) -> None:
    back = from_typed(to_typed(value))
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("value", VALUES)
def test_the_typed_json_is_what_boto3_writes(value: Any) -> None:
    assert to_typed(value) == TypeSerializer().serialize(value)


@pytest.mark.parametrize(
    "typed", [{"SS": ["a", "b"]}, {"NS": ["1", "2.5"]}, {"N": "2.5"}, {"L": [{"S": "a"}]}, {"M": {"a": {"NULL": True}}}]
)
def test_what_others_have_stored_is_read_as_boto3_reads_it(typed: Any) -> None:
    assert from_typed(typed) == TypeDeserializer().deserialize(typed)


def test_whole_numbers_are_no_decimals() -> None:
    assert repr(from_typed({"N": "25"})) == "25"
    assert repr(from_typed({"N": "2.50E+1"})) == "25"
    assert from_typed({"N": "2.5"}) == Decimal("2.5")


def test_an_item_is_converted_name_by_name() -> None:
    item = {"PK": "FLIGHT#SW1", "delay_minutes": 25}
    assert item_from_typed(item_to_typed(item)) == item


def test_a_float_is_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        to_typed(1.5)
