"""The isolated network of the functions: no way to the internet, only endpoints of the services they call."""

from aws_cdk import Aws
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from flightpulse.stack.findings import accept
from flightpulse.stack.settings import KafkaSettings

HTTPS = ec2.Port.tcp(443)
_SERVICES = {
    "EventBridge": ec2.InterfaceVpcEndpointAwsService.EVENTBRIDGE,
    "BedrockRuntime": ec2.InterfaceVpcEndpointAwsService.BEDROCK_RUNTIME,
    "Ssm": ec2.InterfaceVpcEndpointAwsService.SSM,
    "Sqs": ec2.InterfaceVpcEndpointAwsService.SQS,
}


class Network(Construct):
    """Two isolated subnets, gateway endpoints (free) and interface endpoints (the stack's main idle cost)."""

    def __init__(
        self, scope: Construct, construct_id: str, *, table: dynamodb.ITable, kafka: KafkaSettings | None
    ) -> None:
        super().__init__(scope, construct_id)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr("10.73.0.0/22"),
            max_azs=2,
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
        for name, service in _SERVICES.items():
            self._own_account_only(self._add_endpoint(name, service))
        self.kafka_group = self._prepare_for_kafka(kafka) if kafka else None

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

    def _add_endpoint(self, name: str, service: ec2.IInterfaceVpcEndpointService) -> ec2.InterfaceVpcEndpoint:
        return self.vpc.add_interface_endpoint(
            name, service=service, security_groups=[self._endpoints_group], open=False, private_dns_enabled=True
        )

    def _own_account_only(self, endpoint: ec2.InterfaceVpcEndpoint) -> None:
        """Refuse another account's credentials on the way out, so that nothing can be carried off with them."""
        endpoint.add_to_policy(
            iam.PolicyStatement(
                principals=[iam.AnyPrincipal()],
                actions=["*"],
                resources=["*"],
                conditions={"StringEquals": {"aws:PrincipalAccount": Aws.ACCOUNT_ID}},
            )
        )

    def _prepare_for_kafka(self, kafka: KafkaSettings) -> ec2.SecurityGroup:
        """Security group of the pollers; with the endpoints they need when AWS runs them on demand in the VPC."""
        group = self._security_group("KafkaMapping", "Kafka pollers: to the brokers and the endpoints")
        self._allow_endpoints(group)
        for port in kafka.ports:
            if port != 443:
                group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(port), "Kafka brokers, by a peered network")
        if not kafka.provisioned:
            self._add_endpoint("Lambda", ec2.InterfaceVpcEndpointAwsService.LAMBDA_)
            self._add_endpoint("Sts", ec2.InterfaceVpcEndpointAwsService.STS)
            if kafka.secret_arn:
                self._add_endpoint("SecretsManager", ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER)
        return group
