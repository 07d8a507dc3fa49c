"""The embedded Kafka broker."""

from localcloud.broker.embedded import PARTITION_BYTES, PARTITIONS, EmbeddedBroker, start

__all__ = ["PARTITIONS", "PARTITION_BYTES", "EmbeddedBroker", "start"]
