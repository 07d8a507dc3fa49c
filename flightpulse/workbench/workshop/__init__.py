"""The workshop: a copy of the code that a learner changes, runs on a local cloud of its own, and has graded."""

from flightpulse.workbench.workshop.shop import Workshop, open_workshop

__all__ = ["Workshop", "open_workshop"]
