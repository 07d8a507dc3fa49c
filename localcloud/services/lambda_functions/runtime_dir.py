"""The folder of Python packages that Lambda provides to every function, made from what is installed here.

AWS's Python runtimes bring boto3 and the runtime interface client, each with what it requires, and nothing else. The
folder holds links to exactly those packages of the surrounding environment: no network, no copy, a few milliseconds.
"""

import hashlib
import os
import re
import shlex
import shutil
import sys
from importlib import metadata
from pathlib import Path

from awskit.errors import UserError
from localcloud.process.home import RUNTIME_FOLDER

PROVIDED = ("awslambdaric", "boto3")
BOOTSTRAP = "bootstrap"
_BOOTSTRAP_PROGRAM = "bootstrap.py"
_COMPILED_CLIENT = "runtime_client"
_HERE = Path(__file__).resolve().parent
_SUBSTITUTE_CLIENT = _HERE / "runtime_client.py"
_BOOTSTRAP_SOURCE = _HERE / "bootstrap.py"
_REQUIREMENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def prepare(home: Path, *, compiled_client: bool = True) -> Path:
    """The runtime folder of this home, made if it is not there yet.

    Its name depends on everything in it, so that an upgraded package gets a folder of its own. Without
    ``compiled_client`` (or where its wheel has none, as on macOS) the plain Python client takes its place.
    """
    packages = closure(PROVIDED)
    target = home / RUNTIME_FOLDER / _key(packages, compiled_client=compiled_client)
    if not target.is_dir():
        unfinished = target.with_name(f"{target.name}.{os.getpid()}.tmp")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        _fill(unfinished, packages, compiled_client=compiled_client)
        _write_bootstrap(unfinished / BOOTSTRAP, target / _BOOTSTRAP_PROGRAM)
        _remove_others(target)
        unfinished.rename(target)
    return target


def closure(names: tuple[str, ...]) -> dict[str, metadata.Distribution]:
    """The named distributions and everything they require, by normalised name."""
    found: dict[str, metadata.Distribution] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if _normalised(name) not in found:
            found[_normalised(name)] = distribution = _installed(name)
            waiting.extend(_required(distribution))
    return dict(sorted(found.items()))


def top_level_entries(distribution: metadata.Distribution) -> list[str]:
    """Names of the files and folders that a distribution put into the packages folder, such as ``six.py``."""
    first_parts = {file.parts[0] for file in distribution.files or ()}
    return sorted(first_parts - {"..", "__pycache__"})


def _installed(name: str) -> metadata.Distribution:
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError as error:
        raise UserError(
            f"The package {name}, which Lambda provides to functions, is not installed.", hint="Run `make setup`."
        ) from error


def _required(distribution: metadata.Distribution) -> list[str]:
    names = []
    for requirement in distribution.requires or ():
        specifier, _, marker = requirement.partition(";")
        match = _REQUIREMENT_NAME.match(specifier)
        if match and "extra" not in marker:
            names.append(match.group())
    return names


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _key(packages: dict[str, metadata.Distribution], *, compiled_client: bool) -> str:
    digest = hashlib.sha256(f"{sys.executable} {sys.version} {compiled_client}".encode())
    for name, distribution in packages.items():
        digest.update(f"{name}=={distribution.version} {distribution.locate_file('')}".encode())
    for source in (_SUBSTITUTE_CLIENT, _BOOTSTRAP_SOURCE):
        digest.update(source.read_bytes())
    return f"python{sys.version_info.major}.{sys.version_info.minor}-{digest.hexdigest()[:12]}"


def _fill(folder: Path, packages: dict[str, metadata.Distribution], *, compiled_client: bool) -> None:
    for distribution in packages.values():
        for entry in top_level_entries(distribution):
            if compiled_client or not _is_client(entry):
                (folder / entry).symlink_to(str(distribution.locate_file(entry)))
    if not any(_is_client(entry.name) for entry in folder.iterdir()):
        shutil.copyfile(_SUBSTITUTE_CLIENT, folder / f"{_COMPILED_CLIENT}.py")
    shutil.copyfile(_BOOTSTRAP_SOURCE, folder / _BOOTSTRAP_PROGRAM)


def _write_bootstrap(script: Path, program: Path) -> None:
    # A shell script rather than an interpreter line, which takes neither spaces nor long paths.
    command = shlex.join([sys.executable, "-I", "-S", str(program)])
    script.write_text(f"#!/bin/sh\nexec {command}\n", encoding="utf-8")
    script.chmod(0o755)


def _is_client(name: str) -> bool:
    return name.split(".")[0] == _COMPILED_CLIENT


def _remove_others(target: Path) -> None:
    for folder in target.parent.iterdir():
        if folder.name != target.name and not folder.name.endswith(".tmp"):
            shutil.rmtree(folder, ignore_errors=True)
