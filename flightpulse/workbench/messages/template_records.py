"""The templates that the table keeps: listed, shown, approved and refused by a person, forgotten."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flightpulse.adapters.template_table import TemplateTable
from flightpulse.errors import UserError
from flightpulse.messages.records import Status, TemplateRecord
from flightpulse.messages.segments import Segment
from flightpulse.workbench.messages.drafts import Draft, template_lines
from flightpulse.workbench.messages.messenger import Messenger
from flightpulse.workbench.messages.segment_names import segments_like
from flightpulse.workbench.show.shown_as_table import ShownAsTable
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.session import Session

NOTHING = "NONE"
"""What a segment has that nobody has drafted a template for: not a status of a record, but shown like one."""


@dataclass(frozen=True, slots=True, repr=False)
class TemplateList(ShownAsTable):
    """The segments that were asked for, each with its record if it has one. ``review`` is ``model`` or ``person``."""

    records: Mapping[Segment, TemplateRecord | None]
    review: str
    status: str | None = None

    def counts(self) -> dict[str, int]:
        """How many segments have a template in each state, and how many have none."""
        found = Counter(_state(record) for record in self.records.values())
        return {name: found[name] for name in (*map(str, Status), NOTHING)}

    def shown(self) -> list[tuple[Segment, TemplateRecord | None]]:
        """Those in the state that was asked for; without one, those that have a record."""
        wanted = {self.status} if self.status else set(map(str, Status))
        return [(segment, record) for segment, record in self.records.items() if _state(record) in wanted]

    def table(self) -> Table:
        """The segments as a table, with the counts of all below."""
        rows = [(segment.key, *_row(record)) for segment, record in self.shown()]
        counts = ", ".join(f"{count} {name}" for name, count in self.counts().items() if count)
        note = f"{len(self.records)} segments: {counts}. Drafts are reviewed by a {self.review}."
        return Table.of(("segment", "state", "drafted by", "reviewed by", "found in drafts"), rows, note=note)

    def as_json(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return {
            "review": self.review,
            "counts": self.counts(),
            "templates": [
                record.to_fields() if record else {"segment": segment.key, "status": NOTHING}
                for segment, record in self.shown()
            ],
        }


@dataclass(frozen=True, slots=True)
class Shown:
    """One template in full. ``others`` are records of the segment under versions of the prompts no longer in use."""

    record: TemplateRecord
    others: tuple[TemplateRecord, ...] = ()

    @property
    def draft(self) -> Draft:
        """Its words as a draft, to try others on. Raises UserError when there are none."""
        if self.record.template is None:
            raise UserError(f"The draft for {self.record.segment.key} has no template.")
        return Draft(self.record.segment, self.record.template)

    def as_json(self) -> dict[str, Any]:
        """The record as plain JSON values, and the versions of the others."""
        return {**self.record.to_fields(), "other_versions": [other.prompt_version for other in self.others]}

    def __str__(self) -> str:
        record = self.record
        lines = [
            record.segment.key,
            f"{record.status}, {_by_whom(record)}, {_moment(record.created_at)}, prompts {record.prompt_version}",
            f"drafted by {record.drafted_by}{' and mended by it once' if record.repaired else ''}",
        ]
        lines += [f"found: {reason}" for reason in record.reasons]
        lines += [f"left out: {sentence}" for sentence in record.dropped]
        if record.template is not None:
            lines += ["", *template_lines(record.template)]
        for other in self.others:
            lines += ["", f"Not used: one for prompts {other.prompt_version}, {other.status}, {_by_whom(other)}."]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)


def listed(session: Session, segments: str = "", status: str | None = None) -> TemplateList:
    """The templates of all segments whose key begins like this. Raises UserError when no segment does."""
    return of_segments(session, segments_like(segments), status)


def of_segments(
    session: Session, chosen: Collection[Segment], status: str | None = None, *, messenger: Messenger | None = None
) -> TemplateList:
    """The templates of these segments; a ``messenger`` that has given its versions is not asked again."""
    messenger = messenger or Messenger(session)
    versions = messenger.versions()
    found = table_of(session).get_many((segment, versions[segment.key]) for segment in chosen)
    records = {record.segment: record for record in found}
    return TemplateList({segment: records.get(segment) for segment in chosen}, messenger.review, status)


def forget(session: Session, segments: str = "") -> int:
    """Delete the templates of all segments whose key begins like this, and say how many there were."""
    records = listed(session, segments).records.values()
    table = table_of(session)
    return sum(table.delete(record.segment, record.prompt_version) for record in records if record)


def read_template(path: Path) -> Mapping[str, Any]:
    """A template from a JSON file. Raises UserError."""
    try:
        fields = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise UserError(f"{path} is not JSON: {error}.", hint="It holds subject, paragraphs and sms.") from error
    if not isinstance(fields, dict):
        raise UserError(f"{path} holds no JSON object.", hint="It holds subject, paragraphs and sms.")
    # What `show --json` prints has the template inside.
    inner = fields.get("template")
    return inner if isinstance(inner, dict) else fields


def table_of(session: Session) -> TemplateTable:
    """The templates in the deployed stack's table."""
    return TemplateTable(session.dynamodb, session.table_name)


def _state(record: TemplateRecord | None) -> str:
    return NOTHING if record is None else str(record.status)


def _row(record: TemplateRecord | None) -> Iterator[str]:
    yield _state(record)
    yield record.drafted_by if record else ""
    yield (record.reviewed_by or "nobody yet") if record else ""
    yield ", ".join(sorted({str(reason.rule) for reason in record.reasons})) if record else ""


def _by_whom(record: TemplateRecord) -> str:
    if record.reviewed_by is None:
        return "reviewed by nobody yet"
    return f"reviewed by {record.reviewed_by}{', a person' if record.by_person else ''}"


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
