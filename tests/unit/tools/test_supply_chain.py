"""Licences of a bill of materials: what is accepted, what is not, and what names none."""

from typing import Any

import pytest
import yaml

from flightpulse.paths import ROOT
from tools.supply_chain import licences_of, refused


def component(*licences: dict[str, Any], name: str = "package") -> dict[str, Any]:
    return {"name": name, "version": "1.0", "licenses": list(licences)}


def named(name: str) -> dict[str, Any]:
    return {"license": {"name": name}}


@pytest.mark.parametrize(
    ("licences", "expected"),
    [
        ([{"license": {"id": "MIT"}}], {"MIT"}),
        ([{"expression": "Apache-2.0 AND (BSD-3-Clause OR MIT)"}], {"Apache-2.0", "BSD-3-Clause", "MIT"}),
        (
            [named("License :: OSI Approved :: BSD License"), {"license": {"id": "BSD-3-Clause"}}],
            {"BSD", "BSD-3-Clause"},
        ),
        ([named("License :: OSI Approved"), {"license": {"id": "Apache-2.0"}}], {"Apache-2.0"}),
        ([], set()),
    ],
)
def test_licences_are_read_from_ids_expressions_and_classifiers(licences: list[Any], expected: set[str]) -> None:
    assert licences_of(component(*licences)) == expected


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (component({"license": {"id": "GPL-3.0-only"}}), ["package 1.0: GPL-3.0-only"]),
        (component({"expression": "MIT AND AGPL-3.0-only"}), ["package 1.0: AGPL-3.0-only"]),
        (component(), ["package 1.0: no licence"]),
        (component(name="overrides"), []),
        (component({"license": {"id": "MIT"}}), []),
    ],
)
def test_what_is_not_accepted_or_not_named_is_refused(found: dict[str, Any], said: list[str]) -> None:
    assert refused([found]) == said


def test_ci_runs_on_every_supported_python_and_looks_at_what_it_is_made_of() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    steps = [step.get("run") for step in jobs["supply-chain"]["steps"]]

    assert jobs["test"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    assert {"make licences", "make audit"} <= set(steps)
