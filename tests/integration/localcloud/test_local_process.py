"""The local cloud is started, found and stopped, and says what is wrong when it cannot be."""

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from flightpulse import paths
from flightpulse.errors import UserError
from flightpulse.paths import LOCAL_CLOUD
from localcloud import broker, process
from localcloud.process import home, lifecycle, lock, own_pages, processes, state
from localcloud.process.state import RunningCloud
from tests.integration.emulator import client
from tests.integration.localcloud.functions import ROLE, archive
from tests.waiting import PATIENCE_SECONDS, until

SLEEPER = """
import pathlib, time

def handler(event, context):
    pathlib.Path(event["began"]).touch()
    time.sleep(event["seconds"])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A home; whatever a test leaves running in it is stopped."""
    where = (tmp_path / "home of a cloud").resolve()
    yield where
    with suppress(UserError):
        process.down(where)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """A cloud for tests that only look at it."""
    where = tmp_path_factory.mktemp("running") / "home of a cloud"
    yield process.up(where, program=LOCAL_CLOUD, port=0)
    process.down(where)


def start(folder: Path, **options: str) -> RunningCloud:
    return process.up(folder, port=0, **options)


def asked(began: Path, seconds: float) -> str:
    """An event that has the sleeper touch a file, and then sleep."""
    return json.dumps({"began": str(began), "seconds": seconds})


def run_function(cloud: RunningCloud, seconds: float, name: str = "sleeper") -> None:
    """Have a function sleep; return when it does."""
    functions = client("lambda", cloud.endpoint_url)
    functions.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="index.handler",
        Role=ROLE,
        Timeout=2 * int(PATIENCE_SECONDS),
        Code={"ZipFile": archive({"index.py": SLEEPER})},
    )
    began = Path(cloud.home).with_name(f"began on {cloud.port}")
    functions.invoke(FunctionName=name, Payload=asked(began, seconds), InvocationType="Event")
    until(began.exists, "the function")
    assert home.orphans(Path(cloud.home)), "the process of the function is not found by its command"


def kill(cloud: RunningCloud) -> None:
    os.kill(cloud.pid, signal.SIGKILL)
    assert processes.wait_until_gone({cloud.pid: cloud.start_token}, 10)


def test_a_cloud_that_was_started_answers_and_is_found(running: RunningCloud):
    assert client("sts", running.endpoint_url).get_caller_identity()["Account"] == "000000000000"
    assert process.status(Path(running.home)) == running


def test_progress_is_told_in_sentences(folder: Path):
    told: list[str] = []
    cloud = process.up(folder, port=0, progress=told.append)
    process.down(folder, progress=told.append)

    assert told == [
        "Starting the local cloud on a free port of 127.0.0.1.",
        f"The local cloud answers at {cloud.endpoint_url} (process {cloud.pid}).",
        f"Stopping the local cloud (process {cloud.pid}).",
        "The local cloud is stopped.",
    ]


def test_starting_it_again_returns_the_one_that_runs_and_says_so(running: RunningCloud):
    told: list[str] = []

    assert process.up(Path(running.home), progress=told.append) == running
    assert told == [f"The local cloud is already running at {running.endpoint_url} (process {running.pid})."]


