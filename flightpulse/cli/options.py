"""Options that several verbs share, and how they become a session."""

import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from flightpulse import paths
from flightpulse.cli import screen
from flightpulse.errors import UserError
from flightpulse.workbench.bench import Workbench
from flightpulse.workbench.show.progress import Steps
from flightpulse.workbench.target.connection import Connection

_Command = TypeVar("_Command", bound=Callable[..., Any])

_AGO = re.compile(r"(\d+)\s*(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Moment(click.ParamType[datetime]):
    """A moment: so long ago (``30s``, ``15m``, ``2h``, ``1d``) or an ISO 8601 time."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        ago = _AGO.fullmatch(value.strip())
        if ago:
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is neither like 15m or 2h nor an ISO 8601 time", param, ctx)
        return at if at.tzinfo else at.astimezone()


class KeyValue(click.ParamType[tuple[str, str]]):
    """``key=value``."""

    name = "key=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        key, equals, rest = str(value).partition("=")
        if not key or not equals:
            self.fail(f"{value!r} is not key=value", param, ctx)
        return key, rest


target = click.option(
    "--target",
    type=click.Choice(["local", "aws"]),
    default="local",
    show_default=True,
    envvar="FLIGHTPULSE_TARGET",
    show_envvar=True,
    help="The local cloud, or the AWS account of your credentials.",
)

port = click.option(
    "--port",
    type=click.IntRange(0, 65535),
    envvar="FLIGHTPULSE_PORT",
    show_envvar=True,
    help="Port of the local cloud's AWS endpoint (default 4566; 0: a free one).",
)

kafka = click.option(
    "--kafka",
    "--bootstrap",
    metavar="HOST:PORT",
    envvar="FLIGHTPULSE_KAFKA",
    show_envvar=True,
    help="The Kafka broker; the local cloud's own unless this is given.",
)
"""``--kafka HOST:PORT``, also as ``--bootstrap``, which is what Kafka's own tools call it."""

kafka_config = click.option(
    "--kafka-config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A properties file with the broker's SASL and SSL settings.",
)

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
yes = click.option("--yes", "-y", is_flag=True, help="Do not ask (for scripts).")


def since(default: str) -> Callable[[_Command], _Command]:
    """``--since`` with a default."""
    return click.option(
        "--since",
        type=Moment(),
        default=default,
        show_default=True,
        help="How far to look back: 30s, 15m, 2h, 1d, or an ISO 8601 time.",
    )


def confirm(question: str, *, otherwise: str = "--yes") -> None:
    """Ask before something is changed. Raises UserError when the answer is no, or when there is nobody to answer.

    ``otherwise`` is the option that agrees without being asked.
    """
    try:
        agreed = click.confirm(question)
    except click.Abort as error:
        raise UserError(
            "Nobody answered, and nothing was changed.", hint=f"Agree beforehand with: {otherwise}"
        ) from error
    if not agreed:
        raise UserError("Nothing was changed.")


def bench(
    target_name: str,
    *,
    kafka: str | None = None,
    port: int | None = None,
    region: str | None = None,
    quiet: bool = False,
) -> Workbench:
    """The workbench for a ``--target``; its progress goes to stdout, or to stderr when ``quiet``.

    An AWS account is named on stderr before anything is done there.
    """
    console = screen.console(stderr=quiet)
    made = Workbench(
        Connection(
            "aws" if target_name == "aws" else "local",
            home=paths.home(),
            port=port,
            kafka=kafka,
            region=region,
            steps=lambda: Steps(console=console),
            in_python=False,
        )
    )
    if target_name == "aws":
        click.echo(made.session.where, err=True)
    return made


def print_json(value: Any, *, indent: int | None = 2) -> None:
    """Print plain data for programs: one JSON document on stdout, escaped where stdout is not UTF-8."""
    escaped = "utf" not in (sys.stdout.encoding or "").lower()
    click.echo(json.dumps(value, indent=indent, ensure_ascii=escaped, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is not plain data")
