"""Updates of whole attributes are read once; whatever else an update says is left to the emulator."""

import copy
from typing import Any

import pytest
from ministack.services import dynamodb

from localcloud.services.dynamodb import updates

VALUES = {":a": {"S": "x"}, ":n": {"N": "1"}, ":l": {"L": [{"S": "x"}]}}
NAMES = {"#a": "a", "#odd": "size"}
ITEM = {"PK": {"S": "p"}, "a": {"S": "old"}, "b": {"N": "5"}, "m": {"M": {"in": {"S": "x"}}}}
ITEMS: tuple[dict[str, Any], ...] = (ITEM, {"PK": {"S": "p"}}, {**ITEM, "M": {"M": {}}}, {})


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("SET #a = :a, b = :n REMOVE m", True),
        ("remove b set #odd=:l", True),
        ("REMOVE #a, b, left_out", True),
        ("SET #a = :none", True),
        ("SET m.#a = :a", False),
        ("SET b = b + :n", False),
        ("SET #a = if_not_exists(#a, :a)", False),
        ("SET l = list_append(:l, :l)", False),
        ("SET b = #a", False),
        ("SET b = (:n)", False),
        ("SET M = :a", False),
        ("SET a = :a SET b = :a", False),
        ("ADD b :n", False),
        ("REMOVE l[0]", False),
        ("a = :a", False),
    ],
)
def test_an_item_becomes_what_the_emulator_makes_of_it(monkeypatch: pytest.MonkeyPatch, text: str, read: bool) -> None:
    emulators = dynamodb._apply_update_expression
    left: list[Any] = []

    def applied(*given: Any) -> Any:
        left.append(given[0])
        return emulators(*given)

    monkeypatch.setattr(dynamodb, "_apply_update_expression", applied)
    updates.install()

    for item in (ITEM, *ITEMS):
        assert outcome(dynamodb._apply_update_expression, item, text) == outcome(emulators, item, text)
    # The first of a text, and the item with an attribute that the emulator misreads.
    assert left == ([ITEM, ITEMS[2]] if read else [ITEM, *ITEMS])


def outcome(apply: Any, item: dict[str, Any], text: str) -> Any:
    given, changed = copy.deepcopy(item), set[Any]()
    try:
        answer = apply(given, text, VALUES, NAMES, changed)
    except ValueError as error:
        answer = str(error)
    return answer, changed, given


def test_names_that_the_emulator_takes_for_places_are_left_to_it() -> None:
    assert updates.is_usual({"a": {"S": "x"}}, {"#a": "a"})
    assert not updates.is_usual({"a": {"S": "x"}}, {"#a": "M"})
    assert not updates.is_usual({"M": {"S": "x"}}, {})
    assert not updates.is_usual({}, {"#a": 1})  # type: ignore[dict-item]
