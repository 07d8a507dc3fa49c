"""Switches protections off and on again in the state machines of a target, and never forgets to switch them on.

What is off, and by whom, is kept in ``protections.json`` of the home folder together with the definitions as they were.
So the originals come back even when the process that took a protection out was killed.
"""

import fcntl
import json
import os
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import chain, combinations
from pathlib import Path
from typing import Any

from flightpulse.errors import UserError
from flightpulse.stack.asl import Definition
from flightpulse.workbench.faults import protections
from flightpulse.workbench.faults.protections import Protection
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target import names
from flightpulse.workbench.target.session import Session
from localcloud.process import processes

_FILE = "protections.json"
# UpdateStateMachine is eventually consistent on AWS: an execution that starts within a few seconds may use what was.
_SETTLE_SECONDS = {"local": 0.0, "aws": 10.0}

_mine: set[str] = set()
"""Keys of what this process holds off at the moment; whatever else is noted under its id was abandoned."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has switched off which protection. ``token`` tells the process from a later one with its id."""

    key: str
    name: str
    pid: int
    token: str

    @property
    def holds(self) -> bool:
        """Whether it still wants the protection off: a killed process does not."""
        if self.pid == os.getpid():
            return self.key in _mine
        return processes.is_running(self.pid, self.token)


@dataclass(slots=True)
class _Notes:
    """What is off on one target, and the definitions as they were before, by short name of the state machine."""

    target: str
    originals: dict[str, str] = field(default_factory=dict)
    holders: list[Holder] = field(default_factory=list)

    @property
    def off(self) -> list[Protection]:
        return _off(self.holders)


