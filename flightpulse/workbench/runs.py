"""Fires, and finds what was fired before."""

from collections.abc import Mapping
from typing import Any

from flightpulse.errors import UserError
from flightpulse.workbench.fire import firing, run_store, scenarios
from flightpulse.workbench.fire.expectations import EXPECTED, Expectation
from flightpulse.workbench.fire.scenarios import ScenarioRun
from flightpulse.workbench.observe.facts import Facts, SentEvent
from flightpulse.workbench.observe.observer import Observer
from flightpulse.workbench.run import Run
from flightpulse.workbench.target.connection import Connection
from flightpulse.workbench.target.session import Session
from simulator.scenarios import Scenario, find


class Runs:
    """The runs of one target; the calls of the workbench say what each does."""

    def __init__(self, target: Connection) -> None:
        self._target = target

    def fire(
        self,
        what: Any,
        *,
        reset: bool | None,
        correlation_id: str | None,
        timeout: float | None,
    ) -> Run:
        """See ``Workbench.fire``."""
        session = self._target.deployed
        scenario, expectations = self._scenario(what)
        is_scenario = not isinstance(what, Mapping | list | tuple)
        label = scenario.name if scenario.number else scenario.title
        with self._target.steps() as steps:
            steps.update(label, scenario.title)
            fired, facts = scenarios.run(
                session,
                scenario,
                expectations,
                reset=is_scenario if reset is None else reset,
                seconds=timeout,
                correlation_id=correlation_id,
                on_look=lambda seen, all_of_them: steps.update(label, scenario.title, seen, all_of_them),
            )
            run_store.save(session.home, self._target.cloud_id, fired)
            run = Run(session, fired, facts)
            steps.finish(label, run.sentence().removeprefix(f"{label}: "), ok=run.ok)
        return run

    def find_or_fire(self, what: Any) -> Run:
        """See ``Workbench.run``."""
        session, cloud = self._target.deployed, self._target.cloud_id
        if isinstance(what, str) and what.startswith("evt-"):
            kept = run_store.of_event(self._target.home, what, cloud)
            if kept is None:
                raise UserError(f"No run has sent the event {what}.", hint="Fire one with: wb.fire(1)")
            return Run(session, kept, _observed(session, kept))
        kept = run_store.load(self._target.home, self._scenario(what)[0].name, cloud)
        if kept is None:
            return self.fire(what, reset=None, correlation_id=None, timeout=None)
        return Run(session, kept, _observed(session, kept))

    def last(self, what: str | None) -> Run:
        """See ``Workbench.last_run``."""
        session, home, cloud = self._target.deployed, self._target.home, self._target.cloud_id
        if what is None:
            kept = run_store.newest(home, cloud)
        else:
            kept = run_store.of_event(home, what, cloud) or run_store.load(home, what, cloud)
            if kept is None and not what.startswith("evt-"):
                kept = run_store.load(home, self._scenario(what)[0].name, cloud)
        if kept is None:
            verb = "scenario 1" if what is None or what.startswith("evt-") else f"scenario {what}"
            which = "There is no run yet" if what is None else f"There is no run of {what} yet"
            raise UserError(f"{which} on {session.where}.", hint=f"Send one with: {session.command(verb)}")
        return Run(session, kept, _observed(session, kept))

    def _scenario(self, what: Any) -> tuple[Scenario, tuple[Expectation, ...]]:
        if isinstance(what, int | str):
            scenario = find(str(what))
            return scenario, EXPECTED[scenario.name]
        chosen = [what] if isinstance(what, Mapping) else list(what)
        if not chosen:
            raise UserError(
                "There is no event to fire.", hint='Make one with: wb.events.delay("SW1234", 25, "WEATHER")'
            )
        return firing.as_scenario(self._target.session, chosen)


def _observed(session: Session, kept: ScenarioRun) -> Facts:
    sent = [SentEvent.of(event, kept.began_at) for event in kept.events]
    return Observer(session, kept.flights, kept.began_at).look(sent)
