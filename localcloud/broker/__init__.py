"""The embedded Kafka broker."""

from localcloud.broker.embedded import PARTITIONS, EmbeddedBroker, start

__all__ = ["PARTITIONS", "EmbeddedBroker", "start"]
