"""Workflow executions: found, read with their history, loaded from files, told in words."""
