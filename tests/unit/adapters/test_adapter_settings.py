from typing import Any, cast

import pytest

from flightpulse.adapters import settings
from flightpulse.adapters.settings import ConsumerSettings, MissingSettingError, NotifyFrom, Parameter
from tests.unit.fakes import aws_error

ENVIRONMENT = {
    "TABLE_NAME": "FlightPulseTable",
    "EVENT_BUS_NAME": "flightpulse-bus",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.example/records",
    "NOTIFY_FROM_PARAMETER": "/flightpulse/notify-from-minutes",
}


class FakeSsm:
    """Parameter Store with one SecureString. ``value`` may be an exception."""

    def __init__(self, value: str | Exception) -> None:
        self.value = value
        self.calls: list[dict[str, Any]] = []

    def get_parameter(self, **arguments: Any) -> dict[str, Any]:
        self.calls.append(arguments)
        if isinstance(self.value, Exception):
            raise self.value
        return {"Parameter": {"Value": self.value}}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def a_parameter(ssm: FakeSsm, clock: Clock) -> Parameter:
    return Parameter(cast(Any, ssm), "/flightpulse/bedrock/model-id", ttl_seconds=60, clock=clock)


def test_settings_come_from_the_environment() -> None:
    assert settings.read(ConsumerSettings, ENVIRONMENT) == ConsumerSettings(
        table_name="FlightPulseTable",
        event_bus_name="flightpulse-bus",
        dead_letter_queue_url="https://sqs.example/records",
        notify_from_parameter="/flightpulse/notify-from-minutes",
    )


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(MissingSettingError, match=r"ConsumerSettings needs the environment variable EVENT_BUS_NAME$"):
        settings.read(ConsumerSettings, {**ENVIRONMENT, "EVENT_BUS_NAME": ""})


def test_all_missing_variables_are_named_together() -> None:
    every = "TABLE_NAME, EVENT_BUS_NAME, DEAD_LETTER_QUEUE_URL, NOTIFY_FROM_PARAMETER"
    with pytest.raises(MissingSettingError, match=f"variables {every}$"):
        settings.read(ConsumerSettings, {})


def test_a_process_is_a_function_where_lambda_says_so() -> None:
    assert settings.in_lambda({"AWS_LAMBDA_FUNCTION_NAME": "FlightPulse-KafkaConsumer"})
    assert not settings.in_lambda({})


def test_a_parameter_is_read_decrypted_and_only_when_it_is_needed() -> None:
    ssm = FakeSsm("amazon.nova-lite-v1:0")
    parameter = a_parameter(ssm, Clock())
    assert ssm.calls == []
    assert parameter.value() == "amazon.nova-lite-v1:0"
    assert ssm.calls == [{"Name": "/flightpulse/bedrock/model-id", "WithDecryption": True}]


def test_a_parameter_is_kept_until_its_time_is_over() -> None:
    ssm, clock = FakeSsm("old"), Clock()
    parameter = a_parameter(ssm, clock)
    parameter.value()
    ssm.value = "new"
    clock.now = 59.9
    assert parameter.value() == "old"
    clock.now = 60
    assert parameter.value() == "new"
    assert len(ssm.calls) == 2


def test_a_parameter_that_cannot_be_refreshed_goes_on_being_used() -> None:
    ssm, clock = FakeSsm("known"), Clock()
    parameter = a_parameter(ssm, clock)
    parameter.value()
    ssm.value, clock.now = aws_error("InternalServerError"), 100
    assert parameter.value() == "known"


def test_a_parameter_that_was_never_read_is_an_error() -> None:
    error = aws_error("ParameterNotFound")
    with pytest.raises(type(error), match="ParameterNotFound"):
        a_parameter(FakeSsm(error), Clock()).value()


@pytest.mark.parametrize(
    ("stored", "minutes", "warned"),
    [
        ("0", 0, ""),
        ("30", 30, ""),
        ("half an hour", 0, "no whole number"),
        ("-5", 0, "no whole number"),
        (aws_error("ParameterNotFound"), 0, "cannot be read"),
    ],
)
def test_every_delay_is_told_when_the_bound_cannot_be_used(stored: str | Exception, minutes: int, warned: str) -> None:
    warnings: list[str] = []

    assert NotifyFrom(a_parameter(FakeSsm(stored), Clock()), warnings.append)() == minutes
    assert [warned in text for text in warnings] == ([True] if warned else [])
