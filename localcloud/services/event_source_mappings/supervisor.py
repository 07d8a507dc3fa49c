"""Keeps one poller running for every enabled mapping of a DynamoDB stream or a Kafka topic, and none for the others."""

import logging
import threading
import time

from ministack.services import lambda_svc

from localcloud.services.event_source_mappings.kafka import KafkaPoller
from localcloud.services.event_source_mappings.mapping import Mapping
from localcloud.services.event_source_mappings.streams import StreamPoller

_RESTART_SECONDS = 5.0

_Key = tuple[str, str, str]
_Poller = KafkaPoller | StreamPoller

_log = logging.getLogger(__name__)


class Supervisor:
    """The pollers of this process. A changed mapping gets a new poller once the old one has finished its batch."""

    def __init__(self, back_off_scale: float) -> None:
        self._back_off_scale = back_off_scale
        self._pollers: dict[_Key, _Poller] = {}
        self._not_before: dict[_Key, float] = {}
        self._lock = threading.Lock()

    def reconcile(self) -> bool:
        """Bring pollers in line with the mappings there are, and wake them.

        Called by the emulator at least once a second, and after changes of a table. Whether there may be more to do at
        once, which is what its poll loop asks of a poller: never, for a poller that is awake goes on by itself.
        """
        with self._lock:
            wanted = {_key(mapping): mapping for mapping in _enabled_mappings()}
            for key, poller in list(self._pollers.items()):
                if wanted.get(key) != poller.mapping:
                    poller.stop()
                if poller.finished:
                    del self._pollers[key]
                    if wanted.get(key) == poller.mapping:
                        _log.error("the poller of event source mapping %s ended; it starts again soon", key[2])
                        self._not_before[key] = time.monotonic() + _RESTART_SECONDS
            for key, mapping in wanted.items():
                if key not in self._pollers and time.monotonic() >= self._not_before.get(key, 0.0):
                    self._start(key, mapping)
            for poller in self._pollers.values():
                poller.wake()
        return False

    def _start(self, key: _Key, mapping: Mapping) -> None:
        kind: type[_Poller] = KafkaPoller if mapping.is_kafka else StreamPoller
        try:
            poller = kind(mapping, self._back_off_scale)
        except (KeyError, ValueError) as error:
            mapping.result(f"PROBLEM: {error}")
            self._not_before[key] = time.monotonic() + _RESTART_SECONDS
            return
        self._pollers[key] = poller
        poller.start()


def _enabled_mappings() -> list[Mapping]:
    return [
        Mapping.of(account, region, record)
        for account, region, record in lambda_svc._iter_all_esms()
        if record.get("Enabled", True) and (record.get("Topics") or ":dynamodb:" in record.get("EventSourceArn", ""))
    ]


def _key(mapping: Mapping) -> _Key:
    return mapping.account, mapping.region, mapping.uuid
