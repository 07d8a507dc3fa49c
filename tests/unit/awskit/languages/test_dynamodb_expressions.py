"""What DynamoDB's expressions may say, and in which words it refuses the others. The words are recorded answers."""

from typing import Any

import pytest

from awskit.languages import dynamodb_expressions as expressions
from awskit.languages.dynamodb_grammar import InvalidExpression

NAMES = {"#a": "a", "#third": "[3]"}
VALUES: dict[str, Any] = {
    ":s": {"S": "x"},
    ":n": {"N": "1"},
    ":m": {"N": "10"},
    ":yes": {"BOOL": True},
    ":list": {"L": []},
    ":set": {"SS": ["x"]},
}


def condition(text: str) -> expressions.Expression:
    return expressions.condition(text, NAMES, VALUES)


def refusal(check: Any, *arguments: Any) -> str:
    with pytest.raises(InvalidExpression) as refused:
        check(*arguments)
    return str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "attribute_not_exists(PK)",
        "a.b[0].#a = :s AND NOT (c > :n OR d <> :n)",
        "(a) between (:n) and (:m)",
        "a in (:s, :n)",
        "size(a) > :n and contains(a, :s)",
        "begins_with(a, :s)",
        "attribute_type(a, :kind)",
        "((a = :s) OR (b = :s))",
        ":s > :s",
    ],
)
def test_a_condition_is_taken(text: str) -> None:
    expressions.condition(text, NAMES, {**VALUES, ":kind": {"S": "SS"}})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a != :s", 'Syntax error; token: "!", near: "a !="'),
        ("a == :s", 'Syntax error; token: "=", near: "== :s"'),
        ("attribute_exists(a) AND NOT b", 'Syntax error; token: "<EOF>", near: "b"'),
        ("a-b", 'Syntax error; token: "-", near: "a-b"'),
        ("a > 4", 'Syntax error; token: "4", near: "> 4"'),
        ("a in :s", 'Syntax error; token: ":s", near: "in :s"'),
        ("size(a).b > a", 'Syntax error; token: ".", near: ").b"'),
        ("   ", "The expression can not be empty;"),
        ("((a = :s))", "The expression has redundant parentheses;"),
        ("starts_with(a, :s)", "Invalid function name; function: starts_with"),
        ("size(a)", "The function is not allowed to be used this way in an expression; function: size"),
        (
            "contains(a, :s) = :yes",
            "The function is not allowed to be used this way in an expression; function: contains",
        ),
        ("status = :s", "Attribute name is a reserved keyword; reserved keyword: status"),
        (
            "#b = :s",
            "An expression attribute name used in the document path is not defined; attribute name: #b",
        ),
        ("a = :t", "An expression attribute value used in expression is not defined; attribute value: :t"),
        (
            "begins_with(a)",
            "Incorrect number of operands for operator or function; "
            "operator or function: begins_with, number of operands: 1",
        ),
        (
            "a = #a",
            "The first operand must be distinct from the remaining operands for this operator or function; "
            "operator: =, first operand: [a]",
        ),
        (
            "begins_with(a, :n)",
            "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
        ),
        (
            "size(:yes) > :n",
            "Incorrect operand type for operator or function; operator or function: size, operand type: BOOL",
        ),
        ("a > :yes", "Incorrect operand type for operator or function; operator: >, operand type: BOOL"),
        (
            "attribute_exists(:s)",
            "Operator or function requires a document path; operator or function: attribute_exists",
        ),
        (
            "a between :m and :n",
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
            "lower bound operand: AttributeValue: {N:10}, upper bound operand: AttributeValue: {N:1}",
        ),
        (
            "a between :s and :n",
            "The BETWEEN operator requires same data type for lower and upper bounds; "
            "lower bound operand: AttributeValue: {S:x}, upper bound operand: AttributeValue: {N:1}",
        ),
    ],
)
def test_a_condition_is_refused_in_the_words_of_aws(text: str, why: str) -> None:
    assert refusal(condition, text) == f"Invalid ConditionExpression: {why}"


def test_in_takes_a_hundred_operands() -> None:
    values = {f":v{number}": {"S": "1"} for number in range(101)}
    expressions.condition(f"a IN ({', '.join(list(values)[:100])})", {}, values)
    assert refusal(expressions.condition, f"a IN ({', '.join(values)})", {}, values) == (
        "Invalid ConditionExpression: The IN operator is provided with too many operands; number of operands: 101"
    )


def test_a_condition_has_at_most_three_hundred_operators() -> None:
    condition(" OR ".join(["a = :s"] * 150))
    assert "too many operators" in refusal(condition, " OR ".join(["a = :s"] * 151))
    assert "too many operators" in refusal(condition, "NOT " * 2000 + "a = :s")


