"""What the stack costs in an AWS account while nothing happens, worked out from its template at list prices.

The prices, with their date and source, are in ``prices.py``.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flightpulse.workbench.costs.prices import (
    ALARM,
    COMPOSITE_ALARM,
    CUSTOMER_KEY,
    DASHBOARD,
    ENDPOINT_HOUR,
    EVENT_POLLER_HOUR,
    FAST_ALARM,
    FREE_DASHBOARDS,
    HOURS,
    NAT_HOUR,
    SECRET,
    Price,
)
from flightpulse.workbench.deploy.resources import PURPOSES
from flightpulse.workbench.show.shown_as_table import ShownAsTable
from flightpulse.workbench.show.tables import Table

_CENT = Decimal("0.01")
Resource = Mapping[str, Any]
_Reckoning = Callable[[list[Resource]], tuple[str, Decimal]]


@dataclass(frozen=True, slots=True)
class Cost:
    """What resources of one kind cost in a month, in US dollars. ``said`` is how that is reckoned."""

    kind: str
    number: int
    said: str
    dollars: Decimal


@dataclass(frozen=True, slots=True, repr=False)
class IdleCost(ShownAsTable):
    """The costs of a template, the greatest first. ``unknown`` are types of resources that nobody has priced."""

    costs: tuple[Cost, ...]
    free: int
    unknown: tuple[str, ...]

    @property
    def total(self) -> Decimal:
        """US dollars in a month."""
        return sum((cost.dollars for cost in self.costs), Decimal(0)).quantize(_CENT)

    def without(self, kind: str) -> Decimal:
        """The total without the resources of one kind. Raises KeyError, naming the kinds that there are."""
        if all(cost.kind != kind for cost in self.costs):
            raise KeyError(f"no {kind!r}; there are {', '.join(cost.kind for cost in self.costs)}")
        return sum((cost.dollars for cost in self.costs if cost.kind != kind), Decimal(0)).quantize(_CENT)

    def table(self) -> Table:
        """The costs with how they are reckoned, and their sum."""
        rows = [(cost.kind, cost.number, cost.said, f"{cost.dollars:.2f}") for cost in self.costs]
        rows.append(("everything else", self.free, "paid by use, or free", "0.00"))
        rows.append(("in all", sum(cost.number for cost in self.costs) + self.free, "", f"{self.total:.2f}"))
        note = f"Not priced: {', '.join(self.unknown)}." if self.unknown else ""
        return Table.of(("what", "number", "how it is reckoned", "USD a month"), rows, numbers=(1, 3), note=note)

    def as_json(self) -> dict[str, Any]:
        """The costs as plain JSON values; dollars are texts, so that none is rounded."""
        return {
            "costs": [
                {"what": cost.kind, "number": cost.number, "reckoned": cost.said, "usd_a_month": str(cost.dollars)}
                for cost in self.costs
            ],
            "paid_by_use_or_free": self.free,
            "not_priced": list(self.unknown),
            "total_usd_a_month": str(self.total),
        }


def of(template: Mapping[str, Any]) -> IdleCost:
    """The costs of a CloudFormation template."""
    by_kind: dict[str, list[Resource]] = {}
    free, unknown = 0, set()
    for resource in template.get("Resources", {}).values():
        kind = _priced_kind(resource)
        if kind:
            by_kind.setdefault(kind, []).append(resource.get("Properties", {}))
            continue
        free += 1
        if resource["Type"] not in PURPOSES:
            unknown.add(str(resource["Type"]))
    costs = [Cost(kind, len(found), *_PRICES[kind](found)) for kind, found in by_kind.items()]
    return IdleCost(tuple(sorted(costs, key=lambda cost: (-cost.dollars, cost.kind))), free, tuple(sorted(unknown)))


def _priced_kind(resource: Resource) -> str:
    properties = resource.get("Properties", {})
    match resource["Type"]:
        case "AWS::EC2::VPCEndpoint":
            return "interface endpoints" if properties.get("VpcEndpointType") == "Interface" else ""
        case "AWS::Lambda::EventSourceMapping":
            return "provisioned Kafka pollers" if properties.get("ProvisionedPollerConfig") else ""
        case kind:
            return _KINDS.get(str(kind), "")


_KINDS = {
    "AWS::EC2::NatGateway": "NAT gateways",
    "AWS::CloudWatch::Alarm": "alarms",
    "AWS::CloudWatch::CompositeAlarm": "composite alarms",
    "AWS::CloudWatch::Dashboard": "dashboards",
    "AWS::SecretsManager::Secret": "secrets",
    "AWS::KMS::Key": "keys",
}


def _endpoints(found: list[Resource]) -> tuple[str, Decimal]:
    zones = [len(item.get("SubnetIds", [])) or 1 for item in found]
    said = f"{ENDPOINT_HOUR.dollars} an hour in each of {' or '.join(map(str, sorted(set(zones))))} zones"
    return said, ENDPOINT_HOUR.of(sum(zones) * HOURS)


def _pollers(found: list[Resource]) -> tuple[str, Decimal]:
    return f"{EVENT_POLLER_HOUR.dollars} an hour, one unit each at least", EVENT_POLLER_HOUR.of(len(found) * HOURS)


def _alarms(found: list[Resource]) -> tuple[str, Decimal]:
    prices = [price for item in found for price in _watched(item)]
    return f"{ALARM.dollars} for each of the {len(prices)} metrics they watch", sum(prices, Decimal(0))


def _watched(alarm: Resource) -> Iterator[Decimal]:
    """The price of each metric that an alarm watches; an expression over metrics is paid by its metrics."""
    stats = [entry["MetricStat"] for entry in alarm.get("Metrics", []) if "MetricStat" in entry] or [alarm]
    for stat in stats:
        yield (FAST_ALARM if int(stat.get("Period", 60)) < 60 else ALARM).dollars


def _dashboards(found: list[Resource]) -> tuple[str, Decimal]:
    paid = max(0, len(found) - FREE_DASHBOARDS)
    return f"{DASHBOARD.dollars} each after the first {FREE_DASHBOARDS}", DASHBOARD.of(paid)


def _each(price: Price) -> _Reckoning:
    """Every resource costs the same, by the hour or by the month."""
    hours, said = (HOURS, "an hour") if price.unit == "hour" else (1, "each")
    return lambda found: (f"{price.dollars} {said}", price.of(len(found) * hours))


_PRICES: dict[str, _Reckoning] = {
    "interface endpoints": _endpoints,
    "NAT gateways": _each(NAT_HOUR),
    "provisioned Kafka pollers": _pollers,
    "alarms": _alarms,
    "composite alarms": _each(COMPOSITE_ALARM),
    "dashboards": _dashboards,
    "secrets": _each(SECRET),
    "keys": _each(CUSTOMER_KEY),
}
