"""The protocol as a state machine: what is in the table, who is at work, what waits, and every step that may come next.

A state is a tuple of small tuples of integers (:class:`State` names its parts), so that millions of them can be told
apart. A step is one call of a workflow's state with its effect, one move of a redrive, or one fault.

What is left out: one chunk of one group stands for all chunks of an event, NotifyPassengers is folded into its caller,
and an answer of PutEvents that is lost is no fault here (the message is then sent again, see docs/reliability.md).
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from flightpulse.protocol.definitions import Rules

DELAY, GATE, CANCELLATION = "delay", "gate", "cancellation"
STATUS = ("", "IN_PROGRESS", "FAILED", "DONE", "SUPERSEDED")
TELLING = ("", "SENDING", "SENT", "FAILED")
_SENDING, _SENT, _FAILED_TO_SEND = 1, 2, 3
_IN_PROGRESS, _FAILED, _DONE, _SUPERSEDED = 1, 2, 3, 4

# Where the execution of an event stands: at the state of the workflow that comes next.
(CLAIM, APPLY, LOOK, START, WAIT, CHUNK_ASIDE, REBOOK, OUTCOME, SUPERSEDE, FAIL, LETTER, ENDED, DEAD) = range(13)
EVENT_STEPS = (
    "ClaimEvent", "ApplyToFlight", "LookAtFlight", "NotifyChunk", "", "SetChunkAside", "CallRebooking", "RecordOutcome",
    "RecordSuperseded", "RecordFailure", "SendToDeadLetters", "", "",
)  # fmt: skip
# Where a chunk stands: with all its bookings as one group, or (TELL) with each booking by itself.
COMPOSE, GROUP_CLAIM, GROUP_SEND, GROUP_CONFIRM, TELL, SUCCEEDED, CHUNK_FAILED, CHUNK_DEAD = range(8)
CHUNK_STEPS = ("ComposeMessages", "ClaimBookings", "SendMessages", "ConfirmBookings")
(TOLD, B_CLAIM, B_LOOK, B_REST, B_CONFIRM, B_LATER, B_RELEASE, B_ASIDE, B_TURN) = range(9)
BOOKING_STEPS = (
    "", "ClaimBooking", "LookAtBooking", "SendOneByOne", "ConfirmTold", "ConfirmLater", "ReleaseClaim",
    "SetMessagesAside", "WhereItStands",
)  # fmt: skip
_EVENT, _CHUNK = 0, 1
_LETTER_EVENT, _LETTER_CHUNK, _LETTER_NOTE = 0, 1, 2
_ASIDE, _LOST = 1, 2
# These write what nobody reads before the next redrive, close what is claimed anyway, or count.
_UNSEEN = frozenset({CHUNK_ASIDE, REBOOK, OUTCOME, SUPERSEDE, LETTER})
# Among the channels that are out: the booking has the attribute that lists them, if only with older news or none.
_LISTED = 1 << 8

# An execution that is over is forgotten when nothing refers to it any more; by kind.
_FORGOTTEN = (frozenset({ENDED, DEAD}), frozenset({SUCCEEDED, CHUNK_FAILED, CHUNK_DEAD}))

Slot = tuple[int, int, int]
"""A booking in a chunk: its step, the channels due, the channels out (as bits)."""
Claim = tuple[int, int, int, int, int]
"""News of one subject on a booking: event, state, by which execution, whether its lease is over, channels out (and
whether they are listed)."""
NO_CLAIM: Claim = (0, 0, 0, 0, 0)


class EventRun(NamedTuple):
    """The execution of an event. ``follows`` is the execution whose claim it may take over, ``looks`` how often it
    looked why the flight refused, ``untold`` whether somebody could not be told."""

    id: int
    kind: int
    event: int
    step: int
    chunk: int
    follows: int
    rebooked: int
    looks: int = 0
    untold: int = 0


class ChunkRun(NamedTuple):
    """The execution of a chunk. ``untold`` has bits: somebody was set aside, or could not even be set aside."""

    id: int
    kind: int
    event: int
    step: int
    untold: int
    slots: tuple[Slot, ...]


class Booking(NamedTuple):
    """What the table knows of a booking, and (``told``, by channel, a bit per event) what its passenger heard."""

    departure: Claim
    gate: Claim
    cancelled_by: int
    told: tuple[int, ...]


class State(NamedTuple):
    """Everything at one moment. ``pending`` are deliveries still to come, ``faults`` those that may still strike."""

    flight: tuple[int, int, int, int]
    """Is it known, its newest departure news, its newest gate news, is it cancelled."""
    claims: tuple[tuple[int, int], ...]
    bookings: tuple[Booking, ...]
    runs: tuple[EventRun | ChunkRun, ...]
    letters: tuple[tuple[int, int, int, int], ...]
    pending: tuple[int, ...]
    faults: int
    rebookings: tuple[int, ...]


class Step(NamedTuple):
    """What may happen next, in words, and the state after it. ``broken`` names a promise that it breaks."""

    said: str
    state: State
    broken: str = ""


class World(NamedTuple):
    """What is explored: the events in their order of time, bookings, channels, deliveries, and whether the flight is
    missing at first. A large one is explored with ``fewer_faults``."""

    events: tuple[str, ...]
    bookings: int = 1
    channels: int = 1
    deliveries: tuple[int, ...] = ()
    flight_missing: bool = False
    fewer_faults: int = 0

    @property
    def name(self) -> str:
        what = " + ".join(self.events)
        more = [f"{self.bookings} bookings"] * (self.bookings > 1) + [f"{self.channels} channels"] * (self.channels > 1)
        more += ["one delivered twice"] * (max(self.deliveries, default=1) > 1)
        more += ["flight missing at first"] * self.flight_missing
        more += ["one fault fewer"] * self.fewer_faults
        return f"{what} ({', '.join(more)})" if more else what


TWICE, OLD, LOST = "told twice", "older news after newer", "never told"
REBOOKED, IDLE_REDRIVE = "rebooking.needed sent twice", "a redrive came to nothing"
SILENT = "a success that left somebody untold"
PROMISES = {
    TWICE: "Nobody is told twice",
    OLD: "Nobody gets older news after newer",
    LOST: "When nothing runs and nothing waits, everybody knows the newest news",
    REBOOKED: "The rebooking system is called once per cancelled flight",
    IDLE_REDRIVE: "What is redriven is handled, or waits again",
    SILENT: "A workflow that leaves somebody untold fails",
}


class Protocol:
    """The steps from any state of a world, by the rules of the workflows."""

    def __init__(self, world: World, rules: Rules, *, reduced: bool = True, in_words: bool = True) -> None:
        self.world = world
        self.rules = rules
        self.reduced = reduced
        self.in_words = in_words
        self._all = (1 << world.channels) - 1
        self._everybody = (1 << world.bookings) - 1
        self._cancels = tuple(kind == CANCELLATION for kind in world.events)
        self._gates = tuple(kind == GATE for kind in world.events)
        self._tests = {step: rules.condition(step) for step in rules.texts}
        self._known: dict[tuple[object, ...], bool] = {}
        self._has = rules.protections.__contains__

    def start(self, faults: int) -> State:
        """The state before anything happened."""
        count = len(self.world.events)
        booking = Booking(NO_CLAIM, NO_CLAIM, 0, (0,) * self.world.channels)
        return State(
            (int(not self.world.flight_missing), 0, 0, 0),
            ((0, 0),) * count,
            (booking,) * self.world.bookings,
            (),
            (),
            self.world.deliveries or (1,) * count,
            faults,
            (0,) * count,
        )

    def steps(self, state: State) -> list[Step]:
        """Every step that may come next. Runs that nothing refers to any more are forgotten.

        A step that nobody else can see or hinder is taken at once, well or with a fault: what others do can as well
        come after it, so that every promise that they break is broken there, too (``reduced``; a test compares).
        """
        if self.reduced:
            for run in state.runs:
                alone = self._alone(state, run)
                if alone:
                    return [Step(said, _tidied(after), broken) for said, after, broken in alone]
        found = [*self._deliveries(state), *self._redrives(state), *self._leases(state)]
        for run in state.runs:
            if isinstance(run, EventRun):
                found += self._event_steps(state, run)
            elif run.step < SUCCEEDED:
                found += self._chunk_steps(state, run)
        return [Step(said, _tidied(after), broken) for said, after, broken in found]

    def _alone(self, state: State, run: EventRun | ChunkRun) -> list[Step]:
        if isinstance(run, EventRun):
            unseen = run.step in _UNSEEN or (run.step == FAIL and state.claims[run.event - 1] == (_IN_PROGRESS, run.id))
            # Whoever stops it may stop its chunk, too, and when that happens matters.
            free = unseen and not (state.faults and run.chunk and _is_working(state, run.chunk))
            return list(self._event_steps(state, run)) if free else []
        if run.step == COMPOSE:
            return list(self._chunk_steps(state, run))
        if run.step == TELL and not state.faults:
            for number, slot in enumerate(run.slots):
                if slot[0] in (B_LATER, B_ASIDE):
                    return list(self._booking_step(state, run, number))
        return []

    def lost(self, state: State) -> bool:
        """Whether somebody does not know the newest news, though nothing will happen any more."""
        departure = max((e for e, gate in enumerate(self._gates, 1) if not gate), default=0)
        gate = max((e for e, is_gate in enumerate(self._gates, 1) if is_gate), default=0)
        over = departure and self._cancels[departure - 1]
        wanted = [event for event in (departure, 0 if over else gate) if event]
        return any(not told >> event & 1 for booking in state.bookings for told in booking.told for event in wanted)

    # What comes from outside

    def _deliveries(self, state: State) -> Iterator[Step]:
        if not state.flight[0]:
            yield Step("the flight is in the table", state._replace(flight=(1, *state.flight[1:])))
        for place, left in enumerate(state.pending):
            if left:
                pending = (*state.pending[:place], left - 1, *state.pending[place + 1 :])
                started, _ = _with_run(state._replace(pending=pending), EventRun(0, _EVENT, place + 1, CLAIM, 0, 0, 0))
                yield Step(f"the {self._event(place + 1)} is delivered", started)

    def _leases(self, state: State) -> Iterator[Step]:
        for number, booking in enumerate(state.bookings):
            for subject in ("departure", "gate"):
                claim: Claim = getattr(booking, subject)
                if claim[1] != _SENDING or claim[3]:
                    continue
                holder = _run(state, claim[2])
                working = isinstance(holder, ChunkRun) and holder.step < SUCCEEDED
                # A claim may run out at any time but while it is sent (a test computes how long that takes).
                if working and (holder.slots[number][0] == B_REST or not state.faults):  # type: ignore[union-attr]
                    continue
                over: Claim = (*claim[:3], 1, claim[4])
                later = booking._replace(gate=over) if subject == "gate" else booking._replace(departure=over)
                after = _with_booking(state, number, later)
                yield Step(f"the claim on booking {number + 1} outlives its time", _struck(after) if working else after)

    # Redrive

    def _redrives(self, state: State) -> Iterator[Step]:
        for letter in state.letters:
            yield from self._letter(state, letter)
        for run in state.runs:
            if isinstance(run, EventRun) and _is_unhandled(state, run) and not _is_followed(state, run.id):
                settled = self._settled(state, run.event, self._everybody)
                if settled is not None:
                    after, _ = _with_run(settled, self._successor(run.event, run.id, run.rebooked))
                    yield Step(f"redrive: {self._named(state, run)} is started again", after)

    def _successor(self, event: int, follows: int, rebooked: int) -> EventRun:
        return EventRun(0, _EVENT, event, CLAIM, 0, follows, rebooked if self._has("rebooking-once") else 0)

    def _letter(self, state: State, letter: tuple[int, int, int, int]) -> Iterator[Step]:
        kind, event, about, more = letter
        left = _without_letter(state, letter)
        if kind == _LETTER_NOTE:
            number = about
            claim = self._claim(state.bookings[number], event)
            if self._holds("confirm", claim, event, more):
                claim = (event, _SENT, 0, 0, 0)
            after = _with_booking(left, number, self._with_claim(state.bookings[number], event, claim))
            yield Step(f"redrive: the note about booking {number + 1} is written", after)
        elif kind == _LETTER_EVENT:
            settled = self._settled(state, event, self._everybody)
            if _is_followed(state, about) or settled is None:
                return
            successor = self._successor(event, about, more)
            started, _ = _with_run(_without_letter(settled, letter), successor)
            yield Step(f"redrive: the {self._event(event)} is started again from its letter", started)
            if state.faults:
                twice = _struck(_with_run(settled, successor)[0])
                yield Step(f"redrive: the {self._event(event)} is started again, and its letter comes back", twice)
        else:
            yield from self._chunk_letter(state, left, letter)

    def _chunk_letter(self, state: State, left: State, letter: tuple[int, int, int, int]) -> Iterator[Step]:
        _, event, mask, started = letter
        before = _run(state, started)
        if isinstance(before, ChunkRun) and before.step < SUCCEEDED:
            return
        if isinstance(before, ChunkRun) and before.step == SUCCEEDED:
            yield Step("redrive: the letter of a chunk that succeeded is deleted", left)
            return
        settled = self._settled(left, event, mask)
        if settled is None:
            return
        slots = tuple((B_CLAIM if mask >> number & 1 else TOLD, 0, 0) for number in range(self.world.bookings))
        after, chunk = _with_run(settled, ChunkRun(0, _CHUNK, event, COMPOSE, 0, slots))
        if self._has("letter-stays"):
            after = _with_letter(after, (_LETTER_CHUNK, event, mask, chunk))
        yield Step("redrive: a chunk is started from its letter", after)

    def _settled(self, state: State, event: int, mask: int) -> State | None:
        """The state after the claims of an event were closed by what the histories of their executions say.

        None while one of those executions is still at work: then the redrive leaves the event alone.
        """
        if not self._has("held-until-known"):
            return state
        for number, booking in enumerate(state.bookings):
            claim = self._claim(booking, event)
            if not mask >> number & 1 or claim[0] != event or claim[1] != _SENDING:
                continue
            holder = _run(state, claim[2])
            if not isinstance(holder, ChunkRun) or holder.step < SUCCEEDED:
                return None
            _, due, out = holder.slots[number]
            left: Claim = (event, _FAILED_TO_SEND, 0, 0, claim[4] | out | _LISTED)
            closed: Claim = (event, _SENT, 0, 0, 0) if due and out == due else left
            state = _with_booking(state, number, self._with_claim(booking, event, closed))
        return state

    # The execution of an event

    def _event_steps(self, state: State, run: EventRun) -> Iterator[Step]:
        if run.step in (ENDED, DEAD):
            return
        if run.step != WAIT:
            yield from self._event_step(state, run)
        if state.faults:
            struck = _struck(state)
            name = self._named(state, run)
            yield Step(f"{name} is stopped", self._stopped(struck, run, with_chunk=False))
            if run.chunk and _is_working(state, run.chunk):
                yield Step(f"{name} is stopped with its chunk", self._stopped(struck, run, with_chunk=True))

    def _stopped(self, state: State, run: EventRun, *, with_chunk: bool) -> State:
        state = _with(state, _over(run, DEAD))
        chunk = _run(state, run.chunk)
        if with_chunk and isinstance(chunk, ChunkRun):
            state = _with(state, _chunk_over(state, chunk, CHUNK_DEAD))
        return state

    def _event_step(self, state: State, run: EventRun) -> Iterator[Step]:
        name, event = EVENT_STEPS[run.step], run.event
        said = f"{self._named(state, run)} {name}"
        goes_wrong, broken = FAIL, ""
        if run.step == CLAIM:
            owner, status = state.claims[event - 1][1], state.claims[event - 1][0]
            if not self._may_claim(owner, status, run):
                idle = run.follows and self._came_to_nothing(state, event, run.follows)
                after = _with(state, _over(run, ENDED))
                yield Step(f"{said}: another execution has it", after, IDLE_REDRIVE if idle else "")
                return
            effect = _with_claimed(state, event, (_IN_PROGRESS, run.id))
            done = _with(effect, run._replace(step=APPLY, follows=0))
        elif run.step == APPLY:
            if not self._may_apply(state.flight, event):
                yield Step(f"{said}: refused", _with(state, run._replace(step=LOOK)))
                return
            effect = self._applied(state, event)
            done = _with(effect, run._replace(step=START, looks=0))
        elif run.step == LOOK:
            effect, looks = state, run.looks + 1
            after_look = self._why_refused(state.flight, event, looks)
            done = _with(state, run._replace(step=after_look, looks=looks if after_look == APPLY else 0))
        elif run.step == START:
            yield from self._start_chunk(state, run, said)
            return
        elif run.step == CHUNK_ASIDE:
            effect = _with_letter(state, (_LETTER_CHUNK, event, self._everybody, 0))
            done = _with(effect, self._told(run, untold=1))
        elif run.step == REBOOK:
            sent = state.rebookings[event - 1] + 1
            effect = state._replace(rebookings=(*state.rebookings[: event - 1], sent, *state.rebookings[event:]))
            done = _with(effect, run._replace(step=OUTCOME, rebooked=1))
            yield Step(said, done, REBOOKED if sent > 1 else "")
            if state.faults:
                yield Step(f"{said}: fails for good", _struck(_with(state, run._replace(step=FAIL))))
            return
        elif run.step == OUTCOME:
            effect = _with_claimed(state, event, (_DONE, run.id))
            done = _with(effect, _over(run, ENDED))
            fails = run.untold and self._has("untold-fails")
            broken = SILENT if not fails and self._leaves_out(state, event) else ""
        elif run.step == SUPERSEDE:
            effect = _with_claimed(state, event, (_SUPERSEDED, run.id))
            done = _with(effect, _over(run, ENDED))
        elif run.step == FAIL:
            goes_wrong = LETTER
            owner, status = state.claims[event - 1][1], state.claims[event - 1][0]
            if not self._may_fail(owner, status, run):
                yield Step(f"{said}: another execution has it", _with(state, _over(run, ENDED)))
                return
            effect = _with_claimed(state, event, (_FAILED, run.id))
            done = _with(effect, run._replace(step=LETTER))
        else:
            goes_wrong = DEAD
            effect = _with_letter(state, (_LETTER_EVENT, event, run.id, run.rebooked))
            done = _with(effect, _over(run, DEAD))
        yield Step(said, done, broken)
        if state.faults:
            failed = _over(run, DEAD) if goes_wrong == DEAD else run._replace(step=goes_wrong, looks=0)
            yield Step(f"{said}: fails for good", _struck(_with(state, failed)))
            if effect is not state and run.step not in (CHUNK_ASIDE, LETTER):
                yield Step(f"{said}: its answer is lost", _struck(effect))

    def _start_chunk(self, state: State, run: EventRun, said: str) -> Iterator[Step]:
        earlier = _run(state, run.chunk)
        if run.chunk and self._has("named-starts"):
            found = isinstance(earlier, ChunkRun) and earlier.step < SUCCEEDED
            after = _with(state, run._replace(step=WAIT if found else CHUNK_ASIDE))
            yield Step(f"{said}: finds the one it started" if found else f"{said}: its name is taken", after)
            return
        slots = ((B_CLAIM, 0, 0),) * self.world.bookings
        started, chunk = _with_run(state, ChunkRun(0, _CHUNK, run.event, COMPOSE, 0, slots))
        yield Step(said, _with(started, run._replace(step=WAIT, chunk=chunk)))
        if state.faults:
            yield Step(f"{said}: its answer is lost", _struck(_with(started, run._replace(chunk=chunk))))
            yield Step(f"{said}: fails for good", _struck(_with(state, run._replace(step=CHUNK_ASIDE))))

    def _told(self, run: EventRun, untold: int) -> EventRun:
        """The execution after its passengers were told, or set aside."""
        calls = self._cancels[run.event - 1] and not run.rebooked
        return run._replace(step=REBOOK if calls else OUTCOME, chunk=0, untold=untold)

    def _leaves_out(self, state: State, event: int) -> bool:
        """Whether somebody does not know of an event, and of nothing newer about its subject."""
        for booking in state.bookings:
            overtaken = self._claim(booking, event)[0] > event or booking.cancelled_by not in (0, event)
            if not overtaken and not all(told >> event & 1 for told in booking.told):
                return True
        return False

    # A chunk

    def _chunk_steps(self, state: State, run: ChunkRun) -> Iterator[Step]:
        who = self._named(state, run)
        if run.step == TELL:
            for number, slot in enumerate(run.slots):
                if slot[0] != TOLD:
                    yield from self._booking_step(state, run, number)
        else:
            said = f"{who} {CHUNK_STEPS[run.step]}"
            if run.step == COMPOSE:
                yield Step(said, _with(state, run._replace(step=GROUP_CLAIM)))
                if state.faults:
                    failed = self._chunk_ends(_struck(state), run._replace(step=CHUNK_FAILED))
                    yield Step(f"{said}: fails for good", failed)
            elif run.step == GROUP_SEND:
                yield from self._group_sends(state, run, said)
            else:
                yield from self._group_writes(state, run, said)
        if state.faults:
            yield Step(f"{who} is stopped", self._chunk_ends(_struck(state), run._replace(step=CHUNK_DEAD)))

    # Bookings as a group

    def _group_writes(self, state: State, run: ChunkRun, said: str) -> Iterator[Step]:
        """All claims or all confirmations in one write: when one is refused, all are."""
        claims, event = run.step == GROUP_CLAIM, run.event
        one_by_one = run._replace(step=TELL)
        effect = state
        for number in _group(run):
            booking = effect.bookings[number]
            claim = self._claim(booking, event)
            if claims and self._may_tell(booking, event, run.id, first=True):
                booking = self._claimed(booking, event, (event, _SENDING, run.id, 0, 0))
            elif not claims and self._holds("confirm", claim, event, run.id):
                booking = self._with_claim(booking, event, (event, _SENT, 0, 0, 0))
            else:
                yield Step(f"{said}: refused", _with(state, one_by_one))
                return
            effect = _with_booking(effect, number, booking)
        slot = (B_REST, self._all, 0) if claims else (TOLD, self._all, self._all)
        after = self._grouped(run, GROUP_SEND if claims else SUCCEEDED, slot)
        yield Step(said, _with(effect, after) if claims else self._chunk_ends(effect, after))
        if any(_is_working(state, other.id) for other in state.runs if other.id != run.id):
            yield Step(f"{said}: another write is under way", _with(state, one_by_one))
        if state.faults:
            yield Step(f"{said}: fails for good", _struck(_with(state, one_by_one)))
            if effect is not state:
                yield Step(f"{said}: its answer is lost", _struck(effect))

    def _group_sends(self, state: State, run: ChunkRun, said: str) -> Iterator[Step]:
        def sent(unsent: int = -1, channel: int = 0) -> tuple[State, str]:
            """The state after the call, and the promise that it breaks; one channel of one booking may fail."""
            after, broken = state, ""
            for number in _group(run):
                after, breaks = self._heard(after, number, run.event, self._all & ~(channel * (number == unsent)))
                broken = broken or breaks
            return after, broken

        after, broken = sent()
        yield Step(said, _with(after, self._grouped(run, GROUP_CONFIRM, (B_CONFIRM, self._all, self._all))), broken)
        if not state.faults:
            return
        yield Step(f"{said}: fails for good", _struck(_with(state, self._grouped(run, TELL, self._again(0)))))
        nothing = self._grouped(run, TELL, (B_RELEASE, self._all, 0))
        yield Step(f"{said}: fails for good, and SendOneByOne", _struck(_with(state, nothing)))
        channel = 1 << self.world.channels - 1
        for number in _group(run):
            after, broken = sent(number, channel)
            left = self._grouped(run, TELL, (B_CONFIRM, self._all, self._all))
            slots = (*left.slots[:number], self._again(self._all & ~channel), *left.slots[number + 1 :])
            failed = _struck(_with(after, left._replace(slots=slots)))
            yield Step(f"{said}: an entry of booking {number + 1} fails", failed, broken)

    def _again(self, out: int) -> Slot:
        """Where a booking goes on of which the group has sent no more than this."""
        return (B_CLAIM if self._has("claimed-again") else B_TURN, self._all, out)

    def _grouped(self, run: ChunkRun, step: int, slot: Slot) -> ChunkRun:
        slots = tuple(before if before[0] == TOLD else slot for before in run.slots)
        return ChunkRun(run.id, run.kind, run.event, step, run.untold, slots)

    def _chunk_ends(self, state: State, run: ChunkRun) -> State:
        """A chunk that is over: its parent goes on, when it has one that waits."""
        state = _with(state, _chunk_over(state, run, run.step))
        for parent in state.runs:
            if isinstance(parent, EventRun) and parent.chunk == run.id and parent.step == WAIT:
                aside = parent._replace(step=CHUNK_ASIDE)
                return _with(state, self._told(parent, run.untold & _ASIDE) if run.step == SUCCEEDED else aside)
        return state

    # Each booking by itself

    def _at(self, state: State, run: ChunkRun, number: int, slot: Slot, *, untold: int = 0) -> State:
        """The state with a booking of a chunk at another step; the chunk ends with its last booking."""
        slots = (*run.slots[:number], slot, *run.slots[number + 1 :])
        run = ChunkRun(run.id, run.kind, run.event, run.step, run.untold | untold, slots)
        if untold & _LOST and not self._has("siblings-finish"):
            return self._chunk_ends(state, run._replace(step=CHUNK_FAILED))
        if all(step == TOLD for step, _, _ in slots):
            return self._chunk_ends(state, run._replace(step=CHUNK_FAILED if run.untold & _LOST else SUCCEEDED))
        return _with(state, run)

    def _booking_step(self, state: State, run: ChunkRun, number: int) -> Iterator[Step]:
        step, due, out = run.slots[number]
        event, booking = run.event, state.bookings[number]
        claim = self._claim(booking, event)
        said = f"{self._named(state, run)} booking {number + 1} {BOOKING_STEPS[step]}"
        faults, may_be_lost = state.faults, True
        effect = state
        if step == B_CLAIM:
            if not self._may_tell(booking, event, run.id):
                yield Step(f"{said}: refused", self._at(state, run, number, (B_LOOK, due, out)))
                return
            listed = claim[4] if claim[0] == event else claim[4] & _LISTED
            effect = _with_booking(state, number, self._claimed(booking, event, (event, _SENDING, run.id, 0, listed)))
            done, wrong = (B_REST, self._all & ~listed, out), (B_ASIDE, due, out)
        elif step == B_LOOK:
            done, wrong = (self._why_not_claimed(booking, event), due, out), (B_ASIDE, due, out)
        elif step == B_TURN:
            yield Step(said, self._at(state, run, number, (B_REST, due, out)))
            return
        elif step == B_REST:
            yield from self._sends(state, run, number, said)
            return
        elif step == B_CONFIRM:
            done, wrong = (TOLD, due, out), (B_LATER, due, out)
            if self._holds("confirm", claim, event, run.id):
                effect = _with_booking(state, number, self._with_claim(booking, event, (event, _SENT, 0, 0, 0)))
        elif step == B_LATER:
            effect = _with_letter(state, (_LETTER_NOTE, event, number, run.id))
            done = wrong = (TOLD, due, out)
            may_be_lost = False
        elif step == B_RELEASE:
            done = wrong = (B_ASIDE, due, out)
            if self._holds("release", claim, event, run.id):
                released: Claim = (event, _FAILED_TO_SEND, 0, 0, claim[4] | out | _LISTED)
                effect = _with_booking(state, number, self._with_claim(booking, event, released))
        else:
            effect = _with_letter(state, (_LETTER_CHUNK, event, 1 << number, 0))
            done = wrong = (TOLD, due, out)
            may_be_lost = False
        aside = step == B_ASIDE
        yield Step(said, self._at(effect, run, number, done, untold=_ASIDE * aside))
        if faults:
            failed = self._at(_struck(state), run, number, wrong, untold=_LOST * aside)
            yield Step(f"{said}: fails for good", failed)
            if effect is not state and may_be_lost:
                yield Step(f"{said}: its answer is lost", _struck(effect))

    def _sends(self, state: State, run: ChunkRun, number: int, said: str) -> Iterator[Step]:
        _, due, out = run.slots[number]
        left = due & ~out
        after, broken = self._heard(state, number, run.event, left)
        yield Step(said, self._at(after, run, number, (B_CONFIRM, due, due)), broken)
        if not state.faults:
            return
        yield Step(f"{said}: fails for good", self._at(_struck(state), run, number, (B_RELEASE, due, out)))
        first = left & -left
        if left != first:
            after, broken = self._heard(state, number, run.event, first)
            some = (B_RELEASE, due, out | first)
            yield Step(f"{said}: one entry fails", self._at(_struck(after), run, number, some), broken)

    def _heard(self, state: State, number: int, event: int, channels: int) -> tuple[State, str]:
        """The passenger hears of an event on some channels; also the promise that this breaks."""
        booking, broken = state.bookings[number], ""
        told = list(booking.told)
        for channel in range(self.world.channels):
            if channels >> channel & 1:
                broken = broken or self._breaks(told[channel], event)
                told[channel] |= 1 << event
        return _with_booking(state, number, booking._replace(told=tuple(told))), broken

    def _breaks(self, told: int, event: int) -> str:
        if told >> event & 1:
            return TWICE
        for other in range(1, len(self.world.events) + 1):
            newer = other > event and self._gates[other - 1] == self._gates[event - 1]
            if told >> other & 1 and (newer or self._cancels[other - 1]):
                return OLD
        return ""

    # Conditions, as the workflows have them

    def _may_claim(self, owner: int, status: int, run: EventRun) -> bool:
        return self._event_claim("claim event", owner, status, run.id, run.follows or run.id)

    def _may_fail(self, owner: int, status: int, run: EventRun) -> bool:
        return self._event_claim("record failure", owner, status, run.id, run.id)

    def _event_claim(self, step: str, owner: int, status: int, me: int, predecessor: int) -> bool:
        item = {"PK": 1, "#execution": owner, "#status": STATUS[status]} if status else {}
        values = {":me": me, ":predecessor": predecessor, ":in_progress": "IN_PROGRESS", ":failed": "FAILED"}
        return self._tests[step](item, values)

    def _may_apply(self, flight: tuple[int, int, int, int], event: int) -> bool:
        subject = "gate" if self._gates[event - 1] else "departure"
        key = ("apply", flight, event)
        if key not in self._known:
            item: dict[str, object] = {"PK": 1, "#status": "CANCELLED" if flight[3] else "DELAYED"} if flight[0] else {}
            newest = flight[2] if subject == "gate" else flight[1]
            if newest:
                item[f"{subject}_as_of"] = newest
            values = {":order": event, ":cancelled": "CANCELLED", ":departed": "DEPARTED", ":arrived": "ARRIVED"}
            self._known[key] = self._tests[subject](item, values)
        return self._known[key]

    def _may_tell(self, booking: Booking, event: int, me: int, *, first: bool = False) -> bool:
        mine, other = (booking.gate, booking.departure) if self._gates[event - 1] else (booking.departure, booking.gate)
        step = "claim bookings" if first else "claim booking"
        key = (step, mine[:4], bool(mine[4]), other[:4], booking.cancelled_by, event, me)
        if key not in self._known:
            item: dict[str, object] = {"PK": 1, **_attributes(mine)}
            if other[0]:
                item["#other"] = TELLING[other[1]]
                if other[1] == _SENDING:
                    item["#other_until"] = 1 if other[3] else 3
            if booking.cancelled_by:
                item["cancelled_by"] = booking.cancelled_by
            if mine[4]:
                item["#out"] = ()
            self._known[key] = self._tests[step](item, {**_values(event, me), ":event": event, ":now": 2})
        return self._known[key]

    def _holds(self, step: str, claim: Claim, event: int, me: int) -> bool:
        key = (step, claim[:3], event, me)
        if key not in self._known:
            self._known[key] = self._tests[step](_attributes(claim), _values(event, me))
        return self._known[key]

    def _why_refused(self, flight: tuple[int, int, int, int], event: int, looks: int) -> int:
        known, departure, gate, cancelled = flight
        if not known:
            return FAIL
        newest = gate if self._gates[event - 1] else departure
        if newest > event or cancelled or not self._has("refusal-compared"):
            return SUPERSEDE
        return APPLY if looks < self.rules.looks else FAIL

    def _why_not_claimed(self, booking: Booking, event: int) -> int:
        order, telling, _, over, _ = self._claim(booking, event)
        other = booking.departure if self._gates[event - 1] else booking.gate
        if booking.cancelled_by not in (0, event):
            return TOLD
        if (order == event and telling == _SENT) or order > event:
            return TOLD
        is_over = over and (other[1] != _SENDING or other[3])
        if self._has("held-until-known") and order == event and telling == _SENDING and is_over:
            return B_ASIDE
        return B_CLAIM

    def _came_to_nothing(self, state: State, event: int, follows: int) -> bool:
        """Whether an event is in nobody's hands: its claim is open, and who holds it is gone.

        An execution that failed since waits for the next redrive; whom this one follows was to be dealt with now.
        """
        status, owner = state.claims[event - 1]
        run = _run(state, owner)
        is_open = status in (_IN_PROGRESS, _FAILED)
        at_work = isinstance(run, EventRun) and run.step not in (ENDED, DEAD)
        waits = any(letter[0] == _LETTER_EVENT and letter[1] == event for letter in state.letters)
        waits = waits or (owner != follows and isinstance(run, EventRun) and _is_unhandled(state, run))
        return is_open and not at_work and not waits and not _is_followed(state, owner)

    # Parts of a state

    def _claim(self, booking: Booking, event: int) -> Claim:
        return booking.gate if self._gates[event - 1] else booking.departure

    def _claimed(self, booking: Booking, event: int, claim: Claim) -> Booking:
        booking = self._with_claim(booking, event, claim)
        return booking._replace(cancelled_by=event) if self._cancels[event - 1] else booking

    def _with_claim(self, booking: Booking, event: int, claim: Claim) -> Booking:
        return booking._replace(gate=claim) if self._gates[event - 1] else booking._replace(departure=claim)

    def _applied(self, state: State, event: int) -> State:
        known, departure, gate, cancelled = state.flight
        if self._gates[event - 1]:
            return state._replace(flight=(known, departure, event, cancelled))
        return state._replace(flight=(known, event, gate, int(self._cancels[event - 1])))

    def _event(self, event: int) -> str:
        return f"{self.world.events[event - 1]} of {event} o'clock"

    def _named(self, state: State, run: EventRun | ChunkRun) -> str:
        """Executions of a kind are counted for each event."""
        if not self.in_words:
            return ""
        number = sum(other.event == run.event and other.kind == run.kind for other in state.runs[: run.id])
        return f"{'chunk' if run.kind == _CHUNK else 'execution'} {number} ({self._event(run.event)})"


def _attributes(claim: Claim) -> dict[str, object]:
    order, telling, by, over, _ = claim
    if not order:
        return {}
    item: dict[str, object] = {"#order": order, "#state": TELLING[telling]}
    if telling == _SENDING:
        item |= {"#by": by, "#until": 1 if over else 3}
    return item


def _values(event: int, me: int) -> dict[str, object]:
    return {":order": event, ":me": me, ":sending": "SENDING", ":sent": "SENT", ":now": 2}


def _over(run: EventRun, step: int) -> EventRun:
    """The execution of an event at its end: what it was at is of no interest any more."""
    return EventRun(run.id, run.kind, run.event, step, 0, 0, run.rebooked)


def _group(run: ChunkRun) -> Iterator[int]:
    """The bookings of a chunk that are told as a group: a redrive may be about some only."""
    return (number for number, slot in enumerate(run.slots) if slot[0] != TOLD)


def _chunk_over(state: State, run: ChunkRun, step: int) -> ChunkRun:
    """A chunk at its end: its history says what is out, of interest for claims that it left open."""
    slots = tuple(
        (TOLD, due, out) if run.id in (booking.departure[2], booking.gate[2]) else (TOLD, 0, 0)
        for (_, due, out), booking in zip(run.slots, state.bookings, strict=True)
    )
    return ChunkRun(run.id, run.kind, run.event, step, 0, slots)


# These are called for every step: a state is put together anew, which is quicker than _replace.


def _struck(state: State) -> State:
    return State(*state[:6], state.faults - 1, state.rebookings)


def _run(state: State, number: int) -> EventRun | ChunkRun | None:
    """The execution of a number: executions are numbered by their place."""
    return state.runs[number - 1] if 0 < number <= len(state.runs) else None


def _with(state: State, run: EventRun | ChunkRun) -> State:
    runs = state.runs
    return State(state.flight, state.claims, state.bookings, (*runs[: run.id - 1], run, *runs[run.id :]), *state[4:])


def _with_run(state: State, run: EventRun | ChunkRun) -> tuple[State, int]:
    """The state with another execution, and its number.

    Executions stand by event and kind, whichever started first: states that differ in nothing else are one.
    """
    about = (run.event, run.kind)
    place = sum((other.event, other.kind) <= about for other in state.runs)
    count = len(state.runs)
    if place < count:
        names = {number: number + (number > place) for number in range(count + 1)}
        state = _renumbered(state, state.runs, names)
        if isinstance(run, EventRun):
            run = run._replace(follows=names[run.follows])
    runs = (*state.runs[:place], run._replace(id=place + 1), *state.runs[place:])
    return State(state.flight, state.claims, state.bookings, runs, *state[4:]), place + 1


def _with_booking(state: State, number: int, booking: Booking) -> State:
    bookings = state.bookings
    return State(state.flight, state.claims, (*bookings[:number], booking, *bookings[number + 1 :]), *state[3:])


def _with_claimed(state: State, event: int, claim: tuple[int, int]) -> State:
    claims = state.claims
    return State(state.flight, (*claims[: event - 1], claim, *claims[event:]), *state[2:])


def _with_letter(state: State, letter: tuple[int, int, int, int]) -> State:
    return State(*state[:4], tuple(sorted((*state.letters, letter))), *state[5:])


def _without_letter(state: State, letter: tuple[int, int, int, int]) -> State:
    place = state.letters.index(letter)
    return state._replace(letters=state.letters[:place] + state.letters[place + 1 :])


def _is_working(state: State, number: int) -> bool:
    run = _run(state, number)
    return isinstance(run, ChunkRun) and run.step < SUCCEEDED


def _is_followed(state: State, number: int) -> bool:
    """Whether an execution that may take over from this one is at work."""
    return any(isinstance(run, EventRun) and run.follows == number and run.step == CLAIM for run in state.runs)


def _is_unhandled(state: State, run: EventRun) -> bool:
    """Whether the list of failed executions has this one: it failed, has the claim or nobody has, no letter waits."""
    if run.step != DEAD or any(letter[0] == _LETTER_EVENT and letter[2] == run.id for letter in state.letters):
        return False
    status, owner = state.claims[run.event - 1]
    return status == 0 or (owner == run.id and status in (_IN_PROGRESS, _FAILED))


def _tidied(state: State) -> State:
    """The state without runs that nothing refers to any more, the others numbered anew: equal states look equal."""
    if all(run.step not in _FORGOTTEN[run.kind] for run in state.runs):
        return state
    wanted = {owner for status, owner in state.claims if status in (_IN_PROGRESS, _FAILED)}
    for booking in state.bookings:
        wanted |= {booking.departure[2], booking.gate[2]}
    for kind, _, about, more in state.letters:
        wanted.add(about if kind == _LETTER_EVENT else more)
    for run in state.runs:
        if isinstance(run, EventRun):
            wanted |= {run.chunk, run.follows}
    kept = [
        run
        for run in state.runs
        if run.step not in _FORGOTTEN[run.kind]
        or run.id in wanted
        or (isinstance(run, EventRun) and _is_unhandled(state, run))
    ]
    if len(kept) == len(state.runs):
        return state
    names = {run.id: number for number, run in enumerate(kept, 1)}
    names[0] = 0
    return _renumbered(state, kept, names)


def _renumbered(state: State, kept: Iterable[EventRun | ChunkRun], names: dict[int, int]) -> State:
    """The state with these executions only, under other numbers. Who refers to one that is gone refers to none."""
    get = names.get
    runs = tuple(
        EventRun(names[run.id], _EVENT, run.event, run.step, get(run.chunk, 0), get(run.follows, 0), *run[6:])
        if isinstance(run, EventRun)
        else ChunkRun(names[run.id], *run[1:])
        for run in kept
    )
    bookings = tuple(
        Booking(_renamed(booking.departure, names), _renamed(booking.gate, names), *booking[2:])
        for booking in state.bookings
    )
    claims = tuple((status, get(owner, 0)) for status, owner in state.claims)
    letters = tuple(
        sorted(
            (kind, event, get(about, 0), more) if kind == _LETTER_EVENT else (kind, event, about, get(more, 0))
            for kind, event, about, more in state.letters
        )
    )
    return State(state.flight, claims, bookings, runs, letters, *state[5:])


def _renamed(claim: Claim, names: dict[int, int]) -> Claim:
    return (claim[0], claim[1], names.get(claim[2], 0), claim[3], claim[4])
