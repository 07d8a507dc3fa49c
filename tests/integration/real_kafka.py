"""A real Apache Kafka for a test: one KRaft node from Maven Central, on free ports, in a folder of its own.

It needs Java 17 or later and Maven. Tests marked :data:`NEEDED` run where both are there and are skipped, with the
reason, where they are not. ``FLIGHTPULSE_REAL_KAFKA=1`` (or ``CI=true``) makes them fail instead, and
``FLIGHTPULSE_REAL_KAFKA=0`` skips them anywhere.
"""

import os
import shutil
import socket
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path
from types import TracebackType
from xml.etree import ElementTree

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from flightpulse.paths import ROOT
from tests.waiting import PATIENCE_SECONDS

_POM = Path(__file__).with_name("kafka") / "pom.xml"
VERSION = ElementTree.parse(_POM).findtext(".//{*}dependency[{*}artifactId='kafka_2.13']/{*}version")

_MAVEN_SECONDS = 600.0
_PROPERTIES = """process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker}
controller.listener.names=CONTROLLER
log.dirs={folder}/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
"""


def missing() -> str:
    """What this machine lacks to run a real Kafka; empty when it lacks nothing."""
    return " and ".join(name for name in ("java", "mvn") if shutil.which(name) is None)


_WANTED = os.environ.get("FLIGHTPULSE_REAL_KAFKA", "1" if os.environ.get("CI") == "true" else "")
NEEDED = (
    pytest.mark.skipif(_WANTED == "0", reason="FLIGHTPULSE_REAL_KAFKA=0: no real Apache Kafka wanted"),
    pytest.mark.skipif(
        bool(missing()) and _WANTED != "1",
        reason=f"a real Apache Kafka needs {missing()}: apt-get install openjdk-17-jre-headless maven",
    ),
)
"""Marks of tests that run against a real Kafka."""


class RealKafka:
    """A broker that keeps its records when it is killed and started again."""

    def __init__(self, folder: Path) -> None:
        assert not missing(), f"a real Apache Kafka is wanted here, and it needs {missing()}"
        self._folder = folder
        self._settings = folder / "server.properties"
        self._process: subprocess.Popen[bytes] | None = None
        broker, controller = _free_ports()
        self.bootstrap = f"127.0.0.1:{broker}"
        self._settings.write_text(_PROPERTIES.format(broker=broker, controller=controller, folder=folder))
        self._class_path = _class_path(folder)
        # One that begins with a hyphen would be taken for an option.
        cluster_id = "k" + urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")[1:]
        self._java(
            "kafka.tools.StorageTool", "format", "--standalone", "-t", cluster_id, "-c", str(self._settings)
        ).wait()

    def start(self) -> None:
        """Start the broker, the first time or again, and wait until it answers."""
        self._process = self._java("kafka.Kafka", str(self._settings))
        deadline = time.monotonic() + PATIENCE_SECONDS
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        while True:
            assert self._process.poll() is None, (self._folder / "kafka.log").read_text()[-3000:]
            try:
                admin.list_topics(timeout=1)
            except KafkaException:
                assert time.monotonic() < deadline, "Kafka did not start in time"
            else:
                return

    def create_topic(self, name: str, partitions: int) -> None:
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        admin.create_topics([NewTopic(name, num_partitions=partitions, replication_factor=1)])[name].result(20)

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> "RealKafka":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def _java(self, main: str, *arguments: str) -> subprocess.Popen[bytes]:
        # Compiled once and quickly: no broker of a test lives so long that more would pay.
        frugal = ["-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
        command = ["java", *frugal, "-cp", self._class_path, main, *arguments]
        with (self._folder / "kafka.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder)


def _class_path(folder: Path) -> str:
    """Have Maven fetch Kafka into its own repository, the first time; what it said is kept in ``build``."""
    known = ROOT / "build" / f"kafka-{VERSION}.class-path"
    if known.exists() and all(Path(jar).exists() for jar in known.read_text().split(os.pathsep)):
        return known.read_text()
    output = folder / "class-path.txt"
    goal = ["dependency:build-classpath", f"-Dmdep.outputFile={output}"]
    for offline in (["-o"], []):
        done = subprocess.run(
            ["mvn", "-q", "-B", "-f", str(_POM), *offline, *goal],
            cwd=folder,
            timeout=_MAVEN_SECONDS,
            capture_output=True,
            check=False,
        )
        if done.returncode == 0:
            known.parent.mkdir(exist_ok=True)
            known.write_text(output.read_text().strip())
            return known.read_text()
    raise AssertionError(f"Maven could not fetch Kafka {VERSION}: {done.stdout.decode()[-2000:]}")


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1]), int(two.getsockname()[1])
