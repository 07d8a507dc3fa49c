"""Parameters that functions and people read at run time."""

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from flightpulse.stack import names
from flightpulse.stack.removal import removal_policy
from flightpulse.stack.settings import Settings


class Parameters(Construct):
    """The environment's name, the smallest delay that is told, and the model ids.

    Those are SecureStrings, which CloudFormation cannot write itself.
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, writer: lambda_.Function) -> None:
        super().__init__(scope, construct_id)
        ssm.StringParameter(
            self,
            "Environment",
            parameter_name=names.ENVIRONMENT_PARAMETER,
            description="Which environment this FlightPulse is",
            string_value=settings.environment,
        )
        ssm.StringParameter(
            self,
            "NotifyFrom",
            parameter_name=names.NOTIFY_FROM_PARAMETER,
            description="Passengers are not told of delays of fewer minutes; read at run time",
            string_value="0",
            allowed_pattern="^[0-9]{1,4}$",
        )
        role = writer.role
        assert role is not None
        for name, parameter, value, purpose in (
            ("ModelId", names.MODEL_ID_PARAMETER, settings.model_id, "drafts the message templates"),
            ("ReviewModelId", names.REVIEW_MODEL_ID_PARAMETER, settings.review_model_id, "reviews drafted templates"),
        ):
            model_id = CustomResource(
                self,
                name,
                resource_type="Custom::SecureStringParameter",
                service_token=writer.function_arn,
                service_timeout=Duration.minutes(3),
                removal_policy=removal_policy(settings),
                properties={
                    "Name": parameter,
                    "Value": value,
                    "Description": f"Bedrock model that {purpose}; read at run time",
                },
            )
            # Without the policies the writer could not write, nor, when the stack goes, delete.
            model_id.node.add_dependency(role)
