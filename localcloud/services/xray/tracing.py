"""Which trace something belongs to: the tracing header, passed on from service to service, and the sampling decision.

https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
"""

import random
import re
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from localcloud.process import ids

HEADER = b"x-amzn-trace-id"

_TRACE_ID = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")
_RATE = 0.05

Application = Callable[..., Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Trace:
    """A trace, the segment in it that is the parent of what follows, and whether it is recorded."""

    root: str
    parent: str = ""
    sampled: bool = True

    @classmethod
    def read(cls, header: Any) -> "Trace | None":
        """From a tracing header; None for what is none. A header that leaves the decision to others is not sampled."""
        fields = dict(part.strip().partition("=")[::2] for part in str(header or "").split(";"))
        root = fields.get("Root", "")
        if _TRACE_ID.fullmatch(root) is None:
            return None
        return cls(root, fields.get("Parent", ""), fields.get("Sampled") == "1")

    @property
    def header(self) -> str:
        parent = f";Parent={self.parent}" if self.parent else ""
        return f"Root={self.root}{parent};Sampled={int(self.sampled)}"

    def below(self, parent: str) -> "Trace":
        return replace(self, parent=parent)

    def segment(self, name: str, segment_id: str, start: float, end: float) -> dict[str, Any]:
        """What every segment of the trace has, of which this one is below the parent. Times are in seconds."""
        parent = {"parent_id": self.parent} if self.parent else {}
        times = {"start_time": start, "end_time": end}
        return {"name": name, "id": segment_id, "trace_id": self.root, **parent, **times}


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)
_last_second: dict[str, int] = {}
_lock = threading.Lock()


def current() -> Trace | None:
    """The trace of what is being done, None when nobody has begun one."""
    return _current.get()


@contextmanager
def within(trace: Trace | None) -> Iterator[None]:
    """What is done within belongs to a trace, or to none."""
    token = _current.set(trace)
    try:
        yield
    finally:
        _current.reset(token)


def begun(service: str) -> Trace:
    """A new trace, sampled by the default rule: the first of a service in each second, and 5 % of the rest."""
    now = int(time.time())
    with _lock:
        first = _last_second.get(service) != now
        _last_second[service] = now
    sampled = first or random.random() < _RATE  # noqa: S311 - no secret
    return Trace(f"1-{now:08x}-{ids.hexadecimal(24)}", sampled=sampled)


def new_id() -> str:
    return ids.hexadecimal(16)


def reading(application: Application) -> Application:
    """The application, which works within the trace that a request's header names."""

    async def answer(scope: MutableMapping[str, Any], *channels: Any) -> None:
        headers: Mapping[bytes, bytes] = dict(scope.get("headers") or ())
        with within(Trace.read(headers.get(HEADER, b"").decode("latin-1"))):
            await application(scope, *channels)

    return answer
