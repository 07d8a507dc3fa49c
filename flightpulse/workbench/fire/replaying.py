"""Replays a real day: loads its flights, sends its events at their moments, waits, and sums up what became of them."""

import fcntl
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from awskit.kafka.connection import Kafka, partitions_of
from awskit.kafka.producer import INTERRUPTED, OutgoingRecord, RecordProducer, Report
from flightpulse.adapters.table import ReservationTable
from flightpulse.domain.events import TOPIC, EventType
from flightpulse.errors import UserError
from flightpulse.stack import names
from flightpulse.workbench.costs import running
from flightpulse.workbench.deploy import seeding
from flightpulse.workbench.fire import scenarios, sending
from flightpulse.workbench.fire.expectations import Expectation, Finding
from flightpulse.workbench.fire.pace import Pace
from flightpulse.workbench.fire.scenarios import Check, Clock, ScenarioRun
from flightpulse.workbench.messages.inbox import Message
from flightpulse.workbench.observe import logs
from flightpulse.workbench.observe.facts import BookedPassenger, Facts, Handled, SentEvent
from flightpulse.workbench.observe.observer import Observer
from flightpulse.workbench.show.progress import seconds
from flightpulse.workbench.show.shown_as_table import ShownAsTable
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.session import Session
from flightpulse.workbench.target.watchdog import Watchdog
from localcloud.broker import PARTITION_BYTES
from localcloud.process import state as local_state
from simulator import days, events
from simulator.replay import ReplayPlan
from simulator.replay import plan as make_plan
from simulator.sample_data import SampleData

_SECONDS_BETWEEN_LOOKS = 1.0
# A look at many messages takes long itself, and what it looks at has only so many processors.
_PAUSE_FOR_WORK = 4
_LONGEST_PAUSE_SECONDS = 10.0
# How long nothing may move before a replay is given up, and before one whose executions have all ended is over.
_SECONDS_STUCK = 120.0
_SECONDS_QUIET = 15.0
_FLIGHTS_OF_A_WHOLE_DAY = 12
_PROGRESS = "replay.json"
# How long after its own time a line may get into its log group.
_LOG_LATE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """What became of the events of one kind. ``p50`` and ``p95``: seconds from an event to a message about it."""

    kind: str
    events: int
    handled: int
    superseded: int
    emails: int
    texts: int
    p50: float | None
    p95: float | None

    def as_json(self) -> dict[str, Any]:
        """The line as plain JSON values."""
        return asdict(self)

    def cells(self) -> list[str]:
        """The line as people read it."""
        counts = (self.events, self.handled, self.superseded, self.emails, self.texts)
        waits = ("–" if wait is None else seconds(wait) for wait in (self.p50, self.p95))
        return [self.kind.removeprefix("FLIGHT_"), *map(str, counts), *waits]


@dataclass(frozen=True, slots=True)
class Board:
    """How a replay stands: ``backlog`` events are sent and not yet handled, ``told`` counts messages.

    ``model_calls`` are those for passengers who waited; all other messages are copies of theirs with other facts.
    ``dollars`` are about what so many events, messages and calls cost at list prices.
    """

    sent: int
    of: int
    backlog: int
    told: int
    superseded: int
    model_calls: int
    dollars: Decimal

    def columns(self) -> dict[str, str]:
        """The figures by their names, as people read them."""
        return {
            "events": f"{self.sent:,}/{self.of:,}",
            "backlog": f"{self.backlog:,}",
            "told": f"{self.told:,}",
            "superseded": f"{self.superseded:,}",
            "model calls": f"{self.model_calls:,}",
            "cost": f"about ${self.dollars:.{2 if self.dollars >= 1 else 3}f}",
        }

    def __str__(self) -> str:
        return ", ".join(f"{name} {figure}" for name, figure in self.columns().items())


OnBoard = Callable[[Board], None]
"""Told now and again how a replay stands; from any thread."""


