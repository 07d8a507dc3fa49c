"""A relay in a process of its own, for tests that kill it. It writes down every record it delivers.

``python -m tests.integration.kafka.relay_process BOOTSTRAP TOPIC GROUP JOURNAL READY MILLISECONDS SESSION``: each line
of the journal is ``PARTITION OFFSET VALUE``, written when the record is delivered (several relays may share a journal);
the file READY appears when the relay has partitions; an invocation takes MILLISECONDS; SESSION is the group's session
time-out in milliseconds.
"""

import base64
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from awskit.relay import Answer, Kafka, Observer, Poller, Subscription, Verdict, run_until_signal
from tests.waiting import PATIENCE_SECONDS

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Delivered:
    partition: int
    offset: int
    value: str


def read_journal(journal: Path) -> list[Delivered]:
    """Everything that was delivered so far, in order."""
    if not journal.exists():
        return []
    lines = journal.read_text().splitlines(keepends=True)
    return [_read(line) for line in lines if line.endswith("\n")]


class RelayProcess:
    """A started relay; ``ready`` when it has partitions."""

    def __init__(
        self,
        bootstrap: str,
        topic: str,
        group: str,
        journal: Path,
        *,
        name: str = "relay",
        milliseconds: int = 1,
        session_timeout_ms: int = 2000,
    ) -> None:
        self._ready = journal.with_suffix(f".{name}")
        self._ready.unlink(missing_ok=True)
        files = [str(journal), str(self._ready)]
        arguments = [bootstrap, topic, group, *files, str(milliseconds), str(session_timeout_ms)]
        self._process = subprocess.Popen([sys.executable, "-m", __name__, *arguments], cwd=ROOT)

    @property
    def ready(self) -> bool:
        return self._ready.exists()

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()

    def terminate(self) -> int:
        """SIGTERM; returns the exit code."""
        self._process.terminate()
        return self._process.wait(timeout=PATIENCE_SECONDS)

    def __enter__(self) -> "RelayProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()


def _read(line: str) -> Delivered:
    partition, offset, value = line.split(" ", 2)
    return Delivered(int(partition), int(offset), value.rstrip("\n"))


class _Ready(Observer):
    def __init__(self, file: Path) -> None:
        self._file = file

    def assigned(self, partitions: int) -> None:
        if partitions:
            self._file.touch()


def main() -> None:
    bootstrap, topic, group, journal, ready, milliseconds, session_timeout_ms = sys.argv[1:]

    def invoke(event: dict[str, Any]) -> Answer:
        time.sleep(int(milliseconds) / 1000)
        lines = [
            f"{record['partition']} {record['offset']} {base64.b64decode(record['value']).decode()}\n"
            for records in event["records"].values()
            for record in records
        ]
        with Path(journal).open("a") as file:
            file.write("".join(lines))
        return Answer(Verdict.SUCCEEDED)

    subscription = Subscription(
        Kafka(bootstrap), topic, group, batch_size=20, window_seconds=0.0, session_timeout_ms=int(session_timeout_ms)
    )
    run_until_signal(Poller(subscription, invoke, observer=_Ready(Path(ready))))


if __name__ == "__main__":
    main()
