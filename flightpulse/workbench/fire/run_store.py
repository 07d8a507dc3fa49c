"""Keeps what a run sent, so that a notebook whose kernel was started again finds the run."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from awskit.kafka.record_positions import Place
from flightpulse.workbench.fire.scenarios import Check, ScenarioRun

_FOLDER = "runs"


def save(home: Path, cloud: str, run: ScenarioRun) -> None:
    """Write a run down, over an earlier one of the same name. ``cloud`` tells one local cloud from the next."""
    folder = home / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    value = {**asdict(run), "began_at": run.began_at.isoformat(), "cloud": cloud}
    target = folder / f"{_file_name(run.name)}.json"
    unfinished = target.with_suffix(".tmp")
    unfinished.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(target)


def load(home: Path, name: str, cloud: str) -> ScenarioRun | None:
    """The last run of this name on this cloud; None when there is none."""
    return next((run for _, run in _kept(home, cloud, _file_name(name)) if run.name == name), None)


def of_event(home: Path, event_id: str, cloud: str) -> ScenarioRun | None:
    """The last run on this cloud that sent this event."""
    fitting = [run for _, run in _kept(home, cloud) if event_id in run.event_ids]
    return max(fitting, key=lambda run: run.began_at, default=None)


def newest(home: Path, cloud: str) -> ScenarioRun | None:
    """The last run on this cloud, whatever it sent."""
    return max((run for _, run in _kept(home, cloud)), key=lambda run: run.began_at, default=None)


def forget(home: Path, cloud: str) -> None:
    """Delete all runs on this cloud: the stack that they ran on is gone, and with it what they did."""
    for file, _ in _kept(home, cloud):
        file.unlink()


def _kept(home: Path, cloud: str, name: str = "*") -> Iterator[tuple[Path, ScenarioRun]]:
    """The runs on a cloud with their files."""
    for file in sorted((home / _FOLDER).glob(f"{name}.json")):
        run = _read(file, cloud)
        if run is not None:
            yield file, run


def _read(file: Path, cloud: str) -> ScenarioRun | None:
    """None for a run on another cloud, and for a file that says nothing."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
        if value.pop("cloud") != cloud:
            return None
        changes = {
            "began_at": datetime.fromisoformat(value["began_at"]),
            "flights": tuple(value["flights"]),
            "events": tuple(value["events"]),
            "places": tuple(Place(**place) for place in value["places"]),
            "checks": tuple(Check(**check) for check in value["checks"]),
            "hints": tuple(value["hints"]),
        }
        return ScenarioRun(**{**value, **changes})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name)[:120]
