"""What a run would cost in an AWS account at list prices, from what its histories and logs say it used."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flightpulse.stack import names
from flightpulse.workbench.costs import prices
from flightpulse.workbench.costs.prices import Price
from flightpulse.workbench.executions import bus_entries, history, table_writes
from flightpulse.workbench.executions.history import Attempt
from flightpulse.workbench.messages.preparing import model_ids
from flightpulse.workbench.metrics import metrics
from flightpulse.workbench.observe import logs
from flightpulse.workbench.observe.item_changes import StreamedChange
from flightpulse.workbench.observe.logs import LogEvent
from flightpulse.workbench.show import frames
from flightpulse.workbench.show.shown_as_table import ShownAsTable
from flightpulse.workbench.show.tables import Table

if TYPE_CHECKING:
    import pandas as pd

    from flightpulse.workbench.run import Run

_SKEW = timedelta(seconds=5)
_REQUEST = re.compile(r"RequestId: (\S+)")
_REPORT = re.compile(r"^REPORT RequestId: .*?Billed Duration: (\d+) ms\s+Memory Size: (\d+) MB")
_BOOKING_BYTES = 512
"""About what a flight's item of a booking has; a Query is paid by the bytes it looks through."""
_READ_BYTES = 4096
_HALF = Decimal("0.5")
_REFUSED = ("ConditionalCheckFailed", "TransactionCanceled")
_NOT_RUNS = frozenset({"api", "access"})
_TRACED = frozenset(names.LOG_GROUPS[short] for short in ("consumer", "stream"))
"""Whose invocations begin a trace of their own, beside those of the records, to which the workflows belong."""
_TASKS = {"author": "drafting", "reviewer": "reviewing"}

LEFT_OUT = (
    "Left out: free tiers, storage, KMS, network traffic, the broker, and everything that costs while nothing happens "
    "(flightpulse cost --idle)."
)
_POLLING = (
    "Polling Kafka is not in it: an event source mapping has no charge of its own on demand; with provisioned pollers "
    f"each unit costs {prices.EVENT_POLLER_HOUR.of(prices.HOURS).quantize(Decimal('0.01'))} USD a month, used or not."
)
_LOCAL = "On the local cloud it cost nothing. Durations are those of this machine, not of Lambda's."


@dataclass(frozen=True, slots=True)
class ModelUsage:
    """What a model was asked in one role, ``author`` or ``reviewer``, as Bedrock counted it."""

    role: str
    model_id: str
    tokens_in: int
    tokens_out: int


@dataclass(frozen=True, slots=True)
class RunUsage:
    """What a run used. ``gb_seconds`` is memory times billed duration.

    ``passengers`` are those who were told, ``metrics`` the custom metrics with values, ``traces`` the most that X-Ray
    can record of it.
    """

    messages: int = 0
    transitions: int = 0
    invocations: int = 0
    gb_seconds: Decimal = Decimal(0)
    write_units: int = 0
    read_units: Decimal = Decimal(0)
    events: int = 0
    log_bytes: int = 0
    queue_requests: int = 0
    topic_publishes: int = 0
    passengers: int = 0
    traces: int = 0
    metrics: int = 0
    models: tuple[ModelUsage, ...] = ()


@dataclass(frozen=True, slots=True)
class CostLine:
    """One thing that is paid. ``known`` says whether its number is measured or estimated, and from what.

    ``grows`` says whether twice as many passengers take twice as much of it.
    """

    what: str
    number: Decimal
    price: Price
    known: str
    grows: bool = True

    @property
    def dollars(self) -> Decimal:
        return self.price.of(self.number)


