"""The embedded local cloud: one process on 127.0.0.1 that stands in for the AWS services of the stack."""
