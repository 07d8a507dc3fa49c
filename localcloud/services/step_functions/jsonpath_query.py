"""The fields of JSONPath states: InputPath, Parameters, ResultSelector, ResultPath, OutputPath and their like.

Paths are those of the emulator: members, indexes and wildcards. What it cannot read, and what a path does not find,
fails the state instead of becoming null. https://states-language.net/#path
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ministack.services import stepfunctions as emulator

from localcloud.services.step_functions.failures import RUNTIME, EvaluationFailure, StateFailure
from localcloud.services.step_functions.frame import Frame, Outcome, read_timestamp
from localcloud.services.step_functions.payload import Payload, to_json

_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)")
_SHOWN_CHARACTERS = 300


class JsonPathQuery:
    """Evaluates the fields of one visit of a JSONPath state."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._definition = frame.definition

    def passed(self) -> Outcome:
        effective = self._effective_input()
        if self._frame.kind != "Pass":
            return self._handed_on(effective, self._definition, self._frame.next)
        result = self._definition.get("Result", self._with_parameters(effective))
        return self._handed_on(self._with_result(result), self._definition, self._frame.next, result)

    def chosen(self) -> Outcome:
        effective = self._effective_input()
        for rule in self._definition.get("Choices", ()):
            if emulator._evaluate_rule(rule, effective, self._context):
                return self._handed_on(effective, {**self._definition, **rule}, str(rule["Next"]))
        if "Default" not in self._definition:
            raise StateFailure("States.NoChoiceMatched", "Failed to transition out of the state. No choice matched.")
        return self._handed_on(effective, self._definition, str(self._definition["Default"]))

    def failure(self) -> tuple[str | None, str | None]:
        return self._text("Error"), self._text("Cause")

    def wait(self) -> float | datetime:
        text = self._text("Timestamp")
        if text is None:
            return self.number("Seconds") or 0.0
        moment = read_timestamp(text)
        if moment is None:
            path = self._definition.get("TimestampPath", "Timestamp")
            expected = "a valid ISO-8601 extended offset date-time format string"
            raise _problem(f"The TimestampPath parameter does not reference {expected}: {path} == {text}")
        return moment

    def arguments(self) -> Any:
        return self._with_parameters(self._effective_input())

    def number(self, name: str) -> float | None:
        value = self._field(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise _problem(f"The value of {name} must be a number that is not negative, but was: {to_json(value)}")
        return float(value)

    def items(self) -> list[Any]:
        path = str(self._definition.get("ItemsPath", "$"))
        value = self._found(path, self._effective_input(), "ItemsPath")
        if not isinstance(value, list):
            raise _problem(f'Reference path "{path}" must point to array.')
        return value

    def item_input(self, index: int, item: Any) -> Any:
        selector = self._definition.get("ItemSelector", self._definition.get("Parameters"))
        if selector is None:
            return item
        context = {**self._context, "Map": {"Item": {"Index": index, "Value": item}}}
        return self._template(selector, self._effective_input(), context)

    def succeeded(self, result: Payload) -> Outcome:
        value = result.value
        if "ResultSelector" in self._definition:
            value = self._template(self._definition["ResultSelector"], value, self._context)
        return self._handed_on(self._with_result(value), self._definition, self._frame.next, value)

    def caught(self, catcher: Mapping[str, Any], error_output: Payload) -> Outcome:
        value = self._placed(catcher.get("ResultPath", "$"), error_output.value)
        assigned = self._assigned(catcher, error_output.value)
        return Outcome(Payload.of(value), str(catcher["Next"]), assigned)

    @property
    def _context(self) -> dict[str, Any]:
        return self._frame.context

    def _effective_input(self) -> Any:
        return self._selected("InputPath", self._frame.input.value)

    def _handed_on(
        self, output: Any, fields: Mapping[str, Any], following: str | None, assigned_from: Any = None
    ) -> Outcome:
        value = self._selected("OutputPath", output)
        payload = self._frame.input if value is self._frame.input.value else Payload.of(value)
        source = output if assigned_from is None else assigned_from
        return Outcome(payload, following, self._assigned(fields, source))

    def _selected(self, field: str, data: Any) -> Any:
        path = self._definition.get(field, "$")
        return {} if path is None else self._found(path, data, field)

    def _with_parameters(self, data: Any) -> Any:
        if "Parameters" not in self._definition:
            return data
        return self._template(self._definition["Parameters"], data, self._context)

    def _with_result(self, result: Any) -> Any:
        return self._placed(self._definition.get("ResultPath", "$"), result)

    def _placed(self, path: str | None, result: Any) -> Any:
        if path is None:
            return self._frame.input.value
        return emulator._apply_result_path_raw(path, self._frame.input.value, result)

    def _assigned(self, fields: Mapping[str, Any], data: Any) -> dict[str, Any]:
        template = fields.get("Assign")
        return dict(self._template(template, data, self._context)) if template else {}

    def _text(self, name: str) -> str | None:
        value = self._field(name)
        if value is None or isinstance(value, str):
            return value
        raise _problem(f"The value of {name} must be a string, but was: {to_json(value)}")

    def _field(self, name: str) -> Any:
        """A field that may be given as it is, or by a path in the field of the same name with Path behind it."""
        path = self._definition.get(f"{name}Path")
        if path is None:
            return self._definition.get(name)
        if path.startswith("States."):
            return self._intrinsic(path, self._frame.input.value, self._context)
        return self._found(path, self._effective_input(), f"{name}Path")

    def _template(self, template: Any, data: Any, context: Mapping[str, Any]) -> Any:
        """A template with every member whose name ends in ``.$`` replaced by what its path or function gives."""
        if isinstance(template, list):
            return [self._template(item, data, context) for item in template]
        if not isinstance(template, Mapping):
            return template
        filled = {}
        for name, item in template.items():
            if not name.endswith(".$") or not isinstance(item, str):
                filled[name] = self._template(item, data, context)
            elif item.startswith("States."):
                filled[name[:-2]] = self._intrinsic(item, data, context)
            else:
                filled[name[:-2]] = self._found(item, data, name, context)
        return filled

    def _intrinsic(self, text: str, data: Any, context: Mapping[str, Any]) -> Any:
        try:
            return emulator._evaluate_intrinsic(text, data, context)
        except emulator._ExecutionError as error:
            raise StateFailure(error.error, error.cause) from error

    def _found(self, path: str, data: Any, field: str, context: Mapping[str, Any] | None = None) -> Any:
        """What a path points to: in the data, the context object ($$) or a variable ($name)."""
        if path.startswith("$$"):
            root, rest = dict(context or self._context), path[1:]
        elif variable := _VARIABLE.match(path):
            if variable[1] not in self._frame.variables:
                raise _problem(f"The variable '{variable[0]}' specified for the field '{field}' has no value.")
            root, rest = self._frame.variables[variable[1]], "$" + path[variable.end() :]
        else:
            root, rest = data, path
        values, single = _values(root, rest, field)
        if not single:
            return values
        if not values and field in ("InputPath", "OutputPath"):
            steps = "".join(f"[{name!r}]" for _, name in emulator._parse_jsonpath_tokens(rest))
            raise _problem(f"Invalid path '{path}' : No results for path: ${steps}")
        if not values:
            shown = to_json(data)[:_SHOWN_CHARACTERS]
            raise _problem(
                f"The JSONPath '{path}' specified for the field '{field}' could not be found in the input '{shown}'"
            )
        return values[0]


def _values(root: Any, path: str, field: str) -> tuple[list[Any], bool]:
    """Everything a path matches, and whether it can match one value only."""
    tokens = emulator._parse_jsonpath_tokens(path) if path.startswith("$") else None
    if tokens is None:
        raise _problem(f"The local cloud cannot read the JSONPath '{path}' of the field '{field}'.")
    values = [root]
    for kind, value in tokens:
        values = [inner for outer in values for inner in _step(outer, kind, value)]
    return values, all(kind != "wildcard" for kind, _ in tokens)


def _step(value: Any, kind: str, name: Any) -> list[Any]:
    if kind == "wildcard":
        return list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []
    if kind == "index":
        return [value[name]] if isinstance(value, list) and name < len(value) else []
    return [value[name]] if isinstance(value, dict) and name in value else []


def _problem(message: str) -> EvaluationFailure:
    return EvaluationFailure(message, error=RUNTIME)
