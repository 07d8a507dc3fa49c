"""Templates that nobody prepared: one draft and one review for what a chunk needs, and one chunk that asks for them."""

import json
import time
from collections.abc import Callable, Sequence
from itertools import chain
from math import ceil
from threading import Barrier, Lock, Thread

import pytest

from flightpulse.chaos.booked_flights import invent
from flightpulse.domain.entities import Booking, DelayReason, Tier
from flightpulse.domain.events import Kind, Severity
from flightpulse.messages.lint import Refusal
from flightpulse.messages.news import all_segments
from flightpulse.messages.records import TemplateRecord
from flightpulse.messages.review import ReviewRequest
from flightpulse.messages.segments import Segment
from flightpulse.messages.wording import ModelUnavailableError, Origin, Wording
from flightpulse.stand_in.model import draft_fields, verdicts
from flightpulse.use_cases.choose_wordings import PATIENCE_SECONDS, PAUSE_SECONDS, choose_wordings
from tests.unit.messages.samples import CANCELLED, MAJOR, MINOR, SEVERE
from tests.unit.messages.template_store import FakeStore

FOUR = [CANCELLED, MAJOR, MINOR, SEVERE]


class FakeModel:
    """Author and reviewer in one; ``asked`` are the segments of each call, by role."""

    def __init__(self, *, down: bool = False) -> None:
        self.down = down
        self.asked: list[tuple[str, tuple[Segment, ...]]] = []
        self.while_drafting: Callable[[], None] = lambda: None

    def model_id(self) -> str:
        return "a.model"

    def draft(self, *segments: Segment) -> str:
        self.asked.append(("author", segments))
        if self.down:
            raise ModelUnavailableError("author: ThrottlingException")
        self.while_drafting()
        return json.dumps(draft_fields(segments))

    def repair(self, segment: Segment, reply: str, refusals: Sequence[Refusal]) -> str:
        raise AssertionError("nothing has to be repaired")

    def review(self, request: ReviewRequest) -> str:
        self.asked.append(("reviewer", request.segments))
        return json.dumps(verdicts(request.segments, request.user))


