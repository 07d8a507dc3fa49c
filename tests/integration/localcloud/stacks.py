"""CloudFormation stacks for tests: deploy a template, read its outputs."""

import json
from typing import Any

from tests.integration.emulator import Emulator

WAITER = {"Delay": 1, "MaxAttempts": 60}


def deploy(emulator: Emulator, name: str, template: dict[str, Any], change: str = "create") -> dict[str, str]:
    """Create (or ``change="update"``) a stack, wait, and return its outputs by name."""
    client = emulator.client("cloudformation")
    action = client.create_stack if change == "create" else client.update_stack
    action(StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"])
    client.get_waiter(f"stack_{change}_complete").wait(StackName=name, WaiterConfig=WAITER)
    return outputs(emulator, name)


def outputs(emulator: Emulator, name: str) -> dict[str, str]:
    """The outputs of a stack by name."""
    stack = emulator.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def failed_events(emulator: Emulator, name: str) -> list[str]:
    """Why resources of a stack failed."""
    events = emulator.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    return [event.get("ResourceStatusReason", "") for event in events if event["ResourceStatus"].endswith("FAILED")]


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    """A resource of a template."""
    return {"Type": kind, "Properties": properties}
