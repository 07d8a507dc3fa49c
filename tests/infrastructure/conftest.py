"""Synthesised stacks, one per kind of deployment, each made once for the whole run."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from flightpulse.stack import node

node.prepare()

from aws_cdk.assertions import Template  # noqa: E402 - the CDK starts Node.js when it is imported

from tests.infrastructure.synthesis import Stack  # noqa: E402
from tools import variants  # noqa: E402

Synthesise = Callable[[str], Stack]


@pytest.fixture(scope="session")
def synthesise() -> Iterator[Synthesise]:
    """Give the stack of a kind of deployment, by its name in ``tools/variants.py``."""
    with TemporaryDirectory(prefix="flightpulse-synth-") as folder:

        @cache
        def make(name: str) -> Stack:
            return _synthesise(name, Path(folder) / name)

        yield make


@pytest.fixture(scope="session")
def default(synthesise: Synthesise) -> Stack:
    """The stack as it is without any context."""
    return synthesise("default")


def _synthesise(name: str, folder: Path) -> Stack:
    path = variants.write(name, folder)
    document = json.loads(path.read_text())
    return Stack(path, document, Template.from_json(document))
