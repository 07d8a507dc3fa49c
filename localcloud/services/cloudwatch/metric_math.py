"""Metric math: expressions over the series of a GetMetricData request.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import ast
import itertools
import math
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Series = dict[float, float]
"""Values by the start of their period, in seconds since 1970."""

_OPERATORS: Mapping[type, Callable[[float, float], float | None]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda left, right: left / right if right else None,
    ast.BitXor: lambda left, right: left**right,
    ast.Pow: lambda left, right: left**right,
    ast.Gt: lambda left, right: float(left > right),
    ast.Lt: lambda left, right: float(left < right),
    ast.GtE: lambda left, right: float(left >= right),
    ast.LtE: lambda left, right: float(left <= right),
    ast.Eq: lambda left, right: float(left == right),
    ast.NotEq: lambda left, right: float(left != right),
    ast.And: lambda left, right: float(bool(left) and bool(right)),
    ast.Or: lambda left, right: float(bool(left) or bool(right)),
}
_AGGREGATES: Mapping[str, Callable[[list[float]], float]] = {
    "AVG": lambda values: sum(values) / len(values),
    "MAX": max,
    "MIN": min,
    "SUM": math.fsum,
}
_EACH: Mapping[str, Callable[[float], float]] = {"ABS": abs, "CEIL": math.ceil, "FLOOR": math.floor}


class MathError(ValueError):
    """An expression that cannot be read, or that needs something the local cloud does not have."""


def evaluate(expression: str, series: Mapping[str, Series], period: float) -> Series:
    """The series an expression gives. ``series`` are the results it may name by their ids. Raises MathError."""
    try:
        tree = ast.parse(_pythonic(expression), mode="eval")
    except SyntaxError as error:
        raise MathError(f"The expression {expression} cannot be read.") from error
    result = _Evaluation(expression, series, period).value(tree.body)
    if isinstance(result, list):
        raise MathError(f"The expression {expression} gives several series; wrap it in SUM, AVG, MIN or MAX.")
    if isinstance(result, dict):
        return dict(result)
    times = sorted({moment for known in series.values() for moment in known})
    return dict.fromkeys(times, float(result))


def _pythonic(expression: str) -> str:
    words = {"&&": " and ", "||": " or ", "AND": "and", "OR": "or"}
    text = expression.strip().replace("&&", words["&&"]).replace("||", words["||"])
    return " ".join(words.get(word, word) for word in text.split())


class _Evaluation:
    def __init__(self, expression: str, series: Mapping[str, Series], period: float) -> None:
        self._expression = expression
        self._series = series
        self._period = period

    def value(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return float(node.value)
        if isinstance(node, ast.Name):
            return self._named(node.id)
        if isinstance(node, ast.List):
            return [self.value(item) for item in node.elts]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return _each(operator.neg, self.value(node.operand))
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            return _pairwise(_OPERATORS[type(node.op)], self.value(node.left), self.value(node.right))
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _OPERATORS:
            return _pairwise(_OPERATORS[type(node.ops[0])], self.value(node.left), self.value(node.comparators[0]))
        if isinstance(node, ast.BoolOp):
            return self._joined(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self._called(node.func.id.upper(), node.args)
        raise MathError(f"The local cloud cannot evaluate the expression {self._expression}.")

    def _named(self, name: str) -> Series:
        if name not in self._series:
            raise MathError(f"The expression {self._expression} names {name}, which is no query before it.")
        return self._series[name]

    def _joined(self, node: ast.BoolOp) -> Any:
        result = self.value(node.values[0])
        for other in node.values[1:]:
            result = _pairwise(_OPERATORS[type(node.op)], result, self.value(other))
        return result

    def _called(self, name: str, arguments: list[ast.expr]) -> Any:
        if name == "FILL":
            return self._filled(self.value(arguments[0]), arguments[1])
        values = [self.value(argument) for argument in arguments]
        if name == "METRICS":
            return list(self._series.values())
        if name == "PERIOD":
            return self._period
        if name in _AGGREGATES:
            return _aggregated(_AGGREGATES[name], values[0])
        if name in _EACH:
            return _each(_EACH[name], values[0])
        if name == "IF":
            return self._chosen(values)
        if name == "TIME_SERIES":
            return _pairwise(lambda _moment, value: value, self._all_times(), values[0])
        if name in ("DIFF", "RATE"):
            return _changes(values[0], per_second=name == "RATE")
        if name == "RUNNING_SUM":
            return _running_sum(values[0])
        raise MathError(f"The local cloud does not have the metric math function {name}.")

    def _all_times(self) -> Series:
        times = sorted({moment for known in self._series.values() for moment in known})
        return dict.fromkeys(times, 0.0)

    def _filled(self, series: Series, filling: ast.expr) -> Series:
        times = self._all_times()
        if isinstance(filling, ast.Name) and filling.id.upper() == "REPEAT":
            return _repeated(series, times)
        value = self.value(filling)
        given: Series = value if isinstance(value, dict) else dict.fromkeys(times, float(value))
        return {moment: series.get(moment, given.get(moment, 0.0)) for moment in times}

    def _chosen(self, values: list[Any]) -> Any:
        condition, then, otherwise = values[0], values[1], values[2] if len(values) > 2 else None
        if not isinstance(condition, dict):
            return then if condition else otherwise
        chosen: Series = {}
        for moment, holds in condition.items():
            source = then if holds else otherwise
            value = source.get(moment) if isinstance(source, dict) else source
            if value is not None:
                chosen[moment] = value
        return chosen


def _repeated(series: Series, times: Iterable[float]) -> Series:
    """A series whose gaps are filled with the value before them."""
    filled: Series = {}
    last: float | None = None
    for moment in times:
        last = series.get(moment, last)
        if last is not None:
            filled[moment] = last
    return filled


def _each(function: Callable[[float], float], value: Any) -> Any:
    if isinstance(value, list):
        return [_each(function, item) for item in value]
    if isinstance(value, dict):
        return {moment: float(function(item)) for moment, item in value.items()}
    return float(function(value))


def _pairwise(function: Callable[[float, float], float | None], left: Any, right: Any) -> Any:
    """An operation on two series where both have a value, on a series and a number, or on lists of series."""
    if isinstance(left, list):
        return [_pairwise(function, item, right) for item in left]
    if isinstance(right, list):
        return [_pairwise(function, left, item) for item in right]
    if not isinstance(left, dict) and not isinstance(right, dict):
        return function(left, right)
    times = [moment for side in (left, right) if isinstance(side, dict) for moment in side]
    result: Series = {}
    for moment in sorted(set(times)):
        first = left.get(moment) if isinstance(left, dict) else left
        second = right.get(moment) if isinstance(right, dict) else right
        value = None if first is None or second is None else function(first, second)
        if value is not None:
            result[moment] = value
    return result


def _aggregated(function: Callable[[list[float]], float], value: Any) -> Any:
    """Over several series, moment by moment; over one series, one number."""
    if isinstance(value, list):
        times = sorted({moment for series in value for moment in series})
        return {moment: function([series[moment] for series in value if moment in series]) for moment in times}
    if isinstance(value, dict):
        return function(list(value.values())) if value else 0.0
    return value


def _changes(series: Series, *, per_second: bool) -> Series:
    moments = sorted(series)
    return {
        later: (series[later] - series[earlier]) / ((later - earlier) if per_second else 1)
        for earlier, later in itertools.pairwise(moments)
    }


def _running_sum(series: Series) -> Series:
    total, sums = 0.0, {}
    for moment in sorted(series):
        total += series[moment]
        sums[moment] = total
    return sums
