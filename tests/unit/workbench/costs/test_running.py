"""What a replay costs while it runs is about what whole runs were found to cost."""

from dataclasses import replace
from decimal import Decimal

import pytest

from flightpulse.workbench.costs import page, prices, running
from flightpulse.workbench.costs.run_cost import priced

MODEL = "amazon.nova-lite-v1:0"


def test_the_recorded_runs_come_out_as_they_were_priced() -> None:
    recorded = page.recorded().usage
    whole = priced(replace(recorded, models=(), metrics=0)).total

    assert running.dollars(page.EVENTS, recorded.messages, {}, MODEL) == pytest.approx(whole, rel=Decimal("1e-6"))


def test_news_for_a_few_costs_more_by_the_event_than_by_the_message() -> None:
    event, message = running.rates()

    assert 50 < event / message < 200
    assert running.dollars(1, 0, {}, MODEL) == event
    assert running.dollars(0, 1000, {}, MODEL) == 1000 * message


def test_tokens_are_added_for_a_known_model_only() -> None:
    used = {"input_tokens": 1_000_000, "output_tokens": 1_000_000}
    price = prices.model(MODEL)

    assert price is not None
    assert running.dollars(0, 0, used, MODEL) == sum(kind.of(1_000_000) for kind in price)
    assert running.dollars(0, 0, used, "somebody.else") == 0
