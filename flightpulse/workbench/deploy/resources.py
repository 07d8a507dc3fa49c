"""What the stack consists of, in numbers and in words."""

import re
from collections.abc import Sequence
from typing import Any

from flightpulse.stack import names
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.show.words import shortened
from flightpulse.workbench.target.session import Session

PURPOSES = {
    "AWS::DynamoDB::Table": "flights, passengers, bookings, claims and templates in one table",
    "AWS::Events::EventBus": "the bus between the consumer, the workflows and the senders",
    "AWS::Events::Rule": "which event goes to which workflow or log group",
    "AWS::StepFunctions::StateMachine": "what is done about an event, and who is told",
    "AWS::Lambda::Function": "code: consumer, messenger, API, stream handler",
    "AWS::Lambda::EventSourceMapping": "what polls Kafka and the table's stream for the functions",
    "AWS::Lambda::Permission": "who may call which function",
    "AWS::Lambda::EventInvokeConfig": "where asynchronous calls go that fail",
    "AWS::ApiGateway::RestApi": "the REST API",
    "AWS::ApiGateway::Resource": "the parts of its paths",
    "AWS::ApiGateway::Method": "its routes",
    "AWS::ApiGateway::Stage": "its stage prod: throttling, access log, traces",
    "AWS::ApiGateway::Deployment": "the revision of the API that the stage serves",
    "AWS::ApiGateway::RequestValidator": "refuses bad parameters before any code runs",
    "AWS::ApiGateway::GatewayResponse": "errors in the shape that the API promises",
    "AWS::SQS::Queue": "dead letters: what failed, kept to be redriven",
    "AWS::SQS::QueuePolicy": "who may write dead letters",
    "AWS::SNS::Topic": "what operators hear of: failed workflows, alarms",
    "AWS::SNS::TopicPolicy": "who may publish to them",
    "AWS::Logs::LogGroup": "logs, with a retention; e-mails and texts end in two of them",
    "AWS::Logs::ResourcePolicy": "lets the bus write into log groups",
    "AWS::Logs::MetricFilter": "metrics counted from log lines",
    "AWS::CloudWatch::Alarm": "tells operators that something needs them",
    "AWS::CloudWatch::CompositeAlarm": "goes off when any alarm does that keeps news from passengers",
    "AWS::CloudWatch::Dashboard": "business metrics on one page, technical ones on another",
    "AWS::Logs::QueryDefinition": "saved questions about the logs",
    "AWS::IAM::Role": "one role per function, workflow and rule",
    "AWS::IAM::Policy": "what each role may do, and no more",
    "AWS::SSM::Parameter": "settings that are read at run time",
    "AWS::EC2::VPC": "the network of the functions",
    "AWS::EC2::Subnet": "its isolated subnets",
    "AWS::EC2::SecurityGroup": "who may talk to whom in it",
    "AWS::EC2::VPCEndpoint": "AWS's services without a way to the internet",
    "AWS::EC2::RouteTable": "its routes",
    "AWS::EC2::SubnetRouteTableAssociation": "which subnet uses which routes",
    "AWS::EC2::FlowLog": "who talked to whom in it",
    "AWS::Events::Archive": "the flight events of the last days, to be replayed",
    "AWS::EC2::SecurityGroupIngress": "the one way in that the endpoints allow",
    "AWS::ApiGateway::Account": "lets the API write its access log",
    "Custom::SecureStringParameter": "the model id, encrypted, written by a function of ours",
    "Custom::DeletionProtection": "protects the table once everything else is there",
    "AWS::KMS::Key": "your own key for people's data ($1 a month)",
    "AWS::CDK::Metadata": "which versions of the CDK wrote the template",
}
"""What each type of resource is there for."""

_EXAMPLES = 2
_PLACE = re.compile(r"[0-9A-F]{8}(?:[0-9a-f]{32})?$")
_LONGEST_NAME = 36


def table(session: Session) -> Table:
    """Types in the order in which the first of each came up, with their number, purpose and some names."""
    session.require_stack()
    pages = session.cloudformation.get_paginator("list_stack_resources").paginate(StackName=names.STACK)
    found: list[Any] = [resource for page in pages for resource in page["StackResourceSummaries"]]
    return by_type(sorted(found, key=lambda item: item["LastUpdatedTimestamp"]))


def by_type(resources: Sequence[Any]) -> Table:
    """The same from stack resources as CloudFormation lists them, oldest first."""
    kinds: dict[str, list[str]] = {}
    for resource in resources:
        kinds.setdefault(resource["ResourceType"], []).append(_name(resource))
    rows = [
        (kind.removeprefix("AWS::"), len(named), PURPOSES.get(kind, ""), _examples(named))
        for kind, named in kinds.items()
    ]
    return Table.of(
        ("type", "number", "what for", "such as"), rows, numbers=(1,), note=f"{len(resources)} resources in all."
    )


def _name(resource: Any) -> str:
    """A name of ours, or where the thing stands in the stack, without the digits that the CDK puts behind it."""
    physical = str(resource.get("PhysicalResourceId", ""))
    short = physical.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
    generated = short.startswith(names.STACK)
    return (
        short
        if short.lower().startswith("flightpulse") and not generated
        else _PLACE.sub("", resource["LogicalResourceId"])
    )


def _examples(named: list[str]) -> str:
    shown = [shortened(name, _LONGEST_NAME) for name in sorted(named)[:_EXAMPLES]]
    return ", ".join(shown) + (", …" if len(named) > _EXAMPLES else "")
