"""The Lambda functions: thin handlers that join the domain to its adapters."""
