"""The relay: what an event source mapping does for Kafka, for brokers out of reach of AWS and for the local cloud."""

from flightpulse.kafka.connection import Kafka, partitions_of, read_security
from flightpulse.relay.delivery import Answer, RetryPolicy, Verdict
from flightpulse.relay.poller import Poller
from flightpulse.relay.signals import run_until_signal
from flightpulse.relay.subscription import Observer, StartingPosition, Subscription

__all__ = [
    "Answer",
    "Kafka",
    "Observer",
    "Poller",
    "RetryPolicy",
    "StartingPosition",
    "Subscription",
    "Verdict",
    "partitions_of",
    "read_security",
    "run_until_signal",
]
