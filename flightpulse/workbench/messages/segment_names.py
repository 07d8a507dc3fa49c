"""Names segments by their keys or the beginnings of these, as people type them."""

from flightpulse.errors import UserError
from flightpulse.messages.news import all_segments
from flightpulse.messages.segments import LOCALE, Segment

LOOKS_LIKE = "They look like delay/MAJOR/MECHANICAL/A-LIST-PREFERRED or gate_change/TERMINAL."


def segments_like(beginning: str) -> list[Segment]:
    """All segments whose key begins like this, in any case. Raises UserError when none does."""
    chosen = [segment for segment in all_segments() if f"{segment.key}/".lower().startswith(beginning.lower())]
    if not chosen:
        raise UserError(f"No segment begins with {beginning!r}.", hint=LOOKS_LIKE)
    return chosen


def segment_named(name: str) -> Segment:
    """The one segment of this key. What the key leaves out at its end is nobody's circumstance and the usual locale.

    Raises UserError when there is none, or more than one.
    """
    wanted = name.strip("/").lower()
    keys = {f"{wanted}{ending}".lower() for ending in ("", f"/{LOCALE}", f"/-/{LOCALE}")}
    exact = [segment for segment in all_segments() if segment.key.lower() in keys]
    if exact:
        return exact[0]
    chosen = segments_like(name)
    if len(chosen) > 1:
        raise UserError(f"{len(chosen)} segments begin with {name!r}.", hint=f"Name one, such as {chosen[0].key}.")
    return chosen[0]
