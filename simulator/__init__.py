"""Plays the airline's operations: builds their events, sends them to Kafka, and knows the scenarios."""
