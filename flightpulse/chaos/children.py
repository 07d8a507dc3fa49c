"""The programs that a crash proof starts and kills: a producer and a relay, each in a process of its own.

``python -m flightpulse.chaos.children produce BOOTSTRAP FILE PAUSE`` sends the events of a JSON file, each acknowledged
before the next, with so many seconds between; ``… relay BOOTSTRAP ENDPOINT FUNCTION GROUP`` is ``flightpulse relay``
with a shorter session, so that the group notices a death within seconds.
"""

import json
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from awskit.kafka.connection import Kafka
from awskit.kafka.producer import RecordProducer, check, send_all
from awskit.relay import Observer, Poller, Subscription, run_until_signal
from awskit.relay.aws import LambdaFunction, lambda_client
from flightpulse.chaos.poller_switch import without_mapping
from flightpulse.domain.events import TOPIC
from flightpulse.workbench.target.session import Session, local_aws_session
from simulator import events

_SESSION_MS = 2000
# A broker that is killed and started again may take a minute on a busy machine.
_DELIVERY_SECONDS = 120.0
_PATIENCE_SECONDS = 10.0
_JOINING_SECONDS = 12.0
_JOINS = 4


class Child:
    """One of the programs as a process. Leaving the block kills what still runs."""

    def __init__(self, *arguments: str) -> None:
        self._command = [sys.executable, "-m", __name__, *arguments]
        self._process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        self._polling = False
        return subprocess.Popen(  # noqa: S603 - ourselves
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def make_poll(self) -> bool:
        """Wait until a relay has partitions, and start it anew when it gets none; False when that does not help.

        librdkafka's in-process broker does not get over members that leave or die while another one joins: nobody is
        given a partition for a minute and more. Kafka itself waits for the session time-out.
        """
        for _ in range(_JOINS):
            said = self._process.stdout
            if self._polling or (said is not None and select.select([said], [], [], _JOINING_SECONDS)[0]):
                self._polling = True
                return True
            self.kill_and_restart()
        return False

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative when it was killed."""
        return self._process.poll()

    def kill_and_restart(self) -> bool:
        """kill -9, and start it again; False when it had ended by itself, and then it is not started again."""
        if self._process.poll() is not None:
            return False
        self._process.kill()
        self._process.communicate()
        self._process = self._start()
        return True

    def wait(self, seconds: float) -> bool:
        """Wait for its end; whether it went well."""
        try:
            return self._process.wait(timeout=seconds) == 0
        except subprocess.TimeoutExpired:
            return False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate(timeout=_PATIENCE_SECONDS)


@dataclass(frozen=True, slots=True)
class Programs:
    """Starts relays that go on for the event source mapping, and producers."""

    session: Session
    group: str
    folder: Path

    def relay(self, endpoint_url: str | None = None) -> Child:
        """A relay that reaches Lambda at the session's endpoint, or at another one."""
        function = self.session.output("KafkaConsumerArn")
        return Child("relay", self.session.broker, endpoint_url or str(self.session.endpoint_url), function, self.group)

    def producer(self, records: Sequence[Any], pause: float) -> Child:
        """Sends events with so many seconds between them."""
        file = self.folder / "events.json"
        file.write_text(json.dumps(records), encoding="utf-8")
        return Child("produce", self.session.broker, str(file), str(pause))


@contextmanager
def instead_of_mapping(session: Session) -> Iterator[Programs]:
    """Take Kafka away from the event source mapping for a block, so that relays can have it."""
    with without_mapping(session) as group, tempfile.TemporaryDirectory(prefix="flightpulse-chaos-") as folder:
        yield Programs(session, group, Path(folder))


def _produce(bootstrap: str, file: str, pause: str) -> None:
    def wait(producer: RecordProducer, _number: int) -> None:
        producer.flush()
        producer.pause(float(pause))

    records = map(events.record, json.loads(Path(file).read_text(encoding="utf-8")))
    check(send_all(Kafka(bootstrap), TOPIC, records, after_each=wait, delivery_seconds=_DELIVERY_SECONDS))


def _relay(bootstrap: str, endpoint: str, function: str, group: str) -> None:
    subscription = Subscription(
        Kafka(bootstrap), TOPIC, group, batch_size=10, window_seconds=0.05, session_timeout_ms=_SESSION_MS
    )
    invoke = LambdaFunction(lambda_client(local_aws_session(endpoint)), function)

    class Polling(Observer):
        """Says once that there are partitions to poll."""

        said = False

        def assigned(self, partitions: int) -> None:
            if partitions and not self.said:
                self.said = True
                sys.stdout.write("polling\n")
                sys.stdout.flush()

    run_until_signal(Poller(subscription, invoke, observer=Polling()))


if __name__ == "__main__":
    if sys.argv[1] == "produce":
        _produce(*sys.argv[2:])
    else:
        _relay(*sys.argv[2:])
