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
    :meth:`flightpulse.stack.asl.Definition.states`, ``place`` the names in that state that lead to the write: its
    arguments, or a variable that it keeps for the states which write.
    """

    workflow: str
    state: str
    text: str
    instead: str = ""
    place: tuple[str, ...] = ("Arguments",)

    @property
    def state_name(self) -> str:
        return self.state.rpartition("/")[2]

    def protects(self, document: Document) -> bool:
        """Whether the write is there and has this clause in its condition."""
        return self.text in str(_write(document, self).get(_CONDITION, ""))


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
_NOT_SENT = "(#order = :order AND #state <> :sent AND (#state <> :sending OR #by = :me))"
_OVER = Clause("", "ApplyToFlight", "NOT #status IN (:cancelled, :departed, :arrived)", "attribute_exists(#status)")


def _of_message(text: str, instead: str = "") -> Clause:
    """A part of the condition under which a booking's messages are claimed, whether in a group or by itself."""
    return Clause("notify-chunk", "ReadRequest", text, instead, ("Assign", "claim"))


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
            _of_message("cancelled_by = :event)", "cancelled_by = :event OR cancelled_by <> :event)"),
        ),
    ),
    Protection(
        "message-once",
        "Whoever was told is told again when the same work is done again, as a redrive does.",
        (_of_message(_NOT_SENT, "(#order = :order)"),),
    ),
    Protection(
        "message-order",
        "A slow execution tells passengers old news after newer news has reached them.",
        (_of_message("(#order < :order", "(#order <> :order"),),
    ),
    Protection(
        "message-turn",
        "Newer news overtakes a message that is just being sent, and the old one arrives after it.",
        (_of_message(" AND (#state <> :sending OR #until < :now)"),),
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
    if not clause.protects(document):
        raise UserError(
            f"{names.WORKFLOWS[clause.workflow]} has no condition {clause.text!r} in {clause.state_name}.",
            hint="wb.protections.table() shows what is deployed; wb.protections.restore() puts the stack's own back.",
        )
    write = _write(document, clause)
    before = str(write[_CONDITION])
    write[_CONDITION] = before.replace(clause.text, clause.instead)
    # DynamoDB refuses names and values that no expression uses.
    used = {name for key, text in write.items() if key.endswith("Expression") for name in _NAME.findall(str(text))}
    for kind, container in _CONTAINERS.items():
        unused = [name for name in dict.fromkeys(_NAME.findall(before)) if name not in used and name[0] == kind]
        _drop(write, container, unused)
    return document


def _drop(write: dict[str, Any], container: str, unused: list[str]) -> None:
    held = write.get(container)
    if held is None or not unused:
        return
    if isinstance(held, str):
        # The whole container is one JSONata expression that makes an object.
        expression = held.removeprefix("{%").removesuffix("%}").strip()
        listed = ", ".join(f"'{name}'" for name in unused)
        write[container] = f"{{% $sift({expression}, function($value, $name) {{$not($name in [{listed}])}}) %}}"
        return
    left = {name: value for name, value in held.items() if name not in unused}
    if left:
        write[container] = left
    else:
        del write[container]


def _write(document: Document, clause: Clause) -> dict[str, Any]:
    """The write of a clause in a definition; an empty one if there is none."""
    states: dict[str, Any] = dict(Definition(clause.workflow, document).states())
    return reduce(lambda held, name: held.get(name, {}), clause.place, states.get(clause.state, {}))
