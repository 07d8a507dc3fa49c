"""Looks at whole definitions: what Step Functions refuses when a state machine is created.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from awskit.asl import expressions, machines
from awskit.asl.machines import Json

SCHEMA = "SCHEMA_VALIDATION_FAILED"
_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "dynamodb": ("getItem", "putItem", "updateItem", "deleteItem"),
    "events": ("putEvents",),
    "lambda": ("invoke",),
    "sns": ("publish",),
    "sqs": ("sendMessage",),
    "states": ("startExecution",),
}
"""What the optimised integrations of some services can do; others are not judged."""
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_TYPES = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")
_FLOWING = ("Task", "Wait", "Pass", "Parallel", "Map")
_JSONATA_ONLY = ("Arguments", "Items", "Output")
_JSONPATH_ONLY = ("InputPath", "OutputPath", "Parameters", "ResultPath", "ResultSelector", "ItemsPath")
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "Task": ("Resource",),
    "Choice": ("Choices",),
    "Map": (),
    "Parallel": ("Branches",),
}


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that is wrong, as ValidateStateMachineDefinition names it. ``location`` is a path from the root.

    Step Functions refuses errors; with a warning it creates the state machine.
    """

    code: str
    message: str
    location: str
    severity: str = "ERROR"


def diagnostics(definition: Json, *, express: bool = False) -> Iterator[Diagnostic]:
    """Everything that is wrong with a definition."""
    yield from _machine(definition, "", "JSONPath", express, frozenset(), frozenset())
    if definition.get("QueryLanguage") == "JSONata":
        yield from _downgrades(definition, "")


def _downgrades(machine: Json, path: str) -> Iterator[Diagnostic]:
    for name, state in machine.get("States", {}).items():
        where = f"{path}/States/{name}"
        if state.get("QueryLanguage") == "JSONPath":
            yield _schema("'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", where)
        for inner in machines.inside(state):
            yield from _downgrades(inner.machine, f"{where}/{inner.location}")


def _machine(
    machine: Json, path: str, around: str, express: bool, outer: frozenset[str], taken: frozenset[str]
) -> Iterator[Diagnostic]:
    """``outer`` are the variables that may be read here; ``taken`` are those of them that may not be assigned."""
    missing = [name for name in ("States", "StartAt") if name not in machine]
    if missing:
        yield _schema(f"These fields are required: [{', '.join(missing)}]", path or "/")
        return
    states, language = machine["States"], str(machine.get("QueryLanguage", around))
    if not isinstance(states, Mapping) or not states:
        yield _schema("The field 'States' must be an object with states", path or "/")
        return
    if machine["StartAt"] not in states:
        yield _target("StartAt", machine["StartAt"], f"{path}/StartAt")
    own = frozenset(_assigned(states.values()))
    for name in sorted(own & taken):
        yield _schema(f"The variable '{name}' is assigned in an outer scope and cannot be assigned again", path or "/")
    for name, state in states.items():
        # What only its own Catch assigns, the branches of a Map or Parallel state may assign as well (as seen on AWS).
        bare = ({**other, "Catch": ()} if other is state else other for other in states.values())
        variables, here = own | outer, taken | frozenset(_assigned(bare))
        yield from _state(state, f"{path}/States/{name}", states, language, express, variables, here)


def _state(
    state: Json,
    path: str,
    states: Json,
    around: str,
    express: bool,
    variables: frozenset[str],
    taken: frozenset[str],
) -> Iterator[Diagnostic]:
    kind, language = state.get("Type"), state.get("QueryLanguage", around)
    if kind not in _TYPES:
        known = ", ".join(_TYPES)
        yield _schema(f"The field 'Type' should have one of these values: [{known}]", f"{path}/Type")
        return
    yield from _fields(state, kind, path, language)
    yield from _transitions(state, kind, path, states)
    yield from _resource(state, path, express)
    if not {"RoleArn", "RoleArn.$"} & state.get("Credentials", {"RoleArn": ""}).keys():
        yield _schema("The field 'RoleArn' is required but was missing", f"{path}/Credentials")
    if language == "JSONata":
        yield from _expressions(state, kind, path, variables)
    for inner in machines.inside(state):
        yield from _machine(inner.machine, f"{path}/{inner.location}", language, express, variables, taken)


def _fields(state: Json, kind: str, path: str, language: str) -> Iterator[Diagnostic]:
    missing = [name for name in _REQUIRED.get(kind, ()) if name not in state]
    if missing:
        yield _schema(f"These fields are required: [{', '.join(missing)}]", path)
    for name in _JSONPATH_ONLY if language == "JSONata" else _JSONATA_ONLY:
        if name in state:
            other = "JSONPath" if language == "JSONata" else "JSONata"
            yield _schema(f"The field '{name}' is only supported in {other}", f"{path}/{name}")
    moment = state.get("Timestamp")
    if isinstance(moment, str) and not _is_moment(moment) and (language != "JSONata" or not _is_expression(moment)):
        yield _schema("String does not match RFC3339 timestamp", f"{path}/Timestamp")
    for name in ("Branches", "Choices"):
        if state.get(name) == []:
            yield _schema("Value cannot be empty", f"{path}/{name}")
    if kind in _FLOWING and ("Next" in state) == (state.get("End") is True):
        yield _schema("Either 'Next' or 'End' is required, and not both", path)


