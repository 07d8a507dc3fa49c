"""What a template costs while nothing happens."""

from decimal import Decimal
from typing import Any

import pytest

from flightpulse.workbench.costs import idle_cost


def template(*resources: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "Resources": {
            f"R{n}": {"Type": kind, "Properties": properties} for n, (kind, properties) in enumerate(resources)
        }
    }


def endpoint(*subnets: str) -> tuple[str, dict[str, Any]]:
    return "AWS::EC2::VPCEndpoint", {"VpcEndpointType": "Interface", "SubnetIds": list(subnets)}


def test_an_interface_endpoint_costs_by_zone_and_hour_and_a_gateway_endpoint_nothing() -> None:
    found = idle_cost.of(template(endpoint("a", "b"), endpoint("a", "b"), ("AWS::EC2::VPCEndpoint", {})))

    assert [(cost.kind, cost.number, cost.dollars) for cost in found.costs] == [
        ("interface endpoints", 2, Decimal("29.20"))
    ]
    assert found.free == 1


def test_an_alarm_costs_by_the_metrics_it_watches() -> None:
    metric = {"MetricStat": {"Period": 300}}
    found = idle_cost.of(
        template(
            ("AWS::CloudWatch::Alarm", {"Period": 60}),
            ("AWS::CloudWatch::Alarm", {"Metrics": [{"Expression": "a / b"}, metric, metric]}),
            ("AWS::CloudWatch::Alarm", {"Period": 10}),
        )
    )

    assert found.total == Decimal("0.60")


def test_an_alarm_made_of_others_costs_by_itself() -> None:
    assert idle_cost.of(template(("AWS::CloudWatch::CompositeAlarm", {}))).total == Decimal("0.50")


def test_a_key_of_ones_own_costs_by_the_month() -> None:
    assert idle_cost.of(template(("AWS::KMS::Key", {}))).total == Decimal("1.00")


def test_three_dashboards_are_free() -> None:
    assert idle_cost.of(template(*[("AWS::CloudWatch::Dashboard", {})] * 3)).total == 0
    assert idle_cost.of(template(*[("AWS::CloudWatch::Dashboard", {})] * 4)).total == Decimal("3.00")


def test_only_provisioned_pollers_cost() -> None:
    on_demand: dict[str, Any] = {}
    provisioned = {"ProvisionedPollerConfig": {"MinimumPollers": 1}}

    found = idle_cost.of(
        template(*[("AWS::Lambda::EventSourceMapping", properties) for properties in (on_demand, provisioned)])
    )

    assert (found.total, found.free) == (Decimal("135.05"), 1)


def test_the_greatest_cost_comes_first_and_can_be_left_out() -> None:
    found = idle_cost.of(template(("AWS::SecretsManager::Secret", {}), endpoint("a"), ("AWS::EC2::NatGateway", {})))

    assert [cost.kind for cost in found.costs] == ["NAT gateways", "interface endpoints", "secrets"]
    assert found.without("NAT gateways") == Decimal("7.70")
    with pytest.raises(KeyError, match="there are NAT gateways, interface endpoints, secrets"):
        found.without("pollers")


def test_a_type_that_nobody_has_priced_is_named_and_not_taken_for_free() -> None:
    said = str(idle_cost.of(template(("AWS::Redshift::Cluster", {}), ("AWS::SQS::Queue", {}))))

    assert "Not priced: AWS::Redshift::Cluster." in said
    assert "in all" in said
