"""AWS list prices in US dollars: those of us-east-1 in November 2026, without free tiers except where one never ends.

Sources: the pricing pages of each service and the AWS Price List API; Bedrock's are those of its price list of October
2026. A month has 730 hours.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Price:
    """So many dollars for so many units."""

    dollars: Decimal
    units: int
    unit: str

    def of(self, number: Decimal | int) -> Decimal:
        """What a number of units costs."""
        return number * self.dollars / self.units

    def __str__(self) -> str:
        return f"{self.dollars} for {f'{self.units:,} ' if self.units > 1 else 'a '}{self.unit}"


HOURS = 730
ENDPOINT_HOUR = Decimal("0.01")
"""An interface endpoint, for each availability zone and hour."""
NAT_HOUR = Decimal("0.045")
EVENT_POLLER_HOUR = Decimal("0.185")
"""One event poller unit of a provisioned Kafka mapping. Mappings without provisioned pollers have no charge."""
ALARM = Decimal("0.10")
"""A month of each metric that an alarm watches."""
FAST_ALARM = Decimal("0.30")
"""The same for an alarm that looks every 10 or 30 seconds."""
DASHBOARD = Decimal("3.00")
FREE_DASHBOARDS = 3
SECRET = Decimal("0.40")

TRANSITION = Price(Decimal("0.025"), 1_000, "transitions")
"""Step Functions, standard workflows. A retry is a transition."""
INVOCATION = Price(Decimal("0.20"), 1_000_000, "requests")
GB_SECOND = Price(Decimal("0.0000133334"), 1, "GB-second")
"""Lambda on arm64."""
WRITE_UNIT = Price(Decimal("0.625"), 1_000_000, "units")
"""DynamoDB on demand: 1 KB written to the table or to an index."""
READ_UNIT = Price(Decimal("0.125"), 1_000_000, "units")
"""DynamoDB on demand: 4 KB read consistently; eventually consistent reads take half."""
CUSTOM_EVENT = Price(Decimal("1.00"), 1_000_000, "events")
"""EventBridge, each 64 KB."""
LOG_MB = Price(Decimal("0.50"), 1_024, "MB")
"""CloudWatch Logs, ingestion. The list price is for a GB."""
QUEUE_REQUEST = Price(Decimal("0.40"), 1_000_000, "requests")
TOPIC_PUBLISH = Price(Decimal("0.50"), 1_000_000, "publishes")

_TOKENS = 1_000_000
_MODELS = {
    "claude-haiku-4-5": ("1.00", "5.00"),
    "claude-sonnet-5": ("2.00", "10.00"),
    "claude-sonnet-4-6": ("3.00", "15.00"),
    "nova-micro": ("0.035", "0.14"),
    "nova-lite": ("0.06", "0.24"),
    "nova-pro": ("0.80", "3.20"),
}
_IN_A_REGION_GROUP = Decimal("1.1")
"""What the ``us.`` inference profiles of Anthropic's models cost beside the global ones."""


def model(model_id: str) -> tuple[Price, Price] | None:
    """The prices of tokens in and out of a Bedrock model; None for one whose price is not known here."""
    found = next((prices for name, prices in _MODELS.items() if name in model_id), None)
    if found is None:
        return None
    factor = _IN_A_REGION_GROUP if model_id.startswith("us.anthropic.") else Decimal(1)
    read, written = (Price(Decimal(price) * factor, _TOKENS, "tokens") for price in found)
    return read, written
