"""Kafka as such: how to reach a cluster, records as AWS Lambda shows them, sending them and reading them back."""
