"""``flightpulse replay`` on the local cloud, as a user runs it."""

import signal
import subprocess
import sys

from flightpulse.workbench.fire.replaying import Choice
from tests.integration.cli.conftest import ROOT, CommandLine
from tests.waiting import PATIENCE_SECONDS, until


def test_a_replay_tells_everyone_beside_the_sample_data_and_can_be_repeated(cli: CommandLine):
    before = cli.ok("api", "/flights/SW7890/bookings")

    for _ in range(2):
        replayed = cli.json("replay", "2013-02-08", "--flights", "3", "--bookings", "5", "--speed", "20000")

        everything = replayed["kinds"][-1]
        assert replayed["ok"] is True
        assert [check for check in replayed["checks"] if not check["ok"]] == []
        assert (len(replayed["checks"]), len(replayed["flights"])) == (2, 3)
        assert everything["events"] == everything["handled"] > 3
        assert everything["emails"] > 0
        assert everything["p50"] <= everything["p95"]

    read = [message for message in cli.json("inbox") if message["flight_id"] in replayed["flights"]]
    assert read
    for message in read:
        _, number, _ = message["flight_id"].split("-")
        assert number in message["text"]
        assert message["flight_id"] not in message["text"]
    assert cli.ok("api", "/flights/SW7890/bookings") == before


def test_the_days_are_listed_and_an_unknown_one_names_them(cli: CommandLine):
    days = [day["day"] for day in cli.json("replay", "--list")]
    unknown = cli.run("replay", "2013-02-30")

    assert unknown.returncode != 0
    assert all(day in unknown.stderr for day in days)
    assert len(unknown.stderr.strip().splitlines()) == 1


def test_ctrl_c_ends_a_replay_and_it_can_be_taken_up_again(cli: CommandLine):
    words = [sys.executable, "-m", "flightpulse.cli", "replay", "2013-02-08", "--speed", "60"]
    words += ["--flights", "2", "--bookings", "3"]
    with subprocess.Popen(
        words, cwd=ROOT, env=cli.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as replay:
        assert replay.stdout is not None
        began = replay.stdout.readline()
        until((cli.home / "replay.json").exists)
        busy = cli.run("replay", "2013-02-08", "--flights", "2")
        replay.send_signal(signal.SIGINT)
        _out, said = replay.communicate(timeout=PATIENCE_SECONDS)

    assert "replay 2013-02-08" in began
    assert replay.returncode == 130
    assert "Traceback" not in said
    assert "replay --resume" in said
    assert (busy.returncode, busy.stderr.count("Another replay is running")) == (1, 1)

    everything = Choice(day="2013-02-08", leaves_on="2026-11-25", flights=2, bookings=3).plan().news
    rest = cli.json("replay", "--resume", "--speed", "50000")
    assert (rest["ok"], rest["day"], len(rest["flights"])) == (True, "2013-02-08", 2)
    assert rest["kinds"][-1]["events"] == rest["kinds"][-1]["handled"] == len(everything)
    assert cli.run("replay", "--resume").returncode == 1
