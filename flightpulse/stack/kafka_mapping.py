"""From the Kafka topic to the consumer."""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from flightpulse.stack.network import Placement
from flightpulse.stack.settings import KafkaSettings

_Access = lambda_.CfnEventSourceMapping.SourceAccessConfigurationProperty
_Mapping = lambda_.CfnEventSourceMapping


class KafkaMapping(Construct):
    """Lambda's own poller for a Kafka cluster: one of Amazon MSK by its ARN, any other by its servers.

    Partial batch responses, bisecting and a retry limit exist only in provisioned mode, which costs about $135 a month
    and is therefore a switch. Without it the consumer itself keeps bad records from blocking their partition.

    AWS reaches servers through the network of the functions, or, with ``network=none``, over the internet; there it
    wants a secret. For Amazon MSK it uses the cluster's own network, and IAM where there is no secret.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        kafka: KafkaSettings,
        network: Placement | None,
        consumer: lambda_.Function,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, construct_id)
        self.mapping = _Mapping(
            self,
            "Mapping",
            function_name=consumer.function_name,
            source_access_configurations=_access(kafka, network),
            topics=[kafka.topic],
            starting_position=kafka.starting_position,
            batch_size=100,
            maximum_batching_window_in_seconds=0,
            destination_config=_Mapping.DestinationConfigProperty(
                on_failure=_Mapping.OnFailureProperty(destination=dead_letters.queue_arn)
            ),
        )
        self._set_source(kafka)
        if kafka.provisioned:
            self._provision()
        assert isinstance(consumer.role, iam.Role)
        self._permit(consumer.role, kafka, network, dead_letters)
        # Lambda tries the role when the mapping is made, so its policies must be there first.
        self.mapping.node.add_dependency(consumer.role)

    def _set_source(self, kafka: KafkaSettings) -> None:
        group = kafka.consumer_group
        if kafka.cluster_arn:
            self.mapping.event_source_arn = kafka.cluster_arn
            self.mapping.amazon_managed_kafka_event_source_config = (
                _Mapping.AmazonManagedKafkaEventSourceConfigProperty(consumer_group_id=group)
            )
            return
        self.mapping.self_managed_event_source = _Mapping.SelfManagedEventSourceProperty(
            endpoints=_Mapping.EndpointsProperty(kafka_bootstrap_servers=list(kafka.bootstrap))
        )
        self.mapping.self_managed_kafka_event_source_config = _Mapping.SelfManagedKafkaEventSourceConfigProperty(
            consumer_group_id=group
        )

    def _provision(self) -> None:
        self.mapping.provisioned_poller_config = _Mapping.ProvisionedPollerConfigProperty(
            minimum_pollers=1, maximum_pollers=5
        )
        self.mapping.function_response_types = ["ReportBatchItemFailures"]
        self.mapping.bisect_batch_on_function_error = True
        self.mapping.maximum_retry_attempts = 5

    def _permit(
        self, role: iam.Role, kafka: KafkaSettings, network: Placement | None, dead_letters: sqs.IQueue
    ) -> None:
        """Give the consumer's role what Lambda polls and delivers with."""
        role.add_to_policy(_allow(["sqs:SendMessage"], dead_letters.queue_arn))
        if kafka.secrets:
            role.add_to_policy(_allow(["secretsmanager:GetSecretValue"], *kafka.secrets))
        if kafka.key_arn:
            through = f"secretsmanager.{Aws.REGION}.{Aws.URL_SUFFIX}"
            role.add_to_policy(
                iam.PolicyStatement(
                    actions=["kms:Decrypt"],
                    resources=[kafka.key_arn],
                    conditions={"StringEquals": {"kms:ViaService": through}},
                )
            )
        if kafka.cluster_arn:
            self._permit_msk(role, kafka, kafka.cluster_arn)
        if kafka.cluster_arn or network:
            role.add_to_policy(_allow(["ec2:DescribeSecurityGroups", "ec2:DescribeVpcs"], "*"))

    def _permit_msk(self, role: iam.Role, kafka: KafkaSettings, cluster: str) -> None:
        role.add_to_policy(_allow(["kafka:DescribeClusterV2", "kafka:GetBootstrapBrokers"], cluster))
        # Lambda's pollers get interfaces in the cluster's network, whether or not the function has its own.
        interfaces = ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"]
        role.add_to_policy(_allow([*interfaces, "ec2:DescribeSubnets"], "*"))
        if kafka.secret_arn:
            return
        # arn:...:cluster/NAME/UUID; topics and groups of a cluster are .../topic/NAME/UUID/TOPIC and so on.
        prefix, name, uuid = cluster.split("/")
        base = prefix.removesuffix("cluster")
        group = f"{base}group/{name}/{uuid}/{kafka.consumer_group}"
        topic = f"{base}topic/{name}/{uuid}/{kafka.topic}"
        role.add_to_policy(_allow(["kafka-cluster:Connect"], cluster))
        role.add_to_policy(_allow(["kafka-cluster:DescribeGroup", "kafka-cluster:AlterGroup"], group))
        role.add_to_policy(_allow(["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"], topic))


def _allow(actions: list[str], *resources: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=actions, resources=list(resources))


def _access(kafka: KafkaSettings, network: Placement | None) -> list[_Access] | None:
    """How the pollers reach the brokers: their subnets and security group, and the cluster's secrets."""
    found = []
    if network and network.pollers_group and kafka.bootstrap:
        found += [_Access(type="VPC_SUBNET", uri=f"subnet:{subnet}") for subnet in network.subnet_ids]
        group = network.pollers_group.security_group_id
        found.append(_Access(type="VPC_SECURITY_GROUP", uri=f"security_group:{group}"))
    if kafka.secret_arn:
        found.append(_Access(type=kafka.authentication, uri=kafka.secret_arn))
    if kafka.ca_secret_arn:
        found.append(_Access(type="SERVER_ROOT_CA_CERTIFICATE", uri=kafka.ca_secret_arn))
    return found or None
