"""The Step Functions state machines, from their definition files."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from flightpulse.stack import asl, asl_lint, names
from flightpulse.stack.event_workflows import EVENT_WORKFLOWS
from flightpulse.stack.findings import accept
from flightpulse.stack.logs import log_group
from flightpulse.stack.settings import Settings
from flightpulse.stack.workflow_permissions import calls

_INTEGRATION = '"arn:aws:states:::'
_INTEGRATION_HERE = f'"arn:{Aws.PARTITION}:states:::'
_SHARED = {"NotifyPassengersArn": names.NOTIFY_PASSENGERS, "NotifyChunkArn": names.NOTIFY_CHUNK}


@dataclass(frozen=True, slots=True)
class Target:
    """A resource that workflows use: what its substitution becomes, and its ARN for their roles."""

    value: str
    arn: str


class Workflows(Construct):
    """The workflows that events start, and the two that they share."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        targets: Mapping[str, Target],
        key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        self._settings = settings
        self._targets = dict(targets)
        self._logs: dict[str, logs.LogGroup] = {}
        # Nobody counts their steps: what they do stands in their histories, so their logs say only what failed.
        quiet = sfn.LogLevel.ERROR
        self.notify_chunk = self._machine("NotifyChunk", "notify_chunk", quiet)
        self._targets["NotifyChunkArn"] = _own(self.notify_chunk)
        self.notify_passengers = self._machine("NotifyPassengers", "notify_passengers", quiet)
        self._targets["NotifyPassengersArn"] = _own(self.notify_passengers)
        self.main = {known.construct_id: self._machine(known.construct_id, known.file) for known in EVENT_WORKFLOWS}
        """The workflows that an event starts, by their construct ids."""

    @property
    def all(self) -> dict[str, sfn.StateMachine]:
        return {**self.main, "NotifyPassengers": self.notify_passengers, "NotifyChunk": self.notify_chunk}

    @property
    def main_logs(self) -> dict[str, logs.ILogGroup]:
        """The log groups of the workflows that an event starts, by the workflows' construct ids."""
        return {name: self._logs[name] for name in self.main}

    def _machine(self, construct_id: str, file: str, level: sfn.LogLevel = sfn.LogLevel.ALL) -> sfn.StateMachine:
        definition = asl.load(file)
        asl_lint.check(definition, known_substitutions=self._targets)
        name = f"FlightPulse-{construct_id}"
        role = self._role(construct_id, name, definition)
        self._logs[construct_id] = log_group(
            self, f"{construct_id}Log", names.workflow_log(name), self._settings, self._key
        )
        machine = sfn.StateMachine(
            self,
            construct_id,
            state_machine_name=name,
            state_machine_type=sfn.StateMachineType.STANDARD,
            # Files name integrations as AWS's documentation does; China and GovCloud have other partitions.
            definition_body=sfn.DefinitionBody.from_string(definition.text.replace(_INTEGRATION, _INTEGRATION_HERE)),
            definition_substitutions={key: self._targets[key].value for key in sorted(definition.substitutions)},
            role=role,
            tracing_enabled=True,
            encryption_configuration=sfn.CustomerManagedEncryptionConfiguration(self._key) if self._key else None,
            logs=sfn.LogOptions(
                destination=self._logs[construct_id],
                level=level,
                include_execution_data=False,
            ),
        )
        if level is not sfn.LogLevel.ALL:
            accept(machine, {"AwsSolutions-SF1": "Its steps are in its history; the log repeats only what failed."})
        return machine

    def _role(self, construct_id: str, name: str, definition: asl.Definition) -> iam.Role:
        role = iam.Role(
            self,
            f"{construct_id}Role",
            description=f"What {name} may do",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
        )
        for call in calls(definition):
            arn = self._targets[call.target].arn
            role.add_to_policy(iam.PolicyStatement(actions=[call.action], resources=[arn]))
            if call.action == "states:StartExecution":
                _allow_to_await(role, _SHARED[call.target])
        accept(
            role,
            {
                "AwsSolutions-IAM5[Resource::*]": (
                    "AWS has no resource to name for X-Ray segments, nor for the delivery of a workflow's log."
                ),
            },
        )
        return role


def _own(machine: sfn.StateMachine) -> Target:
    return Target(machine.state_machine_arn, machine.state_machine_arn)


def _allow_to_await(role: iam.Role, machine_name: str) -> None:
    """Let ``startExecution.sync`` watch, stop and redrive what it started.

    Step Functions learns of the end by a rule of its own, whose name is fixed.
    """
    stack = Stack.of(role)
    executions = stack.format_arn(
        service="states",
        resource="execution",
        resource_name=f"{machine_name}:*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    rule = stack.format_arn(
        service="events", resource="rule", resource_name="StepFunctionsGetEventsForStepFunctionsExecutionRule"
    )
    watch = ["states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"]
    listen = ["events:PutTargets", "events:PutRule", "events:DescribeRule"]
    role.add_to_policy(iam.PolicyStatement(actions=watch, resources=[executions]))
    role.add_to_policy(iam.PolicyStatement(actions=listen, resources=[rule]))
    accept(
        role,
        {
            "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>"
            f":execution:{machine_name}:*]": "Executions get their names when they start.",
        },
    )
