"""Rules of the bus: which event goes to which workflow or log group, and what happens when it cannot get there."""

import jsii
from aws_cdk import ArnFormat, Aws, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk.interfaces.aws_events import IRuleRef
from constructs import Construct

from flightpulse.stack import names
from flightpulse.stack.event_workflows import EVENT_WORKFLOWS, EventWorkflow
from flightpulse.stack.logs import log_group
from flightpulse.stack.settings import Settings
from flightpulse.stack.workflows import Workflows

_RETRY_ATTEMPTS = 8
_MAX_AGE = Duration.hours(2)
_AUDITED = ["booking.status_changed", "flight.status_changed", "rebooking.needed"]
# Hand-made events come under other names of ours than the consumer's.
_OUR_SOURCES = events.Match.prefix("flightpulse")


@jsii.implements(events.IRuleTarget)
class LogGroupTarget:
    """A CloudWatch log group as a rule's target.

    The CDK's own target would deploy a function that writes the log resource policy; here the policy is a resource.
    """

    def __init__(self, group: logs.ILogGroup, dead_letters: sqs.IQueue) -> None:
        self._group = group
        self._dead_letters = dead_letters

    def bind(self, rule: IRuleRef, id: str | None = None) -> events.RuleTargetConfig:  # noqa: ARG002
        arn = Stack.of(self._group).format_arn(
            service="logs",
            resource="log-group",
            resource_name=self._group.log_group_name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        return events.RuleTargetConfig(
            arn=arn,
            target_resource=self._group,
            dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=self._dead_letters.queue_arn),
            retry_policy=events.CfnRule.RetryPolicyProperty(
                maximum_retry_attempts=_RETRY_ATTEMPTS, maximum_event_age_in_seconds=int(_MAX_AGE.to_seconds())
            ),
        )


class Routing(Construct):
    """The bus's rules, the notification and audit log groups, and the permissions that deliveries need."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        key: kms.IKey | None = None,
        bus: events.IEventBus,
        workflows: Workflows,
        dead_letters: sqs.Queue,
    ) -> None:
        super().__init__(scope, construct_id)
        self._bus = bus
        self._dead_letters = dead_letters
        self.rule_names: list[str] = []
        self.email_log = log_group(self, "EmailLog", names.EMAIL_LOG, settings, key)
        self.sms_log = log_group(self, "SmsLog", names.SMS_LOG, settings, key)
        self.audit_log = log_group(self, "AuditLog", names.AUDIT_LOG, settings, key)
        for known in EVENT_WORKFLOWS:
            self._to_workflow(known, workflows.main[known.construct_id])
        logged = [
            self._to_log("Email", "flightpulse-notification-email", ["notification.email"], self.email_log),
            self._to_log("Sms", "flightpulse-notification-sms", ["notification.sms"], self.sms_log),
            self._to_log("Audit", "flightpulse-audit", _AUDITED, self.audit_log),
        ]
        self._allow_logging(logged)
        self._allow_dead_letters(logged)

    def _rule(self, construct_id: str, name: str, detail_types: list[str], description: str) -> events.Rule:
        self.rule_names.append(name)
        return events.Rule(
            self,
            construct_id,
            rule_name=name,
            description=description,
            event_bus=self._bus,
            event_pattern=events.EventPattern(source=_OUR_SOURCES, detail_type=detail_types),
        )

    def _to_workflow(self, known: EventWorkflow, machine: sfn.StateMachine) -> None:
        rule = self._rule(known.name, known.rule, _detail_types(known.detail_type), f"{known.name}: to its workflow")
        rule.add_target(
            targets.SfnStateMachine(
                machine,
                role=iam.Role(
                    self,
                    f"{known.name}StartRole",
                    description=f"What the rule {known.rule} may do",
                    assumed_by=iam.ServicePrincipal(
                        "events.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
                    ),
                ),
                dead_letter_queue=self._dead_letters,
                retry_attempts=_RETRY_ATTEMPTS,
                max_event_age=_MAX_AGE,
            )
        )

    def _to_log(self, construct_id: str, name: str, detail_types: list[str], group: logs.LogGroup) -> events.Rule:
        rule = self._rule(construct_id, name, detail_types, f"{construct_id}: to {group.node.id}")
        rule.add_target(LogGroupTarget(group, self._dead_letters))
        return rule

    def _allow_logging(self, rules: list[events.Rule]) -> None:
        """Let EventBridge write into the log groups: AWS wants a resource policy of CloudWatch Logs for it."""
        stack = Stack.of(self)
        groups = [
            stack.format_arn(
                service="logs",
                resource="log-group",
                resource_name=f"{name}:*",
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            )
            for name in (names.EMAIL_LOG, names.SMS_LOG, names.AUDIT_LOG)
        ]
        principals = [iam.ServicePrincipal("events.amazonaws.com"), iam.ServicePrincipal("delivery.logs.amazonaws.com")]
        document = iam.PolicyDocument(
            statements=[
                iam.PolicyStatement(
                    sid="CreateStreams", principals=principals, actions=["logs:CreateLogStream"], resources=groups
                ),
                iam.PolicyStatement(
                    sid="WriteEvents",
                    principals=principals,
                    actions=["logs:PutLogEvents"],
                    resources=[f"{group}:*" for group in groups],
                    conditions={"ArnEquals": {"aws:SourceArn": [rule.rule_arn for rule in rules]}},
                ),
            ]
        )
        logs.CfnResourcePolicy(
            self,
            "LogPolicy",
            policy_name="flightpulse-events-to-logs",
            policy_document=stack.to_json_string(document),
        )

    def _allow_dead_letters(self, rules: list[events.Rule]) -> None:
        """Let the rules use the queue; for targets of its own the CDK does this itself."""
        self._dead_letters.add_to_resource_policy(
            iam.PolicyStatement(
                sid="DeadLettersOfLogRules",
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self._dead_letters.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": [rule.rule_arn for rule in rules]}},
            )
        )


def _detail_types(wanted: str) -> list[str]:
    """The part of a pattern for one detail type; a star at the end stands for any ending."""
    return events.Match.prefix(wanted.removesuffix("*")) if wanted.endswith("*") else [wanted]
