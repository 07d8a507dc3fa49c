"""The templates that the model has written and the table keeps for a day: forgets them, so that it is asked again."""

from flightpulse.adapters.dynamodb_json import item_to_typed
from flightpulse.domain import keys
from flightpulse.domain.segments import Segment, all_segments
from flightpulse.domain.wordings import cache_version
from flightpulse.errors import UserError
from flightpulse.workbench.target.session import Session


def forget(session: Session, segments: str) -> int:
    """Delete the kept templates of all segments whose key begins like this, and say how many there were.

    Only templates of the model and the prompt now in use are found; others are never read either. Raises UserError
    when no segment begins like this.
    """
    chosen = _beginning_like(segments)
    model_id = session.model_id
    found = 0
    for segment in chosen:
        key = keys.template(segment.key, cache_version(segment, model_id))
        gone = session.dynamodb.delete_item(
            TableName=session.table_name, Key=item_to_typed(key), ReturnValues="ALL_OLD"
        )
        found += "Attributes" in gone
    return found


def _beginning_like(segments: str) -> list[Segment]:
    chosen = [segment for segment in all_segments() if segment.key.lower().startswith(segments.lower())]
    if not chosen:
        raise UserError(
            f"No segment begins with {segments!r}.",
            hint="They look like delay/MAJOR/MECHANICAL/A-LIST-PREFERRED or gate_change/TERMINAL.",
        )
    return chosen
