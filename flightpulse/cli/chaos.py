"""The verb that puts faults on the system on purpose and says which promises held."""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import click

from flightpulse.chaos import (
    crashes,
    disorder,
    outage,
    poison,
    poller_switch,
    pushback,
    redriving,
    relays,
    scale,
    wire,
)
from flightpulse.chaos.verdict import Verdict
from flightpulse.cli import options, screen
from flightpulse.workbench.show.progress import Steps

_Prove = Callable[..., Verdict]

_EVENTS = {"flights": "", "events": "At most, for each flight."}
_BOOKINGS = {"bookings": "For each flight."}
_COPIES = {"copies": "How often each event is sent."}
_PROOFS: Mapping[str, tuple[_Prove, str, Mapping[str, str]]] = {
    "disorder": (
        disorder.prove,
        "Every event three times, in any order.",
        {
            **_EVENTS,
            **_BOOKINGS,
            **_COPIES,
            "paced": "One record a flight at a time: then exactly what is told is known.",
        },
    ),
    "scale": (
        scale.prove,
        "One event about 853 and about 2,000 people.",
        {"sizes": "Repeat it.", "kinds": f"{', '.join(scale.KINDS)}. Repeat it."},
    ),
    "pushback": (
        pushback.prove,
        "AWS pushes back on every hop.",
        {
            **_EVENTS,
            **_BOOKINGS,
            **_COPIES,
            "rate": "Part of calls that fail.",
            "last_hop": "Also strike the hop from the bus to the channel, which has no order.",
        },
    ),
    "crashes": (crashes.prove, "kill -9 of functions, relay and producer.", {"runs": "", **_EVENTS, **_BOOKINGS}),
    "redrive": (redriving.prove, "Dead letters and failed executions come back.", _BOOKINGS),
    "outage": (
        outage.prove,
        "The model is down, slow, or inventing.",
        {"bookings": "On the flight.", "kinds": f"Only these: {', '.join(outage.KINDS)}. Repeat it."},
    ),
    "poison": (
        poison.prove,
        "Fuzzed records between good ones.",
        {"records": "Bad ones.", **_EVENTS, **_BOOKINGS},
    ),
    "relays": (relays.prove, "Relays share a group, come, go and die.", {**_EVENTS, **_BOOKINGS}),
    "wire": (wire.prove, "Connections are reset on the wire.", {"rate": "The part that is reset.", **_EVENTS}),
}
"""By name: the proof, what it does in a few words, and which of its arguments are options, with their help."""

_FLAGS = {"sizes": "--bookings", "kinds": "--kind", "seconds": "--timeout"}
_RANGES: Mapping[str, click.ParamType[Any]] = {
    "flights": click.IntRange(1, 500),
    "events": click.IntRange(2, 50),
    "bookings": click.IntRange(1, 1000),
    "sizes": click.IntRange(1, 5000),
    "copies": click.IntRange(1, 20),
    "runs": click.IntRange(1, 10_000),
    "records": click.IntRange(1, 20_000),
    "rate": click.FloatRange(0, 0.9),
    "wire rate": click.FloatRange(0, 0.6),
    "seconds": click.FloatRange(min=1),
}
"""The least and the most of each number; one of a proof's own goes before that of all proofs."""


@click.group()
def chaos() -> None:
    """Put faults on the deployed system on purpose and hold what comes of it against its promises.

    Every proof is drawn from a seed and can be repeated. It works on invented flights of its own, prints a line for
    each promise, and exits with 1 when one is broken.
    """


def _command(name: str, prove: _Prove, short_help: str, said: Mapping[str, str]) -> click.Command:
    """A verb that asks for some of a proof's arguments; their defaults are the proof's own."""
    defaults = {known.name: known.default for known in inspect.signature(prove).parameters.values()}
    wishes = [_option(name, argument, defaults[argument], text) for argument, text in said.items()]
    return click.Command(
        name,
        params=[
            *wishes,
            click.Option(["--seed"], type=int, default=1, show_default=True, help="What is drawn follows from it."),
            _option(name, "seconds", defaults["seconds"], "Give up after so many seconds."),
            click.Option(["--json", "as_json"], is_flag=True, help="Print JSON, for programs."),
        ],
        callback=partial(_run, name, prove),
        help=inspect.getdoc(prove),
        short_help=short_help,
    )


def _option(proof: str, argument: str, default: Any, said: str) -> click.Option:
    flag = _FLAGS.get(argument, f"--{argument.replace('_', '-')}")
    if isinstance(default, bool):
        return click.Option([flag, argument], is_flag=True, help=said)
    kind = _RANGES.get(f"{proof} {argument}") or _RANGES.get(argument, click.STRING)
    several = isinstance(default, tuple)
    return click.Option([flag, argument], type=kind, multiple=several, default=default, show_default=True, help=said)


def _run(name: str, prove: _Prove, *, as_json: bool, **wishes: Any) -> None:
    session = options.bench("local").session
    session.require_stack()
    poller_switch.restore(session)
    console = screen.console(stderr=as_json)
    with Steps(console=console) as steps:
        verdict = prove(session, **wishes, on_progress=partial(steps.update, name))
        kept = len(verdict.promises) - len(verdict.broken)
        steps.finish(name, f"{kept} of {len(verdict.promises)} promises kept (seed {verdict.seed})", ok=verdict.kept)
    if as_json:
        options.print_json(verdict.as_json())
    else:
        screen.show(verdict.table())
    if not verdict.kept:
        raise click.exceptions.Exit(1)


for _name, _proof in _PROOFS.items():
    chaos.add_command(_command(_name, *_proof))
