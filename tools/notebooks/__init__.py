"""Builds, checks and publishes the notebooks: ``python -m tools.notebooks``."""
