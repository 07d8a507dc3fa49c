"""How to reach a Kafka cluster, and plain words when it cannot be reached."""

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from awskit.errors import UserError

_SECURITY_PREFIXES = ("security.", "sasl.", "ssl.", "enable.ssl.", "enable.sasl.")
_SECURITY_NAMES = ("broker.address.family", "client.dns.lookup")
_CRITICAL_ONLY = 2
_CONNECT_FAILURE = re.compile(r"(?:failed: |(?=Failed to resolve))(?P<why>.+?)(?: \(after .*)?$")
_HOPELESS = (KafkaError._RESOLVE, KafkaError._AUTHENTICATION, KafkaError._SSL)
_ATTEMPT_SECONDS = 1.0
_ATTEMPTS_WHEN_HOPELESS = 2
_QUICK_RECONNECT_MS = 2000


@dataclass(frozen=True, slots=True)
class Kafka:
    """A cluster: `bootstrap` is `HOST:PORT[,HOST:PORT…]`, `security` holds librdkafka's SASL and SSL properties."""

    bootstrap: str
    security: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def configured(cls, bootstrap: str, properties: Path | None) -> Self:
        """A cluster with the security settings of a properties file, if there is one. Raises `UserError`."""
        return cls(bootstrap, read_security(properties.read_text(encoding="utf-8").splitlines()) if properties else {})

    def client(self, **settings: Any) -> dict[str, Any]:
        """The configuration of a client. Its log lines are left to callbacks, so that nothing is printed twice."""
        return {
            "client.id": "flightpulse",
            "log_level": _CRITICAL_ONLY,
            "reconnect.backoff.max.ms": _QUICK_RECONNECT_MS,
            **self.security,
            "bootstrap.servers": self.bootstrap,
            **settings,
        }


def read_security(lines: Iterable[str]) -> dict[str, str]:
    """Read `name=value` lines (a properties file, or options) into security settings. Raises `UserError`.

    Blank lines and lines that start with # are skipped. Values never appear in an error: they may be passwords.
    """
    settings: dict[str, str] = {}
    for line in (line.strip() for line in lines):
        if not line or line.startswith("#"):
            continue
        name, separator, value = (part.strip() for part in line.partition("="))
        if not separator:
            raise UserError("A Kafka setting has no =.", hint="Write name=value, such as security.protocol=SASL_SSL.")
        if not name.startswith(_SECURITY_PREFIXES) and name not in _SECURITY_NAMES:
            raise UserError(f"{name!r} is not a Kafka security setting.", hint="Use security.*, sasl.* and ssl.* ones.")
        settings[name] = value
    return settings


def partitions_of(kafka: Kafka, topic: str, timeout: float = 10.0) -> int:
    """The number of partitions of a topic. Raises `UserError` when the cluster or the topic cannot be reached.

    A broker that is only slow gets all of `timeout` (seconds); one that refuses connections does not.
    """
    complaints: list[KafkaError] = []
    try:
        admin = AdminClient(kafka.client(error_cb=complaints.append))
    except KafkaException as error:
        raise UserError(f"Kafka does not accept these settings: {reason(error)}.", hint="Check them.") from error
    # Asking for all topics, not for this one: a broker may create a topic that somebody asks for.
    found = _topics(kafka, admin, complaints, timeout).get(topic)
    if found is None or found.error is not None:
        why = f" ({found.error.str()})" if found is not None and found.error is not None else ""
        raise UserError(f"The Kafka cluster at {kafka.bootstrap} has no topic {topic!r}{why}.", hint="Create it first.")
    return len(found.partitions)


def _topics(kafka: Kafka, admin: AdminClient, complaints: list[KafkaError], timeout: float) -> dict[str, Any]:
    attempts = 0
    deadline = time.monotonic() + timeout
    while True:
        try:
            return admin.list_topics(timeout=_ATTEMPT_SECONDS).topics
        except KafkaException as error:
            attempts += 1
            admin.poll(0)
            given_up = attempts >= _ATTEMPTS_WHEN_HOPELESS and any(map(_is_hopeless, complaints))
            if given_up or time.monotonic() >= deadline:
                raise _unreachable(kafka, complaints, error) from error


def _is_hopeless(complaint: KafkaError) -> bool:
    return complaint.code() in _HOPELESS or "refused" in complaint.str()


def _unreachable(kafka: Kafka, complaints: list[KafkaError], error: KafkaException) -> UserError:
    for complaint in complaints:
        if complaint.code() == KafkaError._AUTHENTICATION:
            return UserError(
                f"The Kafka broker at {kafka.bootstrap} refuses the credentials: {complaint.str()}.",
                hint="Check the SASL settings.",
            )
        if complaint.code() == KafkaError._SSL:
            return UserError(
                f"The Kafka broker at {kafka.bootstrap} and this client cannot agree on TLS: {complaint.str()}.",
                hint="Check security.protocol and the ssl.* settings.",
            )
    specific = [found for found in complaints if found.code() != KafkaError._ALL_BROKERS_DOWN]
    why = _plain(specific[0].str()) if specific else reason(error)
    return UserError(
        f"No Kafka broker answers at {kafka.bootstrap}: {why}.", hint="Start one, or give another address."
    )


def reason(error: KafkaException) -> str:
    """What went wrong, in librdkafka's words and without its codes."""
    cause = error.args[0] if error.args else error
    return cause.str() if isinstance(cause, KafkaError) else str(cause)


def _plain(complaint: str) -> str:
    """`Connection refused` from librdkafka's `…/bootstrap: Connect to … failed: Connection refused (after 0ms …)`."""
    found = _CONNECT_FAILURE.search(complaint)
    return found["why"] if found else complaint
