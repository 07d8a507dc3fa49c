"""The pages of the local cloud itself stand before the emulator."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

from localcloud.process import own_pages


def answered(method: str, path: str, *body: bytes) -> list[MutableMapping[str, Any]]:
    """What an application with one page, which echoes, sends for a request."""
    sent: list[MutableMapping[str, Any]] = []
    parts = list(body)

    async def emulator(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "the emulator"})

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    application = own_pages.answering(emulator, {"/page": lambda method, body: (201, [method, body.decode()])})
    asyncio.run(application({"type": "http", "method": method, "path": path}, receive, send))
    return sent


def test_a_page_answers_a_method_and_a_body_that_comes_in_parts() -> None:
    start, body = answered("PUT", "/page", b"one ", b"and two")

    assert (start["status"], body["body"]) == (201, b'["PUT", "one and two"]')


def test_other_requests_reach_the_emulator() -> None:
    assert answered("GET", "/restapis") == [{"type": "the emulator"}]