@dataclass(frozen=True, slots=True, repr=False)
class RunCost(ShownAsTable):
    """The costs of a run in the order of the pipeline. ``unpriced`` names a model whose price is not known."""

    title: str
    lines: tuple[CostLine, ...]
    usage: RunUsage
    local: bool
    unpriced: str = ""

    @property
    def total(self) -> Decimal:
        """US dollars, not rounded."""
        return sum((line.dollars for line in self.lines), Decimal(0))

    @property
    def per_message(self) -> Decimal | None:
        """US dollars for each message that went out; None when none did."""
        return self.total / self.usage.messages if self.usage.messages else None

    @property
    def per_thousand(self) -> Decimal | None:
        """US dollars for 1,000 passengers told, if all were told as these were; None when nobody was."""
        if not self.usage.passengers:
            return None
        growing = sum((line.dollars for line in self.lines if line.grows), Decimal(0))
        return self.total - growing + growing * 1000 / self.usage.passengers

    @property
    def note(self) -> str:
        """What is left out, what is paid beside it, and that the local cloud costs nothing."""
        unpriced = f"Not priced: tokens of {self.unpriced}." if self.unpriced else ""
        return "\n".join(part for part in (unpriced, _POLLING, LEFT_OUT, _LOCAL if self.local else "") if part)

    def table(self) -> Table:
        """What, how many, at which price, in US dollars; the sum, and the sum for each message."""
        rows = [
            (line.what, _number(line.number), str(line.price), _dollars(line.dollars), line.known)
            for line in self.lines
        ]
        rows.append(("in all", "", "", _dollars(self.total), ""))
        if self.per_message is not None:
            rows.append(("for each message", f"{self.usage.messages:,}", "", _dollars(self.per_message), ""))
        if self.per_thousand is not None:
            rows.append(
                ("for 1,000 passengers told", f"{self.usage.passengers:,}", "", _dollars(self.per_thousand), "")
            )
        headings = ("what", "how many", "USD at list price", "USD", "how it is known")
        return Table.of(headings, rows, numbers=(1, 3), note=self.note)

    def to_frame(self) -> "pd.DataFrame":
        """One row per line that is paid: ``what``, ``number``, ``usd`` (not rounded) and how it is known."""
        rows = (
            {"what": line.what, "number": line.number, "usd": line.dollars, "known": line.known} for line in self.lines
        )
        return frames.frame(rows, columns=("what", "number", "usd", "known"))

    def as_json(self) -> dict[str, Any]:
        """The costs as plain JSON values; amounts of money and of units are texts, so that none is rounded."""
        return {
            "run": self.title,
            "lines": [
                {
                    "what": line.what,
                    "number": str(line.number),
                    "price": str(line.price),
                    "usd": f"{line.dollars:f}",
                    "known": line.known,
                }
                for line in self.lines
            ],
            "total_usd": f"{self.total:f}",
            "messages": self.usage.messages,
            "per_message_usd": None if self.per_message is None else f"{self.per_message:.10f}",
            "passengers": self.usage.passengers,
            "per_thousand_passengers_usd": None if self.per_thousand is None else f"{self.per_thousand:.10f}",
            "note": self.note,
        }


def of(run: "Run") -> RunCost:
    """The costs of a run. Asks for histories, logs and the table's stream."""
    return priced(measured(run), title=run.title, local=run.session.target == "local")


def priced(usage: RunUsage, *, title: str = "", local: bool = False) -> RunCost:
    """What is used, at list prices. What is not always used has a line only where it is."""
    lines = [
        CostLine("Step Functions, state transitions", Decimal(usage.transitions), prices.TRANSITION, "histories"),
        CostLine("Lambda, requests", Decimal(usage.invocations), prices.INVOCATION, "REPORT lines"),
        CostLine("Lambda, duration", usage.gb_seconds, prices.GB_SECOND, "REPORT lines"),
        CostLine(
            "DynamoDB, writes", Decimal(usage.write_units), prices.WRITE_UNIT, "histories, the stream; items of 1 KB"
        ),
        CostLine("DynamoDB, reads", usage.read_units, prices.READ_UNIT, "estimated from calls and bookings"),
        CostLine("EventBridge, custom events", Decimal(usage.events), prices.CUSTOM_EVENT, "histories, logs"),
        CostLine("CloudWatch Logs, ingestion", Decimal(usage.log_bytes) / 2**20, prices.LOG_MB, "the run's lines"),
        CostLine("SQS, requests", Decimal(usage.queue_requests), prices.QUEUE_REQUEST, "histories, logs"),
    ]
    if usage.topic_publishes:
        lines.append(CostLine("SNS, publishes", Decimal(usage.topic_publishes), prices.TOPIC_PUBLISH, "histories"))
    if usage.traces:
        lines.append(CostLine("X-Ray, traces", Decimal(usage.traces), prices.TRACE, "at most; X-Ray takes a sample"))
    if usage.metrics:
        known = "metrics with values, for one hour"
        number = Decimal(usage.metrics)
        lines.append(CostLine("CloudWatch, custom metrics", number, prices.METRIC_HOUR, known, grows=False))
    unpriced = []
    for asked in usage.models:
        model = prices.model(asked.model_id)
        if model is None:
            unpriced.append(asked.model_id)
            continue
        task = _TASKS.get(asked.role, asked.role)
        for way, tokens, price in zip(("in", "out"), (asked.tokens_in, asked.tokens_out), model, strict=True):
            lines.append(
                CostLine(f"{task}, tokens {way}", Decimal(tokens), price, f"{asked.model_id}, as Bedrock counts")
            )
    return RunCost(title, tuple(lines), usage, local, " and ".join(dict.fromkeys(unpriced)))


