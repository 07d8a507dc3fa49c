"""What AWS would refuse in the middle of a deployment is found before it."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from flightpulse.errors import UserError
from flightpulse.stack.settings import Settings, from_context
from flightpulse.workbench.deploy import checks

ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
SERVICES = ("events", "bedrock-runtime", "ssm", "sqs", "lambda", "sts", "secretsmanager")
NOVA = "amazon.nova-lite-v1:0"


class MissingError(ClientError):
    def __init__(self) -> None:
        super().__init__({"Error": {"Code": "ResourceNotFoundException", "Message": "not found"}}, "Get")


class Region:
    """A region's zones, and what each endpoint service offers in them."""

    def __init__(self, **lacking: tuple[str, ...]) -> None:
        self._lacking = {name.replace("_", "-"): zones for name, zones in lacking.items()}

    def describe_availability_zones(self, **_: Any) -> Any:
        return {"AvailabilityZones": [{"ZoneName": zone} for zone in reversed(ZONES)]}

    def describe_vpc_endpoint_services(self, **asked: Any) -> Any:
        (wanted,) = (condition["Values"] for condition in asked["Filters"])
        details = [
            {
                "ServiceName": f"com.amazonaws.us-east-1.{name}",
                "AvailabilityZones": [zone for zone in ZONES if zone not in self._lacking.get(name, ())],
            }
            for name in SERVICES
            if self._lacking.get(name) != ZONES
        ]
        return {"ServiceDetails": [detail for detail in details if detail["ServiceName"] in wanted]}


class Account:
    """An account's concurrency, and what of it the messenger has reserved."""

    exceptions = SimpleNamespace(ResourceNotFoundException=MissingError)

    def __init__(self, quota: int, free: int, own: int | None = None) -> None:
        self._limits = {"ConcurrentExecutions": quota, "UnreservedConcurrentExecutions": free}
        self._own = own

    def get_account_settings(self) -> Any:
        return {"AccountLimit": self._limits}

    def get_function_concurrency(self, **_: Any) -> Any:
        if self._own is None:
            raise MissingError
        return {"ReservedConcurrentExecutions": self._own}


class Bedrock:
    """A region's models on demand, and its inference profiles."""

    def __init__(self, on_demand: tuple[str, ...] = (), profiles: tuple[str, ...] = ()) -> None:
        self._on_demand = on_demand
        self._profiles = profiles

    def get_foundation_model(self, **asked: str) -> Any:
        if asked["modelIdentifier"] not in self._on_demand:
            raise MissingError
        return {"modelDetails": {"inferenceTypesSupported": ["ON_DEMAND"]}}

    def get_paginator(self, _: str) -> Any:
        found = [
            {
                "inferenceProfileId": name,
                "models": [{"modelArn": f"arn:aws:bedrock:us-east-2::foundation-model/{name.partition('.')[2]}"}],
            }
            for name in self._profiles
        ]
        return SimpleNamespace(paginate=lambda: [{"inferenceProfileSummaries": found}])


def settings(**context: str) -> Settings:
    return from_context(context)


def refused(check: Any, *arguments: Any) -> UserError:
    with pytest.raises(UserError) as raised:
        check(*arguments)
    return raised.value


def test_zones_that_have_every_endpoint_are_good() -> None:
    checks.check_zones(Region(), settings(), "us-east-1")
    checks.check_zones(Region(sqs=("us-east-1c",)), settings(), "us-east-1")


def test_a_zone_by_position_without_an_endpoint_is_refused_with_two_that_have_all() -> None:
    error = refused(checks.check_zones, Region(bedrock_runtime=("us-east-1b",)), settings(), "us-east-1")
    assert error.message == "The zone us-east-1b has no endpoint for com.amazonaws.us-east-1.bedrock-runtime."
    assert "availability_zones=us-east-1a,us-east-1c" in str(error.hint)


def test_zones_by_name_are_looked_at_instead() -> None:
    region = Region(bedrock_runtime=("us-east-1b",))
    checks.check_zones(region, settings(availability_zones="us-east-1a,us-east-1c"), "us-east-1")
    refused(checks.check_zones, region, settings(availability_zones="us-east-1b,us-east-1c"), "us-east-1")


BROKERS = "b-1.example.com:9092"


