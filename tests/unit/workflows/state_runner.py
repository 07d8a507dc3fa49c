"""Runs one state of a workflow by itself, with TestState: here by the local cloud's interpreter, or by AWS.

``FLIGHTPULSE_STATE_TESTS=aws`` sends the same requests to the account of the shell's credentials, which needs the
permission ``states:TestState`` and nothing else: whatever a state calls is mocked, so no role is assumed.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest_socket

from flightpulse.stack import asl
from localcloud.services.step_functions import state_tests

ON_AWS = os.environ.get("FLIGHTPULSE_STATE_TESTS") == "aws"


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a state: ``output`` is read, ``variables`` are those that it assigned."""

    status: str
    next: str | None
    output: Any
    variables: Mapping[str, Any]
    arguments: Any
    details: Mapping[str, Any]


class StateRunner:
    """TestState on the definitions in ``flightpulse/workflows``, as their files have them."""

    def __init__(self) -> None:
        if ON_AWS:
            import boto3
            from botocore.config import Config

            # An endpoint of one's own has no host named "sync-…" beside it.
            config = Config(inject_host_prefix="AWS_ENDPOINT_URL" not in os.environ)
            self._client = boto3.client("stepfunctions", config=config)

    def run(
        self,
        workflow: str,
        state: str,
        given: Any = None,
        *,
        variables: Mapping[str, Any] | None = None,
        result: Any = None,
        error: tuple[str, str] | None = None,
        retries: int = 0,
    ) -> Tried:
        """Run a state with its variables and its service's ``result`` or ``error`` (name and cause)."""
        request: dict[str, Any] = {
            "definition": asl.load(workflow).text,
            "stateName": state,
            "input": json.dumps({} if given is None else given),
            "inspectionLevel": "DEBUG",
            "variables": json.dumps(dict(variables or {})),
        }
        if error is not None:
            request["mock"] = {"errorOutput": {"error": error[0], "cause": error[1]}}
            request["stateConfiguration"] = {"retrierRetryCount": retries}
        elif result is not None:
            request["mock"] = {"result": json.dumps(result)}
        answer = self._answer(request)
        seen = {name: _read(value) for name, value in answer.get("inspectionData", {}).items()}
        return Tried(
            status=answer["status"],
            next=answer.get("nextState"),
            output=_read(answer.get("output")),
            variables=seen.get("variables") or {},
            arguments=seen.get("afterArguments"),
            details=seen.get("errorDetails") or {},
        )

    def _answer(self, request: dict[str, Any]) -> Mapping[str, Any]:
        if not ON_AWS:
            return state_tests.answer(request, _NoExecutions())
        pytest_socket.enable_socket()
        return self._client.test_state(**request)


class _NoExecutions:
    def start(self, state_machine: str, text: str, name: str | None = None) -> Any:
        raise AssertionError("a state with a mock starts nothing")

    def stop(self, run: Any, error: str | None, cause: str | None) -> None:
        raise AssertionError("a state with a mock stops nothing")


def _read(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
