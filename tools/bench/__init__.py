"""FlightPulse beside the design that suggests itself first: one model call per booking. ``python -m tools.bench``."""
