"""What could not be handled: dead letters and failed executions, looked at and sent back."""

from collections.abc import Iterator, Sequence

from flightpulse.errors import UserError
from flightpulse.stack import names
from flightpulse.workbench.executions import executions
from flightpulse.workbench.faults import dead_letters, redrive
from flightpulse.workbench.faults.dead_letters import WaitingLetter
from flightpulse.workbench.faults.redrive import EXECUTIONS, FailedExecution, Redriver, Result
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.connection import Connection

KINDS = (*names.DEAD_LETTER_OUTPUTS, EXECUTIONS)
_SETTLE_SECONDS = {"local": 60.0, "aws": 300.0}


class DeadLetterQueues:
    """``wb.dead_letters``."""

    def __init__(self, target: Connection) -> None:
        self._target = target

    def counts(self) -> dict[str, int]:
        """About how many letters wait, by queue."""
        return dead_letters.count(self._target.deployed)

    def waiting(self, kinds: Sequence[str] = KINDS) -> list[WaitingLetter]:
        """The letters of some queues, or of all."""
        queues = _queues(kinds)
        return dead_letters.look(self._target.deployed, queues) if queues else []

    def failed_executions(self) -> list[FailedExecution]:
        """Failed executions whose events nobody has handled since, oldest first."""
        return Redriver(self._target.deployed).failed_executions()

    def table(self, *flight_ids: str, kinds: Sequence[str] = KINDS) -> Table:
        """What waits to be sent back, about these flights or about all: its queue, what it is, why, and since when.

        Executions that failed without a letter are among it.
        """
        rows = [
            (letter.kind, letter.what, letter.why, letter.since)
            for letter in self.waiting(kinds)
            if not flight_ids or letter.flight_id in flight_ids
        ]
        rows += [
            (EXECUTIONS, failed.what, failed.why, failed.summary.started_at)
            for failed in (self.failed_executions() if EXECUTIONS in kinds else ())
            if not flight_ids or failed.event.flight_id in flight_ids
        ]
        return Table.of(("queue", "what", "why", "since"), rows)

    def send_back(self, kinds: Sequence[str] = KINDS) -> Iterator[Result]:
        """Send back letters of some queues, and redrive failed executions if those are asked for, one by one."""
        redriver, queues = Redriver(self._target.deployed), _queues(kinds)
        # Executions first: those whose letter still waits are left to it, and a letter sent back no longer waits.
        if redrive.EXECUTIONS in kinds:
            yield from redriver.redrive_executions()
        if queues:
            yield from redriver.send_back(queues)

    def purge(self, *flight_ids: str, agree: bool = False) -> int:
        """Delete the letters about these flights for good, and say how many there were; without a flight: all.

        In an AWS account only with ``agree=True``.
        """
        self._target.agreed(
            agree,
            "This deletes dead letters for good.",
            "If you mean it: wb.dead_letters.purge(…, agree=True)",
        )
        session = self._target.deployed
        return sum(
            len(dead_letters.remove(session, kind, lambda letter: not flight_ids or letter.flight_id in flight_ids))
            for kind in dead_letters.queues(session)
        )

    def redrive(self, *kinds: str, agree: bool = False) -> Table:
        """Send dead letters of some queues back, and wait until what that starts has ended.

        Without a queue: those of all, and executions that failed without a letter, which go first.

        In an AWS account only with ``agree=True``. Raises UserError for a queue that there is not, and when executions
        still run after a while.
        """
        unknown = [kind for kind in kinds if kind not in KINDS]
        if unknown:
            raise UserError(f"There is no dead-letter queue {unknown[0]!r}.", hint=f"There are: {', '.join(KINDS)}.")
        self._target.agreed(
            agree, "This sends messages to passengers.", "If you mean it: wb.dead_letters.redrive(agree=True)"
        )
        results = list(self.send_back(kinds or KINDS))
        executions.settle(self._target.deployed, seconds=_SETTLE_SECONDS[self._target.target])
        rows = [
            ("✗" if result.problem else "✓", result.kind, result.what, result.problem or result.done)
            for result in results
        ]
        return Table.of(("", "queue", "what", "what came of it"), rows)


def _queues(kinds: Sequence[str]) -> list[str]:
    return [kind for kind in kinds if kind in names.DEAD_LETTER_OUTPUTS]
