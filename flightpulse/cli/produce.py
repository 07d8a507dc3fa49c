"""The verb that sends one event (or some) to Kafka."""

from pathlib import Path
from typing import Any

import click

from awskit.kafka.connection import Kafka
from flightpulse.cli import options
from flightpulse.domain.events import TOPIC
from simulator.event_command import build, deliver, event_options


@click.command()
@event_options
@options.target
@options.kafka
@click.option("--topic", default=TOPIC, show_default=True, help="The topic.")
@options.kafka_config
@options.as_json
def produce(target: str, kafka: str | None, topic: str, kafka_config: Path | None, as_json: bool, **event: Any) -> None:
    """Send one event (or --count of them) to Kafka, as operations would.

    \b
        flightpulse produce --event-type FLIGHT_DELAY --flight-id SW1234 --delay-minutes 25 --reason WEATHER
        flightpulse produce --event-type FLIGHT_CANCELLED --flight-id SW9012 --reason WEATHER
        flightpulse produce --event-type GATE_CHANGE --flight-id SW3456 --new-gate D15 --terminal-change

    New times are computed from the flight's schedule in the table. The broker has acknowledged every event when this
    ends. Look at what came of it with: flightpulse show latest, flightpulse inbox.
    """
    wb = options.bench(target, kafka=kafka)
    wanted = build(wb.table.flight, event)
    cluster = Kafka.configured(wb.session.broker, kafka_config)
    deliver(cluster, wanted, topic=topic, correlation_id=event["correlation_id"], as_json=as_json)
