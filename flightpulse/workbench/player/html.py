"""Writes the step player: one piece of HTML that needs nothing else, and the same as a page of its own.

The data is in an attribute and the style is in the script, so that a sanitiser which takes scripts away leaves a clean
table and nothing else.
"""

import json
import re
from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path

from flightpulse.workbench.diagram import svg
from flightpulse.workbench.player.frames import TROUBLE_FIRST
from flightpulse.workbench.player.page_data import PageRun, pack
from flightpulse.workbench.player.table import VisitTable
from flightpulse.workbench.show.words import counted

_BYTES_PER_500_EVENTS = 58_000
_LEAST_PAYLOAD = 5_000
_BYTES_PER_MORE_RUN = 8_000
_TABLE_ROWS = 40
_HERE = Path(__file__).parent


def fragment(runs: Sequence[PageRun], table: VisitTable, sentence: str, begin: int = 0) -> str:
    """The player of ``runs[0]`` with the others openable in it. It stays under 60 KB for 500 events."""
    fallback = _fallback(table, sentence)
    events = sum(len(run.replay.frames) for run in runs)
    target = int(_BYTES_PER_500_EVENTS * max(1.0, events / 500)) + _BYTES_PER_MORE_RUN * (len(runs) - 1)
    bare = len(_attribute(runs, 0, begin).encode()) + len(fallback.encode()) + len(_script().encode())
    budget = max(_LEAST_PAYLOAD, target - bare)
    return (
        f"<div class=\"fp-player\" data-fp='{_attribute(runs, budget, begin)}'>{fallback}</div>"
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


def _fallback(table: VisitTable, sentence: str) -> str:
    shown = table.first(_TABLE_ROWS)
    number = len(table.rows)
    return (
        f'<div class="fp-table"><p>{escape(sentence, quote=False)}</p>'
        f"<details><summary>The same as a table: {counted(number, 'line')}</summary>{shown.html()}</details></div>"
    )


def _attribute(runs: Sequence[PageRun], budget: int, begin: int) -> str:
    text = json.dumps(pack(runs, budget, begin), ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "&amp;").replace("'", "&#39;").replace("<", "&lt;").replace(">", "&gt;")


@cache
def _script() -> str:
    """The script with its style, without the comments and the indentation that only we read."""
    lines = (_HERE / "player.js").read_text("utf-8").splitlines()
    code = "".join(line.strip() + "\n" for line in lines if not line.strip().startswith("//"))
    signs = ("idle", *TROUBLE_FIRST)
    css = svg.style(".fp-player", signs) + svg.dark_style(".fp-dark.fp-dark", signs)
    css += (_HERE / "player.css").read_text("utf-8").replace("\n", "")
    return _squeezed(code).replace('"%CSS%"', json.dumps(css))


def _squeezed(code: str) -> str:
    """Our own script, which ends each statement with ``;``, without the spaces around its signs."""
    parts = re.split(r'("(?:[^"\\]|\\.)*")', code)
    return "".join(
        part if number % 2 else re.sub(r"\s*([{}()\[\];,:?=<>+*&|!])\s*", r"\1", part)
        for number, part in enumerate(parts)
    ).strip()
