"""State machine diagrams drawn from their definition alone: ``diagram.of(definition)`` as PNG or text."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from flightpulse.workbench.diagram import png, text
from flightpulse.workbench.diagram.definition import Edge, Scope, State, parse
from flightpulse.workbench.diagram.layout import Layout, layout
from flightpulse.workbench.diagram.marks import NO_MARKS, SIGNS, Mark, Marks
from flightpulse.workbench.diagram.scene import Scene, compose
from flightpulse.workbench.show.picture import Picture, PictureAndWords

__all__ = ["NO_MARKS", "SIGNS", "Diagram", "Edge", "Mark", "Marks", "Scope", "State", "of"]

_SHARP_UP_TO = 1_300_000


class Diagram(PictureAndWords):
    """One state machine, ready to be drawn with or without the marks of a run."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.states: dict[str, State] = {state.path: state for state in scope.walk()}

    @cached_property
    def layout(self) -> Layout:
        """Where everything is in a picture of the bare definition."""
        return layout(self.scope)

    @cached_property
    def run_layout(self) -> Layout:
        """The same with a line in each box that says how the state fared."""
        return layout(self.scope, with_status=True)

    def scene(self, marks: Marks = NO_MARKS) -> Scene:
        """What there is to draw."""
        return compose(self.run_layout if marks.states else self.layout, marks)

    def picture(self, marks: Marks = NO_MARKS, said: str = "", alt: str = "") -> Picture:
        """Drawn at 1.5 pixels for one where that stays small; ``said`` is its text unless told otherwise."""
        scene = self.scene(marks)
        drawn = png.write(scene, 1.5 if scene.width * scene.height < _SHARP_UP_TO else 1.0)
        return Picture(drawn, said or self.text(marks), alt, round(scene.width))

    def text(self, marks: Marks = NO_MARKS) -> str:
        """The same as indented text."""
        return text.write(self.scope, marks)

    def __repr__(self) -> str:
        return f"<Diagram of {len(self.states)} states>"


def of(definition: Mapping[str, Any] | str) -> Diagram:
    """The diagram of a definition given as a mapping or as JSON text. Raises UserError when it is none."""
    return Diagram(parse(definition))
