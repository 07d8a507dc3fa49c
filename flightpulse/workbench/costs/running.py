"""About what messages cost at list prices while they are being sent, when nobody can count everything yet."""

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from importlib.resources import files

from flightpulse.workbench.costs import page, prices, run_cost

RECORDED = "recorded_aircraft.json"
"""What telling a whole aircraft used, as ``flightpulse cost --usage`` prints it; a file of this package."""


@cache
def per_message() -> Decimal:
    """US dollars for each message to a whole aircraft, without models and without what is paid by the hour."""
    fields = json.loads(files(__package__).joinpath(RECORDED).read_text(encoding="utf-8"))
    run = run_cost.priced(replace(page.usage_of(fields["usage"]), models=(), metrics=0))
    return run.total / run.usage.messages


def dollars(messages: int, used: Mapping[str, int], model_id: str) -> Decimal:
    """US dollars for so many messages and the tokens that a model was asked for; not those of an unknown model."""
    found = prices.model(model_id)
    tokens = (used.get("input_tokens", 0), used.get("output_tokens", 0))
    asked = sum((price.of(number) for price, number in zip(found, tokens, strict=True)), Decimal(0)) if found else 0
    return messages * per_message() + asked
