"""What notebooks and scripts hold in their hands: one object that deploys, fires, looks and cleans up."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flightpulse import paths
from flightpulse.adapters.table import Table as FlightTable
from flightpulse.domain.entities import Booking, Flight, Passenger
from flightpulse.errors import UserError
from flightpulse.workbench.deploy import seeding, status
from flightpulse.workbench.executions import executions
from flightpulse.workbench.fire import run_store
from flightpulse.workbench.fire.run_store import KeptRun
from flightpulse.workbench.show import notebook
from flightpulse.workbench.show.notebook import Steps
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target import names
from flightpulse.workbench.target.session import Session, Target

if TYPE_CHECKING:
    from flightpulse.kafka.record_positions import Place
    from flightpulse.workbench.costs.idle_cost import IdleCost
    from flightpulse.workbench.deploy.deploy import Deployer
    from flightpulse.workbench.executions.run_executions import RunExecution
    from flightpulse.workbench.faults.model_faults import Misbehaviour
    from flightpulse.workbench.faults.protection_switch import Switch
    from flightpulse.workbench.fire.expectations import Expectation
    from flightpulse.workbench.fire.firing import Fired
    from flightpulse.workbench.messages.inbox_cards import Inbox
    from flightpulse.workbench.metrics.alarms import QuickAlarm
    from flightpulse.workbench.metrics.metric_sources import EmbeddedLine
    from flightpulse.workbench.observe.api_client import Answer
    from flightpulse.workbench.run import Run
    from flightpulse.workbench.show.picture import Picture
    from simulator.scenarios import Scenario

_Entity = TypeVar("_Entity")

_FIRST_FLIGHT = "SW1234"
_LOOK_BACK = timedelta(days=1)
_RECORD_SECONDS = {"local": 20.0, "aws": 90.0}
_SETTLE_SECONDS = {"local": 60.0, "aws": 300.0}


def connect(
    target: str = "local", *, home: str | Path | None = None, port: int | None = None, kafka: str | None = None
) -> "Workbench":
    """A workbench on ``local`` or ``aws``. Nothing is started and nothing is called yet.

    ``home`` is where everything of a run is kept (else the variable FLIGHTPULSE_HOME, or ``.flightpulse`` in the
    checkout). ``port`` is the one on which a local cloud would be started (else FLIGHTPULSE_PORT, or 4566; 0 takes a
    free one). ``kafka`` names a broker, ``host:port`` (else FLIGHTPULSE_KAFKA). In a notebook, mistakes that a user can
    put right show as one sentence from now on. Raises UserError for another target.
    """
    if target not in ("local", "aws"):
        raise UserError(f"There is no target {target!r}.", hint='Use connect("local") or connect("aws").')
    notebook.show_user_errors()
    return Workbench(
        cast("Target", target),
        home=Path(home).resolve() if home else paths.home(),
        port=_port(os.environ.get("FLIGHTPULSE_PORT")) if port is None else port,
        kafka=kafka or os.environ.get("FLIGHTPULSE_KAFKA") or None,
    )


def _port(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isdigit():
        raise UserError(f"FLIGHTPULSE_PORT is {text!r}, which is no port.", hint="Use a number, or 0 for a free port.")
    return int(text)


@dataclass(frozen=True, slots=True)
class RecordFate:
    """What the consumer did with a record: ``reason`` is empty for one that it accepted."""

    place: "Place"
    said: str
    reason: str


class Workbench:
    """One target and everything that can be done with it. :func:`connect` makes one."""

    def __init__(self, target: Target, *, home: Path, port: int | None = None, kafka: str | None = None) -> None:
        self.target: Target = target
        self.home = home
        self._port = port
        self._kafka = kafka
        self._session: Session | None = None
        self._cloud = ""

    def __repr__(self) -> str:
        return f"<Workbench on {self.target}>"

    @property
    def session(self) -> Session:
        """The boto3 clients, stack outputs and names of the target. Raises UserError when it cannot be reached.

        A local cloud that was started again in the meantime is found again.
        """
        cloud = self._running_cloud()
        if self._session is None or cloud != self._cloud:
            try:
                self._session = Session.connect(self.target, kafka=self._kafka, home=self.home)
            except UserError as error:
                if self.target == "local" and not cloud:
                    raise UserError(error.message, hint="Start it with: wb.ready() (or: flightpulse up)") from error
                raise
            self._cloud = cloud
        return self._session

    def _running_cloud(self) -> str:
        """What tells this local cloud from an earlier one of the same home; the target's name for AWS."""
        return "aws" if self.target == "aws" else _running_cloud(self.home)

    def ready(self) -> None:
        """Make sure that cloud, stack and sample data are there, and say so.

        The local cloud is started, deployed and seeded where something is missing: about half a minute the first time,
        a moment later on. Nothing is ever changed in an AWS account: there, a UserError names the command to run.
        """
        if self.target == "local":
            quiet = Steps(say=lambda _: None)
            self._with(quiet, partial(self._bring_up, quiet))
            quiet.stop()
            self._switch().restore_abandoned()
            self._say("✓ ready: the local cloud is up, FlightPulseStack is deployed, the sample data are loaded.")
        else:
            self.session.require_stack()
            if not self._is_seeded():
                raise seeding.not_seeded(self.session, _FIRST_FLIGHT)
            self._say(f"✓ ready: FlightPulseStack and its data are in AWS, region {self.session.region}.")
            for name in self._switch().abandoned():
                self._say(f"✗ {name} is still off. Switch it on again: wb.protect(agree=True)")
        self._say(self.session.model)

    def _bring_up(self, steps: Steps) -> None:
        self._deploy(steps, again=False)
        self._seed(steps, again=False)

    def up(self) -> None:
        """Start the local cloud and its Kafka broker, or find those that run. Raises UserError for ``aws``."""
        if self.target == "aws":
            raise UserError("AWS needs no starting.", hint="wb.up() is for the local cloud.")
        steps = Steps()
        self._with(steps, lambda: self._up(steps))
        steps.finish("up", "the local cloud and its Kafka broker answer")

    def _up(self, steps: Steps) -> None:
        if self._running_cloud() and self._session is not None:
            return
        from localcloud import process

        process.up(
            self.home,
            program=paths.LOCAL_CLOUD,
            port=self._port,
            kafka=self._kafka,
            progress=partial(steps.update, "up"),
        )

    def deploy(self, *, again: bool = False, agree: bool = False, context: Mapping[str, str] | None = None) -> Table:
        """Deploy the stack with the CDK CLI, and give the resources in the order in which they came up.

        A local cloud that does not run is started first. A stack that is there is left alone unless ``again`` (or
        ``context``, the CDK's own) is given. In an AWS account nothing happens without ``agree=True``; :meth:`plan`
        shows before what would. Raises UserError with the reason of the first resource that failed.
        """
        steps = Steps()
        there = self._with(
            steps, lambda: self._deploy(steps, again=again or bool(context), agree=agree, context=context or {})
        )
        if there:
            steps.finish("deploy", "FlightPulseStack was deployed before; wb.deploy(again=True) deploys it over that")
        steps.stop()
        return self.resources()

    def _deploy(
        self, steps: Steps, *, again: bool, agree: bool = False, context: Mapping[str, str] | None = None
    ) -> bool:
        """Deploy; True when there was nothing to do."""
        if self.target == "local":
            self._up(steps)
        state = status.stack_status(self.session)
        if state and status.is_usable(state) and not again:
            return True
        if self.target == "aws" and not agree:
            raise UserError(
                f"Deploying changes your AWS account in {self.session.region} and costs money while it is up.",
                hint="Look at wb.plan() first, then: wb.deploy(agree=True)",
            )
        self._deployer(steps, context or {}).deploy()
        return False

    def plan(self, context: Mapping[str, str] | None = None) -> str:
        """What a deployment would change, as the CDK CLI prints it. Changes nothing."""
        steps = Steps()
        plan = self._with(steps, lambda: self._deployer(steps, context or {}).plan())
        steps.stop()
        return f"Account {plan.account}, region {plan.region}\n{plan.differences.rstrip()}"

    def _deployer(self, steps: Steps, context: Mapping[str, str]) -> "Deployer":
        from flightpulse.workbench.deploy.deploy import Deployer, Progress

        def report(progress: Progress) -> None:
            if progress.finished:
                steps.finish(progress.step, progress.text)
            else:
                steps.update(progress.step, progress.text, progress.done, progress.total)

        return Deployer(self.session, context=context, report=report)

    def resources(self) -> Table:
        """What is deployed, by type: how many of each, what for, and one by name, in the order of first creation."""
        from flightpulse.workbench.deploy import resources

        return resources.table(self.session)

    def template(self) -> dict[str, Any]:
        """The CloudFormation template that is deployed."""
        session = self._ready_session()
        body: Any = session.cloudformation.get_template(StackName=names.STACK)["TemplateBody"]
        found: dict[str, Any] = json.loads(body) if isinstance(body, str) else body
        return found

    def idle_cost(self) -> "IdleCost":
        """What the deployed stack costs in an AWS account while nothing happens, from its template at list prices."""
        from flightpulse.workbench.costs import idle_cost

        return idle_cost.of(self.template())

    def permissions(self, name: str) -> Table:
        """What a function or a state machine may do, and on what, from the deployed template.

        Raises UserError when the template has none of this name.
        """
        from flightpulse.workbench.deploy import permissions

        return permissions.table(self.template(), name)

    def seed(self, *, again: bool = False) -> None:
        """Load the sample data where they are missing; with ``again`` over whatever is there."""
        steps = Steps()
        self._with(steps, lambda: self._seed(steps, again=again))
        steps.finish("seed", "the flights, passengers and bookings of sample_data/ are in the table")

    def _seed(self, steps: Steps, *, again: bool) -> None:
        if again or not self._is_seeded():
            steps.update("seed", "loading sample_data/")
            seeding.seed(self.session)

    def _is_seeded(self) -> bool:
        return self._table().flight(_FIRST_FLIGHT, consistent=True) is not None

    def reset(self, *flight_ids: str) -> None:
        """Put flights and their bookings back to where they began. Raises UserError for a flight that is not there."""
        seeding.reset(self.session, flight_ids)

    def down(self) -> None:
        """Stop the local cloud; it forgets everything. May run twice. Raises UserError for ``aws``."""
        if self.target == "aws":
            raise UserError("AWS cannot be stopped from here.", hint="wb.destroy(agree=True) deletes the stack.")
        from localcloud import process

        if self._running_cloud():
            process.down(self.home)
        self._session = None
        self._say("✓ down: no local cloud is running.")

    def destroy(self, *, agree: bool = False) -> None:
        """Delete the stack with its data. May run twice. In an AWS account only with ``agree=True``."""
        if self.target == "local" and not self._running_cloud():
            self._say("✓ destroy: no local cloud is running, so there is no stack.")
            return
        if self.target == "aws" and not agree:
            raise UserError(
                f"This deletes {names.STACK} with its data in {self.session.region}.",
                hint="If you mean it: wb.destroy(agree=True)",
            )
        steps = Steps()
        existed = self._with(steps, lambda: self._deployer(steps, {}).destroy())
        if not existed:
            self._say("✓ destroy: there is no stack, nothing to delete.")

    def fire(
        self,
        what: Any,
        *,
        reset: bool | None = None,
        correlation_id: str | None = None,
        timeout: float | None = None,
    ) -> "Run":
        """Send a scenario, one event or several through Kafka, and wait until it is known what became of them.

        ``what`` is a scenario's number or name, an event (as :meth:`delay`, :meth:`cancellation` and
        :meth:`gate_change` make them) or a list of events. ``reset`` first puts the flights back to where they began:
        scenarios do unless told otherwise, events do not. ``timeout`` is in seconds. Raises UserError when the target
        is not ready or the event is none.
        """
        from flightpulse.workbench.fire import firing

        session = self._ready_session()
        scenario, expectations = self._scenario(what)
        is_scenario = not isinstance(what, Mapping | list | tuple)
        label = scenario.name if scenario.number else scenario.title
        steps = Steps()
        fired = self._with(
            steps,
            lambda: firing.fire(
                session,
                scenario,
                expectations,
                reset=is_scenario if reset is None else reset,
                seconds=timeout,
                correlation_id=correlation_id,
                on_look=lambda seen, all_of_them: steps.update(label, scenario.title, seen, all_of_them),
            ),
        )
        run = self._keep(scenario, fired)
        steps.finish(label, run.sentence().removeprefix(f"{label}: "), ok=run.ok)
        return run

    def run(self, what: Any = 1) -> "Run":
        """The last run of a scenario on this cloud; without one it is fired. With an event id, the run that sent it.

        What the table holds may have changed since; messages, executions and checks are those of the run. Raises
        UserError when no run has sent that event.
        """
        from flightpulse.workbench.run import Run

        session = self._ready_session()
        cloud = self._cloud_id()
        if isinstance(what, str) and what.startswith("evt-"):
            kept = run_store.of_event(self.home, what, cloud)
            if kept is None:
                raise UserError(f"No run has sent the event {what}.", hint="Fire one with: wb.fire(1)")
            return Run(session, kept, _observed(session, kept))
        scenario, _ = self._scenario(what)
        kept = run_store.load(self.home, scenario.name, cloud)
        return self.fire(what) if kept is None else Run(session, kept, _observed(session, kept))

    def last_run(self, what: str | None = None) -> "Run":
        """The last run on this cloud, or the last of a scenario, or the one that sent an event. It fires nothing.

        Raises UserError when there is none.
        """
        from flightpulse.workbench.run import Run

        session = self.session
        session.require_stack()
        cloud = self._cloud_id()
        if what is None:
            kept = run_store.newest(self.home, cloud)
        else:
            kept = run_store.of_event(self.home, what, cloud) or run_store.load(self.home, what, cloud)
            if kept is None and not what.startswith("evt-"):
                kept = run_store.load(self.home, self._scenario(what)[0].name, cloud)
        if kept is None:
            verb = "scenario 1" if what is None or what.startswith("evt-") else f"scenario {what}"
            which = "There is no run yet" if what is None else f"There is no run of {what} yet"
            raise UserError(f"{which} on {session.where}.", hint=f"Send one with: {session.command(verb)}")
        return Run(session, kept, _observed(session, kept))

    def _scenario(self, what: Any) -> "tuple[Scenario, tuple[Expectation, ...]]":
        from flightpulse.workbench.fire import firing
        from flightpulse.workbench.fire.expectations import EXPECTED
        from simulator import scenarios

        if isinstance(what, int | str):
            scenario = scenarios.find(str(what))
            return scenario, EXPECTED[scenario.name]
        chosen = [what] if isinstance(what, Mapping) else list(what)
        if not chosen:
            raise UserError("There is no event to fire.", hint='Make one with: wb.delay("SW1234", 25, "WEATHER")')
        return firing.as_scenario(self.session, chosen)

    def _keep(self, scenario: "Scenario", fired: "Fired") -> "Run":
        from flightpulse.workbench.fire import firing
        from flightpulse.workbench.run import Run

        kept = firing.keep(self.session, scenario, fired, cloud=self._cloud_id())
        return Run(self.session, kept, fired.run.facts)

    def _cloud_id(self) -> str:
        return cloud_of(self.session)

    def send_record(self, value: bytes | str, *, key: bytes | str | None = None) -> RecordFate:
        """Write any bytes to the topic, good or bad, and wait for what the consumer says of them.

        Raises UserError when the consumer says nothing in time.
        """
        from flightpulse.workbench.fire import raw_records

        return RecordFate(*raw_records.send(self._ready_session(), value, key, _RECORD_SECONDS[self.target]))

    @contextmanager
    def without(self, *protection_names: str, agree: bool = False) -> Iterator[None]:
        """Run a ``with`` block while protections (see :meth:`protections`) are off, for real, on the deployed stack.

        Their conditions are taken out of the state machines' definitions, and put back whatever happens in the block.
        Should this very process be killed in it, :meth:`ready`, :meth:`protections` and the next use put them back. In
        an AWS account nothing happens without ``agree=True``. Raises UserError for a name that is none.
        """
        if self.target == "aws" and not agree:
            raise UserError(
                f"This changes state machines in {self.session.region}, and passengers may be told twice or old news.",
                hint="If you mean it: wb.without(…, agree=True)",
            )
        with self._switch().without(protection_names):
            yield

    def protections(self) -> Table:
        """What keeps passengers from being told twice or told old news: each with its state, and whether it is on.

        On the local cloud what a killed process left off is switched on first. The note below says which state machine
        is not as the stack deployed it.
        """
        switch = self._switch()
        if self.target == "local":
            switch.restore_abandoned()
        return switch.table()

    def protect(self, *, agree: bool = False) -> None:
        """Put every state machine back to what the stack's template says, whoever changed it.

        In an AWS account only with ``agree=True``.
        """
        if self.target == "aws" and not agree:
            raise UserError(
                f"This changes state machines in {self.session.region}.", hint="If you mean it: wb.protect(agree=True)"
            )
        changed = self._switch().restore_everything()
        self._say(f"✓ protect: {'put back ' + ', '.join(changed) if changed else 'all is as the stack deployed it'}")

    def _switch(self) -> "Switch":
        from flightpulse.workbench.faults.protection_switch import Switch

        return Switch(self._ready_session(), cloud=self._cloud_id(), say=self._say)

    def delay(
        self,
        flight_id: str,
        minutes: int,
        reason: str = "WEATHER",
        detail: str = "",
        *,
        at: datetime | None = None,
        event_id: str | None = None,
    ) -> dict[str, Any]:
        """A FLIGHT_DELAY about a flight of the table. ``at`` is when operations knew (now, unless it is given)."""
        from simulator import events

        return _made(partial(events.delay, self.flight(flight_id), minutes, reason, detail, at=at, event_id=event_id))

    def cancellation(
        self,
        flight_id: str,
        reason: str = "WEATHER",
        detail: str = "",
        *,
        rebooking_priority: str = "NORMAL",
        at: datetime | None = None,
        event_id: str | None = None,
    ) -> dict[str, Any]:
        """A FLIGHT_CANCELLED about a flight of the table."""
        from simulator import events

        flight = self.flight(flight_id)
        options: dict[str, Any] = {"rebooking_priority": rebooking_priority, "at": at, "event_id": event_id}
        return _made(partial(events.cancellation, flight, reason, detail, **options))

    def gate_change(
        self,
        flight_id: str,
        new_gate: str,
        *,
        terminal_change: bool = False,
        at: datetime | None = None,
        event_id: str | None = None,
    ) -> dict[str, Any]:
        """A GATE_CHANGE away from the flight's present gate."""
        from simulator import events

        options: dict[str, Any] = {"terminal_change": terminal_change, "at": at, "event_id": event_id}
        return _made(partial(events.gate_change, self.flight(flight_id), new_gate, **options))

    def flight(self, flight_id: str) -> Flight:
        """A flight as it is in the table now. Raises UserError when it is not there."""
        found = self._table().flight(flight_id, consistent=True)
        if found is None:
            raise seeding.not_seeded(self.session, flight_id)
        return found

    def booking(self, booking_id: str) -> Booking:
        """A booking as it is in the table now. Raises UserError when it is not there."""
        return _found("Booking", booking_id, self._table().booking(booking_id))

    def passenger(self, passenger_id: str) -> Passenger:
        """A passenger as in the table. Raises UserError when there is none of this id."""
        return _found("Passenger", passenger_id, self._table().passenger(passenger_id))

    def execution(self, reference: str = "latest") -> "RunExecution":
        """An execution by ARN, by name, as ``latest``, or the latest of a workflow (``delay``, ``notify-chunk``, …)."""
        from flightpulse.workbench.executions.run_executions import Loader

        session = self._ready_session()
        return Loader(session).load(executions.find(session, reference))

    def inbox(
        self, *, passenger: str | None = None, flight: str | None = None, since: datetime | None = None
    ) -> "Inbox":
        """The messages of the last day (or since a moment): of all, to one passenger, about one flight."""
        from flightpulse.workbench.messages import inbox
        from flightpulse.workbench.messages.inbox_cards import Inbox

        found = inbox.read(self._ready_session(), since=since or datetime.now(UTC) - _LOOK_BACK)
        return Inbox(
            tuple(one for one in found if passenger in (None, one.passenger_id) and flight in (None, one.flight_id)),
            self.session.model,
        )

    @contextmanager
    def model_faults(
        self, *kinds: str, times: int | None = None, seconds: float | None = None, seed: int = 0
    ) -> Iterator["Misbehaviour"]:
        """Let the local cloud's model misbehave while the block runs; gives the questions that it gets meanwhile.

        ``kinds`` are those of docs/local-cloud.md and strike in their order, each so many ``times`` (else until the
        block ends); ``seconds`` is how long ``slow`` waits. Accepted templates are kept in the table, so see
        :meth:`forget_templates`; what the function that asks it remembers of earlier faults is forgotten before and
        after. Raises UserError for another kind, and for ``aws``.
        """
        from flightpulse.workbench.faults import model_faults
        from localcloud.process import state

        if self.target == "aws":
            raise UserError("A model on AWS cannot be made to misbehave.", hint='Use connect("local").')
        session = self._ready_session()
        cloud = state.load(self.home)
        assert cloud is not None
        options = {"times": times, "seconds": seconds}
        faults = [
            {"kind": kind, **{name: value for name, value in options.items() if value is not None}} for kind in kinds
        ]
        with (
            model_faults.with_a_fresh_messenger(session),
            model_faults.misbehaving(cloud.model_url, faults, seed) as watch,
        ):
            yield watch

    @contextmanager
    def faults(
        self,
        state: str,
        *,
        error: str | None = None,
        machine: str | None = None,
        times: int | None = None,
        skip: int = 0,
        after: bool = False,
        delay_seconds: float = 0.0,
    ) -> Iterator[None]:
        """Let the calls of a Task state fail with ``error`` while the block runs, on the local cloud.

        ``machine`` narrows it to one workflow; ``skip`` lets so many calls pass first, then it strikes so many
        ``times`` (else all). ``after`` makes the call and loses its answer; ``delay_seconds`` lets it hang before.
        Blocks may be nested. Raises UserError for a state that there is not, and for ``aws``.
        """
        from flightpulse.workbench.faults import faults

        if self.target == "aws":
            raise UserError("Calls on AWS cannot be made to fail on demand.", hint='Use connect("local").')
        fault = {
            "state": state,
            "error": error,
            "machine": machine and faults.machine_named(machine),
            "times": times,
            "skip": skip,
            "after": after,
            "delay_seconds": delay_seconds,
        }
        with faults.striking(str(self._ready_session().endpoint_url), fault):
            yield

    def forget_templates(self, segments: str = "") -> int:
        """Delete the model's kept templates, so that it is asked again; gives how many there were.

        ``segments`` is how their keys begin, such as ``delay/MAJOR/MECHANICAL``; without it all of them. Raises
        UserError when no segment begins like this.
        """
        from flightpulse.workbench.messages import template_records

        return template_records.forget(self._ready_session(), segments)

    def metrics(self, *, since: datetime | None = None) -> Table:
        """The sums of FlightPulse's own metrics in the last hour (or since a moment), from CloudWatch."""
        from flightpulse.workbench.metrics import metrics

        found = metrics.totals(self._ready_session(), since=since or datetime.now(UTC) - timedelta(hours=1))
        sums = sorted(metrics.by_name(found).items())
        return Table.of(("metric", "sum"), [(name, f"{value:g}") for name, value in sums], numbers=(1,))

    def metric_sum(self, name: str, *, since: datetime | None = None) -> float:
        """The sum of one of FlightPulse's metrics in the last hour (or since a moment); 0 for one never counted."""
        from flightpulse.workbench.metrics import metrics

        found = metrics.totals(self._ready_session(), since=since or datetime.now(UTC) - timedelta(hours=1))
        return metrics.by_name(found).get(name, 0.0)

    def metric_chart(self, *metric_names: str, minutes: int = 30, title: str | None = None) -> "Picture":
        """Metrics of the namespace FlightPulse minute by minute, from CloudWatch. Raises UserError without a value."""
        from flightpulse.workbench.metrics import metric_series
        from flightpulse.workbench.show import charts

        series = metric_series.read(self._ready_session(), metric_names, minutes=minutes)
        return charts.metric(series, title=title or f"CloudWatch, namespace FlightPulse, last {minutes} minutes")

    def embedded_metrics(self, *groups: str, since: datetime | None = None) -> "list[EmbeddedLine]":
        """The log lines of the last hour (or since a moment) from which CloudWatch makes metrics, oldest first.

        ``groups`` are short names of functions' log groups (``consumer``, ``messenger``); without one, all of them.
        """
        from flightpulse.workbench.metrics import metric_sources

        started = since or datetime.now(UTC) - timedelta(hours=1)
        return metric_sources.embedded(self._ready_session(), groups, since=started)

    def metric_filters(self) -> Table:
        """Which log lines CloudWatch counts as which metric, by the stack's metric filters."""
        from flightpulse.workbench.metrics import metric_sources

        return metric_sources.filters(self._ready_session())

    def alarms(self) -> Table:
        """The stack's alarms: the state of each, what it watches, when it goes off, and what that means."""
        from flightpulse.workbench.metrics import alarms

        return alarms.table(self._ready_session())

    @contextmanager
    def quick_alarm(self, name: str, *, period: int = 10) -> Iterator["QuickAlarm"]:
        """A copy of an alarm (by its name in :meth:`alarms`) that evaluates every ``period`` seconds in the block.

        It has no actions, so it tells nobody. Raises UserError for another name, and for ``aws``.
        """
        from flightpulse.workbench.metrics import alarms

        with alarms.quick_copy(self._ready_session(), name, period=period) as alarm:
            yield alarm

    def dashboard(self) -> Table:
        """The dashboard's definition: its widgets in their order, and the metrics that each shows."""
        from flightpulse.workbench.metrics import dashboard

        return dashboard.widgets(self._ready_session())

    def dead_letters(self) -> Table:
        """What could not be handled and waits to be sent back: its queue, what it is, why, and since when."""
        from flightpulse.workbench.faults import dead_letters

        letters = dead_letters.look(self._ready_session())
        rows = [(one.kind, one.what, one.why, f"{one.since:%Y-%m-%dT%H:%M:%SZ}") for one in letters]
        return Table.of(("queue", "what", "why", "since"), rows)

    def redrive(self, *kinds: str, agree: bool = False) -> Table:
        """Send dead letters of some queues back, and wait until what that starts has ended.

        Without a queue: those of all, and executions that failed without a letter, which go first.

        In an AWS account only with ``agree=True``. Raises UserError for a queue that there is not, and when executions
        still run after a while.
        """
        from flightpulse.workbench.faults import redrive

        unknown = [kind for kind in kinds if kind not in names.DEAD_LETTER_OUTPUTS]
        if unknown:
            known = ", ".join(names.DEAD_LETTER_OUTPUTS)
            raise UserError(f"There is no dead-letter queue {unknown[0]!r}.", hint=f"There are: {known}.")
        if self.target == "aws" and not agree:
            raise UserError("This sends messages to passengers.", hint="If you mean it: wb.redrive(agree=True)")
        session = self._ready_session()
        redriver = redrive.Redriver(session)
        results = [*(() if kinds else redriver.redrive_executions()), *redriver.send_back(kinds)]
        executions.settle(session, seconds=_SETTLE_SECONDS[self.target])
        rows = [("✗" if one.problem else "✓", one.kind, one.what, one.problem or one.done) for one in results]
        return Table.of(("", "queue", "what", "what came of it"), rows)

    def logs(self, *groups: str, since: datetime | None = None, pattern: str = "", last: int = 20) -> Table:
        """The newest lines of log groups by short name (``consumer``, ``messenger``, ``audit``, …), oldest first.

        ``pattern`` is a CloudWatch Logs filter pattern. Raises UserError for a group that does not exist.
        """
        from flightpulse.workbench.observe import logs

        wanted = logs.groups_named(groups)
        found = logs.read(self._ready_session(), wanted, since=since or datetime.now(UTC) - _LOOK_BACK, pattern=pattern)
        short = {full: name for name, full in names.LOG_GROUPS.items()}
        rows = [
            (
                f"{one.at:%Y-%m-%dT%H:%M:%S}.{one.at.microsecond // 1000:03}Z",
                short.get(one.group, one.group),
                _line(one),
            )
            for one in found[-last:]
        ]
        return Table.of(("at", "group", "line"), rows)

    def api(self, path: str, *, method: str = "GET", signed: bool = True) -> "Answer":
        """A call of the REST API, signed unless told otherwise: ``.status`` and ``.body``."""
        from flightpulse.workbench.observe import api_client

        return api_client.call(self._ready_session(), path, method=method, signed=signed)

    def access_log(self, *, last: int = 10, since: datetime | None = None) -> Table:
        """The API's newest requests of the last day (or since a moment) in API Gateway's access log, oldest first."""
        from flightpulse.workbench.observe import access_log

        return access_log.read(self._ready_session(), since=since or datetime.now(UTC) - _LOOK_BACK, last=last)

    def _ready_session(self) -> Session:
        """The session of a target that has a stack."""
        session = self.session
        try:
            session.require_stack()
        except UserError as error:
            if self.target == "local":
                raise UserError(error.message, hint="Run: wb.ready() (or: flightpulse deploy)") from error
            raise
        return session

    def _table(self) -> FlightTable:
        session = self._ready_session()
        return FlightTable(session.dynamodb, session.table_name)

    def _with(self, steps: Steps, work: Any) -> Any:
        """Do something with steps; when it goes wrong nothing moves any more."""
        try:
            return work()
        except BaseException:
            steps.stop()
            raise

    @staticmethod
    def _say(line: str) -> None:
        notebook.say(line)


