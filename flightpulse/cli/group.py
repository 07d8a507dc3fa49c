"""The group of all verbs: which there are, and what happens to their errors. Verbs are imported when they are used."""

import sys
from io import TextIOWrapper
from typing import Any

import click

from flightpulse.cli import errors, verbs


class FlightPulse(click.Group):
    """The group of all verbs.

    ``flightpulse --help`` answers without importing one of them: names and short help are in a table. Errors end as one
    line and an exit code, also when the group is called from a program.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(verbs.VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        return verbs.load(name) if name in verbs.VERBS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        groups: dict[str, list[tuple[str, str]]] = {}
        for name, verb in verbs.VERBS.items():
            groups.setdefault(verb.heading, []).append((name, verb.short_help))
        for heading, rows in groups.items():
            with formatter.section(heading):
                formatter.write_dl(rows)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        kwargs["standalone_mode"] = False
        _print_what_can_be_printed()
        try:
            code = super().main(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001
            # The last handler there is: whatever it is, the user gets one line and never a traceback.
            code = errors.report(error)
        sys.exit(code if isinstance(code, int) else 0)


def _print_what_can_be_printed() -> None:
    """Where the output is not UTF-8, a sign it does not have becomes a question mark instead of an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


@click.group(
    cls=FlightPulse,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Begin with: flightpulse demo",
)
@click.version_option(package_name="flightpulse", prog_name="flightpulse", message="%(prog)s %(version)s")
def cli() -> None:
    """Airline disruptions from Kafka to passengers' messages, on AWS or on a local cloud."""
