"""The program ``cdk`` of the environment: the CDK CLI on the environment's own Node, with nothing downloaded."""

import os
import sys
from pathlib import Path

from flightpulse.errors import UserError
from flightpulse.stack import node
from flightpulse.workbench.deploy import cdk


def main() -> None:
    """Become the CDK CLI, with this program's arguments; the app runs on this Python."""
    try:
        words = [str(node.find()), str(cdk.script()), *sys.argv[1:]]
    except UserError as error:
        sys.exit(f"✗ {error}")
    programs = [str(node.find().parent), str(Path(sys.executable).parent)]
    environment = {**os.environ, "PATH": os.pathsep.join([*programs, os.environ.get("PATH") or os.defpath])}
    os.execve(words[0], words, environment)  # noqa: S606
