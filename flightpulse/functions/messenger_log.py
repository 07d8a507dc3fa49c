"""What the messenger logs and counts: ids and rules, never a word of any message."""

from collections.abc import Mapping

from flightpulse.adapters import telemetry
from flightpulse.messages.facts import News
from flightpulse.messages.wording import Origin, Wording
from flightpulse.use_cases.compose import Composed
from flightpulse.use_cases.prepare import Preparation

SERVICE = "llm-messenger"

logger = telemetry.logger(SERVICE)


def report(problem: str, details: Mapping[str, str]) -> None:
    """Log trouble of an adapter that stops nobody."""
    logger.warning(problem, extra=dict(details))


def composed(news: News, composed: Composed, usage: Mapping[str, Mapping[str, int]]) -> None:
    """Log and count what was composed. ``usage`` is what models were asked for it, by role."""
    ids = {"correlation_id": news.correlation_id, "event_id": news.event_id, "flight_id": news.flight_id}
    meter = telemetry.Meter(SERVICE)
    for wording in composed.wordings:
        _wording(wording, ids, meter)
    for failure in composed.failed:
        logger.error("a passenger cannot be told", extra={**ids, **failure})
    logger.info("messages composed", extra={**ids, "counts": composed.counts(), "usage": usage})
    meter.flush()


def _wording(wording: Wording, ids: Mapping[str, str], meter: telemetry.Meter) -> None:
    details = {**ids, "segment": wording.segment.key, "origin": str(wording.origin), "model_id": wording.model_id}
    meter.add("TemplatesUsed")
    rules = sorted({str(refusal.rule) for refusal in wording.refusals})
    if rules and wording.origin is not Origin.CACHE:
        logger.warning("a template was refused or mended", extra={**details, "rules": rules})
    if wording.waiting:
        logger.info("a draft waits for a person; the written template is used", extra=details)
        meter.add("TemplatesAwaitingReview")
    elif wording.origin is Origin.FALLBACK:
        logger.warning("the written template is used", extra={**details, "problem": wording.problem})
        meter.add("LLMInvocationsFailed")
    elif wording.origin is Origin.MODEL:
        meter.add("LLMInvocationsSuccess")


def prepared(preparation: Preparation) -> None:
    """Log what became of each segment."""
    for prepared in preparation.done:
        if prepared.record is None:
            logger.warning("a template could not be prepared", extra=prepared.to_fields())
        else:
            logger.info("a template was prepared", extra=prepared.to_fields())
