"""What a replay that was stopped leaves behind, and how it goes on: without a broker, a table or a cloud."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from awskit.kafka.producer import INTERRUPTED, Acknowledged, OutgoingRecord, Report
from flightpulse.errors import UserError
from flightpulse.workbench.fire import replaying
from flightpulse.workbench.fire.pace import Pace
from flightpulse.workbench.fire.replaying import Choice, Replayed, ReplayProgress
from flightpulse.workbench.observe.facts import Facts, Handled, SentEvent
from localcloud.process import state as local_state
from localcloud.process.state import RunningCloud

BEGAN = datetime(2026, 11, 24, 12, tzinfo=UTC)
CHOICE = Choice(day="2013-07-23", leaves_on="2026-11-25", tails=("N192JB",), bookings=1)
PLAN = CHOICE.plan()


@dataclass
class Session:
    """A local cloud that is asked for nothing but its home."""

    home: Path
    target: str = "local"
    dynamodb: None = None
    table_name: str = "x"
    model_id: str = "amazon.nova-lite-v1:0"

    def command(self, words: str) -> str:
        return f"flightpulse {words}"


@dataclass
class Broker:
    """Acknowledges every record, up to one at which somebody presses Ctrl-C, and remembers their names."""

    names: list[str]
    stops_at: int = 1000

    def send(
        self, _session: Session, records: Iterable[OutgoingRecord], *, after_each: Any, held: Callable[[], bool]
    ) -> None:
        self.report = Report()
        for number, record in enumerate(records, start=1):
            held()
            if number == self.stops_at:
                raise UserError("Stopped.", exit_code=INTERRUPTED)
            self.names.append(record.name)
            self.report.acknowledged.append(Acknowledged(record.name, 0, number))
            after_each(self, number)


class Observer:
    """Sees that every event which was sent is handled at once."""

    def __init__(self, *_: object, **_recipients: object) -> None: ...

    def look(self, sent: tuple[SentEvent, ...]) -> Facts:
        handled = (
            Handled(
                f"arn:{event.event_id}", "w", "SUCCEEDED", "x", event.event_id, event.flight_id, "DONE", BEGAN, BEGAN
            )
            for event in sent
        )
        return Facts(sent=sent, handled=tuple(handled))


class Models:
    model_id = "amazon.nova-lite-v1:0"

    def __init__(self, *_: object) -> None: ...

    def look(self) -> dict[str, int]:
        return {}


class Table:
    def __init__(self, *_: object) -> None: ...

    def flight(self, name: str) -> str:
        return name


@pytest.fixture(autouse=True)
def no_services(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replaying, "Observer", Observer)
    monkeypatch.setattr(replaying, "ModelUse", Models)
    monkeypatch.setattr(replaying, "ReservationTable", Table)
    monkeypatch.setattr(replaying, "check_room", lambda *_: None)
    monkeypatch.setattr(replaying.seeding, "store", lambda *_: None)


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    broker = Broker([])
    monkeypatch.setattr(replaying.sending, "send_records", broker.send)
    return broker


def replayed(home: Path, resumed: ReplayProgress | None = None, **told: Any) -> Replayed:
    passed = resumed.passed_seconds if resumed else 0
    session: Any = Session(home)
    return replaying.replay(session, PLAN, pace=Pace(passed + 1), choice=CHOICE, resumed=resumed, **told)


def test_a_replay_that_goes_on_sends_what_is_left_and_is_judged_as_a_whole(tmp_path: Path, broker: Broker):
    broker.stops_at = 4
    with pytest.raises(UserError, match=f"Stopped: 3 of {len(PLAN.news)} events are sent") as stopped:
        replayed(tmp_path)
    broker.stops_at = 1000
    progress = ReplayProgress.load(tmp_path)

    whole = replayed(tmp_path, progress)

    assert "replay --resume" in (stopped.value.hint or "")
    assert (progress.sent, progress.passed_seconds > 0) == (3, True)
    assert len(broker.names) == len(set(broker.names)) == len(PLAN.news)
    assert (whole.ok, whole.lines[-1].events, whole.board.sent) == (True, len(PLAN.news), len(PLAN.news))


def test_a_replay_that_has_ended_shows_its_kinds_of_events_and_not_all_that_it_knows(tmp_path: Path, broker: Broker):
    ended = replayed(tmp_path)

    assert repr(ended) == str(ended.table())
    assert ended.table().column("kind")[-1] == "all"


def test_a_replays_clock_begins_when_its_flights_are_stored(
    tmp_path: Path, broker: Broker, monkeypatch: pytest.MonkeyPatch
):
    stored: list[datetime] = []
    monkeypatch.setattr(replaying.seeding, "store", lambda *_: (time.sleep(0.05), stored.append(datetime.now(UTC))))

    last = max(event.known_at for event in replayed(tmp_path).facts.sent)

    # Times of events are whole milliseconds.
    assert last - stored[0] > PLAN.news[-1].known_at - PLAN.news[0].known_at - timedelta(milliseconds=1)


def test_a_replay_of_which_everything_was_sent_can_be_taken_up_to_be_waited_for(
    tmp_path: Path, broker: Broker, monkeypatch: pytest.MonkeyPatch
):
    def ctrl_c(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as impatient:
        impatient.setattr(replaying, "until_told", ctrl_c)
        with pytest.raises(UserError, match="every event is sent, and not everybody is told yet") as stopped:
            replayed(tmp_path)

    assert stopped.value.exit_code == INTERRUPTED
    assert replayed(tmp_path, ReplayProgress.load(tmp_path)).ok
    assert len(broker.names) == len(PLAN.news)


def test_one_that_is_killed_while_it_goes_on_goes_on_from_the_same_event_without_waiting_for_those_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    left = ReplayProgress(choice=CHOICE, began_at=BEGAN, sent=3, passed_seconds=3000.0)
    kept: list[ReplayProgress] = []

    def look(_session: object, _records: object, **_: object) -> None:
        kept.append(ReplayProgress.load(tmp_path))

    monkeypatch.setattr(replaying.sending, "send_records", look)
    replayed(tmp_path, left)

    assert [(found.sent, found.passed_seconds) for found in kept] == [(3, 3000.0)]


def test_a_replay_that_begins_gives_up_the_stopped_one_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    given_up: list[ReplayProgress] = []
    left = ReplayProgress(choice=CHOICE, began_at=BEGAN, sent=3, passed_seconds=3000.0)
    left.save(tmp_path)

    def ctrl_c(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(replaying.seeding, "store", ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        replayed(tmp_path, on_given_up=given_up.append)

    assert [found.sent for found in given_up] == [3]
    with pytest.raises(UserError, match="No replay was stopped half-way"):
        ReplayProgress.load(tmp_path)


def test_a_cloud_that_is_killed_under_a_replay_ends_it_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    local_state.save(RunningCloud(ended.pid, "1", str(tmp_path), "http://127.0.0.1:8", "127.0.0.1:9", *([""] * 5)))

    def wait(_session: object, _records: object, *, held: Callable[[], bool], **_: object) -> None:
        while not held():
            time.sleep(0.05)

    monkeypatch.setattr(replaying.sending, "send_records", wait)

    with pytest.raises(UserError, match=rf"process {ended.pid}\) has ended meanwhile") as said:
        replayed(tmp_path)

    assert "flightpulse up" in (said.value.hint or "")
