"""Reads a state machine definition (Amazon States Language) into nested scopes of states and edges.

A scope is a small graph with one entry: the machine itself, the item processor of a Map, a branch of a Parallel state.
Every state has a path, unique in the machine: ``InOrderOfTier/InChunks/NotifyChunk``, or ``FanOut/1/SendSms`` in the
second branch of a Parallel state.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from flightpulse.errors import UserError

EdgeKind = Literal["next", "choice", "default", "catch"]


@dataclass(frozen=True, slots=True)
class Edge:
    """A way out of a state. ``label`` is the rule or the errors it stands for, "" for a plain Next."""

    kind: EdgeKind
    source: str
    target: str
    label: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from other edges: kind, source path, target path."""
        return (self.kind, self.source, self.target)


@dataclass(frozen=True, slots=True)
class State:
    """One state. ``scopes`` holds what runs inside it: one for a Map, one per branch for a Parallel state.

    ``body`` is its part of the definition.
    """

    path: str
    name: str
    kind: str
    comment: str
    resource: str
    notes: str
    ends: bool
    edges: tuple[Edge, ...]
    scopes: tuple["Scope", ...]
    body: Mapping[str, Any] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Scope:
    """States in definition order; ``start`` and the keys of ``states`` are paths."""

    start: str
    states: Mapping[str, State]
    label: str = ""

    def walk(self) -> Iterator[State]:
        """Every state, parents before what is inside them."""
        for state in self.states.values():
            yield state
            for scope in state.scopes:
                yield from scope.walk()


def parse(definition: Mapping[str, Any] | str) -> Scope:
    """The scopes of a definition given as a mapping or as JSON text.

    JSONPath and JSONata definitions are both understood. Raises UserError when it is no definition or when a state
    names a successor that does not exist.
    """
    if isinstance(definition, str):
        try:
            definition = json.loads(definition)
        except ValueError as error:
            raise UserError(
                f"This is not a state machine definition: {error}.", hint="Give the text of an .asl.json file."
            ) from error
    if not isinstance(definition, Mapping):
        raise UserError(
            "This is not a state machine definition: it is no JSON object.", hint="Give the text of an .asl.json file."
        )
    return _scope(definition, prefix="", label="")


def _scope(definition: Mapping[str, Any], prefix: str, label: str) -> Scope:
    states, start = definition.get("States"), definition.get("StartAt")
    where = f" inside {prefix.rstrip('/')}" if prefix else ""
    if not isinstance(states, Mapping) or start not in states:
        raise UserError(
            f"This is not a state machine definition: it has no States with its StartAt{where}.",
            hint="A definition has StartAt and States.",
        )
    parsed = {_path(prefix, name): _state(name, body, prefix, states) for name, body in states.items()}
    return Scope(start=_path(prefix, str(start)), states=parsed, label=label)


def _state(name: str, body: Any, prefix: str, siblings: Mapping[str, Any]) -> State:
    if not isinstance(body, Mapping) or "Type" not in body:
        raise UserError(f"State {name} has no Type.", hint="Every state of a definition needs one.")
    path = _path(prefix, name)
    edges = tuple(_edges(path, body, prefix))
    for edge in edges:
        if not any(edge.target == _path(prefix, sibling) for sibling in siblings):
            raise UserError(f"State {name} goes on to {edge.target}, which does not exist.", hint="Mend the name.")
    return State(
        path=path,
        name=name,
        kind=str(body["Type"]),
        comment=str(body.get("Comment", "")),
        resource=short_resource(str(body.get("Resource", ""))),
        notes=_notes(body),
        ends=bool(body.get("End")) or body["Type"] in {"Succeed", "Fail"},
        edges=edges,
        scopes=tuple(_inner_scopes(path, body)),
        body=body,
    )


def _path(prefix: str, name: str) -> str:
    return prefix + name.replace("/", "∕")


def _inner_scopes(path: str, body: Mapping[str, Any]) -> Iterator[Scope]:
    if body["Type"] == "Map":
        yield _scope(body.get("ItemProcessor") or body.get("Iterator") or {}, f"{path}/", "each item")
    for number, branch in enumerate(body.get("Branches", [])):
        yield _scope(branch, f"{path}/{number}/", f"branch {number + 1}")


