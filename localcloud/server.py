"""The local cloud's process: the emulator with the behaviours, the broker and the model, until it is told to stop.

``python -m localcloud.server --home DIR --port P`` runs it in the foreground.
"""

import argparse
import asyncio
import gc
import os
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hypercorn.asyncio import serve
from hypercorn.config import Config

from awskit.errors import UserError
from localcloud import behaviours, broker, faults, model
from localcloud.behaviours import LocalContext
from localcloud.broker import PARTITIONS
from localcloud.faults import failing_calls
from localcloud.model.faults import Spoilers
from localcloud.model.openai_server import OpenAIServer
from localcloud.model.writers import Subject, Writer
from localcloud.process import environment, ids, own_pages, ports, processes, state, version
from localcloud.process.home import clear_remains, prepare
from localcloud.process.lifecycle import DEFAULT_PORT, REFUSAL
from localcloud.process.lock import HomeLock
from localcloud.services.iam import calls, roles

_SHUTDOWN_SECONDS = 5.0
_COLLECT_AFTER = (20_000, 20, 10)
"""New objects before a look for cycles, and how many looks before one among older objects, and among all."""
_PARENT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Setup:
    """What a program puts into its local cloud: the broker's topics, and the model that answers.

    ``subject`` says what a request to the model is about, ``spoilers`` how its replies can be spoiled on demand.
    Without a ``writer`` and without another server there is no model.
    """

    topics: tuple[str, ...] = ()
    writer: Writer | None = None
    subject: Subject = lambda _: None
    spoilers: Spoilers = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Options:
    """What a local cloud is started with. ``behaviours`` empty means the bare emulator."""

    home: Path
    port: int = DEFAULT_PORT
    kafka: str | None = None
    llm_url: str | None = None
    llm_model: str | None = None
    behaviours: tuple[str, ...] = behaviours.NAMES
    back_off_scale: float = 1.0
    with_parent: bool = False
    permissions: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """A server beside the emulator: where it listens, and what kind it is."""

    address: str
    kind: str


_NO_SERVICE = Service("", "none")
_EMPTY = Setup()


def main(arguments: Sequence[str] | None = None, setup: Setup = _EMPTY) -> int:
    """Run a local cloud until SIGTERM or ctrl-c; the exit code says how it went."""
    try:
        run(_parse(arguments), setup)
    except UserError as error:
        print(f"{REFUSAL}{error}", file=sys.stderr, flush=True)  # noqa: T201
        return error.exit_code
    return 0


def run(options: Options, setup: Setup = _EMPTY) -> None:
    """Start everything, serve, and take everything down again."""
    home = prepare(options.home)
    # Until everything is imported: none of it is garbage, and looking for some takes a seventh of the time.
    gc.disable()
    with ExitStack() as cleanup:
        cleanup.enter_context(HomeLock(home))
        listener = cleanup.enter_context(ports.take(options.port))
        port = int(listener.getsockname()[1])
        cleanup.callback(clear_remains, home)
        clear_remains(home)
        environment.temporary_folder(home).mkdir(parents=True)
        version.check_emulator()
        kafka = _start_kafka(options, setup, cleanup)
        bedrock = _start_model(options, setup, cleanup)
        settings = environment.settings(home, port, model_url=bedrock.address, permissions=options.permissions)
        environment.apply(settings)
        context = LocalContext(home, port, bedrock.address, options.back_off_scale)
        ids.install()
        behaviours.install(options.behaviours, context)
        _collect_seldom()
        cleanup.callback(_end_functions)
        cloud = _describe(options, context, kafka, bedrock)
        # asyncio.run would wait for every thread of the loop, and so for functions and executions that still run.
        asyncio.new_event_loop().run_until_complete(_serve(cloud, listener, with_parent=options.with_parent))


def _collect_seldom() -> None:
    """Look for unreachable cycles less often than Python does, and never in what has been imported.

    Little here is in a cycle, but the tables, logs and histories are millions of objects: with Python's own thresholds
    a sixth of the processor time of a busy day goes into looking through them.
    """
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    gc.enable()


def _parse(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="python -m localcloud.server", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="folder for the state, the log and temporary files")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--kafka", metavar="HOST:PORT", help="a broker to use instead of the embedded one")
    parser.add_argument("--llm-url", metavar="URL", help="an OpenAI-compatible server to use as the model")
    parser.add_argument("--llm-model", metavar="NAME", help="the model to ask that server for")
    parser.add_argument("--behaviours", default=",".join(behaviours.NAMES), help="names with commas; empty for none")
    parser.add_argument("--back-off-scale", type=float, default=1.0, help="factor on waiting times, for tests")
    parser.add_argument(
        "--permissions",
        action="store_true",
        default=os.environ.get("FLIGHTPULSE_IAM") == "1",
        help="check every call against the caller's policies (or FLIGHTPULSE_IAM=1)",
    )
    parser.add_argument("--with-parent", action="store_true", help="stop when the program that started this one ends")
    given = vars(parser.parse_args(arguments))
    given["behaviours"] = tuple(filter(None, given["behaviours"].split(",")))
    unknown = set(given["behaviours"]) - set(behaviours.NAMES)
    if unknown:
        parser.error(f"unknown behaviours: {', '.join(sorted(unknown))}")
    return Options(**given)


