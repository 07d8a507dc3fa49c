"""Polls one DynamoDB stream for one mapping."""

import json
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ministack.services import cloudwatch, dynamodb, dynamodb_streams, lambda_svc

from awskit.kafka.records import fits
from awskit.relay.delivery import Abandoned, Answer, Delivery, Discarded, Source
from localcloud.services.event_source_mappings.filters import Filter
from localcloud.services.event_source_mappings.mapping import Mapping

StreamRecord = dict[str, Any]

KEPT_RECORDS = 20_000
"""Records of a stream that stay when everybody has read them; DynamoDB keeps all of them for a day."""

_ROOM_FOR_RECORDS = 2_000
_IDLE_SECONDS = 0.5
_WINDOW_STEP_SECONDS = 0.02


class StreamPoller:
    """A thread that reads a stream and delivers it in order. `wake` tells it that there is something to read."""

    def __init__(self, mapping: Mapping, back_off_scale: float) -> None:
        self.mapping = mapping
        self._arn = mapping.record["EventSourceArn"]
        self._table = self._arn.split(":table/")[1].split("/")[0]
        self._filter = Filter.of(mapping.record)
        self._invoke_function = mapping.invoker()
        self._stopping = threading.Event()
        self._something = threading.Event()
        self._delivery: Delivery[StreamRecord] = Delivery(
            source=_SOURCE,
            invoke=self._invoke,
            policy=mapping.policy(back_off_scale),
            destination=mapping.destination(self._batch_info),
        )
        self._thread = threading.Thread(target=self._run, name=f"stream-{mapping.uuid[:8]}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._something.set()

    @property
    def finished(self) -> bool:
        return not self._thread.is_alive()

    def wake(self) -> None:
        self._something.set()

    def _run(self) -> None:
        with self.mapping.scope():
            try:
                while not self._stopping.is_set():
                    self._something.clear()
                    if not (self._is_live() and self._deliver_next()):
                        self._something.wait(_IDLE_SECONDS)
            except Abandoned:
                return

    def _invoke(self, event: dict[str, Any]) -> Answer:
        """Invoke the function and report how old the newest record is that it is given, at every attempt.

        https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#performance-metrics
        """
        newest = float(event["Records"][-1]["dynamodb"]["ApproximateCreationDateTime"])
        age = max(0.0, time.time() - newest) * 1000
        name = self.mapping.record["FunctionName"]
        with self.mapping.scope():
            cloudwatch.record_metric("AWS/Lambda", "IteratorAge", age, "Milliseconds", {"FunctionName": name})
        return self._invoke_function(event)

    def _is_live(self) -> bool:
        table: dict[str, Any] = dynamodb._tables.get(self._table) or {}
        return bool(table.get("LatestStreamArn") == self._arn)

    def _deliver_next(self) -> bool:
        position = self._position()
        records = self._window(position)
        if not records:
            return False
        kept, taken = self._kept(records)
        if kept:
            self._delivery.deliver(kept, self._stopping)
        with lambda_svc._dynamodb_stream_positions_lock:
            lambda_svc._dynamodb_stream_positions[self.mapping.uuid] = position + taken
        make_room(self._table, self._arn)
        return True

    def _kept(self, records: Sequence[StreamRecord]) -> tuple[list[StreamRecord], int]:
        """The records that pass the filter, as many as fit one invocation, and how many records that settles."""
        kept: list[StreamRecord] = []
        size = 0
        for place, record in enumerate(records):
            if not self._filter.keeps(_as_event(record)):
                continue
            size += len(json.dumps(record, default=str))
            if kept and not fits(size):
                return kept, place
            kept.append(record)
        return kept, len(records)

    def _position(self) -> int:
        """Where to read on. The emulator may have trimmed the stream, or restored a position but no records."""
        start, end = dynamodb.stream_start_position(self._table), dynamodb.stream_end_position(self._table)
        beginning = end if self.mapping.record.get("StartingPosition") == "LATEST" else start
        with lambda_svc._dynamodb_stream_positions_lock:
            position = lambda_svc._dynamodb_stream_positions.get(self.mapping.uuid, beginning)
            position = start if position > end else max(position, start)
            lambda_svc._dynamodb_stream_positions[self.mapping.uuid] = position
        return int(position)

    def _window(self, position: int) -> list[StreamRecord]:
        """The next batch: as many records as may come together within the batching window."""
        size = int(self.mapping.record.get("BatchSize", 100))
        deadline = time.monotonic() + float(self.mapping.record.get("MaximumBatchingWindowInSeconds") or 0)
        records: list[StreamRecord] = dynamodb.stream_records_since(self._table, position, size)
        while records and len(records) < size and time.monotonic() < deadline:
            if self._stopping.wait(_WINDOW_STEP_SECONDS):
                return []
            records = dynamodb.stream_records_since(self._table, position, size)
        return records

    def _batch_info(self, discarded: Discarded[StreamRecord]) -> dict[str, Any]:
        first, last = discarded.records[0]["dynamodb"], discarded.records[-1]["dynamodb"]
        return {
            "DDBStreamBatchInfo": {
                "shardId": dynamodb_streams._DEFAULT_SHARD_ID,
                "startSequenceNumber": str(first["SequenceNumber"]),
                "endSequenceNumber": str(last["SequenceNumber"]),
                "approximateArrivalOfFirstRecord": _seconds(first["ApproximateCreationDateTime"]),
                "approximateArrivalOfLastRecord": _seconds(last["ApproximateCreationDateTime"]),
                "batchSize": len(discarded.records),
                "streamArn": self._arn,
            }
        }


def make_room(table_name: str, stream_arn: str) -> None:
    """Forget the oldest records of a stream that has too many, as if their day were over.

    What a mapping has not read stays.
    """
    with dynamodb._lock:
        start, end = dynamodb.stream_start_position(table_name), dynamodb.stream_end_position(table_name)
        if end - start < KEPT_RECORDS + _ROOM_FOR_RECORDS:
            return
        with lambda_svc._dynamodb_stream_positions_lock:
            positions = lambda_svc._dynamodb_stream_positions
            read = [
                int(positions.get(name, start))
                for name, mapping in lambda_svc._esms.items()
                if mapping.get("EventSourceArn") == stream_arn
            ]
        surplus = min([end - KEPT_RECORDS, *read]) - start
        if surplus > 0:
            del dynamodb._stream_records[table_name][:surplus]
            dynamodb._stream_trimmed[table_name] = start + surplus


def _event(records: Sequence[StreamRecord]) -> dict[str, Any]:
    return {"Records": [_as_event(record) for record in records]}


def _as_event(record: StreamRecord) -> StreamRecord:
    """A record as a function gets it: the API of the streams spells who made the change in capitals."""
    identity = record.get("userIdentity")
    if identity is None:
        return record
    return {**record, "userIdentity": {"type": identity["Type"], "principalId": identity["PrincipalId"]}}


def _sequence_number(record: StreamRecord) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def _read_sequence_number(raw: object) -> str | None:
    return raw if isinstance(raw, str) and raw else None


def _describe(records: Sequence[StreamRecord]) -> str:
    return f"{len(records)} stream records from {_sequence_number(records[0])} to {_sequence_number(records[-1])}"


def _seconds(timestamp: Any) -> str:
    return datetime.fromtimestamp(float(timestamp), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_SOURCE: Source[StreamRecord] = Source(
    event=_event,
    lane=lambda _: None,
    identifier=_sequence_number,
    read_identifier=_read_sequence_number,
    timestamp=lambda record: float(record["dynamodb"]["ApproximateCreationDateTime"]),
    describe=_describe,
)
