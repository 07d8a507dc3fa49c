"""How the workbench reaches a target: the local cloud or an AWS account, behind one object."""

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from flightpulse import paths
from flightpulse.errors import UserError
from flightpulse.stack import names

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_stepfunctions import SFNClient

Target = Literal["local", "aws"]

LOCAL_REGION = "us-east-1"
LOCAL_ACCOUNT = "000000000000"
LOCAL_KEY = "test"


def _client(service: str) -> Any:
    """An attribute of a session: its client for a service."""
    return property(lambda session: session.client(service))


class Session:
    """One target and the clients for it.

    ``connect`` makes one. ``aws`` is its boto3 session, whose clients reach the target too. Nothing is called on the
    network before a client is used, except that connecting to the local cloud looks whether it runs. Clients may be
    shared by threads.
    """

    cloudformation: "CloudFormationClient" = _client("cloudformation")
    cloudwatch: "CloudWatchClient" = _client("cloudwatch")
    dynamodb: "DynamoDBClient" = _client("dynamodb")
    events: "EventBridgeClient" = _client("events")
    functions: "LambdaClient" = _client("lambda")
    logs: "CloudWatchLogsClient" = _client("logs")
    sqs: "SQSClient" = _client("sqs")
    ssm: "SSMClient" = _client("ssm")
    stepfunctions: "SFNClient" = _client("stepfunctions")

    def __init__(
        self,
        target: Target,
        aws: "boto3.Session",
        *,
        home: Path,
        endpoint_url: str | None = None,
        kafka_bootstrap: str | None = None,
        llm_url: str = "",
    ) -> None:
        self.target: Target = target
        self.home = home
        self.endpoint_url = endpoint_url
        self.kafka_bootstrap = kafka_bootstrap
        self.llm_url = llm_url
        self.aws = aws
        self._clients: dict[str, Any] = {}

    @classmethod
    def connect(
        cls, target: Target = "local", *, kafka: str | None = None, home: Path | None = None, region: str | None = None
    ) -> "Session":
        """A session for a target.

        ``kafka`` names the broker (``host:port``) to use instead of the local cloud's own; an AWS account has none of
        its own that a laptop could reach. ``region`` is the account's, instead of the configured one. Raises UserError
        when the local cloud does not run or no AWS region is set.
        """
        home = home or paths.home()
        return cls._local(home, kafka) if target == "local" else cls._account(home, kafka, region)

    @classmethod
    def _local(cls, home: Path, kafka: str | None) -> "Session":
        from localcloud import process

        cloud = process.status(home)
        if cloud is None:
            raise UserError("The local cloud is not running.", hint="Start it with: flightpulse up")
        return cls(
            "local",
            local_aws_session(cloud.endpoint_url),
            home=home,
            endpoint_url=cloud.endpoint_url,
            kafka_bootstrap=kafka or cloud.kafka_bootstrap,
            llm_url=cloud.llm_url,
        )

    @classmethod
    def _account(cls, home: Path, kafka: str | None, region: str | None) -> "Session":
        import boto3

        # boto3 reads AWS_DEFAULT_REGION only; every other SDK, and the CDK, reads AWS_REGION first.
        aws = boto3.Session(region_name=region or os.environ.get("AWS_REGION") or None)
        if not aws.region_name:
            raise UserError("No AWS region is set.", hint="Set AWS_REGION, for example: export AWS_REGION=us-east-1")
        return cls("aws", aws, home=home, kafka_bootstrap=kafka)

    @property
    def region(self) -> str:
        return self.aws.region_name or LOCAL_REGION

    @property
    def where(self) -> str:
        """The target in words: of AWS account and region, and the endpoint that a setting puts in their place."""
        if self.target == "local":
            return f"local cloud at {self.endpoint_url}"
        endpoint = str(self.client("sts").meta.endpoint_url)
        instead = "" if ".amazonaws.com" in endpoint else f", at {endpoint}"
        return f"AWS account {self.account}, region {self.region}{instead}"

    @cached_property
    def account(self) -> str:
        """The id of the account that the credentials belong to."""
        return LOCAL_ACCOUNT if self.target == "local" else str(self.client("sts").get_caller_identity()["Account"])

    @property
    def broker(self) -> str:
        """``host:port`` of the Kafka broker. Raises UserError when none is known."""
        if not self.kafka_bootstrap:
            raise UserError(
                "No Kafka broker is known for --target aws.",
                hint="Name one with --kafka HOST:PORT or the variable FLIGHTPULSE_KAFKA.",
            )
        return self.kafka_bootstrap

    @cached_property
    def model(self) -> str:
        """Who writes the messages, in one sentence."""
        if self.target == "aws":
            return f"Messages are written by Amazon Bedrock, model {self.model_id}."
        if self.llm_url:
            return f"Messages are written by the model at {self.llm_url}, not by Amazon Bedrock."
        return "Messages are written by a stand-in model on this machine, not by Amazon Bedrock."

    @cached_property
    def model_id(self) -> str:
        """The Bedrock model id that the stack names, which the local cloud's model answers to as well."""
        name = self.output("ModelIdParameter")
        return self.ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]

    def client(self, service: str) -> Any:
        """A boto3 client for a service of this target, made once."""
        if service not in self._clients:
            from botocore.config import Config

            config = Config(retries={"mode": "standard", "total_max_attempts": 5}, max_pool_connections=20)
            self._clients[service] = self.aws.client(service, config=config)  # type: ignore[call-overload]
        return self._clients[service]

    def credentials(self) -> Any:
        """The botocore credentials that sign this session's calls."""
        credentials = self.aws.get_credentials()
        if credentials is None:
            raise UserError(
                "No AWS credentials were found.", hint="Set AWS_PROFILE or sign in with: aws sso login (or aws login)"
            )
        return credentials

    def environment(self) -> dict[str, str]:
        """Variables that make boto3, the AWS CLI and the CDK CLI use this target when they are run by hand."""
        if self.target == "local":
            return local_environment(str(self.endpoint_url))
        return {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The stack's outputs by name. Raises UserError when the stack is not deployed."""
        try:
            stack = self.cloudformation.describe_stacks(StackName=names.STACK)["Stacks"][0]
        except self.cloudformation.exceptions.ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":
                raise self._no_stack("is not deployed") from error
            raise
        if not stack.get("Outputs"):
            raise self._no_stack(f"has no outputs (it is in state {stack['StackStatus']})")
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def output(self, name: str) -> str:
        """One output of the stack. Raises UserError when the stack is not deployed or does not have it."""
        try:
            return self.outputs[name]
        except KeyError:
            raise UserError(
                f"The stack {names.STACK} has no output {name}.", hint=f"Deploy it again with: {self.command('deploy')}"
            ) from None

    def _no_stack(self, what: str) -> UserError:
        return UserError(
            f"The stack {names.STACK} {what} on {self.where}.", hint=f"Deploy it with: {self.command('deploy')}"
        )

    def command(self, verb: str) -> str:
        """A command line of ours for this target, as a hint prints it."""
        return f"flightpulse {verb}" + (" --target aws" if self.target == "aws" else "")

    def require_stack(self) -> None:
        """Raise UserError when the stack is not deployed."""
        _ = self.outputs

    def forget_outputs(self) -> None:
        """Read the outputs anew next time, because the stack has changed."""
        self.__dict__.pop("outputs", None)

    @property
    def table_name(self) -> str:
        return self.output("TableName")


def local_environment(endpoint_url: str) -> dict[str, str]:
    """AWS variables for programs that shall use the local cloud: dummy keys, and no way to the user's own."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": LOCAL_KEY,
        "AWS_SECRET_ACCESS_KEY": LOCAL_KEY,
        "AWS_REGION": LOCAL_REGION,
        "AWS_DEFAULT_REGION": LOCAL_REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # Calls such as TestState would otherwise go to a host named sync-127.0.0.1.
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def local_aws_session(endpoint_url: str) -> "boto3.Session":
    """A boto3 session for the local cloud.

    It knows the dummy keys only: no profile, no configuration file, no variable and no proxy of the user's.
    """
    import boto3
    import botocore.session
    from botocore.config import Config

    nothing: dict[str, Any] = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
        "ignore_configured_endpoint_urls": (None, None, True, None),
    }
    # A proxy must not be asked for 127.0.0.1, and a local call that hangs is better seen soon.
    local = Config(proxies={}, read_timeout=30, connect_timeout=5, inject_host_prefix=False)

    class LocalSession(boto3.Session):
        """Its clients talk to the local cloud, whatever service they are for."""

        def client(self, service_name: Any, *arguments: Any, **options: Any) -> Any:
            given = options.pop("config", None)
            config = local.merge(given) if given else local
            return super().client(
                service_name, *arguments, **{"endpoint_url": endpoint_url, **options, "config": config}
            )

    return LocalSession(
        botocore_session=botocore.session.Session(session_vars=nothing),
        aws_access_key_id=LOCAL_KEY,
        aws_secret_access_key=LOCAL_KEY,
        region_name=LOCAL_REGION,
    )
