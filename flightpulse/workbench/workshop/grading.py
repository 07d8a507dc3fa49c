"""The checklist of an assignment: what the copy's code says of itself, and what a deployed copy does."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flightpulse.errors import UserError
from flightpulse.messages import gsm7
from flightpulse.workbench.show.shown_as_table import ShownAsTable
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.show.words import counted, shortened
from flightpulse.workbench.workshop.assignments import Assignment
from flightpulse.workbench.workshop.copies import Copy

if TYPE_CHECKING:
    from flightpulse.workbench.bench import Workbench
    from flightpulse.workbench.run import Run

_PROBE = Path(__file__).with_name("probe.py")
_OLDER = timedelta(minutes=5)
HOUSE_TESTS = ("tests/unit/contracts", "tests/unit/domain/test_domain_event_types.py")


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the checklist. ``ok`` is None for what was not looked at, because an earlier step is missing."""

    name: str
    wanted: str
    ok: bool | None
    seen: str
    hint: str

    @property
    def verdict(self) -> str:
        return {True: "✓ done", False: "✗ missing", None: "○ waits"}[self.ok]


@dataclass(frozen=True, slots=True, repr=False)
class Grade(ShownAsTable):
    """The checklist in the order in which an event travels."""

    steps: tuple[Step, ...]

    @property
    def ok(self) -> bool:
        """Whether everything is done."""
        return all(step.ok for step in self.steps)

    @property
    def done(self) -> int:
        return sum(step.ok is True for step in self.steps)

    @property
    def missing(self) -> list[str]:
        """The names of the steps that are wrong or not there."""
        return [step.name for step in self.steps if step.ok is False]

    @property
    def waiting(self) -> list[str]:
        """The names of the steps that were not looked at."""
        return [step.name for step in self.steps if step.ok is None]

    def step(self, name: str) -> Step:
        """One step by name. Raises UserError."""
        for step in self.steps:
            if step.name == name:
                return step
        raise UserError(f"There is no step {name!r}.", hint=f"There are: {', '.join(item.name for item in self.steps)}")

    def table(self) -> Table:
        """The checklist, with what was seen, and the hint of the first step that is missing below it."""
        rows = [(step.verdict, step.name, step.wanted, step.seen) for step in self.steps]
        return Table.of(("", "step", "wanted", "seen"), rows, note=self._note())

    def _note(self) -> str:
        first = next((step for step in self.steps if step.ok is False), None)
        if first:
            return f"→ {first.name}: {first.hint}"
        return (
            "The code is complete: shop.grade() runs it." if self.waiting else f"All {len(self.steps)} steps are done."
        )


_IN_THE_CODE: Mapping[str, tuple[str, str]] = {
    "schema": (
        "the schema takes a good event and refuses bad ones",
        "write flightpulse/schemas/{schema}.json; gate_change.json is much like it",
    ),
    "reading": (
        "the consumer reads it as an event",
        "add the type, its detail type and its class to flightpulse/domain/events.py",
    ),
    "publishing": (
        "what goes on the bus fulfils its schema, which requires its fields",
        "the payload of flightpulse/schemas/{schema}.json must require {fields} and say what they are: the bus carries"
        " them as they came",
    ),
    "telling": (
        "a written text for every segment, within the rules of the lint",
        "write flightpulse/messages/news/{kind}.toml and the reader beside it, name the kind in domain/events.py and"
        " the reader in news/__init__.py; gate_change is much like it",
    ),
    "model": (
        "words of the stand-in model for every segment",
        "add a bank to flightpulse/stand_in/phrases.py",
    ),
    "workflow": (
        "a workflow that passes the lint and reuses NotifyPassengers",
        "write flightpulse/workflows/{schema}.asl.patch.json, what is different from the gate change's workflow, and"
        " name it in flightpulse/stack/event_workflows.py",
    ),
    "routing": (
        "its detail type leads to its workflow, and to no other",
        "the detail type in flightpulse/stack/event_workflows.py must be {detail_type}",
    ),
}
_HOUSE = ("house tests", "the house's tests of contracts pass", "run shop.test() and read what it says")
_DEPLOYED = (
    ("deployment", "deployed, and EventBridge matches the event to its rule", "read what the deployment says"),
    (
        "travel",
        "an event travels from Kafka to its workflow's end",
        "look: shop.bench.executions.find().player()",
    ),
    ("flight", "the flight is {status} afterwards", "look at ApplyToFlight in the workflow"),
    ("passengers", "everyone told once on each channel they chose", "look at NotifyPassengers in the workflow"),
    ("texts", "every text is one GSM-7 message that names the gate", "look at the written texts in {kind}.toml"),
    ("duplicate", "the same event again tells nobody", "ClaimEvent must put the claim on condition"),
    ("old news", "an older call after a newer one tells nobody", "ApplyToFlight must refuse what is older"),
    ("the rest", "a gate change is still told as before", "run shop.test() and read what it says"),
)
STEPS = (*_IN_THE_CODE, _HOUSE[0], *(name for name, _, _ in _DEPLOYED))
"""The names of the steps, in order."""


def of_the_code(copy: Copy, task: Assignment) -> list[Step]:
    """What can be said without running anything: the copy's code is asked in a process of its own."""
    answered = copy.run([str(_PROBE)], said=json.dumps(task.as_json()))
    try:
        found: dict[str, Any] = json.loads(answered.stdout)
    except ValueError:
        lines = answered.stderr.strip().splitlines()
        said = f"the copy cannot be imported: {lines[-1] if lines else 'it said nothing'}"
        found = {name: {"ok": False, "seen": said} for name in _IN_THE_CODE}
    steps = [
        _step(task, name, wanted, found[name]["ok"], _short(found[name]["seen"]), hint)
        for name, (wanted, hint) in _IN_THE_CODE.items()
    ]
    return [*steps, _of_the_house(copy, task, look=all(step.ok for step in steps))]


