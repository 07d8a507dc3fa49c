"""Poison between good records, on the local cloud, with records that hypothesis draws besides."""

import json

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from flightpulse.chaos import poison
from flightpulse.chaos.fuzz import BadRecord
from flightpulse.workbench.target.session import Session
from tests.chaos.test_chaos_fuzz import json_values
from tests.waiting import COMMAND_SECONDS

DRAWN = 60


def drawn_by_hypothesis() -> list[BadRecord]:
    """Bytes and JSON values that are no event, the same ones every time."""
    drawn: list[BadRecord] = []
    values = st.binary(max_size=300) | json_values.map(lambda value: json.dumps(value).encode())

    @settings(
        max_examples=DRAWN,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(st.none() | st.binary(max_size=20), values)
    def collect(key: bytes | None, value: bytes) -> None:
        drawn.append(BadRecord("hypothesis", key, value, {}, frozenset()))

    collect()
    return drawn


def test_bad_records_are_put_aside_and_good_ones_are_told(session: Session) -> None:
    also = drawn_by_hypothesis()
    verdict = poison.prove(session, 21, records=400, flights=4, bookings=2, seconds=COMMAND_SECONDS, also=also)

    assert verdict.kept, [f"{promise.said}: {promise.seen}" for promise in verdict.broken]
    assert verdict.figures["bad records"] == 400 + len(also)
    assert len(also) >= DRAWN // 2
    assert int(verdict.figures["messages"]) > 0
