"""Tasks that wait for somebody's answer."""

import pytest
from ministack.services import stepfunctions as emulator

from localcloud.services.step_functions import callbacks

ACTIVITY = "arn:aws:states:us-east-1:000000000000:activity:A"


class TakenMeanwhile(list[object]):
    """A queue from which a worker takes the task as soon as somebody has looked for it."""

    def __contains__(self, task: object) -> bool:
        self.remove(task)
        return True


def test_a_task_that_a_worker_takes_at_the_last_moment_is_no_longer_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = TakenMeanwhile()
    monkeypatch.setitem(emulator._activity_tasks, ACTIVITY, queue)

    with callbacks.token() as token, callbacks.offered(token, ACTIVITY, "{}"):
        assert [task["input"] for task in queue] == ["{}"]
    assert list(queue) == []

    with callbacks.token() as token, callbacks.offered(token, ACTIVITY, "{}"):
        queue.clear()
    assert list(queue) == []
