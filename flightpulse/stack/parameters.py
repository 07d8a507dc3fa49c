"""Parameters that functions and people read at run time."""

from aws_cdk import CustomResource, Duration, RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from flightpulse.stack import names
from flightpulse.stack.settings import Settings


class Parameters(Construct):
    """The environment's name, and the model id as a SecureString, which CloudFormation cannot write itself."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, writer: lambda_.Function) -> None:
        super().__init__(scope, construct_id)
        ssm.StringParameter(
            self,
            "Environment",
            parameter_name=names.ENVIRONMENT_PARAMETER,
            description="Which environment this FlightPulse is",
            string_value=settings.environment,
        )
        model_id = CustomResource(
            self,
            "ModelId",
            resource_type="Custom::SecureStringParameter",
            service_token=writer.function_arn,
            service_timeout=Duration.minutes(3),
            removal_policy=RemovalPolicy.RETAIN if settings.retained else RemovalPolicy.DESTROY,
            properties={
                "Name": names.MODEL_ID_PARAMETER,
                "Value": settings.model_id,
                "Description": "Bedrock model that writes the message templates; read at run time",
            },
        )
        role = writer.role
        assert role is not None
        # Without the policies the writer could not write, nor, when the stack goes, delete.
        model_id.node.add_dependency(role)
