"""The Lambda package on its own: every handler can be imported, and needs every part of it."""

import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from flightpulse.stack import package

HANDLERS = ("kafka_consumer", "llm_messenger", "api", "stream_handler", "settings_resource")
# What the Lambda runtime itself brings.
RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3")
ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "TABLE_NAME": "table",
    "EVENT_BUS_NAME": "bus",
    "DEAD_LETTER_QUEUE_URL": "http://127.0.0.1:9/queue",
    "NOTIFY_FROM_PARAMETER": "/flightpulse/notify-from-minutes",
    "MODEL_ID_PARAMETER": "/parameter",
}


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with boto3 as the Lambda runtime has it, and nothing else."""
    folder = tmp_path_factory.mktemp("runtime")
    for name in RUNTIME:
        distribution = metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files or () if ".." not in file.parts}:
            if not top.endswith(".dist-info"):
                target = folder / top
                if not target.exists():
                    target.symlink_to(Path(str(distribution.locate_file(top))))
    return folder


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    package.build(tmp_path / "package.zip")
    with zipfile.ZipFile(tmp_path / "package.zip") as archive:
        archive.extractall(tmp_path / "task")
    return tmp_path / "task"


def run(task: Path, runtime: Path, program: str) -> "subprocess.CompletedProcess[str]":
    """Run a line as Lambda would: standard library, runtime, package, and nothing of this environment."""
    prelude = f"import sys; sys.path[:0] = [{str(task)!r}, {str(runtime)!r}]; sys.dont_write_bytecode = True; "
    command = [sys.executable, "-I", "-S", "-c", prelude + program]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)


def start(task: Path, runtime: Path, module: str) -> "subprocess.CompletedProcess[str]":
    return run(task, runtime, f"from flightpulse.functions.{module} import handler; assert callable(handler)")


@pytest.mark.parametrize("module", HANDLERS)
def test_a_handler_can_be_imported_with_nothing_but_the_package(unpacked: Path, runtime: Path, module: str) -> None:
    done = start(unpacked, runtime, module)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("left_out", "module", "said"),
    [
        ("aws_lambda_powertools", "api", "No module named 'aws_lambda_powertools'"),
        ("typing_extensions.py", "api", "No module named 'typing_extensions'"),
        ("fastjsonschema", "kafka_consumer", "No module named 'fastjsonschema'"),
        ("flightpulse/domain", "stream_handler", "No module named 'flightpulse.domain'"),
        ("flightpulse/schemas", "kafka_consumer", "schemas"),
    ],
)
def test_without_one_of_its_parts_a_handler_cannot_be_imported(
    unpacked: Path, runtime: Path, left_out: str, module: str, said: str
) -> None:
    (unpacked / left_out).rename(unpacked / "left_out")
    done = start(unpacked, runtime, module)
    assert done.returncode != 0
    assert said in done.stderr


NO_TIME_ZONES_OF_THE_SYSTEM = "import zoneinfo; zoneinfo.reset_tzpath(to=()); zoneinfo.ZoneInfo('America/Los_Angeles')"


def test_time_zones_come_with_the_package(unpacked: Path, runtime: Path) -> None:
    assert run(unpacked, runtime, NO_TIME_ZONES_OF_THE_SYSTEM).returncode == 0
    (unpacked / "tzdata").rename(unpacked / "left_out")
    assert "ZoneInfoNotFoundError" in run(unpacked, runtime, NO_TIME_ZONES_OF_THE_SYSTEM).stderr
