"""What passengers are told: segments, templates that a model drafts and a reviewer approves, and how they are filled."""
