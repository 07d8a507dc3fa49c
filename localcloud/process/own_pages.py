"""The local cloud's own pages, in front of the emulator, such as ``/_flightpulse/health`` (what runs here)."""

import http.client
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

HEALTH_PATH = "/_flightpulse/health"

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]
Page = Callable[[str, bytes], tuple[int, Any]]
"""What a page answers to a method and a body: the HTTP status and the content."""


def answering(application: Application, pages: Mapping[str, Page]) -> Application:
    """The application with pages in front, by their paths."""

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        page = pages.get(scope["path"]) if scope["type"] == "http" else None
        if page is None:
            await application(scope, receive, send)
            return
        status, content = page(scope["method"], await read_body(receive))
        body = json.dumps(content).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer


async def read_body(receive: Receive) -> bytes:
    """The whole body of a request."""
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def read(port: int, timeout: float = 5.0, path: str = HEALTH_PATH) -> dict[str, Any] | None:
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
