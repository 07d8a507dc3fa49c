"""Traces as X-Ray has them: one event's way over all services, as a waterfall and as a map of services."""
