"""Where failures go: the dead-letter queues and the topics that call people."""

from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from flightpulse.stack import names
from flightpulse.stack.findings import accept
from flightpulse.stack.settings import Settings


class Failures(Construct):
    """One dead-letter queue per kind of trouble, the topic of failed workflows and the topic of alarms."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, key: kms.IKey | None = None) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        self.records = self._queue("records")
        self.notifications = self._queue("notifications")
        self.targets = self._queue("targets")
        self.stream = self._queue("stream")
        self.mapping = self._queue("mapping") if settings.kafka else None
        self.error_topic = self._topic("WorkflowErrors", names.ERROR_TOPIC)
        self.alarm_topic = self._topic("Alarms", names.ALARM_TOPIC)
        self._allow_alarms()
        if settings.alarm_email:
            self.alarm_topic.add_subscription(subscriptions.EmailSubscription(settings.alarm_email))
            self.error_topic.add_subscription(subscriptions.EmailSubscription(settings.alarm_email))

    @property
    def queues(self) -> dict[str, sqs.Queue]:
        """Every dead-letter queue by its kind."""
        found = {
            "records": self.records,
            "notifications": self.notifications,
            "targets": self.targets,
            "stream": self.stream,
        }
        return found if self.mapping is None else {**found, "mapping": self.mapping}

    def _queue(self, kind: str) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            f"{kind.capitalize()}DeadLetters",
            queue_name=names.dead_letters(kind),
            encryption=sqs.QueueEncryption.KMS if self._key else sqs.QueueEncryption.SQS_MANAGED,
            encryption_master_key=self._key,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            visibility_timeout=Duration.seconds(60),
        )
        accept(queue, {"AwsSolutions-SQS3": "This queue is where dead letters end; a person or `redrive` empties it."})
        return queue

    def _allow_alarms(self) -> None:
        """Let CloudWatch publish: a topic policy that only refuses plain HTTP takes the place of AWS's default."""
        self.alarm_topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsOfThisAccount",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.alarm_topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )

    def _topic(self, construct_id: str, name: str) -> sns.Topic:
        return sns.Topic(self, construct_id, topic_name=name, enforce_ssl=True)
