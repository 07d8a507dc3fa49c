"""Two notebooks on one local cloud: the second one waits until the first is idle, and says so once."""

import threading
from pathlib import Path
from typing import Any

from flightpulse.workbench.target.turns import Turn, take_turns
from tests.waiting import PATIENCE_SECONDS


def test_the_second_notebook_waits_until_the_first_is_idle_and_says_for_whom(tmp_path: Path):
    said: list[str] = []
    waiting, begun = threading.Event(), threading.Event()

    def say(line: str) -> None:
        said.append(line)
        waiting.set()

    first = Turn(tmp_path, "06-send-a-rapid-sequence", say, idle_seconds=0.0)
    second = Turn(tmp_path, "05-change-a-gate", say)
    first.begin()
    thread = threading.Thread(target=lambda: (second.begin(), begun.set()))
    thread.start()

    assert waiting.wait(PATIENCE_SECONDS)
    assert not begun.is_set()
    first.end_soon()
    assert begun.wait(PATIENCE_SECONDS)
    thread.join()
    second.end()
    assert said == [
        "… waiting: 06-send-a-rapid-sequence is running on this local cloud, and there is room for one notebook."
    ]


def test_a_notebook_keeps_its_turn_from_cell_to_cell(tmp_path: Path):
    said: list[str] = []
    first = Turn(tmp_path, "first", said.append, idle_seconds=60)
    second = Turn(tmp_path, "second", said.append)
    first.begin()
    first.end_soon()
    first.begin()
    thread = threading.Thread(target=second.begin)
    thread.start()
    thread.join(0.3)

    assert thread.is_alive()
    first.end()
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()
    second.end()


def test_a_kernel_takes_turns_once_however_often_it_connects(tmp_path: Path):
    registered: list[str] = []

    class Shell:
        class events:  # noqa: N801
            @staticmethod
            def register(name: str, _callback: Any) -> None:
                registered.append(name)

    take_turns(Shell, tmp_path, print)
    take_turns(Shell, tmp_path, print)

    assert registered == ["pre_run_cell", "post_run_cell"]
