"""What may a function do? Read from a template."""

import pytest

from flightpulse.errors import UserError
from flightpulse.workbench.deploy import permissions

ARN = {"Fn::GetAtt": ["Table1", "Arn"]}
TEMPLATE = {
    "Resources": {
        "Table1": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "FlightPulseTable"}},
        "Role1": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "Policies": [
                    {
                        "PolicyDocument": {
                            "Statement": {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": {"Ref": "Queue1"}}
                        }
                    }
                ]
            },
        },
        "Queue1": {"Type": "AWS::SQS::Queue"},
        "Policy1": {
            "Type": "AWS::IAM::Policy",
            "Properties": {
                "Roles": [{"Ref": "Role1"}],
                "PolicyDocument": {
                    "Statement": [
                        {"Effect": "Allow", "Action": ["xray:PutTraceSegments", "ec2:DescribeVpcs"], "Resource": "*"},
                        {"Effect": "Allow", "Action": ["dynamodb:Query", "dynamodb:GetItem"], "Resource": ARN},
                        {"Effect": "Deny", "Action": "dynamodb:Scan", "Resource": ARN},
                        {
                            "Effect": "Allow",
                            "Action": "dynamodb:Query",
                            "Resource": {"Fn::Join": ["", [ARN, "/index/GSI1"]]},
                        },
                    ]
                },
            },
        },
        "Other": {
            "Type": "AWS::IAM::Policy",
            "Properties": {
                "Roles": [{"Ref": "Role2"}],
                "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
            },
        },
        "Function1": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"FunctionName": "FlightPulse-APIHandlers", "Role": {"Fn::GetAtt": ["Role1", "Arn"]}},
        },
    }
}


def test_what_may_be_done_is_told_by_thing_and_service_and_what_is_denied_is_not() -> None:
    assert permissions.table(TEMPLATE, "FlightPulse-APIHandlers").rows == (
        ("FlightPulseTable (DynamoDB::Table)", "dynamodb:GetItem, dynamodb:Query"),
        ("FlightPulseTable/index/GSI1", "dynamodb:Query"),
        ("Queue1 (SQS::Queue)", "sqs:SendMessage"),
        ("* (AWS takes nothing narrower here)", "ec2:DescribeVpcs"),
        ("* (AWS takes nothing narrower here)", "xray:PutTraceSegments"),
    )


def test_a_name_that_the_template_lacks_is_said_with_those_it_has() -> None:
    with pytest.raises(UserError, match=r"no 'FlightPulse-Api'\. It has FlightPulse-APIHandlers\."):
        permissions.table(TEMPLATE, "FlightPulse-Api")
