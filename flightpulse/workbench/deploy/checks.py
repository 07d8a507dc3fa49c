"""What AWS would refuse in the middle of a deployment, found before it begins."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from flightpulse.errors import UserError
from flightpulse.stack import names
from flightpulse.stack.settings import KafkaSettings, Settings
from flightpulse.workbench.target.session import Session

# Lambda keeps this much of an account's concurrency free for functions without a reservation; new accounts have a
# quota of 10 and so nothing to reserve. https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
_UNRESERVED = 100
_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
_ENDPOINTS = ("events", "bedrock-runtime", "ssm", "sqs")
_SUBNET = re.compile(r"IsolatedSubnet(\d+)Subnet")
_POLLER_ENDPOINTS = ("lambda", "sts", "secretsmanager")


def before_deployment(session: Session, settings: Settings, *, first: bool, take_up: bool) -> list[str]:
    """Raise UserError for the first thing that AWS would refuse.

    ``first`` says that there is no stack yet, ``take_up`` that what an earlier stack left behind is to be imported.
    Returns a sentence for each check that these credentials do not allow.
    """
    checks: list[tuple[str, Callable[[], None]]] = []
    # The local cloud has every endpoint in every zone, and a stand-in for every model.
    account = session.target == "aws"
    if settings.kafka and not first:
        kafka = settings.kafka
        checks.append(("the Kafka mapping", lambda: check_moved_start(session.functions, kafka)))
    if settings.isolated and not first:
        deployed = (session.cloudformation, session.client("ec2"))
        checks.append(("the zones of the subnets", lambda: check_moved_subnets(*deployed, settings)))
    if settings.isolated and account:
        checks.append(("the availability zones", lambda: check_zones(session.client("ec2"), settings, session.region)))
    if settings.messenger_concurrency:
        wanted = settings.messenger_concurrency
        checks.append(("the concurrency quota", lambda: check_concurrency(session.functions, wanted)))
    if account:
        checks.append(("the models", lambda: check_models(session.client("bedrock"), settings.models, session.region)))
    if first and not take_up:
        checks.append(("what an earlier stack left", lambda: check_leftovers(session.dynamodb, session.logs)))
    return [note for name, check in checks for note in _run(name, check)]


def _run(name: str, check: Callable[[], None]) -> Iterator[str]:
    try:
        check()
    except ClientError as error:
        if error.response["Error"]["Code"] not in _DENIED:
            raise
        yield f"{name}: {error.operation_name} is not allowed"


def check_zones(ec2: Any, settings: Settings, region: str) -> None:
    """Every zone of the network must offer every endpoint that the network gets."""
    services = [*_ENDPOINTS]
    if settings.kafka and settings.kafka.bootstrap and not settings.kafka.provisioned:
        services += _POLLER_ENDPOINTS if settings.kafka.secrets else _POLLER_ENDPOINTS[:2]
    wanted = [f"com.amazonaws.{region}.{service}" for service in services]
    # Asked by a filter, a service that the region does not have is missing; asked by name, it would be an error.
    details = ec2.describe_vpc_endpoint_services(Filters=[{"Name": "service-name", "Values": wanted}])["ServiceDetails"]
    offered = {detail["ServiceName"]: set(detail["AvailabilityZones"]) for detail in details}
    missing = [name for name in wanted if name not in offered]
    if missing:
        raise UserError(f"{region} has no endpoint for {missing[0]}.", hint="Use network=none or another region.")
    available = _zones(ec2)
    good = [zone for zone in available if all(zone in zones for zones in offered.values())]
    for zone in settings.availability_zones or available[:2]:
        lacking = [name for name, zones in offered.items() if zone not in zones]
        if lacking:
            raise UserError(f"The zone {zone} has no endpoint for {lacking[0]}.", hint=_other_zones(good))


def check_moved_start(functions: Any, kafka: KafkaSettings) -> None:
    """Other brokers or another start make a new mapping before the old one goes: it may share no broker with that.

    https://github.com/aws/aws-sam-cli/issues/2308 has Lambda's words.
    """
    for found in functions.list_event_source_mappings(FunctionName=names.KAFKA_CONSUMER)["EventSourceMappings"]:
        endpoints = found.get("SelfManagedEventSource", {}).get("Endpoints", {})
        brokers = set(endpoints.get("KAFKA_BOOTSTRAP_SERVERS", ()))
        same_cluster = kafka.cluster_arn is not None and found.get("EventSourceArn") == kafka.cluster_arn
        shares = bool(brokers & set(kafka.bootstrap)) or same_cluster
        begins = found.get("StartingPosition", kafka.starting_position)
        made_anew = begins != kafka.starting_position or brokers != set(kafka.bootstrap)
        if shares and kafka.topic in found["Topics"] and made_anew:
            raise UserError(
                f"The deployed mapping polls {kafka.topic} of this cluster from {begins} on, and Lambda takes no "
                "second one beside it, with other servers of the cluster or another start.",
                hint=f"Deploy without it first, with -c {'kafka_cluster_arn' if same_cluster else 'kafka_bootstrap'}= "
                "and all other kafka_ keys empty, and then again; on the local cloud: flightpulse destroy, deploy.",
            )


def check_moved_subnets(cloudformation: Any, ec2: Any, settings: Settings) -> None:
    """A subnet that changes its zone is made anew before the old one goes, whose addresses it needs."""
    wanted = settings.availability_zones or _zones(ec2)[:2]
    for (_, subnet), zone in zip(sorted(_subnets(cloudformation)), wanted, strict=False):
        now = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["AvailabilityZone"]
        if now != zone:
            raise UserError(
                f"The subnet {subnet} is in {now} and cannot move to {zone} while it holds its addresses.",
                hint="Take the network down first, with the functions outside of one meanwhile: flightpulse deploy "
                "-c network=none -c availability_zones= and then -c network=isolated with the zones.",
            )


def _subnets(cloudformation: Any) -> Iterator[tuple[int, str]]:
    """The subnets of the stack's own network with their places in it."""
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=names.STACK):
        for resource in page["StackResourceSummaries"]:
            place = _SUBNET.search(resource["LogicalResourceId"])
            if place and resource["ResourceType"] == "AWS::EC2::Subnet":
                yield int(place[1]), resource["PhysicalResourceId"]


