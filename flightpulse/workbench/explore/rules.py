"""Asks EventBridge which rules of the bus an event matches, and explains those that it does not."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from flightpulse.errors import UserError
from flightpulse.workbench.explore import event_patterns, show
from flightpulse.workbench.explore.event_patterns import Explanation, FieldCheck
from flightpulse.workbench.show.shown_as_table import ShownAsTable
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.show.words import counted
from flightpulse.workbench.target.session import Session

_ENTRY_NAMES = {
    "Source": "source",
    "DetailType": "detail-type",
    "Detail": "detail",
    "Resources": "resources",
    "Time": "time",
}


@dataclass(frozen=True, slots=True)
class BusRule:
    """One rule of the bus. ``pattern`` is empty for a rule that runs on a schedule; ``targets`` are short names."""

    name: str
    pattern: Mapping[str, Any]
    state: str
    targets: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True, repr=False)
class RuleVerdict(ShownAsTable):
    """What EventBridge says of one rule and one event (``matched``), and why, field by field."""

    rule: str
    event: str
    matched: bool
    explanation: Explanation
    targets: tuple[str, ...] = ()
    state: str = "ENABLED"

    @property
    def fields(self) -> tuple[FieldCheck, ...]:
        """Every field the pattern asks for (of the closest alternative, where it has a ``$or``)."""
        return self.explanation.fields

    @property
    def failing(self) -> tuple[FieldCheck, ...]:
        """The fields that keep the event from matching."""
        return self.explanation.failing

    @property
    def why(self) -> str:
        """The reasons against on one line; empty for a match."""
        return "" if self.matched else "; ".join(check.said for check in self.failing) or _UNEXPLAINED

    @property
    def delivers(self) -> bool:
        """Whether the rule's targets get the event: it matches, and the rule is enabled."""
        return self.matched and self.state.startswith("ENABLED")

    def __str__(self) -> str:
        lines = [f"{show.match(self.matched)}: {self.event} and {self.rule}"]
        if self.matched != self.explanation.matched:
            lines.append(f"! {_UNEXPLAINED}")
        if self.matched and not self.delivers:
            lines.append(f"! The rule is in state {self.state}: its targets get nothing.")
        lines.append(show.indented(str(self.explanation)))
        if self.targets:
            lines.append(f"{'goes' if self.delivers else 'would go'} to {show.joined(self.targets, 'and')}")
        return "\n".join(lines)

    def table(self) -> Table:
        """One row per field that the pattern asks for: what it wants and what the event has."""
        rows = [(show.match(check.matched), check.path, check.wanted, check.had, check.hint) for check in self.fields]
        return Table.of(("", "field", "wanted", "the event has", "hint"), rows)


_UNEXPLAINED = "EventBridge's own answer differs from what the fields below suggest; EventBridge decides."


@dataclass(frozen=True, repr=False)
class RuleReport(ShownAsTable):
    """An event held against every rule of a bus, in order of their names."""

    event: str
    bus: str
    verdicts: tuple[RuleVerdict, ...]

    @property
    def matched(self) -> tuple[str, ...]:
        """The names of the rules that match."""
        return tuple(verdict.rule for verdict in self.verdicts if verdict.matched)

    def __getitem__(self, rule: str) -> RuleVerdict:
        """The verdict on one rule. Raises UserError when the bus has no such rule."""
        for verdict in self.verdicts:
            if verdict.rule == rule:
                return verdict
        names = show.joined([verdict.rule for verdict in self.verdicts], "and")
        raise UserError(f"The bus {self.bus} has no rule {rule!r}.", hint=f"Its rules are {names}.")

    def table(self) -> Table:
        """One row per rule: does it match, where does it lead, why does it not match."""
        rows = [
            (show.match(verdict.matched), verdict.rule, ", ".join(verdict.targets), verdict.why or _state(verdict))
            for verdict in self.verdicts
        ]
        return Table.of(("", "rule", "target", "why not"), rows, note=self.said)

    @property
    def said(self) -> str:
        """How many rules match, in a sentence."""
        number, rules = len(self.matched), counted(len(self.verdicts), "rule")
        return f"{number} of {rules} of {self.bus} {'matches' if number == 1 else 'match'} {self.event}."

    def __str__(self) -> str:
        lines = [self.said]
        for verdict in self.verdicts:
            targets = f" → {', '.join(verdict.targets)}" if verdict.targets else ""
            lines.append(f"{show.match(verdict.matched).ljust(len(show.match(False)))}  {verdict.rule}{targets}")
            reason = verdict.why or _state(verdict)
            lines += [f"            {reason}"] if reason else []
        return "\n".join(lines)


