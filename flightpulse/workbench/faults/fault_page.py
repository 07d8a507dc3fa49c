"""Calls the pages on which a local cloud and its model say what is to fail, and what has failed."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from flightpulse.errors import UserError

_ROOT = "/_flightpulse/"
_SECONDS = 10.0


class FaultPage:
    """The page ``/_flightpulse/faults`` of one address, and what lies beside it."""

    def __init__(self, address: str) -> None:
        self._address = urlsplit(address).netloc

    def call(self, method: str, body: object = None, *, what: str = "faults") -> tuple[int, Any]:
        """The HTTP status and the JSON content. Raises UserError when nothing answers."""
        # Without a proxy, whatever the environment says: the page is on this machine.
        connection = http.client.HTTPConnection(self._address, timeout=_SECONDS)
        try:
            connection.request(method, _ROOT + what, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise UserError("The local cloud does not answer.", hint="Start it with: wb.ready()") from error
        finally:
            connection.close()
