"""The behaviours of the local cloud, in the order in which they are installed."""

import importlib

from flightpulse.local.behaviour import Behaviour

NAMES = (
    "lambda_runtime",
    "dynamodb_writes",
    "eventbridge",
    "step_functions",
    "cloudwatch",
    "event_source_mappings",
    "api_gateway",
    "cloudformation",
    "stack_outputs",
)


def load(names: tuple[str, ...] = NAMES) -> list[Behaviour]:
    """Import the named behaviours, in installation order."""
    return [importlib.import_module(f"{__name__}.{name}").BEHAVIOUR for name in NAMES if name in names]
