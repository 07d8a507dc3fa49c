"""The command line. ``main`` is the console script ``flightpulse``."""

import sys


def main() -> None:
    """Run the command line with this program's arguments."""
    try:
        # Imported here, so that Ctrl-C is answered in one line from the first moment on.
        from flightpulse.cli.group import cli

        cli(prog_name="flightpulse")
    except KeyboardInterrupt:
        sys.exit(130)
