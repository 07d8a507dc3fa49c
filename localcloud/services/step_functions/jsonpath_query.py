"""The fields of JSONPath states: InputPath, Parameters, ResultSelector, ResultPath, OutputPath and their like.

What a path does not find fails the state instead of becoming null. https://states-language.net/#path
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ministack.services import stepfunctions as emulator

from localcloud.services.step_functions import choice_rules, intrinsics, json_paths
from localcloud.services.step_functions.failures import RUNTIME, EvaluationFailure, StateFailure
from localcloud.services.step_functions.frame import Frame, Outcome, read_timestamp
from localcloud.services.step_functions.payload import Payload, to_json

_SHOWN_CHARACTERS = 300
_WITH_RESULTS = ("InputPath", "OutputPath", "TimeoutSecondsPath", "HeartbeatSecondsPath")


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

        def find(path: str) -> Any:
            try:
                return json_paths.find(path, self._roots(effective))
            except json_paths.NotFound:
                return choice_rules.MISSING
            except json_paths.UnknownVariable as unknown:
                raise _problem(f"The variable '{unknown}' specified for the field 'Variable' has no value.") from None

        def missing(path: str) -> Exception:
            return _problem(f"Invalid path '{path}': The choice state's condition path references an invalid value.")

        for rule in self._definition.get("Choices", ()):
            if choice_rules.holds(rule, find, missing):
                return self._handed_on(effective, {**self._definition, **rule}, str(rule["Next"]))
        if "Default" not in self._definition:
            raise StateFailure("States.NoChoiceMatched", "Failed to transition out of the state. No choice matched.")
        return self._handed_on(effective, self._definition, str(self._definition["Default"]))

    def failure(self) -> tuple[str | None, str | None]:
        return self._text("Error"), self._text("Cause")

    def wait(self) -> float | datetime:
        text = self._text("Timestamp")
        if text is None:
            return self._seconds()
        moment = read_timestamp(text)
        if moment is None:
            path = self._definition.get("TimestampPath", "Timestamp")
            expected = "a valid ISO-8601 extended offset date-time format string"
            raise _problem(f"The TimestampPath parameter does not reference {expected}: {path} == {text}")
        return moment

    def _seconds(self) -> float:
        value = self._field("Seconds")
        what = f"{self._definition.get('SecondsPath', 'Seconds')} == {to_json(value)}"
        if isinstance(value, bool) or not isinstance(value, int):
            raise _problem(f"The SecondsPath parameter cannot be parsed as a long value: {what}")
        if value < 0:
            raise _problem(f"The SecondsPath parameter references a negative value: {what}")
        return float(value)

    def arguments(self) -> Any:
        return self._with_parameters(self._effective_input())

    def role(self) -> str | None:
        if "Credentials" not in self._definition:
            return None
        value = self._template(self._definition["Credentials"], self._effective_input(), self._context)["RoleArn"]
        return value if isinstance(value, str) else to_json(value)

    def number(self, name: str) -> float | None:
        value = self._field(name)
        if value is None:
            return None
        if name == "MaxConcurrency" and f"{name}Path" in self._definition:
            return self._concurrency(value)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise _problem(f"The value of {name} must be a number that is not negative, but was: {to_json(value)}")
        return float(value)

    def _concurrency(self, value: Any) -> float:
        """A whole number, which may also be written as a text."""
        text = value if isinstance(value, str) else to_json(value)
        if not text.isdigit():
            refers = f'The MaxConcurrencyPath field refers to value "{text}" which is not a valid integer'
            raise _problem(f"{refers}: {self._definition['MaxConcurrencyPath']}")
        return float(text)

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
        value = self._selected_result(result.value)
        return self._handed_on(self._with_result(value), self._definition, self._frame.next, value, result)

    def inspected(self, result: Payload | None) -> dict[str, str]:
        kind, given = self._frame.kind, "Result" in self._definition
        if result is None:
            shown = {} if kind == "Parallel" or given else {"afterInputPath": to_json(self._effective_input())}
            return (
                {**shown, "afterParameters": to_json(self.arguments())} if kind in ("Pass", "Task") and shown else shown
            )
        if kind not in ("Pass", "Task", "Map", "Parallel"):
            return {}
        value = (
            self._definition.get("Result", self.arguments()) if kind == "Pass" else self._selected_result(result.value)
        )
        texts = [result.text if it is result.value else to_json(it) for it in (value, self._with_result(value))]
        shown = dict(zip(("afterResultSelector", "afterResultPath"), texts, strict=True))
        if kind == "Task":
            return {**shown, "result": result.text}
        return {**shown, "result": to_json(value)} if given else shown

    def _selected_result(self, value: Any) -> Any:
        if "ResultSelector" not in self._definition:
            return value
        return self._template(self._definition["ResultSelector"], value, self._context)

    def caught(self, catcher: Mapping[str, Any], error_output: Payload) -> Outcome:
        value = self._placed(catcher.get("ResultPath", "$"), error_output.value)
        assigned = self._assigned(catcher, error_output.value)
        return Outcome(Payload.of(value), str(catcher["Next"]), assigned)

    @property
    def _context(self) -> Mapping[str, Any]:
        return self._frame.context

    def _effective_input(self) -> Any:
        return self._selected("InputPath", self._frame.input.value)

    def _handed_on(
        self,
        output: Any,
        fields: Mapping[str, Any],
        following: str | None,
        assigned_from: Any = None,
        result: Payload | None = None,
    ) -> Outcome:
        """An input or a result that goes on as it is keeps its text."""
        value = self._selected("OutputPath", output)
        as_given = (given for given in (self._frame.input, result) if given is not None and value is given.value)
        payload = next(as_given, None) or Payload.of(value)
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
            return self._intrinsic(path, self._frame.input.value, self._context, f"{name}Path")
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
                filled[name[:-2]] = self._intrinsic(item, data, context, name)
            else:
                filled[name[:-2]] = self._found(item, data, name, context)
        return filled

    def _roots(self, data: Any, context: Mapping[str, Any] | None = None) -> json_paths.Roots:
        return json_paths.Roots(data, context or self._context, self._frame.variables)

    def _intrinsic(self, text: str, data: Any, context: Mapping[str, Any], field: str) -> Any:
        try:
            return intrinsics.evaluate(intrinsics.parse(text), lambda path: self._found(path, data, field, context))
        except intrinsics.IntrinsicError as error:
            raise StateFailure("States.IntrinsicFailure", f"The function '{text}' had an error: {error}") from error

    def _found(self, path: str, data: Any, field: str, context: Mapping[str, Any] | None = None) -> Any:
        """What a path points to: in the data, the context object ($$) or a variable ($name)."""
        try:
            return json_paths.find(path, self._roots(data, context))
        except json_paths.UnknownVariable as unknown:
            raise _problem(f"The variable '{unknown}' specified for the field '{field}' has no value.") from None
        except json_paths.PathError as error:
            raise _problem(f"The path of the field '{field}' cannot be read: {error}.") from error
        except json_paths.NotFound as nowhere:
            if field in ("SecondsPath", "TimestampPath"):
                raise _problem(f"The {field} parameter does not reference an input value: {path}") from None
            if field in _WITH_RESULTS:
                raise _problem(f"Invalid path '{path}' : {nowhere}") from None
            shown = to_json(data)[:_SHOWN_CHARACTERS]
            raise _problem(
                f"The JSONPath '{path}' specified for the field '{field}' could not be found in the input '{shown}'"
            ) from None


def _problem(message: str) -> EvaluationFailure:
    return EvaluationFailure(message, error=RUNTIME)
