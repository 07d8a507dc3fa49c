"""What the model takes from the workflows: their conditions as they are written, and what follows a failed call."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

from awskit.languages import dynamodb_conditions
from awskit.languages.dynamodb_conditions import Condition
from flightpulse.errors import UserError
from flightpulse.stack import asl

_FILES = ("delay", "gate_change", "cancellation", "notify_passengers", "notify_chunk")
_EACH = "TellInGroups/OneByOne/"
_CONDITIONS = {
    "claim event": ("delay", "ClaimEvent", "Arguments"),
    "record failure": ("delay", "RecordFailure", "Arguments"),
    "departure": ("delay", "ApplyToFlight", "Arguments"),
    "gate": ("gate_change", "ApplyToFlight", "Arguments"),
    "claim booking": ("notify_chunk", "ReadRequest", "Assign", "claim"),
    "confirm": ("notify_chunk", "ReadRequest", "Assign", "confirm"),
    "release": ("notify_chunk", f"{_EACH}ReleaseClaim", "Arguments"),
}
_GROUP, _ONE = "claim bookings", "claim booking"
_MORE = re.compile(r"\$claim\.ConditionExpression & ' AND ([^']*)'")
FOR_EVER = 1 << 30
_CHUNK_START = "InOrderOfTier/InChunks/NotifyChunk"


States = Mapping[str, Mapping[str, Any]]
"""The states of each workflow, by path."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How the workflows behave where it matters.

    ``texts`` are the conditions as they are written, by step: that of a group's claim is what it asks of each booking
    beyond what the claim of one booking asks. ``protections`` are the names of those that are there; ``looks`` says how
    often an event is refused by a flight that shows no reason before it is given up.
    """

    texts: Mapping[str, str]
    protections: frozenset[str]
    looks: int

    def condition(self, step: str) -> Condition:
        """The condition of a step, ready to be evaluated."""
        text = f"{self.texts[_ONE]} AND {self.texts[step]}" if step == _GROUP else self.texts[step]
        return dynamodb_conditions.compiled(text)


@dataclass(frozen=True, slots=True)
class Protection:
    """Something that keeps a promise. ``hole`` is what opens without it.

    It is a clause of conditions, by step, with what stands there instead; or something that ``is_there`` finds.
    """

    name: str
    hole: str
    is_there: Callable[[States], bool] = lambda _: True
    conditions: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def _by_condition(name: str, hole: str, **conditions: tuple[str, str]) -> Protection:
    return Protection(name, hole, conditions={step.replace("_", " "): change for step, change in conditions.items()})


def _waits_for_the_holder(states: States) -> bool:
    choices = states["notify_chunk"][f"{_EACH}WhyRefused"]["Choices"]
    return any("SENDING" in str(rule.get("Condition")) for rule in choices)


def _claims_again(states: States) -> bool:
    stands = states["notify_chunk"][f"{_EACH}WhereItStands"]
    return stands["Default"] == "ClaimBooking" and [rule["Next"] for rule in stands["Choices"]] == ["ConfirmTold"]


def _notes_the_call(states: States) -> bool:
    cancelling = states["cancellation"]
    skips = cancelling["NotifyPassengers"]["Next"] == "IsRebookingCalled"
    return skips and "done" in cancelling["CallRebooking"].get("Assign", {})


_SAME_EVENT = "(#state <> :sending OR #by = :me)"
_FOLLOWS = "(#execution = :predecessor AND #status IN (:in_progress, :failed))"

PROTECTIONS: tuple[Protection, ...] = (
    Protection("letter-stays", "a chunk that fails again after a redrive is neither in a letter nor in a list"),
    _by_condition(
        "release-own",
        "a late ReleaseClaim frees a claim that another execution holds",
        release=("#order = :order AND #state = :sending AND #by = :me", "#order = :order"),
    ),
    _by_condition(
        "confirm-own",
        "a late ConfirmTold closes a claim that another execution holds",
        confirm=("#order = :order AND (#by = :me OR #state <> :sending)", "#order = :order"),
    ),
    Protection(
        "named-starts",
        "a start whose answer was lost makes a second execution of the same chunk",
        lambda states: "Name" in states["notify_passengers"][_CHUNK_START]["Arguments"],
    ),
    Protection(
        "held-until-known",
        "a claim of the same event is taken over by time, whatever became of its message",
        _waits_for_the_holder,
        {"claim booking": (_SAME_EVENT, _SAME_EVENT.replace(")", " OR #until < :now)"))},
    ),
    Protection(
        "redrive-follows",
        "whoever comes takes over a failed claim, and a claim that nobody could mark as failed is taken over by no one",
        conditions={"claim event": (_FOLLOWS, "#status = :failed")},
    ),
    Protection(
        "siblings-finish",
        "a dead letter that is refused cuts siblings off between sending and noting",
        lambda states: "Catch" in states["notify_chunk"][f"{_EACH}SetMessagesAside"],
    ),
    Protection(
        "claimed-again",
        "a booking whose group's call failed is told old news when its turn comes after its claim's time",
        _claims_again,
    ),
    _by_condition(
        "nothing-out",
        "a group of bookings sends again what an earlier try has sent on one channel",
        claim_bookings=("attribute_not_exists(#out)", "attribute_exists(PK)"),
    ),
    Protection("rebooking-once", "a redriven cancellation calls the rebooking system again", _notes_the_call),
    Protection(
        "untold-fails",
        "a workflow succeeds though somebody could not be told",
        lambda states: "IsAnybodyUntold" in states["delay"],
    ),
    Protection(
        "refusal-compared",
        "a flight that was missing for a moment swallows its event",
        lambda states: len(states["delay"]["WhyRefused"]["Choices"]) > 1,
    ),
    _by_condition(
        "event-claim",
        "an event that is delivered twice is handled twice",
        claim_event=("attribute_not_exists(PK) OR", "attribute_exists(PK) OR attribute_not_exists(PK) OR"),
    ),
    _by_condition(
        "message-once",
        "whoever was told is told again by a redrive",
        claim_booking=("#state <> :sent AND ", ""),
    ),
    _by_condition(
        "message-order",
        "old news goes out after newer news",
        claim_booking=("(#order < :order", "(#order <> :order"),
    ),
    _by_condition(
        "message-turn",
        "newer news overtakes a message that is on its way",
        claim_booking=("(#order < :order AND (#state <> :sending OR #until < :now))", "(#order < :order)"),
    ),
    _by_condition(
        "other-subject-waits",
        "a cancellation overtakes a message about a gate that is on its way",
        claim_booking=(" AND (attribute_not_exists(#other) OR #other <> :sending OR #other_until < :now)", ""),
    ),
    _by_condition(
        "cancelled-is-final",
        "a cancelled flight's passengers hear of a gate",
        claim_booking=(" AND (attribute_not_exists(cancelled_by) OR cancelled_by = :event)", ""),
    ),
)
"""What can be taken out, and what then goes wrong."""


def load(definitions: Mapping[str, asl.Definition] | None = None) -> Rules:
    """Read the rules from the workflows, or from other definitions by file name."""
    known = {name: (definitions or {}).get(name) or asl.load(name) for name in _FILES}
    states = {name: dict(definition.states()) for name, definition in known.items()}
    texts = {step: _condition(states[file], *path) for step, (file, *path) in _CONDITIONS.items()}
    texts[_GROUP] = _MORE.findall(states["notify_chunk"]["ComposeMessages"]["Assign"]["first_claim"])[0]
    there = frozenset(protection.name for protection in PROTECTIONS if protection.is_there(states))
    return Rules(texts, there, _looks(states["delay"]["WhyRefused"]))


def _condition(states: Mapping[str, Any], state: str, *fields: str) -> str:
    written = reduce(operator.getitem, fields, states[state])
    return str(written["ConditionExpression"])


def _looks(why_refused: Mapping[str, Any]) -> int:
    bound = re.search(r"\$looks < (\d+)", str(why_refused["Choices"]))
    return int(bound[1]) if bound else FOR_EVER


def without(rules: Rules, *names: str) -> Rules:
    """The rules with some protections taken out. Raises UserError for a name that is none."""
    by_name = {protection.name: protection for protection in PROTECTIONS}
    for name in names:
        if name not in by_name:
            raise UserError(f"There is no protection {name!r}.", hint=f"There are: {', '.join(by_name)}.")
        protection = by_name[name]
        texts = dict(rules.texts)
        for step, (clause, instead) in protection.conditions.items():
            if clause not in texts[step]:
                raise UserError(
                    f"The condition of {step!r} does not have {clause!r}.", hint="The workflow was changed."
                )
            texts[step] = texts[step].replace(clause, instead)
        rules = replace(rules, texts=texts, protections=rules.protections - {name})
    return rules