def test_two_starts_at_the_same_time_end_with_one_cloud(folder: Path):
    program = (
        "import sys; from pathlib import Path; from localcloud import process; "
        "print(process.up(Path(sys.argv[1]), port=0).pid)"
    )
    command = [sys.executable, "-c", program, str(folder)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [process.communicate(timeout=PATIENCE_SECONDS) for process in both]

    running = process.status(folder)
    assert running is not None
    # Whoever comes too late either finds the other one or is told of it; nobody gets a second cloud.
    said = {text.strip().splitlines()[-1] for pair in answers for text in pair if text.strip()}
    assert str(running.pid) in said
    assert all(line == str(running.pid) or "already" in line for line in said)


def test_a_start_while_another_one_is_stopping_waits_for_its_end(folder: Path):
    first = start(folder)
    os.kill(first.pid, signal.SIGTERM)
    until(lambda: state.load(folder) is None)

    second = start(folder)

    assert second.pid != first.pid
    assert process.status(folder) == second


def test_a_stopped_cloud_leaves_no_process_and_no_temporary_file(folder: Path):
    cloud = start(folder)
    run_function(cloud, seconds=PATIENCE_SECONDS)

    process.down(folder)

    assert not processes.is_running(cloud.pid, cloud.start_token)
    assert home.orphans(folder) == {}
    assert {entry.name for entry in folder.iterdir()} == {"local-cloud.lock", "local-cloud.log", "lambda-runtime"}
    assert process.status(folder) is None


def test_stopping_does_not_wait_for_connections_that_are_kept_open(folder: Path, monkeypatch: pytest.MonkeyPatch):
    # Whoever waits for them is killed, much later than a busy machine takes.
    monkeypatch.setattr(lifecycle, "_STOP_SECONDS", PATIENCE_SECONDS)
    cloud = start(folder)
    with socket.create_connection(("127.0.0.1", cloud.port)) as idle:
        idle.sendall(b"GET /_flightpulse/health HTTP/1.1\r\nHost: x\r\n\r\n")
        idle.recv(10)
        started = time.monotonic()
        process.down(folder)

    assert time.monotonic() - started < PATIENCE_SECONDS / 2


def test_stopping_does_not_wait_for_a_function_that_somebody_waits_for(folder: Path):
    cloud = start(folder)
    run_function(cloud, seconds=0)
    with ThreadPoolExecutor(1) as pool:
        sleeping = folder.with_name("sleeping")
        invoke = client("lambda", cloud.endpoint_url).invoke
        call = pool.submit(invoke, FunctionName="sleeper", Payload=asked(sleeping, PATIENCE_SECONDS))
        until(sleeping.exists, "the function")
        started = time.monotonic()
        process.down(folder)
        took = time.monotonic() - started
        call.exception(timeout=PATIENCE_SECONDS)

    assert took < PATIENCE_SECONDS / 2
    assert home.orphans(folder) == {}


@pytest.mark.parametrize(
    ("address", "message"),
    [("nowhere", "is not an address of a Kafka broker"), ("127.0.0.1:1", "No Kafka broker answers at 127.0.0.1:1")],
)
def test_a_broker_that_does_not_answer_is_named(folder: Path, address: str, message: str):
    with pytest.raises(UserError, match=message):
        start(folder, kafka=address)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("127.0.0.1:11434", "is no address of a model server"),
        ("http://127.0.0.1:1/v1", "No model server answers at 127.0.0.1:1"),
    ],
)
def test_a_model_server_of_this_machine_that_does_not_answer_is_named(folder: Path, url: str, message: str):
    with pytest.raises(UserError, match=message):
        start(folder, llm_url=url)


def test_another_broker_than_the_embedded_one_can_be_used(folder: Path):
    with broker.start(topics={"flight-operations": 1}) as other:
        cloud = start(folder, kafka=other.bootstrap)
        process.down(folder)

    assert (cloud.kafka_kind, cloud.kafka_bootstrap) == ("external", other.bootstrap)


def test_stopping_what_does_not_run_changes_nothing(folder: Path):
    assert process.down(folder) is False


