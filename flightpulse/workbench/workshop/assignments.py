"""What a learner is asked to build, in the words that the grading needs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from flightpulse.domain.instants import to_milliseconds
from flightpulse.errors import UserError


@dataclass(frozen=True, slots=True)
class Assignment:
    """A new type of event. ``bad`` has payloads that the schema must refuse, by what is wrong with them.

    ``kind`` is what messages call the news, ``workflow`` the construct id of its state machine, ``status`` what the
    flight is afterwards. ``solution`` is the folder of the stored solution under ``notebooks/solutions``.
    """

    name: str
    event_type: str
    source: str
    payload: Mapping[str, Any]
    bad: Mapping[str, Mapping[str, Any]]
    detail_type: str
    kind: str
    workflow: str
    status: str

    @property
    def flight_id(self) -> str:
        return str(self.payload["flight_id"])

    @property
    def schema(self) -> str:
        return self.event_type.lower()

    def event(self, *, at: datetime | None = None, payload: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """An event of this type as operations send it, known now or at another moment."""
        return {
            "event_id": f"evt-{uuid4().hex}",
            "event_type": self.event_type,
            "timestamp": to_milliseconds(at or datetime.now(UTC)),
            "source": self.source,
            "payload": dict(self.payload if payload is None else payload),
        }

    def as_json(self) -> dict[str, Any]:
        """All of it as plain JSON values."""
        return asdict(self)


ASSIGNMENTS: Mapping[str, Assignment] = {
    "boarding-call": Assignment(
        name="boarding-call",
        event_type="BOARDING_CALL",
        source="airport_ops",
        payload={"flight_id": "SW5678", "gate": "B7"},
        bad={
            "no gate": {"flight_id": "SW5678"},
            "a gate that is a sentence": {"flight_id": "SW5678", "gate": "the one on the left"},
            "a gate that is a number": {"flight_id": "SW5678", "gate": 7},
        },
        detail_type="flight.boarding",
        kind="boarding",
        workflow="BoardingCallWorkflow",
        status="BOARDING",
    ),
}


def find(name: str) -> Assignment:
    """An assignment by name. Raises UserError."""
    if name not in ASSIGNMENTS:
        raise UserError(f"There is no assignment {name!r}.", hint=f"Choose from: {', '.join(ASSIGNMENTS)}")
    return ASSIGNMENTS[name]
