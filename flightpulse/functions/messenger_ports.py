"""What the messenger reaches: models, templates and onward flights, connected once per worker."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from flightpulse.adapters import model, settings
from flightpulse.adapters.model import BedrockAuthor, BedrockModel, BedrockReviewer, CallLimits, TokenUsage
from flightpulse.adapters.onward_flights import OnwardFlights
from flightpulse.adapters.template_table import TemplateTable, TolerantTemplateStore
from flightpulse.functions.messenger_log import report
from flightpulse.use_cases.compose import Ports

# What an invocation needs besides the models: reading, filling in, answering.
_RESERVE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Connected:
    """The ports, and the models behind them by role with the limits they share."""

    ports: Ports
    models: dict[str, BedrockModel]
    limits: CallLimits
    review: str


@cache
def connected() -> Connected:
    """Everything by the function's environment. Raises :class:`settings.MissingSettingError`."""
    given = settings.read(settings.MessengerSettings)
    limits = CallLimits()
    models = {
        model.AUTHOR: BedrockModel.connect(model.AUTHOR, given.model_id_parameter, limits, report),
        model.REVIEWER: BedrockModel.connect(model.REVIEWER, given.review_model_id_parameter, limits, report),
    }
    ports = Ports(
        author=BedrockAuthor(models[model.AUTHOR]),
        reviewer=BedrockReviewer(models[model.REVIEWER]) if given.template_review == "model" else None,
        templates=TolerantTemplateStore(TemplateTable.connect(given.table_name), report),
        onward=OnwardFlights.connect(given.table_name, report),
        contact=given.contact_line,
    )
    return Connected(ports, models, limits, given.template_review)


def ports() -> Ports:
    return connected().ports


def review() -> str:
    """Who reviews drafts: ``model`` or ``person``."""
    return connected().review


def begin(context: LambdaContext, *, for_passengers: bool) -> None:
    """Give models their time in an invocation: what it can spare, and less when passengers wait for them."""
    spare = seconds_for_models(context)()
    connected().limits.begin(min(model.BUDGET_SECONDS, spare) if for_passengers else spare)
    for asked in connected().models.values():
        asked.usage = TokenUsage()


def seconds_for_models(context: LambdaContext) -> Callable[[], float]:
    """Tells how much time is left in which a call of a model may begin."""
    return lambda: context.get_remaining_time_in_millis() / 1000 - model.READ_TIMEOUT_SECONDS - _RESERVE_SECONDS


def usage() -> dict[str, Any]:
    """What each model was asked in this invocation, by role."""
    return {role: asked.usage.to_fields() for role, asked in connected().models.items()}
