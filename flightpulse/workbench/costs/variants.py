"""What each kind of network costs while nothing happens, side by side, without deploying any of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flightpulse.workbench.costs.idle_cost import IdleCost
from flightpulse.workbench.show.tables import Table

BROKERS = {
    "kafka_bootstrap": "b-1.example.com:9096,b-2.example.com:9096",
    "kafka_secret_arn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:kafka-Ab12",
}
OWN_NETWORK = {
    "network": "existing",
    "vpc_id": "vpc-0123456789abcdef0",
    "subnet_ids": "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
    "security_group_id": "sg-0123456789abcdef0",
}
CLUSTER = "arn:aws:kafka:us-east-1:123456789012:cluster/operations/0a1b2c3d-1111-2222-3333-444455556666-7"


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to deploy the stack: its name and the CDK context that makes it."""

    name: str
    context: Mapping[str, str]


VARIANTS = (
    Variant("no VPC; flightpulse relay polls", {"network": "none"}),
    Variant("no VPC; Lambda polls MSK", {"network": "none", "kafka_cluster_arn": CLUSTER}),
    Variant("no VPC; Lambda polls, provisioned", {"network": "none", **BROKERS, "kafka_provisioned": "true"}),
    Variant("a VPC of yours; Lambda polls", {**OWN_NETWORK, **BROKERS}),
    Variant("isolated VPC; flightpulse relay polls", {}),
    Variant("isolated VPC; Lambda polls", BROKERS),
)


def table(costs: Mapping[str, IdleCost]) -> Table:
    """The idle cost of each variant (by its name) in US dollars a month, by what is paid, the dearest column first."""
    kinds: dict[str, Decimal] = {}
    for found in costs.values():
        for cost in found.costs:
            kinds[cost.kind] = max(cost.dollars, kinds.get(cost.kind, Decimal(0)))
    columns = sorted((kind for kind, dollars in kinds.items() if dollars), key=lambda kind: (-kinds[kind], kind))
    rows = [(name, *(_dollars(found, kind) for kind in columns), str(found.total)) for name, found in costs.items()]
    return Table.of(("USD a month", *columns, "in all"), rows, numbers=range(1, len(columns) + 2))


def as_json(costs: Mapping[str, IdleCost]) -> list[dict[str, Any]]:
    """The same as plain JSON values."""
    return [{"variant": name, **found.as_json()} for name, found in costs.items()]


def _dollars(found: IdleCost, kind: str) -> str:
    return next((f"{cost.dollars:.2f}" for cost in found.costs if cost.kind == kind), "–")
