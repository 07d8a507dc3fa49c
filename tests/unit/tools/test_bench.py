"""What the benchmark says of its figures, and that the design it compares with is a real workflow."""

from dataclasses import replace
from decimal import Decimal

from flightpulse.workbench.observe.counts import Counts
from localcloud.services.step_functions import creation
from tools.bench import baseline, day, latency, scaling
from tools.bench.__main__ import Costs, Measured, Results, report

OURS = Measured(bookings=180, messages=360, bytes=9000, seconds=2.0, model_calls=0)
OTHER = Measured(bookings=180, messages=360, bytes=9000, seconds=24.0, model_calls=180)
COUNTS = Counts(1, 1, 9, 100, 80, 20, 20, 20, 0, 3, 0, 0, 0, 0)


def test_the_page_has_medians_ranges_and_the_ratio_of_pairs():
    # Given three pairs of runs
    costs = [Costs(Decimal("0.1"), Decimal(3), Decimal(9))]
    results = Results(unprepared=[replace(OURS, seconds=9.0, model_calls=6)], costs=costs)
    results.latency, results.scaling, results.day = (
        latency.line([0.5] * 99 + [2.0]),
        ["messages: 40"],
        ["told twice: 0"],
    )
    results.pairs["warm"] = [(replace(OURS, seconds=seconds), OTHER) for seconds in (2.0, 1.0, 3.0)]

    # When the page is written
    page = report(results, 180, "python -m tools.bench")

    # Then it says how much, how sure, and how many times
    assert "| warm (180) | 90 [60–180] | 7.5 | 12 [8–24] |" in page
    assert "| warm | 0 | 180 |" in page
    assert "| nothing prepared, 180 told in 9.0 s | 6 | – |" in page
    assert "costs $0.1000 at list prices" in page
    assert "$3.0000 (30.0 times as much), and $9.0000 (90.0 times)" in page
    assert "100 events, 20 messages each, from sending to the last message: p50 0.50 s, p95 0.50 s, p99 0.50 s" in page
    assert "\n- messages: 40\n" in page
    assert "\n- told twice: 0\n" in page
    assert not any(mark in page for mark in ("$command", "$ratio", "${"))


def test_the_other_design_is_a_workflow_that_step_functions_accepts():
    text = baseline.definition({"TableName": "T", "FunctionName": "F", "EventBusName": "B"})
    assert "${" not in text
    assert creation.refusal(text) is None


def test_a_line_is_fitted_through_what_was_counted():
    # Given runs that took two transitions for each message and twenty beside
    runs = [replace(COUNTS, emails=size, texts=size, state_transitions=20 + 4 * size) for size in (20, 60, 180)]

    # Then that is what is said
    assert "state transitions: 100, 260, 740; 2.000 for each message and 20.0 beside" in scaling.lines(runs)[1]


def test_what_a_process_uses_includes_what_it_started():
    # Given a cloud with a function that started something, and a stranger
    listed = ["1 0 1024 1:00.50", "2 1 2048 00:00:02", "3 2 1024 1-00:00:01", "9 0 4096 10:00"]

    # When what the cloud uses is added up
    load = day.used([line.split() for line in listed], 1)

    # Then all three are in it
    assert (load.memory, load.processor_seconds) == (4.0, 60.5 + 2 + 86_401)
