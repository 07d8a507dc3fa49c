"""Builds the Lambda package: our shipped code and the locked distributions it needs, as the same bytes every time.

Nothing is downloaded. Distributions are taken from the running environment, file by file as their RECORD lists them,
and only when their version is the locked one and their files are as they were installed.
"""

import base64
import csv
import hashlib
import re
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path, PurePosixPath

from flightpulse.errors import UserError
from flightpulse.paths import PACKAGE, ROOT

LOCK = ROOT / "requirements" / "lambda.txt"
SHIPPED = ("domain", "messages", "use_cases", "adapters", "functions", "schemas")
SIZE_LIMIT = 6_000_000

_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)")
_SOURCES = (".py", ".json", ".toml", ".csv", ".txt", ".typed")
_COMPILED = (".so", ".pyd", ".dylib", ".dll", ".a", ".o")
_LICENSES = ("LICENSE", "LICENCE", "NOTICE", "COPYING")
# The web page of Powertools' OpenAPI support: 1.7 MB that only a browser would load, from a route we do not have.
_LEFT_OUT = re.compile(r"aws_lambda_powertools/event_handler/openapi/swagger_ui/.*\.(js|css)")
# Zip cannot say "no time"; this is its earliest.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def build(target: Path, *, code: Path = PACKAGE) -> None:
    """Write the package to ``target``, a zip file.

    Raises :class:`UserError` when a distribution is missing, has another version than the lock, was changed after its
    installation, or is not pure Python, and when the package grows over :data:`SIZE_LIMIT` bytes unpacked.
    """
    content = collect(code=code)
    size = sum(map(len, content.values()))
    if size > SIZE_LIMIT:
        raise UserError(
            f"The Lambda package is {size:,} bytes unpacked, over its limit of {SIZE_LIMIT:,}.",
            hint="Take a distribution out of requirements/lambda.txt, or leave parts of one out in stack/package.py.",
        )
    write_zip(target, content)


def collect(*, lock: Path = LOCK, code: Path = PACKAGE) -> dict[str, bytes]:
    """Everything that goes into the package, by its path in the zip."""
    content = dict(_our_files(code))
    for name, version in locked_versions(lock).items():
        content.update(_distribution_files(name, version))
    compiled = sorted(path for path in content if path.endswith(_COMPILED))
    if compiled:
        raise UserError(
            f"The Lambda package would hold compiled code: {compiled[0]}.",
            hint="It runs on arm64 in AWS and on any laptop, so it must stay pure Python.",
        )
    return content


def locked_versions(lock: Path = LOCK) -> dict[str, str]:
    """The distributions of the package and their versions, as the lock file pins them."""
    pins = [match for match in map(_PIN.match, lock.read_text(encoding="utf-8").splitlines()) if match]
    return {match["name"]: match["version"] for match in pins}


def write_zip(target: Path, content: dict[str, bytes]) -> None:
    """Write files as a zip whose bytes depend on nothing but their names and contents.

    They are stored, not deflated: zlib's output differs from one build of Python to another.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(content):
            entry = zipfile.ZipInfo(path, date_time=_EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content[path])


def _our_files(code: Path) -> Iterator[tuple[str, bytes]]:
    yield "flightpulse/__init__.py", (code / "__init__.py").read_bytes()
    for folder in SHIPPED:
        for path in (code / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix in (*_SOURCES, *_COMPILED):
                yield f"flightpulse/{path.relative_to(code).as_posix()}", path.read_bytes()


def _distribution_files(name: str, version: str) -> Iterator[tuple[str, bytes]]:
    distribution = _installed(name, version)
    record = distribution.read_text("RECORD")
    if record is None:
        raise UserError(f"{name} {version} has no RECORD of its files.", hint="Install it with pip (`make setup`).")
    for path, digest, _size in csv.reader(record.splitlines()):
        if not _belongs(PurePosixPath(path)):
            continue
        data = Path(str(distribution.locate_file(path))).read_bytes()
        if digest != _record_digest(data):
            raise UserError(
                f"{path} of {name} {version} was changed after its installation.",
                hint="Install it again (`make setup`).",
            )
        yield path, data


def _installed(name: str, version: str) -> metadata.Distribution:
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        raise UserError(
            f"{name} is not installed, and the Lambda package needs version {version}.", hint="Run `make setup`."
        ) from None
    if distribution.version != version:
        raise UserError(
            f"{name} {distribution.version} is installed, and requirements/lambda.txt pins {version}.",
            hint="Run `make setup`.",
        )
    return distribution


def _belongs(path: PurePosixPath) -> bool:
    """Whether a distribution's file goes into the package: code, data and licences, not what an installer adds."""
    if ".." in path.parts or "__pycache__" in path.parts or path.is_absolute():
        return False
    if path.parts[0].endswith(".dist-info"):
        return path.name == "METADATA" or "licenses" in path.parts or path.name.startswith(_LICENSES)
    return not _LEFT_OUT.fullmatch(str(path))


def _record_digest(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
