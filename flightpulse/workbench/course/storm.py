"""The last task: a storm is coming, money is short, the model will be down, and everybody has to be told once."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from flightpulse.errors import UserError
from flightpulse.workbench.bench import Workbench
from flightpulse.workbench.explore import TableExplorer
from flightpulse.workbench.messages.inbox import Message
from flightpulse.workbench.messages.preparing import PreparedTemplates
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.workshop.grading import Grade, Step

LATE, CANCELLED = "SW5678", "SW9012"
BUDGET = Decimal("0.004")
"""US dollars for templates, at list prices: about a dozen of the 462."""

_WEATHER = "WEATHER"
_PREPARED_FOR = ("delay", "cancellation")
_LOYAL = ("A-LIST PREFERRED", "A-LIST")
_LATE_BY = timedelta(minutes=5)

Wish = tuple[str, str]


class Storm:
    """The task on one workbench: :meth:`prepare`, then :meth:`strike`, then whatever it takes, then :meth:`grade`."""

    def __init__(self, wb: Workbench, *, budget: Decimal = BUDGET) -> None:
        self._wb = wb
        self._budget = budget
        self.begin()

    def begin(self) -> None:
        """Begin anew: the flights are on time, no template for them is there, no letter waits, nothing is spent."""
        self._wb.table.reset(LATE, CANCELLED)
        self._wb.dead_letters.purge(LATE, CANCELLED)
        for kind in _PREPARED_FOR:
            self._wb.templates.forget(kind)
        self.spent = Decimal(0)
        self._struck_at: datetime | None = None
        self._newest: dict[str, str] = {}

    @property
    def left(self) -> Decimal:
        """US dollars of the budget that are left."""
        return self._budget - self.spent

    def passengers(self) -> Table:
        """Who is booked on the two flights, and what decides about their words."""
        rows = []
        for flight in (LATE, CANCELLED):
            for booking_id in self._bookings(flight):
                booking = self._wb.table.booking(booking_id)
                person = self._wb.table.passenger(booking.passenger_id)
                requests = ", ".join(booking.special_requests)
                rows.append((flight, booking_id, str(person.tier), str(booking.booking_status), requests))
        return Table.of(("flight", "booking", "tier", "status", "requests"), rows)

    def prepare(self, *segments: str) -> PreparedTemplates:
        """Have templates drafted and reviewed, and pay for it. Raises UserError when that would cost too much."""
        plan = self._wb.templates.plan(*segments)
        price = plan.cost.dollars or Decimal(0)
        if price > self.left:
            raise UserError(
                f"{len(plan.segments)} segments would cost about {price:.4f} USD, and {self.left:.4f} are left.",
                hint="Name fewer: whose words matter, and what decides about them?",
            )
        done = self._wb.templates.prepare(plan)
        self.spent += done.cost.dollars or Decimal(0)
        return done

    def strike(self) -> None:
        """Let it break loose. Once; :meth:`begin` starts over.

        SW5678 is 90 minutes late, then 150 because of the weather; the first record comes twice, and an older one after
        them. SW9012 is cancelled, and the first group of its passengers fails. The model is throttled all the time.
        """
        if self._struck_at is not None:
            raise UserError("The storm has struck.", hint="Look at storm.grade(), or start over with storm.begin().")
        self._struck_at = datetime.now(UTC)
        first = self._wb.events.delay(LATE, 90, "MECHANICAL")
        newest = self._wb.events.delay(LATE, 150, _WEATHER)
        older = self._wb.events.delay(LATE, 25, "CREW", at=datetime.now(UTC) - _LATE_BY)
        over = self._wb.events.cancellation(CANCELLED, _WEATHER)
        self._newest = {LATE: newest["event_id"], CANCELLED: over["event_id"]}
        with self._wb.faults.model("throttle"):
            self._wb.fire([first, newest, first, older])
            with self._wb.faults.task("NotifyChunk", error="States.TaskFailed", times=1):
                self._wb.fire(over)

    def grade(self) -> Grade:
        """What holds and what does not, each with what was seen; a hint for the first thing that is missing."""
        struck = self._struck_at is not None
        messages = list(self._wb.inbox(since=self._struck_at)) if struck else []
        found = [
            ("storm", "it has struck", struck, "yes" if struck else "not yet", "storm.strike()"),
            (
                "budget",
                f"at most {self._budget} USD for templates",
                self.spent <= self._budget,
                f"{self.spent:.4f} USD",
                "storm.begin(), and prepare fewer segments",
            ),
            *(self._about(messages) if struck else ()),
        ]
        waiting = [("told", "everybody told once"), ("order", "nothing old after new"), ("words", "prepared words")]
        waits = () if struck else (Step(name, wanted, None, "", "") for name, wanted in waiting)
        return Grade((*(Step(*line) for line in found), *waits))

    def _about(self, messages: list[Message]) -> Iterator[tuple[str, str, bool, str, str]]:
        wanted = {flight: self._wishes(flight) for flight in self._newest}
        told = {
            flight: Counter(
                (message.booking_id, message.channel) for message in messages if message.event_id == event_id
            )
            for flight, event_id in self._newest.items()
        }
        missing = [
            f"{booking} by {channel}" for flight in told for booking, channel in wanted[flight] - set(told[flight])
        ]
        twice = [f"{booking} by {channel}" for some in told.values() for (booking, channel), n in some.items() if n > 1]
        yield (
            "told",
            "everybody told the newest news, once on each channel they chose",
            not missing and not twice,
            _said(missing, "not told: ")
            or _said(twice, "told twice: ")
            or f"{sum(map(len, wanted.values()))} messages",
            "what could not be sent waits, with its reason: wb.dead_letters.table()",
        )
        inbox = self._wb.inbox(since=self._struck_at)
        outdated = [message.booking_id for message in inbox.outdated() if message.flight_id in self._newest]
        yield (
            "order",
            "nobody reads old news after new",
            not outdated,
            _said(outdated, "too late: ") or "in order",
            "are all protections on? wb.protections.table()",
        )
        written = [
            f"{message.booking_id} ({message.tier}, {message.segment})"
            for message in messages
            if message.event_id in self._newest.values() and message.tier in _LOYAL and message.written_by == "fallback"
        ]
        yield (
            "words",
            "A-LIST PREFERRED and A-LIST read words prepared for them",
            not written,
            _said(list(dict.fromkeys(written)), "the written text: ") or "prepared ones",
            "storm.begin(), then storm.prepare(…) the segments of storm.passengers(), such as"
            " 'delay/SEVERE/WEATHER/A-LIST/-', before it strikes",
        )
        letters = [letter.what for letter in self._wb.dead_letters.waiting() if letter.flight_id in self._newest]
        yield (
            "letters",
            "nothing about the two flights waits in a dead-letter queue",
            not letters,
            _said(letters, "waiting: ") or "none",
            "its cause is gone: wb.dead_letters.redrive()",
        )
        off = [mark for mark in self._wb.protections.table().column("") if mark != "✓ on"]
        yield ("protections", "all are on", not off, _said(off, "") or "all on", "wb.protections.restore()")

    def _wishes(self, flight: str) -> set[Wish]:
        found: set[Wish] = set()
        for booking_id in self._bookings(flight):
            wishes = self._wb.table.passenger(self._wb.table.booking(booking_id).passenger_id).notification_preferences
            found |= {(booking_id, name) for name, wanted in (("email", wishes.email), ("sms", wishes.sms)) if wanted}
        return found

    def _bookings(self, flight: str) -> list[str]:
        found = TableExplorer(self._wb.session).read("bookings-of-flight", flight)
        return [str(booking_id) for booking_id in found.values("booking_id")]


def _said(some: list[str], before: str) -> str:
    """The first few of what is wrong; empty when nothing is."""
    more = f" and {len(some) - 3} more" if len(some) > 3 else ""
    return f"{before}{', '.join(some[:3])}{more}" if some else ""