def _start_model(options: Options, setup: Setup, cleanup: ExitStack) -> Service:
    if "lambda_runtime" not in options.behaviours:
        return _NO_SERVICE
    writer = setup.writer
    if options.llm_url:
        _check_model_server(options.llm_url)
        writer = OpenAIServer(options.llm_url, model=options.llm_model)
    if writer is None:
        return _NO_SERVICE
    guard = roles.may_invoke if options.permissions else None
    running = model.ModelServer(writer, subject=setup.subject, spoilers=setup.spoilers, guard=guard)
    cleanup.callback(running.stop)
    return Service(running.url, running.kind)


def _check_model_server(url: str) -> None:
    """Refuse a server of this machine that does not answer. One elsewhere may only be reachable through a proxy."""
    parts = urlsplit(url)
    if parts.hostname in ("127.0.0.1", "localhost"):
        ports.check_reachable(f"{parts.hostname}:{parts.port or 80}", "model server")


def _start_kafka(options: Options, setup: Setup, cleanup: ExitStack) -> Service:
    if options.kafka:
        ports.check_reachable(options.kafka, "Kafka broker")
        return Service(options.kafka, "external")
    if "event_source_mappings" not in options.behaviours:
        return _NO_SERVICE
    running = broker.start(topics=dict.fromkeys(setup.topics, PARTITIONS))
    cleanup.callback(running.stop)
    return Service(running.bootstrap, "embedded")


def _describe(options: Options, context: LocalContext, kafka: Service, bedrock: Service) -> state.RunningCloud:
    pid = os.getpid()
    return state.RunningCloud(
        pid=pid,
        start_token=processes.start_token(pid) or "",
        home=str(context.home),
        endpoint_url=context.endpoint_url,
        kafka_bootstrap=kafka.address,
        kafka_kind=kafka.kind,
        model_url=bedrock.address,
        model_kind=bedrock.kind,
        llm_url=options.llm_url or "",
        version=version.current(),
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        behaviours=options.behaviours,
        permissions=options.permissions,
    )


async def _serve(cloud: state.RunningCloud, listener: socket.socket, *, with_parent: bool) -> None:
    from ministack import app as emulator

    pages: dict[str, own_pages.Page] = {
        own_pages.HEALTH_PATH: lambda _, __: (200, {"status": "healthy", **asdict(cloud)}),
        calls.PATH: lambda _, __: (200, calls.page(enforced=cloud.permissions)),
        faults.PATH: faults.page,
    }

    # Behaviours may have put something in front of the emulator's own application: ask for it only now.
    application: Any = own_pages.answering(failing_calls.failing(lambda *call: emulator.app(*call)), pages)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    serving = asyncio.create_task(serve(application, _hypercorn(listener), shutdown_trigger=stop.wait))
    ends = {serving, asyncio.create_task(stop.wait())}
    if with_parent:
        ends.add(asyncio.create_task(_stop_with_parent(stop)))
    state.save(cloud)
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    # From here on nobody shall find it any more.
    state.remove(Path(cloud.home))
    # Connections that are kept open, and requests that wait for a function, must not hold up the end.
    await asyncio.wait({serving}, timeout=_SHUTDOWN_SECONDS)
    if serving.done():
        serving.result()


async def _stop_with_parent(stop: asyncio.Event) -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(_PARENT_SECONDS)
    stop.set()


def _hypercorn(listener: socket.socket) -> Config:
    config = Config()
    config.bind = [f"fd://{os.dup(listener.fileno())}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = "WARNING"
    return config


def _end_functions() -> None:
    """End the processes of functions, all at once: one after the other they take a tenth of a second each."""
    from ministack.core import lambda_runtime

    workers = [worker for entries in lambda_runtime._workers.values() for worker in entries]
    processes.end(processes.with_tokens(worker._proc.pid for worker in workers if worker._proc is not None))


def main_and_exit(setup: Setup = _EMPTY) -> None:
    """Run :func:`main` as a program does, and end the process whatever still runs in it."""
    code = 1
    try:
        code = main(setup=setup)
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except KeyboardInterrupt:
        code = 130
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    finally:
        # The emulator's and the broker's threads do not all end by themselves, and nothing is left to do.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main_and_exit()