class Switch:
    """The protections of one target. ``cloud`` tells one local cloud from the next, ``say`` prints a line."""

    def __init__(self, session: Session, *, cloud: str, say: Callable[[str], object]) -> None:
        self._session = session
        self._cloud = cloud
        self._say = say

    @contextmanager
    def without(self, wanted: Iterable[str]) -> Iterator[None]:
        """Switch protections off for as long as the ``with`` block runs; whatever happens in it they come on again.

        Raises UserError for a name that is none, or when what should be taken out is not there.
        """
        chosen = [protections.find(name) for name in dict.fromkeys(wanted)]
        if not chosen:
            raise UserError(
                "There is no protection to switch off.", hint='Name one: wb.protections.without("event-claim")'
            )
        self.restore_abandoned()
        holders = [_holder(protection) for protection in chosen]
        keys = {holder.key for holder in holders}
        said = ", ".join(protection.name for protection in chosen)
        is_off = False
        _mine.update(keys)
        try:
            with self._locked() as notes:
                self._change(notes, [*notes.holders, *holders])
            is_off = True
            self._say(f"✗ off: {said}")
            self._settle()
            yield
        finally:
            _mine.difference_update(keys)
            with self._locked() as notes:
                self._change(notes, [holder for holder in notes.holders if holder.key not in keys])
            if is_off:
                self._say(f"✓ on again: {said}")
                self._settle()

    def abandoned(self) -> list[str]:
        """The protections that only processes which are gone hold off."""
        if not (self._session.home / _FILE).exists():
            return []
        with self._locked() as notes:
            held = {holder.name for holder in notes.holders if holder.holds}
            return sorted({holder.name for holder in notes.holders} - held)

    def restore_abandoned(self) -> None:
        """Switch on again what a process that is gone had switched off, and say so."""
        gone = self.abandoned()
        if not gone:
            return
        with self._locked() as notes:
            self._change(notes, [holder for holder in notes.holders if holder.holds])
        self._say(f"✓ on again: {', '.join(gone)} (what had switched it off was ended before it could put it back)")
        self._settle()

    def table(self) -> Table:
        """Every protection with its states, what happens without it, and whether it is on.

        The note names who holds one off, and every state machine whose definition is not the stack's.
        """
        definitions = self._definitions()
        with self._locked() as notes:
            holders = list(notes.holders)
        rows = [
            (_shown(protection, definitions), protection.name, ", ".join(protection.states), protection.prevents)
            for protection in protections.PROTECTIONS
        ]
        return Table.of(
            ("", "protection", "state", "without it"), rows, note="\n".join(self._said(definitions, holders))
        )

    def restore_everything(self) -> list[str]:
        """Put every definition back to what the stack's template says; gives the state machines that were changed."""
        wanted = self._of_the_stack()
        changed = [short for short in wanted if not _same(self._text(short), wanted[short])]
        with self._locked() as notes:
            for short in changed:
                self._put(short, wanted[short])
            notes.originals, notes.holders = {}, []
        self._settle()
        return [names.WORKFLOWS[short] for short in changed]

    def _said(self, definitions: Mapping[str, protections.Document], holders: Iterable[Holder]) -> Iterator[str]:
        held = {item.name: item for item in holders}
        way_out = "wb.protections.restore(agree=True)" if self._session.target == "aws" else "wb.protections.restore()"
        for name, holder in held.items():
            if not holder.holds:
                yield f"{name} was switched off by a process that is gone. Switch it on: {way_out}"
            elif holder.pid != os.getpid():
                yield f"{name} is held off by process {holder.pid}, which still runs."
        off = [protection for protection in protections.PROTECTIONS if protection.name in held]
        for short, text in self._of_the_stack().items():
            expected = json.loads(text)
            known = [protection for protection in off if protection.stands_in(expected, short)]
            if definitions[short] != protections.without(expected, short, known):
                yield f"{names.WORKFLOWS[short]} is not as the stack deployed it. Put it back: {way_out}"

    def _change(self, notes: _Notes, holders: list[Holder]) -> None:
        """Bring the target's definitions in line with who holds what. Nothing is changed when something is amiss."""
        before, after = notes.off, _off(holders)
        wanted: dict[str, str] = {}
        originals: dict[str, str] = {}
        for short in dict.fromkeys(workflow for holder in [*before, *after] for workflow in holder.workflows):
            deployed = self._text(short)
            original = notes.originals.get(short, deployed)
            if not _comes_from(original, deployed, short, before):
                # Somebody deployed in the meantime: that is the original now, and it is not ours to overwrite.
                original = deployed
            wanted[short] = _altered(original, short, after)
            if any(short in holder.workflows for holder in after):
                originals[short] = original
        # Noted before anything is changed, so that whoever comes next can undo it if this process is killed now.
        self._save(_Notes(notes.target, {**notes.originals, **originals}, [*notes.holders, *holders]))
        for short, text in wanted.items():
            self._put(short, text)
        notes.originals, notes.holders = originals, holders

    @contextmanager
    def _locked(self) -> Iterator[_Notes]:
        """The notes, for one process and thread at a time; what is changed in them is kept."""
        home = self._session.home
        home.mkdir(parents=True, exist_ok=True)
        with (home / f"{_FILE}.lock").open("w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            notes = self._load()
            yield notes
            self._save(notes)

    def _load(self) -> _Notes:
        """What is noted of this target. Of a local cloud that is no more nothing has to be put back."""
        try:
            value = json.loads((self._session.home / _FILE).read_text(encoding="utf-8"))
            holders = [Holder(**holder) for holder in value["holders"]]
            notes = _Notes(str(value["target"]), dict(value["originals"]), holders)
        except (OSError, ValueError, KeyError, TypeError):
            return _Notes(self._cloud)
        return notes if notes.target == self._cloud else _Notes(self._cloud)

    def _save(self, notes: _Notes) -> None:
        file: Path = self._session.home / _FILE
        if not notes.holders:
            file.unlink(missing_ok=True)
            return
        unfinished = file.with_suffix(".tmp")
        unfinished.write_text(json.dumps(asdict(notes), indent=1), encoding="utf-8")
        unfinished.replace(file)

    def _definitions(self) -> dict[str, protections.Document]:
        return {short: json.loads(self._text(short)) for short in self._arns}

    def _text(self, short: str) -> str:
        answer = self._session.stepfunctions.describe_state_machine(stateMachineArn=self._arns[short])
        return str(answer["definition"])

    def _put(self, short: str, text: str) -> None:
        if not _same(self._text(short), text):
            self._session.stepfunctions.update_state_machine(stateMachineArn=self._arns[short], definition=text)

    @cached_property
    def _arns(self) -> dict[str, str]:
        """The deployed state machines by their short names."""
        deployed = {arn.rpartition(":")[2]: arn for arn in self._session.outputs.values() if ":stateMachine:" in arn}
        return {short: deployed[name] for short, name in names.WORKFLOWS.items() if name in deployed}

    def _of_the_stack(self) -> dict[str, str]:
        """The definitions as the deployed template has them, with its values put in."""
        body: Any = self._session.cloudformation.get_template(StackName=names.STACK)["TemplateBody"]
        template = json.loads(body) if isinstance(body, str) else body
        partition = next(iter(self._arns.values())).split(":")[1]
        machines = {
            resource["Properties"]["StateMachineName"]: _joined(resource["Properties"]["DefinitionString"], partition)
            for resource in template["Resources"].values()
            if resource["Type"] == "AWS::StepFunctions::StateMachine"
        }
        return {short: self._filled_in(short, machines[names.WORKFLOWS[short]]) for short in self._arns}

    def _filled_in(self, short: str, text: str) -> str:
        # The stack gives every value that a definition asks for as an output of the same name.
        for name in Definition(short, json.loads(text)).substitutions:
            text = text.replace(f"${{{name}}}", self._session.output(name))
        return text

    def _settle(self) -> None:
        time.sleep(_SETTLE_SECONDS[self._session.target])


def _joined(definition: Any, partition: str) -> str:
    """A definition of a template as text: the one thing that it refers to is AWS's partition."""
    if isinstance(definition, str):
        return definition
    return "".join(part if isinstance(part, str) else partition for part in definition["Fn::Join"][1])


def _holder(protection: Protection) -> Holder:
    pid = os.getpid()
    return Holder(uuid.uuid4().hex, protection.name, pid, processes.start_token(pid) or "")


def _off(holders: Iterable[Holder]) -> list[Protection]:
    held = {holder.name for holder in holders}
    return [protection for protection in protections.PROTECTIONS if protection.name in held]


def _shown(protection: Protection, definitions: Mapping[str, protections.Document]) -> str:
    on = {protection.stands_in(definitions[short], short) for short in protection.workflows}
    if len(on) > 1:
        return "✗ partly off"
    return "✓ on" if True in on else "✗ off"


def _altered(text: str, short: str, off: Iterable[Protection]) -> str:
    """The definition without some protections; the very text when there is nothing to take out."""
    here = [protection for protection in off if short in protection.workflows]
    if not here:
        return text
    return json.dumps(protections.without(json.loads(text), short, here), separators=(",", ":"), ensure_ascii=False)


def _comes_from(original: str, deployed: str, short: str, off: Sequence[Protection]) -> bool:
    """Whether what is deployed is the original without any of some protections: a change may have stopped half-way."""
    here = [protection for protection in off if short in protection.workflows]
    some = chain.from_iterable(combinations(here, number) for number in range(len(here), -1, -1))
    return any(_same(deployed, _altered(original, short, taken)) for taken in some)


def _same(one: str, other: str) -> bool:
    return bool(one == other or json.loads(one) == json.loads(other))
