"""The packages that Lambda provides, taken from what is installed."""

from importlib import metadata
from pathlib import Path

import pytest

from flightpulse.errors import UserError
from localcloud.services.lambda_functions.runtime_dir import closure, prepare, top_level_entries


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def test_a_distribution_comes_with_everything_it_requires():
    found = closure(("boto3",))

    assert set(found) == {"boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"}


def test_extras_are_not_required():
    requirements = " ".join(metadata.distribution("botocore").requires or [])
    assert "awscrt" in requirements, "the example of this test is gone"

    assert "awscrt" not in closure(("botocore",))


def test_a_package_that_is_not_installed_is_named_with_the_way_out():
    with pytest.raises(UserError, match="no-such-package") as caught:
        closure(("no-such-package",))

    assert caught.value.hint


def test_programs_of_a_distribution_are_no_part_of_the_folder():
    assert ".." not in top_level_entries(metadata.distribution("jmespath"))
    assert "jmespath" in top_level_entries(metadata.distribution("jmespath"))


def test_the_folder_has_the_runtime_and_boto3_and_nothing_else_of_this_environment(tmp_path: Path):
    found = names(prepare(tmp_path))

    assert {"awslambdaric", "boto3", "botocore", "bootstrap", "bootstrap.py"} <= found
    assert not {"ministack", "pytest", "aws_cdk", "flightpulse", "aws_lambda_powertools"} & found


def test_the_folder_is_made_once(tmp_path: Path):
    first = prepare(tmp_path)
    (first / "mark").touch()

    assert prepare(tmp_path) == first
    assert (first / "mark").exists()


def test_a_folder_of_other_content_is_removed(tmp_path: Path):
    old = prepare(tmp_path)
    new = prepare(tmp_path, compiled_client=False)

    assert new != old
    assert not old.exists()


def test_without_a_compiled_client_the_plain_one_takes_its_name(tmp_path: Path):
    folder = prepare(tmp_path, compiled_client=False)

    clients = [entry for entry in folder.iterdir() if entry.name.startswith("runtime_client")]
    assert [entry.name for entry in clients] == ["runtime_client.py"]
    assert not clients[0].is_symlink()


def test_the_program_runs_an_isolated_interpreter_also_from_a_path_with_spaces(tmp_path: Path):
    folder = prepare(tmp_path / "a home")

    script = (folder / "bootstrap").read_text()
    assert " -I -S " in script
    assert f"'{folder / 'bootstrap.py'}'" in script
