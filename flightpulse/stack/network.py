"""Where the functions and the Kafka pollers have their network interfaces."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import ArnFormat, Aws, CfnOutput, Fn, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from flightpulse.stack import names
from flightpulse.stack.findings import accept
from flightpulse.stack.model_arns import model_arns
from flightpulse.stack.settings import ExistingNetwork, KafkaSettings, Settings

HTTPS = ec2.Port.tcp(443)
_ISOLATED = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)


@dataclass(frozen=True, slots=True)
class Placement:
    """A network's parts, for functions and for pollers of a cluster whose network Lambda does not know."""

    vpc: ec2.IVpc
    subnets: ec2.SubnetSelection
    subnet_ids: Sequence[str]
    functions_group: ec2.ISecurityGroup
    pollers_group: ec2.ISecurityGroup | None


def placement(scope: Construct, *, settings: Settings, table: dynamodb.ITable) -> Placement | None:
    """The network that the deployment chose: its own isolated one, an existing one, or none."""
    if settings.existing_network:
        return _existing(scope, settings.existing_network)
    return Network(scope, "Network", settings=settings, table=table).placement if settings.isolated else None


def _existing(scope: Construct, chosen: ExistingNetwork) -> Placement:
    place = Construct(scope, "Network")
    # The zones of a network that is only named are not known here, and nothing asks for them.
    vpc = ec2.Vpc.from_vpc_attributes(place, "Vpc", vpc_id=chosen.vpc_id, availability_zones=["unknown"])
    subnets = [
        ec2.Subnet.from_subnet_attributes(place, subnet, subnet_id=subnet, route_table_id="unknown")
        for subnet in chosen.subnet_ids
    ]
    group = ec2.SecurityGroup.from_security_group_id(place, "Group", chosen.security_group_id, mutable=False)
    return Placement(vpc, ec2.SubnetSelection(subnets=subnets), chosen.subnet_ids, group, group)


