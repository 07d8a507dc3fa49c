"""The protections of a target's state machines: looked at, taken out for a block, put back."""

from collections.abc import Iterator
from contextlib import contextmanager

from flightpulse.workbench.faults.protection_switch import Switch
from flightpulse.workbench.show import progress
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.connection import Connection


class Protections:
    """``wb.protections``: what keeps passengers from being told twice or told old news."""

    def __init__(self, target: Connection) -> None:
        self._target = target

    @contextmanager
    def without(self, *protection_names: str, agree: bool = False) -> Iterator[None]:
        """Run a ``with`` block while protections (see :meth:`table`) are off, for real, on the deployed stack.

        Their conditions are taken out of the state machines' definitions, and put back whatever happens in the block.
        Should this very process be killed in it, ``wb.ready()``, :meth:`table` and the next use put them back. In an
        AWS account nothing happens without ``agree=True``. Raises UserError for a name that is none.
        """
        self._target.agreed(
            agree,
            f"This changes state machines in {self._where}, and passengers may be told twice or old news.",
            "If you mean it: wb.protections.without(…, agree=True)",
        )
        with self.switch().without(protection_names):
            yield

    def table(self) -> Table:
        """Each protection with its state, and whether it is on.

        On the local cloud what a killed process left off is switched on first. The note below says which state machine
        is not as the stack deployed it.
        """
        switch = self.switch()
        if self._target.target == "local":
            switch.restore_abandoned()
        return switch.table()

    def restore(self, *, agree: bool = False) -> None:
        """Put every state machine back to what the stack's template says, whoever changed it.

        In an AWS account only with ``agree=True``.
        """
        self._target.agreed(
            agree,
            f"This changes state machines in {self._where}.",
            "If you mean it: wb.protections.restore(agree=True)",
        )
        changed = self.switch().restore_everything()
        progress.say(f"✓ restore: {'put back ' + ', '.join(changed) if changed else 'all is as the stack deployed it'}")

    def switch(self) -> Switch:
        """What changes the definitions."""
        return Switch(self._target.deployed, cloud=self._target.cloud_id, say=progress.say)

    @property
    def _where(self) -> str:
        return self._target.session.region if self._target.target == "aws" else "the local cloud"
