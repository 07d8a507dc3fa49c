"""The table of verbs: where each lives and what it does, in one line."""

from importlib import import_module
from typing import NamedTuple

import click


class Verb(NamedTuple):
    """A click command of its name, in a module of this package."""

    heading: str
    module: str
    short_help: str


_START, _EVENTS, _LOOK, _MEND, _PROVE = "Run it", "Send events", "See what happened", "Mend", "Prove"

VERBS: dict[str, Verb] = {
    "demo": Verb(_START, "demo", "Everything: up, deploy, seed, all five scenarios, a summary."),
    "up": Verb(_START, "cloud", "Start the local cloud and its Kafka broker."),
    "down": Verb(_START, "cloud", "Stop the local cloud."),
    "status": Verb(_START, "cloud", "Show what runs, where, and what is deployed."),
    "env": Verb(_START, "cloud", "Print shell exports for aws, cdk and boto3 by hand."),
    "deploy": Verb(_START, "stack", "Deploy the stack with the CDK CLI."),
    "destroy": Verb(_START, "stack", "Delete the stack."),
    "synth": Verb(_START, "stack", "Write the CloudFormation template."),
    "diff": Verb(_START, "stack", "Compare this checkout with the deployed stack."),
    "seed": Verb(_START, "seed", "Load flights, passengers and bookings."),
    "lab": Verb(_START, "lab", "Open JupyterLab on the notebooks."),
    "scenario": Verb(_EVENTS, "scenario", "Send one scenario, wait, and hold it against what must be seen."),
    "produce": Verb(_EVENTS, "produce", "Send one event to Kafka."),
    "replay": Verb(_EVENTS, "replay", "Replay a real day of flights."),
    "relay": Verb(_EVENTS, "relay", "Poll a Kafka topic and invoke the deployed consumer."),
    "executions": Verb(_LOOK, "executions", "List workflow executions."),
    "show": Verb(_LOOK, "executions", "Step through one execution, state by state."),
    "logs": Verb(_LOOK, "logs", "Show or follow the log groups."),
    "inbox": Verb(_LOOK, "inbox", "Read the messages as a passenger sees them."),
    "metrics": Verb(_LOOK, "metrics", "Show the FlightPulse metrics, or the alarms."),
    "trace": Verb(_LOOK, "trace", "Show an event's trace: every service on its way, and how long each took."),
    "cost": Verb(_LOOK, "cost", "Show what a run costs at list prices, or the stack while idle."),
    "api": Verb(_LOOK, "api", "Call a route of the REST API, signed."),
    "permissions": Verb(_LOOK, "permissions", "Compare what roles may do with what they did."),
    "templates": Verb(_LOOK, "templates", "Look at, prepare, approve and refuse the messages' templates."),
    "redrive": Verb(_MEND, "redrive", "List dead letters, send them back, redrive failed executions."),
    "chaos": Verb(_PROVE, "chaos", "Prove the promises under duplicates, crashes, faults and load."),
    "prove": Verb(_PROVE, "prove", "Explore every case of the claim protocol."),
}


def load(name: str) -> click.Command:
    """Import a verb."""
    command: click.Command = getattr(import_module(f"flightpulse.cli.{VERBS[name].module}"), name)
    return command
