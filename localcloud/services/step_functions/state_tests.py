"""TestState: one state, run by the same interpreter, with its service mocked or called.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html
"""

import copy
import json
import uuid
from collections.abc import Mapping
from typing import Any

from awskit.asl import machines
from localcloud.services.refusals import Refused
from localcloud.services.step_functions import creation, mock_results, retry
from localcloud.services.step_functions.failures import EvaluationFailure, StateFailure
from localcloud.services.step_functions.frame import Frame, Machine, Outcome
from localcloud.services.step_functions.history import Cursor, History, timestamp
from localcloud.services.step_functions.jsonata_query import JsonataQuery
from localcloud.services.step_functions.jsonpath_query import JsonPathQuery
from localcloud.services.step_functions.payload import Payload, to_json
from localcloud.services.step_functions.resource import Resource
from localcloud.services.step_functions.run import Branch, Executions, Progress, Run
from localcloud.services.step_functions.scope import Scope
from localcloud.services.step_functions.tasks import TaskAttempt

THRESHOLD = "States.ExceedToleratedFailureThreshold"
_UNNAMED = "StateName"
_MOCKED = ("Map", "Parallel", "Task")
_TEXT, _NUMBER, _ANYTHING = (str, "a string"), (int, "a number"), (object, "JSON")
_CONTEXT: Mapping[str, Mapping[str, tuple[type, str]]] = {
    "Execution": {
        **dict.fromkeys(("Id", "Name", "RoleArn", "StartTime", "RedriveTime"), _TEXT),
        "Input": _ANYTHING,
        "RedriveCount": _NUMBER,
    },
    "State": {"EnteredTime": _TEXT, "Name": _TEXT, "RetryCount": _NUMBER},
    "StateMachine": {"Id": _TEXT, "Name": _TEXT},
    "Task": {"Token": _TEXT},
}
"""What a context object can hold, and of which type."""


def answer(request: Mapping[str, Any], executions: Executions) -> dict[str, Any]:
    """The answer of TestState. Raises Refused."""
    name, machine, state = _state(request)
    mock = _mock(request.get("mock"))
    _check(request, state, mock)
    frame = _frame(request, name, machine, state)
    return _StateTest(request, frame, mock, executions).answer()


