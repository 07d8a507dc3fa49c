"""One trace: its spans in the order in which they happened, and what can be drawn of them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flightpulse.workbench.show.frames import Records
from flightpulse.workbench.show.picture import Picture
from flightpulse.workbench.show.shown_as_table import ShownAsTable
from flightpulse.workbench.show.tables import INDENT, Table
from flightpulse.workbench.traces import service_map, waterfall

Document = Mapping[str, Any]

_PROBLEMS = ("fault", "throttle", "error")


@dataclass(frozen=True, slots=True)
class Span:
    """A segment or a part of one.

    ``service`` is whose work it is. ``kind`` is ``segment``, ``call`` (of an AWS service), ``part`` or ``inferred``: a
    service that says nothing of itself, as its caller saw it. ``depth`` counts what it is nested in. ``problem`` is
    ``error``, ``throttle``, ``fault`` or empty.
    """

    span_id: str
    parent_id: str
    name: str
    service: str
    kind: str
    began_at: datetime
    ended_at: datetime
    depth: int
    operation: str = ""
    problem: str = ""
    origin: str = ""
    annotations: Mapping[str, Any] = field(default_factory=dict)

    @property
    def took(self) -> timedelta:
        return self.ended_at - self.began_at

    @property
    def label(self) -> str:
        return f"{self.name} {self.operation}".strip()


class Spans(Records[Span]):
    """The spans of a trace, each below what it is nested in."""

    columns = ("began_at", "took", "service", "name", "operation", "kind", "problem", "depth", "span_id", "parent_id")
    categories = ("service", "kind", "problem")

    def table(self) -> Table:
        """Every span that is not inferred: when it began, how long it took, and what went wrong."""
        shown = [span for span in self if span.kind != "inferred"]
        start = min((span.began_at for span in shown), default=datetime.now(UTC))
        rows = [
            (
                f"{(span.began_at - start).total_seconds():.3f}",
                f"{span.took.total_seconds():.3f}",
                INDENT * span.depth + span.label,
                f"✗ {span.problem}" if span.problem else "",
            )
            for span in shown
        ]
        return Table.of(("at (s)", "took (s)", "what", ""), rows, numbers=(0, 1))


@dataclass(frozen=True, slots=True, repr=False)
class Trace(ShownAsTable):
    """A trace as X-Ray keeps it."""

    trace_id: str
    spans: Spans

    @property
    def took(self) -> timedelta:
        return max(span.ended_at for span in self.spans) - min(span.began_at for span in self.spans)

    @property
    def services(self) -> tuple[str, ...]:
        """The services, in the order in which they were reached."""
        return tuple(dict.fromkeys(span.service for span in self.spans))

    @property
    def annotations(self) -> dict[str, Any]:
        """What the trace is found by; of a key that several spans have, the first value."""
        found: dict[str, Any] = {}
        for span in self.spans:
            found = {**span.annotations, **found}
        return found

    def waterfall(self, *, at_least: float = 0.02, rows: int = 45) -> Picture:
        """What happened when and for how long, one bar for each span.

        Spans shorter than the part ``at_least`` of the whole are left out, and the shortest ones beyond ``rows``.
        """
        return waterfall.draw(self.spans, at_least=at_least, rows=rows)

    def service_map(self) -> Picture:
        """Which service called which, how often, and how long each took."""
        return service_map.draw(self.spans)

    def table(self) -> Table:
        """The spans as a table to be read."""
        return self.spans.table()

    def to_frame(self) -> Any:
        """The spans as a DataFrame, one row each."""
        return self.spans.to_frame()

    def __str__(self) -> str:
        return f"Trace {self.trace_id}, {self.took.total_seconds():.3f} s\n{self.table()}"


def read(answer: Mapping[str, Any]) -> Trace:
    """A trace out of an answer of BatchGetTraces."""
    documents = [json.loads(segment["Document"]) for segment in answer["Segments"]]
    return Trace(str(answer["Id"]), Spans(_in_order(documents)))


def _in_order(documents: Sequence[Document]) -> Iterator[Span]:
    """Depth first: what is below a span follows it, the earlier first."""
    below: dict[str, list[Document]] = {}
    known = {str(part["id"]) for document in documents for part in _nested(document)}
    for document in documents:
        parent = str(document.get("parent_id") or "")
        below.setdefault(parent if parent in known else "", []).append(document)

    def walk(document: Document, segment: Document, parent_id: str, depth: int) -> Iterator[Span]:
        yield _span(document, segment, parent_id, depth)
        inner = [(part, segment) for part in document.get("subsegments") or ()]
        inner += [(part, part) for part in below.get(str(document["id"]), ())]
        for part, owner in sorted(inner, key=lambda pair: float(pair[0]["start_time"])):
            yield from walk(part, owner, str(document["id"]), depth + 1)

    for document in sorted(below.get("", ()), key=lambda root: float(root["start_time"])):
        yield from walk(document, document, str(document.get("parent_id") or ""), 0)


def _nested(document: Document) -> Iterator[Document]:
    yield document
    for part in document.get("subsegments") or ():
        yield from _nested(part)


def _span(document: Document, segment: Document, parent_id: str, depth: int) -> Span:
    is_segment = document is segment
    kind = "inferred" if segment.get("inferred") else "segment" if is_segment else "part"
    if not is_segment and document.get("namespace") == "aws":
        kind = "call"
    began = float(document["start_time"])
    return Span(
        span_id=str(document["id"]),
        parent_id=parent_id,
        name=str(document["name"]),
        service=str(segment["name"]),
        kind=kind,
        began_at=datetime.fromtimestamp(began, UTC),
        ended_at=datetime.fromtimestamp(float(document.get("end_time") or began), UTC),
        depth=depth,
        operation=str((document.get("aws") or {}).get("operation") or "") if kind == "call" else "",
        problem=next((problem for problem in _PROBLEMS if document.get(problem)), ""),
        origin=str(segment.get("origin") or ""),
        annotations=document.get("annotations") or {},
    )