def _edges(path: str, body: Mapping[str, Any], prefix: str) -> Iterator[Edge]:
    if isinstance(body.get("Next"), str):
        yield Edge("next", path, _path(prefix, body["Next"]), "")
    for rule in body.get("Choices", []):
        yield Edge("choice", path, _path(prefix, str(rule.get("Next"))), rule_in_words(rule))
    if "Default" in body:
        yield Edge("default", path, _path(prefix, str(body["Default"])), "otherwise")
    for catcher in body.get("Catch", []):
        errors = [short_error(error) for error in catcher.get("ErrorEquals", [])]
        yield Edge("catch", path, _path(prefix, str(catcher.get("Next"))), " or ".join(errors))


def _notes(body: Mapping[str, Any]) -> str:
    """What is worth a word beside the kind: how a Map runs, how long a Wait lasts, what a Fail says."""
    kind = body["Type"]
    if kind == "Map":
        processor = body.get("ItemProcessor") or {}
        distributed = processor.get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED"
        at_once = body.get("MaxConcurrency", 0)
        paced = {0: "all at once", 1: "one by one"}.get(at_once, f"{at_once} at once") if _number(at_once) else ""
        return ", ".join(filter(None, ["distributed" if distributed else "", paced]))
    if kind == "Wait":
        if _number(body.get("Seconds")):
            return f"{body['Seconds']} s"
        return shown_expression(str(next((body[key] for key in _WAITS if key in body), "")))
    if kind == "Fail":
        return shown_expression(str(body.get("Error") or body.get("ErrorPath") or ""))
    return ""


_WAITS = ("Seconds", "SecondsPath", "Timestamp", "TimestampPath")


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def short_resource(resource: str) -> str:
    """``dynamodb:query`` for an SDK integration's ARN, ``lambda Name`` for a function's."""
    if resource.startswith("arn:") and ":states:::" in resource:
        return resource.split(":states:::", 1)[1].removeprefix("aws-sdk:")
    parts = resource.split(":")
    if resource.startswith("arn:") and len(parts) >= 7 and parts[2] in {"lambda", "states"}:
        return f"{parts[5].replace('function', 'lambda')} {parts[6]}"
    return resource.removeprefix("aws-sdk:")


def short_error(error: str) -> str:
    """An error's name as a person would say it: without its service and without ``Exception``."""
    if error in {"States.ALL", "States.TaskFailed"}:
        return {"States.ALL": "any error", "States.TaskFailed": "task failed"}[error]
    return error.rsplit(".", 1)[-1].removesuffix("Exception") or error


def shown_expression(text: str) -> str:
    """A JSONata expression without its ``{% %}``; anything else as it is."""
    stripped = text.strip()
    if stripped.startswith("{%") and stripped.endswith("%}"):
        return " ".join(stripped[2:-2].split())
    return stripped


_COMPARISONS = {
    "Equals": "=",
    "LessThan": "<",
    "GreaterThan": ">",
    "LessThanEquals": "≤",
    "GreaterThanEquals": "≥",
    "Matches": "like",
}
_TESTS = {
    "IsPresent": "present",
    "IsNull": "null",
    "IsNumeric": "a number",
    "IsString": "a text",
    "IsBoolean": "a boolean",
    "IsTimestamp": "a timestamp",
}


def rule_in_words(rule: Mapping[str, Any]) -> str:
    """A Choice rule on one line: its JSONata condition, or its JSONPath comparison as ``$.delay > 30``."""
    if "Condition" in rule:
        return shown_expression(str(rule["Condition"]))
    for word, joint in (("And", " and "), ("Or", " or ")):
        if word in rule:
            return joint.join(_bracketed(inner) for inner in rule[word])
    if "Not" in rule:
        return f"not {_bracketed(rule['Not'])}"
    variable = str(rule.get("Variable", ""))
    for key, value in rule.items():
        if key in _TESTS:
            return f"{variable} is {'' if value else 'not '}{_TESTS[key]}"
        comparison = _comparison(key)
        if comparison:
            shown = value if key.endswith("Path") else json.dumps(value, ensure_ascii=False)
            return f"{variable} {comparison} {shown}"
    return variable


def _bracketed(rule: Mapping[str, Any]) -> str:
    text = rule_in_words(rule)
    return f"({text})" if "And" in rule or "Or" in rule else text


def _comparison(key: str) -> str | None:
    bare = key.removesuffix("Path")
    for kind in ("String", "Numeric", "Timestamp", "Boolean"):
        if bare.startswith(kind):
            return _COMPARISONS.get(bare.removeprefix(kind))
    return None
