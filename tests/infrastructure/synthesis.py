"""Kinds of deployments, and what tests ask of a synthesised stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk.assertions import Template

KAFKA = {
    "kafka_bootstrap": "b-1.example.com:9096,b-2.example.com:9096",
    "kafka_secret_arn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:kafka-Ab12",
}
CONTEXTS: Mapping[str, dict[str, Any]] = {
    "default": {},
    "bare": {"network": "none", "alarm_email": "ops@example.com", "messenger_concurrency": "5"},
    "kafka": KAFKA,
    "provisioned": {"kafka_bootstrap": "127.0.0.1:9092", "kafka_provisioned": "true", "network": "none"},
    "production": {"environment": "production", "model_id": "us.amazon.nova-lite-v1:0", "log_retention_days": "90"},
}

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stack:
    """A synthesised stack: its template as a file, as data, and for assertions."""

    path: Path
    document: dict[str, Any]
    template: Template

    def resources(self, type_: str) -> dict[str, Resource]:
        """Every resource of a type, by logical id."""
        return {key: found for key, found in self.document["Resources"].items() if found["Type"] == type_}

    def properties(self, type_: str, **wanted: object) -> dict[str, Any]:
        """The properties of the one resource of a type whose properties have the given values."""
        found = [
            resource["Properties"]
            for resource in self.resources(type_).values()
            if all(resource["Properties"].get(key) == value for key, value in wanted.items())
        ]
        assert len(found) == 1, f"{len(found)} resources of type {type_} have {wanted}"
        properties: dict[str, Any] = found[0]
        return properties

    def logical_id(self, type_: str, **wanted: object) -> str:
        """The logical id of that resource."""
        properties = self.properties(type_, **wanted)
        return next(key for key, found in self.resources(type_).items() if found["Properties"] is properties)

    def statements(self, role_part: str) -> list[dict[str, Any]]:
        """Every policy statement of the role whose logical id contains ``role_part``, actions always as lists."""
        found = []
        for policy in self.resources("AWS::IAM::Policy").values():
            if any(role_part in role["Ref"] for role in policy["Properties"]["Roles"]):
                found += policy["Properties"]["PolicyDocument"]["Statement"]
        assert found, f"no role has {role_part} in its id"
        return [
            {**statement, "Action": as_list(statement["Action"]), "Resource": as_list(statement["Resource"])}
            for statement in found
        ]

    def actions(self, role_part: str) -> set[str]:
        """Everything that role may do."""
        allowed = [statement["Action"] for statement in self.statements(role_part) if statement["Effect"] == "Allow"]
        return {action for actions in allowed for action in actions}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
