"""Figures that change while a step is under way stand below its bar."""

from io import StringIO

from rich.console import Console

from flightpulse.workbench.show import progress
from flightpulse.workbench.show.progress import Steps


def test_a_terminal_shows_the_board_below_the_bar() -> None:
    screen = StringIO()
    bars = progress._BarsAndBoard()
    bars.add_task("replay", total=10)
    bars.board = {"told": "1,204", "cost": "about $0.06"}

    Console(file=screen, width=100).print(*bars.get_renderables())

    bar, head, figures = screen.getvalue().splitlines()
    assert bar.startswith("replay")
    assert (head.split(), figures.split()) == (["told", "cost"], ["1,204", "about", "$0.06"])


def test_a_log_has_the_step_and_its_end_only() -> None:
    screen = StringIO()
    with Steps(console=Console(file=screen, width=100)) as steps:
        steps.update("replay", "twelve events", 3, 10, {"told": "1,204"})
        steps.finish("replay", "done")

    lines = [line.strip().split("  ")[0] for line in screen.getvalue().splitlines()]
    assert lines == ["… replay: twelve events", "✓ replay"]