@pytest.mark.parametrize(
    "text",
    [
        "SET a = :n",
        "set a = if_not_exists(a, :n) + :n, b[2].c = (c - :n) remove d, e.f add n :n delete tags :set",
        "SET items_ = list_append(if_not_exists(items_, :list), :list)",
    ],
)
def test_an_update_is_taken(text: str) -> None:
    expressions.update(text, NAMES, VALUES)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("INVALID SYNTAX HERE", 'Syntax error; token: "INVALID", near: "INVALID SYNTAX"'),
        ("SET", 'Syntax error; token: "<EOF>", near: "SET"'),
        ("SET a = a + :n + :n", 'Syntax error; token: "+", near: ":n + :n"'),
        ("ADD a b", 'Syntax error; token: "b", near: "a b"'),
        ("REMOVE status", "Attribute name is a reserved keyword; reserved keyword: status"),
        ("SET a = size(b)", "Invalid function name; function: size"),
        ("SET a = :n SET b = :n", 'The "SET" section can only be used once in an update expression;'),
        (
            "SET a = :n, a = :n",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; "
            "path one: [a], path two: [a]",
        ),
        (
            "SET #a[3].#third = :n, #a[3] = :n",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; "
            "path one: [a, [3], [3]], path two: [a, [3]]",
        ),
        (
            "REMOVE a.c SET a[1] = :n",
            "Two document paths conflict with each other; must remove or rewrite one of these paths; "
            "path one: [a, c], path two: [a, [1]]",
        ),
        (
            "ADD a :s",
            "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, "
            "typeset: ALLOWED_FOR_ADD_OPERAND",
        ),
        (
            "SET a = a + :s",
            "Incorrect operand type for operator or function; operator or function: +, operand type: S",
        ),
        (
            "SET a = list_append(a, :s)",
            "Incorrect operand type for operator or function; operator or function: list_append, operand type: S",
        ),
        (
            "SET a = if_not_exists(:s, b)",
            "Operator or function requires a document path; operator or function: if_not_exists",
        ),
    ],
)
def test_an_update_is_refused_in_the_words_of_aws(text: str, why: str) -> None:
    assert refusal(expressions.update, text, NAMES, VALUES) == f"Invalid UpdateExpression: {why}"


def test_an_update_tells_what_it_writes_by_the_names_behind_the_placeholders() -> None:
    found = expressions.update("SET #a.b = c REMOVE d[0]", NAMES, VALUES)
    assert found.attributes == (("a", "b"), ("d", 0))
    assert found.placeholders == {"#a"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a = :n OR b = :n", "Invalid operator used in KeyConditionExpression: OR"),
        ("a <> :n", "Invalid operator used in KeyConditionExpression: <>"),
        ("contains(a, :s)", "Invalid operator used in KeyConditionExpression: contains"),
        ("size(a) > :n", "KeyConditionExpressions cannot contain nested operations"),
        ("a = b", "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"),
        ("a.b = :n", "KeyConditionExpressions cannot have conditions on nested attributes"),
        (":n = :n", "Invalid condition in KeyConditionExpression: No key attribute specified"),
        ("a > :n AND a < :m", "KeyConditionExpressions must only contain one condition per key"),
        ("a != :n", 'Invalid KeyConditionExpression: Syntax error; token: "!", near: "a !="'),
    ],
)
def test_a_key_condition_is_refused_in_the_words_of_aws(text: str, why: str) -> None:
    assert refusal(expressions.key_condition, text, NAMES, VALUES) == why


def test_a_key_condition_names_the_key() -> None:
    assert expressions.key_condition("#a = :s AND begins_with(b, :s)", NAMES, VALUES).attributes == (("a",), ("b",))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a,,b", 'Syntax error; token: ",", near: ",,b"'),
        ("(a)", 'Syntax error; token: "(", near: "(a"'),
        ("a.status", "Attribute name is a reserved keyword; reserved keyword: status"),
        (
            "a, #a[1]",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; "
            "path one: [a], path two: [a, [1]]",
        ),
    ],
)
def test_a_projection_is_refused_in_the_words_of_aws(text: str, why: str) -> None:
    assert refusal(expressions.projection, text, NAMES) == f"Invalid ProjectionExpression: {why}"


def test_placeholders_that_no_expression_uses_are_refused() -> None:
    used = [expressions.condition("#a = :s", NAMES, VALUES)]
    expressions.check_all_used(used, {"#a": "a"}, {":s": {"S": "x"}})
    assert refusal(expressions.check_all_used, used, {"#a": "a", "#b": "b"}, {}) == (
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}"
    )
    assert refusal(expressions.check_all_used, used, {}, {":s": {}, ":t": {}, ":u": {}}) == (
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:t, :u}"
    )


def test_what_is_not_known_of_placeholders_is_not_checked() -> None:
    expressions.condition("#b = :t AND begins_with(c, :t)", None, None)
    expressions.update("ADD #n :t", None, {":t": "not known yet"})
