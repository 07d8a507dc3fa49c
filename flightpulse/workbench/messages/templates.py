"""The templates of messages: which there are, having them prepared, and a person's word about them."""

from collections.abc import Mapping
from typing import Any

from flightpulse.adapters.model import REVIEWER, BedrockModel, BedrockReviewer, CallLimits, ConverseClient
from flightpulse.messages.records import TemplateRecord
from flightpulse.workbench.messages import preparing, template_records
from flightpulse.workbench.messages.preparing import PreparationPlan, PreparedTemplates
from flightpulse.workbench.messages.template_records import Listed, Shown
from flightpulse.workbench.target.connection import Connection
from localcloud.process import state


class Templates:
    """``wb.templates``. A segment is a key such as ``delay/MAJOR/MECHANICAL/A-LIST/-/en-US``, or how one begins."""

    def __init__(self, target: Connection) -> None:
        self._target = target

    def list(self, segments: str = "", status: str | None = None) -> Listed:
        """The templates of segments that begin like this, or of all; with a ``status`` only those."""
        return template_records.listed(self._target.deployed, segments, status)

    def show(self, segment: str) -> Shown:
        """One template: its words, who drafted and reviewed it, and what was found."""
        return template_records.shown(self._target.deployed, segment)

    def plan(self, *segments: str, anew: bool = False) -> PreparationPlan:
        """What preparing all segments that begin so (or all there are) would ask for, and what it would cost.

        ``anew`` also drafts again what models approved. Raises UserError when no segment begins so.
        """
        return preparing.plan(self._target.deployed, segments or ("",), anew=anew)

    def plan_for_scenarios(self) -> PreparationPlan:
        """The same for the news that the five scenarios send, and the passengers who are booked."""
        return preparing.for_scenarios(self._target.deployed)

    def prepare(self, plan: PreparationPlan, *, concurrency: int = preparing.CONCURRENCY) -> PreparedTemplates:
        """Have the deployed messenger draft and review what a plan lists. Raises UserError without a model."""
        with self._target.steps() as steps:
            done = preparing.prepare(
                self._target.deployed,
                plan,
                concurrency=concurrency,
                on_progress=lambda text, ready, total: steps.update("prepare", text, ready, total),
            )
            steps.finish("prepare", f"{len(done.outcomes)} segments")
        return done

    def approve(
        self, segment: str, *, by: str | None = None, template: Mapping[str, Any] | None = None
    ) -> TemplateRecord:
        """Let the draft of a segment be used, as it is or in other words; these must pass the lint."""
        return template_records.approve(self._target.deployed, segment, by=by, template=template)

    def refuse(self, segment: str, *, by: str | None = None, reason: str = "") -> TemplateRecord:
        """Keep a template from being used: its passengers get the written text."""
        return template_records.refuse(self._target.deployed, segment, by=by, reason=reason)

    def reviewer(self) -> BedrockReviewer:
        """The reviewer that the stack names, to try sentences on: each costs a call of a model."""
        session = self._target.deployed
        cloud = state.load(self._target.home) if session.target == "local" else None
        client: ConverseClient = session.aws.client("bedrock-runtime", endpoint_url=cloud.model_url if cloud else None)
        model_id = session.ssm.get_parameter(Name=session.output("ReviewModelIdParameter"), WithDecryption=True)
        model = BedrockModel(
            REVIEWER, client, lambda: model_id["Parameter"]["Value"], CallLimits(), lambda _problem, _details: None
        )
        return BedrockReviewer(model)

    def forget(self, segments: str = "") -> int:
        """Delete the templates of segments that begin like this, so that a model is asked again; gives how many.

        Raises UserError when no segment begins like this.
        """
        return template_records.forget(self._target.deployed, segments)
