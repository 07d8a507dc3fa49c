"""Keeps what a run sent, so that a notebook whose kernel was started again finds the run."""

import json
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from awskit.kafka.record_positions import Place
from flightpulse.workbench.fire.scenarios import Check

_FOLDER = "runs"


@dataclass(frozen=True, slots=True)
class KeptRun:
    """What cannot be asked of the target later. ``cloud`` tells one local cloud from the next."""

    name: str
    title: str
    cloud: str
    began_at: datetime
    seconds: float
    flights: tuple[str, ...]
    events: tuple[dict[str, Any], ...]
    places: tuple[Place, ...]
    checks: tuple[Check, ...]
    hints: tuple[str, ...] = ()

    @property
    def event_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(str(event["event_id"]) for event in self.events))


def save(home: Path, run: KeptRun) -> None:
    """Write a run down, over an earlier one of the same name."""
    folder = home / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    value = {**asdict(run), "began_at": run.began_at.isoformat()}
    target = folder / f"{_file_name(run.name)}.json"
    unfinished = target.with_suffix(".tmp")
    unfinished.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(target)


def load(home: Path, name: str, cloud: str) -> KeptRun | None:
    """The last run of this name on this cloud; None when there is none."""
    found = _read(home / _FOLDER / f"{_file_name(name)}.json")
    return found if found is not None and found.cloud == cloud and found.name == name else None


def of_event(home: Path, event_id: str, cloud: str) -> KeptRun | None:
    """The last run on this cloud that sent this event."""
    runs = [run for file in sorted((home / _FOLDER).glob("*.json")) if (run := _read(file)) is not None]
    fitting = [run for run in runs if run.cloud == cloud and event_id in run.event_ids]
    return max(fitting, key=lambda run: run.began_at, default=None)


def newest(home: Path, cloud: str) -> KeptRun | None:
    """The last run on this cloud, whatever it sent."""
    runs = [run for file in (home / _FOLDER).glob("*.json") if (run := _read(file)) is not None and run.cloud == cloud]
    return max(runs, key=lambda run: run.began_at, default=None)


def forget(home: Path, cloud: str) -> None:
    """Delete all runs on this cloud: the stack that they ran on is gone, and with it what they did."""
    for file in (home / _FOLDER).glob("*.json"):
        run = _read(file)
        if run is not None and run.cloud == cloud:
            file.unlink()


def _read(file: Path) -> KeptRun | None:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
        return KeptRun(
            **{
                **value,
                "began_at": datetime.fromisoformat(value["began_at"]),
                "flights": tuple(value["flights"]),
                "events": tuple(value["events"]),
                "places": tuple(Place(**place) for place in value["places"]),
                "checks": tuple(Check(**check) for check in value["checks"]),
                "hints": tuple(value["hints"]),
            }
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name)[:120]
