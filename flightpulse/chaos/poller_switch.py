"""Takes Kafka away from the deployed event source mapping for a while, so that a relay process can have it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flightpulse.errors import UserError
from flightpulse.workbench.target.session import Session

_SETTLED_SECONDS = 30.0
_POLL_SECONDS = 0.2


def _mapping(session: Session) -> dict[str, Any]:
    function = session.output("KafkaConsumerArn")
    found = session.functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    if not found:
        raise UserError("The stack has no Kafka mapping.", hint="Deploy it with: flightpulse deploy")
    return dict(found[0])


def restore(session: Session) -> None:
    """Give Kafka back to the mapping, when a proof that was killed has left it without."""
    mapping = _mapping(session)
    if mapping["State"] != "Enabled":
        _set(session, mapping["UUID"], enabled=True)


@contextmanager
def without_mapping(session: Session) -> Iterator[str]:
    """Disable the mapping for a block; gives its consumer group, whose offsets a relay goes on with."""
    mapping = _mapping(session)
    _set(session, mapping["UUID"], enabled=False)
    try:
        yield str(mapping["SelfManagedKafkaEventSourceConfig"]["ConsumerGroupId"])
    finally:
        _set(session, mapping["UUID"], enabled=True)


def _set(session: Session, uuid: str, *, enabled: bool) -> None:
    session.functions.update_event_source_mapping(UUID=uuid, Enabled=enabled)
    wanted = "Enabled" if enabled else "Disabled"
    deadline = time.monotonic() + _SETTLED_SECONDS
    while time.monotonic() < deadline:
        if session.functions.get_event_source_mapping(UUID=uuid)["State"] == wanted:
            return
        time.sleep(_POLL_SECONDS)
    raise UserError(f"The Kafka mapping did not become {wanted.lower()}.", hint="Deploy again with: flightpulse deploy")
