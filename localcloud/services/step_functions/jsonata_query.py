"""The fields of JSONata states: Arguments, Output, Assign, Items, Condition and the others.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from localcloud.services.step_functions import expressions
from localcloud.services.step_functions.failures import EvaluationFailure, StateFailure
from localcloud.services.step_functions.frame import Frame, Outcome, read_timestamp
from localcloud.services.step_functions.payload import Payload, to_json


class JsonataQuery:
    """Evaluates the fields of one visit of a JSONata state.

    All expressions of a visit see the variables as they were when the state was entered: what a state assigns is
    there for the next one.
    """

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._definition = frame.definition

    def passed(self) -> Outcome:
        return self._handed_on(self._definition, "", self._frame.next, self._frame.input)

    def chosen(self) -> Outcome:
        for place, rule in enumerate(self._definition.get("Choices", ())):
            location = f"Choices[{place}]"
            if self._typed(rule.get("Condition"), "boolean", f"{location}/Condition"):
                return self._handed_on(rule, f"{location}/", str(rule["Next"]), self._frame.input)
        if "Default" not in self._definition:
            raise StateFailure("States.NoChoiceMatched", "Failed to transition out of the state. No choice matched.")
        return self._handed_on(self._definition, "", str(self._definition["Default"]), self._frame.input)

    def failure(self) -> tuple[str | None, str | None]:
        return self._text("Error"), self._text("Cause")

    def wait(self) -> float | datetime:
        text = self._text("Timestamp")
        if text is None:
            seconds = self.number("Seconds") or 0.0
            if seconds < 0:
                raise EvaluationFailure(f"Seconds cannot be negative but was: {to_json(seconds)}", "Seconds")
            return seconds
        moment = read_timestamp(text)
        if moment is None:
            expected = "an ISO-8601 extended offset date-time format string"
            raise EvaluationFailure(f"The Timestamp field cannot be parsed as {expected}: {text}", "Timestamp")
        return moment

    def arguments(self) -> Any:
        if "Arguments" not in self._definition:
            return self._frame.input.value
        return self._evaluated(self._definition["Arguments"], "Arguments", {})

    def role(self) -> str | None:
        if "Credentials" not in self._definition:
            return None
        return str(self._typed(self._definition["Credentials"].get("RoleArn"), "string", "Credentials/RoleArn"))

    def number(self, name: str) -> float | None:
        if name not in self._definition:
            return None
        value = self._typed(self._definition[name], "number", name)
        if not float(value).is_integer():
            raise EvaluationFailure(f"The {name} field cannot be parsed as an integer: {to_json(value)}", name)
        return float(value)

    def items(self) -> list[Any]:
        if "Items" in self._definition:
            return list(self._typed(self._definition["Items"], "array", "Items"))
        value = self._frame.input.value
        if not isinstance(value, list):
            raise EvaluationFailure(f"Map state input must be an array but was: {to_json(value)}")
        return value

    def item_input(self, index: int, item: Any) -> Any:
        if "ItemSelector" not in self._definition:
            return item
        context = {**self._frame.context, "Map": {"Item": {"Index": index, "Value": item}}}
        return self._evaluated(self._definition["ItemSelector"], "ItemSelector", {"context": context})

    def succeeded(self, result: Payload) -> Outcome:
        return self._handed_on(self._definition, "", self._frame.next, result, {"result": result.value})

    def inspected(self, result: Payload | None) -> dict[str, str]:
        if self._frame.kind != "Task":
            return {}
        if result is not None:
            return {"result": result.text}
        return {"afterArguments": to_json(self.arguments())} if "Arguments" in self._definition else {}

    def caught(self, catcher: Mapping[str, Any], error_output: Payload) -> Outcome:
        known = {"errorOutput": error_output.value}
        return self._handed_on(catcher, "Catch/", str(catcher["Next"]), error_output, known)

    def _handed_on(
        self,
        fields: Mapping[str, Any],
        prefix: str,
        following: str | None,
        default: Payload,
        states: Mapping[str, Any] | None = None,
    ) -> Outcome:
        """Output and Assign of a state, a choice rule or a catcher; without Output, the default is handed on.

        ``states`` is what ``$states`` holds here besides the input and the context.
        """
        known = states or {}
        output = default
        if "Output" in fields:
            output = Payload.of(self._evaluated(fields["Output"], f"{prefix}Output", known))
        assigned = {
            name: self._evaluated(template, f"{prefix}Assign/{name}", known)
            for name, template in fields.get("Assign", {}).items()
        }
        return Outcome(output, following, assigned)

    def _text(self, name: str) -> str | None:
        if name not in self._definition:
            return None
        return str(self._typed(self._definition[name], "string", name))

    def _typed(self, template: Any, expected: str, location: str) -> Any:
        value = self._evaluated(template, location, {})
        found = json_type(value)
        if found != expected:
            raise EvaluationFailure(
                f"{_named(template, location)} returned an unexpected result type. "
                f"Expected '{expected}', but was '{found}' for value: {to_json(value)}",
                location,
            )
        return value

    def _evaluated(self, template: Any, location: str, states: Mapping[str, Any]) -> Any:
        """A template with every expression in it replaced by its value."""
        known = {"input": self._frame.input.value, "context": self._frame.context, **states}
        return _filled(template, location, {**self._frame.variables, "states": known})


def _filled(template: Any, location: str, bindings: Mapping[str, Any]) -> Any:
    if isinstance(template, str):
        return _value(template, location, bindings) if is_expression(template) else template
    if isinstance(template, Mapping):
        return {name: _filled(item, f"{location}/{name}", bindings) for name, item in template.items()}
    if isinstance(template, list):
        return [_filled(item, f"{location}[{place}]", bindings) for place, item in enumerate(template)]
    return template


def _value(template: str, location: str, bindings: Mapping[str, Any]) -> Any:
    try:
        value = expressions.evaluate(template[2:-2].strip(), bindings)
    except expressions.ExpressionError as error:
        problem = f"{_named(template, location)} threw an error during evaluation. {error}"
        raise EvaluationFailure(problem, location) from error
    except expressions.Unsupported as error:
        problem = f"{_named(template, location)} returned an unsupported result type."
        raise EvaluationFailure(problem, location) from error
    if value is expressions.UNDEFINED:
        raise EvaluationFailure(f"{_named(template, location)} returned nothing (undefined).", location)
    return value


def is_expression(text: str) -> bool:
    """Whether a string of a definition is an expression: nothing may stand outside its delimiters."""
    return text.startswith("{%") and text.endswith("%}")


def json_type(value: Any) -> str:
    """The name of a JSON value's type, as messages of Step Functions give it."""
    if value is None:
        return "null"
    for name, types in (("boolean", bool), ("number", int | float), ("string", str), ("array", list)):
        if isinstance(value, types):
            return name
    return "object"


def _named(template: Any, location: str) -> str:
    expression = template[2:-2].strip() if isinstance(template, str) and is_expression(template) else template
    return f"The JSONata expression '{expression}' specified for the field '{location}'"