@dataclass(frozen=True, slots=True, repr=False)
class Replayed(ShownAsTable):
    """A replay that has ended: what was seen, the same by kind of event, all kinds together last, and how it stood."""

    run: ScenarioRun
    facts: Facts
    lines: tuple[SummaryLine, ...]
    board: Board

    @property
    def ok(self) -> bool:
        return self.run.ok

    def table(self) -> Table:
        """One row for each kind of event."""
        headings = ("kind", "events", "handled", "superseded", "e-mails", "texts", "half told within", "95 %")
        return Table.of(headings, (line.cells() for line in self.lines), numbers=range(1, len(headings)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What of a day is replayed, in plain values. ``day`` is a name or a file's path, ``leaves_on`` an ISO date.

    ``flights`` bounds those that had news. None means twelve of a whole day, and all that a filter leaves. Without
    ``departures`` no flight leaves: at a speed at which half an hour passes in a moment, a departure overtakes the news
    before it, which then nobody is told.
    """

    day: str
    leaves_on: str
    carriers: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    tails: tuple[str, ...] = ()
    flights: int | None = None
    all_flights: bool = False
    bookings: int | None = None
    departures: bool = True
    seed: int = 1

    def plan(self) -> ReplayPlan:
        """The plan of it. Raises UserError when there is no such day or no such flight, or nothing became known."""
        day = days.find(self.day)
        rows = days.read(day)
        wanted = days.Filter(tuple(self.carriers), tuple(self.origins), tuple(self.tails))
        everything = self.all_flights or (bool(wanted) and self.flights is None)
        plan = make_plan(
            day,
            wanted.of(day, rows),
            all_rows=rows,
            flights=None if everything else self.flights or _FLIGHTS_OF_A_WHOLE_DAY,
            bookings=self.bookings,
            seed=self.seed,
            leaves_on=date.fromisoformat(self.leaves_on),
        )
        if not self.departures:
            plan = replace(plan, news=tuple(news for news in plan.news if news.kind is not EventType.FLIGHT_DEPARTED))
        if not plan.news:
            why = "every flight left on time" if plan.data.flights else "their airports are not known here"
            raise UserError(
                f"Nothing is to be told of {day.name}{f' by {wanted}' if wanted else ''}: {why}.",
                hint="Choose other flights.",
            )
        return plan


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayProgress:
    """How far a replay has come: what a later command needs to take it up again. ``choice`` made its plan."""

    choice: Choice
    began_at: datetime
    sent: int
    passed_seconds: float

    @classmethod
    def load(cls, home: Path) -> "ReplayProgress":
        """The replay that was stopped half-way. Raises UserError when there is none."""
        try:
            kept = json.loads((home / _PROGRESS).read_text(encoding="utf-8"))
            began_at, choice = datetime.fromisoformat(kept["began_at"]), Choice(**kept["choice"])
            return cls(**{**kept, "began_at": began_at, "choice": choice})
        except (OSError, ValueError, KeyError, TypeError):
            raise UserError("No replay was stopped half-way.", hint="Begin one with: flightpulse replay DAY") from None

    def save(self, home: Path) -> None:
        """Write it down, over that of an earlier replay."""
        home.mkdir(parents=True, exist_ok=True)
        unfinished = home / f"{_PROGRESS}.tmp"
        unfinished.write_text(json.dumps({**asdict(self), "began_at": self.began_at.isoformat()}), encoding="utf-8")
        unfinished.replace(home / _PROGRESS)


OnGivenUp = Callable[[ReplayProgress], None]
"""Told of a replay that was stopped and cannot be taken up any more, because another one has begun."""


def replay(
    session: Session,
    plan: ReplayPlan,
    *,
    pace: Pace,
    choice: Choice,
    on_board: OnBoard = lambda _board: None,
    on_given_up: OnGivenUp = lambda _progress: None,
    resumed: ReplayProgress | None = None,
) -> Replayed:
    """Load the flights of a plan, send its events and wait until everybody has been told.

    Ctrl-C, and ``pace.stop()`` from another thread, leave every event either sent or not; the
    :class:`ReplayProgress` of the session's home then says how to take it up again: ``resumed`` leaves the table as it
    is and sends what is left. A replay that is begun gives up one that was stopped. ``pace`` begins with the sending,
    not before the flights are stored.
    Raises UserError when the table or the broker cannot be used, or another replay is running.
    """
    with _alone(session.home):
        check_room(session, plan)
        if resumed is None:
            _give_up(session.home, on_given_up)
            seeding.store(session, plan.data)
        elif ReservationTable(session.dynamodb, session.table_name).flight(plan.data.flights[0].flight_id) is None:
            raise UserError(
                "The flights of the replay that was stopped are not in the table any more.",
                hint=f"Begin it anew: {session.command(f'replay {choice.day}')}",
            )
        progress = resumed or ReplayProgress(choice=choice, began_at=datetime.now(UTC), sent=0, passed_seconds=0.0)
        began_at = progress.began_at
        sender = _Sender(session, plan, pace, progress)
        flights = tuple(flight.flight_id for flight in plan.data.flights)
        # What was told before a replay was stopped is of this replay, too.
        observer = Observer(session, flights, began_at, recipients=recipients_of(plan.data))
        began = time.monotonic()
        watch = _Watch(observer, sender, ModelUse(session, began_at), len(plan.news), on_board)
        with Watchdog(session, lambda: None) as watchdog, watch.beside():
            pace.begin()
            sender.send(watchdog.check)
        try:
            facts, checks = until_told(watch.look, Clock())
        except KeyboardInterrupt:
            raise UserError(
                "Stopped: every event is sent, and not everybody is told yet.",
                hint=_way_on(session),
                exit_code=INTERRUPTED,
            ) from None
        (session.home / _PROGRESS).unlink(missing_ok=True)
    run = ScenarioRun(
        name=f"replay {plan.day.name}",
        title=plan.day.title,
        began_at=began_at,
        seconds=time.monotonic() - began,
        flights=flights,
        events=(),
        places=(),
        checks=checks,
        hints=() if all(check.ok for check in checks) else tuple(scenarios.hints(session, facts, began_at)),
    )
    return Replayed(run, facts, summary(facts), watch.board(facts))


def _give_up(home: Path, on_given_up: OnGivenUp) -> None:
    """Forget a replay that was stopped: whoever stops the next one before its first event takes up neither."""
    with suppress(UserError):
        on_given_up(ReplayProgress.load(home))
    (home / _PROGRESS).unlink(missing_ok=True)


def _way_on(session: Session) -> str:
    """How to take up a replay that was stopped."""
    return f"Go on with: {session.command('replay --resume')}"


def until_told(look: Callable[[], Facts], clock: Clock) -> tuple[Facts, tuple[Check, ...]]:
    """Look until every event is handled and everybody told, however long that takes, or nothing moves any more."""
    moved_at: float = clock.monotonic()
    before: object = None
    while True:
        began = clock.monotonic()
        facts = look()
        checks = scenarios.check((every_event_handled(), told_newest()), facts)
        now = clock.monotonic()
        state = len(facts.messages), sum(execution.ended for execution in facts.handled)
        if state != before:
            moved_at, before = now, state
        patience = _SECONDS_QUIET if facts.all_ended else _SECONDS_STUCK
        if all(check.ok for check in checks) or now - moved_at >= patience:
            return facts, checks
        clock.wait(_pause(clock.monotonic() - began))


def _pause(looked_for: float) -> float:
    return min(max(_SECONDS_BETWEEN_LOOKS, _PAUSE_FOR_WORK * looked_for), _LONGEST_PAUSE_SECONDS)


def recipients_of(data: SampleData) -> dict[str, tuple[BookedPassenger, ...]]:
    """Who is booked on each flight, and the channels they chose, without asking the table."""
    people = {passenger.passenger_id: passenger for passenger in data.passengers}
    found: dict[str, list[BookedPassenger]] = {}
    for booking in data.bookings:
        passenger = people[booking.passenger_id]
        wishes = passenger.notification_preferences
        channels = frozenset(name for name, wanted in (("email", wishes.email), ("sms", wishes.sms)) if wanted)
        recipient = BookedPassenger(booking.booking_id, booking.passenger_id, passenger.tier, channels)
        found.setdefault(booking.flight_id, []).append(recipient)
    return {flight: tuple(some) for flight, some in found.items()}


class _Sender:
    """Sends the events of a plan at its pace and keeps what was sent; another thread may look meanwhile."""

    def __init__(self, session: Session, plan: ReplayPlan, pace: Pace, progress: ReplayProgress) -> None:
        # What was sent before a replay was stopped is of this replay, too; of when it was sent only the order is known.
        before = plan.events(progress.began_at, lambda _passed: progress.began_at)
        self.sent = [
            SentEvent.of(event, datetime.fromisoformat(event["timestamp"])) for event in islice(before, progress.sent)
        ]
        self._session = session
        self._plan = plan
        self._pace = pace
        self._progress = progress
        self._report = Report()

    def send(self, check_cloud: Callable[[], None]) -> None:
        """Send what is left. Raises UserError unless the broker has it all, and whatever ``check_cloud`` raises."""
        # Whoever is killed while it sends begins here again; what was sent is recognised by its ids.
        self._progress.save(self._session.home)
        skip = self._progress.sent

        def held() -> bool:
            check_cloud()
            return self._pace.held

        try:
            sending.send_records(self._session, self._records(skip), after_each=self._handed_over, held=held)
        except UserError as error:
            check_cloud()
            said = self._stopped_at(self._done()) if error.exit_code == INTERRUPTED else error.message
            raise UserError(said, hint=_way_on(self._session), exit_code=error.exit_code) from None
        finally:
            done = self._done()
            replace(self._progress, sent=done, passed_seconds=self._passed(done)).save(self._session.home)
        if self._pace.stopped:
            raise UserError(self._stopped_at(done), hint=_way_on(self._session))

    def _done(self) -> int:
        """How many events the broker has for certain, those of before a stop included."""
        skip = self._progress.sent
        return skip + settled([event.event_id for event in self.sent[skip:]], self._report)

    def _stopped_at(self, done: int) -> str:
        return f"Stopped: {done} of {len(self._plan.news)} events are sent."

    def _records(self, skip: int) -> Iterator[OutgoingRecord]:
        for event in self._plan.events(self._progress.began_at, self._pace.at, skip=skip):
            if self._pace.stopped:
                return
            yield events.record(event, due=datetime.fromisoformat(event["timestamp"]), traced=False)
            # Asked for the next one, the producer has this one.
            self.sent.append(SentEvent.of(event, datetime.now(UTC)))

    def _handed_over(self, producer: RecordProducer, _number: int) -> None:
        self._report = producer.report

    def _passed(self, done: int) -> float:
        number = min(done, len(self._plan.news) - 1)
        return (self._plan.news[number].known_at - self._plan.news[0].known_at).total_seconds() if number >= 0 else 0.0


def settled(event_ids: Sequence[str], report: Report) -> int:
    """How many events, from the first on, the broker has for certain: what comes after them is to be sent again."""
    acknowledged = {record.name for record in report.acknowledged}
    return next((number for number, name in enumerate(event_ids) if name not in acknowledged), len(event_ids))


def check_room(session: Session, plan: ReplayPlan) -> None:
    """The embedded broker drops what is not read in time. Raises UserError when the plan's events may not fit."""
    cloud = local_state.load(session.home)
    if session.target != "local" or cloud is None or session.broker != cloud.kafka_bootstrap:
        return
    if cloud.kafka_kind == "embedded":
        some = plan.events(datetime.now(UTC), lambda _passed: datetime.now(UTC))
        size = sum(len(events.record(event).value or b"") for event in some)
        room = partitions_of(Kafka(session.broker), TOPIC) * PARTITION_BYTES
        if size > room:
            raise UserError(
                f"The events of {plan.day.name} take {_megabytes(size)}, and the embedded broker keeps no more than "
                f"{_megabytes(room)} that are not read yet.",
                hint="Replay a part of the day (--carrier, --origin), or name another broker with --kafka.",
            )


def _megabytes(size: int) -> str:
    return f"{size / 2**20:.1f} MiB"


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Two replays at once would move the same flights twice."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "replay.lock").open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UserError("Another replay is running on this cloud.", hint="Wait for its end, or stop it.") from None
        yield


class ModelUse:
    """What models were asked since a moment while passengers waited; each look reads only what is new in the log."""

    def __init__(self, session: Session, since: datetime) -> None:
        self._session = session
        self._since = since
        self._seen: set[str] = set()
        self._used: Counter[str] = Counter()
        self.model_id = session.model_id

    def look(self) -> Counter[str]:
        """Calls, ``input_tokens`` and ``output_tokens`` until now."""
        began = datetime.now(UTC)
        group = names.LOG_GROUPS["messenger"]
        for event in logs.read(self._session, [group], since=self._since, pattern='"messages composed"'):
            if event.event_id not in self._seen:
                self._seen.add(event.event_id)
                for asked in ((event.fields or {}).get("usage") or {}).values():
                    self._used.update(asked)
        self._since = max(self._since, began - _LOG_LATE)
        return self._used


@dataclass(frozen=True, slots=True)
class _Watch:
    """Looks at how a replay of so many events stands, and tells the board."""

    observer: Observer
    sender: "_Sender"
    models: ModelUse
    of: int
    on_board: OnBoard

    def look(self) -> Facts:
        facts = self.observer.look(tuple(self.sender.sent))
        self.on_board(self.board(facts))
        return facts

    def board(self, facts: Facts) -> Board:
        return board(facts, self.of, self.models.look(), self.models.model_id)

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Look while events are being sent."""
        over = threading.Event()

        def watch() -> None:
            pause = _SECONDS_BETWEEN_LOOKS
            while not over.wait(pause):
                began = time.monotonic()
                # Who sends finds out what is wrong; a look that fails is made again.
                with suppress(UserError, BotoCoreError, ClientError):
                    self.look()
                pause = _pause(time.monotonic() - began)

        thread = threading.Thread(target=watch, name="replay-board", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def board(facts: Facts, of: int, used: Mapping[str, int], model_id: str) -> Board:
    """How a replay of so many events stands, for which a model was used so much."""
    handled = {execution.event_id for execution in facts.handled if execution.ended}
    return Board(
        sent=len(facts.sent),
        of=of,
        backlog=sum(event.event_id not in handled for event in facts.sent),
        told=len(facts.messages),
        superseded=sum(execution.outcome == "SUPERSEDED" for execution in facts.handled),
        model_calls=used.get("calls", 0),
        dollars=running.dollars(len(handled), len(facts.messages), used, model_id),
    )


def every_event_handled() -> Expectation:
    """A workflow ended well for every event that was sent; an event that the consumer put aside was not handled."""

    def look(facts: Facts) -> Finding:
        handled: dict[str, list[Handled]] = {}
        for execution in facts.handled:
            handled.setdefault(execution.event_id, []).append(execution)
        done = sum(_went_well(handled.get(event.event_id, ())) for event in facts.sent)
        return Finding(f"{done} of {len(facts.sent)}", ok=done == len(facts.sent))

    return Expectation("Every event handled", look)


def told_newest() -> Expectation:
    """Whoever wishes it was told the newest news of their flight, once on each channel they chose.

    Of news that a departure overtook, and of a delay that is too small to be told, nobody has to hear.
    """

    def look(facts: Facts) -> Finding:
        left = {sent.flight_id for sent in facts.sent if sent.event_type == "FLIGHT_DEPARTED"}
        quiet = {
            execution.event_id
            for execution in facts.handled
            if execution.outcome == "TOO_SMALL" or (execution.outcome == "SUPERSEDED" and execution.flight_id in left)
        }
        by_flight: dict[str, list[SentEvent]] = {}
        for sent in facts.sent:
            by_flight.setdefault(sent.flight_id, []).append(sent)
        got: dict[str, Counter[tuple[str, str]]] = {}
        for message in facts.messages:
            got.setdefault(message.event_id, Counter())[message.booking_id, message.channel] += 1
        wrong = []
        for flight_id, some in sorted(by_flight.items()):
            wanted = Counter(
                (person.booking_id, channel)
                for person in facts.recipients.get(flight_id, ())
                for channel in person.channels
            )
            due = [event for event in newest(some) if event.event_id not in quiet]
            if any(got.get(event.event_id, Counter()) != wanted for event in due):
                wrong.append(flight_id)
        said = f"{len(by_flight) - len(wrong)} of {len(by_flight)} flights"
        more = f"; not {', '.join(wrong[:3])}" if wrong else ""
        return Finding(said + more, ok=bool(by_flight) and not wrong)

    return Expectation("Everyone told the newest news of their flight, once on each channel they chose", look)


def newest(sent: Sequence[SentEvent]) -> list[SentEvent]:
    """Of the news about one flight, what everybody on it has to hear: the newest about its departure, and its gate.

    After a cancellation the gate interests nobody, and a departure is not told.
    """
    found: dict[bool, SentEvent] = {}
    for event in sorted(sent, key=lambda event: event.known_at):
        if event.event_type == "FLIGHT_DEPARTED":
            continue
        if event.event_type == "FLIGHT_CANCELLED":
            found.clear()
        found[event.event_type == "GATE_CHANGE"] = event
    return list(found.values())


def summary(facts: Facts) -> tuple[SummaryLine, ...]:
    """What became of the events, by kind; all of them together last."""
    handled: dict[str, list[Handled]] = {}
    for execution in facts.handled:
        handled.setdefault(execution.event_id, []).append(execution)
    kinds = sorted({event.event_type for event in facts.sent})
    lines = [
        _line(kind, facts.messages, [event for event in facts.sent if event.event_type == kind], handled)
        for kind in kinds
    ]
    return (*lines, _line("all", facts.messages, facts.sent, handled))


def _line(
    kind: str, all_messages: Sequence[Message], sent: Sequence[SentEvent], handled: Mapping[str, Sequence[Handled]]
) -> SummaryLine:
    ids = {event.event_id for event in sent}
    messages = [message for message in all_messages if message.event_id in ids]
    waits = sorted((message.at - message.event_at).total_seconds() for message in messages)
    return SummaryLine(
        kind=kind,
        events=len(sent),
        handled=sum(_went_well(handled.get(event.event_id, ())) for event in sent),
        superseded=sum(any(found.outcome == "SUPERSEDED" for found in handled.get(name, ())) for name in ids),
        emails=sum(message.channel == "email" for message in messages),
        texts=sum(message.channel == "sms" for message in messages),
        p50=percentile(waits, 50),
        p95=percentile(waits, 95),
    )


def percentile(values: Sequence[float], percent: int) -> float | None:
    """The smallest of sorted values that is not exceeded by so many percent of them; None when there are none."""
    return values[-(-len(values) * percent // 100) - 1] if values else None


def _went_well(executions: Sequence[Handled]) -> bool:
    return bool(executions) and all(execution.status == "SUCCEEDED" for execution in executions)
