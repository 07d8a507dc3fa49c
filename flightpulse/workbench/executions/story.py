"""Says in plain words what happened in an execution: durations, retries, caught errors."""

import json

from flightpulse.workbench.executions.history import Attempt, Problem, Visit
from flightpulse.workbench.show.words import counted, shortened

_TASK_WORDS = {
    "dynamodb:putItem": "writes to the table",
    "dynamodb:updateItem": "updates the table",
    "aws-sdk:dynamodb:transactWriteItems": "updates several items of the table, all or none",
    "dynamodb:getItem": "reads the table",
    "aws-sdk:dynamodb:query": "queries the table",
    "aws-sdk:dynamodb:batchGetItem": "reads a batch from the table",
    "lambda:invoke": "calls the function",
    "events:putEvents": "publishes on the bus",
    "sqs:sendMessage": "puts a message aside",
    "sns:publish": "tells the operators",
    "states:startExecution.sync:2": "runs another workflow",
}
_CAUSE_LENGTH = 160


def deed(visit: Visit) -> str:
    """What a state does, as far as its kind and its task tell."""
    if visit.kind == "Map":
        return f"goes through {counted(len(visit.branches), 'item')}"
    if visit.kind == "Parallel":
        return f"runs {len(visit.branches)} branches"
    if visit.attempts:
        resource = resource_of(visit.attempts[-1])
        return _TASK_WORDS.get(resource, resource)
    return {"Choice": "decides", "Wait": "waits", "Pass": "", "Succeed": "ends well", "Fail": "ends badly"}.get(
        visit.kind, ""
    )


def resource_of(attempt: Attempt) -> str:
    """``dynamodb:putItem`` from whatever spelling the history has."""
    resource = attempt.resource.removeprefix("arn:aws:states:::")
    if ":arn:aws:states:::" in resource:
        resource = resource.split(":arn:aws:states:::", 1)[1]
    return "lambda:invoke" if resource.startswith(("lambda:function", "arn:aws:lambda")) else resource


def trouble(visit: Visit) -> list[str]:
    """One sentence for each thing that did not go straight: failed tries, a caught error, an error nobody caught."""
    lines = [_tried_again(attempt, number) for number, attempt in enumerate(visit.attempts[:-1], 1) if attempt.problem]
    if visit.problem and visit.problem.caught_by:
        lines.append(f"{in_words(visit.problem)}: caught, goes on at {visit.problem.caught_by}")
    elif visit.problem:
        lines.append(f"{in_words(visit.problem)}: not caught, ends here")
    return lines


def _tried_again(attempt: Attempt, number: int) -> str:
    said = in_words(attempt.problem) if attempt.problem else "failed"
    return f"try {number}: {said}, tried again"


def in_words(problem: Problem) -> str:
    """An error with the useful part of its cause, on one line."""
    cause = _message_in(problem.cause)
    return f"{problem.error} ({cause})" if cause and cause != problem.error else problem.error


def _message_in(cause: str) -> str:
    """A Lambda function's cause is a JSON document whose errorMessage is what matters."""
    try:
        value = json.loads(cause)
    except ValueError:
        value = None
    if isinstance(value, dict):
        cause = str(value.get("errorMessage") or value.get("Cause") or value.get("Error") or cause)
    return shortened(" ".join(cause.split()), _CAUSE_LENGTH)


def pretty_json(text: str) -> str:
    """A JSON text over several lines; another text as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def short_json(text: str | None, length: int) -> str:
    """A JSON text on one line of at most so many characters, spaces taken out."""
    if not text:
        return ""
    try:
        line = json.dumps(json.loads(text), ensure_ascii=False, separators=(", ", ": "))
    except ValueError:
        line = " ".join(text.split())
    return shortened(line, length)