class _StateTest:
    """One state with what it is tested with."""

    def __init__(self, request: Mapping[str, Any], frame: Frame, mock: dict[str, Any], executions: Executions) -> None:
        self._request = request
        self._frame = frame
        self._mock = mock
        self._executions = executions
        self._query = JsonataQuery(frame) if frame.uses_jsonata else JsonPathQuery(frame)
        self._configuration = request.get("stateConfiguration") or {}
        self._seen: dict[str, str] = {"input": frame.input.text}
        self._counts: dict[str, Any] = {}
        self._error_details: dict[str, Any] = {}
        if frame.variables:
            self._seen["variables"] = to_json(frame.variables)

    def answer(self) -> dict[str, Any]:
        try:
            outcome = self._outcome()
        except EvaluationFailure as problem:
            where = f"the state '{self._frame.name}' (entered at the event id #{self._frame.entered_id})"
            cause = f"An error occurred while executing {where}. {problem.message}"
            return self._failed(StateFailure(problem.error, cause))
        except StateFailure as failure:
            return self._failed(failure)
        return self._told({"status": "SUCCEEDED", **self._following(outcome)})

    def _outcome(self) -> Outcome:
        kind = self._frame.kind
        self._seen.update(self._query.inspected(None))
        if kind == "Choice":
            return self._query.chosen()
        if kind == "Fail":
            raise StateFailure(*self._query.failure())
        if kind in _MOCKED:
            result = self._result()
            self._seen.update(self._query.inspected(result))
            return self._query.succeeded(result)
        if kind == "Wait":
            self._query.wait()
        outcome = self._query.passed()
        self._seen.update(self._query.inspected(outcome.output))
        return outcome if kind != "Succeed" else Outcome(outcome.output, None, outcome.assigned)

    def _result(self) -> Payload:
        """A mocked result keeps the text it was given."""
        if "result" in self._mock:
            self._check_result(self._mock["result"].value)
        if self._frame.kind == "Map":
            self._look_at_items()
        if "errorOutput" in self._mock:
            raise StateFailure(self._mock["errorOutput"].get("error"), self._mock["errorOutput"].get("cause"))
        if "result" not in self._mock:
            return self._called()
        mocked: Payload = self._mock["result"]
        return mocked

    def _called(self) -> Payload:
        record = {
            "executionArn": self._frame.context["Execution"]["Id"],
            "stateMachineArn": self._frame.context["StateMachine"]["Id"],
            "status": "RUNNING",
            "roleArn": self._request.get("roleArn"),
        }
        history = History([], lambda _: None)
        scope = Scope(history.lock)
        run = Run(
            record=record,
            machine=Machine("", {}, self._frame.language),
            timeout_seconds=None,
            history=history,
            scope=scope,
            progress=Progress(self._frame.name, self._frame.input, self._frame.variables),
            executions=self._executions,
            wait_scale=lambda: 1.0,
            retry_scale=lambda: 1.0,
        )
        return TaskAttempt(Branch(run, scope, Cursor(), self._frame.context), self._frame, self._query).run()

    def _look_at_items(self) -> None:
        """Items, counts and limits of a Map state, and whether more iterations failed than may."""
        items = self._items()
        if "ItemReader" not in self._frame.definition and not self._frame.uses_jsonata:
            self._seen["afterItemsPath"] = to_json(items)
        if "ItemSelector" in self._frame.definition:
            selected = [self._query.item_input(place, item) for place, item in enumerate(items)]
            self._seen["afterItemSelector"] = to_json(selected)
        self._counts["maxConcurrency"] = int(self._query.number("MaxConcurrency") or 0)
        count, part = (self._query.number(f"ToleratedFailure{name}") for name in ("Count", "Percentage"))
        if count is not None:
            self._counts["toleratedFailureCount"] = int(count)
        if part is not None:
            self._counts["toleratedFailurePercentage"] = float(part)
        failed = self._configuration.get("mapIterationFailureCount")
        if failed is None:
            return
        if failed > len(items):
            raise Refused(
                "ValidationException",
                "Map iteration failure count must be less than or equal to the number of Map iterations",
            )
        too_many = (count is not None and failed > count) or (
            part is not None and bool(items) and 100 * failed / len(items) > part
        )
        if too_many:
            raise StateFailure(THRESHOLD, "The specified tolerated failure threshold was exceeded")

    def _items(self) -> list[Any]:
        if "ItemReader" in self._frame.definition:
            return list(json.loads(self._configuration.get("mapItemReaderData") or "[]"))
        try:
            return self._query.items()
        except EvaluationFailure as problem:
            if self._frame.uses_jsonata:
                raise
            # Told without the state, and with the path as it is below the context object.
            raise StateFailure(problem.error, problem.message.replace('"$$', '"$')) from problem

    def _check_result(self, result: Any) -> None:
        mode = self._mock["mode"]
        if self._frame.kind == "Map":
            if "ResultWriter" in self._frame.definition:
                if not isinstance(result, dict):
                    raise Refused("ValidationException", "Mocked result must be a JSON object.")
            elif not isinstance(result, list):
                raise Refused("ValidationException", "Mocked result must be an array.")
        elif self._frame.kind == "Parallel":
            if not isinstance(result, list):
                raise Refused("ValidationException", "Mocked result must be an array.")
            if len(result) != len(self._frame.definition.get("Branches", ())):
                message = "Mocked result must contain the same number of items as number of Parallel branches."
                raise Refused("ValidationException", message)
        elif mode != "NONE":
            resource = Resource.read(str(self._frame.definition.get("Resource", "")))
            problem = mock_results.problem(resource, result, required=mode == "STRICT")
            if problem:
                raise Refused("ValidationException", f"Mock result schema validation error: {problem}")

    def _failed(self, failure: StateFailure) -> dict[str, Any]:
        told: dict[str, Any] = {"error": failure.error, "cause": failure.cause}
        told = {name: text for name, text in told.items() if text is not None}
        given = int(self._configuration.get("retrierRetryCount") or 0)
        for place, retrier in enumerate(self._frame.definition.get("Retry", ())):
            if retry.matches(retrier.get("ErrorEquals", ()), failure):
                if given < retrier.get("MaxAttempts", retry.DEFAULT_MAX_ATTEMPTS):
                    delay = retry.delay_seconds(retrier, given, lambda _, high: high)
                    self._error_details = {"retryIndex": place, "retryBackoffIntervalSeconds": int(delay)}
                    return self._told({"status": "RETRIABLE", **told})
                self._error_details = {"retryIndex": place}
                break
        for place, catcher in enumerate(self._frame.definition.get("Catch", ())):
            if retry.matches(catcher.get("ErrorEquals", ()), failure):
                self._error_details = {"catchIndex": place}
                outcome = self._query.caught(catcher, Payload.of(failure.output))
                return self._told({"status": "CAUGHT_ERROR", **told, **self._following(outcome)})
        return self._told({"status": "FAILED", **told})

    def _following(self, outcome: Outcome) -> dict[str, str]:
        """Where it goes on, and with what; from now on the variables are those that the next state sees."""
        variables = {**self._frame.variables, **outcome.assigned}
        if variables:
            self._seen["variables"] = to_json(variables)
        following = {} if outcome.next is None else {"nextState": outcome.next}
        return {"output": outcome.output.text, **following}

    def _told(self, told: dict[str, Any]) -> dict[str, Any]:
        if self._request.get("inspectionLevel", "INFO") == "INFO":
            return told
        data: dict[str, Any] = {**self._seen, **self._counts}
        if self._error_details:
            data["errorDetails"] = self._error_details
        return {**told, "inspectionData": data}


