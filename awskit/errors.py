"""The one exception for mistakes a user can make and mend."""

import errno

NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
"""The numbers of an OSError that says that a disk, or the user's part of it, is full."""


class UserError(Exception):
    """Something the user can put right.

    ``message`` names the thing that is wrong; ``hint`` says the way out. Programs print both on one line and exit
    with ``exit_code``; notebooks show them as one sentence.
    """

    def __init__(self, message: str, *, hint: str = "", exit_code: int = 1) -> None:
        super().__init__(f"{message} {hint}".strip())
        self.message = message
        self.hint = hint
        self.exit_code = exit_code
