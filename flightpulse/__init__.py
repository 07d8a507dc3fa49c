"""FlightPulse: airline operations events, from Kafka to passengers' messages."""
