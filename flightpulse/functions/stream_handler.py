"""Tells the bus when the status of a booking or a flight has changed in the table."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from flightpulse.adapters import settings, stream_records, telemetry
from flightpulse.functions import bootstrap

logger = telemetry.logger("stream-handler")


@logger.inject_lambda_context(clear_state=True)
def handler(event: Mapping[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Takes a batch of the table's stream; answers with a partial batch response."""
    return bootstrap.change_reporter(logger).report(stream_records.changes(event))


if settings.in_lambda():
    bootstrap.change_reporter(logger)