class Clock:
    """Time that passes while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.meanwhile: Callable[[], None] = lambda: None

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.meanwhile()


def choose(
    model: FakeModel, store: FakeStore, *segments: Segment, clock: Clock | None = None
) -> dict[Segment, Wording]:
    clock = clock or Clock()
    return choose_wordings(segments, model, model, store, sleep=clock.sleep, clock=clock)


def origins(chosen: dict[Segment, Wording]) -> dict[Segment, Origin]:
    return {segment: wording.origin for segment, wording in chosen.items()}


def test_segments_are_drafted_and_reviewed_together_three_at_a_time() -> None:
    model, store = FakeModel(), FakeStore()
    assert set(origins(choose(model, store, *FOUR)).values()) == {Origin.MODEL}
    assert [(role, len(segments)) for role, segments in model.asked] == [
        ("author", 3), ("reviewer", 3), ("author", 1), ("reviewer", 1),
    ]  # fmt: skip
    assert set(store.kept) == set(FOUR)


def test_what_is_there_is_not_asked_for_again() -> None:
    store = FakeStore()
    choose(FakeModel(), store, MAJOR)
    model = FakeModel()
    assert origins(choose(model, store, MAJOR, MINOR)) == {MAJOR: Origin.CACHE, MINOR: Origin.MODEL}
    assert [segments for _, segments in model.asked] == [(MINOR,)] * 2


def test_somebody_else_s_draft_is_waited_for_and_used() -> None:
    made = FakeStore()
    choose(FakeModel(), made, MAJOR)
    model, store, clock = FakeModel(), FakeStore(), Clock()
    store.claim(MAJOR)
    clock.meanwhile = lambda: store.put(made.only) if clock.now >= 2 else None
    assert origins(choose(model, store, MAJOR, clock=clock)) == {MAJOR: Origin.CACHE}
    assert (clock.now, model.asked) == (2, [])


def test_whoever_loses_the_first_claim_leaves_the_others_for_a_moment_then_takes_what_nobody_did() -> None:
    made = FakeStore()
    choose(FakeModel(), made, CANCELLED)
    model, store, clock = FakeModel(), FakeStore(), Clock()
    store.claim(CANCELLED)
    claimed: list[list[Segment]] = []

    def finish() -> None:
        claimed.append([*store.claimed])
        store.put(made.only)

    clock.meanwhile = finish
    chosen = origins(choose(model, store, *FOUR, clock=clock))
    assert chosen == {CANCELLED: Origin.CACHE, MAJOR: Origin.MODEL, MINOR: Origin.MODEL, SEVERE: Origin.MODEL}
    assert claimed == [[CANCELLED]]


def test_a_draft_that_somebody_else_gave_up_is_not_tried_again_while_passengers_wait() -> None:
    model, store, clock = FakeModel(), FakeStore(), Clock()
    store.claim(MAJOR)
    clock.meanwhile = lambda: store.release(MAJOR)
    assert origins(choose(model, store, MAJOR, clock=clock)) == {MAJOR: Origin.FALLBACK}
    assert (clock.now, model.asked, store.claimed) == (PAUSE_SECONDS, [], [])


def test_a_draft_that_never_comes_is_waited_for_so_long_and_then_the_written_text_goes_out() -> None:
    model, store, clock = FakeModel(), FakeStore(), Clock()
    store.claim(MAJOR)
    assert origins(choose(model, store, MAJOR, clock=clock)) == {MAJOR: Origin.FALLBACK}
    assert (clock.now, model.asked) == (PATIENCE_SECONDS, [])


def test_after_a_slow_draft_of_one_s_own_nobody_else_s_is_waited_for() -> None:
    model, store, clock = FakeModel(), FakeStore(), Clock()
    store.claim(SEVERE)
    model.while_drafting = lambda: clock.sleep(PATIENCE_SECONDS)
    chosen = origins(choose(model, store, MAJOR, SEVERE, clock=clock))
    assert chosen == {MAJOR: Origin.MODEL, SEVERE: Origin.FALLBACK}
    assert clock.now == PATIENCE_SECONDS + PAUSE_SECONDS


def test_a_model_that_cannot_be_had_lets_go_of_what_was_claimed_and_the_written_texts_go_out() -> None:
    store = FakeStore()
    chosen = choose(FakeModel(down=True), store, *FOUR)
    assert {wording.problem for wording in chosen.values()} == {"author: ThrottlingException"}
    assert (store.kept, store.claimed) == ({}, [])


def test_what_was_finished_before_a_model_failed_is_kept() -> None:
    store, model = FakeStore(), FakeModel()
    model.while_drafting = lambda: setattr(model, "down", True)
    assert list(origins(choose(model, store, *FOUR)).values()).count(Origin.MODEL) == 3
    assert (len(store.kept), store.claimed) == (3, [])


def test_whatever_ends_drafting_lets_go_of_what_was_claimed_and_not_finished() -> None:
    store, model = FakeStore(), FakeModel()

    def interrupt() -> None:
        if store.kept:
            raise KeyboardInterrupt

    model.while_drafting = interrupt
    with pytest.raises(KeyboardInterrupt):
        choose(model, store, *FOUR)
    assert (len(store.kept), store.claimed) == (3, [])


class SharedStore(FakeStore):
    """One for several chunks at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = Lock()

    def claim(self, segment: Segment) -> bool:
        with self._lock:
            return super().claim(segment)

    def put(self, record: TemplateRecord) -> None:
        with self._lock:
            super().put(record)


def in_chunks(booked: list[Booking]) -> list[list[Booking]]:
    size = ceil(len(booked) / ceil(len(booked) / 40))
    return [booked[first : first + size] for first in range(0, len(booked), size)]


def test_a_full_aircraft_s_first_news_takes_six_calls_of_the_models() -> None:
    """Three waves, chunks of about 30 at the same time, passengers with and without special requests in each."""
    people = invent(180, flights=1, bookings=180, everyone=True)
    tiers = {person.passenger_id: person.tier for person in people.passengers}
    model, store = FakeModel(), SharedStore()
    for tier in (Tier.A_LIST_PREFERRED, Tier.A_LIST, Tier.MEMBER):
        booked = [booking for booking in people.bookings if tiers[booking.passenger_id] is tier]
        chunks = [
            {
                Segment(
                    kind=Kind.DELAY,
                    severity=Severity.MAJOR,
                    reason=DelayReason.WEATHER,
                    tier=tier,
                    assistance=bool(booking.special_requests),
                )
                for booking in chunk
            }
            for chunk in in_chunks(booked)
        ]
        together = Barrier(len(chunks))
        told: list[dict[Segment, Wording]] = []

        def chunk(
            segments: set[Segment],
            together: Barrier = together,
            told: list[dict[Segment, Wording]] = told,
        ) -> None:
            together.wait()
            told.append(choose_wordings(segments, model, model, store, sleep=lambda seconds: time.sleep(seconds / 20)))

        threads = [Thread(target=chunk, args=(segments,)) for segments in chunks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(map(len, told)) == sorted(map(len, chunks))
    drafted = list(chain.from_iterable(segments for role, segments in model.asked if role == "author"))
    assert len(model.asked) <= 6
    assert len(drafted) == len(set(drafted)) == len(store.kept)


def test_every_segment_of_any_news_can_be_drafted_together_with_others() -> None:
    model = FakeModel()
    chosen = choose(model, FakeStore(), *list(all_segments())[::7])
    assert set(origins(chosen).values()) == {Origin.MODEL}
