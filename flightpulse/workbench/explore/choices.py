"""Explains every Choice of an execution: which way it went, and why it did not go the others."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from flightpulse.errors import UserError
from flightpulse.workbench.diagram.definition import State, parse, rule_in_words
from flightpulse.workbench.executions.history import Visit, event_details, parsed
from flightpulse.workbench.explore import show
from flightpulse.workbench.player import events as histories
from flightpulse.workbench.player import trace as traces
from flightpulse.workbench.player.trace import HistoryTrace
from flightpulse.workbench.show.shown_as_table import ShownAsTable
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.show.words import counted
from localcloud.services.step_functions import expressions

_CLOCK_OR_CHANCE: Final = re.compile(r"\$(now|millis|random|uuid)\s*\(")
_LITERALS: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_PATHS: Final = re.compile(r"\$([A-Za-z_]\w*)((?:\s*\.\s*\w+)*)(?!\w|\s*\()")


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """One rule of a Choice and its value at that moment; ``said`` has what its variables held, or why nobody knows.

    ``value`` is None when neither the history nor the way taken tells it; ``deduced`` says that only the way taken
    does. ``reached`` is false for rules behind the one that was taken, which Step Functions does not look at any more.
    """

    number: int
    condition: str
    next: str
    value: bool | None
    taken: bool
    reached: bool
    deduced: bool
    said: str

    @property
    def verdict(self) -> str:
        """The value in words: ``✗ false``, ``✓ true, taken``, ``· not looked at, would be true``."""
        if not self.reached:
            would = "its value is not known" if self.value is None else f"would be {str(self.value).lower()}"
            return f"· not looked at, {would}"
        return show.truth(self.value) + (
            ", taken" if self.taken else ", as the way taken shows" if self.deduced else ""
        )

    def lines(self) -> list[str]:
        """The rule and what its variables held, as text."""
        found = [f"{self.verdict}: rule {self.number}, {self.condition} → {self.next}"]
        return [*found, *([f"    {self.said}"] if self.said else [])]


@dataclass(frozen=True, slots=True)
class ChoiceVisit:
    """One visit of a Choice. ``taken`` is the next state, empty while it runs or when it failed there.

    ``by`` names the way: ``rule 2``, ``default``, or nothing; ``where`` the iteration or branch it was in.
    """

    state: str
    where: str
    taken: str
    by: str
    rules: tuple[RuleOutcome, ...]
    default: str
    problem: str = ""

    @property
    def headline(self) -> str:
        """Where it went, in a sentence."""
        place = f"{self.state} ({self.where})" if self.where else self.state
        if not self.taken:
            return f"{place}: {self.problem or 'not left yet'}"
        by = {"": "", "default": ", by default, for no rule was true"}.get(self.by, f", by {self.by}")
        return f"{place}: went to {self.taken}{by}"

    def __str__(self) -> str:
        lines = [self.headline, *(f"  {line}" for rule in self.rules for line in rule.lines())]
        if self.default:
            lines.append(f"  {'✓ taken' if self.by == 'default' else '· not taken'}: default → {self.default}")
        return "\n".join(lines)


@dataclass(frozen=True, repr=False)
class ChoiceReport(ShownAsTable):
    """The Choices of one execution, in the order of its history."""

    visits: tuple[ChoiceVisit, ...]
    title: str = ""

    def at(self, state: str) -> "ChoiceReport":
        """Only the visits of one Choice. Raises UserError when the execution never came there."""
        found = tuple(visit for visit in self.visits if visit.state == state)
        if not found:
            came = show.joined(sorted({visit.state for visit in self.visits}), "and") or "no Choice at all"
            raise UserError(f"The execution did not come to a Choice {state!r}.", hint=f"It came to {came}.")
        return replace(self, visits=found)

    def table(self) -> Table:
        """One row per rule: state, rule, value, what its variables held, where it leads, and whether it was taken."""
        rows: list[tuple[str, ...]] = []
        for visit in self.visits:
            place = f"{visit.state} ({visit.where})" if visit.where else visit.state
            for rule in visit.rules:
                taken = "taken" if rule.taken else ""
                rows.append((place, f"{rule.number}: {rule.condition}", rule.verdict, rule.said, rule.next, taken))
            if visit.default:
                rows.append((place, "default", "", "", visit.default, "taken" if visit.by == "default" else ""))
        return Table.of(("state", "rule", "value", "with", "goes to", ""), rows)

    def __str__(self) -> str:
        heading = [f"{self.title}: {counted(len(self.visits), 'Choice')} on the way"] if self.title else []
        if not self.visits:
            return "\n".join(heading) or "No Choice on the way."
        return "\n".join([*heading, *(str(visit) for visit in self.visits)])

    def __len__(self) -> int:
        return len(self.visits)


def explain_choices(definition: Mapping[str, Any] | str, events: Any, *, title: str = "") -> ChoiceReport:
    """Explain every Choice that an execution came to.

    ``definition`` is the state machine's (mapping or JSON text); ``events`` its history, as GetExecutionHistory returns
    it or as it was saved. Conditions in JSONata are evaluated with the variables as the history notes them; of others
    only the way taken tells. Raises UserError for what is no definition or no history.
    """
    states = {state.path: state for state in parse(definition).walk()}
    trace = traces.follow(histories.normalise(events), states)
    return ChoiceReport(tuple(_Walker(trace, states).walk(trace.history.visits, {})), title)


class _Walker:
    """Goes through the visits of a history with the variables that each could see."""

    def __init__(self, trace: HistoryTrace, states: Mapping[str, State]) -> None:
        self._trace = trace
        self._bodies = {path: state.body for path, state in states.items()}
        self._stays = {stay.visit.event_id: stay for stay in trace.stays}
        self._assigned: dict[int, Mapping[str, Any]] = {}
        for event, (stay, _) in zip(trace.events, trace.places, strict=True):
            noted = event_details(event).get("assignedVariables")
            if stay is not None and event["type"].endswith("StateExited") and isinstance(noted, Mapping):
                self._assigned[trace.stays[stay].visit.event_id] = noted

    def walk(self, visits: Sequence[Visit], known: dict[str, Any]) -> Iterator[ChoiceVisit]:
        for visit, after in zip(visits, [*visits[1:], None], strict=False):
            body = self._bodies.get(self._stays[visit.event_id].path or "", {})
            if visit.kind == "Choice":
                yield self._explained(visit, body, after.name if after and visit.left_at else "", known)
            for branch in visit.branches:
                yield from self.walk(branch.visits, dict(known))
            for name in body.get("Assign", {}):
                known.pop(name, None)
            known.update({name: parsed(text) for name, text in self._assigned.get(visit.event_id, {}).items()})

    def _explained(self, visit: Visit, body: Mapping[str, Any], taken: str, known: Mapping[str, Any]) -> ChoiceVisit:
        rules: Sequence[Mapping[str, Any]] = body.get("Choices", [])
        default = str(body.get("Default", ""))
        judged = [_judged(rule, known) for rule in rules]
        way = _way(taken, rules, default, [value for value, _ in judged])
        problem = visit.problem or (None if visit.left_at else self._trace.history.problem)
        items = self._stays[visit.event_id].items
        return ChoiceVisit(
            state=visit.name,
            where=self._trace.item_name(items[-1]) if items else "",
            taken=taken,
            by="" if way is None else "default" if way == len(rules) else f"rule {way + 1}",
            rules=tuple(_outcome(number, rule, *judged[number], way) for number, rule in enumerate(rules)),
            default=default,
            problem=f"failed with {problem.error}: {problem.cause}".rstrip(": ") if problem else "",
        )


def _judged(rule: Mapping[str, Any], known: Mapping[str, Any]) -> tuple[bool | None, str]:
    """The value of a rule, None when it is not known, and what its variables held or why nobody knows."""
    if "Condition" not in rule:
        return None, "it is written in JSONPath, which is not evaluated here"
    text = str(rule["Condition"]).removeprefix("{%").removesuffix("%}").strip()
    bare = _LITERALS.sub(" ", text)
    paths = list(dict.fromkeys(match[0] for match in _PATHS.finditer(bare) if match[1] in known))
    said = "; ".join(f"{path} is {_value(path, known)}" for path in paths)
    if clock := _CLOCK_OR_CHANCE.search(bare):
        return None, f"{said}; ${clock[1]}() had another value then".removeprefix("; ")
    if missing := [match[1] for match in _PATHS.finditer(bare) if match[1] not in known]:
        return None, f"${missing[0]} is not in the history"
    try:
        value = expressions.evaluate(text, known)
    except (expressions.ExpressionError, expressions.Unsupported) as error:
        return None, f"it fails: {error}"
    return (value, said) if isinstance(value, bool) else (None, "it gives neither true nor false")


def _value(path: str, known: Mapping[str, Any]) -> str:
    value = expressions.evaluate(path, known)
    return "nothing" if value is expressions.UNDEFINED else show.brief(value)


def _way(taken: str, rules: Sequence[Mapping[str, Any]], default: str, values: Sequence[bool | None]) -> int | None:
    """The number of the rule that was taken, from 0; the default counts as one more. None when it is not clear."""
    leading = [number for number, rule in enumerate(rules) if rule.get("Next") == taken]
    if taken and taken == default:
        leading.append(len(rules))
    # Several ways may lead to the same state: the first that was not false is the one.
    possible = [number for number in leading if number == len(rules) or values[number] is not False] or leading
    if len(possible) > 1 and not values[possible[0]]:
        return None
    return possible[0] if possible else None


def _outcome(number: int, rule: Mapping[str, Any], value: bool | None, said: str, way: int | None) -> RuleOutcome:
    reached = way is None or number <= way
    deduced = way is not None and reached and value is None
    return RuleOutcome(
        number=number + 1,
        condition=rule_in_words(rule),
        next=str(rule.get("Next", "")),
        value=number == way if deduced else value,
        taken=number == way,
        reached=reached,
        deduced=deduced,
        said=said,
    )
