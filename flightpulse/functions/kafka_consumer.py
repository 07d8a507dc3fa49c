"""Turns operations events from Kafka into enriched events on the bus, and puts aside what is no such event."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from flightpulse.adapters import kafka_records, settings, telemetry
from flightpulse.functions import bootstrap

logger = telemetry.logger("kafka-consumer")


@logger.inject_lambda_context(clear_state=True)
def handler(event: Any, _context: LambdaContext) -> dict[str, Any]:
    """Takes the batch of an event source mapping, or one event envelope handed over directly.

    Returns the counts, and for a direct invocation also what became of the event.
    """
    return bootstrap.consumer(logger).consume(kafka_records.records(event)).answer()


if settings.in_lambda():
    bootstrap.consumer(logger)
