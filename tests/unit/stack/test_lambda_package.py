"""The Lambda package: the same bytes every time, from nothing but the locked versions."""

import shutil
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from flightpulse.errors import UserError
from flightpulse.paths import PACKAGE
from flightpulse.stack import package


@pytest.fixture(scope="module")
def content() -> dict[str, bytes]:
    return package.collect()


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A copy of the code that ships, to be changed."""
    copy = tmp_path / "code"
    for folder in package.SHIPPED:
        shutil.copytree(PACKAGE / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PACKAGE / "__init__.py", copy)
    return copy


def lock(tmp_path: Path, *pins: str) -> Path:
    path = tmp_path / "lambda.txt"
    path.write_text("".join(f"{pin} \\\n    --hash=sha256:00\n" for pin in pins))
    return path


def test_two_builds_in_different_folders_are_the_same_bytes(tmp_path: Path, code: Path) -> None:
    first, second = tmp_path / "a" / "one.zip", tmp_path / "b" / "two.zip"
    package.build(first)
    package.build(second, code=code)
    assert first.read_bytes() == second.read_bytes()


def test_entries_have_one_order_one_time_and_one_mode(tmp_path: Path, content: dict[str, bytes]) -> None:
    package.build(tmp_path / "package.zip")
    with zipfile.ZipFile(tmp_path / "package.zip") as archive:
        entries = archive.infolist()
        assert archive.testzip() is None
    assert [entry.filename for entry in entries] == sorted(content)
    assert {(entry.date_time, entry.external_attr, entry.create_system) for entry in entries} == {
        ((1980, 1, 1, 0, 0, 0), 0o100644 << 16, 3)
    }


def test_the_bytes_do_not_depend_on_a_compressor(tmp_path: Path) -> None:
    package.build(tmp_path / "package.zip")
    with zipfile.ZipFile(tmp_path / "package.zip") as archive:
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}


def test_it_holds_only_what_ships(content: dict[str, bytes]) -> None:
    ours = {path.split("/")[1] for path in content if path.startswith("flightpulse/")}
    assert ours <= {"__init__.py", *package.SHIPPED}
    others = {path.split("/")[0].split("-")[0] for path in content if not path.startswith("flightpulse/")}
    assert others == {
        "aws_lambda_powertools",
        "fastjsonschema",
        "jmespath",
        "typing_extensions",
        "typing_extensions.py",
        "tzdata",
    }


def test_it_holds_no_compiled_file_and_no_cache(content: dict[str, bytes]) -> None:
    assert not [path for path in content if path.endswith((".pyc", ".so", ".pyd", ".dylib")) or "__pycache__" in path]


def test_each_distribution_brings_its_licence(content: dict[str, bytes]) -> None:
    for name in package.locked_versions():
        folder = f"{name.replace('-', '_')}-"
        assert [p for p in content if p.startswith(folder) and "LICEN" in p.upper().rpartition("/")[2]], name


def test_it_stays_under_six_megabytes_unpacked(content: dict[str, bytes]) -> None:
    assert sum(map(len, content.values())) <= 6_000_000


def test_growing_over_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "SIZE_LIMIT", 1_000_000)
    with pytest.raises(UserError, match="over its limit of 1,000,000"):
        package.build(tmp_path / "package.zip")


def test_the_lock_has_the_whole_closure() -> None:
    locked = package.locked_versions()
    for name in locked:
        for requirement in metadata.requires(name) or ():
            if "extra ==" not in requirement and "python_version <" not in requirement:
                needed = requirement.split(";")[0].rstrip(")").split("(")[0]
                needed = needed.translate(str.maketrans("<>=!~", "     ")).split()[0]
                assert needed.lower().replace("_", "-") in locked, f"{name} needs {needed}"


def test_a_distribution_that_is_not_installed_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no-such-thing is not installed, and the Lambda package needs version 1\.0"):
        package.collect(lock=lock(tmp_path, "no-such-thing==1.0"))


def test_another_version_than_the_locked_one_is_refused(tmp_path: Path) -> None:
    installed = metadata.version("jmespath")
    with pytest.raises(UserError, match=f"jmespath {installed} is installed, and requirements/lambda.txt pins 0.0.1"):
        package.collect(lock=lock(tmp_path, "jmespath==0.0.1"))


def test_a_distribution_with_compiled_code_is_refused(tmp_path: Path) -> None:
    pin = f"confluent-kafka=={metadata.version('confluent-kafka')}"
    with pytest.raises(UserError, match="would hold compiled code: confluent_kafka"):
        package.collect(lock=lock(tmp_path, pin))


def test_a_compiled_file_among_our_own_code_is_refused(code: Path) -> None:
    (code / "domain" / "fast.cpython-311-x86_64-linux-gnu.so").write_bytes(b"\x7fELF")
    with pytest.raises(UserError, match="compiled code: flightpulse/domain/fast"):
        package.collect(code=code)


def test_a_file_changed_after_installation_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dist = tmp_path / "changed-1.0.dist-info"
    dist.mkdir()
    (dist / "METADATA").write_text("Metadata-Version: 2.1\nName: changed\nVersion: 1.0\n")
    (dist / "RECORD").write_text("changed.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n")
    (tmp_path / "changed.py").write_text("print('not as it came')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UserError, match=r"changed\.py of changed 1\.0 was changed after its installation"):
        package.collect(lock=lock(tmp_path, "changed==1.0"))


def test_notes_and_caches_beside_the_code_stay_behind(code: Path) -> None:
    (code / "domain" / "notes.md").write_text("later")
    (code / "domain" / "__pycache__").mkdir()
    (code / "domain" / "__pycache__" / "keys.cpython-311.pyc").write_bytes(b"")
    assert not [path for path in package.collect(code=code) if "notes" in path or "pyc" in path]
