"""Random ids without a system call.

For every id Python asks the kernel, and lets other threads run meanwhile. Where many want to, whoever makes an id waits
for milliseconds, often with the table's lock in hand. None of these ids is a secret.
"""

import random
import uuid
from types import SimpleNamespace

_random = random.Random()  # noqa: S311 - no secret


def install() -> None:
    """Make the process's UUIDs, and the ids of the emulator's answers, of random numbers of our own."""
    from ministack import app

    uuid.uuid4 = random_uuid
    app.os = SimpleNamespace(**{**vars(app.os), "urandom": _random.randbytes})


def random_uuid() -> uuid.UUID:
    return uuid.UUID(int=_random.getrandbits(128), version=4)


def hexadecimal(digits: int) -> str:
    """A random number of so many hexadecimal digits."""
    return f"{_random.getrandbits(4 * digits):0{digits}x}"
