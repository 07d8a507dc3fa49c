"""Records that were polled and wait for their batch, one lane per assigned partition."""

import threading
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field

from awskit.kafka.records import Partition, Record, fits

_FULL_BYTES = 6 * 1024 * 1024


@dataclass(eq=False, slots=True)
class Lane:
    """One partition for as long as it is assigned to us; a new assignment is a new lane.

    `next_offset` is the record the broker owes us next. `done` is the offset to commit: everything before it is
    processed; `committed` is what the broker knows of that. A lane is `busy` while a batch holds records of it, which
    keeps the partition's order. `cancelled` is set when the partition is taken away or the relay stops.
    """

    partition: Partition
    next_offset: int
    cancelled: threading.Event = field(default_factory=threading.Event)
    busy: bool = False
    paused: bool = False
    done: int | None = None
    committed: int | None = None
    _waiting: deque[tuple[Record, float]] = field(default_factory=deque)
    _waiting_bytes: int = 0

    def add(self, record: Record, now: float) -> None:
        self._waiting.append((record, now))
        self._waiting_bytes += record.payload_bytes
        self.next_offset = record.offset + 1

    def take_first(self) -> Record:
        record, _ = self._waiting.popleft()
        self._waiting_bytes -= record.payload_bytes
        return record

    @property
    def first(self) -> Record:
        return self._waiting[0][0]

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def waiting_bytes(self) -> int:
        return self._waiting_bytes

    @property
    def waiting_since(self) -> float:
        return self._waiting[0][1]

    def full(self, batch_size: int) -> bool:
        """Whether the next two batches are here already, so that fetching more would only take memory."""
        return self.waiting >= 2 * batch_size or self._waiting_bytes >= _FULL_BYTES


Batch = dict[Lane, list[Record]]
"""Records for one invocation, in order within each lane."""


def batch_is_due(lanes: Collection[Lane], *, batch_size: int, window: float, now: float) -> bool:
    """Whether an invocation is due: a full batch, 6 MB, or the oldest record has waited for the whole window."""
    ready = _ready(lanes)
    if not ready:
        return False
    if sum(lane.waiting for lane in ready) >= batch_size or not fits(sum(lane.waiting_bytes for lane in ready)):
        return True
    return now - min(lane.waiting_since for lane in ready) >= window


def take_batch(lanes: Collection[Lane], *, batch_size: int) -> Batch:
    """Take the next batch, oldest lanes first, and mark its lanes busy.

    A batch is never empty when a lane is ready: a record that is too large for any invocation comes alone.
    """
    batch: Batch = {}
    count = size = 0
    for lane in sorted(_ready(lanes), key=lambda lane: lane.waiting_since):
        while lane.waiting and count < batch_size:
            if count and not fits(size + lane.first.payload_bytes):
                break
            record = lane.take_first()
            batch.setdefault(lane, []).append(record)
            count += 1
            size += record.payload_bytes
    for lane in batch:
        lane.busy = True
    return batch


def _ready(lanes: Collection[Lane]) -> list[Lane]:
    return [lane for lane in lanes if lane.waiting and not lane.busy]
