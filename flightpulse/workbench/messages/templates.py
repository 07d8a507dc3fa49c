"""The templates of messages that the model wrote and the table keeps."""

from flightpulse.workbench.messages import template_cache
from flightpulse.workbench.target.connection import Connection


class Templates:
    """``wb.templates``."""

    def __init__(self, target: Connection) -> None:
        self._target = target

    def forget(self, segments: str = "") -> int:
        """Delete the model's kept templates, so that it is asked again; gives how many there were.

        ``segments`` is how their keys begin, such as ``delay/MAJOR/MECHANICAL``; without it all of them. Raises
        UserError when no segment begins like this.
        """
        return template_cache.forget(self._target.deployed, segments)
