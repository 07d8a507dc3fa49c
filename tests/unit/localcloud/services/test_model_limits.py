"""Requests are held against the limits in the service's model, as far as those can be read."""

from localcloud.services import refusals


def test_a_pattern_that_python_cannot_read_is_not_checked() -> None:
    # Given a target with a member whose pattern has a class of Unicode characters
    commands = {"RunCommandTargets": [{"Key": "tag:x", "Values": ["1"]}]}
    target = {"Id": "1", "Arn": "arn:aws:ssm:us-east-1:000000000000:document/d", "RunCommandParameters": commands}

    # When it is put, then nothing is refused
    assert refusals.check("events", "PutTargets", {"Rule": "r", "Targets": [target]}) is not None
