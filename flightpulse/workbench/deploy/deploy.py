"""Brings the stack to a target and takes it away again, and says all the way what is happening."""

import json
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from flightpulse import paths
from flightpulse.errors import UserError
from flightpulse.stack import names
from flightpulse.workbench.deploy import checks
from flightpulse.workbench.deploy.cdk import CdkCli, CdkOutcome, environment_for
from flightpulse.workbench.deploy.context import Context, kept
from flightpulse.workbench.show.progress import Steps
from flightpulse.workbench.target.session import Session
from flightpulse.workbench.target.watchdog import Watchdog

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef

TOOLKIT_STACK = "CDKToolkit"
BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
_NEEDED_BOOTSTRAP_VERSION = 6
_ROLLBACK_SECONDS = 3600
# The clocks of two machines differ; an event this much older than "now" still belongs to what has just begun.
_CLOCK_SKEW = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    """What a deployment would do in an account, before it does it."""

    account: str
    region: str
    endpoint: str
    needs_bootstrap: bool
    context: Context
    differences: str

    def __repr__(self) -> str:
        head = f"Account {self.account}, region {self.region}\nContext: {self.context}\n"
        return head + self.differences.rstrip()


def stack_status(session: Session) -> str | None:
    """The state of the stack as CloudFormation names it; None when there is none."""
    try:
        stacks = session.cloudformation.describe_stacks(StackName=names.STACK)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    return stacks[0]["StackStatus"] if stacks else None


def local_context(kafka_bootstrap: str) -> dict[str, str]:
    """CDK context for the local cloud: its broker, and the Python that runs the functions there."""
    return {
        "kafka_bootstrap": kafka_bootstrap,
        "runtime": f"python{sys.version_info.major}.{sys.version_info.minor}",
    }


