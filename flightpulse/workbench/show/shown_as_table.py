"""How a result that has a table shows."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flightpulse.workbench.show.tables import Table


class ShownAsTable(ABC):
    """Shows in a notebook as its table, and as text likewise unless it has a text of its own."""

    __slots__ = ()

    @abstractmethod
    def table(self) -> "Table":
        """What it says, as a table."""

    def __str__(self) -> str:
        return str(self.table())

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.table().html()}
