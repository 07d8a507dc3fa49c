"""Reading what a process writes."""

import os
import threading
from collections.abc import Iterator

import pytest

from localcloud.services.lambda_functions.output import Output
from tests.waiting import PATIENCE_SECONDS


class Pipe:
    """A process's standard output, with our end of it."""

    def __init__(self) -> None:
        reading, self._writing = os.pipe()
        self._reading = os.fdopen(reading, "rb", buffering=0)
        self.output = Output(self._reading)

    def write(self, text: str) -> None:
        os.write(self._writing, text.encode())

    def close(self) -> None:
        if self._writing >= 0:
            os.close(self._writing)
            self._writing = -1

    def close_reading(self) -> None:
        self._reading.close()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()
    pipe.close_reading()


def texts(pipe: Pipe) -> list[str]:
    return [line.text for line in pipe.output.take()]


def test_everything_written_before_is_taken_at_once(pipe: Pipe):
    pipe.write("one\ntwo\n")

    assert texts(pipe) == ["one", "two"]


def test_what_was_taken_is_not_taken_again(pipe: Pipe):
    pipe.write("one\n")
    texts(pipe)
    pipe.write("two\n")

    assert texts(pipe) == ["two"]


def test_an_unfinished_line_is_taken_too(pipe: Pipe):
    pipe.write("one\nunfinished")

    assert texts(pipe) == ["one", "unfinished"]


def test_nothing_written_is_nothing(pipe: Pipe):
    assert texts(pipe) == []


def test_the_lines_of_one_error_stay_one_event(pipe: Pipe):
    pipe.write("[ERROR] KeyError\rTraceback\r  File\n")

    assert texts(pipe) == ["[ERROR] KeyError\nTraceback\n  File"]


def test_a_windows_line_end_is_no_part_of_the_line(pipe: Pipe):
    pipe.write("one\r\ntwo\r\n")

    assert texts(pipe) == ["one", "two"]


def test_more_than_a_pipe_holds_is_read_while_it_is_written(pipe: Pipe):
    reader = threading.Thread(target=pipe.output.pump)
    reader.start()
    expected = [f"line {number} {'x' * 100}" for number in range(5000)]
    for line in expected:
        pipe.write(f"{line}\n")

    assert texts(pipe) == expected
    pipe.close()
    reader.join(timeout=PATIENCE_SECONDS)
    assert not reader.is_alive()


def test_what_was_written_before_the_end_can_be_taken_after_it(pipe: Pipe):
    reader = threading.Thread(target=pipe.output.pump)
    reader.start()
    pipe.write("last words\n")
    pipe.close()
    reader.join(timeout=PATIENCE_SECONDS)

    assert texts(pipe) == ["last words"]
