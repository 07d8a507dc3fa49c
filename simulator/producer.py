"""The program that sends one operations event to Kafka, without a deployed stack.

``python simulator/producer.py --event-type FLIGHT_DELAY --flight-id SW1234 --delay-minutes 25`` takes the options of
``flightpulse produce``. It knows the flights of ``sample_data/``, moved to tomorrow.
"""

import sys

try:
    from collections.abc import Sequence
    from datetime import date, datetime, timedelta
    from pathlib import Path
    from typing import Any

    import click

    from awskit.kafka.connection import Kafka
    from awskit.kafka.producer import INTERRUPTED
    from flightpulse import paths
    from flightpulse.domain.entities import Flight
    from flightpulse.domain.events import TOPIC
    from flightpulse.errors import UserError
    from localcloud.process import state
    from simulator import sample_data
    from simulator.event_command import build, deliver, event_options
except ImportError:
    if __name__ != "__main__":
        raise
    sys.exit("This Python does not have FlightPulse. Run make setup, then .venv/bin/python simulator/producer.py")


@click.command(name="producer")
@event_options
@click.option(
    "--bootstrap", metavar="HOST:PORT", envvar="FLIGHTPULSE_KAFKA", help="The broker (default: the local one)."
)
@click.option("--topic", default=TOPIC, show_default=True, help="The topic.")
@click.option("--kafka-config", type=click.Path(exists=True, path_type=Path), help="File with SASL and SSL properties.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def command(**options: Any) -> None:
    """Send an operations event to Kafka."""
    wanted = build(_flight, options)
    deliver(
        Kafka.configured(options["bootstrap"] or _local_broker(), options["kafka_config"]),
        wanted,
        topic=options["topic"],
        correlation_id=options["correlation_id"],
        as_json=options["as_json"],
    )


def _local_broker() -> str:
    running = state.load(paths.home())
    if running is None or not running.kafka_bootstrap:
        raise UserError(
            "No local cloud is running.", hint="Start it with flightpulse up, or give --bootstrap HOST:PORT."
        )
    return running.kafka_bootstrap


def _flight(flight_id: str) -> Flight | None:
    """A flight of the sample data, moved to tomorrow."""
    flights = sample_data.load(day=_tomorrow()).flights
    return next((flight for flight in flights if flight.flight_id == flight_id), None)


def _tomorrow() -> date:
    return datetime.now().astimezone().date() + timedelta(days=1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program: one line for every error, never a traceback."""
    try:
        command.main(args=arguments, prog_name="producer.py", standalone_mode=False)
    except UserError as error:
        click.echo(f"{error.message} {error.hint}".strip(), err=True)
        return error.exit_code
    except click.ClickException as error:
        click.echo(f"{' '.join(error.format_message().split())} See --help.", err=True)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("Stopped before anything was sent.", err=True)
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
