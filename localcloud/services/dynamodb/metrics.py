"""What DynamoDB tells CloudWatch of each table, here within a second instead of a minute.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
"""

import functools
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import responses
from ministack.services import cloudwatch, dynamodb

from localcloud.services.dynamodb.requests import parts

Request = Mapping[str, Any]
Answer = tuple[int, Any, bytes]
Operation = Callable[[Any], Answer]
Place = tuple[str, str]
"""Account and region."""
Series = tuple[Place, str, str, tuple[tuple[str, str], ...]]
"""A place, a metric, its unit and its dimensions."""

_NAMESPACE = "AWS/DynamoDB"
_TICK_SECONDS = 1.0
OPERATIONS = (
    *("_put_item", "_update_item", "_delete_item", "_get_item", "_query", "_scan"),
    *("_batch_write_item", "_batch_get_item", "_transact_get_items"),
)
TRANSACTION = "_transact_write_items"
_FAILED_CONDITION = b"ConditionalCheckFailedException"
_THROTTLES = ("ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded")

log = logging.getLogger(__name__)


class TableMetrics:
    """Collects statistics of every request, and hands them over once a second: a table is asked very often."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._collected: dict[Series, dict[str, float]] = {}
        self._add_capacity = dynamodb._add_consumed_capacity
        self._accumulate = dynamodb._accumulate_write_capacity

    def install(self) -> None:
        """Count what the emulator's operations use, and begin to report it."""
        self.watch()
        threading.Thread(target=self._work, name="cloudwatch-tables", daemon=True).start()

    def watch(self) -> None:
        """Measure the emulator's operations."""
        dynamodb._add_consumed_capacity = self.add_capacity
        dynamodb._accumulate_write_capacity = self.accumulate
        for name in OPERATIONS:
            setattr(dynamodb, name, self._measured(getattr(dynamodb, name), _operation(name)))
        transact = self._transacting(getattr(dynamodb, TRANSACTION))
        setattr(dynamodb, TRANSACTION, self._measured(transact, _operation(TRANSACTION)))

    def add_capacity(self, result: Any, data: Request, table_name: str, *more: Any, **named: Any) -> None:
        """What the emulator calls for each request about one table: count it, whether or not the caller asks."""
        told: dict[str, Any] = {}
        self._add_capacity(told, {**data, "ReturnConsumedCapacity": "INDEXES"}, table_name, *more, **named)
        used = told["ConsumedCapacity"]
        indexes = {name: part["CapacityUnits"] for name, part in used.get("GlobalSecondaryIndexes", {}).items()}
        metric = "ConsumedWriteCapacityUnits" if named.get("write") else "ConsumedReadCapacityUnits"
        self._use(metric, table_name, used["CapacityUnits"] - sum(indexes.values()), indexes)
        self._add_capacity(result, data, table_name, *more, **named)

    def accumulate(self, total: Any, table: Any, old_item: Any, new_item: Any) -> None:
        """What the emulator calls for each write of a batch."""
        of_table, of_indexes = total["table"], dict(total["gsi"])
        self._accumulate(total, table, old_item, new_item)
        indexes = {name: units - of_indexes.get(name, 0.0) for name, units in total["gsi"].items()}
        self._use("ConsumedWriteCapacityUnits", table["TableName"], total["table"] - of_table, indexes)

    def throttled(self, operation: str, request: Request) -> None:
        """A request was refused as too many, which happens here only on demand."""
        for table in _tables(request):
            self._add("ThrottledRequests", "Count", 1, TableName=table, Operation=operation)

    def report(self) -> None:
        """Hand over what has been collected."""
        with self._lock:
            collected, self._collected = self._collected, {}
        for ((account, region), metric, unit, dimensions), statistics in collected.items():
            with responses.request_scope(account, region):
                cloudwatch._store_datum(
                    _NAMESPACE, metric, dict(dimensions), time.time(), unit, None, None, None, statistics
                )

    def _work(self) -> None:
        while True:
            time.sleep(_TICK_SECONDS)
            try:
                self.report()
            except Exception:
                log.exception("The metrics of the tables")

    def _measured(self, operation: Operation, name: str) -> Operation:
        @functools.wraps(operation)
        def measured(data: Any) -> Answer:
            began = time.monotonic()
            answer = operation(data)
            milliseconds = (time.monotonic() - began) * 1000
            if answer[0] < 400:
                self._succeeded(name, data, milliseconds)
            elif _FAILED_CONDITION in answer[2]:
                # A write whose condition does not hold is paid for all the same.
                for table in _tables(data):
                    self._add("ConditionalCheckFailedRequests", "Count", 1, TableName=table)
                    self._add("ConsumedWriteCapacityUnits", "Count", 1, TableName=table)
            return answer

        return measured

    def _succeeded(self, name: str, data: Request, milliseconds: float) -> None:
        for table in _tables(data):
            self._add("SuccessfulRequestLatency", "Milliseconds", milliseconds, TableName=table, Operation=name)
        if name == "BatchGetItem":
            for table, wanted in data["RequestItems"].items():
                units = len(wanted["Keys"]) * (1.0 if wanted.get("ConsistentRead") else 0.5)
                self._use("ConsumedReadCapacityUnits", dynamodb._normalize_table_name(table), units, {})
        if name == "TransactGetItems":
            for part in parts(data):
                self._use(
                    "ConsumedReadCapacityUnits", dynamodb._normalize_table_name(part.request["TableName"]), 2.0, {}
                )

    def _transacting(self, operation: Operation) -> Operation:
        """A transaction of writes: only whoever asks is told what it used, so that we ask for everybody."""

        @functools.wraps(operation)
        def transacted(data: Any) -> Answer:
            asked = data.get("ReturnConsumedCapacity", "NONE")
            if asked not in ("NONE", "TOTAL", "INDEXES"):
                return operation(data)
            # What the caller asked for stays in the request: a token stands for all of it.
            status, headers, body = operation({**data, "ReturnConsumedCapacity": "INDEXES", "Asked": asked})
            if status >= 400:
                return status, headers, body
            told = json.loads(body)
            for used in told.get("ConsumedCapacity", ()):
                self._used(used)
                if asked == "TOTAL":
                    for part in [name for name in used if name.endswith("Indexes")]:
                        del used[part]
            if asked == "NONE":
                told.pop("ConsumedCapacity", None)
            answer: Answer = responses.json_response(told)
            return answer

        return transacted

    def _used(self, used: Mapping[str, Any]) -> None:
        """What a transaction used of one table; of one that was made before, its token reads what came of it."""
        kind = "Write" if "WriteCapacityUnits" in used else "Read"
        indexes = {name: part["CapacityUnits"] for name, part in used.get("GlobalSecondaryIndexes", {}).items()}
        metric = f"Consumed{kind}CapacityUnits"
        self._use(metric, used["TableName"], used[f"{kind}CapacityUnits"], indexes)

    def _use(self, metric: str, table: str, units: float, indexes: Mapping[str, float]) -> None:
        """Capacity used of a table, and of its indexes by name."""
        self._add(metric, "Count", units, TableName=table)
        for name, part in indexes.items():
            self._add(metric, "Count", part, TableName=table, GlobalSecondaryIndexName=name)

    def _add(self, metric: str, unit: str, value: float, **dimensions: str) -> None:
        place = (responses.get_account_id(), responses.get_region())
        series = (place, metric, unit, tuple(dimensions.items()))
        with self._lock:
            seen = self._collected.setdefault(
                series, {"SampleCount": 0.0, "Sum": 0.0, "Minimum": value, "Maximum": value}
            )
            seen["SampleCount"] += 1
            seen["Sum"] += value
            seen["Minimum"], seen["Maximum"] = min(seen["Minimum"], value), max(seen["Maximum"], value)


METRICS = TableMetrics()
"""The metrics of this process."""


def refused(operation: str, request: bytes | Request, error: str) -> None:
    """A request to DynamoDB failed on demand."""
    if error.rpartition(".")[2] in _THROTTLES:
        given = json.loads(request) if isinstance(request, bytes) else request
        METRICS.throttled(f"{operation[:1].upper()}{operation[1:]}", given)


def _operation(name: str) -> str:
    """``_put_item`` as AWS writes it: PutItem."""
    return "".join(part.capitalize() for part in name.split("_"))


def _tables(request: Request) -> list[str]:
    """The tables that a request names."""
    named = [request["TableName"]] if "TableName" in request else list(request.get("RequestItems") or ())
    named += dict.fromkeys(part.request.get("TableName", "") for part in parts(request))
    return [str(dynamodb._normalize_table_name(name)) for name in named]
