"""Puts the other design beside FlightPulse on the same local cloud, runs it, and counts what it used."""

import io
import json
import math
import time
import zipfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from flightpulse.stack import names
from flightpulse.workbench.costs import run_cost
from flightpulse.workbench.costs.run_cost import ModelUsage, RunUsage
from flightpulse.workbench.observe import logs
from flightpulse.workbench.target.session import Session

NAME = "FlightPulse-BenchBaseline"
AT_ONCE = 2
"""Flights at a time: with ten bookings of each, no more than twenty calls of the model."""

_FOLDER = Path(__file__).parent
_ROLE = "arn:aws:iam::000000000000:role/bench"
_POLL_SECONDS = 0.2
_HALF = Decimal("0.5")
_BOOKINGS_PER_UNIT = 8


class Baseline:
    """The state machine and its function, made anew on a local cloud."""

    def __init__(self, session: Session, segment: str) -> None:
        self._session = session
        model = session.ssm.get_parameter(Name=names.MODEL_ID_PARAMETER, WithDecryption=True)["Parameter"]["Value"]
        self.model_id = str(model)
        session.functions.create_function(
            FunctionName=NAME,
            Runtime="python3.12",
            Role=_ROLE,
            Handler="baseline_function.handler",
            Code={"ZipFile": _package()},
            Timeout=60,
            MemorySize=256,
            Environment={"Variables": {"MODEL_ID": self.model_id, "SEGMENT": segment}},
        )
        text = definition(
            {"TableName": session.table_name, "FunctionName": NAME, "EventBusName": session.outputs["EventBusName"]}
        )
        machine = session.stepfunctions.create_state_machine(name=NAME, definition=text, roleArn=_ROLE)
        self._machine = machine["stateMachineArn"]

    def tell(self, events: Sequence[Mapping[str, Any]]) -> list[str]:
        """Run the machine for each event, a few at a time, until all have ended; gives the executions."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(self._run, events))

    def _run(self, event: Mapping[str, Any]) -> str:
        given = {"event_id": event["event_id"], **event["payload"]}
        arn = self._session.stepfunctions.start_execution(
            stateMachineArn=self._machine, name=str(event["event_id"])[:80], input=json.dumps(given)
        )["executionArn"]
        while self._session.stepfunctions.describe_execution(executionArn=arn)["status"] == "RUNNING":
            time.sleep(_POLL_SECONDS)
        return arn

    def usage(self, executions: Sequence[str], since: datetime, messages: int, message_bytes: int) -> RunUsage:
        """What these executions used, from their histories and the function's log."""
        pages = self._session.stepfunctions.get_paginator("get_execution_history")
        history = [
            event
            for arn in executions
            for page in pages.paginate(executionArn=arn, includeExecutionData=True)
            for event in page["events"]
        ]
        entered = sum(event["type"].endswith("StateEntered") for event in history)
        tasks = [event for event in history if event["type"] in ("TaskScheduled", "TaskSucceeded")]
        scheduled = [event["taskScheduledEventDetails"] for event in tasks if event["type"] == "TaskScheduled"]
        answers = [event["taskSucceededEventDetails"] for event in tasks if event["type"] == "TaskSucceeded"]
        calls = [item for item in answers if (item["resourceType"], item["resource"]) == ("lambda", "invoke")]
        tokens = [json.loads(item["output"])["Payload"]["tokens"] for item in calls]
        lines = logs.read(self._session, [f"/aws/lambda/{NAME}"], since=since)
        reads = [item["resourceType"] for item in scheduled if item["resourceType"].endswith("dynamodb")]
        bookings = len(calls)
        return RunUsage(
            messages=messages,
            transitions=entered + len(scheduled) - len(answers),
            invocations=len(calls),
            gb_seconds=sum(run_cost.billed(lines), Decimal(0)),
            read_units=len(reads) * _HALF + math.ceil(bookings / _BOOKINGS_PER_UNIT) * _HALF,
            events=messages,
            log_bytes=message_bytes + sum(len(line.message.encode()) for line in lines),
            passengers=bookings,
            models=(
                ModelUsage(
                    "author",
                    self.model_id,
                    sum(used["in"] for used in tokens),
                    sum(used["out"] for used in tokens),
                ),
            ),
        )


def definition(names_of: Mapping[str, str]) -> str:
    """The state machine, with the names of what it calls."""
    text = (_FOLDER / "baseline.asl.json").read_text(encoding="utf-8")
    for placeholder, name in names_of.items():
        text = text.replace(f"${{{placeholder}}}", name)
    return text


def _package() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as package:
        package.write(_FOLDER / "baseline_function.py", "baseline_function.py")
    return held.getvalue()
