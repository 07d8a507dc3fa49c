"""Explains every Choice of an execution: which way it went, and why it did not go the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flightpulse.errors import UserError
from flightpulse.workbench.diagram.definition import rule_in_words
from flightpulse.workbench.explore import conditions, moments, show
from flightpulse.workbench.explore.conditions import Judged, RuleTest
from flightpulse.workbench.explore.expressions import stripped
from flightpulse.workbench.explore.moments import Moment
from flightpulse.workbench.show.tables import Table


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """One rule of a Choice and its value at that moment.

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
    tests: tuple[RuleTest, ...]
    problem: str

    @property
    def said(self) -> str:
        """Why it has its value, on one line."""
        return "; ".join(text for _, text in self._reasons())

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
        """The rule and its tests as text."""
        found = [f"{self.verdict}: rule {self.number}, {self.condition} → {self.next}"]
        found += [f"    {show.mark(value)} {text}" for value, text in self._reasons()]
        return found

    def _reasons(self) -> list[tuple[bool | None, str]]:
        """The tests with their values; what is wrong with the whole, unless a test has said it."""
        reasons: list[tuple[bool | None, str]] = [(test.value, test.said) for test in self.tests]
        if self.problem and not any(self.problem in text for _, text in reasons):
            reasons.append((None, self.problem))
        return reasons


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

    def leads_to(self, target: str) -> bool:
        """Whether one of its ways leads straight to a state."""
        return target == self.default or any(rule.next == target for rule in self.rules)

    def __str__(self) -> str:
        lines = [self.headline]
        for rule in self.rules:
            lines += [f"  {line}" for line in rule.lines()]
        if self.default:
            lines.append(f"  {'✓ taken' if self.by == 'default' else '· not taken'}: default → {self.default}")
        if self.problem and self.taken:
            lines.append(f"  ! {self.problem}")
        return "\n".join(lines)


@dataclass(frozen=True)
class ChoiceReport:
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

    def why_not(self, target: str) -> str:
        """Why no Choice on the way went to a state, or that one did."""
        leading = [visit for visit in self.visits if visit.leads_to(target)]
        if not leading:
            return f"No Choice that was visited leads to {target}; it may be reached from another state, or not at all."
        return "\n".join(_why(visit, target) for visit in leading)

    def table(self) -> Table:
        """One row per rule: state, rule, value, how far off, where it leads, and whether it was taken."""
        rows: list[tuple[str, ...]] = []
        for visit in self.visits:
            place = f"{visit.state} ({visit.where})" if visit.where else visit.state
            rows += [
                (
                    place,
                    f"{rule.number}: {rule.condition}",
                    rule.verdict,
                    rule.said,
                    rule.next,
                    "taken" if rule.taken else "",
                )
                for rule in visit.rules
            ]
            if visit.default:
                rows.append((place, "default", "", "", visit.default, "taken" if visit.by == "default" else ""))
        return Table.of(("state", "rule", "value", "how far", "goes to", ""), rows)

    def __str__(self) -> str:
        heading = [f"{self.title}: {show.plural(len(self.visits), 'Choice')} on the way"] if self.title else []
        if not self.visits:
            return "\n".join(heading) or "No Choice on the way."
        return "\n".join([*heading, *(str(visit) for visit in self.visits)])

    def __repr__(self) -> str:
        return str(self)

    def __len__(self) -> int:
        return len(self.visits)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.table().html()}


def explain_choices(definition: Mapping[str, Any] | str, events: Any, *, title: str = "") -> ChoiceReport:
    """Explain every Choice that an execution came to.

    ``definition`` is the state machine's (mapping or JSON text), whose rules are JSONata; ``events`` its history, as
    GetExecutionHistory returns it or as it was saved. Conditions are evaluated with the variables as they were at that
    moment, as far as the history has them; what it does not have is said. Raises UserError for what is no definition or
    no history.
    """
    visits = [_explained(moment) for moment in moments.walk(definition, events) if moment.state.get("Type") == "Choice"]
    return ChoiceReport(tuple(visits), title)


def _explained(moment: Moment) -> ChoiceVisit:
    rules: Sequence[Mapping[str, Any]] = moment.state.get("Choices", [])
    default = str(moment.state.get("Default", ""))
    judged = [_judged(rule, moment) for rule in rules]
    taken = moment.following if moment.left else ""
    way = _way(taken, rules, default, judged)
    outcomes = tuple(
        _outcome(number, rule, found, way) for number, (rule, found) in enumerate(zip(rules, judged, strict=True))
    )
    return ChoiceVisit(
        state=moment.visit.name,
        where=", ".join(_item(item.kind, item.index, item.map_name) for item in moment.items),
        taken=taken,
        by="" if way is None else "default" if way == len(rules) else f"rule {way + 1}",
        rules=outcomes,
        default=default,
        problem=_problem(moment, judged, way),
    )


def _judged(rule: Mapping[str, Any], moment: Moment) -> Judged:
    if "Condition" in rule:
        condition = rule["Condition"]
        if isinstance(condition, bool):
            return Judged(condition, ())
        return conditions.judge(stripped(str(condition)), moment.known)
    return Judged(None, (), "rules in JSONPath are not evaluated here")


def _way(taken: str, rules: Sequence[Mapping[str, Any]], default: str, judged: Sequence[Judged]) -> int | None:
    """The number of the rule that was taken, from 0; the default counts as one more. None when it is not clear."""
    leading = [number for number, rule in enumerate(rules) if rule.get("Next") == taken]
    if taken and taken == default:
        leading.append(len(rules))
    # Several ways may lead to the same state: the first that was not false is the one.
    possible = [number for number in leading if number == len(rules) or judged[number].value is not False] or leading
    if len(possible) > 1 and not judged[possible[0]].value:
        return None
    return possible[0] if possible else None


def _outcome(number: int, rule: Mapping[str, Any], judged: Judged, way: int | None) -> RuleOutcome:
    value, reached = judged.value, way is None or number <= way
    shown = way is not None and reached and value is None
    if shown:
        value = number == way
    return RuleOutcome(
        number=number + 1,
        condition=rule_in_words(rule),
        next=str(rule.get("Next", "")),
        value=value,
        taken=number == way,
        reached=reached,
        deduced=shown,
        tests=judged.tests,
        problem=judged.problem,
    )


def _problem(moment: Moment, judged: Sequence[Judged], way: int | None) -> str:
    if moment.problem is not None:
        return f"failed with {moment.problem.error}: {moment.problem.cause}".rstrip(": ")
    if way is None:
        return ""
    against = [number for number, found in enumerate(judged) if found.value is (number != way) and number <= way]
    if not against:
        return ""
    numbers = show.joined([str(number + 1) for number in against], "and")
    return f"Evaluated here, rule {numbers} comes out otherwise than the way taken shows; the history decides."


def _item(kind: str, index: int, name: str) -> str:
    return f"item #{index} of {name}" if kind == "iteration" else f"branch {index + 1} of {name}"


def _why(visit: ChoiceVisit, target: str) -> str:
    if visit.taken == target:
        return f"{visit.headline}."
    lines = [f"{visit.headline}, not to {target}:"]
    for rule in visit.rules:
        if rule.next == target or (target == visit.default and rule.taken):
            lines += [f"  {line}" for line in rule.lines()]
    if target == visit.default:
        lines.append(f"  The default {target} is taken only when no rule is true.")
    return "\n".join(lines)
