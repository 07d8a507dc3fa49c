"""The Lambda functions: one package, and for each function its memory, its time and exactly its permissions."""

from pathlib import Path
from tempfile import TemporaryDirectory

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from flightpulse.stack import names, package
from flightpulse.stack.findings import accept
from flightpulse.stack.logs import log_group
from flightpulse.stack.model_arns import model_arns
from flightpulse.stack.network import Placement
from flightpulse.stack.settings import Settings

_RUNTIMES = {
    "python3.11": lambda_.Runtime.PYTHON_3_11,
    "python3.12": lambda_.Runtime.PYTHON_3_12,
    "python3.13": lambda_.Runtime.PYTHON_3_13,
}
_MODEL_PARAMETERS = (names.MODEL_ID_PARAMETER, names.REVIEW_MODEL_ID_PARAMETER)


class Functions(Construct):
    """The four functions of the pipeline, and the one that writes the SecureString for CloudFormation."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        network: Placement | None,
        table: dynamodb.Table,
        bus: events.EventBus,
        record_dead_letters: sqs.Queue,
        key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._network = network
        self._table = table
        self._bus = bus
        self._record_dead_letters = record_dead_letters
        self._key = key
        with TemporaryDirectory() as folder:
            # The asset is copied into the cloud assembly here and now, so the folder may go.
            archive = Path(folder) / "flightpulse.zip"
            package.build(archive)
            self._code = lambda_.Code.from_asset(str(archive))
            self.consumer = self._add_consumer()
            self.messenger = self._add_messenger()
            self.api = self._add_api()
            self.stream_handler = self._add_stream_handler()
            self.settings_resource = self._add_settings_resource()

    @property
    def pipeline(self) -> dict[str, lambda_.Function]:
        """The functions that do the work, by their construct ids."""
        return {
            "KafkaConsumer": self.consumer,
            "LLMMessenger": self.messenger,
            "APIHandlers": self.api,
            "StreamHandler": self.stream_handler,
        }

    def _add_consumer(self) -> lambda_.Function:
        return self._function(
            "KafkaConsumer",
            names.KAFKA_CONSUMER,
            "kafka_consumer",
            memory_mb=512,
            timeout_seconds=60,
            description="Kafka records to enriched flight events on the bus",
            environment={
                "TABLE_NAME": self._table.table_name,
                "EVENT_BUS_NAME": self._bus.event_bus_name,
                "DEAD_LETTER_QUEUE_URL": self._record_dead_letters.queue_url,
                "NOTIFY_FROM_PARAMETER": names.NOTIFY_FROM_PARAMETER,
            },
            permissions=[
                _allow(["dynamodb:Query"], self._table.table_arn, conditions=_keys("FLIGHT#*")),
                _allow(["events:PutEvents"], self._bus.event_bus_arn),
                _allow(["sqs:SendMessage"], self._record_dead_letters.queue_arn),
                _allow(["ssm:GetParameter"], _parameter_arn(self, names.NOTIFY_FROM_PARAMETER)),
            ],
        )

    def _add_messenger(self) -> lambda_.Function:
        models = self._settings.models
        messenger = self._function(
            "LLMMessenger",
            names.LLM_MESSENGER,
            "llm_messenger",
            memory_mb=512,
            # The workflow gives up after 120 seconds; the function must have answered before.
            timeout_seconds=110,
            description="Templates from the model, facts from the table: one message per passenger and channel",
            concurrency=self._settings.messenger_concurrency,
            environment={
                "TABLE_NAME": self._table.table_name,
                "MODEL_ID_PARAMETER": names.MODEL_ID_PARAMETER,
                "REVIEW_MODEL_ID_PARAMETER": names.REVIEW_MODEL_ID_PARAMETER,
                "TEMPLATE_REVIEW": self._settings.template_review,
                "CONTACT_LINE": self._settings.contact_line,
            },
            permissions=[
                _allow(
                    ["dynamodb:BatchGetItem", "dynamodb:PutItem"], self._table.table_arn, conditions=_keys("TEMPLATE#*")
                ),
                # Where a passenger flies on: their bookings, then those bookings and their flights.
                _allow(["dynamodb:Query"], self._table.table_arn, conditions=_keys("PASSENGER#*")),
                _allow(["dynamodb:BatchGetItem"], self._table.table_arn, conditions=_keys("BOOKING#*", "FLIGHT#*")),
                _allow(["ssm:GetParameter"], *(_parameter_arn(self, name) for name in _MODEL_PARAMETERS)),
                _allow(["bedrock:InvokeModel"], *(arn for model in models for arn in model_arns(model))),
            ],
        )
        assert messenger.role is not None
        accept(
            messenger.role,
            {
                f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:bedrock:*::foundation-model/{model}]": (
                    "An inference profile chooses the region of each request."
                )
                for _, _, model in (name.partition(".") for name in models)
            },
        )
        return messenger

    def _add_api(self) -> lambda_.Function:
        return self._function(
            "APIHandlers",
            names.API_HANDLERS,
            "api",
            memory_mb=512,
            timeout_seconds=15,
            description="The REST API's routes",
            environment={"TABLE_NAME": self._table.table_name},
            permissions=[
                _allow(["dynamodb:GetItem", "dynamodb:Query"], self._table.table_arn),
                _allow(["dynamodb:Query"], f"{self._table.table_arn}/index/{names.GSI1}"),
            ],
        )

    def _add_stream_handler(self) -> lambda_.Function:
        return self._function(
            "StreamHandler",
            names.STREAM_HANDLER,
            "stream_handler",
            memory_mb=256,
            timeout_seconds=60,
            description="Status changes in the table's stream to events on the bus",
            environment={"EVENT_BUS_NAME": self._bus.event_bus_name},
            permissions=[_allow(["events:PutEvents"], self._bus.event_bus_arn)],
        )

    def _add_settings_resource(self) -> lambda_.Function:
        return self._function(
            "SettingsResource",
            names.SETTINGS_RESOURCE,
            "settings_resource",
            memory_mb=256,
            timeout_seconds=60,
            description="Writes SecureStrings and protects the table, as CloudFormation itself cannot",
            # It handles no data of passengers, and must answer CloudFormation even when the network is not right yet.
            in_network=False,
            environment={},
            permissions=[
                _allow(
                    ["ssm:PutParameter", "ssm:GetParameter", "ssm:DeleteParameter"],
                    *(_parameter_arn(self, name) for name in _MODEL_PARAMETERS),
                ),
                _allow(["dynamodb:UpdateTable"], self._table.table_arn),
            ],
        )

    def _function(
        self,
        construct_id: str,
        name: str,
        module: str,
        *,
        memory_mb: int,
        timeout_seconds: int,
        description: str,
        environment: dict[str, str],
        permissions: list[iam.PolicyStatement],
        in_network: bool = True,
        concurrency: int | None = None,
    ) -> lambda_.Function:
        network = self._network if in_network else None
        group = log_group(self, f"{construct_id}Log", names.function_log(name), self._settings, self._key)
        role = self._role(construct_id, name, in_network=network is not None)
        group.grant_write(role)
        for statement in permissions:
            role.add_to_policy(statement)
        function = lambda_.Function(
            self,
            construct_id,
            function_name=name,
            description=description,
            runtime=_RUNTIMES[self._settings.runtime],
            architecture=lambda_.Architecture.ARM_64,
            handler=f"flightpulse.functions.{module}.handler",
            code=self._code,
            memory_size=memory_mb,
            timeout=Duration.seconds(timeout_seconds),
            reserved_concurrent_executions=concurrency,
            role=role,
            log_group=group,
            logging_format=lambda_.LoggingFormat.JSON,
            application_log_level_v2=lambda_.ApplicationLogLevel.INFO,
            system_log_level_v2=lambda_.SystemLogLevel.INFO,
            tracing=lambda_.Tracing.ACTIVE,
            environment={
                **environment,
                "POWERTOOLS_SERVICE_NAME": module.replace("_", "-"),
                "POWERTOOLS_METRICS_NAMESPACE": names.METRICS,
                "POWERTOOLS_LOG_LEVEL": "INFO",
            },
            vpc=network.vpc if network else None,
            vpc_subnets=network.subnets if network else None,
            security_groups=[network.functions_group] if network else None,
        )
        accept(
            function,
            {"AwsSolutions-L1": "The runtime is a context value; the package is tested on Python 3.11, 3.12 and 3.13."},
        )
        return function

    def _role(self, construct_id: str, function_name: str, *, in_network: bool) -> iam.Role:
        role = iam.Role(
            self,
            f"{construct_id}Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What {function_name} may do",
        )
        if in_network:
            _allow_network_interfaces(role, function_name)
        accept(
            role,
            {
                "AwsSolutions-IAM5[Resource::*]": (
                    "AWS has no resource to name for X-Ray segments, nor for the network interfaces of a function."
                ),
            },
        )
        return role


def _allow(actions: list[str], *resources: str, conditions: dict[str, object] | None = None) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=actions, resources=list(resources), conditions=conditions)


def _keys(*prefixes: str) -> dict[str, object]:
    """Only items whose partition key begins like this."""
    return {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(prefixes)}}


def _parameter_arn(scope: Construct, name: str) -> str:
    return Stack.of(scope).format_arn(service="ssm", resource="parameter", resource_name=name.lstrip("/"))


def _allow_network_interfaces(role: iam.Role, function_name: str) -> None:
    """Let Lambda put a function into the VPC with its role, and the function's own code not use that permission."""
    actions = [
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    ]
    role.add_to_policy(_allow(actions, "*"))
    arn = Stack.of(role).format_arn(
        service="lambda", resource="function", resource_name=function_name, arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
    role.add_to_policy(
        iam.PolicyStatement(
            effect=iam.Effect.DENY,
            actions=actions,
            resources=["*"],
            conditions={"ArnEquals": {"lambda:SourceFunctionArn": arn}},
        )
    )