def _is_expression(text: str) -> bool:
    return text.startswith("{%") and text.endswith("%}")


def _is_moment(text: str) -> bool:
    if not _RFC3339.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text[:19])
    except ValueError:
        return False
    return True


def _transitions(state: Json, kind: str, path: str, states: Json) -> Iterator[Diagnostic]:
    for field in ("Next", "Default"):
        if field in state and state[field] not in states:
            yield _target(field, state[field], f"{path}/{field}")
    for field in ("Choices", "Catch"):
        for place, rule in enumerate(state.get(field, ())):
            where = f"{path}/{field}[{place}]"
            if "Next" not in rule:
                yield _schema("These fields are required: [Next]", where)
            elif rule["Next"] not in states:
                yield _target("Next", rule["Next"], f"{where}/Next")
    for field in ("Retry", "Catch"):
        rules = state.get(field, ())
        for place, rule in enumerate(rules):
            errors = rule.get("ErrorEquals", ())
            if not errors:
                yield _schema("These fields are required: [ErrorEquals]", f"{path}/{field}[{place}]")
            elif "States.ALL" in errors and (len(errors) > 1 or place < len(rules) - 1):
                message = f"States.ALL must appear alone, and in the last rule of '{field}'"
                yield _schema(message, f"{path}/{field}[{place}]/ErrorEquals")
    if kind in ("Fail", "Succeed"):
        for field in ("Next", "End"):
            if field in state:
                yield _schema(f"The field '{field}' is not supported in a {kind} state", f"{path}/{field}")


def _resource(state: Json, path: str, express: bool) -> Iterator[Diagnostic]:
    resource = str(state.get("Resource", ""))
    service, _, action = resource.partition(":states:::")[2].partition(":")
    if action.partition(".")[0] not in _ACTIONS.get(service, (action.partition(".")[0],)):
        said = f"The resource provided {resource} is not recognized. The value is not a valid resource ARN, or the"
        yield _schema(f"{said} resource is not available in this region.", f"{path}/Resource")
    where, express_machine = f"{path}/Resource", "Express state machine does not support"
    if not express:
        return
    if resource.endswith(".waitForTaskToken"):
        yield _schema(f"{express_machine} '.waitForTaskToken' service integration ", where)
    elif resource.endswith((".sync", ".sync:2")):
        yield _schema(f"{express_machine} '.sync' service integration", where)
    elif ":activity:" in resource:
        yield _schema(f"{express_machine} Activity ARN", where)


def _expressions(state: Json, kind: str, path: str, variables: frozenset[str]) -> Iterator[Diagnostic]:
    handed_on = {"result"} if kind in ("Task", "Map", "Parallel") else set()
    for field, value in state.items():
        if field in ("Comment", "Branches", "ItemProcessor", "Iterator"):
            continue
        if field == "Catch":
            for place, catcher in enumerate(value):
                fields = {name: catcher[name] for name in ("Output", "Assign") if name in catcher}
                yield from _texts(fields, f"{path}/Catch[{place}]", variables, {"errorOutput"})
        else:
            yield from _texts(
                value, f"{path}/{field}", variables, handed_on if field in ("Output", "Assign") else set()
            )


def _texts(value: Any, path: str, variables: frozenset[str], members: set[str]) -> Iterator[Diagnostic]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _texts(item, f"{path}/{name}", variables, members)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _texts(item, f"{path}[{place}]", variables, members)
    elif isinstance(value, str) and _is_expression(value):
        yield from _expression(value[2:-2].strip(), path, variables, members)


def _expression(text: str, path: str, variables: frozenset[str], members: set[str]) -> Iterator[Diagnostic]:
    try:
        found = list(expressions.problems(text, states={"input", "context", *members}))
    except expressions.SyntaxProblem as error:
        yield Diagnostic("INVALID_JSONATA_EXPRESSION", str(error), path)
        return
    for problem in found:
        yield Diagnostic("INVALID_JSONATA_EXPRESSION", problem, path)
    for name in expressions.unknown_variables(text, variables=variables):
        yield Diagnostic("UNKNOWN_VARIABLE", f"The variable ${name} is assigned nowhere", path, "WARNING")


def _assigned(states: Iterable[Json]) -> Iterator[str]:
    for state in states:
        for fields in (state, *state.get("Choices", ()), *state.get("Catch", ())):
            yield from (name.removesuffix(".$") for name in fields.get("Assign", ()))


def _schema(message: str, location: str) -> Diagnostic:
    return Diagnostic(SCHEMA, message, location)


def _target(field: str, name: Any, location: str) -> Diagnostic:
    return Diagnostic("MISSING_TRANSITION_TARGET", f"Missing '{field}' target: {name}", location)
