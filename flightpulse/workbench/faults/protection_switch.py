"""Switches protections off and on again in the state machines of a target, and never forgets to switch them on.

What is off, and by whom, is kept in ``protections.json`` of the home folder. The deployed template says what stands in
the state machines otherwise, so that it comes back even when the process that took a protection out was killed.
"""

import fcntl
import json
import os
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from flightpulse.errors import UserError
from flightpulse.stack import names
from flightpulse.stack.asl import Definition
from flightpulse.workbench.faults import protections
from flightpulse.workbench.faults.protections import PROTECTIONS, Document, Protection
from flightpulse.workbench.show.progress import say
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.connection import Connection
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
    """Who holds what off. ``target`` tells one local cloud, or region, from others."""

    target: str
    holders: list[Holder] = field(default_factory=list)


class Protections:
    """``wb.protections``: what keeps passengers from being told twice or told old news."""

    def __init__(self, target: Connection) -> None:
        self._target = target

    @contextmanager
    def without(self, *protection_names: str, agree: bool = False) -> Iterator[None]:
        """Run a ``with`` block while protections (see :meth:`table`) are off, for real, on the deployed stack.

        Their conditions are taken out of the state machines' definitions, and put back whatever happens in the block.
        Should this very process be killed in it, ``wb.ready()``, :meth:`table` and the next use put them back. In an
        AWS account nothing happens without ``agree=True``. Raises UserError for a name that is none, and when a state
        machine is not as the stack deployed it.
        """
        self._target.agreed(
            agree,
            f"This changes state machines in {self._where}, and passengers may be told twice or old news.",
            "If you mean it: wb.protections.without(…, agree=True)",
        )
        chosen = [protections.find(name) for name in dict.fromkeys(protection_names)]
        if not chosen:
            raise UserError(
                "There is no protection to switch off.", hint='Name one: wb.protections.without("event-claim")'
            )
        self.restore_abandoned()
        self._refuse_strangers(chosen)
        holders = [_holder(protection) for protection in chosen]
        keys = {holder.key for holder in holders}
        said = ", ".join(protection.name for protection in chosen)
        is_off = False
        _mine.update(keys)
        try:
            with self._locked() as notes:
                self._change(notes, [*notes.holders, *holders])
            is_off = True
            say(f"✗ off: {said}")
            self._settle()
            yield
        finally:
            _mine.difference_update(keys)
            with self._locked() as notes:
                self._change(notes, [holder for holder in notes.holders if holder.key not in keys])
            if is_off:
                say(f"✓ on again: {said}")
                self._settle()

    def table(self) -> Table:
        """Each protection with its state, and whether it is on.

        On the local cloud what a killed process left off is switched on first. The note names who holds one off, and
        every state machine that is not as the stack deployed it.
        """
        if self._target.target == "local":
            self.restore_abandoned()
        deployed = {short: json.loads(self._text(short)) for short in self._arns}
        with self._locked() as notes:
            holders = list(notes.holders)
        rows = [
            (_shown(protection, deployed), protection.name, ", ".join(protection.states), protection.prevents)
            for protection in PROTECTIONS
        ]
        note = "\n".join(self._said(holders))
        return Table.of(("", "protection", "state", "without it"), rows, note=note)

    def restore(self, *, agree: bool = False) -> None:
        """Put every state machine back to what the stack's template says, whoever changed it.

        In an AWS account only with ``agree=True``.
        """
        self._target.agreed(
            agree,
            f"This changes state machines in {self._where}.",
            "If you mean it: wb.protections.restore(agree=True)",
        )
        with self._locked() as notes:
            changed = self._strangers(())
            notes.holders = []
            self._put(changed, ())
        self._settle()
        put_back = ", ".join(names.WORKFLOWS[short] for short in changed)
        say(f"✓ restore: {f'put back {put_back}' if put_back else 'all is as the stack deployed it'}")

    def abandoned(self) -> list[str]:
        """The protections that only processes which are gone hold off."""
        if not (self._target.home / _FILE).exists():
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
        say(f"✓ on again: {', '.join(gone)} (what had switched it off was ended before it could put it back)")
        self._settle()

    @property
    def _session(self) -> Session:
        return self._target.deployed

    @property
    def _where(self) -> str:
        return self._target.session.region if self._target.target == "aws" else "the local cloud"

    @property
    def _way_back(self) -> str:
        return f"wb.protections.restore({'agree=True' if self._target.target == 'aws' else ''})"

    def _said(self, holders: Iterable[Holder]) -> Iterator[str]:
        for name, holder in {item.name: item for item in holders}.items():
            if not holder.holds:
                yield f"{name} was switched off by a process that is gone. Switch it on: {self._way_back}"
            elif holder.pid != os.getpid():
                yield f"{name} is held off by process {holder.pid}, which still runs."
        for short in self._strangers(holders):
            yield f"{names.WORKFLOWS[short]} is not as the stack deployed it. Put it back: {self._way_back}"

    def _strangers(self, holders: Iterable[Holder]) -> list[str]:
        """The state machines that are not what the stack deployed without what these hold off."""
        wanted = self._wanted(_off(holders))
        return [short for short in self._arns if not _same(self._text(short), wanted[short])]

    def _refuse_strangers(self, chosen: Iterable[Protection]) -> None:
        workflows = {workflow for protection in chosen for workflow in protection.workflows}
        with self._locked() as notes:
            found = [short for short in self._strangers(notes.holders) if short in workflows]
        if found:
            what = f"{names.WORKFLOWS[found[0]]} is not as the stack deployed it."
            raise UserError(what, hint=f"Put it back: {self._way_back}")

    def _change(self, notes: _Notes, holders: list[Holder]) -> None:
        """Bring the target's definitions in line with who holds what."""
        affected = {workflow for protection in _off([*notes.holders, *holders]) for workflow in protection.workflows}
        # Noted before anything is changed, so that whoever comes next can undo it if this process is killed now.
        self._save(_Notes(notes.target, [*notes.holders, *holders]))
        self._put(affected, holders)
        notes.holders = holders

    def _put(self, workflows: Iterable[str], holders: Iterable[Holder]) -> None:
        wanted = self._wanted(_off(holders))
        for short in workflows:
            if not _same(self._text(short), wanted[short]):
                arn = self._arns[short]
                self._session.stepfunctions.update_state_machine(stateMachineArn=arn, definition=wanted[short])

    @contextmanager
    def _locked(self) -> Iterator[_Notes]:
        """The notes, for one process and thread at a time; what is changed in them is kept."""
        home = self._target.home
        home.mkdir(parents=True, exist_ok=True)
        with (home / f"{_FILE}.lock").open("w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            notes = self._load()
            yield notes
            self._save(notes)

    def _load(self) -> _Notes:
        """What is noted of this target. Of a local cloud that is no more nothing has to be put back."""
        here = self._target.cloud_id
        try:
            value = json.loads((self._target.home / _FILE).read_text(encoding="utf-8"))
            notes = _Notes(str(value["target"]), [Holder(**holder) for holder in value["holders"]])
        except (OSError, ValueError, KeyError, TypeError):
            return _Notes(here)
        return notes if notes.target == here else _Notes(here)

    def _save(self, notes: _Notes) -> None:
        file: Path = self._target.home / _FILE
        if not notes.holders:
            file.unlink(missing_ok=True)
            return
        unfinished = file.with_suffix(".tmp")
        unfinished.write_text(json.dumps(asdict(notes), indent=1), encoding="utf-8")
        unfinished.replace(file)

    def _text(self, short: str) -> str:
        answer = self._session.stepfunctions.describe_state_machine(stateMachineArn=self._arns[short])
        return str(answer["definition"])

    @property
    def _arns(self) -> dict[str, str]:
        """The deployed state machines by their short names."""
        deployed = {arn.rpartition(":")[2]: arn for arn in self._session.outputs.values() if ":stateMachine:" in arn}
        return {short: deployed[name] for short, name in names.WORKFLOWS.items() if name in deployed}

    def _wanted(self, off: Iterable[Protection]) -> dict[str, str]:
        """The definitions as the deployed template has them, with its values put in, without some protections."""
        body: Any = self._session.cloudformation.get_template(StackName=names.STACK)["TemplateBody"]
        template = json.loads(body) if isinstance(body, str) else body
        partition = next(iter(self._arns.values())).split(":")[1]
        machines = {
            resource["Properties"]["StateMachineName"]: _joined(resource["Properties"]["DefinitionString"], partition)
            for resource in template["Resources"].values()
            if resource["Type"] == "AWS::StepFunctions::StateMachine"
        }
        texts = {short: self._filled_in(short, machines[names.WORKFLOWS[short]]) for short in self._arns}
        return {short: _altered(text, short, off) for short, text in texts.items()}

    def _filled_in(self, short: str, text: str) -> str:
        # The stack gives every value that a definition asks for as an output of the same name.
        for name in Definition(short, json.loads(text)).substitutions:
            text = text.replace(f"${{{name}}}", self._session.output(name))
        return text

    def _settle(self) -> None:
        time.sleep(_SETTLE_SECONDS[self._target.target])


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
    return [protection for protection in PROTECTIONS if protection.name in held]


def _shown(protection: Protection, definitions: Mapping[str, Document]) -> str:
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


def _same(text: str, other: str) -> bool:
    return bool(text == other or json.loads(text) == json.loads(other))
