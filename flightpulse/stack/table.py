"""The single table: flights, passengers, bookings, claims and cached templates."""

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from flightpulse.stack import names
from flightpulse.stack.removal import removal_policy
from flightpulse.stack.settings import Settings


class FlightTable(Construct):
    """``FlightPulseTable`` with its two indexes, its stream and its time to live."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, key: kms.IKey | None = None) -> None:
        super().__init__(scope, construct_id)
        self.table = dynamodb.Table(
            self,
            "Table",
            table_name=names.TABLE,
            partition_key=_text("PK"),
            sort_key=_text("SK"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED if key else dynamodb.TableEncryption.AWS_MANAGED,
            encryption_key=key,
            time_to_live_attribute="expires_at",
            removal_policy=removal_policy(settings),
        )
        self._add_index(names.GSI1)
        self._add_index(names.GSI2)

    def _add_index(self, name: str) -> None:
        self.table.add_global_secondary_index(
            index_name=name,
            partition_key=_text(f"{name}PK"),
            sort_key=_text(f"{name}SK"),
            projection_type=dynamodb.ProjectionType.ALL,
        )


class DeletionProtection(Construct):
    """Turns the table's deletion protection on when everything else is there.

    As a property of the table it would keep the table of a first deployment that fails, and with it the table's name.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        table: dynamodb.Table,
        writer: lambda_.Function,
    ) -> None:
        super().__init__(scope, construct_id)
        protection = CustomResource(
            self,
            "Table",
            resource_type="Custom::DeletionProtection",
            service_token=writer.function_arn,
            service_timeout=Duration.minutes(3),
            removal_policy=removal_policy(settings),
            properties={"TableName": table.table_name, "Enabled": str(settings.retained).lower()},
        )
        assert writer.role is not None
        protection.node.add_dependency(writer.role)


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
