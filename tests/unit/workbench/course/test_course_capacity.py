"""What binds first is found on paper, and a simulation of the same storm agrees."""

import pytest

from flightpulse.workbench.course import capacity
from flightpulse.workbench.course.capacity import ONE_KEY, QUOTAS, STARTS, TRANSITIONS, LoadCase


def test_a_storm_takes_what_lies_on_the_line_through_the_flights_that_were_measured():
    # Given storms of one flight as large as one that was measured
    small, large = (entry for entry in capacity.measured() if entry["kind"] == "delay")

    # Then they take what was measured
    for entry in (small, large):
        storm = LoadCase(1, 60, "delay", bookings=entry["bookings"], messages=2)
        assert storm.takes()[TRANSITIONS] == pytest.approx(entry["transitions"])


def test_only_a_cancellation_writes_every_booking_under_one_key_of_an_index():
    assert LoadCase(10, 60).takes()[ONE_KEY] == 580
    assert LoadCase(10, 60, "delay").takes()[ONE_KEY] == 10


def test_who_spreads_their_news_over_enough_time_waits_for_no_quota():
    assert capacity.first_to_bind(LoadCase(4000, 60)) == ONE_KEY
    assert capacity.first_to_bind(LoadCase(4000, 600)) == ""


def test_what_is_raised_no_longer_binds():
    more = capacity.raised({ONE_KEY: 10})

    assert capacity.first_to_bind(LoadCase(4000, 60), more) == TRANSITIONS
    assert more[STARTS] == QUOTAS[STARTS]


def test_the_simulation_takes_as_long_as_the_quota_that_binds_and_a_chunk_more():
    # Given a storm that one quota holds up
    storm = LoadCase(500, 10)
    late = capacity.waits(storm)[ONE_KEY]

    # When it is simulated
    waited = capacity.simulate(storm)

    # Then the last passenger waits for that quota, and for as long as some chunks last
    assert late > 10
    assert late <= waited[-1] <= late + 4


def test_the_same_seed_waits_the_same():
    assert capacity.simulate(LoadCase(50, 10), seed=3) == capacity.simulate(LoadCase(50, 10), seed=3)
    assert capacity.simulate(LoadCase(50, 10), seed=3) != capacity.simulate(LoadCase(50, 10), seed=4)


def test_the_table_says_how_much_is_taken_and_how_late_that_makes_the_last_news():
    shown = capacity.table(LoadCase(4000, 60, calls=1))

    assert shown.column("share of it")[0] == "216%"
    assert shown.column("what")[-1] == capacity.CALLS
    assert "4,000 flights, 232,000 bookings" in str(shown)
