"""Results as pandas DataFrames, with times in UTC, durations as timedeltas and repeated words as categories."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flightpulse.errors import UserError
from flightpulse.workbench.show.shown_as_table import ShownAsTable

if TYPE_CHECKING:
    import pandas as pd

_Item = TypeVar("_Item")


def frame(
    rows: Iterable[Mapping[str, Any]], *, columns: Sequence[str], categories: Sequence[str] = ()
) -> "pd.DataFrame":
    """A DataFrame of these columns, also without a row.

    Columns of datetimes become ``datetime64[ns, UTC]``, of timedeltas ``timedelta64[ns]``, of Decimals floats, and
    ``categories`` name the columns whose few words repeat. Raises UserError where pandas is not installed.
    """
    try:
        pandas: Any = import_module("pandas")
    except ImportError as error:
        raise UserError(
            "DataFrames need pandas, which is not installed.",
            hint="Install it with: pip install 'flightpulse[notebooks]'",
        ) from error
    found = list(rows)
    made = pandas.DataFrame(index=range(len(found)))
    for name in columns:
        cells = [row.get(name) for row in found]
        kinds = {type(cell) for cell in cells if cell is not None}
        if name in categories:
            made[name] = pandas.Series(cells, dtype="category")
        elif kinds == {datetime}:
            made[name] = pandas.to_datetime(pandas.Series(cells), utc=True).astype("datetime64[ns, UTC]")
        elif kinds == {timedelta}:
            made[name] = pandas.Series(cells, dtype="timedelta64[ns]")
        else:
            made[name] = pandas.Series(cells, dtype=float if kinds == {Decimal} else None)
    return made


class Records(ShownAsTable, tuple[_Item, ...], Generic[_Item]):
    """What was found, one after the other: a tuple that shows as a table and becomes a DataFrame."""

    __slots__ = ()

    columns: Sequence[str] = ()
    categories: Sequence[str] = ()

    def row(self, item: _Item) -> Mapping[str, Any]:
        """The values of an item by column; its attributes of these names."""
        return {name: getattr(item, name) for name in self.columns}

    def to_frame(self) -> "pd.DataFrame":
        """The items as a DataFrame, one row each."""
        return frame(map(self.row, self), columns=self.columns, categories=self.categories)