class DeployedMapping:
    """The consumer's mapping of a cluster as it is deployed."""

    def list_event_source_mappings(self, **_: Any) -> Any:
        source = {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": [BROKERS]}}
        mapping = {
            "Topics": ["flight-operations"],
            "StartingPosition": "TRIM_HORIZON",
            "SelfManagedEventSource": source,
        }
        return {"EventSourceMappings": [mapping]}


@pytest.mark.parametrize(
    "context",
    [
        {"kafka_bootstrap": BROKERS},
        {"kafka_bootstrap": "b-2.example.com:9092", "kafka_starting_position": "LATEST"},
        {"kafka_bootstrap": BROKERS, "kafka_topic": "other", "kafka_starting_position": "LATEST"},
    ],
)
def test_the_same_mapping_other_brokers_and_another_topic_are_good(context: dict[str, str]) -> None:
    kafka = settings(**context).kafka
    assert kafka is not None
    checks.check_moved_start(DeployedMapping(), kafka)


@pytest.mark.parametrize(
    "changed",
    [{"kafka_starting_position": "LATEST"}, {"kafka_bootstrap": f"{BROKERS},b-2.example.com:9092"}],
)
def test_a_mapping_that_would_be_made_anew_beside_one_of_the_same_cluster_is_refused_with_the_way_out(
    changed: dict[str, str],
) -> None:
    kafka = settings(**{"kafka_bootstrap": BROKERS, **changed}).kafka
    error = refused(checks.check_moved_start, DeployedMapping(), kafka)
    assert error.message.startswith("The deployed mapping polls flight-operations of this cluster from TRIM_HORIZON on")
    assert "-c kafka_bootstrap=" in str(error.hint)


class DeployedNetwork:
    """The subnets of a deployed stack, by the zones that they are in."""

    def __init__(self, *zones: str) -> None:
        self._zones = {f"subnet-{number}": zone for number, zone in enumerate(zones, 1)}

    def get_paginator(self, _: str) -> Any:
        found = [
            {
                "LogicalResourceId": f"NetworkVpcIsolatedSubnet{name[-1]}Subnet0400477E",
                "PhysicalResourceId": name,
                "ResourceType": "AWS::EC2::Subnet",
            }
            for name in reversed(self._zones)
        ]
        table = {"LogicalResourceId": "Table", "PhysicalResourceId": "FlightPulseTable", "ResourceType": "T"}
        return SimpleNamespace(paginate=lambda **_: [{"StackResourceSummaries": [table, *found]}])

    def describe_subnets(self, SubnetIds: list[str]) -> Any:  # noqa: N803 - boto3's name
        return {"Subnets": [{"AvailabilityZone": self._zones[SubnetIds[0]]}]}

    def describe_availability_zones(self, **asked: Any) -> Any:
        return Region().describe_availability_zones(**asked)


@pytest.mark.parametrize(
    ("deployed", "context"),
    [
        (("us-east-1a", "us-east-1b"), {}),
        (("us-east-1a", "us-east-1b"), {"availability_zones": "us-east-1a,us-east-1b"}),
        (("us-east-1a", "us-east-1b"), {"availability_zones": "us-east-1a,us-east-1b,us-east-1c"}),
        ((), {"availability_zones": "us-east-1b,us-east-1c"}),
    ],
)
def test_subnets_that_stay_where_they_are_and_new_ones_are_good(
    deployed: tuple[str, ...], context: dict[str, str]
) -> None:
    network = DeployedNetwork(*deployed)
    checks.check_moved_subnets(network, network, settings(**context))


@pytest.mark.parametrize("context", [{"availability_zones": "us-east-1a,us-east-1b"}, {}])
def test_a_subnet_that_would_change_its_zone_is_refused_with_the_way_out(context: dict[str, str]) -> None:
    network = DeployedNetwork("us-east-1a", "us-east-1c")
    error = refused(checks.check_moved_subnets, network, network, settings(**context))
    assert error.message == (
        "The subnet subnet-2 is in us-east-1c and cannot move to us-east-1b while it holds its addresses."
    )
    assert "-c network=none" in str(error.hint)


def test_pollers_in_the_network_need_their_endpoints_too() -> None:
    region = Region(sts=("us-east-1a",))
    checks.check_zones(region, settings(), "us-east-1")
    refused(checks.check_zones, region, settings(kafka_bootstrap="b-1.example.com:9092"), "us-east-1")


def test_a_region_without_a_service_is_named() -> None:
    error = refused(checks.check_zones, Region(bedrock_runtime=ZONES), settings(), "us-east-1")
    assert error.message.startswith("us-east-1 has no endpoint for")


def test_a_new_account_with_a_quota_of_ten_has_nothing_to_reserve() -> None:
    error = refused(checks.check_concurrency, Account(10, 10), 1)
    assert "lets nothing be reserved" in error.message


def test_a_reservation_leaves_a_hundred_to_the_other_functions() -> None:
    checks.check_concurrency(Account(1000, 1000), 900)
    assert "at most 900" in refused(checks.check_concurrency, Account(1000, 1000), 901).message


def test_what_the_messenger_has_reserved_counts_as_free() -> None:
    checks.check_concurrency(Account(1000, 100, own=50), 50)
    refused(checks.check_concurrency, Account(1000, 100, own=50), 51)


def test_a_model_on_demand_and_a_profile_are_good() -> None:
    checks.check_models(Bedrock(on_demand=(NOVA,)), [NOVA], "us-east-1")
    checks.check_models(Bedrock(profiles=(f"us.{NOVA}",)), [f"us.{NOVA}"], "us-east-1")


def test_a_model_that_is_not_on_demand_is_refused_with_the_profile_to_name() -> None:
    error = refused(checks.check_models, Bedrock(profiles=(f"eu.{NOVA}",)), [NOVA], "eu-west-1")
    assert error.message.startswith(f"The model {NOVA} is not offered on demand in eu-west-1.")
    assert error.hint == f"Name a profile: -c model_id=eu.{NOVA}"


def test_a_model_that_nobody_offers_is_refused() -> None:
    assert "another region" in str(refused(checks.check_models, Bedrock(), [NOVA], "eu-west-1").hint)
