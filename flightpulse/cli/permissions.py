"""The verb `permissions`: what each role may do, and what it did."""

from dataclasses import asdict

import click

from flightpulse.cli import options, screen
from flightpulse.errors import UserError
from flightpulse.workbench.deploy import least_privilege


@click.command()
@options.as_json
def permissions(as_json: bool) -> None:
    """Compare the policies of the stack's roles with the calls that each role made.

    The local cloud must check permissions: start it with FLIGHTPULSE_IAM=1. What has run since then is what counts.
    Grants that only AWS itself uses are told by reason, and one by one with --json. Exits with 1 when something was
    called that is not granted, or granted that was not used.
    """
    found = least_privilege.compare(options.bench("local", quiet=as_json).session)
    if as_json:
        unused, denied = [asdict(grant) for grant in found.unused], [asdict(call) for call in found.denied]
        unseen = [{**asdict(grant), "why": why} for why, grants in found.unseen.items() for grant in grants]
        options.print_json({"grants": len(found.grants), "unused": unused, "denied": denied, "unseen": unseen})
    else:
        screen.show(found.table())
    if found.unused or found.denied:
        raise UserError(
            f"{len(found.unused)} grants were not used, {len(found.denied)} calls are not granted.",
            hint="Run what is missing, or mend the policy in flightpulse/stack.",
        )
