"""Changes of code as a reader sees them: a diff, file by file."""

from dataclasses import dataclass
from html import escape
from typing import Any

from flightpulse.errors import UserError
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.workshop import patches
from flightpulse.workbench.workshop.patches import Patch

_SHOWN_LINES = 60
# A notebook's own sheet may set the text of an output in another type.
_STYLE = 'style="font-family:monospace;font-size:smaller"'
# Thin enough that the text is read on a light page and on a dark one; the sign at its beginning says it as well.
_COLOURS = {"+": "background:rgba(46,160,67,.2)", "-": "background:rgba(248,81,73,.2)", "@": "opacity:.7"}


@dataclass(frozen=True, slots=True)
class TextDiff:
    """A unified diff; long ones are cut where they are shown, ``text`` has all of it."""

    text: str
    title: str = ""

    @classmethod
    def of_patch(cls, patch: Patch) -> "TextDiff":
        """What a step changes."""
        return cls("\n".join(file.text for file in patch.files) + "\n", patch.title)

    @property
    def files(self) -> Table:
        """One row per file: how many lines come and go."""
        rows = [(path, _count(part, "+"), _count(part, "-")) for path, part in self._parts().items()]
        return Table.of(("file", "lines added", "lines removed"), rows, numbers=(1, 2))

    def of(self, name: str) -> "TextDiff":
        """The part about one file, by the end of its path. Raises UserError."""
        found = [part for path, part in self._parts().items() if path.endswith(name)]
        if len(found) != 1:
            raise UserError(
                f"{name!r} names {len(found)} of the changed files.", hint=f"They are: {', '.join(self._parts())}"
            )
        return TextDiff(found[0])

    def _parts(self) -> dict[str, str]:
        files = patches.by_file(self.text.splitlines())
        return {patches.named(part[1]).removeprefix("b/"): "\n".join(part) + "\n" for part in files}

    def _shown(self) -> str:
        lines = self.text.rstrip().splitlines()
        cut = [f"… {len(lines) - _SHOWN_LINES} more lines"] if len(lines) > _SHOWN_LINES else []
        return "\n".join([*lines[:_SHOWN_LINES], *cut])

    def __str__(self) -> str:
        return "\n".join(filter(None, [self.title, self._shown()]))

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        title = f"<p>{escape(self.title)}</p>" if self.title else ""
        return {"text/plain": str(self), "text/html": f"{title}<pre {_STYLE}>{self._coloured()}</pre>"}

    def _coloured(self) -> str:
        return "\n".join(map(_coloured, self._shown().splitlines()))


def _coloured(line: str) -> str:
    colour = _COLOURS.get(line[:1])
    if colour is None or line.startswith(("+++ ", "--- ")):
        return escape(line)
    return f'<span style="{colour}">{escape(line)}</span>'


def _count(part: str, sign: str) -> int:
    return sum(line.startswith(sign) and not line.startswith(sign * 3) for line in part.splitlines())
