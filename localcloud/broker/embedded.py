"""The embedded Kafka broker: librdkafka's in-process mock cluster, opened for any Kafka client on 127.0.0.1.

What it is good for: producing (also idempotent and transactional), consumer groups with commits and rebalances, record
headers and keys, topic listing. Clients of any make can use it while the process that started it lives.

What it does not do, so that nobody is surprised:

- It keeps at most 5 MiB (and 100,000 record batches) per partition and drops the oldest records beyond that, read or
  not. A flight event takes about 450 bytes, so one partition holds the last 11,000 or so; PARTITIONS spreads a topic
  over enough of them. `awskit.relay` notices and reports records that were dropped before it read them.
- It forgets everything when its process ends, and the operating system chooses its port.
- A fetch that finds nothing is answered when the client's `fetch.wait.max.ms` is over, not when a record arrives.
- Every rebalance of a group but its first takes about five seconds.
- A retry of an idempotent (but not transactional) produce request is not recognised as a duplicate.
- There is no CreateTopics, ListGroups or DescribeGroups, no TLS, no SASL and no quota; an unknown topic is created by
  whoever asks for it, with 4 partitions.
"""

import ctypes
import re
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from confluent_kafka import cimpl

from localcloud.broker.proxy import HOST, BrokerProxy

PARTITIONS = 24
"""Partitions of a topic that has no number of its own: 120 MiB of unread records when keys spread evenly. Measured with
4 to 96 partitions: latency, throughput and idle CPU do not depend on the number, memory is only taken by records."""

PARTITION_BYTES = 5 * 2**20
"""What a partition keeps of what nobody has read yet."""

_BROKER_ID = 1
_PRODUCER = 0
_FIRST_REBALANCE_DELAY_MS = 400
_LOG_CRITICAL_ONLY = b"2"
_ERROR_TEXT_BYTES = 512
_BETWEEN_ORDERS_SECONDS = 0.002
_TOPIC_NAME = re.compile(r"[a-zA-Z0-9._-]{1,249}")

# Of these requests the mock cluster claims to know newer versions than it can read; other clients would believe it.
_NEWEST_VERSIONS = {
    "FindCoordinator": (10, 2),
    "JoinGroup": (11, 5),
    "Heartbeat": (12, 3),
    "LeaveGroup": (13, 2),
    "SyncGroup": (14, 3),
}


class EmbeddedBroker:
    """A running broker. `bootstrap` is its HOST:PORT; `stop` ends it and drops its records."""

    def __init__(self, topics: Mapping[str, int]) -> None:
        self._lock = threading.Lock()
        self._stopped = False
        self._library = library = _Library()
        error = ctypes.create_string_buffer(_ERROR_TEXT_BYTES)
        settings = library.conf_new()
        library.conf_set(settings, b"log_level", _LOG_CRITICAL_ONLY, error, _ERROR_TEXT_BYTES)
        self._client = library.new(_PRODUCER, settings, error, _ERROR_TEXT_BYTES)
        if not self._client:
            raise RuntimeError(f"librdkafka could not start: {error.value.decode(errors='replace')}")
        self._cluster = library.cluster_new(self._client, 1)
        if not self._cluster:
            library.destroy(self._client)
            raise RuntimeError("librdkafka could not open a port on 127.0.0.1 for the embedded Kafka broker")
        library.first_rebalance_delay(self._cluster, _FIRST_REBALANCE_DELAY_MS)
        for api_key, newest in _NEWEST_VERSIONS.values():
            self._order(library.set_versions, api_key, 0, newest)
        for name, partitions in topics.items():
            self._order(library.topic_create, name.encode(), partitions, 1)
        self._proxy = BrokerProxy(int(library.bootstraps(self._cluster).decode().rsplit(":", 1)[1]))
        library.advertise(self._cluster, _BROKER_ID, HOST.encode(), self._proxy.port)
        self.bootstrap = f"{HOST}:{self._proxy.port}"

    def take_down(self) -> None:
        """Close the port and every connection but keep topics, records and offsets: an outage to rehearse with."""
        self._proxy.take_down()

    def bring_up(self) -> None:
        """End the outage that `take_down` began."""
        self._proxy.bring_up()

    def stop(self) -> None:
        """End the broker. Calling it again does nothing."""
        with self._lock:
            if not self._stopped:
                self._stopped = True
                self._proxy.close()
                self._library.cluster_destroy(self._cluster)
                self._library.destroy(self._client)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _order(self, function: Callable[..., int], *arguments: object) -> None:
        """Have the mock cluster's thread do something."""
        function(self._cluster, *arguments)
        # An order that comes before the thread has gone back to sleep does not wake it, and waits for a second.
        time.sleep(_BETWEEN_ORDERS_SECONDS)


def start(topics: Mapping[str, int]) -> EmbeddedBroker:
    """Start a broker on a free port of 127.0.0.1 with these topics (name to number of partitions).

    Raises ValueError for a topic that Kafka would not allow: the mock cluster accepts any and then misbehaves.
    """
    for name, partitions in topics.items():
        if not _TOPIC_NAME.fullmatch(name) or partitions < 1:
            raise ValueError(f"Kafka allows no topic {name!r} with {partitions} partitions")
    return EmbeddedBroker(topics)


class _Library:
    """The mock-cluster functions of the librdkafka that confluent-kafka is linked with.

    Looking symbols up through the extension module finds them wherever the wheel keeps the library (auditwheel on
    Linux, delocate on macOS), because the loader searches a module's dependencies too.
    """

    def __init__(self) -> None:
        handle = ctypes.CDLL(cimpl.__file__)
        pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int

        def function(name: str, result: Any, *arguments: Any) -> Any:
            found = getattr(handle, name)
            found.restype, found.argtypes = result, list(arguments)
            return found

        self.conf_new = function("rd_kafka_conf_new", pointer)
        self.conf_set = function("rd_kafka_conf_set", number, pointer, text, text, text, ctypes.c_size_t)
        self.new = function("rd_kafka_new", pointer, number, pointer, text, ctypes.c_size_t)
        self.destroy = function("rd_kafka_destroy", None, pointer)
        self.cluster_new = function("rd_kafka_mock_cluster_new", pointer, pointer, number)
        self.cluster_destroy = function("rd_kafka_mock_cluster_destroy", None, pointer)
        self.bootstraps = function("rd_kafka_mock_cluster_bootstraps", text, pointer)
        self.topic_create = function("rd_kafka_mock_topic_create", number, pointer, text, number, number)
        self.first_rebalance_delay = function(
            "rd_kafka_mock_group_initial_rebalance_delay_ms", None, pointer, ctypes.c_int32
        )
        self.set_versions = function(
            "rd_kafka_mock_set_apiversion", number, pointer, ctypes.c_int16, ctypes.c_int16, ctypes.c_int16
        )
        self.advertise = function("rd_kafka_mock_broker_set_host_port", None, pointer, ctypes.c_int32, text, number)
