"""The records Lambda leaves at a mapping's on-failure destination: who failed, how often, and where the records are.

Shapes from the developer guide ("Capturing discarded batches for Amazon MSK and self-managed Apache Kafka event
sources", "Retaining discarded records for a DynamoDB event source"). They name the records but do not contain them.
"""

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from awskit.kafka.records import Partition, Record, kafka_event, partition_name
from awskit.relay.delivery import Condition, Discarded, Verdict

R = TypeVar("R")


def invocation_record(
    discarded: Discarded[R], *, function_arn: str, batch_info: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """The envelope; `batch_info` is `{"KafkaBatchInfo": {…}}` or `{"DDBStreamBatchInfo": {…}}`."""
    answer = discarded.answer
    return {
        "requestContext": {
            "requestId": (answer.request_id if answer else "") or str(uuid.uuid4()),
            "functionArn": function_arn,
            "condition": discarded.condition.value,
            "approximateInvokeCount": discarded.invocations,
        },
        "responseContext": None
        if answer is None or discarded.condition is Condition.TOO_LARGE
        else {
            "statusCode": 200,
            "executedVersion": answer.executed_version,
            # The function itself was well when it only reported items.
            "functionError": answer.function_error if answer.verdict is Verdict.FAILED else None,
        },
        "version": "1.0",
        "timestamp": milliseconds(now),
        **batch_info,
    }


def kafka_batch_info(discarded: Discarded[Record], bootstrap: str) -> dict[str, Any]:
    """Where the discarded records are: first and last offset and time per partition."""
    event = kafka_event(bootstrap, discarded.records)
    return {
        "KafkaBatchInfo": {
            "batchSize": len(discarded.records),
            "bootstrapServers": bootstrap,
            "payloadSize": len(json.dumps(event, separators=(",", ":"))),
            "recordsInfo": {
                partition_name(partition): {
                    "firstRecordOffset": str(records[0].offset),
                    "lastRecordOffset": str(records[-1].offset),
                    "firstRecordTimestamp": _record_time(records[0]),
                    "lastRecordTimestamp": _record_time(records[-1]),
                }
                for partition, records in _by_partition(discarded.records).items()
            },
        }
    }


def milliseconds(instant: datetime) -> str:
    """`2026-11-23T08:00:00.000Z`."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _record_time(record: Record) -> str:
    return milliseconds(datetime.fromtimestamp(max(record.timestamp_ms, 0) / 1000, UTC))


def _by_partition(records: tuple[Record, ...]) -> dict[Partition, list[Record]]:
    found: dict[Partition, list[Record]] = {}
    for record in records:
        found.setdefault(record.source, []).append(record)
    return found
