"""What the model takes from the workflows: their conditions as they are written, and what follows a failed call."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from awskit.languages import dynamodb_conditions
from awskit.languages.dynamodb_conditions import Condition
from flightpulse.errors import UserError
from flightpulse.stack import asl

_FILES = ("delay", "gate_change", "cancellation", "notify_passengers", "notify_chunk")
_CONDITIONS = {
    "claim event": ("delay", "ClaimEvent"),
    "record failure": ("delay", "RecordFailure"),
    "departure": ("delay", "ApplyToFlight"),
    "gate": ("gate_change", "ApplyToFlight"),
    "claim booking": ("notify_chunk", "TellEachBooking/ClaimBooking"),
    "confirm": ("notify_chunk", "TellEachBooking/ConfirmTold"),
    "release": ("notify_chunk", "TellEachBooking/ReleaseClaim"),
}
FOR_EVER = 1 << 30
_CHUNK_START = "InOrderOfTier/InChunks/NotifyChunk"


@dataclass(frozen=True, slots=True)
class Rules:
    """How the workflows behave where it matters. ``texts`` are the conditions as they are written, by step."""

    texts: Mapping[str, str]
    siblings_finish: bool
    """A booking whose dead letter is refused does not end the chunk before its siblings are through."""
    named_starts: bool
    """A start whose answer was lost finds the execution that it made."""
    rebooking_once: bool
    """A redrive says whether the execution that it follows called the rebooking system."""
    refusal_compared: bool
    """A flight that refuses an event and is there when we look is asked what it knows."""
    looks: int
    """How often an event is refused by a flight that shows no reason before it is given up."""
    untold_fails: bool
    """An execution fails when messages of it wait in the dead letters."""
    held_until_known: bool
    """A message that another execution claimed for the same event waits until that one's history was read."""
    letter_stays: bool = True
    """The letter of a chunk leaves the queue when the execution that it started has succeeded."""
    redrive_follows: bool = True
    """A redrive names the execution whose claim it takes over."""

    def condition(self, step: str) -> Condition:
        """The condition of a step, ready to be evaluated."""
        return dynamodb_conditions.compiled(self.texts[step])


@dataclass(frozen=True, slots=True)
class Protection:
    """Something that keeps a promise. ``hole`` is what opens without it."""

    name: str
    hole: str
    changes: Mapping[str, Any]
    conditions: Mapping[str, tuple[str, str]]


def _by_flag(name: str, hole: str, flag: str) -> Protection:
    return Protection(name, hole, {flag: False}, {})


def _by_condition(name: str, hole: str, **conditions: tuple[str, str]) -> Protection:
    return Protection(name, hole, {}, {step.replace("_", " "): change for step, change in conditions.items()})


_SAME_EVENT = "(#state <> :sending OR #by = :me)"
_FOLLOWS = "(#execution = :predecessor AND #status IN (:in_progress, :failed))"

PROTECTIONS: tuple[Protection, ...] = (
    _by_flag(
        "letter-stays",
        "a chunk that fails again after a redrive is neither in a letter nor in a list",
        "letter_stays",
    ),
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
    _by_flag(
        "named-starts", "a start whose answer was lost makes a second execution of the same chunk", "named_starts"
    ),
    Protection(
        "held-until-known",
        "a claim of the same event is taken over by time, whatever became of its message",
        {"held_until_known": False},
        {"claim booking": (_SAME_EVENT, _SAME_EVENT.replace(")", " OR #until < :now)"))},
    ),
    Protection(
        "redrive-follows",
        "whoever comes takes over a failed claim, and a claim that nobody could mark as failed is taken over by no one",
        {"redrive_follows": False},
        {"claim event": (_FOLLOWS, "#status = :failed")},
    ),
    _by_flag(
        "siblings-finish",
        "a dead letter that is refused cuts siblings off between sending and noting",
        "siblings_finish",
    ),
    _by_flag("rebooking-once", "a redriven cancellation calls the rebooking system again", "rebooking_once"),
    _by_flag("untold-fails", "a workflow succeeds though somebody could not be told", "untold_fails"),
    _by_flag("refusal-compared", "a flight that was missing for a moment swallows its event", "refusal_compared"),
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
    cancelling = states["cancellation"]
    texts = {step: states[file][path]["Arguments"]["ConditionExpression"] for step, (file, path) in _CONDITIONS.items()}
    held = any(
        "SENDING" in str(rule.get("Condition"))
        for rule in states["notify_chunk"]["TellEachBooking/WhyRefused"]["Choices"]
    )
    return Rules(
        texts=texts,
        siblings_finish="Catch" in states["notify_chunk"]["TellEachBooking/SetMessagesAside"],
        named_starts="Name" in states["notify_passengers"][_CHUNK_START]["Arguments"],
        rebooking_once=cancelling["NotifyPassengers"]["Next"] == "IsRebookingCalled"
        and "done" in cancelling["CallRebooking"].get("Assign", {}),
        refusal_compared=len(states["delay"]["WhyRefused"]["Choices"]) > 1,
        looks=_looks(states["delay"]["WhyRefused"]),
        untold_fails="IsAnybodyUntold" in states["delay"],
        held_until_known=held,
    )


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
        rules = replace(rules, texts=texts, **protection.changes)
    return rules
