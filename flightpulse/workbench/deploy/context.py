"""The context values of a deployment: those that the stack was deployed with last, and those that are given now."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from flightpulse.stack import names, settings
from flightpulse.stack.settings import Settings

Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Context:
    """What a deployment is made with.

    ``kept`` is what the deployed stack was made with, ``needed`` what a local cloud needs, ``given`` what somebody asks
    for now. An empty value given now takes a kept one back to its default. ``deployed`` says whether there is a stack.
    """

    kept: Values
    given: Values
    needed: Values
    deployed: bool

    @property
    def values(self) -> dict[str, str]:
        """What counts: given before needed before kept."""
        merged = {**self.kept, **self.needed, **self.given}
        return {key: value for key, value in sorted(merged.items()) if value}

    @property
    def settings(self) -> Settings:
        """The values, checked. Raises UserError naming the first that is wrong."""
        return settings.from_context(self.values)

    def loosened(self) -> list[str]:
        """What this deployment would protect less than the deployed stack does, one sentence each."""
        if not self.deployed:
            return []
        before, after = settings.from_context({**self.kept, **self.needed}), self.settings
        found = [
            f"{key} goes from {getattr(before, key)} to {getattr(after, key)}: {what}"
            for key, strict, what in _PROTECTIONS
            if getattr(before, key) == strict != getattr(after, key)
        ]
        if after.log_retention_days < before.log_retention_days:
            days = f"{before.log_retention_days} to {after.log_retention_days}"
            found.append(f"log_retention_days goes from {days}: AWS deletes older lines at once")
        if before.kafka and before.kafka.authentication and after.kafka and not after.kafka.secret_arn:
            found.append("kafka_secret_arn goes: the pollers no longer authenticate with it")
        return found

    def __str__(self) -> str:
        """``network=none (kept), model_id=...``; what a local cloud needs for itself is not told."""
        told = {key: value for key, value in self.values.items() if key not in self.needed or key in self.given}
        return ", ".join(f"{key}={value}{self._origin(key)}" for key, value in told.items()) or "nothing but defaults"

    def _origin(self, key: str) -> str:
        return "" if key in self.given else " (kept from the last deployment)"


_PROTECTIONS = (
    ("removal", "retain", "the table loses its deletion protection, and the data goes with the stack"),
    ("network", "isolated", "functions are no longer shut off from the internet"),
    ("template_review", "person", "messages go out that no person has approved"),
    ("encryption", "customer", "people's data is no longer encrypted with a key of yours"),
    ("flight_routes", "signed", "anybody may read flights"),
)


def kept(outputs: Values) -> dict[str, str]:
    """The context values in the outputs of a stack; keys that are no longer known are left out."""
    try:
        found = json.loads(outputs.get(names.CONTEXT_OUTPUT, "{}"))
    except ValueError:
        return {}
    return {key: str(value) for key, value in found.items() if key in settings.KEYS}
