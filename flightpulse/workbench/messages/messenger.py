"""Asks the deployed messenger for what it does besides composing: its segments, and templates ahead of any event."""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from botocore.config import Config

from flightpulse.errors import UserError
from flightpulse.messages.news import all_segments
from flightpulse.stack import names
from flightpulse.workbench.target.session import Session

# Longer than the function may take; a call that is lost is not repeated, because its drafts cost money.
_CONFIG = Config(read_timeout=130, connect_timeout=5, retries={"total_max_attempts": 1}, max_pool_connections=16)


class Messenger:
    """``FlightPulse-LLMMessenger`` as it is deployed."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client: Any = session.aws.client("lambda", config=_CONFIG)

    @property
    def review(self) -> str:
        """Who reviews drafts: ``model`` or ``person``."""
        return str(self._segments["review"])

    def versions(self) -> dict[str, str]:
        """The version of the prompts for each segment's key.

        Raises UserError when the deployed function has other segments than this checkout.
        """
        found = {str(key): str(version) for key, version in self._segments["segments"].items()}
        if found.keys() != {segment.key for segment in all_segments()}:
            raise UserError(
                "The deployed messenger has other segments than this checkout.",
                hint=f"Deploy it again with: {self._session.command('deploy')}",
            )
        return found

    def prepare(self, segment_keys: Sequence[str]) -> dict[str, Any]:
        """Have templates drafted and reviewed: ``prepared``, ``left`` and ``usage`` of the function's answer."""
        return self._invoke({"operation": "prepare", "segments": list(segment_keys)})

    @cached_property
    def _segments(self) -> dict[str, Any]:
        return self._invoke({"operation": "segments"})

    def _invoke(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._client.invoke(FunctionName=names.LLM_MESSENGER, Payload=json.dumps(payload).encode())
        fields: dict[str, Any] = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise UserError(
                f"{names.LLM_MESSENGER} failed: {fields.get('errorType')}: {fields.get('errorMessage')}.",
                hint=f"If it is older than this checkout: {self._session.command('deploy')}",
            )
        return fields
