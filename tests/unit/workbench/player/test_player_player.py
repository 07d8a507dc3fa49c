"""A Player is a poster, a sentence, a table, and a player."""

import subprocess
import sys
import types

import pytest

from flightpulse import paths
from flightpulse.errors import UserError
from flightpulse.workbench.player import Player, diff
from tests.unit.workbench.player import runs


@pytest.fixture
def shown(monkeypatch):
    """What a notebook was asked to display, in order."""
    displayed = []
    notebook = types.ModuleType("IPython.display")
    notebook.display = lambda data, metadata=None, raw=False: displayed.append(data)
    ipython = types.ModuleType("IPython")
    ipython.display = notebook
    # matplotlib asks an IPython that is loaded for its version.
    ipython.version_info = (9, 0)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", notebook)
    return displayed


def test_a_notebook_gets_two_outputs_the_poster_first(shown):
    Player(runs.LINE, runs.straight(), title="Delay")._ipython_display_()
    assert [sorted(data) for data in shown] == [["image/png", "text/plain"], ["text/html", "text/plain"]]


def test_a_chart_and_a_comparison_fold_their_words(shown):
    player = Player(runs.LINE, runs.straight())
    player.gantt()._ipython_display_()
    diff(runs.LINE, runs.straight(), runs.retried_then_caught())._ipython_display_()
    gantt, comparison = shown[1], shown[3]
    assert gantt["text/html"].startswith("<details><summary>The same in words: 3 visits</summary><pre>state ")
    assert "The runs part at event 5 of A" in comparison["text/html"].partition("</summary>")[0]
    assert "Choose: A only" in comparison["text/plain"]


def test_the_poster_says_in_words_what_it_shows():
    data, metadata = Player(runs.LINE, runs.retried_then_caught(), title="Delay")._repr_mimebundle_()
    said = "Delay: succeeded after 14.0 s; 2 states visited, 3 tries failed, 1 error caught."
    assert data["text/plain"] == said
    assert metadata["image/png"]["alt"] == said
    assert data["image/png"].startswith(b"\x89PNG")


def test_a_poster_is_small_and_the_same_every_time():
    first, second = (Player(runs.MAP, runs.interleaved()).picture().png for _ in range(2))
    assert first == second
    assert len(first) < 60_000


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("ExecutionFailed", "failed after"),
        ("ExecutionTimedOut", "timed out after"),
        ("ExecutionAborted", "was stopped after"),
    ],
)
def test_the_sentence_says_how_the_execution_ended(kind, said):
    builder = runs.begun()
    builder.entered("Task", "Claim")
    builder.add(kind, error="Oops", cause="it broke")
    assert said in Player(runs.LINE, builder.events).sentence


def test_the_sentence_says_that_an_execution_is_still_running():
    assert Player(runs.LINE, runs.straight()[:4]).sentence.startswith("still running after 3.0 s")


def test_captions_are_plain_sentences_one_per_event():
    captions = Player(runs.LINE, runs.retried_then_caught()).captions()
    assert captions == (
        "The execution starts.",
        "Claim begins.",
        "Claim calls dynamodb:putItem.",
        "dynamodb:putItem begins to work for Claim.",
        "Claim fails on try 1 with DynamoDB.ThrottlingException (it was taken); it will be tried again.",
        "Claim tries again (try 2): calls dynamodb:putItem.",
        "dynamodb:putItem begins to work for Claim.",
        "Claim fails on try 2 with DynamoDB.ThrottlingException (it was taken); it will be tried again.",
        "Claim tries again (try 3): calls dynamodb:putItem.",
        "dynamodb:putItem begins to work for Claim.",
        "Claim fails on try 3 with DynamoDB.ConditionalCheckFailedException (it was taken); Handled takes over.",
        "Claim is left through its catch; Handled takes over.",
        "Handled is reached: a good end.",
        "Handled is done.",
        "The execution succeeds after 14.0 s.",
    )


def test_captions_inside_maps_and_branches_say_which():
    captions = Player(runs.FAN_OUT, runs.parallel()).captions()
    assert "Both starts its 2 branches." in captions
    assert "Branch 2 of Both: Item #1 of Each begins." in captions
    assert "Branch 2 of Both, item #1 of Each: Text is done." in captions
    assert "Branch 2 of Both: All 2 items of Each are done." in captions


def test_every_caption_of_every_run_is_one_sentence():
    for definition, history in [
        (runs.LINE, runs.straight()),
        (runs.MAP, runs.interleaved()),
        (runs.MAP, runs.item_fails()),
        (runs.FAN_OUT, runs.parallel()),
    ]:
        for caption in Player(definition, history).captions():
            assert caption[0].isupper() or caption[0].islower()
            assert caption.endswith(".")
            assert "None" not in caption


def test_an_empty_history_is_a_mistake_with_a_way_out():
    with pytest.raises(UserError, match="no events"):
        Player(runs.LINE, []).captions()


def test_the_package_loads_without_matplotlib_or_ipython():
    code = (
        "import sys; from flightpulse.workbench.player import Player; from tests.unit.workbench.player import runs;"
        "Player(runs.LINE, runs.straight()).page();"
        "print([name for name in ('matplotlib', 'IPython', 'PIL', 'boto3') if name in sys.modules])"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", code], cwd=paths.ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()
        == "[]"
    )


def test_without_matplotlib_a_picture_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(UserError, match="matplotlib"):
        Player(runs.LINE, runs.straight()).picture()
