"""Transactions made at once answer, write and tell the stream what the emulator's own function does."""

import copy
import json
import random
from typing import Any

import pytest
from ministack.services import dynamodb

from localcloud.services.dynamodb import conditions, shortcuts, transactions, updates
from tests.unit.localcloud.services.dynamodb.two_tables import TABLES, emulator_restored, with_tables

UPDATES = (
    "SET #a = :a",
    "SET #a = :a, b = :b REMOVE c",
    "REMOVE #a, b SET c = :a",
    "set #g = :a",
    "REMOVE #g",
    "SET a = :a, a = :b",
    "SET #a = :a SET b = :b",
    "SET #a.inner = :a",
    "SET c = if_not_exists(c, :a), b = :b",
    "SET n = n + :n",
    "SET l = list_append(l, :a)",
    "ADD n :n",
    "DELETE #a :a",
    "SET #a :a",
    "SET status = :a",
    "SET M = :a, b = :b",
    "SET PK = :a",
    "",
    " ",
    None,
)
CONDITIONS = (
    *(None, None, None, "attribute_exists(PK)", "attribute_not_exists(#a) OR #a < :a", "#a = :a AND NOT b <> :b"),
    *("begins_with(#a, :a)", "begins_with(n, :a)", "n > :n", "n BETWEEN :n AND :m", "b IN (:a, :b)", "size(#a) > :n"),
    *("#a.inner = :a", "(#a = :a)", "((#a = :a))", "#a ==", "attribute_exists(none)", "", 5),
)
VALUES: tuple[Any, ...] = (
    *({"S": "x"}, {"S": "y"}, {"S": ""}, {"S": "ü" * 400}, {"N": "1"}, {"N": "01.50"}, {"N": "one"}, {"BOOL": True}),
    *({"NULL": True}, {"SS": ["a", "b"]}, {"SS": ["a", "a"]}, {"NS": ["1", "1.0"]}, {"B": "YQ=="}, {"L": [{"S": "x"}]}),
    *({"L": [{"N": "x"}]}, {"M": {"inner": {"S": "x"}}}, {}, {"S": "x", "N": "1"}, {"S": 5}, "x", None),
)
DEEP: Any = {"S": "x"}
for _ in range(40):
    DEEP = {"L": [DEEP]}
ATTRIBUTES = ("a", "b", "G", "H", "told")


