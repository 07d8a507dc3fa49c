"""What a definition is refused for when a state machine is created or validated: by AWS, and by the local cloud alone.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from awskit.asl import definitions, machines
from awskit.asl.definitions import SCHEMA, Diagnostic
from localcloud.services.step_functions import integrations, intrinsics, json_paths
from localcloud.services.step_functions.resource import Resource

_PATH_FIELDS = ("InputPath", "OutputPath", "ItemsPath", "SecondsPath", "TimestampPath", "Variable")
_NO_PATHS = ("Branches", "ItemProcessor", "Iterator", "Result")
"""Fields with states of their own, and the one whose content is taken as it is."""


def diagnostics(text: str, *, express: bool = False, anywhere: bool = False) -> list[Diagnostic]:
    """Everything that is wrong with a definition, which is given as it was sent.

    ``anywhere`` leaves out what only the local cloud does not run.
    """
    try:
        definition = json.loads(text.strip() or "null")
    except ValueError as error:
        return [Diagnostic("INVALID_JSON_DESCRIPTION", str(error), "/")]
    if not isinstance(definition, dict):
        return [Diagnostic(SCHEMA, "Definition must be a valid JSON object", "/")]
    try:
        found = list(definitions.diagnostics(definition, express=express))
        wrong = {diagnostic.location for diagnostic in found}
        here = () if anywhere else _not_run_here(definition, "")
        return [*found, *(diagnostic for diagnostic in here if diagnostic.location not in wrong)]
    except (AttributeError, TypeError, KeyError) as error:
        return [Diagnostic(SCHEMA, f"A field has a value of the wrong type ({error})", "/")]


def refusal(text: Any, *, express: bool = False, anywhere: bool = False) -> str | None:
    """The message with which the creation of a state machine is refused; None when it is not."""
    found = [
        diagnostic
        for diagnostic in diagnostics(str(text or ""), express=express, anywhere=anywhere)
        if diagnostic.severity == "ERROR"
    ]
    if not found:
        return None
    problems = ", ".join(f"{problem.code}: {problem.message} at {problem.location}" for problem in found)
    return f"Invalid State Machine Definition: '{problems}'"


def validation(request: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of ValidateStateMachineDefinition."""
    found = diagnostics(str(request.get("definition") or ""), express=request.get("type") == "EXPRESS")
    wanted = [
        diagnostic for diagnostic in found if diagnostic.severity == "ERROR" or request.get("severity") == "WARNING"
    ]
    most = int(request.get("maxResults") or 100)
    shown = [
        {
            "severity": diagnostic.severity,
            "code": diagnostic.code,
            "message": diagnostic.message,
            "location": diagnostic.location,
        }
        for diagnostic in wanted[:most]
    ]
    failed = any(diagnostic.severity == "ERROR" for diagnostic in found)
    return {"result": "FAIL" if failed else "OK", "diagnostics": shown, "truncated": len(wanted) > most}


def _not_run_here(machine: Mapping[str, Any], path: str) -> Iterator[Diagnostic]:
    """What Step Functions runs and the local cloud does not: said at creation, not in the middle of an execution."""
    for name, state in machine.get("States", {}).items():
        where = f"{path}/States/{name}"
        processor = state.get("ItemProcessor", state.get("Iterator", {}))
        if processor.get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
            yield Diagnostic(SCHEMA, "The local cloud does not run Map states in distributed mode", where)
        resource = Resource.read(str(state.get("Resource", "")))
        if not integrations.known(resource):
            call = f"{resource.service}:{resource.action}"
            yield Diagnostic(SCHEMA, f"The local cloud does not call {call}", f"{where}/Resource")
        yield from _paths({field: value for field, value in state.items() if field not in _NO_PATHS}, where)
        for inner in machines.inside(state):
            yield from _not_run_here(inner.machine, where)


def _paths(value: Any, path: str) -> Iterator[Diagnostic]:
    if isinstance(value, list):
        for place, item in enumerate(value):
            yield from _paths(item, f"{path}[{place}]")
    elif isinstance(value, Mapping):
        for name, item in value.items():
            if isinstance(item, str) and (name.endswith(".$") or name in _PATH_FIELDS):
                problem = _path_problem(item)
                if problem:
                    yield Diagnostic(SCHEMA, f"The local cloud cannot read this: {problem}", f"{path}/{name}")
            else:
                yield from _paths(item, f"{path}/{name}")


def _path_problem(text: str) -> str | None:
    if not text.startswith("States."):
        return json_paths.problem(text)
    try:
        paths = intrinsics.paths(intrinsics.parse(text))
    except intrinsics.IntrinsicError as error:
        return str(error)
    return next((problem for path in paths if (problem := json_paths.problem(path))), None)
