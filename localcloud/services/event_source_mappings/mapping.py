"""One enabled mapping as its poller sees it, and the ports through which it reaches the emulator."""

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from ministack.core import responses
from ministack.services import lambda_svc, sns, sqs

from awskit.relay.delivery import (
    Answer,
    Destination,
    DestinationUnavailableError,
    Discarded,
    Invoke,
    RetryPolicy,
    Verdict,
)
from awskit.relay.on_failure import invocation_record
from localcloud import faults
from localcloud.services.event_source_mappings.settings import Settings, is_kafka, on_failure_arn

R = TypeVar("R")

_VOLATILE = ("LastModified", "LastProcessingResult", "State", "StateTransitionReason", "Tags")
_FIRST_BACK_OFF_SECONDS = 1.0
_LONGEST_BACK_OFF_SECONDS = 60.0
_RETRIES_BEFORE_DESTINATION = 10


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping and its scope. Two are equal when a poller of the one would do for the other.

    `record` is the emulator's own dictionary: what is written into it is what GetEventSourceMapping shows.
    """

    account: str
    region: str
    uuid: str
    fingerprint: str
    record: Settings = field(compare=False)

    @classmethod
    def of(cls, account: str, region: str, record: Settings) -> "Mapping":
        settings = {name: value for name, value in record.items() if name not in _VOLATILE}
        return cls(account, region, record["UUID"], json.dumps(settings, sort_keys=True, default=str), record)

    @property
    def is_kafka(self) -> bool:
        return is_kafka(self.record)

    def scope(self) -> AbstractContextManager[None]:
        """The emulator keeps accounts and regions apart by context: every thread must say for whom it works."""
        scope: AbstractContextManager[None] = responses.request_scope(self.account, self.region)
        return scope

    def result(self, text: str) -> None:
        self.record["LastProcessingResult"] = text

    def policy(self, back_off_scale: float) -> RetryPolicy:
        """The mapping's error handling. A Kafka mapping with a destination and no limit gets Lambda's 10 retries."""
        retries = _limit(self.record.get("MaximumRetryAttempts"))
        if retries is None and self.is_kafka and on_failure_arn(self.record):
            retries = _RETRIES_BEFORE_DESTINATION
        return RetryPolicy(
            max_retries=retries,
            max_age_seconds=_limit(self.record.get("MaximumRecordAgeInSeconds")),
            bisect=bool(self.record.get("BisectBatchOnFunctionError")),
            partial_responses="ReportBatchItemFailures" in (self.record.get("FunctionResponseTypes") or []),
            first_back_off=_FIRST_BACK_OFF_SECONDS * back_off_scale,
            longest_back_off=_LONGEST_BACK_OFF_SECONDS * back_off_scale,
        )

    def invoker(self) -> Invoke:
        """Invokes the mapping's function inside the emulator, as its own pollers do."""

        def invoke(event: dict[str, Any]) -> Answer:
            with self.scope():
                answer = self._invoke_or_fail(event)
            self.result(
                "OK" if answer.verdict is Verdict.SUCCEEDED else f"PROBLEM: Function call failed. {answer.error}"
            )
            return answer

        return invoke

    def _invoke_or_fail(self, event: dict[str, Any]) -> Answer:
        """Invoke, unless this hop was told to fail: then the function seems out of reach."""
        fault = faults.BOARD.strike_hop("mapping" if self.is_kafka else "stream", self.record["FunctionName"], event)
        if fault is None:
            return self._invoke(event)
        time.sleep(fault.delay_seconds)
        answer = self._invoke(event) if fault.after or fault.error is None else None
        if answer is not None and fault.error is None:
            return answer
        return Answer(Verdict.NOT_INVOKED, error=f"{fault.error}: {fault.cause}")

    def _invoke(self, event: dict[str, Any]) -> Answer:
        name = self.record["FunctionName"]
        function, config = lambda_svc._get_func_record_for_qualifier(name, self.record.get("Qualifier"))
        if function is None:
            return Answer(Verdict.NOT_INVOKED, error=f"Function {name} does not exist.")
        result = lambda_svc._execute_function(function, event)
        if result.get("throttle"):
            return Answer(Verdict.NOT_INVOKED, error="The function was throttled.")
        failed = bool(result.get("error"))
        return Answer(
            Verdict.FAILED if failed else Verdict.SUCCEEDED,
            payload=result.get("body"),
            error=_error(result.get("body")) if failed else "",
            function_error=result.get("function_error") or "Unhandled",
            executed_version=(config or {}).get("Version", "$LATEST"),
        )

    def destination(self, batch_info: Callable[[Discarded[R]], dict[str, Any]]) -> Destination[R] | None:
        """The mapping's on-failure destination, or None."""
        arn = on_failure_arn(self.record)
        if not arn:
            return None

        def deliver(discarded: Discarded[R]) -> None:
            record = invocation_record(
                discarded,
                function_arn=self.record["FunctionArn"],
                batch_info=batch_info(discarded),
                now=datetime.now(UTC),
            )
            with self.scope():
                _send(arn, json.dumps(record))

        return deliver


def _send(arn: str, text: str) -> None:
    if ":sns:" in arn:
        if sns._topic_by_arn_any_scope(arn) is None:
            raise DestinationUnavailableError(f"topic {arn} does not exist")
        sns._fanout(arn, lambda_svc.new_uuid(), text, "", "", {})
        return
    queue = sqs._queue_by_arn(arn)
    if queue is None:
        raise DestinationUnavailableError(f"queue {arn} does not exist")
    sqs._act_send_message({"QueueUrl": queue["url"], "MessageBody": text}, queue["url"])


def _limit(value: Any) -> int | None:
    return None if value is None or int(value) < 0 else int(value)


def _error(body: object) -> str:
    if not isinstance(body, dict):
        return "The function failed."
    return f"{body.get('errorType', 'Error')}: {body.get('errorMessage', '')}"
