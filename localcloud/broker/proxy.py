"""The embedded broker's port: passes requests on to the mock cluster, except for three that it handles badly.

- A client first asks which versions of the protocol a broker speaks (ApiVersions). Asked in a version it does not know,
  a broker must say so in the layout of version 0, which every client can read. The mock cluster uses the newer layout,
  and incompletely; kafka-python 3, for one, cannot read that and never connects. So the answer is given here.
- A consumer says for how long a group may miss it (JoinGroup, the session time-out; 45 seconds by default). The mock
  cluster waits for nearly that long in every rebalance but a group's first, instead of until everybody has joined.
  So the time-out is cut down to six seconds, the least that brokers allow and clients expect.
- A consumer asks for the first record since a moment (ListOffsets by time). The mock cluster says that there is none;
  its answer is completed.
"""

import asyncio
import struct
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from localcloud.broker import offsets_by_time
from localcloud.broker.offsets_by_time import LIST_OFFSETS, Found, Place, Question

HOST = "127.0.0.1"

_JOIN_GROUP = 11
_API_VERSIONS = 18
_NEWEST_KNOWN = 2
_LONGEST_SESSION_MS = 6000
_LONGEST_JOIN_BYTES = 1024 * 1024
_UNSUPPORTED_VERSION = 35
_SIZE = struct.Struct(">i")
_LENGTH = struct.Struct(">h")
_HEADER = struct.Struct(">hhi")
_REFUSAL = struct.Struct(">ihihhh")
_CHUNK_BYTES = 64 * 1024
_START_SECONDS = 10

T = TypeVar("T")

Find = Callable[[Sequence[Question]], dict[Place, Found]]


class BrokerProxy:
    """Listens on a free port of 127.0.0.1 and passes connections on to another one."""

    def __init__(self, broker_port: int) -> None:
        self._broker_port = broker_port
        self._find: Find = lambda asked: offsets_by_time.find(f"{HOST}:{self.port}", asked)
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._links: set[asyncio.Task[Any]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="kafka-proxy", daemon=True)
        self._thread.start()
        self.port = self._run(self._listen(0))

    def take_down(self) -> None:
        """Close the port and cut every connection."""
        self._run(self._hang_up())

    def bring_up(self) -> None:
        """Open the same port again."""
        self._run(self._listen(self.port))

    def close(self) -> None:
        self._run(self._hang_up())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_START_SECONDS)

    async def _listen(self, port: int) -> int:
        self._server = await asyncio.start_server(self._serve, HOST, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def _hang_up(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for link in self._links:
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    async def _serve(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        link = asyncio.current_task()
        assert link is not None
        self._links.add(link)
        writers = [to_client]
        try:
            from_broker, to_broker = await asyncio.open_connection(HOST, self._broker_port)
            writers.append(to_broker)
            await _Link(from_client, to_client, from_broker, to_broker, self._find).run()
        except (OSError, asyncio.CancelledError):
            # The broker is going, or we are: the client learns it from its connection.
            return
        finally:
            self._links.discard(link)
            for writer in writers:
                writer.transport.abort()


class _Link:
    """One client's connection. Requests are counted, so that an answer of ours never overtakes one of the broker's."""

    def __init__(
        self,
        from_client: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
        from_broker: asyncio.StreamReader,
        to_broker: asyncio.StreamWriter,
        find: Find,
    ) -> None:
        self._from_client, self._to_client = from_client, to_client
        self._from_broker, self._to_broker = from_broker, to_broker
        self._find = find
        self._unanswered = 0
        self._to_complete: dict[int, tuple[int, dict[Place, Found]]] = {}

    async def run(self) -> None:
        """Pass both directions on until one of them ends."""
        directions = {asyncio.create_task(self._requests()), asyncio.create_task(self._answers())}
        try:
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for direction in directions:
                direction.cancel()
            await asyncio.gather(*directions, return_exceptions=True)

    async def _requests(self) -> None:
        while True:
            size = await self._from_client.readexactly(_SIZE.size)
            (left,) = _SIZE.unpack(size)
            head = await self._from_client.readexactly(min(max(left, 0), _HEADER.size))
            left -= len(head)
            refusal = self._refusal(head)
            if refusal is not None:
                await self._from_client.readexactly(left)
                self._to_client.write(refusal)
                continue
            self._unanswered += 1
            if _api_key(head) == LIST_OFFSETS:
                rest = await self._from_client.readexactly(left)
                await self._prepare(head, rest)
                self._to_broker.write(size + head + rest)
                continue
            self._to_broker.write(size + head)
            if _api_key(head) == _JOIN_GROUP and left <= _LONGEST_JOIN_BYTES:
                self._to_broker.write(with_short_session(await self._from_client.readexactly(left)))
            else:
                await self._pass(self._from_client, self._to_broker, left)

    async def _answers(self) -> None:
        while True:
            size = await self._from_broker.readexactly(_SIZE.size)
            (left,) = _SIZE.unpack(size)
            head = await self._from_broker.readexactly(min(left, _SIZE.size))
            left -= len(head)
            expected = self._to_complete.pop(_SIZE.unpack(head)[0], None) if len(head) == _SIZE.size else None
            if expected is not None:
                version, results = expected
                answer = head + await self._from_broker.readexactly(left)
                self._to_client.write(size + offsets_by_time.completed(version, answer, results))
            else:
                self._to_client.write(size + head)
                await self._pass(self._from_broker, self._to_client, left)
            self._unanswered -= 1

    async def _prepare(self, head: bytes, rest: bytes) -> None:
        """Find what a question by time asks for, before the mock cluster gets it."""
        _, version, correlation_id = _HEADER.unpack(head)
        asked = [question for question in offsets_by_time.questions(version, rest) if question.is_by_time]
        if asked:
            results = await asyncio.get_running_loop().run_in_executor(None, self._find, asked)
            self._to_complete[correlation_id] = version, results

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, left: int) -> None:
        while left > 0:
            chunk = await source.read(min(left, _CHUNK_BYTES))
            if not chunk:
                raise asyncio.IncompleteReadError(b"", left)
            target.write(chunk)
            left -= len(chunk)
            await target.drain()

    def _refusal(self, head: bytes) -> bytes | None:
        """The answer to a version question from the future, in version 0: unsupported, ask in version 0 to 2."""
        if self._unanswered or len(head) < _HEADER.size:
            return None
        api_key, api_version, correlation_id = _HEADER.unpack(head)
        if api_key != _API_VERSIONS or api_version <= _NEWEST_KNOWN:
            return None
        refusal = _REFUSAL.pack(correlation_id, _UNSUPPORTED_VERSION, 1, _API_VERSIONS, 0, _NEWEST_KNOWN)
        return _SIZE.pack(len(refusal)) + refusal


def with_short_session(request: bytes) -> bytes:
    """A JoinGroup request (what follows its correlation id) with a session time-out of at most six seconds.

    It begins with the client's id and the group's, each after its length, and then the time-out. One that does not is
    left as it is: the mock cluster says what is wrong with it.
    """
    try:
        position = 0
        for _ in ("client id", "group id"):
            (length,) = _LENGTH.unpack_from(request, position)
            position += _LENGTH.size + max(length, 0)
        (timeout,) = _SIZE.unpack_from(request, position)
    except struct.error:
        return request
    shorter = _SIZE.pack(min(timeout, _LONGEST_SESSION_MS))
    return request[:position] + shorter + request[position + _SIZE.size :]


def _api_key(head: bytes) -> int | None:
    return int(_HEADER.unpack(head)[0]) if len(head) == _HEADER.size else None