def measured(run: "Run") -> RunUsage:
    """What a run used, from its histories, its log lines and the table's stream."""
    counts = run.counts()
    everything = [execution for top in run.executions for execution in top.all()]
    attempts = [
        attempt
        for execution in everything
        for visit in history.walk(execution.history.visits)
        for attempt in visit.attempts
    ]
    # This waits for what the stream handler publishes; its lines are in the logs only then.
    status_changes = sum(event.detail_type.endswith(".status_changed") for event in run.audit)
    groups = [group for short, group in names.LOG_GROUPS.items() if short not in _NOT_RUNS]
    since = run.began_at - _SKEW
    mine = lines_of(
        logs.read(run.session, groups, since=since), run.event_ids, {execution.arn for execution in everything}
    )
    refused = len(run.refused)
    accepted = len(run.consumer_lines) - refused
    booked = {flight: len(known) for flight, known in run.facts.recipients.items()}
    run_models = model_ids(run.session)
    templates = counts.templates_from_model + counts.templates_from_cache + counts.templates_from_fallback
    flights = [str(event["payload"]["flight_id"]) for event in run.events]
    reports = list(billed(mine))
    started = sum(1 for event in mine if event.group in _TRACED for _ in billed([event]))
    return RunUsage(
        messages=len(run.messages),
        transitions=counts.state_transitions,
        invocations=len(reports),
        gb_seconds=sum(reports, Decimal(0)),
        # A template that is drafted now is claimed before it is stored.
        write_units=writes(attempts) + index_writes(run.item_changes) + 2 * counts.templates_from_model,
        read_units=reads(attempts, booked)
        # The consumer reads a flight and its bookings by one consistent Query.
        + sum(_looked_through(booked.get(flight, 0)) for flight in flights)
        + templates * _HALF
        # Where each of them flies on is one Query.
        + len({message.passenger_id for message in run.messages}) * _HALF,
        events=custom_events(attempts) + accepted + status_changes,
        log_bytes=sum(len(event.message.encode()) for event in mine),
        queue_requests=_calls(attempts, "sqs:sendMessage") + refused,
        topic_publishes=_calls(attempts, "sns:publish"),
        passengers=counts.passengers_told,
        traces=started + len(run.events),
        metrics=sum(metric.total > 0 for metric in metrics.totals(run.session, since=run.began_at)),
        models=tuple(
            ModelUsage(role, run_models[role], asked["input_tokens"], asked["output_tokens"])
            for role, asked in tokens_by_role(mine).items()
            if asked["calls"]
        ),
    )


def tokens_by_role(events: Iterable[LogEvent]) -> dict[str, Counter[str]]:
    """``calls``, ``input_tokens`` and ``output_tokens`` of each role, summed up over the messenger's log lines."""
    found: dict[str, Counter[str]] = {}
    for event in events:
        usage = (event.fields or {}).get("usage")
        if isinstance(usage, Mapping):
            for role, asked in usage.items():
                found.setdefault(str(role), Counter()).update(asked)
    return found


def lines_of(events: Sequence[LogEvent], event_ids: Iterable[str], arns: Iterable[str]) -> list[LogEvent]:
    """The log lines about a run's events, of its executions, and of the Lambda invocations that had a hand in it."""
    mine = {*event_ids, *arns}
    read = [(event, event.fields or {}) for event in events]
    mine |= {
        str(fields["function_request_id"])
        for _, fields in read
        if fields.get("event_id") in mine and fields.get("function_request_id")
    }
    return [event for event, fields in read if not mine.isdisjoint(_named(event.message, fields))]


