"""Proof: connections between the relay and Lambda that are reset on the wire, before a request or before its answer."""

import random
import select
import socket
import socketserver
import struct
import threading
from collections import Counter
from typing import Self
from urllib.parse import urlsplit

from flightpulse.chaos import trial
from flightpulse.chaos.children import instead_of_mapping
from flightpulse.chaos.trial import Size
from flightpulse.chaos.verdict import Promise, Verdict
from flightpulse.workbench.show.progress import OnProgress, silent
from flightpulse.workbench.target.session import Session

REQUEST, ANSWER = "before the request", "before the answer"

_HOST = "127.0.0.1"
_CHUNK = 65536
_PAUSE_BETWEEN_EVENTS = 0.1
_LONGEST_FOR_PRODUCER = 120.0
# Closes with RST instead of FIN, and drops what was not sent.
_RESET = struct.pack("ii", 1, 0)


class ResettingProxy(socketserver.ThreadingTCPServer):
    """Passes connections on to an endpoint, and resets a part of them, drawn from a seed.

    Of the requests and of the answers that come through, ``rate`` (0 to 1) meet a reset instead: the request is then
    never made, or was made and nobody hears the answer. ``resets`` counts both.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, endpoint_url: str, seed: int, rate: float) -> None:
        super().__init__((_HOST, 0), _Connection)
        self.upstream = (urlsplit(endpoint_url).hostname or _HOST, urlsplit(endpoint_url).port or 80)
        self.resets: Counter[str] = Counter()
        self._rate = rate
        self._choice = random.Random(f"wire-{seed}")  # noqa: S311 - repeatable on purpose
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://{_HOST}:{self.server_address[1]}"

    def strikes(self, moment: str) -> bool:
        """Whether this connection is reset now; counted when it is."""
        with self._lock:
            struck = self._choice.random() < self._rate
            self.resets[moment] += struck
            return struck

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Connection(socketserver.BaseRequestHandler):
    """One client's connection and the one behind it."""

    server: ResettingProxy

    def handle(self) -> None:
        client: socket.socket = self.request
        with socket.create_connection(self.server.upstream) as upstream:
            others, waiting = {client: upstream, upstream: client}, ""
            while True:
                for ready in select.select([*others], [], [])[0]:
                    data = _received(ready)
                    if not data:
                        return
                    moment = REQUEST if ready is client else ANSWER
                    # A request or an answer may come in several pieces; only its first one is drawn for.
                    if moment != waiting and self.server.strikes(moment):
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                        client.close()
                        return
                    waiting = moment
                    others[ready].sendall(data)


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(_CHUNK)
    except ConnectionError:
        return b""


def prove(
    session: Session,
    seed: int,
    *,
    flights: int = 6,
    events: int = 5,
    bookings: int = 4,
    copies: int = 2,
    rate: float = 0.25,
    seconds: float = 300.0,
    on_progress: OnProgress = silent,
) -> Verdict:
    """Send a storm while a relay reaches Lambda only through connections of which a part is reset.

    A batch whose answer is lost was handled and is delivered again. Nothing may be lost and nobody told twice.
    """
    run = trial.of_sequence(
        session, seed, Size(flights, events, bookings, copies), seconds, on_progress, first_flight=7400
    )
    with instead_of_mapping(session) as programs, ResettingProxy(str(session.endpoint_url), seed, rate) as proxy:
        with programs.relay(proxy.url) as relay:
            relay.make_poll()
            with programs.producer(run.records, _PAUSE_BETWEEN_EVENTS) as producer:
                sent = producer.wait(_LONGEST_FOR_PRODUCER)
            delivered = run.wait()
        recovered = run.recover(60)
    outcome = run.outcome()
    resets = ", ".join(f"{moment} {proxy.resets[moment]}×" for moment in (REQUEST, ANSWER))
    promises = [
        Promise("Connections were reset", resets, sum(proxy.resets.values()) > 0),
        Promise("The producer gets everything to Kafka", "all acknowledged" if sent else "not all was sent", sent),
        Promise("Every record is delivered", f"{len(run.records)} records", delivered),
        Promise("Everything is handled in the end", recovered.said, recovered.complete),
        *outcome.promises(run.deliveries, redriven=True),
    ]
    figures = {
        "events": len(run.ids),
        "records": len(run.records),
        "resets": sum(proxy.resets.values()),
        "executions": outcome.executions,
        "messages": len(outcome.told),
    }
    return run.verdict("wire", promises, figures)
