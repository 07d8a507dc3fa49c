"""The step player: an execution on its state machine diagram, event by event, in a notebook or on a page of its own."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from flightpulse.errors import UserError
from flightpulse.workbench import diagram
from flightpulse.workbench.diagram import Diagram
from flightpulse.workbench.executions.story import in_words
from flightpulse.workbench.player import frames, page, table
from flightpulse.workbench.player.diff import Diff, diff
from flightpulse.workbench.player.gantt import Gantt
from flightpulse.workbench.player.page import PageRun
from flightpulse.workbench.show.picture import Picture, PictureAndWords
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.show.words import counted, duration

__all__ = ["Diff", "Gantt", "Player", "diff"]

_NO_EVENTS = "The history has no events."
_ENDINGS = {
    "SUCCEEDED": "succeeded after",
    "FAILED": "failed after",
    "TIMED_OUT": "timed out after",
    "ABORTED": "was stopped after",
    "RUNNING": "still running after",
}


class Player(PictureAndWords):
    """One execution, ready to be stepped through.

    ``definition`` is the state machine's definition (mapping or JSON text); ``events`` what GetExecutionHistory
    returned, in one piece or in pages, or a saved file's content. ``nested`` maps the ARNs of executions that this one
    started to their own definition and events, as a pair or as a mapping with these names.
    """

    def __init__(
        self,
        definition: Mapping[str, Any] | str,
        events: Any,
        *,
        title: str = "Execution",
        nested: Mapping[str, Any] | None = None,
    ) -> None:
        self.title = title
        self.diagram: Diagram = diagram.of(definition)
        self._nested = dict(nested or {})
        self._history = events

    @cached_property
    def replay(self) -> frames.Replay:
        """The frames, and the statuses and variables after each."""
        found = frames.replay(self._history, self.diagram.states)
        if not found.frames:
            raise UserError(_NO_EVENTS, hint="Wait until the execution has started, then read its history again.")
        return found

    @property
    def sentence(self) -> str:
        """The whole run in one sentence."""
        return _summary(self.replay)

    def captions(self) -> tuple[str, ...]:
        """One plain sentence per event."""
        return tuple(frame.sentence for frame in self.replay.frames)

    def table(self) -> Table:
        """One row per visit."""
        return table.table(self.replay)

    def gantt(self) -> Gantt:
        """When each state ran, as a picture and as text."""
        return Gantt(self.replay)

    def picture(self) -> Picture:
        """The poster: how the execution ended, on its diagram and as a sentence."""
        return self.diagram.picture(self.replay.marks(), f"{self.title}: {self.sentence}")

    def html(self) -> str:
        """The player as a piece of HTML for a notebook's output or a page with others."""
        return page.fragment(self._runs(), self.table())

    def page(self) -> str:
        """The player as a page of its own, complete and working offline."""
        return page.page(self.html(), self.title)

    def _runs(self) -> dict[str, PageRun]:
        """This execution and all it started by their ARNs, as far as their histories are known."""
        players: dict[str, Player] = {"": self}
        diagrams: dict[str, Diagram] = {}
        queue = [self]
        for player in queue:
            for arn in _children(player.replay):
                if arn in self._nested and arn not in players:
                    players[arn] = _nested_player(arn, self._nested[arn], diagrams)
                    queue.append(players[arn])
        return {
            arn: PageRun(player.title, player.sentence, player.diagram, player.replay)
            for arn, player in players.items()
        }

    def _words(self, said: str) -> dict[str, str]:  # noqa: ARG002
        """The player itself, and the visits as a table for whoever sees no HTML."""
        return {"text/html": self.html(), "text/plain": str(self.table())}

    def __repr__(self) -> str:
        return f"{self.title}: {self.sentence}"


def _children(replay: frames.Replay) -> list[str]:
    return [arn for stay in replay.trace.stays for arn in stay.visit.children]


def _short_name(arn: str) -> str:
    """The state machine and the execution's name, a UUID cut short: what tells nested executions apart."""
    *_, machine, name = ["", "", *arn.split(":")]
    return f"{machine} {name[:8]}…" if len(name) > 24 else f"{machine} {name}".strip()


def _nested_player(arn: str, found: Any, diagrams: dict[str, Diagram]) -> Player:
    definition, history = (found["definition"], found["events"]) if isinstance(found, Mapping) else found
    player = Player(definition, history, title=_short_name(arn))
    player.diagram = diagrams.setdefault(repr(definition), player.diagram)
    return player


def _summary(replay: frames.Replay) -> str:
    """``succeeded after 1.2 s; 12 states visited, 2 tries failed, 1 error caught``."""
    history = replay.trace.history
    took = duration(replay.frames[-1].seconds)
    said = [f"{_ENDINGS[history.status]} {took}"]
    if history.problem and history.status == "FAILED":
        said[0] += f" with {in_words(history.problem)}"
    statuses = list(replay.final.values())
    failed_tries = sum(1 for stay in replay.trace.stays for attempt in stay.visit.attempts if attempt.problem)
    facts = [f"{counted(len(statuses), 'state')} visited"]
    if failed_tries:
        facts.append(f"{counted(failed_tries, 'try', 'tries')} failed")
    if statuses.count("caught"):
        facts.append(f"{counted(statuses.count('caught'), 'error')} caught")
    if history.redrives:
        facts.append(f"redriven {counted(history.redrives, 'time')}")
    return f"{said[0]}; {', '.join(facts)}."
