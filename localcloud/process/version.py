"""Which local cloud this is: the version that tells a running one from the code in the checkout."""

import hashlib
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

from awskit.errors import UserError

EMULATOR = "ministack"
EMULATOR_VERSION = "1.5.33"

_SOURCES = Path(__file__).resolve().parent.parent


@cache
def current() -> str:
    """The package's version and a fingerprint of the local cloud's sources, such as ``1.0.0+3f2a91c04b1d``.

    A checkout changes without changing its version, and a cloud that was started before a change still runs the code
    of before. The fingerprint notices.
    """
    digest = hashlib.sha256(EMULATOR_VERSION.encode())
    for source in sorted(_SOURCES.rglob("*.py")):
        digest.update(source.relative_to(_SOURCES).as_posix().encode() + b"\0" + source.read_bytes())
    return f"{_package_version()}+{digest.hexdigest()[:12]}"


def check_emulator() -> None:
    """Refuse any other version of the emulator than the one whose inside the behaviours know. Raises UserError."""
    try:
        installed = f"{EMULATOR} {metadata.version(EMULATOR)}"
    except metadata.PackageNotFoundError:
        installed = "nothing"
    if installed != f"{EMULATOR} {EMULATOR_VERSION}":
        raise unexpected(f"{installed} is installed, {EMULATOR_VERSION} is expected")


def unexpected(problem: str) -> UserError:
    """The refusal of an emulator that is not the one the behaviours know."""
    return UserError(
        f"Its emulator is not as expected: {problem}.",
        hint=f"Install {EMULATOR}=={EMULATOR_VERSION} (`make setup`).",
    )


def python() -> str:
    """The interpreter's version, such as ``3.12.4``."""
    return ".".join(str(part) for part in sys.version_info[:3])


def _package_version() -> str:
    try:
        return metadata.version("flightpulse")
    except metadata.PackageNotFoundError:
        return "0"