def _of_the_house(copy: Copy, task: Assignment, *, look: bool) -> Step:
    """Whether the tests of contracts that every type of event must pass do so."""
    name, wanted, hint = _HOUSE
    if not look:
        return _step(task, name, wanted, None, "", hint)
    code, said = run_tests(copy, HOUSE_TESTS)
    lines = said.strip().splitlines() or ["pytest said nothing"]
    return _step(task, name, wanted, code == 0, _short(without_time(lines[-1])), hint)


def run_tests(copy: Copy, wanted: Sequence[str]) -> tuple[int, str]:
    """Run tests of the copy; their exit code and what pytest says."""
    # What holds for all our tests needs packages for developers; these tests need only what the notebooks need.
    options = ["-q", "--no-header", "--tb=line", "-p", "no:cacheprovider", "-o", "addopts=", "--noconftest"]
    # Plugins that these tests do not use take longer to load than the tests to run.
    ran = copy.run(["-m", "pytest", *options, *wanted], PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    return ran.returncode, ran.stdout + ran.stderr


def without_time(line: str) -> str:
    """Pytest's last line without how long it took."""
    return re.sub(r" in [\d.]+s.*", "", line).strip("= ")


def waiting(task: Assignment) -> list[Step]:
    """The steps of a running copy, before anybody has looked."""
    return [_step(task, name, wanted, None, "", hint) for name, wanted, hint in _DEPLOYED]


def of_the_cloud(bench: "Workbench", task: Assignment, deploy: Callable[[], None]) -> list[Step]:
    """What a deployed copy does with an event that comes twice, an older one, and one of another type."""
    steps = waiting(task)
    # Each event would say what became of it; the checklist says that, and the same on every run.
    with redirect_stdout(StringIO()):
        for number, (ok, seen) in enumerate(_looks(bench, task, deploy)):
            name, wanted, hint = _DEPLOYED[number]
            steps[number] = _step(task, name, wanted, ok, _short(seen), hint)
    return steps


def _looks(bench: "Workbench", task: Assignment, deploy: Callable[[], None]) -> Iterator[tuple[bool, str]]:
    """One finding per step of a running copy; ends early where going on makes no sense."""
    try:
        deploy()
    except UserError as error:
        yield False, str(error)
        return
    matched = _rules(bench, task)
    yield bool(matched), f"rule {', '.join(matched)}" if matched else f"no rule matches {task.detail_type}"
    bench.table.reset(task.flight_id)
    event = task.event()
    twice = bench.fire([event, event])
    outcomes = sorted(_outcomes(twice))
    yield "DONE" in outcomes, ", ".join(outcomes) or twice.checks[0].seen
    status = str(bench.table.flight(task.flight_id).status)
    yield status == task.status, f"{task.flight_id} is {status}"
    yield twice.ok and bool(twice.messages), twice.checks[0].seen.rpartition("; ")[2]
    yield _texts(twice, str(task.payload.get("gate", "")))
    yield outcomes == ["ALREADY_HANDLED", "DONE"] and twice.ok, _said(twice)
    older = bench.fire(task.event(at=datetime.now(UTC) - _OLDER))
    yield _outcomes(older) == ["SUPERSEDED"] and not older.messages, _said(older)
    rest = bench.fire("gate-change")
    yield rest.ok, f"{sum(check.ok for check in rest.checks)} of {len(rest.checks)} expectations seen"


def _rules(bench: "Workbench", task: Assignment) -> list[str]:
    """The rules of the bus that EventBridge says match an event of this detail type."""
    events = bench.session.events
    envelope = {
        "version": "0",
        "id": "0",
        "detail-type": task.detail_type,
        "source": "flightpulse.kafka-consumer",
        "account": "000000000000",
        "time": "2026-11-24T15:00:00Z",
        "region": bench.session.region,
        "resources": [],
        "detail": {},
    }
    rules = events.list_rules(EventBusName=bench.session.output("EventBusName"))["Rules"]
    return sorted(
        rule["Name"]
        for rule in rules
        if "detail-type" in rule.get("EventPattern", "")
        and events.test_event_pattern(EventPattern=rule["EventPattern"], Event=json.dumps(envelope))["Result"]
    )


def _outcomes(run: "Run") -> list[str]:
    return [execution.outcome or execution.status for execution in run.facts.handled]


def _said(run: "Run") -> str:
    told = len(run.messages)
    outcomes = ", ".join(sorted(_outcomes(run))) or "no execution"
    return f"{outcomes}; {counted(told, 'message') if told else 'no messages'}"


def _texts(run: "Run", gate: str) -> tuple[bool, str]:
    texts = [message.text for message in run.messages if message.channel == "sms"]
    good = [text for text in texts if gsm7.fits(text) and gate in text]
    return bool(texts) and len(good) == len(texts), f"{len(good)} of {len(texts)} texts"


def _step(task: Assignment, name: str, wanted: str, ok: bool | None, seen: str, hint: str) -> Step:
    names = {"kind": task.kind, "schema": task.schema, "detail_type": task.detail_type, "status": task.status}
    names |= {"event_type": task.event_type, "fields": ", ".join(set(task.payload) - {"flight_id"})}
    return Step(name, wanted.format(**names), ok, seen, hint.format(**names))


def _short(text: str) -> str:
    return shortened(" ".join(text.split()), 110)
