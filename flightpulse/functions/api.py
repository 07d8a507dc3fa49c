"""Answers the REST API's read-only questions about flights, passengers and bookings."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from flightpulse.adapters import settings
from flightpulse.functions import api_routes, bootstrap

logger = api_routes.logger


@logger.inject_lambda_context(clear_state=True, correlation_id_path="requestContext.requestId")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Takes a proxy request of API Gateway's REST API; answers with JSON, errors included."""
    answer = api_routes.app.resolve(event, context)
    logger.info(
        f"{event.get('httpMethod')} {event.get('resource') or event.get('path')}",
        extra={"status_code": answer["statusCode"]},
    )
    return answer


if settings.in_lambda():
    bootstrap.look_up()
