"""FlightPulse's local cloud: with its topic, and with the stand-in for a language model.

``python -m flightpulse.local_cloud --home DIR --port P`` runs it in the foreground.
"""

from flightpulse.stack.names import TOPIC
from flightpulse.stand_in.model import StandIn, segments_of
from flightpulse.stand_in.spoilers import SPOILERS
from localcloud.model import Request
from localcloud.server import Setup, main_and_exit


def _subject(request: Request) -> str | None:
    return ", ".join(segment.key for segment in segments_of(request)) or None


SETUP = Setup(topics=(TOPIC,), writer=StandIn(), subject=_subject, spoilers=SPOILERS)

if __name__ == "__main__":
    main_and_exit(SETUP)
