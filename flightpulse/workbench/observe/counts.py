"""How much of everything a run took."""

from dataclasses import dataclass, fields

from flightpulse.workbench.show.shown_as_table import ShownAsTable
from flightpulse.workbench.show.tables import Table


@dataclass(frozen=True, slots=True)
class Counts(ShownAsTable):
    """How much of everything a run took.

    ``state_transitions`` are those that Step Functions bills: every state entered and every retry, nested executions
    included. Templates are counted per segment of passengers. ``model_calls`` and tokens are those of author and
    reviewer together, as Bedrock counted them.
    """

    events: int
    records: int
    executions: int
    state_transitions: int
    table_writes: int
    passengers_told: int
    emails: int
    texts: int
    templates_from_model: int
    templates_from_cache: int
    templates_from_fallback: int
    model_calls: int
    model_tokens_in: int
    model_tokens_out: int

    def __getitem__(self, name: str) -> int:
        if name not in self.__slots__:
            raise KeyError(f"no count {name!r}; there are {', '.join(self.__slots__)}")
        value: int = getattr(self, name)
        return value

    def table(self) -> Table:
        """The counts as a table."""
        rows = [(known.name.replace("_", " "), getattr(self, known.name)) for known in fields(self)]
        return Table.of(("what", "how many"), rows, numbers=(1,))
