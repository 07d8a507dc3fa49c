"""The page docs/costs.md: what the stack costs idle and in use, from templates, a recorded run and the price table."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from decimal import Decimal
from importlib.resources import files
from typing import Any

from flightpulse.workbench.costs import prices, run_cost, variants
from flightpulse.workbench.costs.idle_cost import IdleCost
from flightpulse.workbench.costs.run_cost import ModelUsage, RunCost, RunUsage
from flightpulse.workbench.show.tables import Table

RECORDED = "recorded_run.json"
"""What a run used, as ``flightpulse cost --usage`` prints it; a file of this package."""
EVENTS = 6
"""How many events that run is about."""

_TITLE = "# What it costs\n"
_HEAD = """
US dollars at list prices of us-east-1, without free tiers. `flightpulse cost --page` prints this page from the
templates, a recorded run and the price table; a test holds the page against it, and another one fails when the oldest
price was read more than {days} days ago. The local cloud costs nothing.
"""
_IDLE = """
## While nothing happens

Each variant is synthesised and priced, none is deployed: `flightpulse cost --variants`. For the deployed stack:
`flightpulse cost --idle`.

{table}

An interface endpoint is {endpoint} USD a month in two availability zones, whoever uses it. A broker is not in it: it
is yours, or somebody else's.
"""
_RUN = """
## While something happens

`flightpulse cost` says it for the last run, here for this one: {title}.

{note}

{table}

Custom metrics are paid for each hour in which they have values, so a busy month adds {metrics} USD for the
{number} metrics of this run, however many passengers there are. Traces are an upper limit: X-Ray records the first
request of each second and a part of the rest.

Tokens are only paid for templates that nobody prepared. `flightpulse templates prepare` says what preparing all of
them costs before it asks a model.
"""
_PRICES = """
## Prices

{table}

Models are priced by what their id contains; `us.` profiles of Anthropic's models cost a tenth more.

{models}
"""


def recorded() -> RunCost:
    """The recorded run at today's price table."""
    fields = json.loads(files(__package__).joinpath(RECORDED).read_text(encoding="utf-8"))
    return run_cost.priced(usage_of(fields["usage"]), title=fields["title"], local=True)


def usage_fields(usage: RunUsage) -> dict[str, Any]:
    """What a run used as plain JSON values, from which :func:`usage_of` makes it again."""
    fields = asdict(usage)
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in fields.items()}


def usage_of(fields: Mapping[str, Any]) -> RunUsage:
    """What a run used, from plain JSON values."""
    decimals = {name: Decimal(fields[name]) for name in ("gb_seconds", "read_units")}
    return RunUsage(**{**fields, **decimals, "models": tuple(ModelUsage(**asked) for asked in fields["models"])})


def page(idle: Mapping[str, IdleCost]) -> str:
    """The page. ``idle`` has the cost of each of :data:`variants.VARIANTS` by its name."""
    run = recorded()
    metrics = next((line for line in run.lines if line.price is prices.METRIC_HOUR), None)
    number = int(metrics.number) if metrics else 0
    parts = [
        _TITLE,
        _HEAD.format(days=prices.LONGEST_AGE.days),
        _IDLE.format(table=markdown(variants.table(idle)), endpoint=f"{prices.ENDPOINT_HOUR.of(2 * prices.HOURS):.2f}"),
        _RUN.format(
            title=run.title,
            note=run.note,
            table=markdown(run.table()),
            number=number,
            metrics=f"{prices.METRIC_HOUR.of(number * prices.HOURS):.2f}",
        ),
        _PRICES.format(table=markdown(_prices()), models=markdown(_models())),
    ]
    return "".join(parts)


def markdown(table: Table) -> str:
    """A table in GitHub's Markdown, without its note."""
    sides = ["--:" if column in table.numbers else "---" for column in range(len(table.headings))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (table.headings, sides, *table.rows))


def _prices() -> Table:
    rows = [(what, str(price), price.source.name, price.source.read) for what, price in prices.BY_NAME.items()]
    return Table.of(("what", "USD", "from", "read on"), rows)


def _models() -> Table:
    return Table.of(("model", "USD for 1,000,000 tokens in", "out", "from", "read on"), _model_rows(), numbers=(1, 2))


def _model_rows() -> Iterable[tuple[object, ...]]:
    for name in prices.MODELS:
        found = prices.model(name)
        if found:
            source = found[0].source
            yield name, found[0].dollars, found[1].dollars, source.name, source.read