def _zones(ec2: Any) -> list[str]:
    """The zones in the order in which CloudFormation counts them."""
    filters = [{"Name": "zone-type", "Values": ["availability-zone"]}, {"Name": "state", "Values": ["available"]}]
    found = ec2.describe_availability_zones(Filters=filters)["AvailabilityZones"]
    return sorted(zone["ZoneName"] for zone in found)


def _other_zones(good: Sequence[str]) -> str:
    if len(good) < 2:
        return "No two zones here have all of them: use network=none or another region."
    return f"Choose zones that have all of them: -c availability_zones={good[0]},{good[1]}"


def check_concurrency(functions: Any, wanted: int) -> None:
    """What the messenger reserves must leave the account what Lambda keeps free."""
    limits = functions.get_account_settings()["AccountLimit"]
    quota, free = limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]
    try:
        own = functions.get_function_concurrency(FunctionName=names.LLM_MESSENGER).get(
            "ReservedConcurrentExecutions", 0
        )
    except functions.exceptions.ResourceNotFoundException:
        own = 0
    possible = free + own - min(_UNRESERVED, quota)
    if wanted > possible:
        most = f"at most {possible}" if possible > 0 else "nothing"
        raise UserError(
            f"messenger_concurrency={wanted} cannot be reserved: of this account's concurrency of {quota}, Lambda lets "
            f"{most} be reserved.",
            hint="Leave messenger_concurrency out, or ask for a higher quota with: aws service-quotas "
            "request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000",
        )


def check_models(bedrock: Any, models: Sequence[str], region: str) -> None:
    """Every model must answer on demand in the region, or by an inference profile that is named instead."""
    for model in models:
        try:
            if _is_profile(bedrock, model) or _is_on_demand(bedrock, model):
                continue
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("ResourceNotFoundException", "ValidationException"):
                raise
        profiles = _profiles_of(bedrock, model)
        hint = (
            f"Name a profile: -c model_id={profiles[0]}" if profiles else "Choose another model_id, or another region."
        )
        also = f" Inference profiles that have it: {', '.join(profiles)}." if profiles else ""
        raise UserError(f"The model {model} is not offered on demand in {region}.{also}", hint=hint)


def _is_profile(bedrock: Any, model: str) -> bool:
    return any(model == profile["inferenceProfileId"] for profile in _profiles(bedrock))


def _is_on_demand(bedrock: Any, model: str) -> bool:
    details = bedrock.get_foundation_model(modelIdentifier=model)["modelDetails"]
    return "ON_DEMAND" in details.get("inferenceTypesSupported", [])


def _profiles_of(bedrock: Any, model: str) -> list[str]:
    ending = f"/{model}"
    return [
        profile["inferenceProfileId"]
        for profile in _profiles(bedrock)
        if any(part["modelArn"].endswith(ending) for part in profile["models"])
    ]


def _profiles(bedrock: Any) -> Iterator[Any]:
    for page in bedrock.get_paginator("list_inference_profiles").paginate():
        yield from page["inferenceProfileSummaries"]


def check_leftovers(dynamodb: Any, logs: Any) -> None:
    """A first deployment must not meet what a retained stack left behind under the same names."""
    try:
        dynamodb.describe_table(TableName=names.TABLE)
        left = [f"the table {names.TABLE}"]
    except dynamodb.exceptions.ResourceNotFoundException:
        left = []
    groups = logs.describe_log_groups(logGroupNamePrefix="/flightpulse/")["logGroups"]
    left += [f"the log group {group['logGroupName']}" for group in groups]
    if left:
        raise UserError(
            f"An earlier stack left {left[0]} behind{', among others' if len(left) > 1 else ''}.",
            hint="Take it up again with the context of before and: flightpulse deploy --take-up; or delete it first.",
        )


def role_of_the_account(gateway: Any) -> str | None:
    """The role with which API Gateway writes logs for this account; None when it has none."""
    role = gateway.get_account().get("cloudwatchRoleArn")
    return str(role) if role else None
