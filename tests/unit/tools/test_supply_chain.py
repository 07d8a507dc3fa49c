"""Licences of a bill of materials: what is accepted, what is not, and what names none."""

import json
from typing import Any

import pytest
import yaml

from flightpulse.paths import ROOT
from tools.supply_chain import findings, licences_of, refused


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
        (component(name="axe-playwright-python"), []),
        (component({"license": {"id": "MIT"}}), []),
    ],
)
def test_what_is_not_accepted_or_not_named_is_refused(found: dict[str, Any], said: list[str]) -> None:
    assert refused([found]) == said


CLEAN = {"name": "attrs", "version": "26.1.0", "vulns": []}
UNASKED = {"name": "boto3", "skip_reason": "Dependency not found on PyPI"}
KNOWN = {"name": "old", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
NO_ANSWER = "The database gave no answer about {}: is this PyPI itself, and not a mirror?"


@pytest.mark.parametrize(
    ("dependencies", "asked", "problems"),
    [
        ([CLEAN], 1, []),
        ([CLEAN, KNOWN], 2, ["old 1.0: PYSEC-1, mended in 1.1"]),
        ([CLEAN, UNASKED], 1, [NO_ANSWER.format("boto3")]),
        ([UNASKED], 0, [NO_ANSWER.format("any of them")]),
    ],
)
def test_the_audit_names_what_is_vulnerable_and_what_nobody_could_be_asked_about(
    dependencies: list[Any], asked: int, problems: list[str]
) -> None:
    assert findings(json.dumps({"dependencies": dependencies}), "") == (asked, problems)


def test_an_audit_that_reaches_no_database_says_why_in_a_line() -> None:
    said = "Traceback (most recent call last):\n  ...\nProxyError: Unable to connect to proxy\n"

    assert findings("", said) == (0, ["The database could not be asked: ProxyError: Unable to connect to proxy"])


def test_ci_runs_on_every_supported_python_and_looks_at_what_it_is_made_of() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    steps = [step.get("run") for step in jobs["supply-chain"]["steps"]]

    assert jobs["test"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    assert {"make licences", "make audit"} <= set(steps)
