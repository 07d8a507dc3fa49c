"""Synthesised stacks, one per kind of deployment, each made once for the whole run."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from flightpulse.paths import INFRA
from flightpulse.stack import node

node.prepare()

import aws_cdk as cdk  # noqa: E402 - the CDK starts Node.js when it is imported
from aws_cdk.assertions import Template  # noqa: E402

from flightpulse.stack import names  # noqa: E402
from flightpulse.stack.flightpulse_stack import FlightPulseStack  # noqa: E402
from flightpulse.stack.settings import from_context  # noqa: E402
from tests.infrastructure.synthesis import CONTEXTS, Stack  # noqa: E402

Synthesise = Callable[[str], Stack]


@pytest.fixture(scope="session")
def synthesise() -> Iterator[Synthesise]:
    """Give the stack of a named context: ``default``, ``bare``, ``kafka``, ``provisioned`` or ``production``."""
    with TemporaryDirectory(prefix="flightpulse-synth-") as folder:

        @cache
        def make(name: str) -> Stack:
            return _synthesise(name, Path(folder) / name)

        yield make


@pytest.fixture(scope="session")
def default(synthesise: Synthesise) -> Stack:
    """The stack as it is without any context."""
    return synthesise("default")


def context_of(name: str) -> dict[str, Any]:
    """The context of cdk.json, with a kind of deployment's own values."""
    flags: dict[str, Any] = json.loads((INFRA / "cdk.json").read_text())["context"]
    return {**flags, **CONTEXTS[name]}


def _synthesise(name: str, folder: Path) -> Stack:
    context = context_of(name)
    app = cdk.App(context=context, outdir=str(folder))
    FlightPulseStack(app, names.STACK, settings=from_context(context))
    app.synth()
    path = folder / f"{names.STACK}.template.json"
    document = json.loads(path.read_text())
    return Stack(path, document, Template.from_json(document))
