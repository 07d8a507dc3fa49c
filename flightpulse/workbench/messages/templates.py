"""The templates of messages: which there are, having them prepared, and a person's word about them."""

import getpass
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flightpulse.adapters.model import REVIEWER, BedrockModel, BedrockReviewer, CallLimits, ConverseClient
from flightpulse.adapters.template_table import ChangedMeanwhileError
from flightpulse.errors import UserError
from flightpulse.messages import lint
from flightpulse.messages.lint import Refusal, Rule
from flightpulse.messages.records import Status, TemplateRecord
from flightpulse.messages.templates import MessageTemplate, normalized
from flightpulse.workbench.messages import preparing, template_records
from flightpulse.workbench.messages.messenger import Messenger
from flightpulse.workbench.messages.preparing import PreparationPlan, PreparedTemplates
from flightpulse.workbench.messages.segment_names import segment_named
from flightpulse.workbench.messages.template_records import Shown, TemplateList
from flightpulse.workbench.target.connection import Connection
from localcloud.process import state


class Templates:
    """``wb.templates``. A segment is a key such as ``delay/MAJOR/MECHANICAL/A-LIST/-/en-US``, or how one begins."""

    def __init__(self, target: Connection) -> None:
        self._target = target

    def list(self, segments: str = "", status: str | None = None) -> TemplateList:
        """The templates of segments that begin like this, or of all; with a ``status`` only those."""
        return template_records.listed(self._target.deployed, segments, status)

    def show(self, segment: str) -> Shown:
        """One template: its words, who drafted and reviewed it, and what was found. Raises UserError without one."""
        return Shown(*self._known(segment))

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
        """Let a segment's messages use its draft, or a ``template`` (subject, paragraphs, sms) in one's own words.

        ``by`` is the name that is kept with it, one's login name without. Raises UserError when there is no draft for
        the prompts in use, when the words break a rule of the lint, and when somebody else was quicker.
        """
        current, _ = self._known(segment)
        key = current.segment.key
        words = current.template if template is None else _read(template)
        if words is None:
            raise UserError(
                f"The draft for {key} has no template: {current.reasons[0]}.", hint="Give one of your own with --file."
            )
        broken = lint.lint(words, current.segment)
        if broken:
            said = "; ".join(dict.fromkeys(map(str, broken)))
            what = "The edited template" if template is not None else "The draft"
            raise UserError(f"{what} for {key} breaks a rule: {said}.", hint="Change these words and approve it again.")
        return self._decide(current, replace(current, template=words).judged(Status.APPROVED, _name(by)))

    def refuse(self, segment: str, *, by: str | None = None, reason: str = "") -> TemplateRecord:
        """Keep a template from being used, and its segment from being drafted again as long as this counts."""
        current, _ = self._known(segment)
        said = Refusal(Rule.REVIEW, reason or "refused by a person")
        return self._decide(current, replace(current, reasons=(said,)).judged(Status.REFUSED, _name(by)))

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

        Only those for the prompts of this checkout are found. Raises UserError when no segment begins like this.
        """
        return template_records.forget(self._target.deployed, segments)

    def _known(self, segment: str) -> tuple[TemplateRecord, tuple[TemplateRecord, ...]]:
        """The record of a segment for the prompts in use, and those for others."""
        session, chosen = self._target.deployed, segment_named(segment)
        version = Messenger(session).versions()[chosen.key]
        records = template_records.table_of(session).versions(chosen)
        current = next((record for record in records if record.prompt_version == version), None)
        if current is not None:
            return current, tuple(record for record in records if record is not current)
        hint = f"Have one drafted: {session.command(f'templates prepare {chosen.key}')}"
        if records:
            newest = max(records, key=lambda record: record.created_at)
            raise UserError(
                f"The template of {chosen.key} is {newest.status} for prompts {newest.prompt_version}, which the"
                " deployed messenger no longer uses.",
                hint=hint,
            )
        raise UserError(f"There is no template for {chosen.key}.", hint=hint)

    def _decide(self, seen: TemplateRecord, decided: TemplateRecord) -> TemplateRecord:
        try:
            return template_records.table_of(self._target.deployed).decide(seen, decided)
        except ChangedMeanwhileError:
            raise UserError(
                f"The template of {seen.segment.key} has changed in the meantime.", hint="Look at it again."
            ) from None


def _read(fields: Mapping[str, Any]) -> MessageTemplate:
    try:
        return normalized(MessageTemplate.from_fields(fields))
    except ValueError as error:
        raise UserError(f"This is no template: {error}.", hint="It holds subject, paragraphs and sms.") from error


def _name(by: str | None) -> str:
    name = (by or "").strip() or getpass.getuser()
    return name[:80]
