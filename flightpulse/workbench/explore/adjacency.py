"""How one item of the table leads to another: a flight to its bookings, a booking to its passenger."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from flightpulse.domain import keys
from flightpulse.domain.entities import Tier
from flightpulse.errors import UserError
from flightpulse.workbench.diagram import png
from flightpulse.workbench.show import picture as pictures
from flightpulse.workbench.show.picture import Picture
from flightpulse.workbench.show.picture_and_words import PictureAndWords
from flightpulse.workbench.show.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TIERS: Final = {tier.priority: tier.value for tier in Tier}
_DRAWN: Final = 10
_ROW: Final = 0.46
_BOXES: Final = ((0.005, 0.22), (0.32, 0.28), (0.705, 0.29))
"""Left edge and width of the three columns: flight, bookings, passengers."""


@dataclass(frozen=True, slots=True)
class Link:
    """A flight's side of a booking: which booking, whose, and the passenger's rank (1 hears first; 0: not known)."""

    booking_id: str
    passenger_id: str
    priority: int

    @property
    def tier(self) -> str:
        return _TIERS.get(self.priority, "tier not known")


@dataclass(frozen=True)
class Adjacency(PictureAndWords):
    """A flight with the items its partition leads to. Shows as a tree of keys and as a small drawing."""

    flight: Mapping[str, Any] = field(repr=False)
    links: tuple[Link, ...]

    @property
    def flight_id(self) -> str:
        return str(self.flight["flight_id"])

    @property
    def said(self) -> str:
        """What there is, in a sentence."""
        passengers = len({link.passenger_id for link in self.links})
        return (
            f"One Query on PK = {keys.FLIGHT}{self.flight_id} gives the flight and "
            f"{counted(len(self.links), 'booking')} of {counted(passengers, 'passenger')}; "
            "each booking names the keys of the items behind it."
        )

    def picture(self) -> Picture:
        """The drawing. Raises UserError where matplotlib is not installed."""
        return Picture(_drawn(self), str(self))

    def __str__(self) -> str:
        route = f"{self.flight.get('origin', '')} → {self.flight.get('destination', '')}"
        about = f"flight, {self.flight.get('status', '')}, {route}"
        lines = [self.said, f"{keys.FLIGHT}{self.flight_id} / {keys.METADATA}   {about}"]
        for place, link in enumerate(self.links, 1):
            last = place == len(self.links)
            booking, passenger = keys.BOOKING + link.booking_id, keys.PASSENGER + link.passenger_id
            lines.append(
                f"{'└─' if last else '├─'} {keys.FLIGHT}{self.flight_id} / {booking}   booking on it, {link.tier}"
            )
            behind = (
                f"→ {booking} / {keys.METADATA}   the booking",
                f"→ {passenger} / {keys.METADATA}   the passenger",
                f"→ {passenger} / {booking}   the same booking, on the passenger's side",
            )
            lines += [f"{' ' if last else '│'}    {line}" for line in behind]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        try:
            png = self.picture().png
        except UserError:
            return {"text/plain": str(self)}, {}
        return {"image/png": png, "text/plain": str(self)}, {"image/png": {"alt": self.said}}


def _drawn(adjacency: Adjacency) -> bytes:
    shown = adjacency.links[:_DRAWN]
    rows = max(1, len(shown)) + (1 if len(adjacency.links) > len(shown) else 0)
    figure = pictures.canvas(0.85 + rows * _ROW)
    axes = figure.add_axes((0.01, 0.02, 0.98, 0.96))
    axes.set_xlim(0, 1)
    axes.set_ylim(-rows - 0.1, 0.9)
    axes.axis("off")
    for (left, width), heading in zip(_BOXES, _HEADINGS, strict=True):
        axes.text(left + width / 2, 0.45, heading, ha="center", fontsize=9, color=pictures.DIM, fontweight="bold")
    _flight_box(axes, adjacency, rows)
    passengers = _places(shown)
    for row, link in enumerate(shown):
        _booking_row(axes, adjacency.flight_id, link, row, rows, passengers[link.passenger_id])
    for passenger, height in passengers.items():
        _box(axes, 2, height, [f"{keys.PASSENGER}{passenger} / {keys.METADATA}"], pictures.GREEN)
    if len(adjacency.links) > len(shown):
        axes.text(0.46, -rows + 0.5, f"… and {len(adjacency.links) - len(shown)} more", ha="center", fontsize=9)
    return png.encoded(figure, 90)


_HEADINGS: Final = ("flight", "bookings on it, in the same partition", "passengers, by their own key")


def _places(links: tuple[Link, ...]) -> dict[str, float]:
    """The row of each passenger: that of their first booking here."""
    found: dict[str, float] = {}
    for row, link in enumerate(links):
        found.setdefault(link.passenger_id, -row - 0.5)
    return found


def _flight_box(axes: "Axes", adjacency: Adjacency, rows: int) -> None:
    about = f"{adjacency.flight.get('origin', '')} → {adjacency.flight.get('destination', '')}"
    lines = [f"{keys.FLIGHT}{adjacency.flight_id} / {keys.METADATA}", f"{about}, {adjacency.flight.get('status', '')}"]
    _box(axes, 0, -rows / 2, lines, pictures.BLUE)


def _booking_row(axes: "Axes", flight_id: str, link: Link, row: int, rows: int, passenger: float) -> None:
    height = -row - 0.5
    _box(axes, 1, height, [f"{keys.FLIGHT}{flight_id} / {keys.BOOKING}{link.booking_id}", link.tier], pictures.ORANGE)
    _arrow(axes, (0, -rows / 2), (1, height))
    _arrow(axes, (1, height), (2, passenger))


def _box(axes: "Axes", column: int, y: float, lines: list[str], colour: str) -> None:
    left, width = _BOXES[column]
    pictures.box(axes, (left, y - 0.36), width, 0.72, edge=colour, line=1.6, rounding=0.008)
    axes.text(
        left + width / 2, y, "\n".join(lines), ha="center", va="center", fontsize=7.5, color=pictures.INK, zorder=4
    )


def _arrow(axes: "Axes", start: tuple[int, float], end: tuple[int, float]) -> None:
    left, width = _BOXES[start[0]]
    axes.annotate(
        "",
        xy=(_BOXES[end[0]][0], end[1]),
        xytext=(left + width, start[1]),
        arrowprops={"arrowstyle": "-|>", "color": pictures.DIM, "linewidth": 1.0, "shrinkA": 0, "shrinkB": 1},
        zorder=2,
    )
