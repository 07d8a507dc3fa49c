"""Conditions hold as DynamoDB holds them, attributes that are missing included."""

import pytest

from awskit.languages.dynamodb_conditions import compiled
from awskit.languages.dynamodb_grammar import InvalidExpression

ITEM = {"#state": "sent", "order": 3}
VALUES = {":sent": "sent", ":other": "sending", ":two": 2, ":three": 3, ":four": 4, ":se": "se"}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("#state = :sent", True),
        ("#state <> :sent", False),
        ("order < :four AND order > :two", True),
        ("order <= :two OR order >= :four", False),
        ("order BETWEEN :two AND :three", True),
        ("order BETWEEN :four AND :four", False),
        ("#state IN (:other, :sent)", True),
        ("#state IN (:other, :other)", False),
        ("begins_with(#state, :se)", True),
        ("attribute_exists(order) AND attribute_not_exists(gate)", True),
        ("NOT (attribute_exists(gate) OR #state = :sent)", False),
        ("#state = :sent OR order = :two AND gate = :sent", True),
        ("gate <> :sent", True),
        ("gate = :sent OR gate < :sent OR gate > :sent OR gate BETWEEN :sent AND :sent", False),
    ],
)
def test_a_condition_holds_as_dynamodb_says(condition: str, holds: bool) -> None:
    assert compiled(condition)(ITEM, VALUES) is holds


@pytest.mark.parametrize("condition", ["#state", "#state =", "size(#state) = :two", "a.b = :two"])
def test_what_is_no_condition_or_is_not_evaluated_is_refused(condition: str) -> None:
    with pytest.raises(InvalidExpression):
        compiled(condition)
