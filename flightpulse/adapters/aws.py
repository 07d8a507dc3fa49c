"""How this project's functions call AWS: timeouts and retries of every client."""

from botocore.config import Config

# Three retries with jitter ride out a throttle; the timeouts keep one lost connection well inside a function's own.
CLIENT_CONFIG = Config(
    connect_timeout=2,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 4},
    tcp_keepalive=True,
)
