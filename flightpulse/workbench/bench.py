"""What notebooks and scripts hold in their hands: one object that deploys, fires, looks and cleans up."""

import os
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from flightpulse import paths
from flightpulse.errors import UserError
from flightpulse.workbench.show import notebook
from flightpulse.workbench.show.progress import Steps, say
from flightpulse.workbench.target.connection import Connection
from flightpulse.workbench.target.session import Session, Target

if TYPE_CHECKING:
    from flightpulse.workbench.deploy.items import Items
    from flightpulse.workbench.deploy.stack import Stack
    from flightpulse.workbench.executions.lookup import Executions
    from flightpulse.workbench.faults.dead_letter_queues import DeadLetterQueues
    from flightpulse.workbench.faults.faults import Faults
    from flightpulse.workbench.faults.protection_switch import Protections
    from flightpulse.workbench.fire.events import Events
    from flightpulse.workbench.messages.inbox_cards import Inbox
    from flightpulse.workbench.messages.templates import Templates
    from flightpulse.workbench.metrics.watching import Metrics
    from flightpulse.workbench.observe.api_client import Answer
    from flightpulse.workbench.observe.log_groups import LogGroups
    from flightpulse.workbench.run import Run
    from flightpulse.workbench.runs import Runs
    from flightpulse.workbench.traces.lookup import Traces
    from localcloud.process.state import RunningCloud

_Subject = TypeVar("_Subject")
_LOOK_BACK = timedelta(days=1)


def connect(
    target: str = "local", *, home: str | Path | None = None, port: int | None = None, kafka: str | None = None
) -> "Workbench":
    """A workbench on ``local`` or ``aws``. Nothing is started and nothing is called yet.

    ``home`` is where everything of a run is kept (else the variable FLIGHTPULSE_HOME, or ``.flightpulse`` in the
    checkout). ``port`` is the one on which a local cloud would be started (else FLIGHTPULSE_PORT, or 4566; 0 takes a
    free one). ``kafka`` names a broker, ``host:port`` (else FLIGHTPULSE_KAFKA). In a notebook, mistakes that a user can
    put right show as one sentence from now on, and its cells wait while another notebook runs on the same local cloud.
    Raises UserError for another target.
    """
    if target not in ("local", "aws"):
        raise UserError(f"There is no target {target!r}.", hint='Use connect("local") or connect("aws").')
    notebook.show_user_errors()
    folder = Path(home).resolve() if home else paths.home()
    if target == "local":
        notebook.take_turns(folder)
    return Workbench(
        Connection(
            cast("Target", target),
            home=folder,
            port=_port(os.environ.get("FLIGHTPULSE_PORT")) if port is None else port,
            kafka=kafka or os.environ.get("FLIGHTPULSE_KAFKA") or None,
        )
    )


def _port(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isdigit():
        raise UserError(f"FLIGHTPULSE_PORT is {text!r}, which is no port.", hint="Use a number, or 0 for a free port.")
    return int(text)


class _Room(Generic[_Subject]):
    """What there is to do with one subject: imported and made when it is first asked for.

    Every verb of the command line makes a workbench and needs one or two subjects.
    """

    def __init__(self, module: str, kind: str) -> None:
        self._module = f"flightpulse.workbench.{module}"
        self._kind = kind

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, bench: "Workbench | None", owner: type) -> _Subject:
        if bench is None:
            return cast("_Subject", self)
        made: _Subject = getattr(import_module(self._module), self._kind)(bench._target)
        # From now on the object's own attribute stands before this one.
        vars(bench)[self._name] = made
        return made


