"""A store of templates in memory, which several invocations may share."""

from collections.abc import Iterable

from flightpulse.messages.records import TemplateRecord
from flightpulse.messages.segments import Segment


class FakeStore:
    """``kept`` are the records by segment; ``claimed`` the segments that somebody is drafting, in the order of claims.

    A claim is refused while there is another, or a record.
    """

    def __init__(self, *records: TemplateRecord) -> None:
        self.kept = {record.segment: record for record in records}
        self.claimed: list[Segment] = []

    def get_many(self, segments: Iterable[Segment]) -> dict[Segment, TemplateRecord]:
        return {segment: self.kept[segment] for segment in segments if segment in self.kept}

    def put(self, record: TemplateRecord) -> None:
        self.kept[record.segment] = record
        self.release(record.segment)

    def claim(self, segment: Segment) -> bool:
        if segment in self.kept or segment in self.claimed:
            return False
        self.claimed.append(segment)
        return True

    def release(self, segment: Segment) -> None:
        if segment in self.claimed:
            self.claimed.remove(segment)

    @property
    def only(self) -> TemplateRecord:
        (record,) = self.kept.values()
        return record
