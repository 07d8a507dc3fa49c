"""The table of verbs: where each lives and what it does, in one line."""

from dataclasses import dataclass
from importlib import import_module

import click


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb: a click command in a module of this package."""

    heading: str
    module: str
    short_help: str
    attribute: str

    def load(self) -> click.Command:
        module = import_module(f"flightpulse.cli.{self.module}")
        command = getattr(module, self.attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{self.module}.{self.attribute} is not a command")
        return command


_START, _EVENTS, _LOOK, _MEND, _PROVE = "Run it", "Send events", "See what happened", "Mend", "Prove"

VERBS: dict[str, Verb] = {
    "demo": Verb(_START, "demo", "Everything: up, deploy, seed, all five scenarios, a summary.", "demo"),
    "up": Verb(_START, "cloud", "Start the local cloud and its Kafka broker.", "up"),
    "down": Verb(_START, "cloud", "Stop the local cloud.", "down"),
    "status": Verb(_START, "cloud", "Show what runs, where, and what is deployed.", "status"),
    "env": Verb(_START, "cloud", "Print shell exports for aws, cdk and boto3 by hand.", "env"),
    "deploy": Verb(_START, "stack", "Deploy the stack with the CDK CLI.", "deploy"),
    "destroy": Verb(_START, "stack", "Delete the stack.", "destroy"),
    "synth": Verb(_START, "stack", "Write the CloudFormation template.", "synth"),
    "diff": Verb(_START, "stack", "Compare this checkout with the deployed stack.", "diff"),
    "seed": Verb(_START, "seed", "Load flights, passengers and bookings.", "seed"),
    "lab": Verb(_START, "lab", "Open JupyterLab on the notebooks.", "lab"),
    "scenario": Verb(
        _EVENTS, "scenario", "Send one scenario, wait, and hold it against what must be seen.", "scenario"
    ),
    "produce": Verb(_EVENTS, "produce", "Send one event to Kafka.", "produce"),
    "replay": Verb(_EVENTS, "replay", "Replay a real day of flights.", "replay"),
    "relay": Verb(_EVENTS, "relay", "Poll a Kafka topic and invoke the deployed consumer.", "relay"),
    "executions": Verb(_LOOK, "executions", "List workflow executions.", "executions"),
    "show": Verb(_LOOK, "executions", "Step through one execution, state by state.", "show"),
    "logs": Verb(_LOOK, "logs", "Show or follow the log groups.", "logs"),
    "inbox": Verb(_LOOK, "inbox", "Read the messages as a passenger sees them.", "inbox"),
    "metrics": Verb(_LOOK, "metrics", "Show the FlightPulse metrics, or the alarms.", "metrics"),
    "trace": Verb(_LOOK, "trace", "Show an event's trace: every service on its way, and how long each took.", "trace"),
    "cost": Verb(_LOOK, "cost", "Show what a run costs at list prices, or the stack while idle.", "cost"),
    "api": Verb(_LOOK, "api", "Call a route of the REST API, signed.", "api"),
    "permissions": Verb(_LOOK, "permissions", "Compare what roles may do with what they did.", "permissions"),
    "templates": Verb(_LOOK, "templates", "Look at, prepare, approve and refuse the messages' templates.", "templates"),
    "redrive": Verb(_MEND, "redrive", "List dead letters, send them back, redrive failed executions.", "redrive"),
    "chaos": Verb(_PROVE, "chaos", "Prove the promises under duplicates, crashes, faults and load.", "chaos"),
    "prove": Verb(_PROVE, "prove", "Explore every case of the claim protocol.", "prove"),
}
