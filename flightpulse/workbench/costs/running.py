"""About what a replay costs at list prices while it runs, when nobody can count everything yet."""

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from flightpulse.workbench.costs import page, prices, run_cost

AIRCRAFT = "recorded_aircraft.json"
"""What telling a whole aircraft used, as ``flightpulse cost --usage`` prints it; a file of this package."""


class Rates(NamedTuple):
    """US dollars for each event and for each of its messages, without models and what is paid by the hour."""

    event: Decimal
    message: Decimal


@cache
def rates() -> Rates:
    """The two rates that explain two recorded runs: one event for many people, and six for a few."""
    (large, many), (small, few) = (_recorded(name) for name in (AIRCRAFT, page.RECORDED))
    event = (small * many - large * few) / (page.EVENTS * many - few)
    return Rates(event, (large - event) / many)


def _recorded(name: str) -> tuple[Decimal, int]:
    """What a run cost, and how many messages it sent."""
    fields = json.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))
    run = run_cost.priced(replace(page.usage_of(fields["usage"]), models=(), metrics=0))
    return run.total, run.usage.messages


def dollars(events: int, messages: int, used: Mapping[str, int], model_id: str) -> Decimal:
    """US dollars for so many events and messages, and the tokens a model was asked for; not those of an unknown one."""
    found = prices.model(model_id)
    tokens = (used.get("input_tokens", 0), used.get("output_tokens", 0))
    asked = sum((price.of(number) for price, number in zip(found, tokens, strict=True)), Decimal(0)) if found else 0
    return events * rates().event + messages * rates().message + asked
