"""The behaviours of the local cloud, in the order in which they are installed."""

import importlib

from localcloud.behaviour import Behaviour

_MODULES = {
    "xray": "xray",
    "lambda_runtime": "lambda_functions.runtime",
    "dynamodb": "dynamodb",
    "eventbridge": "eventbridge",
    "step_functions": "step_functions",
    "cloudwatch": "cloudwatch",
    "event_source_mappings": "event_source_mappings",
    "api_gateway": "api_gateway.requests",
    "cloudformation": "cloudformation.resources",
    "stack_outputs": "cloudformation.stack_outputs",
    "iam": "iam",
}
NAMES = tuple(_MODULES)


def load(names: tuple[str, ...] = NAMES) -> list[Behaviour]:
    """Import the named behaviours, in installation order."""
    return [
        importlib.import_module(f"localcloud.services.{module}").BEHAVIOUR
        for name, module in _MODULES.items()
        if name in names
    ]