def test_a_port_that_is_taken_is_named_with_the_program_that_has_it(folder: Path):
    program = "import socket,time; s=socket.socket(); s.bind(('127.0.0.1',0)); s.listen(); print(s.getsockname()[1]); "
    command = [sys.executable, "-u", "-c", program + "time.sleep(60)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        with pytest.raises(UserError) as caught:
            process.up(folder, port=port)
        other.kill()

    assert f"Port {port} of 127.0.0.1 is already taken" in caught.value.message
    assert f"process {other.pid}" in caught.value.message
    assert "--port" in caught.value.hint


def test_the_server_itself_names_a_port_that_is_taken(folder: Path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        command = [sys.executable, "-m", "flightpulse.local_cloud", "--home", str(folder), "--port"]
        done = subprocess.run([*command, str(other.getsockname()[1])], capture_output=True, text=True, timeout=60)

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "is already taken by" in done.stderr


def test_two_homes_run_side_by_side(folder: Path, tmp_path: Path):
    other = tmp_path / "other"
    try:
        first, second = start(folder), start(other)
        client("sqs", first.endpoint_url).create_queue(QueueName="only-here")

        assert not client("sqs", second.endpoint_url).list_queues().get("QueueUrls")
        process.down(other)
        assert process.status(folder) == first
    finally:
        with suppress(UserError):
            process.down(other)


def test_a_home_whose_name_begins_like_another_does_not_end_its_functions(tmp_path: Path):
    short, long = tmp_path / "home", tmp_path / "home2"
    try:
        cloud = start(long)
        run_function(cloud, seconds=PATIENCE_SECONDS)
        start(short)
        process.down(short)

        assert len(home.orphans(long)) == 1
    finally:
        for folder in (short, long):
            with suppress(UserError):
                process.down(folder)


def test_after_a_kill_the_functions_end_by_themselves(folder: Path):
    cloud = start(folder)
    run_function(cloud, seconds=1)

    kill(cloud)

    until(lambda: home.orphans(folder) == {})


def test_after_a_kill_the_next_start_clears_up_and_says_so(folder: Path):
    cloud = start(folder)
    run_function(cloud, seconds=PATIENCE_SECONDS)
    kill(cloud)
    assert process.status(folder) is None
    told: list[str] = []

    again = process.up(folder, port=cloud.port, progress=told.append)

    assert again.pid != cloud.pid
    assert told[0] == "A local cloud was killed here: cleared 1 function process, temporary files and its state file."
    assert home.orphans(folder) == {}


def test_after_a_kill_stopping_clears_up(folder: Path):
    cloud = start(folder)
    run_function(cloud, seconds=PATIENCE_SECONDS)
    kill(cloud)
    told: list[str] = []

    process.down(folder, progress=told.append)

    assert home.orphans(folder) == {}
    assert not (folder / "tmp").exists()
    assert len(told) == 1


def test_a_process_that_got_the_number_of_a_killed_cloud_is_left_alone(folder: Path):
    folder.mkdir(parents=True)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as bystander:
        stale = RunningCloud(
            pid=bystander.pid,
            start_token="another start",
            home=str(folder),
            endpoint_url="http://127.0.0.1:1",
            kafka_bootstrap="",
            kafka_kind="none",
            model_url="",
            model_kind="none",
            version="1",
            started_at="",
        )
        state.save(stale)

        assert process.status(folder) is None
        process.down(folder)

        assert bystander.poll() is None
        bystander.kill()


def test_a_cloud_of_another_version_is_not_used(running: RunningCloud):
    state.save(dataclasses.replace(running, version="0.9+of-yesterday"))

    with pytest.raises(UserError, match=r"is of version 0\.9\+of-yesterday, this is") as caught:
        process.up(Path(running.home))
    state.save(running)

    assert "flightpulse down" in caught.value.hint


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"port": 1}, "already runs on port"),
        ({"kafka": "127.0.0.1:1"}, "not with 127.0.0.1:1"),
        ({"llm_url": "http://127.0.0.1:1"}, "not with http://127.0.0.1:1"),
    ],
)
def test_other_options_than_those_of_the_running_cloud_are_refused(running: RunningCloud, options: dict, message: str):
    with pytest.raises(UserError, match=message):
        process.up(Path(running.home), **options)


def test_a_cloud_that_hangs_is_reported_and_can_be_stopped(folder: Path, monkeypatch: pytest.MonkeyPatch):
    cloud = start(folder)
    os.kill(cloud.pid, signal.SIGSTOP)
    monkeypatch.setattr("localcloud.process.lifecycle._STOP_SECONDS", 0.3)
    monkeypatch.setattr(own_pages.read, "__defaults__", (0.3, own_pages.HEALTH_PATH))

    with pytest.raises(UserError, match="runs but does not answer"):
        process.status(folder)
    process.down(folder)

    assert not processes.is_running(cloud.pid, cloud.start_token)


