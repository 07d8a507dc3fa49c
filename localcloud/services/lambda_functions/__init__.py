"""Functions on AWS's own runtime client."""
