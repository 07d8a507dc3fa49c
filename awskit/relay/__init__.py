"""The relay: what an event source mapping does for Kafka, for brokers out of reach of AWS and for the local cloud."""

from awskit.kafka.connection import Kafka, partitions_of, read_security
from awskit.relay.delivery import Answer, RetryPolicy, Verdict
from awskit.relay.poller import Poller, run_until_signal
from awskit.relay.subscription import Observer, StartingPosition, Subscription

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
