"""The REST API: its routes to one function, with signed requests wherever people's data is."""

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from flightpulse.stack import names
from flightpulse.stack.findings import accept
from flightpulse.stack.logs import log_group
from flightpulse.stack.settings import Settings

_RATE = 100
_BURST = 200
_PAGE = ["limit", "next_token"]


class RestApi(Construct):
    """``flightpulse-api`` with its stage ``prod``, access log, throttle and error answers."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, handlers: lambda_.Function) -> None:
        super().__init__(scope, construct_id)
        self._closed = settings.flight_routes == "signed"
        account = self._allow_logging() if settings.api_logging == "stack" else None
        self.access_log = log_group(self, "AccessLog", names.API_ACCESS_LOG, settings)
        self.api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=names.API,
            description="Flights, passengers and bookings as FlightPulse knows them",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=False,
            deploy_options=self._stage_options(),
        )
        self.api.node.try_remove_child("Endpoint")
        if account:
            self.api.deployment_stage.node.add_dependency(account)
        self._validator = self.api.add_request_validator(
            "Validator", request_validator_name="flightpulse-parameters", validate_request_parameters=True
        )
        self._integration = apigateway.LambdaIntegration(handlers, scope_permission_to_method=False)
        self._add_routes()
        self._add_error_answers()
        self._accept_findings()

    @property
    def url(self) -> str:
        """The address of the stage, without a slash at the end: a path can be put behind it as it is."""
        host = f"{self.api.rest_api_id}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}"
        return f"https://{host}/{self.api.deployment_stage.stage_name}"

    def _stage_options(self) -> apigateway.StageOptions:
        context = apigateway.AccessLogField
        fields = {
            "requestId": context.context_request_id(),
            "time": context.context_request_time(),
            "method": context.context_http_method(),
            "route": context.context_resource_path(),
            "status": context.context_status(),
            "bytes": context.context_response_length(),
            "latencyMs": context.context_response_latency(),
            "integrationLatencyMs": context.context_integration_latency(),
            "error": context.context_error_message(),
            "traceId": context.context_xray_trace_id(),
        }
        quoted = ",".join(f'"{key}":"{value}"' for key, value in fields.items())
        return apigateway.StageOptions(
            stage_name=names.API_STAGE,
            throttling_rate_limit=_RATE,
            throttling_burst_limit=_BURST,
            tracing_enabled=True,
            access_log_destination=apigateway.LogGroupLogDestination(self.access_log),
            access_log_format=apigateway.AccessLogFormat.custom("{" + quoted + "}"),
        )

    def _allow_logging(self) -> apigateway.CfnAccount:
        """Let API Gateway write logs.

        It takes one role for all APIs of an account and region. What is set here therefore stays when the stack goes:
        other APIs may log with it by then. With ``api_logging=account`` the account's own role is left as it is.
        """
        role = iam.Role(
            self,
            "LogRole",
            description="Lets API Gateway write access logs",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AmazonAPIGatewayPushToCloudWatchLogs")
            ],
        )
        account = apigateway.CfnAccount(self, "Account", cloud_watch_role_arn=role.role_arn)
        role.apply_removal_policy(RemovalPolicy.RETAIN)
        account.apply_removal_policy(RemovalPolicy.RETAIN)
        accept(
            role,
            {
                "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
                "AmazonAPIGatewayPushToCloudWatchLogs]": "The policy that AWS made for exactly this role."
            },
        )
        return account

    def _add_routes(self) -> None:
        root = self.api.root
        self._get(root.add_resource("health"), signed=False)
        self._get(root.add_resource("openapi.json"), signed=False)
        flights = root.add_resource("flights")
        # The function itself answers a missing or unknown status, naming the ones there are.
        self._get(flights, signed=self._closed, optional=["status", *_PAGE])
        flight = flights.add_resource("{flightId}")
        self._get(flight, signed=self._closed, path="flightId")
        self._get(flight.add_resource("bookings"), signed=True, path="flightId", optional=_PAGE)
        passenger = root.add_resource("passengers").add_resource("{passengerId}")
        self._get(passenger, signed=True, path="passengerId")
        self._get(passenger.add_resource("bookings"), signed=True, path="passengerId", optional=_PAGE)
        booking = root.add_resource("bookings").add_resource("{bookingId}")
        self._get(booking, signed=True, path="bookingId")

    def _get(
        self,
        resource: apigateway.Resource,
        *,
        signed: bool,
        path: str | None = None,
        optional: list[str] | None = None,
    ) -> None:
        parameters = {f"method.request.querystring.{name}": False for name in optional or ()}
        if path:
            parameters[f"method.request.path.{path}"] = True
        method = resource.add_method(
            "GET",
            self._integration,
            authorization_type=apigateway.AuthorizationType.IAM if signed else apigateway.AuthorizationType.NONE,
            request_parameters=parameters or None,
            request_validator=self._validator,
        )
        if signed:
            accept(method, {"AwsSolutions-COG4": "Signed with IAM: the callers are our own services and operators."})
        else:
            reason = "Public on purpose: what a departure board shows, nothing about people."
            accept(method, {"AwsSolutions-APIG4": reason, "AwsSolutions-COG4": reason})

    def _add_error_answers(self) -> None:
        """Give API Gateway's own errors the shape of ours, ``{"error": "..."}``."""
        for kind, response_type in (
            ("ClientErrors", apigateway.ResponseType.DEFAULT_4_XX),
            ("ServerErrors", apigateway.ResponseType.DEFAULT_5_XX),
        ):
            self.api.add_gateway_response(
                kind,
                type=response_type,
                templates={"application/json": '{"error":$context.error.messageString}'},
            )

    def _accept_findings(self) -> None:
        stage = self.api.deployment_stage
        accept(
            self.api,
            {"AwsSolutions-APIG2": "Parameters are validated here; there are no bodies, every route is a GET."},
        )
        accept(
            stage,
            {
                "AwsSolutions-APIG3": "A demonstration API behind throttling and IAM; a firewall is the first extra.",
                "AwsSolutions-APIG6": (
                    "The access log has status, error and latencies of each request; execution logs would add a group "
                    "that no stack owns."
                ),
            },
        )
