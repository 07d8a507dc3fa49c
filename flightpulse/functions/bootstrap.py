"""Wires the use cases to AWS, once for each process: what a function's environment names is what it gets."""

from functools import cache

from aws_lambda_powertools.logging import Logger

from flightpulse.adapters import settings, telemetry
from flightpulse.adapters.bus import Bus
from flightpulse.adapters.dead_letters import DeadLetters
from flightpulse.adapters.table import ReservationTable
from flightpulse.adapters.tracing import RecordTracer
from flightpulse.use_cases.consume import Consumer
from flightpulse.use_cases.look_up import LookUp
from flightpulse.use_cases.report_changes import ChangeReporter


@cache
def consumer(logger: Logger) -> Consumer:
    """The consumer of operations events. Raises :class:`~flightpulse.adapters.settings.MissingSettingError`."""
    known = settings.read(settings.ConsumerSettings)
    return Consumer(
        ReservationTable.connect(known.table_name),
        Bus.connect(known.event_bus_name),
        DeadLetters.connect(known.dead_letter_queue_url),
        notify_from_minutes=settings.NotifyFrom(
            settings.Parameter.connect(known.notify_from_parameter, ttl_seconds=60), logger.warning
        ),
        log=logger,
        meter=telemetry.Meter(logger.service),
        tracer=RecordTracer,
    )


@cache
def change_reporter(logger: Logger) -> ChangeReporter:
    """The reporter of status changes. Raises :class:`~flightpulse.adapters.settings.MissingSettingError`."""
    return ChangeReporter(Bus.connect(settings.read(settings.StreamSettings).event_bus_name), log=logger)


@cache
def look_up() -> LookUp:
    """What the API answers from. Raises :class:`~flightpulse.adapters.settings.MissingSettingError`."""
    return LookUp(ReservationTable.connect(settings.read(settings.ApiSettings).table_name))
