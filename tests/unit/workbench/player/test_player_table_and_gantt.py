"""Every picture also exists as text."""

from flightpulse.workbench.player import Player
from flightpulse.workbench.player.gantt import FoldedTime
from flightpulse.workbench.player.texts import Lines
from flightpulse.workbench.show.tables import TABLE
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
    assert [(row.depth, row.state, row.item, row.result) for row in rows] == [
        (0, "Tell", "", "✓ done"),
        (1, "Draft", "#0", "✓ done"),
        (1, "Send", "#0", "✓ done"),
        (1, "Draft", "#1", "! caught"),
        (1, "Template", "#1", "✓ done"),
        (0, "Done", "", "✓ done"),
    ]


def test_many_ordinary_items_share_a_line():
    rows = Player(runs.MAP, runs.chunk_of(100)).table().rows
    assert len(rows) == 2 + 2 * 10 + 1
    assert [row.state for row in rows][-2:] == ["… 90 more items of Tell", "Done"]
    assert any(row.item == "#99" and row.result == "! caught" for row in rows)


def test_the_html_table_inside_the_player_needs_no_style():
    text = Player(runs.MAP, runs.interleaved()).table().html()
    assert text.startswith(f"{TABLE}<thead><tr><th>state</th>")
    assert "style" not in text


def test_a_table_of_its_own_says_its_side_because_notebooks_set_cells_to_the_right():
    table = Player(runs.MAP, runs.interleaved()).table()
    assert table._repr_html_().replace(' align="left" style="text-align:left"', "") == table.html()
    assert table._repr_html_() != table.html()


def test_the_gantt_chart_as_text_shows_when_each_state_ran():
    text = Player(runs.LINE, runs.straight()).gantt().text()
    assert text.splitlines()[0].startswith("Claim   |")
    assert "at 1.000 s  ✓ 4.0 s" in text


def test_the_gantt_chart_labels_true_durations_and_tries():
    bars = Player(runs.LINE, runs.retried_then_caught()).gantt().bars
    assert [bar.label for bar in bars] == ["! 10.0 s, 3 tries", "✓ 1.0 s"]


def test_the_gantt_chart_of_a_running_execution_says_so():
    [bar] = Player(runs.LINE, runs.straight()[:4]).gantt().bars
    assert bar.label == "▶ 2.0 s so far"


def test_the_gantt_chart_is_the_same_picture_every_time():
    first, second = (Player(runs.MAP, runs.interleaved()).gantt().png() for _ in range(2))
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


def test_lines_that_repeat_are_stored_once():
    lines = Lines(10_000)
    first = lines.store('{"a": {"gate": "A12", "flight": "SW1234"}}', 90)
    second = lines.store('{"b": {"gate": "A12", "flight": "SW1234"}, "c": 1}', 90)
    assert sum("SW1234" in line for line in lines.lines) == 1
    assert rebuilt(lines, first) == ["{", '"a": {', '"gate": "A12",', '"flight": "SW1234"', "}", "}"]
    assert rebuilt(lines, second) == ["{", '"b": {', '"gate": "A12",', '"flight": "SW1234"', "},", '"c": 1', "}"]


def test_a_text_that_is_no_json_is_kept_as_it_is():
    lines = Lines(10_000)
    stored = lines.store("Traceback:\n  line 1", 90)
    assert rebuilt(lines, stored) == ["Traceback:", "  line 1"]
    assert not stored.nested


def test_a_long_text_is_shortened_and_says_by_how_much():
    lines = Lines(10_000)
    stored = lines.store("one\ntwo\nthree\nfour", 3)
    assert (len(rebuilt(lines, stored)), stored.left_out) == (3, 4)


def test_past_the_budget_a_text_is_not_kept_but_counted():
    lines = Lines(20)
    stored = lines.store("x" * 200, 90)
    assert (stored.runs, stored.left_out, lines.overflow) == ((), 200, True)


def rebuilt(lines, stored):
    pairs = zip(stored.runs[::2], stored.runs[1::2], strict=True)
    return [lines.lines[n] for start, length in pairs for n in range(start, start + length)]
