"""Ports of this machine's loopback interface: take one, and say who has it when it is taken."""

import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from awskit.errors import UserError
from localcloud.process import processes

_LISTENING = "0A"
_ANSWER_SECONDS = 5.0


def take(port: int) -> socket.socket:
    """A socket bound to this port of 127.0.0.1, not yet listening; 0 takes any free one."""
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # Without it a restart within a minute fails, while connections of the one before wait to be forgotten.
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        taken.bind(("127.0.0.1", port))
        # Two sockets may both bind with the option above; only one of them may listen.
        taken.listen()
    except OSError as error:
        taken.close()
        raise taken_error(port, error) from error
    except OverflowError as error:
        taken.close()
        raise UserError(f"{port} is not a port.", hint="Ports go from 1 to 65535.") from error
    return taken


def check_free(port: int) -> None:
    """Refuse, naming the process that has it where that can be known, when the port cannot be taken."""
    if port:
        take(port).close()


def check_reachable(addresses: str, what: str) -> None:
    """Refuse when nothing answers at any of these ``host:port`` addresses, separated by commas."""
    problem = ""
    for address in addresses.split(","):
        host, _, port = address.strip().rpartition(":")
        if not host or not port.isdigit():
            raise UserError(f"{address!r} is not an address of a {what}.", hint="Write it as HOST:PORT.")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWER_SECONDS).close()
        except (OSError, OverflowError) as error:
            problem = str(error)
        else:
            return
    raise UserError(f"No {what} answers at {addresses}: {problem}.", hint="Start it, or correct the address.")


def taken_error(port: int, error: OSError) -> UserError:
    """What to tell the user when a port cannot be had."""
    if isinstance(error, PermissionError):
        return UserError(f"Port {port} may not be used by you.", hint="Choose one above 1023 with --port.")
    user = owner(port)
    by = f" by {user}" if user else ""
    return UserError(f"Port {port} of 127.0.0.1 is already taken{by}.", hint="Stop that program, or choose --port.")


def owner(port: int) -> str:
    """The program that listens on this port, as ``name (process 123)``; empty when that cannot be known."""
    pid = _linux_owner(port) if sys.platform.startswith("linux") else _lsof_owner(port)
    if pid is None:
        return ""
    command = processes.command_lines().get(pid, "")
    return f"`{_shortened(command)}` (process {pid})" if command else f"process {pid}"


def _shortened(command: str, length: int = 70) -> str:
    return command if len(command) <= length else command[: length - 1] + "…"


def _linux_owner(port: int) -> int | None:
    inodes = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for folder in Path("/proc").iterdir() if inodes else ():
        if folder.name.isdigit():
            # Processes end while we look, and those of other users may not be looked at.
            with suppress(OSError):
                if any(str(entry.readlink()) in inodes for entry in (folder / "fd").iterdir()):
                    return int(folder.name)
    return None


def _listening_inodes(port: int) -> list[str]:
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
                values = line.split()
                if values[3] == _LISTENING and int(values[1].rpartition(":")[2], 16) == port:
                    found.append(values[9])
    return found


def _lsof_owner(port: int) -> int | None:
    for program in ("/usr/sbin/lsof", "/usr/bin/lsof"):
        if Path(program).exists():
            done = subprocess.run(  # noqa: S603
                [program, "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-t"], capture_output=True, text=True, check=False
            )
            first = done.stdout.split()[:1]
            return int(first[0]) if first else None
    return None
