"""Verbs about the local cloud: up, down, status, env."""

import os
import shlex
import sys
from pathlib import Path
from typing import Any

import click

from flightpulse.cli import options
from flightpulse.errors import UserError
from flightpulse.stack import node
from flightpulse.workbench.bench import Workbench
from flightpulse.workbench.target.session import Session
from localcloud import process
from localcloud.process.state import RunningCloud

_OF_THE_ACCOUNT = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
)


@click.command()
@options.port
@click.option("--kafka", metavar="HOST:PORT", help="Use this Kafka broker instead of the embedded one.")
@click.option("--llm-url", metavar="URL", help="Let an OpenAI-compatible server (Ollama, vLLM) write the messages.")
@click.option("--llm-model", metavar="NAME", help="The model to ask that server for.")
@options.as_json
def up(port: int | None, kafka: str | None, llm_url: str | None, llm_model: str | None, as_json: bool) -> None:
    """Start the local cloud: AWS's services, a Kafka broker and a model, on 127.0.0.1 only.

    The embedded broker keeps 5 MB per partition and forgets everything when it stops; --kafka uses a real one. One
    that runs already is left as it is.
    """
    wb = options.bench("local", port=port, kafka=kafka, quiet=as_json)
    cloud = wb.up(llm_url=llm_url, llm_model=llm_model)
    if as_json:
        options.print_json(_described(cloud))
        return
    for line in _lines(cloud):
        click.echo(line)
    click.echo(f"Next: flightpulse {'status' if wb.stack.state else 'deploy'}")


@click.command()
def down() -> None:
    """Stop the local cloud. It forgets everything: the stack, the table, the messages. May be run twice."""
    options.bench("local").down()


@click.command()
@options.target
@options.as_json
def status(target: str, as_json: bool) -> None:
    """Show what runs, where, and what is deployed. The exit code is 1 when the local cloud does not run."""
    wb = options.bench(target)
    session = wb.session
    found = {"target": target, **_cloud_of(session), **_stack_of(wb)}
    if as_json:
        options.print_json(found)
        return
    for line in _lines(_running(session)) if target == "local" else []:
        click.echo(line)
    for line in _stack_lines(session, found):
        click.echo(line)


@click.command()
@options.target
def env(target: str) -> None:
    """Print shell exports with which boto3, the AWS CLI, the CDK CLI and Kafka clients use the target by hand.

    \b
        eval "$(flightpulse env)"
        aws stepfunctions list-state-machines
        cd infra && cdk deploy

    Without a local cloud the line fails and sets nothing. The AWS CLI heeds AWS_ENDPOINT_URL from version 2.13 on
    (of version 1: 1.29, but for aws sqs, which there needs --endpoint-url): an older one would ask AWS.
    """
    try:
        session = options.bench(target).session
    except UserError:
        if not sys.stdout.isatty():
            # An eval of nothing succeeds, and the next command would go to whatever account the shell is signed in to.
            click.echo("false")
        raise
    variables = session.environment()
    if session.kafka_bootstrap:
        variables["KAFKA_BOOTSTRAP"] = session.kafka_bootstrap
    if target == "local":
        click.echo(f"unset {' '.join(_in_the_way())}")
    for name, value in variables.items():
        # Hosts that the user's proxy must not see stay hidden from it.
        kept = f'"${{{name}:+,${name}}}"' if name.lower() == "no_proxy" else ""
        click.echo(f"export {name}={shlex.quote(value)}{kept}")
    programs = os.pathsep.join([str(node.find().parent), str(Path(sys.executable).parent)])
    click.echo(f'export PATH={shlex.quote(programs)}"{os.pathsep}$PATH"')


def _in_the_way() -> list[str]:
    """The user's variables that would win over the dummy keys and the endpoint of the local cloud."""
    for_one_service = sorted(name for name in os.environ if name.startswith("AWS_ENDPOINT_URL_"))
    return [*_OF_THE_ACCOUNT, *for_one_service]


def _running(session: Session) -> RunningCloud:
    cloud = process.status(session.home)
    if cloud is None:
        raise UserError("The local cloud is not running.", hint="Start it with: flightpulse up")
    return cloud


def _lines(cloud: RunningCloud) -> list[str]:
    kept = " (in memory, 5 MB per partition)" if cloud.kafka_kind == "embedded" else ""
    return [
        f"AWS endpoint  {cloud.endpoint_url}  (process {cloud.pid}, since {cloud.started_at})",
        f"Kafka         {cloud.kafka_bootstrap}  {cloud.kafka_kind}{kept}",
        f"Model         {_model_in_words(cloud)}",
        f"Home          {cloud.home}",
    ]


def _model_in_words(cloud: RunningCloud) -> str:
    if cloud.llm_url:
        return f"{cloud.llm_url}, not Amazon Bedrock"
    return "a stand-in on this machine, not Amazon Bedrock"


def _described(cloud: RunningCloud) -> dict[str, Any]:
    return {
        "running": True,
        "endpoint_url": cloud.endpoint_url,
        "pid": cloud.pid,
        "kafka": cloud.kafka_bootstrap,
        "kafka_kind": cloud.kafka_kind,
        "model": cloud.model_kind,
        "llm_url": cloud.llm_url,
        "started_at": cloud.started_at,
        "version": cloud.version,
        "home": cloud.home,
    }


def _cloud_of(session: Session) -> dict[str, Any]:
    if session.target == "local":
        return _described(_running(session))
    return {"account": session.account, "region": session.region, "kafka": session.kafka_bootstrap}


def _stack_of(wb: Workbench) -> dict[str, Any]:
    """What is deployed: the stack's state, flights in the table, letters that wait."""
    state = wb.stack.state
    if not wb.stack.is_usable:
        return {"stack": state}
    return {
        "stack": state,
        "api_url": wb.session.output("ApiUrl"),
        "flights": wb.table.flights_by_status(),
        "mappings": wb.stack.mappings(),
        "dead_letters": wb.dead_letters.counts(),
        "who_writes": wb.session.model,
    }


def _stack_lines(session: Session, found: dict[str, Any]) -> list[str]:
    if found["stack"] is None:
        return [f"Stack         not deployed. Next: {session.command('deploy')}"]
    lines = [f"Stack         FlightPulseStack {found['stack']}"]
    if "api_url" not in found:
        return lines
    lines.append(f"API           {found['api_url']}")
    flights = ", ".join(f"{number} {name}" for name, number in found["flights"].items() if number)
    lines.append(f"Flights       {flights or 'none. Next: ' + session.command('seed')}")
    lines += [
        f"Mapping       to {mapping['function']}: {mapping['state']}. {mapping['last_result']}".rstrip()
        for mapping in found["mappings"]
    ]
    letters = ", ".join(f"{number} in {kind}" for kind, number in found["dead_letters"].items() if number)
    lines.append(f"Dead letters  {letters + '. Look: ' + session.command('redrive --list') if letters else 'none'}")
    if session.target == "aws":
        lines.append(f"Model         {session.model}")
    return lines
