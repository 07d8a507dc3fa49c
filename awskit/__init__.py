"""What AWS and Kafka define, without a word of flights: their languages, records, and the poller between them.

The local cloud and FlightPulse both stand on it; it stands on neither.
"""
