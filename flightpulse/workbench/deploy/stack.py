"""The stack of a target: deployed, compared, described, taken away."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flightpulse.stack import names
from flightpulse.workbench.costs import idle_cost, variants
from flightpulse.workbench.costs.idle_cost import IdleCost
from flightpulse.workbench.deploy import architecture, deploy, permissions, resources
from flightpulse.workbench.deploy.deploy import Deployer, DeploymentPlan
from flightpulse.workbench.fire import run_store
from flightpulse.workbench.show.picture import Picture
from flightpulse.workbench.show.progress import Steps
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.connection import Connection


class Stack:
    """``wb.stack``."""

    def __init__(self, target: Connection) -> None:
        self._target = target

    @property
    def state(self) -> str | None:
        """CloudFormation's word for the state of the stack; None when there is none."""
        return deploy.stack_status(self._target.session)

    @property
    def is_usable(self) -> bool:
        """Whether the stack is there and has its resources."""
        state = self.state or ""
        return state in {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"} or "CLEANUP" in state

    def mappings(self) -> list[dict[str, str]]:
        """The event source mappings: what each feeds, its state, and what it says of its last batch."""
        functions = self._target.deployed.functions
        return [
            {"function": name, "state": found["State"], "last_result": found.get("LastProcessingResult", "")}
            for name in (names.KAFKA_CONSUMER, names.STREAM_HANDLER)
            for found in functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        ]

    def deploy(
        self,
        *,
        again: bool = False,
        agree: bool = False,
        context: Mapping[str, str] | None = None,
        planned: bool = False,
        loosen: bool = False,
        take_up: bool = False,
        revert_drift: bool = False,
    ) -> Table:
        """Deploy the stack with the CDK CLI, and give the resources in the order in which they came up.

        A local cloud that does not run is started first. A stack that is there is left alone unless ``again`` (or
        ``context``, the CDK's own, or ``revert_drift``) is given. In an AWS account nothing happens without
        ``agree=True``; :meth:`plan` shows before what would, and ``planned`` says that it has just done so. Context
        values of the last deployment count on; ``loosen=True`` agrees to less protection than the stack has,
        ``take_up=True`` imports the table and log groups that a production stack left behind, ``revert_drift=True``
        puts back what was changed by hand.
        Raises UserError with the reason of the first resource that failed.
        """
        with self._target.steps() as steps:
            if self._is_up(steps) and not (again or revert_drift or context):
                said = "FlightPulseStack was deployed before; wb.stack.deploy(again=True) deploys it over that"
                steps.finish("deploy", said)
                return self.resources()
            self._target.agreed(
                agree,
                f"Deploying changes your AWS account in {self._target.session.region} and costs money while it is up.",
                "Look at wb.stack.plan() first, then: wb.stack.deploy(agree=True)",
            )
            deployer = self._deployer(steps, context, take_up=take_up)
            deployer.deploy(synthesised=planned, loosen=loosen, revert_drift=revert_drift)
        return self.resources()

    def bring_up(self, steps: Steps) -> None:
        """Deploy to the local cloud, as a part of something larger, where there is no stack."""
        if not self._is_up(steps):
            self._deployer(steps, None).deploy()

    def _is_up(self, steps: Steps) -> bool:
        """Whether the stack is there and whole. A local cloud that does not run is started."""
        if not self._target.is_running:
            self._target.start(steps)
        return self.is_usable

    def plan(self, context: Mapping[str, str] | None = None, *, take_up: bool = False) -> DeploymentPlan:
        """What a deployment would change, as the CDK CLI prints it. Changes nothing.

        Raises UserError for what AWS would refuse.
        """
        with self._target.steps() as steps:
            return self._deployer(steps, context, take_up=take_up).plan()

    def drift(self) -> str:
        """What was changed by hand since the last deployment, as the CDK CLI prints it."""
        with self._target.steps() as steps:
            return self._deployer(steps, None).drift()

    def loosened(self, context: Mapping[str, str]) -> list[str]:
        """What a deployment with this context would protect less than the deployed stack does, in sentences."""
        with self._target.steps() as steps:
            return self._deployer(steps, context).context.loosened()

    def synth(self, context: Mapping[str, str]) -> Path:
        """Write the template and the Lambda package, and give their folder. Needs neither a cloud nor credentials."""
        with self._target.steps() as steps:
            return deploy.synthesise(context, self._target.home, steps)

    def destroy(self, *, agree: bool = False) -> None:
        """Delete the stack with its data, and forget the runs on it. May run twice.

        In an AWS account only with ``agree=True``.
        """
        if not self._target.is_running:
            self._target.steps().finish("destroy", "no local cloud is running, so there is no stack.")
            return
        session = self._target.session
        self._target.agreed(
            agree,
            f"This deletes {names.STACK} with its data in {session.region}.",
            "If you mean it: wb.stack.destroy(agree=True)",
        )
        with self._target.steps() as steps:
            run_store.forget(self._target.home, self._target.cloud_id)
            if not self._deployer(steps, None).destroy():
                steps.finish("destroy", f"there is no {names.STACK} on {session.where}: nothing to delete.")

    def resources(self) -> Table:
        """What is deployed, by type: how many of each, what for, and one by name, in the order of first creation."""
        return resources.table(self._target.session)

    def template(self) -> dict[str, Any]:
        """The CloudFormation template that is deployed."""
        body: Any = self._target.deployed.cloudformation.get_template(StackName=names.STACK)["TemplateBody"]
        found: dict[str, Any] = json.loads(body) if isinstance(body, str) else body
        return found

    def architecture(self, *lit: str) -> Picture:
        """The deployed template as a picture, with the hops that are ``lit`` standing out: ``"Step Functions"``."""
        return architecture.of(self.template()).picture(*lit)

    def idle_cost(self) -> IdleCost:
        """What the deployed stack costs in an AWS account while nothing happens, from its template at list prices."""
        return idle_cost.of(self.template())

    def idle_costs(self) -> dict[str, IdleCost]:
        """The same for each kind of network, by its name. Each is synthesised, none is deployed; needs no cloud."""
        found = {}
        with self._target.steps() as steps:
            for number, variant in enumerate(variants.VARIANTS):
                home = self._target.home / "variants" / str(number)
                assembly = deploy.synthesise(variant.context, home, steps)
                found[variant.name] = idle_cost.of(json.loads(deploy.template_path(assembly).read_text("utf-8")))
        return found

    def permissions(self, name: str) -> Table:
        """What a function or a state machine may do, and on what, from the deployed template.

        Raises UserError when the template has none of this name.
        """
        return permissions.table(self.template(), name)

    def _deployer(self, steps: Steps, context: Mapping[str, str] | None, *, take_up: bool = False) -> Deployer:
        return Deployer(self._target.session, context=context or {}, steps=steps, take_up=take_up)
