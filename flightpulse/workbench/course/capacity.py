"""How far one AWS account goes: what an event takes, which quota it meets first, and a simulation of both.

What an event takes was measured (``measured_events.json``, written by ``python -m tools.bench.service_times``); quotas
are defaults of us-east-1 for accounts that have been there for a while. A new account may have much less.
"""

import heapq
import json
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from flightpulse.workbench.show.tables import Table

MEASURED = Path(__file__).with_name("measured_events.json")
RULE_SECONDS = 30 * 60
"""14 CFR 259.8: passengers hear within half an hour after the airline is aware."""

TRANSITIONS, STARTS, EVENTS, WRITES, ONE_KEY, CALLS = (
    "Step Functions: state transitions",
    "Step Functions: executions started",
    "EventBridge: entries published",
    "DynamoDB: units written to the table",
    "DynamoDB: units under one index key",
    "Bedrock: calls of one model",
)
_MEASURED_AS = {TRANSITIONS: "transitions", STARTS: "executions", EVENTS: "events", WRITES: "write_units"}
_TIERS = (0.08, 0.18, 0.74)
"""Which part of the bookings is told first, second and third."""
_CHUNK = 40


@dataclass(frozen=True, slots=True)
class Quota:
    """So many in a second, after ``burst`` at once. ``way_out`` says what to do when it is too little."""

    per_second: float
    burst: float
    way_out: str
    source: str


_STATES = "https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"
_TABLE = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html"
QUOTAS: Mapping[str, Quota] = {
    TRANSITIONS: Quota(5_000, 5_000, "ask for more, or Express for the chunks", _STATES),
    STARTS: Quota(300, 1_300, "ask for more", _STATES),
    EVENTS: Quota(
        10_000, 10_000, "ask for more", "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html"
    ),
    WRITES: Quota(40_000, 40_000, "ask for more, and warm the table before the season", _TABLE),
    ONE_KEY: Quota(1_000, 1_000, "spread the key: NEEDS_REBOOKING#0 to #9", _TABLE),
    CALLS: Quota(
        1_000 / 60, 1_000, "ask early, or do not call", "https://docs.aws.amazon.com/general/latest/gr/bedrock.html"
    ),
}
"""Defaults for whole accounts, but for the table's and the key's. EventBridge counts requests, of ten entries at most;
entries are the careful reading. 1,000 units under one key is what one partition bears, and nobody can raise it."""


@dataclass(frozen=True, slots=True)
class LoadCase:
    """So many flights with news of one kind, known within so many seconds. ``calls`` of a model for each booking."""

    flights: int
    within: float
    kind: str = "cancellation"
    bookings: int = 58
    messages: float = 1.3
    calls: float = 0.0

    @property
    def told(self) -> int:
        """Bookings whose passengers are told."""
        return self.flights * self.bookings

    def takes(self) -> dict[str, float]:
        """How much of each thing with a quota the whole load takes."""
        found = {name: self.flights * self._measured(field) for name, field in _MEASURED_AS.items()}
        found[ONE_KEY] = self.flights * (self.bookings if self.kind == "cancellation" else 1)
        found[CALLS] = self.told * self.calls
        return found

    def _measured(self, field: str) -> float:
        """How much one event takes, on the line through the flights that were measured.

        What is claimed and written counts bookings, however many messages each has; the bus takes an entry for each
        message, and what else it gets counts bookings, too.
        """
        sent = 1 if field == "events" else 0
        small, large = (entry for entry in measured() if entry["kind"] == self.kind)
        beside = small[field] - sent * small["messages"]
        slope = (large[field] - sent * large["messages"] - beside) / (large["bookings"] - small["bookings"])
        return float(beside + slope * (self.bookings - small["bookings"]) + sent * self.bookings * self.messages)


@cache
def measured() -> tuple[dict[str, Any], ...]:
    """What was measured, one entry for each kind of event and size of flight."""
    return tuple(json.loads(MEASURED.read_text(encoding="utf-8")))


def waits(load: LoadCase, quotas: Mapping[str, Quota] = QUOTAS) -> dict[str, float]:
    """How many seconds the last news waits for each quota: what goes beyond the burst comes at the quota's rate."""
    return {
        name: max(0.0, (taken - quotas[name].burst) / quotas[name].per_second - load.within)
        for name, taken in load.takes().items()
        if taken
    }


