"""Brings the stack and its data to a target, and says what stands there."""
