"""What a function or a state machine may do, read from a CloudFormation template."""

from collections.abc import Iterator, Mapping
from typing import Any

from flightpulse.errors import UserError
from flightpulse.workbench.show.tables import Table

_NAMES = ("FunctionName", "StateMachineName")
_ROLES = ("Role", "RoleArn")
_ANYTHING = "* (AWS takes nothing narrower here)"
Resources = Mapping[str, Any]


def table(template: Mapping[str, Any], name: str) -> Table:
    """One row for each thing that it may touch and each service, with the actions, in the order of the thing's name.

    Raises UserError when the template has no function or state machine of this name.
    """
    resources: Resources = template.get("Resources", {})
    allowed: dict[tuple[str, str], set[str]] = {}
    for statement in _statements(resources, _role(resources, name)):
        if statement.get("Effect") == "Allow":
            for target in _listed(statement.get("Resource", "*")):
                for action in _listed(statement.get("Action", [])):
                    service = str(action).partition(":")[0]
                    allowed.setdefault((_named(target, resources), service), set()).add(action)
    ordered = sorted(allowed, key=lambda row: (row[0] == _ANYTHING, row))
    return Table.of(("on", f"{name} may"), [(row[0], ", ".join(sorted(allowed[row]))) for row in ordered])


def _role(resources: Resources, name: str) -> str:
    """The logical id of the role of a function or a state machine."""
    there = {
        str(properties[field]): properties
        for resource in resources.values()
        for properties in [resource.get("Properties", {})]
        for field in _NAMES
        if isinstance(properties.get(field), str)
    }
    if name not in there:
        raise UserError(f"The template has no {name!r}.", hint=f"It has {', '.join(sorted(there))}.")
    role = next(there[name][field] for field in _ROLES if field in there[name])
    return _reference(role)


def _statements(resources: Resources, role: str) -> Iterator[Mapping[str, Any]]:
    inline = resources.get(role, {}).get("Properties", {}).get("Policies", [])
    attached = [
        resource["Properties"]
        for resource in resources.values()
        if resource["Type"] == "AWS::IAM::Policy" and role in map(_reference, resource["Properties"].get("Roles", []))
    ]
    for policy in [*inline, *attached]:
        yield from _listed(policy["PolicyDocument"]["Statement"])


def _named(target: Any, resources: Resources) -> str:
    """``FlightPulseTable (DynamoDB::Table)``; the last part of an ARN that the template only puts together."""
    if target == "*":
        return _ANYTHING
    logical = _reference(target)
    found = resources.get(logical)
    if found is None:
        return _text(target, resources)
    kind = str(found["Type"]).removeprefix("AWS::")
    return f"{_own_name(found) or logical} ({kind})"


def _own_name(resource: Mapping[str, Any]) -> str:
    properties = resource.get("Properties", {})
    names = [value for field, value in properties.items() if field.endswith("Name") and isinstance(value, str)]
    own = properties.get("Name")
    return str(own) if isinstance(own, str) else names[0] if names else ""


def _text(value: Any, resources: Resources) -> str:
    """A value that CloudFormation joins, with the names of what it refers to and AWS's own placeholders left out."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and "Fn::Join" in value:
        joined = "".join(_text(part, resources) for part in value["Fn::Join"][1])
        return joined.rsplit("::", 1)[-1].lstrip(":")
    logical = _reference(value)
    return _own_name(resources[logical]) or logical if logical in resources else ""


def _reference(value: Any) -> str:
    """The logical id that a Ref or a GetAtt names; empty for anything else."""
    if isinstance(value, Mapping):
        named = value.get("Ref") or value.get("Fn::GetAtt", [""])
        return str(named if isinstance(named, str) else named[0])
    return ""


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
