"""The event bus, and the archive from which flight events can be replayed."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from constructs import Construct

from flightpulse.stack import names


class FlightBus(Construct):
    """``flightpulse-bus`` and a week of its flight events."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.bus = events.EventBus(
            self, "Bus", event_bus_name=names.EVENT_BUS, description="What happens to flights, bookings and messages"
        )
        self.bus.archive(
            "Archive",
            archive_name=names.ARCHIVE,
            description="Flight events of the last week, to be replayed after a fault",
            event_pattern=events.EventPattern(detail_type=events.Match.prefix("flight.")),
            retention=Duration.days(7),
        )
