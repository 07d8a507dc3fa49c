"""What the first cell of a notebook says: its title, its promise, what it needs, where its outputs come from."""

import re
from dataclasses import dataclass

from nbformat import NotebookNode

from flightpulse.errors import UserError
from tools.notebooks.tiers import AWS, LOCAL, REPLAY

FACTS = ("You will", "You need", "You know", "Time", "Cost", "Simplified")
"""Every head is a title, one paragraph that promises something, these facts as a list, and its provenance."""

PROVENANCE = {
    REPLAY: "Recorded from what earlier runs have stored; no service ran.",
    LOCAL: "Recorded on the local cloud; the messages were written by its stand-in model, not by Amazon Bedrock.",
    AWS: "Recorded on AWS.",
}
"""The first sentence of the last paragraph of the head, word for word; more may follow."""

_FACT = re.compile(r"^- \*\*(?P<name>[^*:]+):?\*\*:?\s+(?P<text>.+(?:\n {2,}.+)*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Head:
    """The head of one notebook; ``facts`` by name."""

    name: str
    title: str
    promise: str
    facts: dict[str, str]
    provenance: str

    @property
    def number(self) -> str:
        return self.name[:2]


def of(notebook: NotebookNode, name: str) -> Head:
    """The head of a notebook. Raises UserError when its first cell is not one."""
    first = notebook.cells[0] if notebook.cells else None
    paragraphs = [] if first is None else [part.strip() for part in re.split(r"\n\s*\n", first.source.strip())]
    if first is None or first.cell_type != "markdown" or len(paragraphs) < 3 or not paragraphs[0].startswith("# "):
        raise UserError(
            f"{name} does not begin with a head.",
            hint="Its first cell has a title (# …), a paragraph, a list of facts and the line about its outputs.",
        )
    facts = {found["name"]: " ".join(found["text"].split()) for found in _FACT.finditer(first.source)}
    missing = [fact for fact in FACTS if fact not in facts]
    if missing:
        raise UserError(f"The head of {name} does not say {missing[0]!r}.", hint=f"Write: - **{missing[0]}:** …")
    return Head(name, paragraphs[0].removeprefix("# ").strip(), _flat(paragraphs[1]), facts, _provenance(paragraphs))


def check_provenance(head: Head, tier: str) -> None:
    """Raise UserError when the head does not say what the outputs come from."""
    wanted = PROVENANCE[tier]
    if not head.provenance.startswith(wanted):
        raise UserError(f"The head of {head.name} does not say where its outputs come from.", hint=f"Write: {wanted}")


def _provenance(paragraphs: list[str]) -> str:
    return next((_flat(part) for part in reversed(paragraphs) if _flat(part).startswith("Recorded ")), "")


def _flat(paragraph: str) -> str:
    return " ".join(line.removeprefix(">").strip() for line in paragraph.splitlines()).strip("*_ ")
