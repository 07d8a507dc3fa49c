"""AWS list prices in US dollars of us-east-1, each with its source, without free tiers except where one never ends.

A month has 730 hours. A test fails when the oldest of them is older than ``LONGEST_AGE``: then look every one up again.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

LONGEST_AGE = timedelta(days=180)
HOURS = 730


@dataclass(frozen=True, slots=True)
class Source:
    """Where a price was read, and when that was."""

    name: str
    read: date


PRICE_LIST = Source("AWS Price List API", date(2026, 9, 3))
LAMBDA_LIST = Source("AWS Price List API, Lambda", date(2026, 9, 19))
STATES_PAGE = Source("https://aws.amazon.com/step-functions/pricing/", date(2026, 11, 26))
KAFKA_PAGE = Source("https://docs.aws.amazon.com/lambda/latest/dg/kafka-scaling-modes.html", date(2026, 11, 26))
CLOUDWATCH_PAGE = Source("https://aws.amazon.com/cloudwatch/pricing/, as others quote it", date(2026, 11, 30))
KMS_PAGE = Source("https://aws.amazon.com/kms/pricing/, as others quote it", date(2026, 11, 30))
BEDROCK_LIST = Source("Bedrock's price list", date(2026, 10, 5))


@dataclass(frozen=True, slots=True)
class Price:
    """So many dollars for so many units."""

    dollars: Decimal
    units: int
    unit: str
    source: Source = PRICE_LIST

    def of(self, number: Decimal | int) -> Decimal:
        """What a number of units costs."""
        return number * self.dollars / self.units

    def __str__(self) -> str:
        article = "an " if self.unit == "hour" else "a "
        return f"{self.dollars} for {f'{self.units:,} ' if self.units > 1 else article}{self.unit}"


ENDPOINT_HOUR = Price(Decimal("0.01"), 1, "hour")
"""An interface endpoint, for each availability zone."""
NAT_HOUR = Price(Decimal("0.045"), 1, "hour")
EVENT_POLLER_HOUR = Price(Decimal("0.185"), 1, "hour", KAFKA_PAGE)
"""One event poller unit of a provisioned Kafka mapping. Mappings without provisioned pollers have no charge."""
ALARM = Price(Decimal("0.10"), 1, "month")
"""Each metric that an alarm watches."""
FAST_ALARM = Price(Decimal("0.30"), 1, "month")
"""The same for an alarm that looks every 10 or 30 seconds."""
COMPOSITE_ALARM = Price(Decimal("0.50"), 1, "month", CLOUDWATCH_PAGE)
DASHBOARD = Price(Decimal("3.00"), 1, "month")
FREE_DASHBOARDS = 3
SECRET = Price(Decimal("0.40"), 1, "month")
CUSTOMER_KEY = Price(Decimal("1.00"), 1, "month", KMS_PAGE)
"""A key of your own, without its requests."""

TRANSITION = Price(Decimal("0.025"), 1_000, "transitions", STATES_PAGE)
"""Step Functions, standard workflows. A retry is a transition."""
INVOCATION = Price(Decimal("0.20"), 1_000_000, "requests")
GB_SECOND = Price(Decimal("0.0000133334"), 1, "GB-second", LAMBDA_LIST)
"""Lambda on arm64."""
WRITE_UNIT = Price(Decimal("0.625"), 1_000_000, "units")
"""DynamoDB on demand: 1 KB written to the table or to an index."""
READ_UNIT = Price(Decimal("0.125"), 1_000_000, "units")
"""DynamoDB on demand: 4 KB read consistently; eventually consistent reads take half."""
CUSTOM_EVENT = Price(Decimal("1.00"), 1_000_000, "events")
"""EventBridge, each 64 KB."""
LOG_MB = Price(Decimal("0.50"), 1_024, "MB")
"""CloudWatch Logs, ingestion. The list price is for a GB."""
METRIC_HOUR = Price(Decimal("0.30"), HOURS, "hours")
"""A custom metric, paid for the hours in which it has values. The list price is for a month."""
TRACE = Price(Decimal("5.00"), 1_000_000, "traces")
"""X-Ray, recorded."""
QUEUE_REQUEST = Price(Decimal("0.40"), 1_000_000, "requests")
TOPIC_PUBLISH = Price(Decimal("0.50"), 1_000_000, "publishes")

BY_NAME = {
    "interface endpoint, in each zone": ENDPOINT_HOUR,
    "NAT gateway": NAT_HOUR,
    "Lambda, provisioned Kafka poller": EVENT_POLLER_HOUR,
    "CloudWatch, metric watched by an alarm": ALARM,
    "CloudWatch, the same every 10 or 30 seconds": FAST_ALARM,
    "CloudWatch, composite alarm": COMPOSITE_ALARM,
    f"CloudWatch, dashboard after the first {FREE_DASHBOARDS}": DASHBOARD,
    "CloudWatch, custom metric with values": METRIC_HOUR,
    "CloudWatch Logs, ingestion": LOG_MB,
    "Secrets Manager, secret": SECRET,
    "KMS, key of your own": CUSTOMER_KEY,
    "Step Functions, state transition": TRANSITION,
    "Lambda, request": INVOCATION,
    "Lambda, duration on arm64": GB_SECOND,
    "DynamoDB, write": WRITE_UNIT,
    "DynamoDB, read": READ_UNIT,
    "EventBridge, custom event": CUSTOM_EVENT,
    "X-Ray, trace recorded": TRACE,
    "SQS, request": QUEUE_REQUEST,
    "SNS, publish": TOPIC_PUBLISH,
}
"""Every price but the models', by what is paid."""

_TOKENS = 1_000_000
_MODELS = {
    "claude-haiku-4-5": ("1.00", "5.00"),
    "claude-sonnet-5": ("2.00", "10.00"),
    "claude-sonnet-4-6": ("3.00", "15.00"),
    "nova-micro": ("0.035", "0.14"),
    "nova-lite": ("0.06", "0.24"),
    "nova-pro": ("0.80", "3.20"),
}
MODELS = tuple(_MODELS)
"""What the ids of the models contain whose prices are known."""
_IN_A_REGION_GROUP = Decimal("1.1")
"""What the ``us.`` inference profiles of Anthropic's models cost beside the global ones."""


def model(model_id: str) -> tuple[Price, Price] | None:
    """The prices of tokens in and out of a Bedrock model; None for one whose price is not known here."""
    found = next((prices for name, prices in _MODELS.items() if name in model_id), None)
    if found is None:
        return None
    factor = _IN_A_REGION_GROUP if model_id.startswith("us.anthropic.") else Decimal(1)
    read, written = (Price(Decimal(price) * factor, _TOKENS, "tokens", BEDROCK_LIST) for price in found)
    return read, written


def oldest() -> date:
    """When the price was read that was read longest ago."""
    return min(BEDROCK_LIST.read, *(price.source.read for price in BY_NAME.values()))
