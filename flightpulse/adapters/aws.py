"""How this project's functions call AWS: timeouts, retries and traces of every client."""

from typing import Any, cast

import boto3
from botocore.config import Config

from flightpulse.adapters import tracing

# Three retries with jitter ride out a throttle; the timeouts keep one lost connection well inside a function's own.
CLIENT_CONFIG = Config(
    connect_timeout=2,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 4},
    tcp_keepalive=True,
)


def client(service: str, config: Config = CLIENT_CONFIG) -> Any:
    """A client from the environment whose calls are seen in traces."""
    made = cast("Any", boto3).client(service, config=config)
    tracing.follow(made)
    return made
