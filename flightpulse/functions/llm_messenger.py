"""Composes the messages about one event for some of its passengers, and prepares their templates ahead.

Payloads: ``{"event", "flight", "recipients"}`` from the workflow; ``{"operation": "segments"}`` and
``{"operation": "prepare", "segments": [key, ...]}`` from whoever prepares templates.
"""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from flightpulse.adapters import settings
from flightpulse.functions import messenger_log, messenger_ports
from flightpulse.messages.facts import read_news
from flightpulse.use_cases.compose import compose_messages
from flightpulse.use_cases.prepare import prepare_templates, segments_and_versions

logger = messenger_log.logger


class UnknownOperationError(ValueError):
    """The payload asks for something that the messenger does not do."""


@logger.inject_lambda_context(clear_state=True)
def handler(payload: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answers with notifications, failures and counts, or with what was prepared.

    Raises :class:`flightpulse.messages.news.base.UnusableEventError` for an event about which nobody can be told.
    """
    operation = payload.get("operation", "compose")
    if operation == "compose":
        return _compose(payload, context)
    if operation == "segments":
        return {"segments": segments_and_versions(), "review": messenger_ports.review()}
    if operation == "prepare":
        return _prepare(payload, context)
    raise UnknownOperationError(str(operation))


def _compose(payload: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    flight = payload.get("flight") or {}
    news = read_news(payload.get("event") or {}, flight)
    messenger_ports.begin(context, for_passengers=True)
    composed = compose_messages(news, flight, payload.get("recipients") or [], messenger_ports.ports())
    messenger_log.composed(news, composed, messenger_ports.usage())
    return composed.answer()


def _prepare(payload: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    messenger_ports.begin(context, for_passengers=False)
    ports = messenger_ports.ports()
    seconds_left = messenger_ports.seconds_for_models(context)
    done = prepare_templates(payload["segments"], ports.author, ports.reviewer, ports.templates, seconds_left)
    messenger_log.prepared(done)
    return {**done.to_fields(), "usage": messenger_ports.usage()}


if settings.in_lambda():
    messenger_ports.connected()
