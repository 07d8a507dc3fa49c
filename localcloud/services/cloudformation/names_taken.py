"""A stack does not take over what is there already: a name or an address that is taken fails the resource, as on AWS.

The emulator overwrites, so that a deployment that works here would fail in an account where an earlier one left
something behind. It also deletes a table whose deletion protection is on, which AWS refuses.
"""

from collections.abc import Callable, Mapping
from functools import partial
from ipaddress import ip_network
from typing import Any

from ministack.services import cloudwatch, cloudwatch_logs, dynamodb, ec2, lambda_svc, sns, sqs, stepfunctions
from ministack.services.cloudformation import provisioners

from localcloud.services.cloudformation import resource_types
from localcloud.services.cloudformation.resource_types import Properties, Provisioned

Names = Callable[[], set[str]]


def install() -> None:
    """Look before a resource with a name of its own is created."""
    for resource_type, (field, names) in _NAMED.items():
        _refuse_taken(resource_type, field, names)
    # A subnet that changes its zone is created anew by the emulator's update, which does not look at its table.
    provisioners._ec2_subnet_create = partial(_create_subnet, provisioners._ec2_subnet_create)
    resource_types.HANDLERS["AWS::EC2::Subnet"]["create"] = provisioners._ec2_subnet_create
    delete = resource_types.HANDLERS["AWS::DynamoDB::Table"]["delete"]
    resource_types.HANDLERS["AWS::DynamoDB::Table"]["delete"] = partial(_delete_table, delete)


def _refuse_taken(resource_type: str, field: str, names: Names) -> None:
    handler = resource_types.HANDLERS[resource_type]
    created = handler["create"]

    def create(logical_id: str, properties: Properties, stack_name: str) -> Provisioned:
        name = properties.get(field)
        if name and name in names():
            raise ValueError(f"Resource of type '{resource_type}' with identifier '{name}' already exists.")
        provisioned: Provisioned = created(logical_id, properties, stack_name)
        return provisioned

    resource_types.HANDLERS[resource_type] = {**handler, "create": create}


def _create_subnet(create: Callable[..., Provisioned], logical_id: str, properties: Properties, stack: str) -> Any:
    block = properties.get("CidrBlock", "")
    for subnet in ec2._subnets.values() if block else ():
        same_network = subnet["VpcId"] == properties.get("VpcId")
        if same_network and ip_network(subnet["CidrBlock"]).overlaps(ip_network(block)):
            raise ValueError(f"The CIDR '{block}' conflicts with another subnet")
    return create(logical_id, properties, stack)


def _delete_table(delete: Callable[[str, Properties], None], name: str, properties: Properties) -> None:
    if dynamodb._tables.get(name, {}).get("DeletionProtectionEnabled"):
        raise ValueError(
            "Resource cannot be deleted as it is currently protected against deletion. "
            f"Disable deletion protection first. (Table: {name})"
        )
    delete(name, properties)


def _last_parts(store: Mapping[str, Any]) -> set[str]:
    """The names at the end of ARNs and queue URLs."""
    return {key.replace("/", ":").rpartition(":")[2] for key in store}


_NAMED: Mapping[str, tuple[str, Names]] = {
    "AWS::DynamoDB::Table": ("TableName", lambda: set(dynamodb._tables)),
    "AWS::Logs::LogGroup": ("LogGroupName", lambda: set(cloudwatch_logs._log_groups)),
    "AWS::Lambda::Function": ("FunctionName", lambda: set(lambda_svc._functions)),
    "AWS::StepFunctions::StateMachine": ("StateMachineName", lambda: _last_parts(stepfunctions._state_machines)),
    "AWS::SQS::Queue": ("QueueName", lambda: _last_parts(sqs._queues)),
    "AWS::SNS::Topic": ("TopicName", lambda: _last_parts(sns._topics)),
    "AWS::CloudWatch::Alarm": ("AlarmName", lambda: set(cloudwatch._alarms)),
    "AWS::CloudWatch::Dashboard": ("DashboardName", lambda: set(cloudwatch._dashboards)),
}
