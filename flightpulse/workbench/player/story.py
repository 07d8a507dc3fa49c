"""Says how a whole run went in one sentence."""

from flightpulse.workbench.executions.story import in_words
from flightpulse.workbench.player.frames import Replay
from flightpulse.workbench.show.words import counted, duration

_ENDINGS = {
    "SUCCEEDED": "succeeded after",
    "FAILED": "failed after",
    "TIMED_OUT": "timed out after",
    "ABORTED": "was stopped after",
    "RUNNING": "still running after",
}


def summary(replay: Replay) -> str:
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
