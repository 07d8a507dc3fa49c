"""The local cloud as a process: its disk is full, it dies while it is deployed to, a deployment is interrupted."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from flightpulse import paths
from flightpulse.errors import UserError
from localcloud import process
from localcloud.process import home, processes
from localcloud.process.state import RunningCloud
from tests.integration.emulator import client
from tests.waiting import COMMAND_SECONDS, PATIENCE_SECONDS, until

STACK = "FlightPulseStack"
CREATING = "CREATE_IN_PROGRESS"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A home; whatever a test leaves running in it is stopped."""
    where = (tmp_path / "home").resolve()
    yield where
    with suppress(UserError):
        process.down(where)


def flightpulse(folder: Path, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "flightpulse.cli", *words],
        cwd=paths.ROOT,
        env={**os.environ, "FLIGHTPULSE_HOME": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # As a terminal does: Ctrl-C reaches this program and what belongs to its group.
        start_new_session=True,
    )


def stack_status(cloud: RunningCloud) -> str:
    """As it is at this moment: whoever asks for one stack by name is answered when it has changed."""
    with suppress(Exception):
        stacks = client("cloudformation", cloud.endpoint_url).describe_stacks()["Stacks"]
        return next(str(stack["StackStatus"]) for stack in stacks if stack["StackName"] == STACK)
    return ""


def cdk_processes(folder: Path) -> list[str]:
    listed = subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if str(folder / "cdk.out") in line]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's device that is always full")
def test_a_full_disk_under_its_log_does_not_stop_it(folder: Path) -> None:
    folder.mkdir()
    home.log_file(folder).symlink_to("/dev/full")

    cloud = process.up(folder, port=0)
    events = client("events", cloud.endpoint_url)
    events.put_rule(Name="nowhere", EventPattern='{"source": ["tests"]}')
    target = "arn:aws:sqs:us-east-1:000000000000:not-there"
    events.put_targets(Rule="nowhere", Targets=[{"Id": "one", "Arn": target}])
    # An event that cannot be delivered is worth a line in the log.
    events.put_events(Entries=[{"Source": "tests", "DetailType": "x", "Detail": "{}"}])

    assert process.status(folder) == cloud
    assert client("sts", cloud.endpoint_url).get_caller_identity()["Account"] == "000000000000"
    process.down(folder)
    assert not processes.is_running(cloud.pid, cloud.start_token)


def test_a_full_disk_under_its_home_is_named(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        with suppress(OSError), (small / "filler").open("wb") as filler:
            for _ in range(16):
                filler.write(b"x" * 1024)
                filler.flush()
        with pytest.raises(UserError) as caught:
            process.up(small, port=0)
        assert "No space left" in f"{caught.value.message} {caught.value.hint}"
        assert process.status(small) is None
    finally:
        with suppress(UserError):
            process.down(small)
        subprocess.run(["umount", "-l", str(small)], check=False)


@pytest.mark.prove
def test_an_interrupted_deployment_says_so_leaves_nothing_running_and_can_be_made_up_for(folder: Path) -> None:
    cloud = process.up(folder, port=0)
    with flightpulse(folder, "deploy") as deploying:
        until(lambda: stack_status(cloud) == CREATING or deploying.poll() is not None)
        deploying.send_signal(signal.SIGINT)
        said = deploying.communicate(timeout=PATIENCE_SECONDS)[1]

    assert deploying.returncode == 130
    assert said.strip().splitlines()[-1].endswith("Stopped.")
    assert "Traceback" not in said
    assert cdk_processes(folder) == []
    until(lambda: stack_status(cloud) != CREATING)
    with flightpulse(folder, "deploy") as again:
        output, problems = again.communicate(timeout=COMMAND_SECONDS)
    assert again.returncode == 0, output + problems
    assert stack_status(cloud) == "CREATE_COMPLETE"


@pytest.mark.prove
def test_a_cloud_that_is_killed_while_it_is_deployed_to_is_named_and_comes_back_clean(folder: Path) -> None:
    cloud = process.up(folder, port=0)
    with flightpulse(folder, "deploy") as deploying:
        until(lambda: stack_status(cloud) == CREATING or deploying.poll() is not None)
        os.kill(cloud.pid, signal.SIGKILL)
        said = deploying.communicate(timeout=PATIENCE_SECONDS)[1]

    assert deploying.returncode not in {0, 130}
    assert "Traceback" not in said
    assert "has ended meanwhile" in said
    assert "flightpulse up" in said
    assert cdk_processes(folder) == []
    told: list[str] = []
    again = process.up(folder, port=cloud.port, progress=told.append)
    assert "was killed here" in told[0]
    assert client("cloudformation", again.endpoint_url).list_stacks()["StackSummaries"] == []
    assert home.orphans(folder) == {}
