"""Has the deployed messenger draft and review templates ahead: what is to do, what it costs, and what came of it."""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from flightpulse.adapters.chunks import chunked
from flightpulse.adapters.table import ReservationTable
from flightpulse.errors import UserError
from flightpulse.messages import prompt, review
from flightpulse.messages.facts import Recipient, read_news, read_recipient
from flightpulse.messages.news import news_kind
from flightpulse.messages.records import Status, TemplateRecord
from flightpulse.messages.segments import Segment
from flightpulse.stack import names
from flightpulse.workbench.costs import prices
from flightpulse.workbench.messages import template_records
from flightpulse.workbench.messages.messenger import Messenger
from flightpulse.workbench.messages.segment_names import segments_like
from flightpulse.workbench.show.progress import OnProgress, silent
from flightpulse.workbench.show.shown_as_table import ShownAsTable
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.session import Session
from simulator.scenarios import SCENARIOS

CONCURRENCY = 4
_BATCH = 6
_BOOKINGS_READ = 100
_ROLES = {"author": names.MODEL_ID_PARAMETER, "reviewer": names.REVIEW_MODEL_ID_PARAMETER}
_CHARACTERS_PER_TOKEN = 4
_DRAFT_TOKENS, _VERDICT_TOKENS = 350, 600
_ROUNDS, _PAUSE_SECONDS = 4, 31.0
# What waiting does not mend: Bedrock's answer is about the request, the permission or the model itself.
_LASTING = (
    "AccessDeniedException", "ValidationException", "ResourceNotFoundException", "ParameterNotFound",
    "UnrecognizedClientException",
)  # fmt: skip


