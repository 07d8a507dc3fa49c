"""A learner's workshop: change the copy, run it, have it graded; the checkout stays as it is."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from flightpulse import paths
from flightpulse.errors import UserError
from flightpulse.workbench.bench import Workbench
from flightpulse.workbench.run import Run
from flightpulse.workbench.show import notebook, progress
from flightpulse.workbench.show.progress import Steps
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.connection import Connection
from flightpulse.workbench.workshop import assignments, copies, grading, patches
from flightpulse.workbench.workshop.grading import Grade, Step
from flightpulse.workbench.workshop.patches import Patch
from flightpulse.workbench.workshop.shown import TextDiff

_SOLUTIONS = paths.ROOT / "notebooks" / "solutions"
_STATE = "workshop.json"
_ON_THE_WAY = tuple(
    f"flightpulse/{part}/" for part in ("domain", "functions", "messages", "schemas", "workflows", "stack", "stand_in")
)


def open_workshop(name: str, *, home: Path | None = None) -> "Workshop":
    """The workshop of an assignment, with the copy that is there; without one it is made. Nothing is started.

    It lies in ``workshops/`` of the home (the variable FLIGHTPULSE_HOME, or ``.flightpulse`` in the checkout). Raises
    UserError for a name that does not exist.
    """
    notebook.show_user_errors()
    shop = Workshop(assignments.find(name), (home or paths.home()) / "workshops" / name)
    if not shop.copy.exists:
        shop.begin_anew()
    return shop


class Workshop:
    """One assignment and its copy. :func:`open_workshop` makes one.

    ``bench`` is a workbench on the copy's own local cloud; ``code`` is the folder to open in an editor.
    """

    def __init__(self, assignment: assignments.Assignment, folder: Path) -> None:
        self.assignment = assignment
        self.copy = copies.Copy(folder.resolve())
        self.bench = Workbench(Connection("local", home=self.copy.home, port=0))
        self._graded: tuple[str, list[Step]] = ("", [])

    @property
    def code(self) -> Path:
        return self.copy.code

    @property
    def steps(self) -> dict[str, Patch]:
        """The steps of the stored solution, by name, in order."""
        files = sorted((_SOLUTIONS / self.assignment.name).glob("*.patch"))
        return {step.name: step for step in map(patches.read, files)}

    def begin_anew(self) -> None:
        """Copy the checkout again; whatever was changed in the copy is gone, and nothing of it runs any more."""
        self.copy.stop()
        self.copy.make()
        self._remember(applied=[], deployed="")

    def places(self, event_type: str) -> Table:
        """Where the copy's code names a type of event: files with their lines, most first. Its schema counts too."""
        words = re.split(r"_", event_type.lower())
        wanted = re.compile("[_ -]?".join(words), re.IGNORECASE)
        found = {
            path: sum(bool(wanted.search(line)) for line in text.splitlines()) + bool(wanted.search(path))
            for path, text in self.copy.texts().items()
            if path.startswith(_ON_THE_WAY)
        }
        rows = sorted(((path, count) for path, count in found.items() if count), key=lambda row: (-row[1], row[0]))
        return Table.of(("file", "lines"), rows, numbers=(1,))

    def apply(self, name: str) -> TextDiff:
        """Bring the copy up to a step of the stored solution, and show that step. Done again, it changes nothing.

        Raises UserError for a step that does not exist, and when the copy was changed so that a step no longer fits.
        """
        steps = self.steps
        if name not in steps:
            raise UserError(f"There is no step {name!r}.", hint=f"Choose from: {', '.join(steps) or 'none is stored'}")
        applied = self._known()["applied"]
        for step in list(steps.values())[: list(steps).index(name) + 1]:
            if step.name not in applied:
                patches.apply(step, self.code)
                applied = [*applied, step.name]
                self._remember(applied=applied)
        return TextDiff.of_patch(steps[name])

    def write(self, path: str, text: str) -> None:
        """Write a file of the copy, new or over what is there."""
        target = self.copy.path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace one passage of a file. Raises UserError when the passage is not there exactly once."""
        self.write(path, patches.replaced(self.copy.read(path), old, new, where=path))

    def read(self, path: str) -> str:
        """The text of a file of the copy. Raises UserError when there is none."""
        return self.copy.read(path)

    def changes(self) -> TextDiff:
        """What was changed in the copy since it was made."""
        return TextDiff(patches.differences(self.copy.originals(), self.copy.texts()))

    def test(self, *wanted: str) -> str:
        """Run tests of the copy (those that the grading runs unless others are named) and give pytest's last line.

        Raises UserError with what failed.
        """
        code, said = grading.run_tests(self.copy, wanted or grading.HOUSE_TESTS)
        lines = said.strip().splitlines() or ["pytest said nothing"]
        if code:
            failed = [line for line in lines if line.startswith(("FAILED", "ERROR", "E "))]
            raise UserError(
                f"{grading.without_time(lines[-1])}: {'; '.join(failed[:3])}", hint=f"The code is in {self.code}"
            )
        return grading.without_time(lines[-1])

    def deploy(self) -> None:
        """Run the copy: its local cloud, its stack, its sample data. What runs already and has not changed is kept.

        Raises UserError with the first thing that went wrong.
        """
        fingerprint = self.copy.fingerprint()
        if self._known()["deployed"] == fingerprint and self.copy.runs:
            return
        with Steps() as steps:
            steps.update("workshop", "starting the copy's own local cloud and deploying its stack")
            self.copy.stop()
            self.copy.start()
            ran = self.copy.run([str(Path(__file__).with_name("deploy_copy.py"))])
            if ran.returncode:
                lines = ran.stderr.strip().splitlines()
                raise UserError(f"The copy cannot be deployed: {lines[-1] if lines else 'it said nothing'}")
            self._remember(deployed=fingerprint)
            steps.finish("workshop", "the copy runs on a local cloud of its own")

    def event(self, *, at: datetime | None = None, **payload: Any) -> dict[str, Any]:
        """An event of the assignment's type; ``payload`` goes over that of the assignment."""
        return self.assignment.event(at=at, payload={**self.assignment.payload, **payload})

    def fire(self, what: Any) -> Run:
        """Send an event (or a scenario) through the copy's Kafka and wait for what becomes of it; deploys first.

        The flights are first put back to where they began.
        """
        self.deploy()
        return self.bench.fire(what, reset=True)

    def grade(self, *, deploy: bool = True) -> Grade:
        """The checklist. A copy whose code is not complete is not deployed: those steps wait.

        With ``deploy=False`` only the code is looked at.
        """
        fingerprint = self.copy.fingerprint()
        if self._graded[0] != fingerprint:
            self._graded = (fingerprint, grading.of_the_code(self.copy, self.assignment))
        steps = self._graded[1]
        ready = deploy and all(step.ok for step in steps)
        rest = grading.of_the_cloud(self.bench, self.assignment, self.deploy) if ready else None
        return Grade((*steps, *(rest or grading.waiting(self.assignment))))

    def close(self, *, remove: bool = False) -> None:
        """Stop what runs of the copy; with ``remove`` the copy goes too. May run twice."""
        self.copy.stop()
        if remove:
            self.copy.remove()
        progress.say(f"✓ closed: nothing of the workshop runs; the copy is {'gone' if remove else 'still there'}.")

    def __repr__(self) -> str:
        return f"<Workshop {self.assignment.name}>"

    def _known(self) -> dict[str, Any]:
        try:
            known: dict[str, Any] = json.loads((self.copy.folder / _STATE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            known = {}
        return {"applied": [], "deployed": "", **known}

    def _remember(self, **facts: Any) -> None:
        stored: Mapping[str, Any] = {**self._known(), **facts}
        (self.copy.folder / _STATE).write_text(json.dumps(stored), encoding="utf-8")
