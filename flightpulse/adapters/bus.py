"""The one way onto the event bus: every entry's own result is read, and none is lost silently."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from botocore.exceptions import BotoCoreError, ClientError

from flightpulse.adapters import aws
from flightpulse.adapters.backoff import STANDARD_BACKOFF, Backoff
from flightpulse.adapters.chunks import chunked
from flightpulse.use_cases.ports import BusEvent, FailedEntry, PublishError

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

# What one PutEvents takes: 10 entries that are together smaller than 1 MB.
_ENTRIES_PER_CALL = 10
_BYTES_PER_CALL = 1_000_000


# An encoder of its own: json.dumps makes a new one for every call that asks for other than its defaults.
_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

_Numbered = tuple[int, "PutEventsRequestEntryTypeDef"]


class Bus:
    """Publishes events to one EventBridge bus."""

    def __init__(self, client: "EventBridgeClient", name: str, *, backoff: Backoff = STANDARD_BACKOFF) -> None:
        self._client = client
        self._name = name
        self._backoff = backoff

    @classmethod
    def connect(cls, name: str) -> Self:
        """The bus of this name, with a client from the environment."""
        return cls(aws.client("events"), name)

    def publish(self, events: Sequence[BusEvent]) -> None:
        """Publish in order, ten at a time. Returns when EventBridge has taken every one.

        Entries that fail inside a call that succeeded are sent again, a bounded number of times. Raises
        :class:`PublishError` naming what still failed; once a call failed as a whole, nothing after it is tried.
        """
        numbered = [(number, self._entry(event)) for number, event in enumerate(events)]
        failed: list[FailedEntry] = []
        for batch in chunked(numbered, count=_ENTRIES_PER_CALL, size=_BYTES_PER_CALL, size_of=_size):
            try:
                failed += self._put(batch, events)
            except (ClientError, BotoCoreError) as error:
                first = batch[0][0]
                failed += [_not_sent(number, event, error) for number, event in enumerate(events[first:], first)]
                raise PublishError(failed) from error
        if failed:
            raise PublishError(failed)

    def _put(self, batch: Sequence[_Numbered], events: Sequence[BusEvent]) -> list[FailedEntry]:
        failed: list[FailedEntry] = []
        for _ in self._backoff.tries():
            answer = self._client.put_events(Entries=[entry for _, entry in batch])
            failed = [
                FailedEntry(
                    index=index,
                    event_id=events[index].event_id,
                    code=result["ErrorCode"],
                    message=result.get("ErrorMessage", ""),
                )
                for (index, _), result in zip(batch, answer["Entries"], strict=True)
                if "ErrorCode" in result
            ]
            if not failed:
                break
            still = {entry.index for entry in failed}
            batch = [entry for entry in batch if entry[0] in still]
        return failed

    def _entry(self, event: BusEvent) -> "PutEventsRequestEntryTypeDef":
        return {
            "EventBusName": self._name,
            "Source": event.source,
            "DetailType": event.detail_type,
            "Detail": _as_json(event.detail),
            **({"TraceHeader": event.trace_header} if event.trace_header else {}),
        }


def _size(numbered: _Numbered) -> int:
    """What EventBridge counts: source, detail type and detail in UTF-8."""
    _, entry = numbered
    return len(entry["Source"]) + len(entry["DetailType"]) + len(entry["Detail"].encode())


def _not_sent(index: int, event: BusEvent, error: Exception) -> FailedEntry:
    return FailedEntry(index=index, event_id=event.event_id, code=type(error).__name__, message=str(error))
