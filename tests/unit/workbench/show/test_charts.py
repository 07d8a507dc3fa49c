"""Charts say in words what they show, and are the same bytes every time."""

from datetime import timedelta
from typing import Any

import pytest

from flightpulse.errors import UserError
from flightpulse.workbench.show import charts
from tests.unit.workbench.bench_builders import seconds


def test_parts_of_the_hours_of_a_day_are_stacked_and_said_in_words():
    picture = charts.by_hour({"left": {6: 3, 17: 1}, "cancelled": {17: 10}}, title="Nothing leaves at 17:00")

    assert picture.said == (
        "Nothing leaves at 17:00. Flights by hour: left 4, most at 6:00; cancelled 10, most at 17:00."
    )
    assert picture.png.startswith(b"\x89PNG")
    with pytest.raises(UserError, match="no hours to draw"):
        charts.by_hour({}, title="")


def test_the_median_is_the_nearest_rank() -> None:
    assert [charts.percentile([4, 1, 3, 2], part) for part in (0.5, 0.95, 0.0)] == [2, 4, 1]


def test_a_latency_chart_says_its_percentiles_and_who_met_the_target() -> None:
    picture = charts.latency_ecdf([0.2, 0.4, 3.0], target=0.5)

    assert "p50 400 ms, p95 3.0 s" in picture.said
    assert "2 of 3 are within the target of 500 ms" in picture.said
    assert picture.png == charts.latency_ecdf([3.0, 0.2, 0.4], target=0.5).png


def test_latencies_far_below_their_target_are_still_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.axes import Axes

    drawn: set[Axes] = set()
    plot = Axes.plot

    def noting(axes: Axes, *data: Any, **more: Any) -> Any:
        drawn.add(axes)
        return plot(axes, *data, **more)

    monkeypatch.setattr(Axes, "plot", noting)
    charts.latency_ecdf([0.1] * 10 + [0.6] * 10, target=1800)

    (axes,) = drawn
    places = [axes.transAxes.inverted().transform(axes.transData.transform((value, 0)))[0] for value in (0.1, 0.6)]
    assert places[1] - places[0] > 0.05


def test_without_values_there_is_one_sentence_and_no_chart() -> None:
    with pytest.raises(UserError, match="no latencies"):
        charts.latency_ecdf([])


def test_the_backlog_says_how_many_waited_at_most() -> None:
    picture = charts.backlog([seconds(0), seconds(1), seconds(2)], [seconds(3)])

    assert "3 sent, 1 handled; at most 3 waiting, 2 at the end" in picture.said


def test_throughput_counts_per_second() -> None:
    picture = charts.throughput([seconds(0)] * 4, [seconds(1.5)], bin_seconds=1)

    assert "4 events sent, at most 4 per second" in picture.said


def test_a_metric_chart_names_each_sum() -> None:
    picture = charts.metric({"NotificationsSent": [(seconds(0), 4.0), (seconds(60), 2.0)]}, title="Told")

    assert picture.said == "Told: NotificationsSent 6."


def test_a_metric_that_cloudwatch_does_not_have_gets_one_sentence() -> None:
    with pytest.raises(UserError, match="no values of Nothing"):
        charts.metric({"Nothing": []}, title="Told")


def test_a_picture_carries_its_words_as_text_and_as_alternative_text() -> None:
    data, metadata = charts.backlog([seconds(0)], [seconds(0) + timedelta(seconds=1)])._repr_mimebundle_()

    assert data["text/plain"] == metadata["image/png"]["alt"]
    assert data["image/png"].startswith(b"\x89PNG")


def test_executions_beside_each_other_say_how_many_ran_at_once() -> None:
    spans = [
        charts.ExecutionSpan("late", seconds(1), seconds(3)),
        charts.ExecutionSpan("first", seconds(0), seconds(2)),
        charts.ExecutionSpan("alone", seconds(3), seconds(4)),
    ]

    picture = charts.concurrency(spans)

    assert picture.said.splitlines() == [
        "3 executions in 4.0 s, at most 2 at once:",
        "first, from 0.00 to 2.00 s",
        "late, from 1.00 to 3.00 s",
        "alone, from 3.00 to 4.00 s",
    ]
    assert picture.png == charts.concurrency(spans[::-1]).png


def test_percentiles_that_lie_close_together_have_labels_on_two_heights(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.axes import Axes

    heights: dict[str, float] = {}
    annotate = Axes.annotate

    def noting(axes: Axes, text: str, xy: tuple[float, float], **more: Any) -> Any:
        heights[text.split()[0]] = axes.transAxes.inverted().transform(axes.transData.transform(xy))[1]
        return annotate(axes, text, xy, **more)

    monkeypatch.setattr(Axes, "annotate", noting)
    charts.latency_ecdf([1.0, 1.01, 1.02, 1.03])

    # A line of this size takes six hundredths of the chart's height.
    assert abs(heights["p95"] - heights["p50"]) > 0.06
