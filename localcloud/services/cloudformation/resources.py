"""CloudFormation creates every resource of our stack, with every property that the stack relies on.

The emulator refuses templates with a type it does not know, which is good, and silently drops some properties of those
it knows, which is not: a table's expiry and recovery, a function's network and reserved concurrency, the logging of a
state machine, code that is not in the bucket. With a state machine its executions go. It takes over what has the name
already (see :mod:`names_taken`).

What stays different: VPC endpoints do not show their policies and security groups, and nothing enforces a network.
"""

import json
import uuid
from typing import Any

from ministack.services import cloudwatch, dynamodb, ec2, eventbridge, lambda_svc, stepfunctions
from ministack.services.cloudformation import provisioners

from localcloud.behaviours import LocalContext
from localcloud.services.cloudformation import names_taken, resource_types, settling
from localcloud.services.cloudformation.resource_types import Attributes, Properties, Provisioned, is_true
from localcloud.services.step_functions import creation


def install(context: LocalContext) -> None:  # noqa: ARG001
    """Add resource types and complete others."""
    resource_types.add("AWS::Events::Archive", _create_archive, _update_archive, lambda name, _: _delete_archive(name))
    resource_types.add(
        "AWS::CloudWatch::CompositeAlarm", _put_composite_alarm, _update_composite_alarm, _delete_composite_alarm
    )
    resource_types.add(
        "AWS::Logs::QueryDefinition", _create_query_definition, _update_query_definition, lambda _, __: None
    )
    for kind, permissions in (("Ingress", "IpPermissions"), ("Egress", "IpPermissionsEgress")):
        rule = _SecurityGroupRule(permissions)
        resource_types.add(f"AWS::EC2::SecurityGroup{kind}", rule.create, rule.update, rule.delete)
    resource_types.around("AWS::EC2::VPC", after=_vpc_attributes)
    resource_types.around("AWS::DynamoDB::Table", after=_complete_table)
    resource_types.around("AWS::Lambda::Function", after=_complete_function)
    resource_types.around("AWS::StepFunctions::StateMachine", before=_state_machine, after=_set_tracing)
    resource_types.HANDLERS["AWS::StepFunctions::StateMachine"]["delete"] = _delete_state_machine
    names_taken.install()
    settling.install()


def _create_archive(logical_id: str, properties: Properties, stack_name: str) -> Provisioned:
    name = properties.get("ArchiveName") or f"{stack_name}-{logical_id}-{uuid.uuid4().hex[:12]}"[:48]
    settings = {"ArchiveName": name, "EventSourceArn": properties["SourceArn"], **_archive_settings(properties)}
    answer = json.loads(resource_types.body(eventbridge._create_archive(settings)))
    return name, {"Arn": answer["ArchiveArn"], "ArchiveName": name}


