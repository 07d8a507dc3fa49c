"""nbval.cfg: every pair is used, changes what it is for, and leaves alone what looks like it."""

from pathlib import Path

import pytest

from flightpulse.errors import UserError
from tools.notebooks import patterns
from tools.notebooks.folder import Folder

PATTERNS = patterns.load(Folder().patterns)

SAMPLES = {
    "<colour>": ("\x1b[31mred", "<colour>red", "[31m] of 40"),
    "<uuid>": ("id 0b4e0b1c-93f4-4d6a-8f0e-0a1b2c3d4e5f", "id <uuid>", "phone 555-0100-0100"),
    "<uuid> cut short": ("execution 0b4e0b1c…", "execution <uuid>…", "CONFIRMED… and 1234…"),
    "<trace>": ("Root=1-67890abc-0123456789abcdef01234567", "Root=<trace>", "BKG-0001-0002"),
    "ntf-<id>": ("ntf-0123456789abcdef01234567", "ntf-<id>", "ntf-0123"),
    "<hex>": ("evt-0123456789abcdef0123456789abcdef", "evt-<hex>", "deadbeef and 000000000000"),
    "<time>": ("at 2026-11-24T14:30:00.123Z", "at <time>", "14:30, or 2:05 PM"),
    "<date>": ("on Tuesday, 2026-11-24", "on <date>", "SW2026-11 leaves on a Tuesday"),
    "<day>": ("on Tuesday, November 24 and Nov 25", "on <day> and <day>", "May I ask? 24 November seats, gate D15"),
    r"\1T": ("leaves at 2:05 PM CST", "leaves at 2:05 PM CT", "EST of the book"),
    "<milliseconds>": ("1795426959804", "<milliseconds>", "1000 and 99999999999999"),
    "<duration>": ("3.1 s, 2 min 05 s", "<duration>, <duration>", "90 min late, 25 minutes, 3 seats"),
    r"\1:<port>": ("127.0.0.1:4566/ and localhost:80", "127.0.0.1:<port>/ and localhost:<port>", "A5:4566"),
    "/restapis/<api>/": ("/restapis/ab12cd34ef/v1", "/restapis/<api>/v1", "/flights/SW1234"),
    "<address>": ("<Run at 0x7f3a2b1c9d00>", "<Run at <address>>", "0x12 and x7f3a2b1c"),
    "<file>": ("wrote /tmp/abc-1/run.html.", "wrote <file>", "notebooks/tmp/run.html"),
    "T_<style>": ('class="T_0a1b2_row0"', 'class="T_<style>_row0"', "T_MINUS_5"),
}  # fmt: skip
"""For each pair, by its replacement: a text, what becomes of it, and a text that must stay as it is."""


def test_every_pair_has_samples():
    assert len(PATTERNS.pairs) == len(SAMPLES)
    assert {replacement for _, replacement in PATTERNS.pairs} == {name.removesuffix(" cut short") for name in SAMPLES}


@pytest.mark.parametrize(("volatile", "steady", "meant"), SAMPLES.values(), ids=SAMPLES)
def test_what_may_differ_is_replaced_and_what_is_meant_stays(volatile: str, steady: str, meant: str):
    assert PATTERNS.apply(volatile) == steady
    assert PATTERNS.apply(meant) == meant


@pytest.mark.parametrize(
    "fact",
    [
        "✓ passengers told: 6",
        "SW1234 DELAYED 25 minutes, gate A5 to D15",
        "PAX-0001 BKG-0002 A-LIST PREFERRED",
        "$0.0052",
    ],
)
def test_no_pair_touches_a_fact_of_the_domain(fact: str):
    assert PATTERNS.apply(fact) == fact


@pytest.mark.parametrize(
    "text",
    [
        "regex: [0-9]+\nreplace:\n",
        "regex: [0-9]+\nreplace: \n",
        "regex: [0-9]+\n\nreplace: <n>\n",
        "regex:[0-9]+\nreplace: <n>\n",
        "regex: [0-9]+\nreplace: <n>\n\nregex: [0-9]+\nreplace: <m>\n",
    ],
    ids=["no replacement", "empty replacement", "a line between", "no space", "the same twice"],
)
def test_a_pair_that_nbval_would_not_use_is_refused(tmp_path: Path, text: str):
    file = tmp_path / "nbval.cfg"
    file.write_text(text)

    with pytest.raises(UserError, match=r"nbval\.cfg has \d expressions, of which nbval would use \d"):
        patterns.load(file)
