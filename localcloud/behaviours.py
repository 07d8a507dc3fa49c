"""The behaviours of the local cloud: each puts one AWS feature right in the emulator.

Every one is a module with a function ``install(context)``, called after the emulator's settings are in the environment
and before it serves anything.
"""

import importlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from localcloud.process import version


@dataclass(frozen=True, slots=True)
class LocalContext:
    """What behaviours may know of the process they are installed in."""

    home: Path
    port: int
    model_url: str
    back_off_scale: float = 1.0

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


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
"""The names of the behaviours, in the order in which they are installed."""


def install(names: Collection[str], context: LocalContext) -> None:
    """Install the named behaviours. Raises UserError when the emulator lacks a name that they replace."""
    for name, module in _MODULES.items():
        if name in names:
            try:
                importlib.import_module(f"localcloud.services.{module}").install(context)
            except (ImportError, AttributeError) as error:
                if version.EMULATOR not in str(error):
                    raise
                raise version.unexpected(f"{name}: {error}") from error
