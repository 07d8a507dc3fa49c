"""The customer's own key, for those who want to say who may read people's contact data at rest."""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from flightpulse.stack.removal import removal_policy
from flightpulse.stack.settings import Settings

_USE = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey", "kms:CreateGrant"]


class CustomerKey(Construct):
    """A key for everything that holds people's data: table, log groups, dead letters, histories of workflows."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        self.key = kms.Key(
            self,
            "Key",
            description="FlightPulse: data of passengers at rest",
            enable_key_rotation=True,
            removal_policy=removal_policy(settings),
        )
        account = {"StringEquals": {"kms:CallerAccount": Aws.ACCOUNT_ID}}
        services = [f"{name}.{Aws.REGION}.{Aws.URL_SUFFIX}" for name in ("dynamodb", "sqs")]
        # As with the keys that AWS manages: whoever may use the table or a queue may have it decrypted.
        self._allow("TableAndQueues", iam.AnyPrincipal(), account | {"StringLike": {"kms:ViaService": services}})
        groups = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:*"
        self._allow(
            "LogGroups",
            iam.ServicePrincipal(f"logs.{Aws.REGION}.{Aws.URL_SUFFIX}"),
            {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
        )
        self._allow(
            "DeadLettersOfRules",
            iam.ServicePrincipal("events.amazonaws.com"),
            {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        )

    def _allow(self, sid: str, principal: iam.IPrincipal, conditions: dict[str, object]) -> None:
        self.key.add_to_resource_policy(
            iam.PolicyStatement(sid=sid, principals=[principal], actions=_USE, resources=["*"], conditions=conditions)
        )
