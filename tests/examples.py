"""How many examples a property test draws: few in ``make test``, many in ``make prove``."""

import os

PROVING = "FLIGHTPULSE_PROVE" in os.environ


def examples(few: int, many: int) -> int:
    """``few``, or ``many`` in a run that has the time."""
    return many if PROVING else few