class Workbench:
    """One target and everything that can be done with it. :func:`connect` makes one."""

    stack: "_Room[Stack]" = _Room("deploy.stack", "Stack")
    """The stack: deploy, plan, destroy, and what it consists of."""
    table: "_Room[Items]" = _Room("deploy.items", "Items")
    """Flights, bookings and passengers as they are in the table; loading and resetting them."""
    events: "_Room[Events]" = _Room("fire.events", "Events")
    """Makes events about flights of the table."""
    executions: "_Room[Executions]" = _Room("executions.lookup", "Executions")
    """Workflow executions."""
    logs: "_Room[LogGroups]" = _Room("observe.log_groups", "LogGroups")
    """The log groups."""
    traces: "_Room[Traces]" = _Room("traces.lookup", "Traces")
    """Traces: an event's way over all services, drawn as a waterfall and as a map of services."""
    templates: "_Room[Templates]" = _Room("messages.templates", "Templates")
    """The templates of messages."""
    metrics: "_Room[Metrics]" = _Room("metrics.watching", "Metrics")
    """Metrics, alarms and the dashboard."""
    faults: "_Room[Faults]" = _Room("faults.faults", "Faults")
    """Faults that strike while a block runs, on the local cloud."""
    protections: "_Room[Protections]" = _Room("faults.protection_switch", "Protections")
    """What keeps passengers from being told twice or told old news."""
    dead_letters: "_Room[DeadLetterQueues]" = _Room("faults.dead_letter_queues", "DeadLetterQueues")
    """What could not be handled, and sending it back."""
    _runs: "_Room[Runs]" = _Room("runs", "Runs")

    def __init__(self, target: Connection) -> None:
        self._target = target

    def __repr__(self) -> str:
        return f"<Workbench on {self._target.target}>"

    @property
    def session(self) -> Session:
        """The boto3 clients, stack outputs and names of the target. Raises UserError when it cannot be reached.

        A local cloud that was started again in the meantime is found again.
        """
        return self._target.session

    def ready(self, *here: str) -> None:
        """Make sure that cloud, stack and sample data are there, and say so.

        In a notebook the hops that it is about, such as ``"DynamoDB"``, stand out in a picture of the architecture.
        The local cloud is started, deployed and seeded where something is missing: about half a minute the first time,
        a moment later on. Nothing is ever changed in an AWS account: there, a UserError names the command to run.
        """
        if self._target.target == "local":
            with Steps(say_line=lambda _: None) as steps:
                self.stack.bring_up(steps)
                if not self.table.is_seeded:
                    steps.update("seed", "loading sample_data/")
                    self.table.load()
            self.protections.restore_abandoned()
            say("✓ ready: the local cloud is up, FlightPulseStack is deployed, the sample data are loaded.")
        else:
            if not self.table.is_seeded:
                raise self.table.not_seeded()
            say(f"✓ ready: FlightPulseStack and its data are in {self.session.where}.")
            for name in self.protections.abandoned():
                say(f"✗ {name} is still off. Switch it on again: wb.protections.restore(agree=True)")
        say(self.session.model)
        if here:
            notebook.show(self.stack.architecture(*here))

    def up(self, *, llm_url: str | None = None, llm_model: str | None = None) -> "RunningCloud":
        """Start the local cloud and its Kafka broker, or find those that run. Raises UserError for ``aws``.

        ``llm_url`` is an OpenAI-compatible server that writes the messages, ``llm_model`` the model to ask it for.
        """
        with self._target.steps() as steps:
            cloud = self._target.start(steps, llm_url=llm_url, llm_model=llm_model)
            steps.finish("up", "the local cloud and its Kafka broker answer")
        return cloud

    def down(self) -> None:
        """Stop the local cloud; it forgets everything. May run twice. Raises UserError for ``aws``."""
        if self._target.stop():
            say("✓ down: the local cloud is stopped.")
        else:
            say("✓ down: no local cloud is running.")

    def fire(
        self,
        what: Any,
        *,
        reset: bool | None = None,
        correlation_id: str | None = None,
        timeout: float | None = None,
    ) -> "Run":
        """Send a scenario, one event or several through Kafka, and wait until it is known what became of them.

        ``what`` is a scenario's number or name, an event (as ``wb.events`` makes them) or a list of events. ``reset``
        first puts the flights back to where they began: scenarios do unless told otherwise, events do not. ``timeout``
        is in seconds. Raises UserError when the target is not ready or the event is none.
        """
        return self._runs.fire(what, reset=reset, correlation_id=correlation_id, timeout=timeout)

    def run(self, what: Any = 1) -> "Run":
        """The last run of a scenario on this cloud; without one it is fired. With an event id, the run that sent it.

        What the table holds may have changed since; messages, executions and checks are those of the run. Raises
        UserError when no run has sent that event.
        """
        return self._runs.find_or_fire(what)

    def last_run(self, what: str | None = None) -> "Run":
        """The last run on this cloud, or the last of a scenario, or the one that sent an event. It fires nothing.

        Raises UserError when there is none.
        """
        return self._runs.last(what)

    def inbox(
        self, *, passenger: str | None = None, flight: str | None = None, since: datetime | None = None
    ) -> "Inbox":
        """The messages of the last day (or since a moment): of all, to one passenger, about one flight."""
        from flightpulse.workbench.messages import inbox, inbox_cards

        found = inbox.read(self._target.deployed, since=since or datetime.now(UTC) - _LOOK_BACK)
        fitting = (
            message
            for message in found
            if passenger in (None, message.passenger_id) and flight in (None, message.flight_id)
        )
        return inbox_cards.Inbox(tuple(fitting), self.session.model)

    def api(self, path: str, *, method: str = "GET", body: str | None = None, signed: bool = True) -> "Answer":
        """A call of the REST API, signed unless told otherwise: ``.status`` and ``.body``."""
        from flightpulse.workbench.observe import api_client

        return api_client.call(self._target.deployed, path, method=method, body=body, signed=signed)