def _found(kind: str, name: str, entity: _Entity | None) -> _Entity:
    if entity is None:
        raise UserError(f"{kind} {name} is not in the table.", hint="Load the sample data with: wb.seed()")
    return entity


def cloud_of(session: Session) -> str:
    """What tells the target of a session from others: runs are kept under it."""
    return _running_cloud(session.home) if session.target == "local" else f"aws {session.region}"


def _running_cloud(home: Path) -> str:
    from localcloud.process import processes, state

    cloud = state.load(home)
    return cloud.start_token if cloud and processes.is_running(cloud.pid, cloud.start_token) else ""


def _observed(session: Session, kept: KeptRun) -> Any:
    from flightpulse.workbench.observe.facts import Sent
    from flightpulse.workbench.observe.observer import Observer

    sent = [
        Sent(
            event_id=event["event_id"],
            event_type=event["event_type"],
            flight_id=event["payload"]["flight_id"],
            at=kept.began_at,
            known_at=datetime.fromisoformat(event["timestamp"]),
        )
        for event in kept.events
    ]
    return Observer(session, kept.flights, kept.began_at).look(sent)


def _made(make: Any) -> dict[str, Any]:
    try:
        event: dict[str, Any] = make()
    except ValueError as error:
        raise UserError(
            f"There is no such event: {error}.", hint="See docs/flightpulse-spec.md for the values."
        ) from error
    return event


def _line(event: Any) -> str:
    fields = event.fields or {}
    detail = fields.get("detail") or {}
    said = fields.get("message") or detail.get("summary") or detail.get("subject") or detail.get("text")
    return str(said or event.message)[:160]
