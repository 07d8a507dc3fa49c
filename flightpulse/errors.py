"""The one exception for mistakes a user can make and mend; the local cloud and the relay raise it too."""

from awskit.errors import UserError

__all__ = ["UserError"]