@dataclass(slots=True)
class Tokens:
    """Calls and tokens of one role."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def add(self, *, calls: int, input_tokens: int, output_tokens: int) -> None:
        self.calls += calls
        self.input_tokens += input_tokens
        self.output_tokens += output_tokens


@dataclass(frozen=True, slots=True)
class ModelCost:
    """What models are asked, by role, with the id of each, at list prices."""

    tokens: dict[str, Tokens]
    model_ids: dict[str, str]

    @property
    def dollars(self) -> Decimal | None:
        """US dollars; None when the price of a model that is asked is not known."""
        total = Decimal(0)
        for role, asked in self.tokens.items():
            price = prices.model(self.model_ids[role])
            if price is None and asked.calls:
                return None
            if price is not None:
                total += price[0].of(asked.input_tokens) + price[1].of(asked.output_tokens)
        return total

    def __str__(self) -> str:
        calls = sum(asked.calls for asked in self.tokens.values())
        tokens = sum(asked.input_tokens + asked.output_tokens for asked in self.tokens.values())
        models = " and ".join(dict.fromkeys(self.model_ids[role] for role, asked in self.tokens.items() if asked.calls))
        cost = "at a price that is not known here" if self.dollars is None else f"${self.dollars:.4f} at list prices"
        return f"{calls:,} calls of {models or 'no model'}, {tokens:,} tokens, {cost}"


@dataclass(frozen=True, slots=True)
class PreparationPlan:
    """What is to prepare, and what that will cost: about ``cost``, and twice that when every draft needs a repair.

    ``replaced`` are records that are forgotten before, so that their segments are drafted anew.
    """

    segments: tuple[Segment, ...]
    there: int
    cost: ModelCost
    replaced: tuple[TemplateRecord, ...] = ()

    def __str__(self) -> str:
        if not self.segments:
            return f"Nothing to prepare: all {self.there} segments have a template."
        most = "" if self.cost.dollars is None else f", ${self.cost.dollars * 2:.4f} when every draft needs a repair"
        return f"{len(self.segments)} segments to prepare, {self.there} have a template: about {self.cost}{most}."


@dataclass(slots=True, repr=False)
class PreparedTemplates(ShownAsTable):
    """What came of preparing. ``outcomes`` are the states of segments by key; ``rules`` what was found in drafts."""

    cost: ModelCost
    local: bool
    outcomes: dict[str, str] = field(default_factory=dict)
    rules: Counter[str] = field(default_factory=Counter)

    def table(self) -> Table:
        """How many templates ended in which state, and what it cost."""
        found = Counter(self.outcomes.values())
        rows = [(state, found[state]) for state in map(str, Status) if found[state]]
        lines = [f"What was found in drafts: {', '.join(f'{rule} {n}' for rule, n in self.rules.most_common())}."]
        paid = "On the local cloud it costs nothing; in an account: " if self.local else ""
        return Table.of(
            ("state", "segments"),
            rows,
            numbers=(1,),
            note="\n".join([*(lines if self.rules else []), f"{paid}{self.cost}."]),
        )

    def as_json(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return {
            "templates": self.outcomes,
            "found": dict(self.rules),
            "usage": {
                role: {"calls": token.calls, "input_tokens": token.input_tokens, "output_tokens": token.output_tokens}
                for role, token in self.cost.tokens.items()
            },
            "usd": None if self.cost.dollars is None else f"{self.cost.dollars:f}",
        }


def plan(session: Session, beginnings: Sequence[str] = ("",), *, anew: bool = False) -> PreparationPlan:
    """What there is to do for all segments that begin like one of these; ``anew``, also for what models approved.

    A person's word stays as it is. Raises UserError when no segment begins so.
    """
    segments = dict.fromkeys(found for start in beginnings for found in segments_like(start))
    return _plan(session, template_records.of_segments(session, segments), anew=anew)


def _plan(session: Session, found: template_records.TemplateList, *, anew: bool = False) -> PreparationPlan:
    records = found.records
    waiting = tuple(
        segment
        for segment, record in records.items()
        if record is None or (not record.by_person and (anew or record.status is Status.REFUSED))
    )
    replaced = tuple(record for segment in waiting if (record := records[segment]) is not None)
    by_model = found.review == "model"
    cost = estimate(waiting, waiting if by_model else (), model_ids(session))
    return PreparationPlan(waiting, len(records) - len(waiting), cost, replaced)


def estimate(drafted: Iterable[Segment], reviewed: Iterable[Segment], ids: dict[str, str]) -> ModelCost:
    """About what drafting and reviewing would cost, once for each segment; ``ids`` are those of :func:`model_ids`."""
    return ModelCost({"author": _drafting(drafted), "reviewer": _reviewing(reviewed)}, ids)


def for_scenarios(session: Session) -> PreparationPlan:
    """What the five scenarios need: the segments of their news for the passengers who are booked."""
    messenger = Messenger(session)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="versions") as pool:
        # One that has just been deployed takes longer to start than reading the table takes.
        answer = pool.submit(messenger.versions)
        needed = _segments_of_scenarios(session)
        answer.result()
    return _plan(session, template_records.of_segments(session, needed, messenger=messenger))


def _segments_of_scenarios(session: Session) -> dict[Segment, None]:
    table = ReservationTable(session.dynamodb, session.table_name)
    flights = {
        flight_id: flight
        for scenario in SCENARIOS
        for flight_id in scenario.flights
        if (flight := table.flight(flight_id)) is not None
    }
    booked = {flight_id: list(_recipients(table, flight_id)) for flight_id in flights}
    needed: dict[Segment, None] = {}
    for scenario in SCENARIOS:
        for event in scenario.events(flights, datetime.now(UTC)):
            flight = flights[str(event["payload"]["flight_id"])]
            news = read_news({**event, **event["payload"]}, flight.to_fields())
            for recipient in booked[flight.flight_id]:
                segment = recipient.segment(news)
                # Whether somebody flies on is asked when they are told.
                onward = replace(segment, onward="onward" in news_kind(news.kind).varies)
                needed |= {segment: None, onward: None}
    return needed


def _recipients(table: ReservationTable, flight_id: str) -> Iterator[Recipient]:
    for link in table.bookings_of_flight(flight_id, limit=_BOOKINGS_READ).items:
        booking, passenger = table.booking(link.booking_id), table.passenger(link.passenger_id)
        if booking and passenger:
            recipient = read_recipient({**passenger.to_fields(), **booking.to_fields()}, flight_id)
            if recipient is not None:
                yield recipient


def prepare(
    session: Session,
    what: PreparationPlan,
    *,
    concurrency: int = CONCURRENCY,
    on_progress: OnProgress = silent,
    pause: Callable[[float], None] = time.sleep,
) -> PreparedTemplates:
    """Have everything of a plan drafted and reviewed, so many invocations at a time.

    A model that is busy is asked again after a pause, a few times. Raises UserError when a model cannot be had.
    """
    messenger = Messenger(session)
    templates = template_records.table_of(session)
    for record in what.replaced:
        templates.delete(record.segment, record.prompt_version)
    done = PreparedTemplates(
        ModelCost({role: Tokens() for role in _ROLES}, what.cost.model_ids), local=session.target == "local"
    )
    total = len(what.segments)
    waiting = [segment.key for segment in what.segments]
    problem = ""
    for attempt in range(_ROUNDS):
        if attempt:
            on_progress(f"waiting: {problem}", len(done.outcomes), total)
            pause(_PAUSE_SECONDS)
        waiting, problem = _round(messenger, waiting, done, concurrency, on_progress, total)
        if not waiting:
            return done
        if any(code in problem for code in _LASTING):
            break
    raise _unavailable(problem, what.cost.model_ids, len(waiting), total)


def _round(
    messenger: Messenger,
    keys: Sequence[str],
    done: PreparedTemplates,
    concurrency: int,
    on_progress: OnProgress,
    total: int,
) -> tuple[list[str], str]:
    """Ask for everything until a model cannot be had; gives what is left, and why."""
    batches = list(chunked(keys, count=_BATCH))
    problem = ""
    running: dict[Future[dict[str, Any]], list[str]] = {}
    with ThreadPoolExecutor(concurrency, thread_name_prefix="prepare") as pool:
        while batches or running:
            while batches and len(running) < concurrency and not problem:
                batch = batches.pop(0)
                running[pool.submit(messenger.prepare, batch)] = batch
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                del running[future]
                answer = future.result()
                problem = _note(answer, done) or problem
                if answer["left"]:
                    batches.append(answer["left"])
                on_progress("drafting and reviewing", len(done.outcomes), total)
    return [key for key in keys if key not in done.outcomes], problem


def _note(answer: dict[str, Any], done: PreparedTemplates) -> str:
    problem = ""
    for item in answer["prepared"]:
        if item["status"] is None:
            problem = str(item["problem"])
        else:
            done.outcomes[item["segment"]] = item["status"]
            done.rules.update(() if item["kept"] else item["rules"])
    for role, asked in answer["usage"].items():
        done.cost.tokens[role].add(**asked)
    return problem


def _unavailable(problem: str, model_ids: dict[str, str], left: int, total: int) -> UserError:
    role, _, why = problem.partition(": ")
    parameter = _ROLES.get(role, names.MODEL_ID_PARAMETER)
    asked = model_ids.get(role, "")
    return UserError(
        f"The {role} {asked} cannot be asked: {why}. {left} of {total} segments are not prepared.",
        hint=f"Its id is in the SSM parameter {parameter}.",
    )


def model_ids(session: Session) -> dict[str, str]:
    """The Bedrock model of each role (``author``, ``reviewer``), as the stack's parameters name it."""
    return {
        role: session.ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"]
        for role, parameter in _ROLES.items()
    }


def _drafting(segments: Iterable[Segment]) -> Tokens:
    asked = [len(prompt.SYSTEM) + len(prompt.request(segment)) for segment in segments]
    return _estimated(asked, _DRAFT_TOKENS)


def _reviewing(segments: Iterable[Segment]) -> Tokens:
    draft = _DRAFT_TOKENS * _CHARACTERS_PER_TOKEN
    asked = [len(review.SYSTEM) + len(review.brief(segment)) + draft for segment in segments]
    return _estimated(asked, _VERDICT_TOKENS)


def _estimated(characters: Sequence[int], tokens_out: int) -> Tokens:
    return Tokens(len(characters), math.ceil(sum(characters) / _CHARACTERS_PER_TOKEN), len(characters) * tokens_out)
