"""Which processes run, and whether they are the ones we mean."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from localcloud.process import processes
from tests.waiting import PATIENCE_SECONDS

STUBBORN = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"


@pytest.fixture
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        # A process that has only just begun has no command line yet.
        process.stdout.readline()
        yield process
        process.kill()


def test_a_process_keeps_its_token():
    assert processes.start_token(os.getpid()) == processes.start_token(os.getpid()) is not None


def test_two_processes_are_told_apart(sleeper: "subprocess.Popen[bytes]"):
    token = processes.start_token(sleeper.pid)

    assert token is not None
    assert processes.is_running(sleeper.pid, token)
    assert not processes.is_running(sleeper.pid, f"{token}0")


def test_a_process_that_has_ended_has_no_token_even_before_it_is_collected(sleeper: "subprocess.Popen[bytes]"):
    token = processes.start_token(sleeper.pid) or ""
    sleeper.kill()

    assert processes.wait_until_gone({sleeper.pid: token}, PATIENCE_SECONDS)
    assert processes.start_token(sleeper.pid) is None


def test_the_command_of_a_process_is_known(sleeper: "subprocess.Popen[bytes]"):
    assert "time.sleep(60)" in processes.command_lines()[sleeper.pid]


def test_a_process_is_ended(sleeper: "subprocess.Popen[bytes]"):
    processes.end(processes.with_tokens([sleeper.pid]))

    assert sleeper.wait(timeout=PATIENCE_SECONDS) < 0


def test_a_process_that_will_not_end_is_killed():
    with subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        processes.end(processes.with_tokens([process.pid]), grace=0.2)

        assert process.wait(timeout=PATIENCE_SECONDS) == -9


def test_a_process_with_another_token_is_left_alone(sleeper: "subprocess.Popen[bytes]"):
    processes.end({sleeper.pid: "the token of another process"}, grace=0.1)

    assert sleeper.poll() is None


def test_the_way_of_macos_gives_the_same_answers(sleeper: "subprocess.Popen[bytes]", monkeypatch: pytest.MonkeyPatch):
    if not os.access("/bin/ps", os.X_OK):
        pytest.skip("there is no ps here")
    monkeypatch.setattr(processes, "_LINUX", False)
    token = processes.start_token(sleeper.pid)

    assert token is not None
    assert processes.is_running(sleeper.pid, token)
    assert "time.sleep(60)" in processes.command_lines()[sleeper.pid]
    processes.end({sleeper.pid: token})
    assert processes.start_token(sleeper.pid) is None
