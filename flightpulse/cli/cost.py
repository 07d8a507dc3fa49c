"""The verb that shows what a run costs, and what the stack costs while nothing happens."""

import click

from flightpulse.cli import options
from flightpulse.workbench.bench import Workbench
from flightpulse.workbench.costs import page, variants

_ABOUT_THE_STACK = ("idle", "variants", "page")


@click.command()
@click.argument("run", metavar="[RUN|SCENARIO]", required=False)
@options.target
@click.option("--idle", is_flag=True, help="What the deployed stack costs in a month while nothing happens.")
@click.option("--variants", "compare", is_flag=True, help="The same for each kind of network, without deploying any.")
@click.option("--page", "write_page", is_flag=True, help="Print docs/costs.md.")
@click.option("--usage", is_flag=True, help="Print what the run used instead of what that costs (JSON).")
@options.as_json
def cost(run: str | None, target: str, idle: bool, compare: bool, write_page: bool, usage: bool, as_json: bool) -> None:
    """Show what the last run costs in an AWS account at list prices, service by service.

    RUN is the id of an event that a run sent (evt-…); SCENARIO is a number or a name, and stands for its last run;
    a replay is no run, and says itself about what it costs. Numbers are counted in histories and logs; what can
    only be estimated says so. --idle shows instead what the deployed stack costs in a month while nothing happens;
    --variants synthesises the stack with every kind of network and sets what each would cost side by side.
    """
    chosen = [f"--{name}" for name, on in zip(_ABOUT_THE_STACK, (idle, compare, write_page), strict=True) if on]
    if len(chosen) > 1:
        raise click.UsageError(f"{' and '.join(chosen)}: choose one.")
    if chosen and run:
        raise click.UsageError(f"{chosen[0]} is about the stack, not about a run: leave one of both out.")
    # What is printed for a file or a program must not be mixed with progress.
    wb = options.bench(target, quiet=write_page or usage or as_json)
    if idle:
        found = wb.stack.idle_cost()
        options.print_json(found.as_json()) if as_json else click.echo(str(found))
    elif compare:
        costs = wb.stack.idle_costs()
        options.print_json(variants.as_json(costs)) if as_json else click.echo(str(variants.table(costs)))
    elif write_page:
        click.echo(page.page(wb.stack.idle_costs()), nl=False)
    else:
        _print_run(wb, run, usage=usage, as_json=as_json)


def _print_run(wb: Workbench, run: str | None, *, usage: bool, as_json: bool) -> None:
    spent = wb.last_run(run).cost()
    if usage:
        options.print_json({"title": spent.title, "usage": page.usage_fields(spent.usage)})
    elif as_json:
        options.print_json(spent.as_json())
    else:
        click.echo(spent.title)
        click.echo(str(spent))
