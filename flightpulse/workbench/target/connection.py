"""One target as the workbench holds it: found when it is needed, found again after a restart, started and stopped."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from flightpulse import paths
from flightpulse.errors import UserError
from flightpulse.workbench.show.progress import Steps
from flightpulse.workbench.target.session import Session, Target
from localcloud import process
from localcloud.process import processes, state
from localcloud.process.state import RunningCloud

if TYPE_CHECKING:
    from flightpulse.adapters.table import ReservationTable


class Connection:
    """What every part of a workbench shares: the target, its session and how progress is shown.

    ``region`` is an account's, instead of the configured one. ``steps`` makes what shows progress. ``in_python`` says
    whether hints name calls of ``wb`` beside shell commands.
    """

    def __init__(
        self,
        target: Target,
        *,
        home: Path,
        port: int | None = None,
        kafka: str | None = None,
        region: str | None = None,
        steps: Callable[[], Steps] = Steps,
        in_python: bool = True,
    ) -> None:
        self.target: Target = target
        self.home = home
        self.steps = steps
        self._port = port
        self._kafka = kafka
        self._region = region
        self._in_python = in_python
        self._session: Session | None = None
        self._cloud = ""

    @property
    def session(self) -> Session:
        """The session of the target, whether or not it has a stack. Raises UserError when it cannot be reached."""
        running = self._running()
        if self._session is None or running != self._cloud:
            try:
                self._session = Session.connect(self.target, kafka=self._kafka, home=self.home, region=self._region)
            except UserError as error:
                if self._in_python and self.target == "local" and not running:
                    raise UserError(error.message, hint="Start it with: wb.ready() (or: flightpulse up)") from error
                raise
            self._cloud = running
        return self._session

    @property
    def deployed(self) -> Session:
        """The session of a target that has a stack. Raises UserError for one that has none."""
        session = self.session
        try:
            session.require_stack()
        except UserError as error:
            if self._in_python and self.target == "local":
                raise UserError(error.message, hint="Run: wb.ready() (or: flightpulse deploy)") from error
            raise
        return session

    @property
    def table(self) -> "ReservationTable":
        """The deployed stack's table."""
        # It brings boto3, which takes half a second, and every verb imports this module.
        from flightpulse.adapters.table import ReservationTable

        session = self.deployed
        return ReservationTable(session.dynamodb, session.table_name)

    @property
    def cloud_id(self) -> str:
        """What tells this local cloud, or this region, from others: runs are kept under it."""
        return self._running() if self.target == "local" else f"aws {self.session.region}"

    @property
    def is_running(self) -> bool:
        """Whether there is a target to talk to: always for an account, and for a local cloud that is up."""
        return bool(self._running())

    def start(self, steps: Steps, *, llm_url: str | None = None, llm_model: str | None = None) -> RunningCloud:
        """Start the local cloud, or find the one that runs. Raises UserError for ``aws``."""
        self.only_local("AWS needs no starting.", "connect() to the local cloud, which can be started.")
        report = partial(steps.update, "up")
        return process.up(
            self.home,
            program=paths.LOCAL_CLOUD,
            port=self._port,
            kafka=self._kafka,
            llm_url=llm_url,
            llm_model=llm_model,
            progress=report,
        )

    def stop(self) -> bool:
        """Stop the local cloud and clear what a killed one left; False when there was none. Not for ``aws``."""
        self.only_local("AWS cannot be stopped from here.", "wb.stack.destroy(agree=True) deletes the stack.")
        self._session = None
        return process.down(self.home)

    def only_local(self, why: str, hint: str = 'Use connect("local").') -> None:
        """Raise UserError on AWS."""
        if self.target == "aws":
            raise UserError(why, hint=hint)

    def agreed(self, agree: bool, what: str, hint: str) -> None:
        """Raise UserError when ``what`` would change an AWS account and nobody has agreed to it."""
        if self.target == "aws" and not agree:
            raise UserError(what, hint=hint)

    def _running(self) -> str:
        if self.target == "aws":
            return "aws"
        cloud = state.load(self.home)
        return cloud.start_token if cloud and processes.is_running(cloud.pid, cloud.start_token) else ""
