"""What keeps passengers from being told twice or told old news, and how each protection is taken out of a workflow.

A protection is a condition of a DynamoDB write in a state machine's definition. Functions here change definitions only;
:mod:`flightpulse.workbench.faults.protection_switch` puts them on a target.
"""

import copy
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from flightpulse.errors import UserError
from flightpulse.stack import names
from flightpulse.stack.asl import Definition

Document = Mapping[str, Any]

_NAME = re.compile(r"[#:][A-Za-z_]\w*")
_CONDITION = "ConditionExpression"
_CONTAINERS = {"#": "ExpressionAttributeNames", ":": "ExpressionAttributeValues"}


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a state's condition, and what stands in its place when the protection is off.

    ``workflow`` is a short name, ``state`` a path as in
    :meth:`flightpulse.stack.asl.Definition.states`.
    """

    workflow: str
    state: str
    text: str
    instead: str = ""

    @property
    def state_name(self) -> str:
        return self.state.rpartition("/")[2]

    def protects(self, document: Document) -> bool:
        """Whether the state is there and has this clause in its condition."""
        state = _state(document, self)
        condition = str(state.get("Arguments", {}).get(_CONDITION, "")) if state else ""
        return self.text in condition


@dataclass(frozen=True, slots=True)
class Protection:
    """One protection: ``prevents`` says in one sentence what happens without it."""

    name: str
    prevents: str
    clauses: tuple[Clause, ...]

    @property
    def workflows(self) -> tuple[str, ...]:
        """Short names of the state machines that have it."""
        return tuple(dict.fromkeys(clause.workflow for clause in self.clauses))

    @property
    def states(self) -> tuple[str, ...]:
        """The states that have it, each name once."""
        return tuple(dict.fromkeys(clause.state_name for clause in self.clauses))

    def stands_in(self, document: Document, workflow: str) -> bool:
        """Whether the definition of a workflow (short name) has all that this protection puts into it."""
        return all(clause.protects(document) for clause in self.clauses if clause.workflow == workflow)


_EVENT_WORKFLOWS = ("delay", "cancellation", "gate-change")
_ANYBODY = (
    "ClaimEvent",
    "attribute_not_exists(PK) OR #execution = :me",
    "attribute_not_exists(PK) OR attribute_exists(PK)",
)
_FOLLOWS = ("ClaimEvent", "(#execution = :predecessor AND #status IN (:in_progress, :failed))", "#status = :failed")
_TELL_EACH = ("notify-chunk", "TellEachBooking/ClaimBooking")
_NOT_SENT = "(#order = :order AND #state <> :sent AND (#state <> :sending OR #by = :me))"
_OVER = Clause("", "ApplyToFlight", "NOT #status IN (:cancelled, :departed, :arrived)", "attribute_exists(#status)")

PROTECTIONS: tuple[Protection, ...] = (
    Protection(
        "event-claim",
        "An event that is delivered twice is handled twice: a cancellation calls the rebooking system again.",
        tuple(Clause(workflow, *_ANYBODY) for workflow in _EVENT_WORKFLOWS),
    ),
    Protection(
        "redrive-follows",
        "A copy takes over an event whose end could not be noted: a cancellation calls the rebooking system again.",
        tuple(Clause(workflow, *_FOLLOWS) for workflow in _EVENT_WORKFLOWS),
    ),
    Protection(
        "newest-on-flight",
        "An event that arrives late overwrites newer news: the flight ends in an older state.",
        tuple(
            Clause(workflow, "ApplyToFlight", f"{subject}_as_of < :order", f"{subject}_as_of <> :order")
            for workflow, subject in (("delay", "departure"), ("cancellation", "departure"), ("gate-change", "gate"))
        ),
    ),
    Protection(
        "cancelled-is-final",
        "A cancelled flight comes back to life: after the cancellation its passengers hear of a delay or a gate.",
        (
            *(Clause(workflow, _OVER.state, _OVER.text, _OVER.instead) for workflow in _EVENT_WORKFLOWS),
            Clause(*_TELL_EACH, "cancelled_by = :event)", "cancelled_by = :event OR cancelled_by <> :event)"),
        ),
    ),
    Protection(
        "message-once",
        "Whoever was told is told again when the same work is done again, as a redrive does.",
        (Clause(*_TELL_EACH, _NOT_SENT, "(#order = :order)"),),
    ),
    Protection(
        "message-order",
        "A slow execution tells passengers old news after newer news has reached them.",
        (Clause(*_TELL_EACH, "(#order < :order", "(#order <> :order"),),
    ),
    Protection(
        "message-turn",
        "Newer news overtakes a message that is just being sent, and the old one arrives after it.",
        (Clause(*_TELL_EACH, " AND (#state <> :sending OR #until < :now)"),),
    ),
)
"""All protections, from the event's arrival to the message."""


def find(name: str) -> Protection:
    """A protection by its name. Raises UserError."""
    for protection in PROTECTIONS:
        if protection.name == name:
            return protection
    known = ", ".join(protection.name for protection in PROTECTIONS)
    raise UserError(f"There is no protection {name!r}.", hint=f"There are: {known}.")


def without(document: Document, workflow: str, switched_off: Iterable[Protection]) -> dict[str, Any]:
    """The definition of a workflow (short name) with some protections taken out; the given one is not changed.

    Raises UserError when a condition to take out is not there.
    """
    clauses = [clause for protection in switched_off for clause in protection.clauses if clause.workflow == workflow]
    return reduce(_taken_out, clauses, copy.deepcopy(dict(document)))


def _taken_out(document: dict[str, Any], clause: Clause) -> dict[str, Any]:
    """Take one clause out of a definition that is ours to change."""
    state = _state(document, clause)
    if state is None or not clause.protects(document):
        raise UserError(
            f"{names.WORKFLOWS[clause.workflow]} has no condition {clause.text!r} in {clause.state_name}.",
            hint="wb.protections.table() shows what is deployed; wb.protections.restore() puts the stack's own back.",
        )
    arguments: dict[str, Any] = state["Arguments"]
    before = str(arguments[_CONDITION])
    arguments[_CONDITION] = before.replace(clause.text, clause.instead)
    # DynamoDB refuses names and values that no expression uses.
    used = {name for key, text in arguments.items() if key.endswith("Expression") for name in _NAME.findall(str(text))}
    for kind, container in _CONTAINERS.items():
        unused = [name for name in dict.fromkeys(_NAME.findall(before)) if name not in used and name[0] == kind]
        _drop(arguments, container, unused)
    return document


def _drop(arguments: dict[str, Any], container: str, unused: list[str]) -> None:
    held = arguments.get(container)
    if held is None or not unused:
        return
    if isinstance(held, str):
        # The whole container is one JSONata expression that makes an object.
        expression = held.removeprefix("{%").removesuffix("%}").strip()
        listed = ", ".join(f"'{name}'" for name in unused)
        arguments[container] = f"{{% $sift({expression}, function($value, $name) {{$not($name in [{listed}])}}) %}}"
        return
    left = {name: value for name, value in held.items() if name not in unused}
    if left:
        arguments[container] = left
    else:
        del arguments[container]


def _state(document: Document, clause: Clause) -> dict[str, Any] | None:
    states: dict[str, Any] = dict(Definition(clause.workflow, document).states())
    return states.get(clause.state)
