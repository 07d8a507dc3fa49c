"""Tables on a narrow screen keep words whole as far as there is room."""

import io
from contextlib import redirect_stdout

import pytest

from flightpulse.cli import screen
from flightpulse.workbench.show.tables import Table


def printed(width: int, *rows: tuple[str, ...]) -> str:
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as output:
        patch.setenv("COLUMNS", str(width))
        screen.show(Table.of(("result", "workflow", "what happened", "took"), rows))
    return output.getvalue()


ROW = ("✓ succeeded", "CancellationWorkflow", "every passenger was told once on each channel they chose", "0.24 s")


@pytest.mark.parametrize("width", [80, 72, 60])
def test_every_word_stands_on_one_line(width: int) -> None:
    text = printed(width, ROW)

    words = {word for cell in ROW for word in cell.split()}
    assert words <= set(text.replace("│", " ").split())
    assert "✓ succeeded" in text


def test_the_table_stays_within_the_screen_when_a_word_has_no_room() -> None:
    text = printed(70, ("✓ succeeded", "CancellationWorkflow", "342257c1-07f7-481c-ad61-8ec520a2c3da", "0.24 s"))

    assert max(map(len, text.splitlines())) <= 70
    assert "CancellationWorkflow" in text