class Network(Construct):
    """Isolated subnets in two zones or more: no way to the internet, only endpoints of the services that are called.

    Gateway endpoints are free; interface endpoints are the stack's main idle cost.
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, table: dynamodb.ITable) -> None:
        super().__init__(scope, construct_id)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr("10.73.0.0/22"),
            max_azs=None if settings.availability_zones else 2,
            availability_zones=list(settings.availability_zones) or None,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24)
            ],
            # Would deploy a function of the CDK's own. Nothing uses the default group.
            restrict_default_security_group=False,
        )
        accept(
            self.vpc,
            {"AwsSolutions-VPC7": "No route leads out of these subnets; flow logs would cost more than they tell."},
        )
        self._endpoints_group = self._security_group("Endpoints", "Interface endpoints: HTTPS from our groups only")
        self.functions_group = self._security_group("Functions", "Functions: HTTPS to endpoints, nothing comes in")
        self._allow_endpoints(self.functions_group)
        self._add_gateway_endpoints(table)
        self._add_interface_endpoints(settings)
        # Lambda finds the network of a cluster of Amazon MSK itself.
        polled = settings.kafka if settings.kafka and settings.kafka.bootstrap else None
        self.kafka_group = self._prepare_for_kafka(polled) if polled else None

    @property
    def placement(self) -> Placement:
        subnet_ids = self.vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED).subnet_ids
        return Placement(self.vpc, _ISOLATED, subnet_ids, self.functions_group, self.kafka_group)

    def _security_group(self, name: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            self, f"{name}SecurityGroup", vpc=self.vpc, description=description, allow_all_outbound=False
        )

    def _allow_endpoints(self, group: ec2.SecurityGroup) -> None:
        """Let a group reach the endpoints.

        A gateway endpoint is reached by its service's public addresses, which a template cannot look up, so the rule
        says "anywhere"; the route tables lead nowhere but to the two gateways.
        """
        group.add_egress_rule(ec2.Peer.any_ipv4(), HTTPS, "HTTPS to endpoints; nothing else has a route")
        self._endpoints_group.add_ingress_rule(group, HTTPS, "HTTPS from our own group")

    def _add_gateway_endpoints(self, table: dynamodb.ITable) -> None:
        to_dynamodb = self.vpc.add_gateway_endpoint("DynamoDb", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB)
        to_dynamodb.add_to_policy(
            iam.PolicyStatement(
                principals=[iam.AnyPrincipal()],
                actions=["dynamodb:*"],
                resources=[table.table_arn, f"{table.table_arn}/*"],
            )
        )
        to_s3 = self.vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        to_s3.add_to_policy(
            iam.PolicyStatement(
                principals=[iam.AnyPrincipal()],
                actions=["s3:GetObject", "s3:PutObject"],
                resources=["*"],
                conditions={"StringEquals": {"aws:ResourceAccount": Aws.ACCOUNT_ID}},
            )
        )

    def _add_interface_endpoints(self, settings: Settings) -> None:
        """To the services that functions call, each for what they call there, with credentials of this account only.

        With another account's credentials something could be carried off.
        """
        service = ec2.InterfaceVpcEndpointAwsService
        bus = self._arn("events", "event-bus", names.EVENT_BUS)
        parameters = self._arn("ssm", "parameter", "flightpulse/*")
        queues = Stack.of(self).format_arn(service="sqs", resource=names.dead_letters("*"))
        models = [arn for model in settings.models for arn in model_arns(model)]
        self._add_endpoint("EventBridge", service.EVENTBRIDGE, "events:PutEvents", [bus], own_account=True)
        self._add_endpoint("BedrockRuntime", service.BEDROCK_RUNTIME, "bedrock:InvokeModel", models, own_account=True)
        self._add_endpoint("Ssm", service.SSM, "ssm:GetParameter", [parameters], own_account=True)
        self._add_endpoint("Sqs", service.SQS, "sqs:SendMessage", [queues], own_account=True)

    def _arn(self, service: str, resource: str, name: str, separator: ArnFormat | None = None) -> str:
        stack = Stack.of(self)
        return stack.format_arn(service=service, resource=resource, resource_name=name, arn_format=separator)

    def _add_endpoint(
        self,
        name: str,
        service: ec2.IInterfaceVpcEndpointService,
        action: str,
        resources: list[str],
        *,
        own_account: bool = False,
    ) -> None:
        endpoint = self.vpc.add_interface_endpoint(
            name, service=service, security_groups=[self._endpoints_group], open=False, private_dns_enabled=True
        )
        endpoint.add_to_policy(
            iam.PolicyStatement(
                principals=[iam.AnyPrincipal()],
                actions=[action],
                resources=resources,
                conditions={"StringEquals": {"aws:PrincipalAccount": Aws.ACCOUNT_ID}} if own_account else None,
            )
        )

    def _prepare_for_kafka(self, kafka: KafkaSettings) -> ec2.SecurityGroup:
        """Security group of the pollers; with the endpoints they need when AWS runs them on demand in the VPC.

        The brokers are elsewhere: the outputs name what a peering connection and its routes need.
        """
        group = self._security_group("KafkaMapping", "Kafka pollers: to the brokers and the endpoints")
        self._allow_endpoints(group)
        for port in kafka.ports:
            if port != 443:
                group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(port), "Kafka brokers, by a peered network")
        if not kafka.provisioned:
            self._add_poller_endpoints(kafka)
        tables = [subnet.route_table.route_table_id for subnet in self.vpc.isolated_subnets]
        stack = Stack.of(self)
        CfnOutput(stack, "VpcId", value=self.vpc.vpc_id)
        CfnOutput(stack, "VpcCidr", value=self.vpc.vpc_cidr_block)
        CfnOutput(stack, "RouteTableIds", value=Fn.join(",", tables))
        CfnOutput(stack, "KafkaSecurityGroupId", value=group.security_group_id)
        return group

    def _add_poller_endpoints(self, kafka: KafkaSettings) -> None:
        # Lambda itself calls here, with the consumer's role or as the service, so no account is asked for.
        service = ec2.InterfaceVpcEndpointAwsService
        consumer = self._arn("lambda", "function", names.KAFKA_CONSUMER, ArnFormat.COLON_RESOURCE_NAME)
        roles = Stack.of(self).format_arn(service="iam", region="", resource="role", resource_name="*")
        self._add_endpoint("Lambda", service.LAMBDA_, "lambda:InvokeFunction", [consumer])
        self._add_endpoint("Sts", service.STS, "sts:AssumeRole", [roles])
        if kafka.secrets:
            secrets = list(kafka.secrets)
            self._add_endpoint("SecretsManager", service.SECRETS_MANAGER, "secretsmanager:GetSecretValue", secrets)
