"""Every picture also exists as text."""

from flightpulse.workbench.player import Player
from flightpulse.workbench.player.gantt import FoldedTime
from flightpulse.workbench.show.tables import INDENT
from tests.unit.workbench.player import runs


def test_the_table_has_a_line_per_visit_with_its_result_tries_and_error():
    assert str(Player(runs.LINE, runs.retried_then_caught()).table()) == (
        "state    item  result    tries  took    error\n"
        "-------  ----  --------  -----  ------  ----------------------------------------\n"
        "Claim          ! caught  3      10.0 s  DynamoDB.ConditionalCheckFailedException\n"
        "Handled        ✓ done           1.0 s"
    )


def test_items_of_a_map_stand_below_it_with_their_number():
    rows = Player(runs.MAP, runs.interleaved()).table().rows
    assert [row[:3] for row in rows] == [
        ("Tell", "", "✓ done"),
        (f"{INDENT}Draft", "#0", "✓ done"),
        (f"{INDENT}Send", "#0", "✓ done"),
        (f"{INDENT}Draft", "#1", "! caught"),
        (f"{INDENT}Template", "#1", "✓ done"),
        ("Done", "", "✓ done"),
    ]


def test_many_ordinary_items_share_a_line():
    rows = Player(runs.MAP, runs.chunk_of(100)).table().rows
    assert len(rows) == 2 + 2 * 10 + 1
    assert [row[0] for row in rows][-2:] == [f"{INDENT}… 90 more items of Tell", "Done"]
    assert list(dict.fromkeys(row[1] for row in rows)) == ["", *(f"#{n}" for n in range(9)), "#99"]
    assert ("#99", "! caught") in [row[1:3] for row in rows]


def test_the_gantt_chart_as_text_shows_when_each_state_ran():
    text = Player(runs.LINE, runs.straight()).gantt().text()
    assert text.splitlines()[2].split() == ["Claim", "1.000", "s", "✓", "4.0", "s"]


def test_the_gantt_chart_labels_true_durations_and_tries():
    bars = Player(runs.LINE, runs.retried_then_caught()).gantt().bars
    assert [bar.label for bar in bars] == ["! 10.0 s, 3 tries", "✓ 1.0 s"]


def test_the_gantt_chart_of_a_running_execution_says_so():
    [bar] = Player(runs.LINE, runs.straight()[:4]).gantt().bars
    assert bar.label == "▶ 2.0 s so far"


def test_the_gantt_chart_is_the_same_picture_every_time():
    first, second = (Player(runs.MAP, runs.interleaved()).gantt().picture().png for _ in range(2))
    assert first == second
    assert len(first) < 60_000


def test_a_large_map_does_not_make_an_endless_chart():
    gantt = Player(runs.MAP, runs.chunk_of(300)).gantt()
    assert len(gantt.bars) < 20
    assert "not shown: 588 more visits" in gantt.text()


def test_long_waits_are_folded_and_said():
    clock = FoldedTime([0.0, 0.1, 0.2, 0.3, 0.4, 90.0, 90.1])
    [fold] = clock.folds
    assert (fold.begin, fold.end) == (0.4, 90.0)
    assert clock.place(0.4) > 0.7
    assert clock.place(90.1) == 1


def test_a_run_without_idle_time_is_not_folded():
    assert FoldedTime([0.0, 1.0, 2.0, 3.5, 4.0]).folds == []
