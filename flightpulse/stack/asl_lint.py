"""Lints workflow definitions: what Step Functions refuses or warns of, and what no workflow of ours may lack.

Step Functions checks a definition only when it is deployed, and much of it only when the state runs.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from awskit.asl import definitions, machines
from awskit.asl.machines import Json
from awskit.languages import dynamodb_expressions
from awskit.languages.dynamodb_expressions import Expression
from awskit.languages.dynamodb_grammar import InvalidExpression
from flightpulse.errors import UserError
from flightpulse.stack.asl import Definition

_COMMON = {"Type", "Comment", "QueryLanguage"}
_FLOW = {"Next", "End"}
_DATA = {"Output", "Assign"}
_HANDLED = {"Arguments", "Retry", "Catch"}
# The fields of the Amazon States Language for JSONata, by type of state. JSONPath's are not among them.
_FIELDS: Mapping[str, set[str]] = {
    "Task": {"Resource", "Credentials", "TimeoutSeconds", "HeartbeatSeconds"} | _HANDLED | _FLOW | _DATA,
    "Pass": _FLOW | _DATA,
    "Wait": {"Seconds", "Timestamp"} | _FLOW | _DATA,
    "Choice": {"Choices", "Default"} | _DATA,
    "Parallel": {"Branches"} | _HANDLED | _FLOW | _DATA,
    "Map": {"Items", "ItemSelector", "ItemProcessor", "MaxConcurrency", "Retry", "Catch"} | _FLOW | _DATA,
    "Succeed": {"Output"},
    "Fail": {"Error", "Cause"},
}
_TERMINAL = ("Succeed", "Fail")
_EXPRESSION = re.compile(r"\{%(.*)%\}", re.DOTALL)
_SEND_ASIDE = "arn:aws:states:::sqs:sendMessage"
_TELL_PEOPLE = "arn:aws:states:::sns:publish"

Problems = Iterator[str]


def check(definition: Definition, *, known_substitutions: Iterable[str]) -> None:
    """Raise :class:`UserError` naming the first thing that is wrong with a definition."""
    found = problems(definition, known_substitutions=known_substitutions)
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise UserError(f"{definition.name}.asl.json: {found[0]}{more}.", hint="Correct the workflow.")


def problems(definition: Definition, *, known_substitutions: Iterable[str]) -> list[str]:
    """Everything that is wrong with a definition, one phrase each: of the whole, of Step Functions, of ours."""
    workflow = definition.text
    return [
        *_whole(definition, frozenset(known_substitutions)),
        *_step_functions(definition),
        *(problem for path, machine in definition.machines() for problem in _machine(path, machine)),
        *(f"{path}: {problem}" for path, state in definition.states() for problem in _state(state)),
        *(f"{path}: {problem}" for path, state in definition.states() for problem in _expressions(state)),
        *(f"{path}: {problem}" for path, state in definition.states() for problem in _dynamodb(state, workflow)),
        *_failures_reach_people(definition),
        *(problem for path, state in definition.states() for problem in _one_item_never_stops_the_others(path, state)),
    ]


def _whole(definition: Definition, known: frozenset[str]) -> Problems:
    document = definition.document
    if document.get("QueryLanguage") != "JSONata":
        yield "QueryLanguage is not JSONata"
    if not document.get("Comment"):
        yield "the workflow has no Comment"
    if not _is_seconds(document.get("TimeoutSeconds")):
        yield "the workflow has no TimeoutSeconds"
    for name in sorted(definition.substitutions - known):
        yield f"${{{name}}} is a substitution that the stack does not know"


def _step_functions(definition: Definition) -> Problems:
    """What Step Functions says of it; in the other language it would say it of every field."""
    if definition.document.get("QueryLanguage") == "JSONata":
        for found in definitions.diagnostics(definition.document):
            yield f"{found.location}: {found.message}"


def _machine(path: str, machine: Json) -> Problems:
    states = machine.get("States", {})
    reached = _reachable(states, str(machine.get("StartAt")))
    if not reached:
        return
    for name in states:
        if name not in reached:
            yield f"{path}{name} can never be reached"
    if not any(_ends(states[name]) for name in reached):
        yield f"{path or 'the workflow'} has no way to end"


def _state(state: Json) -> Problems:
    kind = str(state.get("Type"))
    if not state.get("Comment"):
        yield "there is no Comment for the one who shows it"
    for field in state:
        if kind in _FIELDS and field not in _FIELDS[kind] | _COMMON:
            yield f"a {kind} state in JSONata has no {field}"
    if kind == "Choice" and "Default" not in state:
        yield "a Choice needs a Default"
    if any("Condition" not in rule for rule in state.get("Choices", ())):
        yield "each of the Choices needs a Condition"
    if kind == "Task":
        yield from _task(state)
    yield from _retriers(state.get("Retry", ()))


def _task(state: Json) -> Problems:
    if not str(state.get("Resource", "")).startswith("arn:aws:states:::"):
        yield "its Resource is no service integration"
    if not _is_seconds(state.get("TimeoutSeconds")):
        yield "it has no TimeoutSeconds"
    if not any(_tries_again(retrier) for retrier in state.get("Retry", ())):
        yield "it has no Retry"


def _retriers(retriers: Iterable[Json]) -> Problems:
    for retrier in retriers:
        if not _tries_again(retrier):
            continue
        if retrier.get("JitterStrategy") != "FULL":
            yield "a Retry has no JitterStrategy FULL"
        if not _is_seconds(retrier.get("MaxDelaySeconds")):
            yield "a Retry has no MaxDelaySeconds"


def _expressions(state: Json) -> Problems:
    own = {key: value for key, value in state.items() if key not in ("ItemProcessor", "Branches", "Comment")}
    for path, text in _texts(own, ""):
        if ("{%" in text or "%}" in text) and not _EXPRESSION.fullmatch(text):
            yield f"{path} mixes text and JSONata; the expression must be the whole value"
        elif text.startswith("$."):
            yield f"{path} looks like JSONPath"


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if key.endswith(".$"):
                yield f"{path}.{key}".lstrip("."), "$."
            else:
                yield from _texts(item, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, f"{path}[{index}]")


_OPTIONAL = re.compile(r"\((?:[^()']|'[^']*'|\([^()]*\))* \? '(?P<with>[^']*)' : '(?P<without>[^']*)'\)")
_LITERAL = re.compile(r"'([^']*)'")
_INLINE = re.compile(r"'(\w+Expression)': '([^']*)'")
_INLINE_PLACEHOLDER = re.compile(r"'([#:]\w+)'\s*:")
_READERS: Mapping[str, Callable[[str], Expression]] = {
    "ConditionExpression": lambda text: dynamodb_expressions.condition(text, None, None),
    "KeyConditionExpression": lambda text: dynamodb_expressions.key_condition(text, None, None),
    "FilterExpression": lambda text: dynamodb_expressions.condition(text, None, None, slot="FilterExpression"),
    "UpdateExpression": lambda text: dynamodb_expressions.update(text, None, None),
}
_PLACEHOLDERS = {"#": "ExpressionAttributeNames", ":": "ExpressionAttributeValues"}


def _dynamodb(state: Json, workflow: str) -> Problems:
    """Expressions that DynamoDB would refuse; Step Functions itself does not look at them.

    A write that a variable keeps for several tasks gets what is different for each of them where it is used.
    """
    kept = [(request, workflow) for request in _requests(state.get("Assign"))]
    for request, added in [*((request, "") for request in _requests(state.get("Arguments"))), *kept]:
        read: list[Expression] = []
        for field, text in _written(request):
            try:
                read.append(_READERS[field](text))
            except InvalidExpression as error:
                yield f"{text!r}: {error}"
        used = frozenset().union(*(expression.placeholders for expression in read))
        if isinstance(request, str):
            yield from _inline(request, used)
        elif read:
            yield from _placeholders(request, used, added)


def _requests(value: Any) -> Iterator[Any]:
    """Every request to DynamoDB, or part of one: they may be kept, or wait in a letter for their redrive."""
    if isinstance(value, str):
        if _INLINE.search(value):
            yield value
    elif isinstance(value, Mapping):
        if any(field in value for field in _READERS):
            yield value
        for name, inner in value.items():
            if not isinstance(inner, str) or name == "TransactItems":
                yield from _requests(inner)
    elif isinstance(value, list):
        for item in value:
            yield from _requests(item)


def _written(request: Any) -> Iterator[tuple[str, str]]:
    """Each expression of a request, by field; one that JSONata puts together in every form that it can take."""
    if isinstance(request, str):
        yield from (found for found in _INLINE.findall(request) if found[0] in _READERS)
        return
    for field in _READERS:
        text = request.get(field)
        if not isinstance(text, str):
            continue
        whole = _EXPRESSION.fullmatch(text)
        if not whole:
            yield field, text
        elif _LITERAL.search(whole[1]):
            for chosen in ("with", "without"):
                parts = _OPTIONAL.sub(lambda found, chosen=chosen: f"'{found[chosen]}'", whole[1])
                yield field, "".join(_LITERAL.findall(parts))


def _placeholders(request: Json, used: frozenset[str], added: str) -> Problems:
    for sign, container in _PLACEHOLDERS.items():
        given = request.get(container, {})
        if not isinstance(given, Mapping):
            continue
        for name in sorted(name for name in used if name[0] == sign and name not in given and f"'{name}'" not in added):
            yield f"{name} is in an expression and not in {container}"
        for name in sorted(set(given) - used):
            yield f"{name} is in {container} and in no expression"


def _inline(text: str, used: frozenset[str]) -> Problems:
    """Of requests that JSONata puts together it is known which placeholders are given, not to which expression."""
    given = frozenset(_INLINE_PLACEHOLDER.findall(text))
    for name in sorted(used - given if given else ()):
        yield f"{name} is in an expression and not given"


def _failures_reach_people(definition: Definition) -> Problems:
    """In a workflow that an event starts, whatever fails is put aside and somebody is told."""
    if "ErrorTopicArn" not in definition.substitutions:
        return
    states = definition.document.get("States", {})
    for name, state in states.items():
        if state.get("Type") not in ("Task", "Map", "Parallel"):
            continue
        catcher = _catch_all(state)
        if catcher is None:
            yield f"{name} catches not every error"
            continue
        resources = {states[reached].get("Resource") for reached in _reachable(states, catcher) if reached in states}
        if state.get("Resource") not in (_SEND_ASIDE, _TELL_PEOPLE) and not {_SEND_ASIDE, _TELL_PEOPLE} <= resources:
            yield f"{name} fails without a dead letter and a word to the error topic"


def _one_item_never_stops_the_others(path: str, state: Json) -> Problems:
    """Where a Map handles items at the same time, each catches its own failures, those of its dead letter too.

    The failure of one would end the Map, and cut the others off wherever they are.
    """
    if state.get("Type") != "Map" or state.get("MaxConcurrency") == 1:
        return
    for inside in machines.inside(state):
        for name, inner in inside.machine.get("States", {}).items():
            if inner.get("Type") == "Task" and _catch_all(inner) is None:
                yield f"{path}/{name} catches not every error, so one item's failure would stop the others"


def _catch_all(state: Json) -> str | None:
    for catcher in state.get("Catch", ()):
        if catcher.get("ErrorEquals") == ["States.ALL"]:
            return str(catcher.get("Next"))
    return None


def _targets(state: Json) -> Iterator[str]:
    for rules in (state.get("Choices", ()), state.get("Catch", ())):
        yield from (rule["Next"] for rule in rules if "Next" in rule)
    yield from (state[field] for field in ("Next", "Default") if field in state)


def _reachable(states: Json, start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in found and name in states:
            found.add(name)
            waiting.extend(_targets(states[name]))
    return found


def _ends(state: Json) -> bool:
    return state.get("End") is True or state.get("Type") in _TERMINAL


def _tries_again(retrier: Json) -> bool:
    return bool(retrier.get("MaxAttempts", 3) != 0)


def _is_seconds(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