def _state(request: Mapping[str, Any]) -> tuple[str, Mapping[str, Any], Mapping[str, Any]]:
    """The state that is meant, its name, and the machine it is in; a state may also be given by itself."""
    text = str(request.get("definition") or "")
    try:
        given = json.loads(text or "null")
    except ValueError:
        given = None
    if isinstance(given, dict) and "Type" in given and "States" not in given:
        given = {"StartAt": _UNNAMED, "States": {_UNNAMED: given}}
        wanted = _UNNAMED
        alone = copy.deepcopy(given)
        _close(alone["States"])
        refused = creation.refusal(to_json(alone), anywhere=True)
    else:
        refused = creation.refusal(text, anywhere=True)
        wanted = request.get("stateName") or (given.get("StartAt") if isinstance(given, dict) else None) or ""
    if refused:
        raise Refused("InvalidDefinition", refused)
    found = _find(given, wanted)
    if found is None:
        raise Refused("ValidationException", "State not found in definition")
    return wanted, *found


def _close(states: dict[str, Any]) -> None:
    """Let every state that a state by itself leads to exist."""
    for state in list(states.values()):
        rules = (*state.get("Choices", ()), *state.get("Catch", ()))
        for target in (state.get("Next"), state.get("Default"), *(rule.get("Next") for rule in rules)):
            if target is not None:
                states.setdefault(target, {"Type": "Succeed"})


def _find(machine: Mapping[str, Any], name: str) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """A state and the machine that it is in, at any depth."""
    language = machine.get("QueryLanguage")
    for known, state in machine.get("States", {}).items():
        if known == name:
            return machine, state
        for inner in machines.inside(state):
            found = _find({"QueryLanguage": state.get("QueryLanguage", language), **inner.machine}, name)
            if found:
                return found
    return None


