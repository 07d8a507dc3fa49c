"""What the stack's roles may do beside what they did: nothing called that is not granted, nothing granted unused."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final
from urllib.parse import unquote

from flightpulse.errors import UserError
from flightpulse.stack import names
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.session import Session
from localcloud.process import own_pages
from localcloud.services.iam import calls as recorded

_PURPOSE = re.compile(r"What (?P<who>.+) may do")


@dataclass(frozen=True, slots=True)
class Grant:
    """One action that a role's policies allow, on a resource or a pattern of resources."""

    role: str
    action: str
    resource: str


@dataclass(frozen=True, slots=True)
class MadeCall:
    """What a role called, how often, and whether its policies allowed it."""

    role: str
    action: str
    resource: str
    count: int
    allowed: bool


@dataclass(frozen=True, slots=True)
class Unseen:
    """A rule: calls that AWS makes with a role and the local cloud does not, and why."""

    roles: str
    action: str
    why: str
    resource: str = "*"

    def covers(self, grant: Grant) -> bool:
        same = fnmatchcase(grant.role, self.roles) and fnmatchcase(grant.action, self.action)
        return same and fnmatchcase(grant.resource, self.resource)


_LOG = "Lambda itself writes a function's log"
_DELIVERY = "Step Functions sets up the delivery of a workflow's log"
_STREAM = "Lambda itself reads the table's stream"
_POLLER = "Lambda's own poller reads from Kafka"
_NETWORK = "Lambda attaches a function to its network"
_AWAIT = "Step Functions waits for what it started by a rule of its own"
_GIVEN_UP = "Lambda itself sends what a mapping gave up"
_SETTINGS = "Only when the stack goes, or protects its table"
UNSEEN: Final = (
    Unseen("*", "xray:*", "Segments go to X-Ray's own daemon"),
    Unseen("*", "ec2:*", _NETWORK),
    Unseen(names.KAFKA_CONSUMER, "kafka*:*", _POLLER),
    Unseen(names.KAFKA_CONSUMER, "secretsmanager:*", _POLLER),
    Unseen(names.KAFKA_CONSUMER, "kms:Decrypt", _POLLER),
    *(
        Unseen(function, action, _LOG)
        for function in (
            names.KAFKA_CONSUMER,
            names.LLM_MESSENGER,
            names.API_HANDLERS,
            names.STREAM_HANDLER,
            names.SETTINGS_RESOURCE,
        )
        for action in ("logs:CreateLogStream", "logs:PutLogEvents")
    ),
    *(
        Unseen(names.STREAM_HANDLER, f"dynamodb:{action}", _STREAM)
        for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
    ),
    *(
        Unseen(function, "sqs:SendMessage", _GIVEN_UP, f"*:{names.dead_letters(kind)}")
        for function, kind in ((names.STREAM_HANDLER, "stream"), (names.KAFKA_CONSUMER, "mapping"))
    ),
    Unseen("FlightPulse-*", "logs:*", _DELIVERY),
    Unseen("FlightPulse-*", "states:DescribeExecution", _AWAIT),
    Unseen("FlightPulse-*", "states:StopExecution", _AWAIT),
    Unseen("FlightPulse-*", "states:RedriveExecution", _AWAIT),
    Unseen("FlightPulse-*", "events:PutTargets", _AWAIT),
    Unseen("FlightPulse-*", "events:PutRule", _AWAIT),
    Unseen("FlightPulse-*", "events:DescribeRule", _AWAIT),
    Unseen("FlightPulse-*", "kms:*", "The services use the customer's key for what they store"),
    Unseen(names.SETTINGS_RESOURCE, "ssm:*Parameter", _SETTINGS),
    Unseen(names.SETTINGS_RESOURCE, "dynamodb:UpdateTable", _SETTINGS),
)
"""Grants that the local cloud cannot see used, in rules."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Grants with the calls that used them, and calls that no grant allows."""

    grants: Sequence[Grant]
    calls: Sequence[MadeCall]

    def uses(self, grant: Grant) -> int:
        """How often a grant was used."""
        return sum(call.count for call in self.calls if _allows(grant, call))

    @property
    def unused(self) -> list[Grant]:
        """Grants that nothing used and no rule explains."""
        return [grant for grant in self.grants if not self.uses(grant) and self.why_unseen(grant) is None]

    @property
    def denied(self) -> list[MadeCall]:
        """Calls that a role made and that its policies do not allow."""
        ours = {grant.role for grant in self.grants}
        return [call for call in self.calls if call.role in ours and not call.allowed]

    @staticmethod
    def why_unseen(grant: Grant) -> str | None:
        """The reason of the first rule that covers a grant."""
        return next((rule.why for rule in UNSEEN if rule.covers(grant)), None)

    @property
    def unseen(self) -> dict[str, list[Grant]]:
        """Grants that the local cloud cannot see used, by the reason of the rule that covers each."""
        found: dict[str, list[Grant]] = {}
        for grant in self.grants:
            why = self.why_unseen(grant)
            if why is not None and not self.uses(grant):
                found.setdefault(why, []).append(grant)
        return found

    def table(self) -> Table:
        """One row for each grant and each denied call, and one for each reason why grants cannot be seen used."""
        covered = {grant for grants in self.unseen.values() for grant in grants}
        rows = [
            (grant.role, grant.action, _short(grant.resource), self._state(grant))
            for grant in sorted(self.grants, key=lambda grant: (grant.role, grant.action, grant.resource))
            if grant not in covered
        ]
        rows += [
            (call.role, call.action, _short(call.resource), f"✗ called {call.count} times, not granted")
            for call in self.denied
        ]
        rows += [_left_to_aws(why, grants) for why, grants in sorted(self.unseen.items())]
        return Table.of(("role of", "action", "on", "used"), rows)

    def _state(self, grant: Grant) -> str:
        uses = self.uses(grant)
        return f"✓ {uses} times" if uses else "✗ never"