def test_a_state_file_that_nobody_can_read_is_treated_as_left_behind(folder: Path):
    folder.mkdir(parents=True)
    state.path(folder).write_text("{", encoding="utf-8")

    assert process.status(folder) is None
    start(folder)


@pytest.mark.parametrize("inside", ["", "deeper"])
def test_a_home_that_is_a_file_is_refused_naming_it(tmp_path: Path, inside: str):
    (tmp_path / "file").write_text("in the way")
    where = tmp_path / "file" / inside if inside else tmp_path / "file"

    with pytest.raises(UserError, match="cannot be used for the local cloud") as caught:
        process.up(where)

    assert str(where) in caught.value.message
    assert "FLIGHTPULSE_HOME" in caught.value.hint


def test_a_changed_emulator_is_refused_naming_what_changed(folder: Path, monkeypatch: pytest.MonkeyPatch):
    changed = folder.parent / "changed"
    changed.mkdir()
    # A program that runs before the server and takes a wrapped name away.
    code = "import ministack.services.dynamodb as d\ndel d._put_item\n"
    (changed / "sitecustomize.py").write_text(code, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(changed))

    with pytest.raises(UserError) as caught:
        start(folder)

    assert "_put_item" in caught.value.message
    assert "\n" not in caught.value.message


def test_an_emulator_of_another_version_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch):
    other = folder.parent / "other"
    (other / "ministack-9.9.9.dist-info").mkdir(parents=True)
    (other / "ministack-9.9.9.dist-info" / "METADATA").write_text("Name: ministack\nVersion: 9.9.9\n")
    monkeypatch.setenv("PYTHONPATH", str(other))

    with pytest.raises(UserError, match=r"ministack 9\.9\.9 is installed, 1\.5\.33 is expected"):
        start(folder)


def test_health_tells_what_runs(running: RunningCloud):
    with socket.create_connection(("127.0.0.1", running.port)) as connection:
        connection.sendall(b"GET /_flightpulse/health HTTP/1.0\r\n\r\n")
        page = json.loads(connection.makefile("rb").read().partition(b"\r\n\r\n")[2])

    assert page["status"] == "healthy"
    assert page["pid"] == running.pid
    assert page["kafka_kind"] == "embedded"
    assert page["kafka_bootstrap"].startswith("127.0.0.1:")
    assert page["model_kind"] == "stand-in"
    assert "lambda_runtime" in page["behaviours"]
    assert page["version"] == running.version


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs Linux's table of sockets")
def test_nothing_listens_beyond_this_machine(running: RunningCloud):
    run_function(running, seconds=1)

    listening = listening_addresses(running.pid)

    assert len(listening) >= 3, "the AWS endpoint, the broker and the Runtime API"
    assert set(listening) == {"127.0.0.1"}


def listening_addresses(pid: int) -> list[str]:
    """Addresses on which a process listens, from Linux's table of sockets."""
    own = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            own.add(str(entry.readlink()))
    found = []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            values = line.split()
            listens = values[3] == "0A" or (table.startswith("udp") and values[2].endswith(":0000"))
            if listens and f"socket:[{values[9]}]" in own:
                address = values[1].split(":")[0]
                loopback = address == "0100007F"
                found.append("127.0.0.1" if loopback else address)
    return found


def test_the_emulator_of_a_test_run_that_is_killed_ends_too(tmp_path: Path):
    program = (
        "from tests.integration.emulator import Emulator\n"
        "emulator = Emulator(behaviours=()).__enter__()\n"
        "print(emulator.state.pid, emulator.state.start_token, flush=True)\n"
        "emulator.process.wait()\n"
    )
    # Nobody is left to remove the emulator's home: it lies where pytest clears up.
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=paths.ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        pid, token = run.stdout.readline().split()
        run.kill()

    assert processes.wait_until_gone({int(pid): token}, 10)


def test_the_lock_of_a_home_names_its_holder(folder: Path):
    cloud = start(folder)

    assert lock.holder(folder) == {cloud.pid: cloud.start_token}
    process.down(folder)
    assert lock.holder(folder) == {}