def _named(message: str, fields: Mapping[str, Any]) -> Iterator[str]:
    """Whatever a log line says it belongs to."""
    yield from (str(fields.get(name)) for name in ("event_id", "function_request_id", "execution_arn"))
    for inner, name in (("detail", "event_id"), ("record", "requestId")):
        found = fields.get(inner)
        if isinstance(found, Mapping):
            yield str(found.get(name))
    if not fields and (request := _REQUEST.search(message)):
        yield request[1]


def billed(events: Iterable[LogEvent]) -> Iterator[Decimal]:
    """GB-seconds of each invocation whose report (JSON or text) is among log lines."""
    for event in events:
        fields = event.fields or {}
        if fields.get("type") == "platform.report":
            metrics = fields["record"]["metrics"]
            yield _gb_seconds(metrics["billedDurationMs"], metrics["memorySizeMB"])
        elif found := _REPORT.match(event.message):
            yield _gb_seconds(found[1], found[2])


def _gb_seconds(milliseconds: object, megabytes: object) -> Decimal:
    return Decimal(str(milliseconds)) / 1000 * Decimal(str(megabytes)) / 1024


def writes(attempts: Iterable[Attempt]) -> int:
    """Write units of the table itself: one for each write, two for each of a transaction.

    They are counted, too, when a condition did not hold: a single write is paid then, and of a transaction that was
    cancelled AWS does not say. Source of the two units:
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html (two underlying writes of
    every item: one to prepare the transaction and one to commit it).
    """
    return sum(
        len(table_writes.of(attempt)) * (2 if attempt.resource == table_writes.TRANSACTION else 1)
        for attempt in attempts
        if attempt.problem is None or any(refused in attempt.problem.error for refused in _REFUSED)
    )


def index_writes(changes: Iterable[StreamedChange]) -> int:
    """Write units of the two indexes: one for an entry that is new, gone or updated, two for one that moves."""
    return sum(_index_write(change, index) for change in changes for index in ("GSI1", "GSI2"))


def _index_write(change: StreamedChange, index: str) -> int:
    keys = {f"{index}PK", f"{index}SK"}
    if keys & {*change.changes.added, *change.changes.removed}:
        return 1
    if keys & {item.key for item in change.changes.changed}:
        return 2
    return int(bool(change.changes) and keys <= change.after.keys())


def reads(attempts: Iterable[Attempt], booked: Mapping[str, int]) -> Decimal:
    """Read units of the workflows' calls. ``booked`` is how many bookings a Query of each flight looks through."""
    return sum((_read(attempt, booked) for attempt in attempts), Decimal(0))


def _read(attempt: Attempt, booked: Mapping[str, int]) -> Decimal:
    service, _, call = attempt.resource.rpartition(":")
    if not service.endswith("dynamodb") or call not in {"getItem", "batchGetItem", "query"}:
        return Decimal(0)
    asked = json.loads(attempt.arguments)
    if call == "batchGetItem":
        return sum((_share(request) * len(request["Keys"]) for request in asked["RequestItems"].values()), Decimal(0))
    if call == "getItem":
        return _share(asked)
    flight = str(asked["ExpressionAttributeValues"][":flight"]["S"]).partition("#")[2]
    return _share(asked) * _looked_through(booked.get(flight, 0))


def _share(asked: Mapping[str, Any]) -> Decimal:
    return Decimal(1) if asked.get("ConsistentRead") else _HALF


def _looked_through(bookings: int) -> int:
    return max(1, math.ceil(bookings * _BOOKING_BYTES / _READ_BYTES))


def custom_events(attempts: Iterable[Attempt]) -> int:
    """Events that workflows put on a bus: every entry that the bus took, however many one call has.

    Source: https://aws.amazon.com/eventbridge/pricing/ (custom events are paid by event published).
    """
    return sum(taken for attempt in attempts for _, taken in bus_entries.of(attempt))


def _calls(attempts: Iterable[Attempt], resource: str) -> int:
    return sum(attempt.resource == resource and attempt.problem is None for attempt in attempts)


def _number(number: Decimal) -> str:
    return f"{number:,.0f}" if number == number.to_integral_value() else f"{number:,.3f}"


def _dollars(amount: Decimal) -> str:
    return f"{amount:.7f}"
