"""A local cloud with the stack deployed, for the proofs of one test module."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from flightpulse.errors import UserError
from flightpulse.local import process
from flightpulse.workbench import connect
from flightpulse.workbench.session import Session


def deployed(home: Path) -> Iterator[Session]:
    """Bring everything up in a home, and take it down again."""
    bench = connect("local", home=home, port=0)
    try:
        bench.ready()
        yield Session.connect("local", home=home)
    finally:
        with suppress(UserError):
            process.down(home)