def _mock(given: Mapping[str, Any] | None) -> dict[str, Any]:
    if not given:
        return {}
    if "result" in given and "errorOutput" in given:
        message = "A test mock should have only one of the following fields: [result, errorOutput]."
        raise Refused("ValidationException", message)
    mock: dict[str, Any] = {"mode": given.get("fieldValidationMode", "STRICT")}
    if "errorOutput" in given:
        mock["errorOutput"] = given["errorOutput"]
    if "result" in given:
        try:
            mock["result"] = Payload.read(given["result"])
        except ValueError:
            raise Refused("ValidationException", "Mocked result must be valid JSON") from None
    return mock


def _check(request: Mapping[str, Any], state: Mapping[str, Any], mock: Mapping[str, Any]) -> None:
    kind = state.get("Type")
    if mock and kind not in _MOCKED:
        raise Refused("ValidationException", f"State type '{kind}' is not supported when a mock is specified")
    if mock and request.get("revealSecrets"):
        raise Refused("ValidationException", "TestState does not support RevealSecrets when a mock is specified.")
    if not mock:
        if "mapIterationFailureCount" in (request.get("stateConfiguration") or {}):
            message = "TestState does not support MapIterationFailureCount when a mock is not specified."
            raise Refused("ValidationException", message)
        if kind in ("Map", "Parallel"):
            supported = "Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]"
            message = f"TestState API does not support Map or Parallel states. {supported}"
            raise Refused("InvalidDefinition", message)
        if kind == "Task" and not request.get("roleArn"):
            raise Refused("ValidationException", "RoleArn must be specified when testing a Task state")


def _frame(request: Mapping[str, Any], name: str, machine: Mapping[str, Any], state: Mapping[str, Any]) -> Frame:
    try:
        payload = Payload.read(request.get("input") or "{}")
        variables = json.loads(request.get("variables") or "{}")
        context = json.loads(request["context"]) if "context" in request else None
    except ValueError as error:
        raise Refused("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'") from error
    if context is not None:
        _check_context(context)
    return Frame(
        name,
        state,
        Machine.read(machine).language,
        payload,
        variables,
        _context(request, payload, state) if context is None else context,
        1,
    )


def _check_context(context: Any) -> None:
    """A context object may be given in part, with nothing in it that Step Functions does not have there."""
    refusal = "Invalid Context object provided: "
    if not isinstance(context, dict):
        raise Refused("ValidationException", f"{refusal}it must be a JSON object")
    if "Map" in context:
        raise Refused("ValidationException", f"{refusal}'Map' field is not supported when mocking a Context object")
    for part, fields in context.items():
        if part not in _CONTEXT:
            raise Refused("ValidationException", f"{refusal}Field '{part}' is not allowed")
        for name, value in fields.items():
            if name not in _CONTEXT[part]:
                raise Refused("ValidationException", f"{refusal}Field '{name}' is not allowed")
            wanted, words = _CONTEXT[part][name]
            if not isinstance(value, wanted):
                raise Refused("ValidationException", f"{refusal}{part}.{name} must be {words}")


def _context(request: Mapping[str, Any], payload: Payload, state: Mapping[str, Any]) -> dict[str, Any]:
    """The context object of an execution of its own."""
    machine, execution = uuid.uuid4(), uuid.uuid4()
    arn = "arn:aws:states:us-east-1:000000000000"
    entered: dict[str, Any] = {"EnteredTime": timestamp(), "Name": _UNNAMED}
    if state.get("Type") in _MOCKED:
        entered["RetryCount"] = int((request.get("stateConfiguration") or {}).get("retrierRetryCount") or 0)
    return {
        "Execution": {
            "Id": f"{arn}:express:{machine}:{execution}",
            "Input": payload.value,
            "Name": str(execution),
            "RoleArn": request.get("roleArn"),
            "StartTime": timestamp(),
        },
        "StateMachine": {"Id": f"{arn}:stateMachine:{machine}", "Name": str(machine)},
        "State": entered,
    }
