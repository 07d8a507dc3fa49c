"""What may differ from run to run: the pairs of ``nbval.cfg``, for nbval and the builder alike."""

import re
from dataclasses import dataclass
from pathlib import Path

from nbval.plugin import get_sanitize_patterns

from flightpulse.errors import UserError


@dataclass(frozen=True, slots=True)
class Patterns:
    """Pairs of an expression and what stands in its place, applied one after the other."""

    pairs: tuple[tuple[str, str], ...]

    def apply(self, text: str) -> str:
        """The text without what differs from run to run."""
        for expression, replacement in self.pairs:
            text = re.sub(expression, replacement, text)
        return text


def load(path: Path) -> Patterns:
    """Read the file as nbval does. Raises UserError when nbval would silently drop a pair.

    That happens when ``replace:`` is not followed by a space; and of two pairs with the same expression nbval keeps the
    last.
    """
    text = path.read_text(encoding="utf-8")
    pairs = get_sanitize_patterns(text)
    written = len(re.findall(r"^\s*regex\b", text, flags=re.MULTILINE))
    kept = dict(pairs)
    if len(kept) != written or not all(kept.values()):
        raise UserError(
            f"{path.name} has {written} expressions, of which nbval would use {sum(map(bool, kept.values()))}.",
            hint="Write each as two lines, `regex: …` and `replace: …`, with a replacement that is not empty.",
        )
    return Patterns(tuple(kept.items()))
