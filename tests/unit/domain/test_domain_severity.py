import pytest

from flightpulse.domain.severity import DelayCategory, delay_category


@pytest.mark.parametrize(
    ("minutes", "category"),
    [
        (0, DelayCategory.MINOR),
        (29, DelayCategory.MINOR),
        (30, DelayCategory.MAJOR),
        (120, DelayCategory.MAJOR),
        (121, DelayCategory.SEVERE),
        (10_080, DelayCategory.SEVERE),
    ],
)
def test_a_delay_is_minor_below_30_major_to_120_and_severe_above(minutes: int, category: DelayCategory) -> None:
    assert delay_category(minutes) is category


def test_a_negative_delay_has_no_category() -> None:
    with pytest.raises(ValueError, match="-1 minutes"):
        delay_category(-1)
