"""The one way in which a workflow definition is written down: what fits on a line stands on one, a retrier always.

``python -m flightpulse.stack.asl_format`` writes every definition so; a test says when somebody forgot.
"""

import json
from pathlib import Path
from typing import Any

from flightpulse.paths import WORKFLOWS

_WIDTH = 120
_INDENT = "  "


def formatted(document: Any) -> str:
    """A definition as text: values that fit into 120 columns on one line each, everything else indented by two."""
    return _value(document, 0, 0) + "\n"


def main(folder: Path = WORKFLOWS) -> None:
    """Write every definition of a folder in this form."""
    for path in sorted(folder.glob("*.asl*.json")):
        path.write_text(formatted(json.loads(path.read_text(encoding="utf-8"))), encoding="utf-8")


def _value(value: Any, depth: int, used: int) -> str:
    """``used`` is how many columns of the line are taken before the value, and by the comma after it."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value:
        return line
    # A state is looked for by its line, so it is never folded into the line of what contains it.
    if (len(line) + used <= _WIDTH and '"Type": ' not in line) or (isinstance(value, dict) and "MaxAttempts" in value):
        return line
    inner, outer = _INDENT * (depth + 1), _INDENT * depth
    if isinstance(value, dict):
        names = ((f"{json.dumps(name, ensure_ascii=False)}: ", item) for name, item in value.items())
        parts = [f"{inner}{name}{_value(item, depth + 1, len(inner) + len(name) + 1)}" for name, item in names]
        return "{\n" + ",\n".join(parts) + f"\n{outer}}}"
    parts = [f"{inner}{_value(item, depth + 1, len(inner) + 1)}" for item in value]
    return "[\n" + ",\n".join(parts) + f"\n{outer}]"


if __name__ == "__main__":
    main()
