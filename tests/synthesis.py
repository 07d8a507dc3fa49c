"""Kinds of deployments, and what tests ask of a synthesised stack."""

import fcntl
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flightpulse.stack import names, node
from flightpulse.workbench import Workbench, connect
from tests.integration.emulator import Emulator
from tools import variants
from tools.variants import BROKER

if TYPE_CHECKING:
    from aws_cdk.assertions import Template

# The CDK starts Node.js when it is imported, so only what needs it does.
Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stack:
    """A synthesised stack: its template as a file and as data."""

    path: Path
    document: dict[str, Any]

    @property
    def template(self) -> "Template":
        """The template for assertions."""
        return _template(self.path)

    def resources(self, type_: str) -> dict[str, Resource]:
        """Every resource of a type, by logical id."""
        return {key: found for key, found in self.document["Resources"].items() if found["Type"] == type_}

    def properties(self, type_: str, **wanted: object) -> dict[str, Any]:
        """The properties of the one resource of a type whose properties have the given values."""
        found = [
            resource["Properties"]
            for resource in self.resources(type_).values()
            if all(resource["Properties"].get(key) == value for key, value in wanted.items())
        ]
        assert len(found) == 1, f"{len(found)} resources of type {type_} have {wanted}"
        properties: dict[str, Any] = found[0]
        return properties

    def logical_id(self, type_: str, **wanted: object) -> str:
        """The logical id of that resource."""
        properties = self.properties(type_, **wanted)
        return next(key for key, found in self.resources(type_).items() if found["Properties"] is properties)

    def statements(self, role_part: str) -> list[dict[str, Any]]:
        """Every policy statement of the role whose logical id contains ``role_part``, actions always as lists."""
        found = []
        for policy in self.resources("AWS::IAM::Policy").values():
            if any(role_part in role["Ref"] for role in policy["Properties"]["Roles"]):
                found += policy["Properties"]["PolicyDocument"]["Statement"]
        assert found, f"no role has {role_part} in its id"
        return [
            {**statement, "Action": as_list(statement["Action"]), "Resource": as_list(statement["Resource"])}
            for statement in found
        ]

    def actions(self, role_part: str) -> set[str]:
        """Everything that role may do."""
        allowed = [statement["Action"] for statement in self.statements(role_part) if statement["Effect"] == "Allow"]
        return {action for actions in allowed for action in actions}


def synthesised(folder: Path, name: str) -> Stack:
    """The stack of a kind of deployment, synthesised into ``folder`` by the first process that needs it there."""
    assembly = folder / name
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not assembly.exists():
            part = assembly.with_suffix(".part")
            variants.write(name, part)
            part.rename(assembly)
    path = assembly / f"{names.STACK}.template.json"
    return Stack(path, json.loads(path.read_text(encoding="utf-8")))


def make_ready(bench: Workbench, local: Stack) -> None:
    """What ``bench.ready()`` does, with the stack for the local cloud as it was synthesised before."""
    bench.up()
    assembly = shutil.copytree(local.path.parent, bench.session.home / "cdk.out")
    template = assembly / local.path.name
    template.write_text(template.read_text(encoding="utf-8").replace(BROKER, bench.session.broker), encoding="utf-8")
    bench.stack.deploy(planned=True)
    bench.ready()


@contextmanager
def cloud_with_the_stack(local: Stack) -> Iterator[Workbench]:
    """A local cloud of its own with the stack deployed and short waits between retries."""
    with Emulator(back_off_scale=0.1) as emulator:
        bench = connect("local", home=emulator.home)
        make_ready(bench, local)
        yield bench


@cache
def _template(path: Path) -> "Template":
    node.prepare()
    from aws_cdk.assertions import Template

    return Template.from_json(json.loads(path.read_text(encoding="utf-8")))


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


Synthesise = Callable[[str], Stack]
"""Gives the stack of a kind of deployment, see :data:`tools.variants.CONTEXTS`."""