def _update_archive(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Provisioned:
    if any(old.get(name) != new.get(name) for name in ("ArchiveName", "SourceArn")):
        created = _create_archive(physical_id, new, stack_name)
        _delete_archive(physical_id)
        return created
    settings = {"ArchiveName": physical_id, **_archive_settings(new)}
    answer = json.loads(resource_types.body(eventbridge._update_archive(settings)))
    return physical_id, {"Arn": answer["ArchiveArn"], "ArchiveName": physical_id}


def _delete_archive(name: str) -> None:
    # It may be gone already: a rollback deletes what it finds.
    eventbridge._delete_archive({"ArchiveName": name})


def _archive_settings(properties: Properties) -> Properties:
    pattern = properties.get("EventPattern") or ""
    return {
        "Description": properties.get("Description", ""),
        "EventPattern": pattern if isinstance(pattern, str) else json.dumps(pattern),
        "RetentionDays": int(properties.get("RetentionDays", 0)),
        "KmsKeyIdentifier": properties.get("KmsKeyIdentifier", ""),
    }


def _put_composite_alarm(logical_id: str, properties: Properties, stack_name: str) -> Provisioned:
    name = properties.get("AlarmName") or f"{stack_name}-{logical_id}-{uuid.uuid4().hex[:12]}"[:255]
    tags = [{"Key": tag["Key"], "Value": tag.get("Value", "")} for tag in properties.get("Tags") or []]
    resource_types.body(
        cloudwatch._put_composite_alarm({}, {**properties, "AlarmName": name, "Tags": tags}, False, True)
    )
    return name, {"Arn": cloudwatch._composite_alarms[name]["AlarmArn"]}


def _update_composite_alarm(physical_id: str, _: Properties, new: Properties, stack_name: str) -> Provisioned:
    name = new.get("AlarmName") or physical_id
    updated = _put_composite_alarm(name, {**new, "AlarmName": name}, stack_name)
    if name != physical_id:
        _delete_composite_alarm(physical_id, {})
    return updated


def _delete_composite_alarm(name: str, _: Properties) -> None:
    resource_types.body(cloudwatch._delete_alarms({}, {"AlarmNames": [name]}, False, True))


def _create_query_definition(_: str, properties: Properties, __: str) -> Provisioned:
    """A saved query is a text for people: nothing here reads it again."""
    if not properties.get("Name") or not properties.get("QueryString"):
        raise ValueError("Name and QueryString are required for AWS::Logs::QueryDefinition")
    made = str(uuid.uuid4())
    return made, {"QueryDefinitionId": made}


def _update_query_definition(physical_id: str, _: Properties, new: Properties, __: str) -> Provisioned:
    _create_query_definition(physical_id, new, "")
    return physical_id, {"QueryDefinitionId": physical_id}


class _SecurityGroupRule:
    """A rule of a security group that is a resource of its own, as CDK makes for rules between groups."""

    def __init__(self, permissions: str) -> None:
        self._permissions = permissions

    def create(self, _: str, properties: Properties, __: str) -> Provisioned:
        self._rules(properties, must_exist=True).extend(provisioners._ec2_sg_permissions([properties]))
        rule_id = f"sgr-{uuid.uuid4().hex[:17]}"
        return rule_id, {"Id": rule_id}

    def update(self, physical_id: str, old: Properties, new: Properties, _: str) -> Provisioned:
        self.delete(physical_id, old)
        self._rules(new, must_exist=True).extend(provisioners._ec2_sg_permissions([new]))
        return physical_id, {"Id": physical_id}

    def delete(self, _: str, properties: Properties) -> None:
        rules = self._rules(properties, must_exist=False)
        for permission in provisioners._ec2_sg_permissions([properties]):
            if permission in rules:
                rules.remove(permission)

    def _rules(self, properties: Properties, *, must_exist: bool) -> list[Any]:
        group = ec2._security_groups.get(properties.get("GroupId"))
        if group is None and must_exist:
            raise ValueError(f"The security group '{properties.get('GroupId')}' does not exist")
        return group[self._permissions] if group else []


def _vpc_attributes(physical_id: str, properties: Properties) -> Attributes:
    return {
        "VpcId": physical_id,
        "CidrBlock": properties.get("CidrBlock", ""),
        "CidrBlockAssociations": [],
        "Ipv6CidrBlocks": [],
    }


def _complete_table(name: str, properties: Properties) -> None:
    """Expiry, point-in-time recovery and encryption, which the service has calls of their own for."""
    expiry = properties.get("TimeToLiveSpecification")
    if expiry:
        settings = {"Enabled": is_true(expiry.get("Enabled")), "AttributeName": expiry.get("AttributeName", "")}
        resource_types.body(dynamodb._update_ttl({"TableName": name, "TimeToLiveSpecification": settings}))
    else:
        dynamodb._ttl_settings.pop(name, None)
    recovery = properties.get("PointInTimeRecoverySpecification") or {}
    settings = {"PointInTimeRecoveryEnabled": is_true(recovery.get("PointInTimeRecoveryEnabled"))}
    request = {"TableName": name, "PointInTimeRecoverySpecification": settings}
    resource_types.body(dynamodb._update_continuous_backups(request))
    encryption = properties.get("SSESpecification")
    if encryption:
        settings = {key: encryption[key] for key in ("SSEType", "KMSMasterKeyId") if key in encryption}
        settings["Enabled"] = is_true(encryption.get("SSEEnabled"))
        resource_types.body(dynamodb._update_table({"TableName": name, "SSESpecification": settings}))


def _complete_function(name: str, properties: Properties) -> None:
    function = lambda_svc._functions[name]
    code = properties.get("Code") or {}
    if code.get("S3Key") and not function.get("code_zip"):
        raise ValueError(
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. "
            f"S3 Error Message: The specified key does not exist: {code.get('S3Bucket')}/{code['S3Key']}"
        )
    function["config"]["VpcConfig"] = lambda_svc._vpc_config_with_id(properties.get("VpcConfig"))
    if properties.get("DeadLetterConfig"):
        function["config"]["DeadLetterConfig"] = properties["DeadLetterConfig"]
    else:
        function["config"].pop("DeadLetterConfig", None)
    reserved = properties.get("ReservedConcurrentExecutions")
    function["concurrency"] = None if reserved is None else int(reserved)


def _state_machine(properties: Properties) -> Properties:
    """The emulator looks at no definition; what it stores it reads by names that begin with a small letter."""
    text = provisioners._sfn_definition(properties)
    refused = creation.refusal(text, express=properties.get("StateMachineType") == "EXPRESS")
    if refused:
        raise ValueError(refused)
    if "LoggingConfiguration" not in properties:
        return properties
    return {**properties, "LoggingConfiguration": _lower_camel(properties["LoggingConfiguration"])}


def _set_tracing(arn: str, properties: Properties) -> None:
    tracing = properties.get("TracingConfiguration") or {}
    stepfunctions._state_machines[arn]["tracingConfiguration"] = {"enabled": is_true(tracing.get("Enabled"))}


def _delete_state_machine(arn: str, _: Properties) -> None:
    # Through the service's own call, which takes the executions along; the machine may be gone already.
    stepfunctions._delete_state_machine({"stateMachineArn": arn})


def _lower_camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: _lower_camel(content) for name, content in value.items()}
    if isinstance(value, list):
        return [_lower_camel(content) for content in value]
    return value