class Deployer:
    """Deploys, compares and removes the stack on the target of a session.

    ``context`` adds to (and overrides) the CDK context that the stack was deployed with last and that the target needs.
    ``take_up`` imports what a retained stack left behind when it was destroyed.
    """

    def __init__(self, session: Session, *, context: Mapping[str, str], steps: Steps, take_up: bool = False) -> None:
        self._session = session
        self._given = dict(context)
        self._steps = steps
        self._take_up = take_up

    @cached_property
    def context(self) -> Context:
        """The context values, of the deployed stack and of now."""
        needed = local_context(self._session.broker) if self._session.target == "local" else {}
        before = {} if self._is_first else self._kept()
        if (before | self._given).get("kafka_cluster_arn"):
            needed.pop("kafka_bootstrap", None)
        found = Context(before, self._given, needed, deployed=not self._is_first)
        if self._is_first and "api_logging" not in self._given:
            return self._with_the_accounts_logging(found)
        return found

    def _kept(self) -> dict[str, str]:
        try:
            return kept(self._session.outputs)
        except UserError:
            # A stack that is stuck half-way has no outputs; what to do about it is CloudFormation's to say.
            return {}

    def _with_the_accounts_logging(self, context: Context) -> Context:
        """Leave the role with which API Gateway logs as it is, when the account has one before the stack comes."""
        role = checks.role_of_the_account(self._session.client("apigateway"))
        if role is None:
            return context
        self._steps.update("check", f"API Gateway logs with the account's own role {role}")
        return replace(context, given={**self._given, "api_logging": "account"})

    @cached_property
    def _is_first(self) -> bool:
        return stack_status(self._session) in (None, "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE")

    @cached_property
    def _cli(self) -> CdkCli:
        return CdkCli(
            environment_for(self._session.target, os.environ, self._session.environment()),
            context=self.context.values,
            home=self._session.home,
        )

    def plan(self) -> DeploymentPlan:
        """What :meth:`deploy` would change. It changes nothing itself: not even a change set is made."""
        account, region = self._session.account, self._session.region
        self._check()
        synth(self._cli, self._steps)
        self._steps.update("diff", "Comparing with the deployed stack")
        difference = _checked(self._run("diff", [names.STACK, "--method", "template"]))
        self._steps.finish("diff", "Compared with the deployed stack")
        return DeploymentPlan(
            account=account,
            region=region,
            endpoint=str(self._session.cloudformation.meta.endpoint_url),
            needs_bootstrap=not self._is_bootstrapped(),
            context=self.context,
            differences=difference.output,
        )

    def drift(self) -> str:
        """What was changed by hand, as CloudFormation finds it and the CDK CLI prints it."""
        if not template_path(self._cli.assembly).exists():
            synth(self._cli, self._steps)
        return _checked(self._run("drift", [names.STACK])).output

    def deploy(self, *, synthesised: bool = False, loosen: bool = False, revert_drift: bool = False) -> None:
        """Bootstrap the target when it needs it, synthesise, deploy.

        ``synthesised`` says that :meth:`plan` has just written the assembly, ``loosen`` that less protection than now
        is meant; ``revert_drift`` also puts back what was changed by hand. Raises UserError for a loosening that is
        not, for what AWS would refuse, and with the reason of the first resource that failed, and with the file that
        has everything the CDK CLI printed.
        """
        if revert_drift and self._session.target == "local":
            raise UserError(
                "The local cloud cannot put back what was changed by hand.",
                hint="Deploy the stack anew: flightpulse destroy, flightpulse deploy, flightpulse seed.",
            )
        self._refuse_stuck_stack()
        finish_rollback(self._session, self._steps)
        if not synthesised:
            self._check()
        self._refuse_loosening(agreed=loosen)
        self._prepare(synthesised=synthesised)
        resources = _resources_in(self._cli.assembly)
        with StackWatch(self._session, names.STACK, "deploy", resources, self._steps) as watch:
            arguments = [names.STACK, "--require-approval", "never", "--progress", "events"]
            if self._take_up:
                arguments.append("--import-existing-resources")
            if revert_drift:
                arguments.append("--revert-drift")
            outcome = self._run("deploy", arguments)
        _checked(outcome, watch.first_failure())
        text = f"{resources} resources are up" if watch.events_seen else "nothing to change"
        self._steps.finish("deploy", text)
        self._session.forget_outputs()

    def destroy(self) -> bool:
        """Delete the stack; False when there was none. What the stack retains (by context) stays."""
        if stack_status(self._session) is None:
            return False
        # The CDK CLI wants an app for its stack's name; whatever was deployed last will do.
        if not template_path(self._cli.assembly).exists():
            synth(self._cli, self._steps)
        total = _resources_in(self._cli.assembly)
        with StackWatch(self._session, names.STACK, "destroy", total, self._steps) as watch:
            outcome = self._run("destroy", [names.STACK, "--force"])
        _checked(outcome, watch.first_failure())
        self._steps.finish("destroy", "The stack is gone")
        self._session.forget_outputs()
        return True

    def _prepare(self, *, synthesised: bool) -> None:
        # Both take some seconds and neither needs the other, so they share the time.
        with ThreadPoolExecutor(max_workers=2) as pool:
            work: list[Future[None]] = [pool.submit(self._bootstrap)]
            if not synthesised:
                work.append(pool.submit(synth, self._cli, self._steps))
            try:
                for part in work:
                    part.result()
            except BaseException:
                self._cli.stop()
                raise

    def _bootstrap(self) -> None:
        if self._is_bootstrapped():
            return
        account, region = self._session.account, self._session.region
        with StackWatch(self._session, TOOLKIT_STACK, "bootstrap", 0, self._steps) as watch:
            outcome = self._run("bootstrap", [f"aws://{account}/{region}"])
        _checked(outcome, watch.first_failure())
        self._steps.finish("bootstrap", f"CDK's own stack is in {account}/{region}")

    def _is_bootstrapped(self) -> bool:
        try:
            version = self._session.ssm.get_parameter(Name=BOOTSTRAP_VERSION)["Parameter"]["Value"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ParameterNotFound":
                return False
            raise
        return int(version) >= _NEEDED_BOOTSTRAP_VERSION

    def _refuse_stuck_stack(self) -> None:
        status = stack_status(self._session) or ""
        if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
            raise UserError(
                f"The stack {names.STACK} is in {status}: something else is changing it.",
                hint="Wait until that has ended, then try again.",
            )

    def _check(self) -> None:
        """Refuse what AWS would refuse later, and say with which context this is going to happen."""
        self._steps.update("check", "Looking for what would be refused")
        context = self.context
        notes = checks.before_deployment(self._session, context.settings, first=self._is_first, take_up=self._take_up)
        for note in notes:
            self._steps.finish("not checked", note)
        self._steps.finish("check", f"context: {context}")

    def _refuse_loosening(self, *, agreed: bool) -> None:
        loosened = self.context.loosened()
        if loosened and not agreed:
            raise UserError(
                f"This deployment protects less than the last: {'; '.join(loosened)}.",
                hint="If you mean it: flightpulse deploy --loosen, or wb.stack.deploy(..., loosen=True).",
            )

    def _run(self, command: str, arguments: Sequence[str]) -> CdkOutcome:
        """Run the CDK CLI, but not on for minutes when the local cloud that it talks to has died."""
        with Watchdog(self._session, self._cli.stop) as watchdog:
            outcome = self._cli.run(command, arguments)
        watchdog.check()
        return outcome


def finish_rollback(session: Session, steps: Steps) -> None:
    """Go on with the rollback of an update that failed, which CloudFormation wants before anything else.

    Does nothing where none is left. Raises UserError when it fails again.
    """
    if stack_status(session) != "UPDATE_ROLLBACK_FAILED":
        return
    seconds = 1 if session.target == "local" else 15
    with StackWatch(session, names.STACK, "rollback", 0, steps) as watch:
        session.cloudformation.continue_update_rollback(StackName=names.STACK)
        try:
            session.cloudformation.get_waiter("stack_rollback_complete").wait(
                StackName=names.STACK, WaiterConfig={"Delay": seconds, "MaxAttempts": _ROLLBACK_SECONDS // seconds}
            )
            failed = False
        except WaiterError:
            failed = True
    if failed:
        reason = watch.first_failure() or "no reason given"
        raise UserError(
            f"The rollback of the last update failed again: {reason.rstrip('.')}.",
            hint="Mend what it names and deploy again, or leave it out: aws cloudformation continue-update-rollback "
            f"--stack-name {names.STACK} --resources-to-skip NAME",
        )
    steps.finish("rollback", "The last update, which had failed half-way, is rolled back")


def synthesise(context: Mapping[str, str], home: Path, steps: Steps) -> Path:
    """Write the cloud assembly (template and assets) and return its folder. Needs no cloud and no credentials."""
    cli = CdkCli(environment_for("local", os.environ, {}), context=context, home=home)
    synth(cli, steps)
    return cli.assembly


def synth(cli: CdkCli, steps: Steps) -> None:
    """Run the app. Raises UserError with the last line that tells why not."""
    steps.update("synth", "Writing the template and the Lambda package")
    _checked(cli.synth())
    steps.finish("synth", f"{_resources_in(cli.assembly)} resources in the template")


def _checked(outcome: CdkOutcome, failure: str | None = None) -> CdkOutcome:
    if outcome.exit_code == 0:
        return outcome
    raise UserError(
        f"cdk {outcome.command} failed: {(failure or outcome.last_error()).rstrip('.')}.",
        hint=f"All it printed is in {_shown(outcome.log)}.",
    )


def template_path(assembly: Path) -> Path:
    """The stack's template in a cloud assembly."""
    return assembly / f"{names.STACK}.template.json"


def _resources_in(assembly: Path) -> int:
    template = json.loads(template_path(assembly).read_text(encoding="utf-8"))
    return len(template.get("Resources", {}))


def _shown(path: Path) -> str:
    return str(path.relative_to(paths.ROOT)) if path.is_relative_to(paths.ROOT) else str(path)


class StackWatch:
    """Follows a stack's events in a thread of its own while the CDK CLI waits, and reports each resource."""

    def __init__(self, session: Session, stack: str, step: str, total: int, steps: Steps) -> None:
        self._session = session
        self._stack = stack
        self._step = step
        self._total = total
        self._steps = steps
        self._since = datetime.now(UTC) - _CLOCK_SKEW
        self._before = self._known_ids()
        self._seen: dict[str, StackEventTypeDef] = {}
        self._states: dict[str, str] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True, name=f"stack-events-{stack}")

    @property
    def events_seen(self) -> int:
        return len(self._seen)

    def __enter__(self) -> "StackWatch":
        self._steps.update(self._step, f"Preparing {self._stack}", 0, self._total)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(timeout=30)
        self._look()

    def first_failure(self) -> str | None:
        """The first resource that failed of itself, with its reason."""
        for event in sorted(self._seen.values(), key=lambda item: item["Timestamp"]):
            reason = event.get("ResourceStatusReason", "")
            own = "cancelled" not in reason and event.get("LogicalResourceId") != self._stack
            if event.get("ResourceStatus", "").endswith("_FAILED") and own:
                return f"{event.get('LogicalResourceId')} ({event.get('ResourceType')}): {reason or 'no reason given'}"
        return None

    def _follow(self) -> None:
        interval = 0.2 if self._session.target == "local" else 2.5
        while not self._stopping.wait(interval):
            self._look()

    def _look(self) -> None:
        for event in reversed(self._new_events()):
            self._seen[event["EventId"]] = event
            self._note(event)

    def _note(self, event: "StackEventTypeDef") -> None:
        name, status = event.get("LogicalResourceId", ""), event.get("ResourceStatus", "")
        if name == self._stack:
            return
        self._states[name] = status
        done = sum(state.endswith("_COMPLETE") for state in self._states.values())
        kind = event.get("ResourceType", "").removeprefix("AWS::")
        self._steps.update(self._step, f"{status.lower().replace('_', ' ')}: {kind} {name}", done, self._total)

    def _known_ids(self) -> frozenset[str]:
        return frozenset(event["EventId"] for event in self._pages(stop_at=frozenset()))

    def _new_events(self) -> list["StackEventTypeDef"]:
        return [event for event in self._pages(self._before | self._seen.keys()) if event["Timestamp"] >= self._since]

    def _pages(self, stop_at: frozenset[str] | set[str]) -> list["StackEventTypeDef"]:
        """Events newest first, back to one that is known already (or to the last hour's)."""
        found: list[StackEventTypeDef] = []
        try:
            for page in self._session.cloudformation.get_paginator("describe_stack_events").paginate(
                StackName=self._stack
            ):
                for event in page["StackEvents"]:
                    if event["EventId"] in stop_at or event["Timestamp"] < self._since - timedelta(hours=1):
                        return found
                    found.append(event)
        except (ClientError, BotoCoreError):
            # No such stack yet, or no answer this time: the CDK CLI reports what matters.
            return found
        return found
