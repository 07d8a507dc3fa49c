"""Faults on demand, protections taken away, and what is sent back afterwards."""