def _left_to_aws(why: str, grants: Sequence[Grant]) -> tuple[str, str, str, str]:
    roles = {grant.role for grant in grants}
    actions = ", ".join(sorted({grant.action for grant in grants}))
    resources = {_short(grant.resource) for grant in grants}
    on = next(iter(resources)) if len(resources) == 1 else f"{len(resources)} resources"
    return next(iter(roles)) if len(roles) == 1 else f"{len(roles)} roles", actions, on, f"· {why}"


def compare(session: Session) -> Comparison:
    """The roles of the deployed stack beside the calls that the local cloud noted.

    Raises UserError on AWS, and for a local cloud that does not check permissions.
    """
    page = own_pages.read(_port(session), path=recorded.PATH)
    if page is None or not page["enforced"]:
        raise UserError(
            "This local cloud does not check permissions.",
            hint="Start one that does: flightpulse down, then FLIGHTPULSE_IAM=1 flightpulse demo",
        )
    roles = dict(_roles(session))
    grants = [grant for role, name in roles.items() for grant in _grants(session, role, name)]
    seen = [
        MadeCall(roles[call["role"]], call["action"], call["resource"], call["count"], call["allowed"])
        for call in page["calls"]
        if call["role"] in roles
    ]
    return Comparison(list(dict.fromkeys(grants)), seen)


def _port(session: Session) -> int:
    if session.endpoint_url is None:
        raise UserError(
            "An account does not tell which permissions were used.",
            hint="Ask the local cloud, or IAM Access Analyzer for unused access.",
        )
    return int(session.endpoint_url.rpartition(":")[2])


def _roles(session: Session) -> Iterator[tuple[str, str]]:
    """The stack's roles with what each is for: the function, workflow or rule that its description names."""
    iam = session.client("iam")
    pages = session.cloudformation.get_paginator("list_stack_resources").paginate(StackName=names.STACK)
    for page in pages:
        for resource in page["StackResourceSummaries"]:
            if resource["ResourceType"] == "AWS::IAM::Role":
                role = resource["PhysicalResourceId"]
                described = _PURPOSE.search(iam.get_role(RoleName=role)["Role"].get("Description", ""))
                if described:
                    yield role, described["who"]


def _grants(session: Session, role: str, name: str) -> Iterator[Grant]:
    iam = session.client("iam")
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        yield from granted(name, document if isinstance(document, Mapping) else json.loads(unquote(document)))


def granted(role: str, document: Mapping[str, Any]) -> Iterator[Grant]:
    """What a policy document allows, an action and a resource at a time."""
    for statement in document["Statement"]:
        if statement["Effect"] == "Allow":
            for action in _listed(statement["Action"]):
                for resource in _listed(statement["Resource"]):
                    yield Grant(role, action, resource)


def _listed(value: Any) -> Iterable[str]:
    return value if isinstance(value, list) else [value]


def _allows(grant: Grant, call: MadeCall) -> bool:
    same = grant.role == call.role and call.allowed and fnmatchcase(call.action, grant.action)
    return same and fnmatchcase(call.resource, grant.resource)


def _short(arn: str) -> str:
    """The part of an ARN that tells resources apart."""
    return arn.split(":", 5)[-1] if arn.startswith("arn:") else arn
