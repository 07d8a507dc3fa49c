from dataclasses import replace
from typing import Any

import pytest

from flightpulse.messages import compose
from flightpulse.messages.facts import Recipient, UnusableRecipientError, read_news, read_recipient
from flightpulse.messages.placeholders import Channel
from flightpulse.messages.templates import MessageTemplate, MissingFactError, fill
from flightpulse.messages.wording import Origin, Wording
from flightpulse.stand_in.model import template_fields
from tests.unit.messages.samples import GATE, MAJOR, delay, flight, gate_change, recipient

BY_MODEL = Wording(MAJOR, Origin.MODEL, MessageTemplate.from_fields(template_fields(MAJOR)), "a.model")


def somebody(**fields: Any) -> Recipient:
    read = read_recipient(recipient(**fields))
    assert read is not None
    return read


def test_a_notification_has_the_promised_fields() -> None:
    sent = compose.notification(read_news(delay(90), flight()), somebody(), Channel.EMAIL, "m@example.com", BY_MODEL)
    detail = sent.pop("detail")
    assert sent == {
        "notification_id": compose.notification_id("evt-1", "BKG-0001", Channel.EMAIL),
        "channel": "email",
        "booking_id": "BKG-0001",
        "passenger_id": "PAX-0001",
        "detail_type": "notification.email",
    }
    assert detail.pop("subject")
    assert detail.pop("body").endswith("\n\nYour FlightPulse team")
    assert detail == {
        "notification_id": sent["notification_id"],
        "channel": "email",
        "event_id": "evt-1",
        "correlation_id": "corr-1",
        "kind": "delay",
        "severity": "MAJOR",
        "flight_id": "SW1234",
        "booking_id": "BKG-0001",
        "passenger_id": "PAX-0001",
        "tier": "MEMBER",
        "to": "m@example.com",
        "template": {"segment": MAJOR.key, "origin": "model", "model_id": "a.model"},
        "event_timestamp": "2026-11-24T12:00:00.000Z",
    }


def test_a_text_message_has_a_text_and_no_subject() -> None:
    sent = compose.notification(read_news(delay(90), flight()), somebody(), Channel.SMS, "+1", BY_MODEL)["detail"]
    assert sent["text"].startswith(("Maya", "Hi Maya"))
    assert "subject" not in sent
    assert "body" not in sent


def test_the_id_is_the_same_for_every_retry_and_another_one_per_channel() -> None:
    ids = [compose.notification_id("evt-1", "BKG-0001", channel) for channel in (*Channel, *Channel)]
    assert ids[:2] == ids[2:]
    assert ids[0] != ids[1]
    assert all(identifier.startswith("ntf-") and len(identifier) == 28 for identifier in ids)


def test_braces_in_a_name_are_only_braces() -> None:
    sent = compose.notification(
        read_news(delay(90), flight()), somebody(first_name="{flight}"), Channel.EMAIL, "m@example.com", BY_MODEL
    )
    assert "{flight}," in sent["detail"]["body"]


def test_a_gap_without_a_value_is_named() -> None:
    with pytest.raises(MissingFactError, match="new_gate"):
        fill("Go to gate {new_gate}.", {})


def test_a_model_s_text_that_grows_too_long_gives_way_to_a_written_one() -> None:
    sent = compose.notification(
        read_news(delay(90), flight()),
        somebody(first_name="Bartholomew Maximilian Alexander Theodore Fitzgerald"),
        Channel.SMS,
        "+1",
        Wording(MAJOR, Origin.MODEL, MessageTemplate("", (), "{first_name}, {flight} is late. " * 3), "a.model"),
    )
    assert sent["detail"]["text"].count("Bartholomew") <= 1


SILENT = "{first_name}, flight {flight} is {delay} late and now leaves at {departure_time}."


def texted(sms: str, **fields: Any) -> str:
    """The text message that a passenger with a special request gets from a template with this SMS."""
    template = MessageTemplate("Flight {flight}", ("Hi {first_name}.",) * 2, sms)
    wording = Wording(replace(MAJOR, assistance=True), Origin.MODEL, template, "a.model")
    to = somebody(special_requests=["wheelchair assistance"], **fields)
    return str(compose.notification(read_news(delay(90), flight()), to, Channel.SMS, "+1", wording)["detail"]["text"])


def test_a_special_request_that_the_text_leaves_out_is_added_where_it_fits() -> None:
    assert texted(SILENT).endswith(" CST. Request noted: wheelchair assistance.")


def test_a_special_request_is_not_mentioned_twice() -> None:
    assert texted(f"{SILENT} Noted: {{special_requests}}.").count("wheelchair") == 1


def test_a_special_request_is_left_to_the_e_mail_when_the_text_would_grow_too_long() -> None:
    assert texted(f"{SILENT} {'We are sorry. ' * 5}Bye.").endswith("Bye.")


def test_a_template_that_speaks_of_a_fact_the_event_lacks_is_not_usable() -> None:
    wording = Wording(GATE, Origin.MODEL, MessageTemplate("{flight}", ("gate {old_gate} {first_name}",), ""), "a.model")
    assert compose.usable(wording, read_news(gate_change(terminal_change=False), flight()))
    assert not compose.usable(wording, read_news(gate_change(terminal_change=False, old_gate=""), flight()))


@pytest.mark.parametrize(
    ("channel", "fields", "problem"),
    [
        (Channel.EMAIL, {"email": None}, "email is missing"),
        (Channel.EMAIL, {"email": "maya"}, "email is not one"),
        (Channel.EMAIL, {"email": "maya@example"}, "email is not one"),
        (Channel.EMAIL, {"email": "maya@example.com\nBcc: everybody@example.com"}, "email is not one"),
        (Channel.EMAIL, {"email": "m" * 300 + "@example.com"}, "email is not one"),
        (Channel.SMS, {"phone": ""}, "phone is missing"),
        (Channel.SMS, {"phone": "call me"}, "phone is not one"),
        (Channel.SMS, {"phone": "+123"}, "phone is not one"),
    ],
)
def test_an_address_that_cannot_be_one_is_named_and_not_quoted(
    channel: Channel, fields: dict[str, Any], problem: str
) -> None:
    with pytest.raises(UnusableRecipientError, match=problem) as caught:
        compose.address(somebody(**fields), channel)
    assert "example" not in str(caught.value)


@pytest.mark.parametrize("phone", ["+12145550101", "(214) 555-0101", "+44 20 7946 0958"])
def test_phone_numbers_may_be_written_as_people_write_them(phone: str) -> None:
    assert compose.address(somebody(phone=phone), Channel.SMS) == phone