def first_to_bind(load: LoadCase, quotas: Mapping[str, Quota] = QUOTAS) -> str:
    """The quota for which the last news waits longest; empty when it waits for none."""
    found = waits(load, quotas)
    worst = max(found, key=lambda name: found[name])
    return worst if found[worst] else ""


def table(load: LoadCase, quotas: Mapping[str, Quota] = QUOTAS) -> Table:
    """What the storm takes beside each quota: the share of it while the news come, and how long the last one waits."""
    taken = load.takes()
    rows = [
        (
            name,
            f"{taken[name]:,.0f}",
            f"{quotas[name].per_second:,.0f}",
            _percent(taken[name] / load.within / quotas[name].per_second),
            f"{wait / 60:.1f}",
            quotas[name].way_out,
        )
        for name, wait in waits(load, quotas).items()
    ]
    headings = ("what", "the storm takes", "quota a second", "share of it", "minutes late", "way out")
    note = f"{load.flights:,} flights, {load.told:,} bookings, news within {load.within:,.0f} s"
    return Table.of(headings, rows, numbers=(1, 2, 3, 4), note=note)


def raised(times: Mapping[str, float]) -> dict[str, Quota]:
    """The quotas with some of them so many times as large: ``raised({STARTS: 4})``."""
    more = {name: times.get(name, 1) for name in QUOTAS}
    return {
        name: replace(quota, per_second=quota.per_second * more[name], burst=quota.burst * more[name])
        for name, quota in QUOTAS.items()
    }


class _Bucket:
    """Gives so many in a second and, after a rest, a burst at once; whoever comes first is served first."""

    def __init__(self, quota: Quota) -> None:
        self._quota = quota
        self._free_at = -math.inf

    def take(self, number: float, now: float) -> float:
        """When so many can be had, asked for now."""
        self._free_at = max(self._free_at, now - self._quota.burst / self._quota.per_second)
        self._free_at += number / self._quota.per_second
        return max(now, self._free_at)


def simulate(load: LoadCase, quotas: Mapping[str, Quota] = QUOTAS, *, seed: int = 1) -> list[float]:
    """How many seconds each group of bookings waits from the airline's knowing to its message.

    Every flight goes its way: start, apply, mark the bookings, then tier by tier in chunks that take as long as one of
    those that were measured. What has a quota is taken from one bucket for all of them.
    """
    choice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    takes = {name: taken / load.flights for name, taken in load.takes().items()}
    buckets = {name: _Bucket(quota) for name, quota in quotas.items()}
    chunks = [part for entry in measured() for part in entry["chunk_seconds"]]
    found: list[float] = []
    turns = count()
    running: list[tuple[float, int, Iterator[float]]] = []
    for number in range(load.flights):
        known = load.within * number / load.flights
        heapq.heappush(running, (known, next(turns), _flight(load, takes, known, buckets, chunks, choice, found)))
    while running:
        now, _, flight = heapq.heappop(running)
        later = next(flight, None)
        if later is not None:
            heapq.heappush(running, (max(now, later), next(turns), flight))
    return sorted(found)


def _flight(
    load: LoadCase,
    takes: Mapping[str, float],
    known: float,
    buckets: Mapping[str, _Bucket],
    chunks: Sequence[float],
    choice: random.Random,
    found: list[float],
) -> Iterator[float]:
    """One flight's way, which ``takes`` so much; yields the moments up to which it waits."""
    yield known
    # What is there before anybody is told: the workflow and the one for its passengers, and every booking's mark.
    now = max(buckets[STARTS].take(2, known), buckets[ONE_KEY].take(takes[ONE_KEY], known))
    for part in _TIERS:
        yield now
        started = max(1, math.ceil(load.bookings * part / _CHUNK))
        needs = {STARTS: started, **{name: takes[name] * part for name in (TRANSITIONS, EVENTS, WRITES, CALLS)}}
        granted = max(buckets[name].take(number, now) for name, number in needs.items() if number)
        now = granted + choice.choice(chunks)
        found.append(now - known)


def _percent(share: float) -> str:
    return f"{share:.1%}" if share < 1 else f"{share:,.0%}"
