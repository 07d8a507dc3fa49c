"""Turns a table's deletion protection on and off for CloudFormation: a custom resource.

The template's own property would protect the table of a first deployment that fails, and its name would stay taken.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TYPE = "Custom::DeletionProtection"


def apply(event: Mapping[str, Any], client: "DynamoDBClient") -> None:
    """Do what CloudFormation asks. Raises ``ValueError`` when the template names no table.

    A delete comes when a first deployment is rolled back, never when a protected stack goes: then the table stays.
    """
    properties = event["ResourceProperties"]
    if not properties.get("TableName"):
        raise ValueError("The property TableName is missing.")
    deleting = event["RequestType"] == "Delete"
    wanted = _is_on(properties) and not deleting
    if wanted == _is_on(properties if deleting else event.get("OldResourceProperties", {})):
        return
    try:
        client.update_table(TableName=properties["TableName"], DeletionProtectionEnabled=wanted)
    except client.exceptions.ResourceNotFoundException:
        if wanted:
            raise


def _is_on(properties: Mapping[str, Any]) -> bool:
    return properties.get("Enabled") == "true"
