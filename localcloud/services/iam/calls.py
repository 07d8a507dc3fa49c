"""Which AWS calls each role made: a page that ``flightpulse permissions`` compares with the roles' policies."""

import threading
from collections import Counter
from typing import Any, NamedTuple

PATH = "/_flightpulse/calls"


class RoleCall(NamedTuple):
    """One kind of call: with which role, of what, on what, and whether the role's policies allow it."""

    role: str
    action: str
    resource: str
    allowed: bool


_lock = threading.Lock()
_seen: Counter[RoleCall] = Counter()


def note(role: str, action: str, resource: str, *, allowed: bool) -> None:
    """Count a call."""
    with _lock:
        _seen[RoleCall(role, action, resource, allowed)] += 1


def page(*, enforced: bool) -> dict[str, Any]:
    """The calls so far; ``enforced`` says whether anything is noted and refused here at all."""
    with _lock:
        seen = sorted(_seen.items())
    return {"enforced": enforced, "calls": [{**call._asdict(), "count": count} for call, count in seen]}
