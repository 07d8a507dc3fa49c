"""Checks, tables and payload changes: what a reader sees as text."""

import pytest

from flightpulse.workbench import CheckError, check
from flightpulse.workbench.observe import payloads
from flightpulse.workbench.observe.payloads import Changed
from flightpulse.workbench.show.picture import Picture
from flightpulse.workbench.show.tables import Table


def test_a_check_that_holds_prints_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    check("passengers told", 6, 6)

    assert capsys.readouterr().out == "✓ passengers told: 6\n"


def test_a_check_that_fails_names_both_values_in_one_sentence() -> None:
    with pytest.raises(CheckError, match=r"^passengers told: got 5, want 6$") as caught:
        check("passengers told", 5, 6)

    assert isinstance(caught.value, AssertionError)


def test_a_set_is_printed_in_the_same_order_every_time(capsys: pytest.CaptureFixture[str]) -> None:
    check("channels", {"sms", "email"}, {"email", "sms"})

    assert capsys.readouterr().out == "✓ channels: email, sms\n"


def test_changes_tell_new_gone_and_changed_keys_apart() -> None:
    changes = payloads.between({"a": 1, "b": {"c": 2}, "d": 3}, {"a": 1, "b": {"c": 4}, "e": 5})

    assert (changes.added, changes.removed, changes.changed) == (("e",), ("d",), (Changed("b.c", "2", "4"),))


def test_changes_in_brief_put_the_tables_own_keys_last() -> None:
    changes = payloads.between({"GSI1PK": "A", "status": "A"}, {"GSI1PK": "B", "status": "B"})

    assert changes.brief(shown=1) == "~ status: A → B and 1 more"


def test_a_table_escapes_what_would_be_html() -> None:
    assert "<b>" not in Table.of(("x",), [("<b>",)]).html()


def test_numbers_stand_at_the_right() -> None:
    assert str(Table.of(("n",), [(5,), (100,)], numbers=(0,))).splitlines()[2] == "  5"


def test_a_picture_shows_its_words_as_an_output_of_their_own(monkeypatch: pytest.MonkeyPatch):
    from IPython import display as notebook

    shown: list[dict[str, object]] = []
    monkeypatch.setattr(notebook, "display", lambda data, **_: shown.append(data))

    Picture(b"png", "Two bars.")._ipython_display_()

    assert shown == [{"image/png": b"png", "text/plain": "Two bars."}, {"text/plain": "Two bars."}]


def test_every_cell_of_a_table_says_its_side_because_notebooks_set_cells_to_the_right() -> None:
    html = Table.of(("what", "how many"), [("e-mails", 3)], numbers=(1,)).html()

    assert '<td align="left" style="text-align:left;white-space:nowrap">e-mails</td>' in html
    assert '<th align="right" style="text-align:right">how many</th>' in html


def test_a_few_words_stay_on_one_line() -> None:
    html = Table.of(("",), [("✓ accepted",), ("some more words than these",)]).html()

    assert 'nowrap">✓ accepted<' in html
    assert html.count("nowrap") == 1


def test_a_dollar_sign_in_a_table_begins_no_formula() -> None:
    """Notebooks typeset what stands between two of them, unless the class says not to."""
    html = Table.of(("rule",), [("$.type is $.kind",)]).html()

    assert html.startswith('<table class="mathjax_ignore">')
    assert "$.type is $.kind" in html
