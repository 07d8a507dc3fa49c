"""The process of a local cloud: start it, find it, stop it, and what it keeps in its home."""

from localcloud.process.lifecycle import DEFAULT_PORT, down, status, up

__all__ = ["DEFAULT_PORT", "down", "status", "up"]
