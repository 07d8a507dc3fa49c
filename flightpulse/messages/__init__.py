"""What passengers are told: templates that a model drafts and a reviewer approves, and how they are filled."""
