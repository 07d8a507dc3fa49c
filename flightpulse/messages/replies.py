"""Finds the JSON objects in what a model replied, whatever stands around them."""

import json
import re
from collections.abc import Iterator
from typing import Any


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
