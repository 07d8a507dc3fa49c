"""``python -m flightpulse.cli``: the command line without the console script."""

from flightpulse.cli import main

main()
