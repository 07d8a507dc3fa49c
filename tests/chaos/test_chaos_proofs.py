"""Short, seeded versions of every proof of ``flightpulse chaos``; the long ones are run by command."""

from flightpulse.chaos import crashes, disorder, outage, pushback, redriving, scale, wire
from flightpulse.chaos.verdict import Verdict
from flightpulse.workbench.target.session import Session
from tests.waiting import COMMAND_SECONDS


def assert_kept(verdict: Verdict) -> None:
    assert verdict.kept, [f"{promise.said}: {promise.seen}" for promise in verdict.broken]


def test_events_sent_three_times_in_any_order_are_told_once_and_in_order(session: Session) -> None:
    verdict = disorder.prove(session, 11, flights=4, events=5, bookings=4, seconds=COMMAND_SECONDS)

    assert_kept(verdict)
    assert verdict.figures["records"] == 3 * int(verdict.figures["events"])
    assert int(verdict.figures["duplicates"]) == 2 * int(verdict.figures["events"])
    assert int(verdict.figures["superseded"]) > 0


def test_one_record_at_a_time_exactly_what_is_still_news_is_told(session: Session) -> None:
    assert_kept(
        disorder.prove(session, 12, flights=3, events=4, bookings=3, copies=2, paced=True, seconds=COMMAND_SECONDS)
    )


def test_one_event_about_many_people_stays_within_the_limits_and_tells_all(session: Session) -> None:
    verdict = scale.prove(session, 13, sizes=(90,), kinds=("cancellation",), seconds=COMMAND_SECONDS)

    assert_kept(verdict)
    assert verdict.figures["messages"] == 180
    # Two chunks of 40, one of 10, spread over three tiers: more than one execution, and each measured.
    assert int(verdict.figures["executions"]) > 4
    assert int(verdict.figures["largest payload, bytes"]) > 10_000


def test_calls_that_fail_on_every_hop_lose_nothing_and_double_nothing(session: Session) -> None:
    verdict = pushback.prove(session, 14, flights=4, events=4, bookings=3, rate=0.2, seconds=COMMAND_SECONDS)

    assert_kept(verdict)
    assert int(verdict.figures["faults"]) > 50


def test_what_is_killed_between_kafka_and_the_passengers_loses_nothing_and_doubles_nothing(session: Session) -> None:
    verdict = crashes.prove(session, 21, runs=3, seconds=COMMAND_SECONDS)

    assert_kept(verdict)
    assert int(verdict.figures["kills"]) >= 5


def test_what_failed_comes_back_and_who_was_told_is_not_told_again(session: Session) -> None:
    verdict = redriving.prove(session, 15, bookings=5, seconds=COMMAND_SECONDS)

    assert_kept(verdict)
    assert 0 < int(verdict.figures["told before"]) < int(verdict.figures["told in the end"])


def test_a_model_that_fails_or_invents_holds_nobody_up_and_tells_nobody_anything(session: Session) -> None:
    verdict = outage.prove(
        session, 16, bookings=10, kinds=("throttle", "down", "promise", "curly_quotes"), seconds=COMMAND_SECONDS
    )

    assert_kept(verdict)
    assert int(verdict.figures["fallback messages"]) > 0


def test_connections_that_are_reset_on_the_wire_lose_nothing_and_double_nothing(session: Session) -> None:
    verdict = wire.prove(session, 17, flights=3, events=4, bookings=3, seconds=COMMAND_SECONDS)

    assert_kept(verdict)
    assert int(verdict.figures["resets"]) > 0
