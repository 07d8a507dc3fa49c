"""The local cloud's own pages, such as ``GET /_flightpulse/health``, which tells what runs here."""

import http.client
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

PATH = "/_flightpulse/health"

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


def answering(application: Application, pages: Mapping[str, Callable[[], dict[str, Any]]]) -> Application:
    """The application with pages in front, by their paths; each gives its content at the time of the request."""

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        page = pages.get(scope["path"]) if scope["type"] == "http" else None
        if page is None:
            await application(scope, receive, send)
            return
        body = json.dumps(page()).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer


def read(port: int, timeout: float = 5.0, path: str = PATH) -> dict[str, Any] | None:
    """The health page (or another) of the local cloud on a port of this machine, or None when none answers there."""
    # Without a proxy, whatever the environment says: the page is on this machine.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        page = json.loads(answer.read()) if answer.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return page if isinstance(page, dict) else None
