"""The local cloud's demands on the emulator: its version, and every name the behaviours rely on."""

from collections.abc import Iterable
from importlib import metadata

from awskit.errors import UserError
from localcloud import behaviours
from localcloud.behaviour import Behaviour, Wrapped, problems
from localcloud.process.version import EMULATOR, EMULATOR_VERSION

SERVER = Behaviour(
    name="server",
    stands_for="the endpoint itself",
    documentation="https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html",
    wraps=(
        Wrapped("ministack.app", "app", ("scope", "receive", "send")),
        Wrapped("ministack.core.lambda_runtime", "_workers"),
    ),
    install=lambda _: None,
)
"""What the server itself relies on, for the same check."""


def violations(wanted: Iterable[Behaviour]) -> list[str]:
    """Everything about the installed emulator that the server and the behaviours do not expect, one sentence each."""
    return version_problems() + problems([SERVER, *wanted])


def version_problems() -> list[str]:
    """What is wrong with the installed emulator's version: nothing, or one sentence."""
    try:
        installed = metadata.version(EMULATOR)
    except metadata.PackageNotFoundError:
        return [f"{EMULATOR} is not installed"]
    if installed != EMULATOR_VERSION:
        return [f"{EMULATOR} {installed} is installed, {EMULATOR_VERSION} is expected"]
    return []


def check_version() -> None:
    """Refuse before anything of another version is imported."""
    _refuse(version_problems())


def load(names: tuple[str, ...]) -> list[Behaviour]:
    """The named behaviours, after a look at everything they rely on; refuse, naming each difference."""
    try:
        loaded = behaviours.load(names)
    except (ImportError, AttributeError) as error:
        _refuse([*version_problems(), str(error)])
    _refuse(violations(loaded))
    return loaded


def _refuse(found: list[str]) -> None:
    if found:
        raise UserError(
            f"Its emulator is not as expected: {'; '.join(found)}.",
            hint=f"Install {EMULATOR}=={EMULATOR_VERSION} (`make setup`), or adapt the behaviours that are named.",
        )
