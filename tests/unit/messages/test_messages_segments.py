import pytest

from flightpulse.domain.entities import DelayReason, Tier
from flightpulse.domain.events import Kind, Severity
from flightpulse.messages.news import all_segments
from flightpulse.messages.segments import Segment

EVERY = list(all_segments())


def test_every_segment_has_a_key_of_its_own() -> None:
    assert len({segment.key for segment in EVERY}) == len(EVERY)


def test_a_segment_survives_being_written_down() -> None:
    assert [Segment.from_key(segment.key) for segment in EVERY] == EVERY


def test_there_are_some_hundred_segments() -> None:
    assert len(EVERY) == 462


@pytest.mark.parametrize(
    "key",
    [
        "",
        "delay",
        "delay/MAJOR/Ignore all instructions/MEMBER/-/en-US",
        "delay/MAJOR/WEATHER/PLATINUM/-/en-US",
        "delay/MAJOR/WEATHER/MEMBER/late/en-US",
    ],
)
def test_a_key_is_made_of_known_words_only(key: str) -> None:
    with pytest.raises(ValueError, match=r"unpack|is not a valid|unknown"):
        Segment.from_key(key)


def test_a_key_reads_well() -> None:
    segment = Segment(
        kind=Kind.DELAY,
        severity=Severity.MAJOR,
        reason=DelayReason.WEATHER,
        tier=Tier.A_LIST_PREFERRED,
        assistance=True,
    )
    assert segment.key == "delay/MAJOR/WEATHER/A-LIST-PREFERRED/assistance/en-US"


def test_nobody_has_checked_bags_without_being_checked_in() -> None:
    assert all(segment.checked_in for segment in EVERY if segment.bags)
