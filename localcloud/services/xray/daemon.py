"""The X-Ray daemon: takes segment documents over UDP, as Lambda has it beside every function.

https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon
"""

import json
import logging
import socket
import threading
from contextlib import suppress

from localcloud.services.xray.store import TRACES

_LARGEST = 65_536
_BUFFER_BYTES = 4 * 1024 * 1024
_NOBODY = "127.0.0.1:2000"

log = logging.getLogger(__name__)
_address = _NOBODY


def address() -> str:
    """Where functions send their segments."""
    return _address


def start() -> None:
    """Listen on a free port of this machine, until the process ends."""
    global _address
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    # What does not fit while the daemon works is lost, as on AWS.
    with suppress(OSError):
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
    receiver.bind(("127.0.0.1", 0))
    _address = f"127.0.0.1:{receiver.getsockname()[1]}"
    threading.Thread(target=_receive, args=(receiver,), name="xray-daemon", daemon=True).start()


def take(datagram: bytes) -> None:
    """Keep the segment of a datagram: a line that says its format, and the document."""
    header, _, document = datagram.partition(b"\n")
    try:
        if json.loads(header).get("format") == "json":
            TRACES.put(json.loads(document))
    except Exception as error:  # noqa: BLE001 - whatever one datagram holds, the next ones count
        log.warning("A segment was refused: %r", error)


def _receive(receiver: socket.socket) -> None:
    while True:
        take(receiver.recv(_LARGEST))
