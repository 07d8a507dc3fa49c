"""What models are told whatever they are asked, and the JSON objects in what they reply."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def system_prompt(task: str) -> str:
    """The instructions for a task, ``draft`` or ``review``."""
    return Path(__file__).with_name(f"{task}.txt").read_text("utf-8").strip()


def request_hash(system: str, user: str) -> str:
    """Names the exact words of a request, by which its answer can be recorded."""
    return hashlib.sha256(f"{system}\n{user}".encode()).hexdigest()[:16]


def objects(reply: str) -> Iterator[dict[str, Any]]:
    """The JSON objects in a text, whatever stands around them; line breaks inside their texts are forgiven."""
    decoder = json.JSONDecoder(strict=False)
    end = 0
    for start in (match.start() for match in re.finditer(r"\{", reply)):
        if start < end:
            continue
        try:
            value, end = decoder.raw_decode(reply, start)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and value:
            yield value
