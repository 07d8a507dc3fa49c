"""One visit of a state: what its fields are evaluated with, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from localcloud.services.step_functions.payload import Payload

Definition = Mapping[str, Any]
Variables = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Machine:
    """States that run one after the other: a workflow, a branch of a Parallel state, the processor of a Map state."""

    start_at: str
    states: Mapping[str, Definition]
    language: str

    @classmethod
    def read(cls, definition: Definition, language: str = "JSONPath") -> "Machine":
        """From a definition. ``language`` is that of the machine around it."""
        return cls(
            str(definition.get("StartAt", "")),
            definition.get("States", {}),
            str(definition.get("QueryLanguage", language)),
        )


@dataclass(slots=True)
class Frame:
    """A state that has been entered. ``context`` is the context object, ``variables`` are those in scope.

    ``language`` is the query language of the machine it belongs to.
    """

    name: str
    definition: Definition
    language: str
    input: Payload
    variables: Variables
    context: Mapping[str, Any]
    entered_id: int

    @property
    def kind(self) -> str:
        return str(self.definition.get("Type"))

    @property
    def uses_jsonata(self) -> bool:
        return bool(self.definition.get("QueryLanguage", self.language) == "JSONata")

    def retried(self, count: int) -> None:
        """Let the context object say how often the state has been retried."""
        state = {**self.context["State"], "RetryCount": count}
        self.context = {**self.context, "State": state}

    @property
    def next(self) -> str | None:
        """The state that follows by Next; None at the end of the machine."""
        following = self.definition.get("Next")
        return None if following is None else str(following)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a state hands on: its output, the state that follows, the variables it assigns."""

    output: Payload
    next: str | None
    assigned: Variables = field(default_factory=dict)


class Query(Protocol):
    """Evaluates the fields of a state in one of the two query languages.

    The methods raise EvaluationFailure when a field cannot be evaluated and StateFailure when the state fails.
    """

    def passed(self) -> Outcome:
        """What a Pass, Wait or Succeed state hands on."""

    def chosen(self) -> Outcome:
        """What a Choice state hands on, and to which state."""

    def failure(self) -> tuple[str | None, str | None]:
        """Error and cause of a Fail state."""

    def wait(self) -> float | datetime:
        """For how many seconds a Wait state waits, or until when."""

    def arguments(self) -> Any:
        """What a Task is called with, or what the branches of a Parallel state start with."""

    def role(self) -> str | None:
        """The role of another account that a Task's Credentials name."""

    def number(self, name: str) -> float | None:
        """The value of a number field, such as TimeoutSeconds; None when the state has no such field."""

    def items(self) -> list[Any]:
        """What a Map state iterates over."""

    def item_input(self, index: int, item: Any) -> Any:
        """What an iteration of a Map state starts with."""

    def succeeded(self, result: Payload) -> Outcome:
        """What a Task, Map or Parallel state makes of its result."""

    def inspected(self, result: Payload | None) -> dict[str, str]:
        """What TestState shows of the data between a state's fields: before there is a result, and with one."""

    def caught(self, catcher: Mapping[str, Any], error_output: Payload) -> Outcome:
        """What a catcher makes of an error."""


def read_timestamp(text: str) -> datetime | None:
    """A moment as states may name it: ISO 8601 with a T and an offset. None when the text is no such thing."""
    try:
        moment = datetime.fromisoformat(text) if "T" in text else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
