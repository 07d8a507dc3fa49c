"""Writes the step player: one piece of HTML that needs nothing else, and the same as a page of its own.

The data is in an attribute and the style is in the script, so that a sanitiser which takes scripts away leaves a clean
table and nothing else. The data is JSON, deflated and in base64; its shape is known to this module and player.js:

``drawings``: state machines with their states. ``runs``: one per execution; the page opens with the first. A run has
``stays`` (state, innermost item), ``items`` (name, stay it belongs to, worst status), ``rows``, one per event, and
``nested``, the executions that a stay started: their place among the runs, or their name. Whatever refers to a state,
stay, item, edge or status is its place in its list; -1 stands for none.
"""

import json
import zlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from flightpulse.workbench.diagram import Diagram, svg
from flightpulse.workbench.diagram.marks import SIGNS, Mark, Marks
from flightpulse.workbench.executions.story import pretty_json
from flightpulse.workbench.player.frames import TROUBLE_FIRST, EdgeKey, Frame, Payload, Replay
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.show.words import counted

_TABLE_ROWS = 40
_NONE = -1
_STATUS = {name: code for code, name in enumerate(TROUBLE_FIRST)}
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class PageRun:
    """One execution to put on the page."""

    title: str
    sentence: str
    diagram: Diagram
    replay: Replay


def fragment(runs: Mapping[str, PageRun], table: Table) -> str:
    """The player of the first of some executions, by their ARNs, with the others openable in it."""
    attribute = b64encode(zlib.compress(_packed(runs).encode(), 9)).decode()
    first = next(iter(runs.values()))
    return (
        f'<div class="fp-player" data-fp="{attribute}">{_fallback(table, f"{first.title}: {first.sentence}")}</div>'
        f"<script>{_script()}</script>\n"
    )


def page(body: str, title: str) -> str:
    """A page of its own. It may load nothing from anywhere."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<title>{escape(title)}</title>"
        "<style>body{margin:12px;font-family:system-ui,sans-serif}h1{font-size:20px;margin:0 0 10px}</style></head>"
        f"<body><h1>{escape(title)}</h1>"
        "<noscript><p>Stepping needs JavaScript. The table below says what happened.</p></noscript>"
        f"{body}</body></html>\n"
    )


def _fallback(table: Table, sentence: str) -> str:
    number = len(table)
    return (
        f'<div class="fp-table"><p>{escape(sentence, quote=False)}</p>'
        f"<details><summary>The same as a table: {counted(number, 'line')}</summary>"
        f"{table.first(_TABLE_ROWS).html()}</details></div>"
    )


@cache
def _script() -> str:
    """The script with its style."""
    signs = ("idle", *TROUBLE_FIRST)
    css = svg.style(".fp-player", signs) + svg.dark_style(".fp-dark.fp-dark", signs)
    css += (_HERE / "player.css").read_text("utf-8").replace("\n", "")
    return (_HERE / "player.js").read_text("utf-8").replace('"%CSS%"', json.dumps(css))


def _packed(runs: Mapping[str, PageRun]) -> str:
    diagrams = list({id(run.diagram): run.diagram for run in runs.values()}.values())
    places = {arn: place for place, arn in enumerate(runs)}
    data = {
        "signs": [[name, SIGNS[name].glyph, SIGNS[name].word] for name in TROUBLE_FIRST],
        "drawings": [_drawing(diagram) for diagram in diagrams],
        "runs": [{"drawing": diagrams.index(run.diagram), **_run(run, places)} for run in runs.values()],
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _drawing(diagram: Diagram) -> dict[str, Any]:
    """The drawing with room for how each state fared, and the names the page needs beside it."""
    scene = diagram.scene(Marks({"": Mark("idle", "")}))
    states = {path: number for number, path in enumerate(diagram.states)}
    width, height = round(scene.width), round(scene.height)
    return {
        "svg": f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" aria-hidden="true">'
        f"{svg.drawing(scene, states, _edge_numbers(diagram))}</svg>",
        "states": [[state.name, state.comment] for state in diagram.states.values()],
    }


def _edge_numbers(diagram: Diagram) -> dict[EdgeKey, int]:
    keys = dict.fromkeys(edge.key for state in diagram.states.values() for edge in state.edges)
    return {key: number for number, key in enumerate(keys)}


def _run(run: PageRun, places: Mapping[str, int]) -> dict[str, Any]:
    trace = run.replay.trace
    states = {path: number for number, path in enumerate(run.diagram.states)}
    edges = _edge_numbers(run.diagram)
    worst = _worst(run.replay)
    return {
        "title": run.title,
        "sentence": run.sentence,
        "stays": [
            [states.get(stay.path or "", _NONE), stay.items[-1] if stay.items else _NONE] for stay in trace.stays
        ],
        "items": [[trace.item_name(number), item.owner, worst[number]] for number, item in enumerate(trace.items)],
        "rows": [_row(frame, edges) for frame in run.replay.frames],
        "nested": {
            number: [places.get(arn, arn.rsplit(":", 1)[-1]) for arn in stay.visit.children]
            for number, stay in enumerate(trace.stays)
            if stay.visit.children
        },
    }


def _row(frame: Frame, edges: Mapping[EdgeKey, int]) -> dict[str, Any]:
    return {
        "id": frame.event_id,
        "type": frame.type,
        "seconds": round(frame.seconds, 3),
        "stay": _NONE if frame.stay is None else frame.stay,
        "item": _NONE if frame.item is None else frame.item,
        "changes": [[stay, _STATUS[status]] for stay, status in frame.changes],
        "edge": _NONE if frame.edge is None else edges[frame.edge],
        "failed": frame.failure,
        "caption": frame.sentence,
        "payloads": [[payload.label.capitalize(), _shown(payload)] for payload in frame.payloads],
    }


def _shown(payload: Payload) -> str:
    return pretty_json(payload.text) + ("\n(Step Functions cut this off.)" if payload.cut else "")


def _worst(replay: Replay) -> list[int]:
    """Of each item, the worst status that anything inside it ended with."""
    worst = [_STATUS["done"]] * len(replay.trace.items)
    for number, stay in enumerate(replay.trace.stays):
        for item in stay.items:
            worst[item] = min(worst[item], _STATUS[replay.final.get(number, "done")])
    return worst
