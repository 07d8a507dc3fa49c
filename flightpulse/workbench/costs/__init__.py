"""What the stack and a run cost at list prices."""
