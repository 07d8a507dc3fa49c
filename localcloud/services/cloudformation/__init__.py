"""Resource types and stack outputs."""
