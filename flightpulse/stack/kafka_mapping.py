"""From the Kafka topic to the consumer."""

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from flightpulse.stack.network import Network
from flightpulse.stack.settings import KafkaSettings

CONSUMER_GROUP = "flightpulse-kafka-consumer"
_Access = lambda_.CfnEventSourceMapping.SourceAccessConfigurationProperty


class KafkaMapping(Construct):
    """Lambda's own poller for a Kafka cluster.

    Partial batch responses, bisecting and a retry limit exist only in provisioned mode, which costs about $135 a month
    and is therefore a switch. Without it the consumer itself keeps bad records from blocking their partition.

    AWS reaches brokers through the isolated network, or, with ``network=none``, over the internet; there it wants a
    secret. The local cloud takes either without.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        kafka: KafkaSettings,
        network: Network | None,
        consumer: lambda_.Function,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, construct_id)
        self.mapping = lambda_.CfnEventSourceMapping(
            self,
            "Mapping",
            function_name=consumer.function_name,
            self_managed_event_source=lambda_.CfnEventSourceMapping.SelfManagedEventSourceProperty(
                endpoints=lambda_.CfnEventSourceMapping.EndpointsProperty(kafka_bootstrap_servers=list(kafka.bootstrap))
            ),
            self_managed_kafka_event_source_config=(
                lambda_.CfnEventSourceMapping.SelfManagedKafkaEventSourceConfigProperty(
                    consumer_group_id=CONSUMER_GROUP
                )
            ),
            source_access_configurations=_access(kafka, network),
            topics=[kafka.topic],
            starting_position=kafka.starting_position,
            batch_size=100,
            maximum_batching_window_in_seconds=0,
            destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
                on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=dead_letters.queue_arn)
            ),
        )
        if kafka.provisioned:
            self._provision()
        role = consumer.role
        assert role is not None
        dead_letters.grant_send_messages(role)
        if kafka.secret_arn:
            role.add_to_principal_policy(
                iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[kafka.secret_arn])
            )
        if network:
            role.add_to_principal_policy(
                iam.PolicyStatement(actions=["ec2:DescribeSecurityGroups", "ec2:DescribeVpcs"], resources=["*"])
            )
        # Lambda tries the role when the mapping is made, so its policies must be there first.
        self.mapping.node.add_dependency(role)

    def _provision(self) -> None:
        self.mapping.provisioned_poller_config = lambda_.CfnEventSourceMapping.ProvisionedPollerConfigProperty(
            minimum_pollers=1, maximum_pollers=5
        )
        self.mapping.function_response_types = ["ReportBatchItemFailures"]
        self.mapping.bisect_batch_on_function_error = True
        self.mapping.maximum_retry_attempts = 5


def _access(kafka: KafkaSettings, network: Network | None) -> list[_Access] | None:
    """How the pollers reach the brokers: their subnets and security group in our network, and the cluster's secret."""
    found = []
    if network and network.kafka_group:
        subnets = network.vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED).subnet_ids
        found += [_Access(type="VPC_SUBNET", uri=f"subnet:{subnet}") for subnet in subnets]
        group = network.kafka_group.security_group_id
        found.append(_Access(type="VPC_SECURITY_GROUP", uri=f"security_group:{group}"))
    if kafka.secret_arn:
        found.append(_Access(type=kafka.authentication, uri=kafka.secret_arn))
    return found or None
