"""How one item of the table leads to another: a flight to its bookings, a booking to its passenger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flightpulse.domain import keys
from flightpulse.domain.entities import Tier
from flightpulse.workbench.show import picture as pictures
from flightpulse.workbench.show.picture import Picture, PictureAndWords
from flightpulse.workbench.show.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TIERS: Final = {tier.priority: tier.value for tier in Tier}
_DRAWN: Final = 10
_ROW: Final = 0.46
_BOXES: Final = ((0.005, 0.22), (0.32, 0.28), (0.705, 0.29))
"""Left edge and width of the three columns: flight, bookings, passengers."""
_HEADINGS: Final = ("flight", "bookings on it, in the same partition", "passengers, by their own key")


@dataclass(frozen=True, slots=True)
class Link:
    """A flight's side of a booking: which booking, whose, and the passenger's rank (1 hears first; 0: not known)."""

    booking_id: str
    passenger_id: str
    priority: int

    @property
    def tier(self) -> str:
        return _TIERS.get(self.priority, "tier not known")


@dataclass(frozen=True, slots=True, repr=False)
class Adjacency(PictureAndWords):
    """A flight with the items its partition leads to, as a drawing and as a tree of keys."""

    flight: Mapping[str, Any]
    links: Sequence[Link]

    @property
    def said(self) -> str:
        """The tree of keys."""
        return _tree(self.flight, self.links)

    def picture(self) -> Picture:
        """Boxes with the keys of flight, bookings and passengers, and arrows from one to the next."""
        flight, links, shown = self.flight, self.links, self.links[:_DRAWN]
        rows = max(1, len(shown)) + (1 if len(links) > len(shown) else 0)
        figure = pictures.canvas(0.85 + rows * _ROW)
        axes = figure.add_axes((0.01, 0.02, 0.98, 0.96))
        axes.set_xlim(0, 1)
        axes.set_ylim(-rows - 0.1, 0.9)
        axes.axis("off")
        for (left, width), heading in zip(_BOXES, _HEADINGS, strict=True):
            axes.text(left + width / 2, 0.45, heading, ha="center", fontsize=9, color=pictures.DIM, fontweight="bold")
        about = f"{flight.get('origin', '')} → {flight.get('destination', '')}, {flight.get('status', '')}"
        _box(axes, 0, -rows / 2, [f"{keys.FLIGHT}{flight['flight_id']} / {keys.METADATA}", about], pictures.BLUE)
        passengers: dict[str, float] = {}
        for row, link in enumerate(shown):
            height = -row - 0.5
            # A passenger stands beside the first of their bookings.
            passenger = passengers.setdefault(link.passenger_id, height)
            key = f"{keys.FLIGHT}{flight['flight_id']} / {keys.BOOKING}{link.booking_id}"
            _box(axes, 1, height, [key, link.tier], pictures.ORANGE)
            _arrow(axes, (0, -rows / 2), (1, height))
            _arrow(axes, (1, height), (2, passenger))
        for passenger_id, height in passengers.items():
            _box(axes, 2, height, [f"{keys.PASSENGER}{passenger_id} / {keys.METADATA}"], pictures.GREEN)
        if len(links) > len(shown):
            axes.text(0.46, -rows + 0.5, f"… and {len(links) - len(shown)} more", ha="center", fontsize=9)
        return Picture.of(figure, self.said)

    def __repr__(self) -> str:
        return self.said


def _tree(flight: Mapping[str, Any], links: Sequence[Link]) -> str:
    passengers, own = len({link.passenger_id for link in links}), f"{keys.FLIGHT}{flight['flight_id']}"
    lines = [
        f"One Query on PK = {own} gives the flight and {counted(len(links), 'booking')} of "
        f"{counted(passengers, 'passenger')}; each booking names the keys of the items behind it.",
        f"{own} / {keys.METADATA}   flight, {flight.get('status', '')}, "
        f"{flight.get('origin', '')} → {flight.get('destination', '')}",
    ]
    for place, link in enumerate(links, 1):
        last = place == len(links)
        booking, passenger = keys.BOOKING + link.booking_id, keys.PASSENGER + link.passenger_id
        lines.append(f"{'└─' if last else '├─'} {own} / {booking}   booking on it, {link.tier}")
        behind = (
            f"→ {booking} / {keys.METADATA}   the booking",
            f"→ {passenger} / {keys.METADATA}   the passenger",
            f"→ {passenger} / {booking}   the same booking, on the passenger's side",
        )
        lines += [f"{' ' if last else '│'}    {line}" for line in behind]
    return "\n".join(lines)


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
