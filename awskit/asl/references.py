"""Which state of a definition reads which workflow variables, as DescribeStateMachine tells it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from awskit.asl import expressions, machines

_PATHS = ("InputPath", "OutputPath", "ItemsPath", "Variable")
_VARIABLE = re.compile(r"(?<![\w$.\])])\$(?P<name>[^\W\d]\w*)")
_OF_OTHER_STATES = ("Branches", "Comment", "ItemProcessor", "Iterator")


def variable_references(definition: Mapping[str, Any]) -> dict[str, list[str]]:
    """By the state's name, at any depth; states that read no variable are left out."""
    return dict(_of_machine(definition, "JSONPath"))


def _of_machine(machine: Mapping[str, Any], around: str) -> Iterator[tuple[str, list[str]]]:
    language = str(machine.get("QueryLanguage", around))
    for name, state in machine.get("States", {}).items():
        spoken = str(state.get("QueryLanguage", language))
        fields = {field: value for field, value in state.items() if field not in _OF_OTHER_STATES}
        found = sorted(set(_in_expressions(fields) if spoken == "JSONata" else _in_paths(fields, "")))
        if found:
            yield name, found
        for inner in machines.inside(state):
            yield from _of_machine(inner.machine, spoken)


def _in_expressions(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _in_expressions(item)
    elif isinstance(value, list):
        for item in value:
            yield from _in_expressions(item)
    elif isinstance(value, str) and value.startswith("{%") and value.endswith("%}"):
        yield from expressions.unknown_variables(value[2:-2].strip(), variables=())


def _in_paths(value: Any, field: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _in_paths(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _in_paths(item, field)
    elif isinstance(value, str) and (field.endswith((".$", "Path")) or field in _PATHS):
        # What stands in quotes is text of a States.* function.
        unquoted = re.sub(r"'(\\.|[^'\\])*'", "''", value)
        yield from (found["name"] for found in _VARIABLE.finditer(unquoted))
