"""The verb that shows what a run costs."""

import click

from flightpulse.cli import options


@click.command(short_help="Show what a run costs at list prices.")
@click.argument("run", metavar="[RUN|SCENARIO]", required=False)
@options.target
@click.option("--idle", is_flag=True, help="What the deployed stack costs in a month while nothing happens.")
@options.as_json
def cost(run: str | None, target: str, idle: bool, as_json: bool) -> None:
    """Show what the last run costs in an AWS account at list prices, service by service.

    RUN is the id of an event that a run sent (evt-…); SCENARIO is a number or a name, and stands for its last run.
    Numbers are counted in histories and logs; what can only be estimated says so. --idle shows instead what the
    deployed stack costs in a month while nothing happens.
    """
    if idle and run:
        raise click.UsageError("--idle is about the stack, not about a run: leave one of both out.")
    wb = options.bench(target)
    if idle:
        found = wb.stack.idle_cost()
        options.print_json(found.as_json()) if as_json else click.echo(str(found))
        return
    wanted = wb.last_run(run)
    spent, each = wanted.cost(), wanted.per_message()
    if as_json:
        options.print_json({**spent.as_json(), "per_message": each and each.as_json()})
        return
    click.echo(spent.title)
    click.echo(str(spent))
    if each:
        click.echo(f"\n{each}")
