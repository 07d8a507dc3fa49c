"""What is written down about a running local cloud, so that other programs find it."""

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path

_FILE = "local-cloud.json"


@dataclass(frozen=True, slots=True)
class RunningCloud:
    """One running local cloud.

    ``kafka_kind`` is ``embedded`` or ``external``. ``model_kind`` says which model answers, ``llm_url`` is the server
    that it asks, if any. ``permissions`` says whether calls are checked against policies. ``start_token`` tells the
    process from a later one with the same ``pid``. ``version`` is :func:`localcloud.process.version.current` of the
    code that runs.
    """

    pid: int
    start_token: str
    home: str
    endpoint_url: str
    kafka_bootstrap: str
    kafka_kind: str
    model_url: str
    model_kind: str
    version: str
    started_at: str
    llm_url: str = ""
    behaviours: tuple[str, ...] = ()
    permissions: bool = False

    @property
    def port(self) -> int:
        return int(self.endpoint_url.rsplit(":", 1)[1])


def path(home: Path) -> Path:
    """The state file of a home."""
    return home / _FILE


def save(cloud: RunningCloud) -> None:
    """Write the state file in one step, so that nobody reads half of it."""
    target = path(Path(cloud.home))
    unfinished = target.with_suffix(f".{os.getpid()}.tmp")
    unfinished.write_text(json.dumps(asdict(cloud), indent=2) + "\n", encoding="utf-8")
    unfinished.replace(target)


def load(home: Path) -> RunningCloud | None:
    """The cloud that the state file names, whether it still runs or not; None without a readable file."""
    try:
        stored = json.loads(path(home).read_text(encoding="utf-8"))
        known = {field.name: stored[field.name] for field in fields(RunningCloud)}
        return RunningCloud(**{**known, "behaviours": tuple(known["behaviours"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remove(home: Path) -> None:
    """Forget the cloud of a home."""
    path(home).unlink(missing_ok=True)
