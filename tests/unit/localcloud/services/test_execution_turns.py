"""Few executions run at once, and none waits for ever."""

import threading

from localcloud.services.step_functions.turns import Turns

SECONDS = 5.0


class Execution:
    """Notes when it is launched."""

    def __init__(self) -> None:
        self.launched = threading.Event()

    def take(self, turns: Turns) -> "Execution":
        turns.take(self, self.launched.set)
        return self


def test_who_comes_when_all_turns_are_taken_waits_for_one_that_ends():
    # Given two turns, which are taken, and two executions that wait
    turns = Turns(at_once=2, longest_seconds=60.0)
    first, second, third, fourth = (Execution().take(turns) for _ in range(4))
    assert first.launched.is_set()
    assert second.launched.is_set()
    assert not third.launched.is_set()

    # When one of them ends
    turns.give_back(second)

    # Then the one that came first runs, and the other goes on waiting
    assert third.launched.wait(SECONDS)
    assert not fourth.launched.is_set()
    turns.give_back(first)
    assert fourth.launched.wait(SECONDS)


def test_one_that_hangs_keeps_the_others_waiting_for_some_time_only():
    turns = Turns(at_once=1, longest_seconds=0.05)
    Execution().take(turns)

    assert Execution().take(turns).launched.wait(SECONDS)


def test_a_turn_that_is_given_back_twice_counts_once():
    turns = Turns(at_once=1, longest_seconds=60.0)
    over, running, waiting = Execution().take(turns), Execution(), Execution()
    turns.give_back(over)
    running.take(turns)
    turns.give_back(over)
    waiting.take(turns)

    assert running.launched.wait(SECONDS)
    assert not waiting.launched.is_set()
