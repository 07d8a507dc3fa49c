"""Set up the virtual environment and run one of the project's tasks; needs nothing but Python 3.11, 3.12 or 3.13.

    python tools/run.py demo     deploy to the local cloud and run the five scenarios
    python tools/run.py lab      open JupyterLab on the notebooks
    python tools/run.py site     write the notebooks as web pages
    python tools/run.py test     every check and test, the notebooks included
    python tools/run.py checkov  checkov on every kind of deployment
    python tools/run.py prove    every case of the claim protocol with two faults, and the tests' long proofs
    python tools/run.py bench    measure against one model call per booking, and a whole day; writes docs/performance.md
    python tools/run.py sbom     bills of materials of the Lambda package and of the environment, in build/sbom
    python tools/run.py licences every package by licence; fails for one that is not accepted
    python tools/run.py audit    look every locked package up in PyPI's database of vulnerabilities
    python tools/run.py setup    only the environment
    python tools/run.py lock     resolve the lock files again

Arguments after the task go to ``flightpulse demo``, ``flightpulse lab``, ``python -m tools.notebooks site``, pytest or
``flightpulse prove protocol``.
With arguments for pytest, ``test`` runs the checks and those tests, and no notebook. With arguments, ``prove`` explores
the protocol and runs no test.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
REQUIREMENTS = ROOT / "requirements"
SUPPORTED = ((3, 11), (3, 12), (3, 13))
LOCKS = {
    "runtime": [],
    "dev": ["--all-extras"],
    "notebooks": ["--extra", "notebooks", "-c", "requirements/dev.txt"],
}
CHECKOV = "checkov==3.3.30"
LAMBDA_PACKAGES = "aws-lambda-powertools fastjsonschema tzdata"
NOTEBOOKS = ["-m", "tools.notebooks"]
PROTOCOL = ["-m", "flightpulse.cli", "prove", "protocol"]
PROGRAMS = {
    "demo": ("runtime", ["flightpulse", "demo"]),
    "site": ("notebooks", [*NOTEBOOKS, "site"]),
    "bench": ("runtime", ["-m", "tools.bench"]),
    "sbom": ("dev", ["-m", "tools.supply_chain", "sbom"]),
    "licences": ("dev", ["-m", "tools.supply_chain", "licences"]),
    "audit": ("dev", ["-m", "tools.supply_chain", "audit"]),
}
"""Tasks that are one program: the lock file of its environment, and the program."""
CHECKS = (
    ("ruff", ["ruff", "check", "."]),
    ("ruff format", ["ruff", "format", "--check", "."]),
    ("import-linter", ["lint-imports"]),
)
# Tests of a running cloud wait more than half of their time: two of them keep a processor busy.
WORKERS = str(min(6, 2 * max(2, os.cpu_count() or 2)))
TESTS = ["-m", "pytest", "-n", WORKERS, "--dist", "loadfile"]
BESIDE_THE_TESTS = (
    ("notebooks: freshness", [*NOTEBOOKS, "check"]),
    ("notebooks: house rules", [*NOTEBOOKS, "style"]),
    ("notebooks: nbval", [*NOTEBOOKS, "test"]),
    ("mypy", ["-m", "mypy"]),
)
"""Steps that run one after another beside the tests: those that wait first, so that no processor is left idle."""
PROOFS = [*TESTS, "-m", "prove or hypothesis"]


def stop(message: str) -> "SystemExit":
    return SystemExit(f"flightpulse: {message}")


def find_python() -> str:
    """An interpreter of a supported version: this one, or one on PATH."""
    found = pythons()
    if found:
        return found[0]
    running = f"{sys.version_info[0]}.{sys.version_info[1]}"
    raise stop(f"Python {running} is not supported. Install Python 3.11, 3.12 or 3.13 and run this again with it.")


def pythons() -> "list[str]":
    """This interpreter if its version is supported, then those on PATH that answer with such a version, newest first.

    A shim of pyenv stays on PATH when its Python is gone, and says so only when it is run.
    """
    found = [sys.executable] if sys.version_info[:2] in SUPPORTED else []
    for wanted in reversed(SUPPORTED):
        for folder in os.get_exec_path():
            program = os.path.join(folder, "python%d.%d" % wanted)  # noqa: PTH118, UP031
            if os.access(program, os.X_OK) and program not in found and answers(program) == wanted:
                found.append(program)
    return found


def answers(program: str) -> "tuple[int, ...] | None":
    """The version that an interpreter says it has; None when it does not run."""
    question = [program, "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        asked = subprocess.Popen(question, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True)
    except OSError:
        return None
    said = asked.communicate()[0]
    return tuple(map(int, said.split())) if asked.returncode == 0 else None


def run_on_a_supported_python() -> None:
    """Begin again on an interpreter that can run the rest, when this one is too old or too new."""
    if sys.version_info[:2] not in SUPPORTED:
        python = find_python()
        os.execv(python, [python, *sys.argv])  # noqa: S606


def in_venv(program: str) -> str:
    return str(VENV / "bin" / program)


def venv_version() -> "tuple[int, int] | None":
    """The Python version of the environment, or None when it is missing or broken."""
    python = VENV / "bin" / "python"
    if not python.exists():
        return None
    asked = subprocess.run(
        [str(python), "-c", "import sys, pip; print(*sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode != 0:
        return None
    major, minor = asked.stdout.split()
    return int(major), int(minor)


def make_venv() -> None:
    if venv_version() in SUPPORTED:
        return
    if VENV.exists():
        shutil.rmtree(VENV)
    said = ""
    for python in pythons():
        made = subprocess.run([python, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False)
        if made.returncode == 0:
            return
        shutil.rmtree(VENV, ignore_errors=True)
        said = said or " ".join((made.stdout + made.stderr).split())[-300:]
    raise stop(
        "Python could not make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv. "
        f"It said: {said}"
    )


def install(lock: Path) -> None:
    """Install a lock file with hashes, showing each package as it is fetched."""
    total = sum(1 for line in lock.read_text().splitlines() if line[:1].isalnum())
    command = [in_venv("python"), "-m", "pip", "install", "--require-hashes", "--no-deps", "-r", str(lock)]
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    said = []
    seen = 0
    live = sys.stdout.isatty()
    started = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            said.append(line)
            if line.startswith(("Collecting ", "Requirement already satisfied")):
                seen += 1
                if live:
                    name = line.split()[1 if line.startswith("Collecting") else 3].split("=")[0]
                    print(f"\r  {seen} of at most {total} packages: {name:<40.40}", end="", flush=True)
            elif line.startswith("Installing collected") and live:
                print(f"\r  unpacking {seen} packages {'':<40}", end="", flush=True)
    if live:
        print("\r" + " " * 78, end="\r")
    if pip.returncode != 0:
        print("".join(said[-25:]), file=sys.stderr)
        raise stop(f"pip could not install {lock.name}; its last lines are above. Is there a way to a package index?")
    print(f"  {seen} packages installed in {time.monotonic() - started:.0f} s")


def ensure(lock_name: str) -> None:
    """Make the environment match a lock file; does nothing when it already does."""
    lock = REQUIREMENTS / f"{lock_name}.txt"
    make_venv()
    wanted = hashlib.sha256(lock.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    stamp = VENV / f".flightpulse-{lock_name}"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"Setting up .venv from requirements/{lock.name} (once; a few minutes on a slow line)")
    install(lock)
    editable = [in_venv("python"), "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "-e", str(ROOT)]
    made = subprocess.run(editable, check=False, env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"})
    if made.returncode != 0:
        raise stop("pip could not install FlightPulse itself into .venv; its words are above.")
    stamp.write_text(wanted)


def run_program(task: str, arguments: "list[str]") -> int:
    lock, command = PROGRAMS[task]
    ensure(lock)
    return subprocess.call(in_environment([*command, *arguments]), cwd=ROOT)


def run_lab(arguments: "list[str]") -> int:
    ensure("notebooks")
    os.chdir(ROOT)
    # Becomes JupyterLab, which asks before it stops: a parent that waits would take the ctrl-c for itself.
    os.execv(in_venv("flightpulse"), [in_venv("flightpulse"), "lab", *arguments])  # noqa: S606


def run_checkov(arguments: "list[str]") -> int:
    """checkov on every kind of deployment, in an environment of its own: it pins much of what we use."""
    ensure("dev")
    templates = ROOT / "build" / "variants"
    written = subprocess.run([in_venv("python"), "-m", "tools.variants", str(templates)], cwd=ROOT, check=False)
    if written.returncode != 0:
        return written.returncode
    checkov = [in_venv("uv"), "tool", "run", "--from", CHECKOV, "checkov", "--config-file", "infra/checkov.yaml"]
    return subprocess.run([*checkov, "--directory", str(templates), *arguments], cwd=ROOT, check=False).returncode


def run_tests(arguments: "list[str]") -> int:
    """The linters, pytest, and beside it the types and the notebooks: all of it even after a failure."""
    ensure("dev")
    steps = [*CHECKS, *(BESIDE_THE_TESTS[-1:] if arguments else ())]
    failed = [name for name, command in steps if not run_step(name, command)]
    if arguments:
        failed += [] if run_step("pytest", ["-m", "pytest", *arguments]) else ["pytest"]
    else:
        failed += run_beside_each_other()
    return report(failed)


def run_beside_each_other() -> "list[str]":
    """pytest for everybody to see, the other steps behind it, one after another; the names of those that failed."""
    beside = ThreadPoolExecutor(max_workers=1)
    try:
        running = [(name, beside.submit(run_quietly, command)) for name, command in BESIDE_THE_TESTS]
        failed = [] if run_step("pytest", TESTS) else ["pytest"]
        for name, step in running:
            passed, seconds, said = step.result()
            print(f"== {name} (beside pytest)\n{said.rstrip()}\n   {name}: {seconds:.0f} s", flush=True)
            failed += [] if passed else [name]
        return failed
    finally:
        beside.shutdown(cancel_futures=True)


def prove(arguments: "list[str]") -> int:
    """Every case of the claim protocol, then the long proofs and the property tests with many examples."""
    ensure("dev")
    failed = [] if run_step("protocol", [*PROTOCOL, *arguments]) else ["protocol"]
    if not arguments:
        failed += [] if run_step("proofs", PROOFS, FLIGHTPULSE_PROVE="1") else ["proofs"]
    return report(failed)


def run_step(name: str, command: "list[str]", **variables: str) -> bool:
    """Run a program of the environment, or Python with options, where everybody sees it; whether it went well."""
    print(f"== {name}", flush=True)
    started = time.monotonic()
    ran = subprocess.run(in_environment(command), cwd=ROOT, check=False, env={**os.environ, **variables})
    print(f"   {name}: {time.monotonic() - started:.0f} s", flush=True)
    return ran.returncode == 0


def run_quietly(command: "list[str]") -> "tuple[bool, float, str]":
    """Run it without showing anything: whether it went well, its seconds, and what it said."""
    started = time.monotonic()
    ran = subprocess.run(
        in_environment(command), cwd=ROOT, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return ran.returncode == 0, time.monotonic() - started, ran.stdout


def in_environment(command: "list[str]") -> "list[str]":
    return [in_venv("python"), *command] if command[0] == "-m" else [in_venv(command[0]), *command[1:]]


def report(failed: "list[str]") -> int:
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def set_up(arguments: "list[str]") -> int:
    ensure((arguments or ["dev"])[0])
    return 0


def resolve_locks(_arguments: "list[str]") -> int:
    """Write the lock files anew from pyproject.toml, for every supported Python and platform, with hashes."""
    ensure("dev")
    compile_ = [in_venv("uv"), "pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes"]
    quiet = ["--no-header", "--no-annotate", "--no-emit-index-url", "--quiet"]
    for name, options in LOCKS.items():
        target = str(REQUIREMENTS / f"{name}.txt")
        subprocess.run([*compile_, *quiet, *options, "pyproject.toml", "-o", target], cwd=ROOT, check=True)
    subprocess.run(
        [*compile_, *quiet, "-c", "requirements/runtime.txt", "-", "-o", "requirements/lambda.txt"],
        cwd=ROOT,
        check=True,
        input=LAMBDA_PACKAGES.replace(" ", "\n"),
        text=True,
    )
    return 0


TASKS = {
    "lab": run_lab,
    "test": run_tests,
    "checkov": run_checkov,
    "prove": prove,
    "setup": set_up,
    "lock": resolve_locks,
}


def main() -> int:
    task, arguments = (sys.argv[1:2] or [""])[0], sys.argv[2:]
    if task in PROGRAMS:
        return run_program(task, arguments)
    if task in TASKS:
        return TASKS[task](arguments)
    print(__doc__)
    return 2


if __name__ == "__main__":
    run_on_a_supported_python()
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        sys.exit(130)