class RuleTester:
    """Tests events against the rules of the stack's bus.

    Events may be as they are delivered (``source``, ``detail-type``, ``detail``), as PutEvents takes them (``Source``,
    ``DetailType``, ``Detail``), or executions that an event has started. Nothing is sent and nothing is changed.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def bus(self) -> str:
        """The name of the bus."""
        return self._session.output("EventBusName")

    def rules(self) -> tuple[BusRule, ...]:
        """The rules of the bus by name, read anew each time."""
        events = self._session.events
        pages = events.get_paginator("list_rules").paginate(EventBusName=self.bus)
        found = [
            BusRule(
                name=rule["Name"],
                pattern=json.loads(rule.get("EventPattern") or "{}"),
                state=rule.get("State", "ENABLED"),
                targets=tuple(self._targets(rule["Name"])),
                description=rule.get("Description", ""),
            )
            for page in pages
            for rule in page["Rules"]
        ]
        return tuple(sorted(found, key=lambda rule: rule.name))

    def test(self, event: Any) -> RuleReport:
        """Hold an event against every rule that has a pattern. Raises UserError for what is no event."""
        delivered = self._delivered(event)
        verdicts = [self._verdict(rule, delivered) for rule in self.rules() if rule.pattern]
        return RuleReport(_said(delivered), self.bus, tuple(verdicts))

    def why_not(self, event: Any, rule: str) -> RuleVerdict:
        """Why an event does, or does not, match one rule. Raises UserError when the bus has no such rule."""
        return self.test(event)[rule]

    def _verdict(self, rule: BusRule, event: Mapping[str, Any]) -> RuleVerdict:
        return RuleVerdict(
            rule=rule.name,
            event=_said(event),
            matched=self._asked(show.as_json(rule.pattern), event),
            explanation=event_patterns.explain(rule.pattern, event),
            targets=rule.targets,
            state=rule.state,
        )

    def _asked(self, pattern: str, event: Mapping[str, Any]) -> bool:
        try:
            answer = self._session.events.test_event_pattern(EventPattern=pattern, Event=show.as_json(event))
        except ClientError as error:
            if error.response["Error"]["Code"] == "InvalidEventPatternException":
                said = error.response["Error"].get("Message", "").rstrip(".")
                raise UserError(
                    f"EventBridge refuses the pattern: {said}.", hint=f"The pattern is {pattern}"
                ) from error
            raise
        return answer["Result"]

    def _targets(self, rule: str) -> Iterator[str]:
        pages = self._session.events.get_paginator("list_targets_by_rule").paginate(Rule=rule, EventBusName=self.bus)
        for page in pages:
            yield from (_short(target["Arn"]) for target in page["Targets"])

    def _delivered(self, event: Any) -> dict[str, Any]:
        """An event with everything that EventBridge puts around it; fixed values stand for what is not known."""
        found = event if isinstance(event, Mapping) else getattr(event, "input", None)
        if not isinstance(found, Mapping) or not ({"detail-type", "DetailType"} & found.keys()):
            raise UserError(
                "This is no event of the bus.",
                hint="An event has source, detail-type and detail; an execution that an event started will do as well.",
            )
        envelope: dict[str, Any] = {
            _ENTRY_NAMES.get(str(name), str(name)): value for name, value in found.items() if name != "EventBusName"
        }
        if isinstance(envelope.get("detail"), str):
            envelope["detail"] = _parsed(envelope["detail"])
        if "time" in envelope and not isinstance(envelope["time"], str):
            envelope["time"] = envelope["time"].isoformat()
        return {
            "version": "0",
            "id": "00000000-0000-0000-0000-000000000000",
            "source": "",
            "account": envelope.get("account") or self._session.account,
            "time": "1970-01-01T00:00:00Z",
            "region": self._session.region,
            "resources": [],
            "detail": {},
            **envelope,
        }


def _parsed(detail: str) -> Any:
    try:
        return json.loads(detail)
    except ValueError as error:
        raise UserError(f"The detail of this event is not JSON: {error}.", hint="PutEvents would refuse it.") from error


def _said(event: Mapping[str, Any]) -> str:
    return f"{event['detail-type']} from {event['source'] or 'nobody'}"


def _state(verdict: RuleVerdict) -> str:
    return "" if verdict.state.startswith("ENABLED") else f"but the rule is in state {verdict.state}"


def _short(arn: str) -> str:
    """A target's name: what stands behind the kind of thing it is."""
    name = arn.split(":", 5)[-1]
    for kind in ("stateMachine:", "log-group:", "function:", "event-bus/"):
        name = name.removeprefix(kind)
    return name.removesuffix(":*")
