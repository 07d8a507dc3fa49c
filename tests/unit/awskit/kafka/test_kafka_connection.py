"""The security settings a user may give."""

import pytest

from awskit.kafka.connection import Kafka, read_security
from flightpulse.errors import UserError


def test_security_settings_are_read_like_a_properties_file() -> None:
    lines = ["# a comment", "", "security.protocol=SASL_SSL", " sasl.password = a=b ", "ssl.ca.location=/ca.pem"]
    assert read_security(lines) == {
        "security.protocol": "SASL_SSL",
        "sasl.password": "a=b",
        "ssl.ca.location": "/ca.pem",
    }


@pytest.mark.parametrize("name", ["enable.auto.commit", "group.id", "bootstrap.servers", "acks"])
def test_a_setting_that_is_not_about_security_is_refused(name: str) -> None:
    with pytest.raises(UserError, match=name):
        read_security([f"{name}=x"])


def test_a_line_without_an_equals_sign_is_refused_without_repeating_it() -> None:
    with pytest.raises(UserError) as refused:
        read_security(["sasl.password secret"])
    assert "secret" not in str(refused.value)


def test_security_settings_cannot_redirect_a_client() -> None:
    client = Kafka("real:9092", {"security.protocol": "SSL"}).client(acks="all")
    assert (client["bootstrap.servers"], client["security.protocol"], client["acks"]) == ("real:9092", "SSL", "all")
