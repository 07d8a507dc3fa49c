"""State machines for tests: run one, wait for its end."""

import json
from dataclasses import dataclass
from typing import Any

from tests.integration.emulator import ACCOUNT, Emulator
from tests.waiting import until


@dataclass(frozen=True)
class Execution:
    """How an execution ended."""

    arn: str
    status: str
    output: Any
    error: str | None


def run(emulator: Emulator, name: str, states: dict[str, Any], start: str, data: Any = None) -> Execution:
    """Create a state machine, run it once and wait for the end."""
    client = emulator.client("stepfunctions")
    machine = client.create_state_machine(
        name=name,
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/machine",
        definition=json.dumps({"StartAt": start, "States": states}),
    )["stateMachineArn"]
    arn = client.start_execution(stateMachineArn=machine, input=json.dumps(data))["executionArn"]

    def ended() -> Execution | None:
        seen = client.describe_execution(executionArn=arn)
        if seen["status"] == "RUNNING":
            return None
        return Execution(arn, seen["status"], json.loads(seen.get("output", "null")), seen.get("error"))

    return until(ended, f"the end of {arn}")