class Chance:
    """Draws requests, most of them usual."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def seldom(self, part: float = 0.04) -> bool:
        return self._random.random() < part

    def one(self, *of: Any) -> Any:
        return self._random.choice(of)

    def usual(self, first: Any, *others: Any) -> Any:
        return self.one(*others) if self.seldom() else first

    def value(self) -> Any:
        if self.seldom(0.02):
            return DEEP
        return copy.deepcopy(self.one(*VALUES) if self.seldom(0.1) else self.one(*VALUES[:6]))

    def key(self, table: str) -> dict[str, Any]:
        key = {"PK": {"S": self.one("p", "q")}}
        if table == "sorted":
            key["SK"] = {"S": self.one(*"stuvw")}
        if self.seldom(0.06):
            key["PK"] = self.one({"S": ""}, {"N": "1"}, {}, {"S": "p", "N": "1"}, {"M": {}})
        if self.seldom(0.03):
            key.update(self.one({"other": {"S": "x"}}, {"SK": {"S": ""}}, {"SK": {"N": "1"}}))
        if self.seldom(0.03):
            key.popitem()
        return key

    def update(self) -> dict[str, Any]:
        table = self.usual(
            self.one(*TABLES), "none", "x!", f"arn:aws:dynamodb:us-east-1:000000000000:table/{TABLES[0]}"
        )
        text, condition = (
            self.one(*UPDATES[: self.usual(5, len(UPDATES))]),
            self.one(*CONDITIONS[: self.usual(6, len(CONDITIONS))]),
        )
        written = f"{text} {condition}"
        names = {name: self.usual(self.one(*ATTRIBUTES), "M", 5) for name in ("#a", "#g") if name in written}
        values = {name: self.value() for name in (":a", ":b", ":n", ":m") if name in written}
        if ":n" in values and not self.seldom():
            values[":n"] = {"N": "2"}
        for placeholders in (names, values):
            if placeholders and self.seldom(0.03):
                placeholders.popitem()
            if self.seldom(0.03):
                placeholders[self.one("#z", ":z")] = self.one("z", {"S": "z"})
        given = {
            "TableName": table,
            "Key": self.key(table),
            "UpdateExpression": text,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "ReturnValuesOnConditionCheckFailure": self.one(None, "ALL_OLD", "NONE"),
            "ReturnValues": self.usual(None, "ALL_NEW"),
        }
        return {name: value for name, value in given.items() if value not in (None, {}) or self.seldom(0.002)}

    def part(self) -> Any:
        item = {**self.key("hashed"), "a": self.value()}
        others = (
            {"Put": {"TableName": "hashed", "Item": item}},
            {"Delete": {"TableName": "hashed", "Key": self.key("hashed")}},
            {"Update": self.update(), "Delete": {"TableName": "hashed", "Key": self.key("hashed")}},
            {"Update": None},
            {"Other": {}},
            {},
        )
        check = {"TableName": "hashed", "Key": self.key("hashed"), "ConditionExpression": "attribute_not_exists(none)"}
        return self.one({"ConditionCheck": check}, *others) if self.seldom(0.08) else {"Update": self.update()}

    def transaction(self) -> dict[str, Any]:
        given = {
            "TransactItems": [self.part() for _ in range(self.one(1, 1, 2, 3))],
            "ReturnConsumedCapacity": self.one(None, "NONE", "TOTAL", "INDEXES", self.usual("NONE", "ALL")),
            "ReturnItemCollectionMetrics": self.usual(None, "SIZE", "ALL"),
            "ClientRequestToken": self.usual(None, "once", "x" * 40),
        }
        return {name: value for name, value in given.items() if value is not None}


def outcome(request: dict[str, Any]) -> Any:
    """What comes of a transaction: what is answered or raised, written and told, and what is left of the request."""
    given = copy.deepcopy(request)
    try:
        status, headers, body = dynamodb._transact_write_items(given)
        answer: Any = (status, headers, json.loads(body))
    except Exception as error:  # noqa: BLE001 - the emulator does not stand every request either
        answer = type(error)
    items = {name: copy.deepcopy(dict(dynamodb._tables[name]["items"])) for name in TABLES}
    records = []
    for name in TABLES:
        for record in dynamodb._stream_records.pop(name, None) or []:
            change = record["dynamodb"]
            records.append(
                (name, record["eventName"], *(change.get(what) for what in ("Keys", "OldImage", "NewImage")))
            )
    return request, answer, items, copy.deepcopy(records), given


@pytest.mark.parametrize("seed", range(3))
def test_the_outcome_is_that_of_the_emulator(seed: int) -> None:
    chance = Chance(seed)
    requests = [chance.transaction() for _ in range(400)]
    left: list[Any] = []
    emulators = dynamodb._transact_write_items

    with emulator_restored():
        expected = with_tables(lambda: [outcome(request) for request in requests])
        dynamodb._transact_write_items = lambda data: left.append(data) or emulators(data)
        shortcuts.install()
        conditions.install()
        updates.install()
        transactions.install()
        seen = with_tables(lambda: [outcome(request) for request in requests])

    for here, there in zip(seen, expected, strict=True):
        assert here == there
    answers = [answer[2] for _, answer, *_ in expected if isinstance(answer, tuple)]
    cancelled = [answer for answer in answers if "CancellationReasons" in answer]
    refused = [answer for answer in answers if "__type" in answer and answer not in cancelled]
    assert min(len(cancelled), len(refused), len(answers) - len(cancelled) - len(refused)) > 30
    assert 50 < len(left) < 350
