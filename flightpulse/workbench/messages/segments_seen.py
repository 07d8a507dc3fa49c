"""The segments of passengers that a run told, and where the wording of each came from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flightpulse.workbench.messages.inbox import Message
from flightpulse.workbench.observe.logs import LogEvent
from flightpulse.workbench.show.frames import Records
from flightpulse.workbench.show.tables import Table

REFUSED = "a template was refused or mended"
"""What the messenger's log says of a segment."""


@dataclass(frozen=True, slots=True)
class SegmentSeen:
    """One segment of one run.

    ``origins`` are ``model``, ``cache`` or ``fallback``, each once. ``refused`` are the rules that drafts broke, also
    where they were mended.
    """

    segment: str
    passengers: int
    messages: int
    origins: tuple[str, ...]
    refused: tuple[str, ...]


class SegmentsSeen(Records[SegmentSeen]):
    """The segments of a run in the order in which they were told."""

    columns = ("segment", "passengers", "messages", "origins", "refused")

    def origins(self) -> dict[str, str]:
        """Where each segment's wording came from, by segment."""
        return {segment.segment: ", ".join(segment.origins) for segment in self}

    def table(self) -> Table:
        """The segments as a table."""
        rows = [
            (
                segment.segment,
                segment.passengers,
                segment.messages,
                ", ".join(segment.origins),
                ", ".join(segment.refused) or "nothing",
            )
            for segment in self
        ]
        headings = ("segment", "passengers", "messages", "wording from", "found in drafts")
        return Table.of(headings, rows, numbers=(1, 2))


def seen(messages: Sequence[Message], messenger_lines: Iterable[LogEvent], event_ids: Iterable[str]) -> SegmentsSeen:
    """Put together what messages and the messenger's log say of the segments of some events."""
    wanted = set(event_ids)
    refused: dict[str, set[str]] = {}
    for event in messenger_lines:
        line = event.fields or {}
        if line.get("event_id") not in wanted:
            continue
        segment = str(line.get("segment", ""))
        if line.get("message") == REFUSED:
            refused.setdefault(segment, set()).update(map(str, line.get("rules") or ()))
    told: dict[str, list[Message]] = {}
    for message in messages:
        told.setdefault(message.segment, []).append(message)
    return SegmentsSeen(
        SegmentSeen(
            segment=segment,
            passengers=len({item.passenger_id for item in theirs}),
            messages=len(theirs),
            origins=tuple(dict.fromkeys(item.written_by for item in theirs)),
            refused=tuple(sorted(refused.get(segment, ()))),
        )
        for segment, theirs in told.items()
    )
