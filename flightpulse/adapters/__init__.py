"""The edges of FlightPulse: the table, the bus, queues, the model, settings and telemetry."""
