"""Metric math over small series."""

import pytest

from localcloud.services.cloudwatch.metric_math import MathError, Series, evaluate

A: Series = {0.0: 1.0, 60.0: 2.0, 120.0: 6.0}
B: Series = {0.0: 2.0, 120.0: 0.0}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a + 1", {0: 2, 60: 3, 120: 7}),
        ("a - b", {0: -1, 120: 6}),
        ("100 * a / b", {0: 50}),
        ("-a", {0: -1, 60: -2, 120: -6}),
        ("a ^ 2", {0: 1, 60: 4, 120: 36}),
        ("SUM(METRICS())", {0: 3, 60: 2, 120: 6}),
        ("MAX([a, b])", {0: 2, 60: 2, 120: 6}),
        ("SUM(a)", {0: 9, 60: 9, 120: 9}),
        ("a / AVG(a)", {0: 1 / 3, 60: 2 / 3, 120: 2}),
        ("FILL(b, 0)", {0: 2, 60: 0, 120: 0}),
        ("FILL(b, REPEAT)", {0: 2, 60: 2, 120: 0}),
        ("IF(a > 1, a, 0)", {0: 0, 60: 2, 120: 6}),
        ("IF(a > 1 AND a < 5, a)", {60: 2}),
        ("IF(a>1&&a<5, a)", {60: 2}),
        ("IF(a==1||a>=6, 1, 0)", {0: 1, 60: 0, 120: 1}),
        ("IF(a == 1 || a >= 6, 1, 0)", {0: 1, 60: 0, 120: 1}),
        ("DIFF(a)", {60: 1, 120: 4}),
        ("RATE(a)", {60: 1 / 60, 120: 4 / 60}),
        ("RUNNING_SUM(a)", {0: 1, 60: 3, 120: 9}),
        ("a / PERIOD(a)", {0: 1 / 60, 60: 2 / 60, 120: 6 / 60}),
        ("CEIL(a / 4)", {0: 1, 60: 1, 120: 2}),
        ("TIME_SERIES(7)", {0: 7, 60: 7, 120: 7}),
    ],
)
def test_expressions(expression: str, expected: Series) -> None:
    assert evaluate(expression, {"a": A, "b": B}, 60.0) == pytest.approx(expected)


@pytest.mark.parametrize("expression", ["nope + 1", "SEARCH('x', 'Sum')", "METRICS()", "a +", "'text'"])
def test_expressions_that_cannot_be_evaluated(expression: str) -> None:
    with pytest.raises(MathError):
        evaluate(expression, {"a": A, "b": B}, 60.0)
