"""Log groups are named as users know them."""

import pytest

from flightpulse.errors import UserError
from flightpulse.stack import names
from flightpulse.workbench.observe import logs


def test_log_groups_have_short_names():
    assert logs.groups_named(["consumer", "/my/own"]) == ["/aws/lambda/FlightPulse-KafkaConsumer", "/my/own"]
    assert len(logs.groups_named([])) == len(names.LOG_GROUPS)


def test_an_unknown_log_group_is_named_with_the_known_ones():
    with pytest.raises(UserError, match="There is no log group 'kafka'") as refusal:
        logs.groups_named(["kafka"])

    assert "consumer" in refusal.value.hint
