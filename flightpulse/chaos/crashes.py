"""Proof: kill -9, at points drawn from a seed, of everything that may crash between Kafka and the passengers."""

import random
import time
from collections import Counter

from flightpulse.chaos import trial
from flightpulse.chaos.children import Child, Programs, instead_of_mapping
from flightpulse.chaos.trial import Size, Trial
from flightpulse.chaos.verdict import Promise, Verdict, held
from flightpulse.workbench.faults.fault_page import Fault, FaultPage
from flightpulse.workbench.show.progress import OnProgress, silent
from flightpulse.workbench.target.session import Session

_FUNCTIONS = {"consumer": "KafkaConsumer", "messenger": "LLMMessenger", "stream handler": "StreamHandler"}
_VICTIMS = (*_FUNCTIONS, "relay", "producer")
# Warm invocations take a few hundredths of a second, cold ones up to a second: kills shall hit both.
_LONGEST_INVOCATION = (0.05, 0.3, 1.2)
_PAUSE_BETWEEN_EVENTS = 0.08
_PATIENCE = 3
_RUN_SECONDS = 60.0
_ALL_DRAWN = 10


def prove(
    session: Session,
    seed: int,
    *,
    runs: int = 100,
    flights: int = 3,
    events: int = 4,
    bookings: int = 4,
    seconds: float = 3600.0,
    on_progress: OnProgress = silent,
) -> Verdict:
    """Kill the consumer, the messenger, the stream handler, the relay and the producer at random points, run after run.

    A relay process takes the place of the event source mapping meanwhile. Each run has a storm of its own, in which
    each of them is killed up to twice. Nothing may be lost and nobody told twice in any run.
    """
    began = time.monotonic()
    injector = FaultPage(str(session.endpoint_url))
    kills: Counter[str] = Counter()
    broken: dict[str, list[str]] = {}
    figures: Counter[str] = Counter()
    done = 0
    with instead_of_mapping(session) as programs, programs.relay() as relay:
        for number in range(runs):
            if time.monotonic() - began > seconds:
                break
            on_progress(f"{sum(kills.values())} kills", number, runs)
            run = _Run(injector, programs, relay, random.Random(f"{seed}-{number}"))  # noqa: S311 - repeatable
            run.go(
                trial.of_sequence(
                    session, seed * 1000 + number, Size(flights, events, bookings), _RUN_SECONDS, first_flight=8000
                )
            )
            kills += run.kills
            figures += run.figures
            for promise in run.promises:
                broken.setdefault(promise.said, [])
                if not promise.kept:
                    broken[promise.said].append(f"run {number}: {promise.seen}")
            done += 1
    said = ", ".join(f"{name} {kills[name]}×" for name in _VICTIMS)
    promises = [
        Promise("All runs were made", f"{done} of {runs}", done == runs),
        # In a few runs chance may spare somebody.
        Promise("Whatever may crash was killed", said, runs < _ALL_DRAWN or all(kills[name] for name in _VICTIMS)),
        *(held(promise, wrong, f"in {done} of {done} runs") for promise, wrong in broken.items()),
    ]
    measured = {"runs": done, "kills": sum(kills.values()), **figures}
    return Verdict("crashes", seed, tuple(promises), measured, time.monotonic() - began)


class _Run:
    """One storm with its kills."""

    def __init__(self, injector: FaultPage, programs: Programs, relay: Child, choice: random.Random) -> None:
        self._injector = injector
        self._programs = programs
        self._relay = relay
        self._choice = choice
        self.kills: Counter[str] = Counter()
        self.figures: Counter[str] = Counter()
        self.promises: list[Promise] = []

    def go(self, run: Trial) -> None:
        with self._injector.injected([fault for name in _FUNCTIONS for fault in self._kills_of(name)]):
            with self._programs.producer(run.records, _PAUSE_BETWEEN_EVENTS) as producer:
                sent = self._kill_while_sending(producer, longest=_PAUSE_BETWEEN_EVENTS * len(run.records))
            for _ in range(_PATIENCE):
                self._relay.make_poll()
                if run.wait(seconds=_RUN_SECONDS, quiet=0.5):
                    break
                # The embedded broker may leave a member without partitions; see Child.make_poll.
                self._relay.kill_and_restart()
            for fault in self._injector.left():
                name = next(name for name, function in _FUNCTIONS.items() if function == fault["to"])
                self.kills[name] += int(fault["struck"])
        recovered = run.recover(_RUN_SECONDS)
        outcome = run.outcome()
        run.people.remove(run.session)
        self.promises = [
            Promise("The producer gets everything to Kafka in the end", "" if sent else "not all was sent", sent),
            Promise("Everything is handled in the end", recovered.said, recovered.complete),
            *outcome.promises(run.deliveries, redriven=True),
        ]
        self.figures["events"] += len(run.ids)
        self.figures["messages"] += len(outcome.told)
        self.figures["duplicates"] += outcome.ended_as("ALREADY_HANDLED")
        self.figures["letters sent back"] += recovered.letters
        self.figures["executions redriven"] += recovered.executions

    def _kills_of(self, name: str) -> list[Fault]:
        return [
            {
                "hop": "function",
                "to": _FUNCTIONS[name],
                "kill": True,
                "delay_seconds": self._choice.uniform(0, self._choice.choice(_LONGEST_INVOCATION)),
                "skip": self._choice.randrange(2),
                "times": 1,
            }
            for _ in range(self._choice.choice((0, 1, 1, 2)))
        ]

    def _kill_while_sending(self, producer: Child, *, longest: float) -> bool:
        """Kill producer and relay at random moments. A producer begins again with its first event, as after a crash."""
        moments = [
            (self._choice.uniform(0.2, 0.5 + longest), "producer") for _ in range(self._choice.choice((0, 1, 2)))
        ]
        moments += [(self._choice.uniform(0.0, 1.0 + longest), "relay") for _ in range(self._choice.choice((0, 1, 1)))]
        began = time.monotonic()
        for moment, name in sorted(moments):
            time.sleep(max(0.0, began + moment - time.monotonic()))
            if name == "producer":
                self.kills[name] += producer.kill_and_restart()
            elif self._relay.make_poll():
                self.kills[name] += self._relay.kill_and_restart()
        return producer.wait(60)
