from dataclasses import replace
from typing import Any

import pytest

from flightpulse.messages import compose
from flightpulse.messages.facts import UnusableRecipientError, read_news
from flightpulse.messages.placeholders import Channel
from flightpulse.messages.segments import Segment
from flightpulse.messages.templates import MessageTemplate, MissingFactError, fill
from flightpulse.messages.wording import Origin, Wording
from flightpulse.stand_in.model import template_fields
from tests.unit.messages.samples import (
    CANCELLED,
    GATE,
    MAJOR,
    TERMINAL,
    cancellation,
    delay,
    flight,
    gate_change,
    somebody,
)

BY_MODEL = Wording(MAJOR, Origin.MODEL, MessageTemplate.from_fields(template_fields(MAJOR)), "a.model")


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


def test_passengers_read_the_flights_number_and_the_notification_keeps_its_id() -> None:
    news = read_news(delay(90, flight_id="RP0208-B674-JFK"), flight(flight_number="B674"))
    email, sms = (compose.notification(news, somebody(), channel, "+1", BY_MODEL)["detail"] for channel in Channel)
    assert all("B674" in text and "RP0208" not in text for text in (email["subject"], email["body"], sms["text"]))
    assert email["flight_id"] == sms["flight_id"] == "RP0208-B674-JFK"


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
    wording = Wording(MAJOR, Origin.MODEL, MessageTemplate("", (), "{first_name}, {flight} is late. " * 3), "a.model")

    def text(first_name: str) -> str:
        to = somebody(first_name=first_name)
        return str(
            compose.notification(read_news(delay(90), flight()), to, Channel.SMS, "+1", wording)["detail"]["text"]
        )

    assert text("Maya") == "Maya, SW1234 is late. " * 3
    assert text("Bartholomew Maximilian Alexander Theodore Fitzgerald") == (
        "Bartholomew Maximilian Alexander Theodore Fitzgerald, we are sorry: SW1234 to Los Angeles "
        "is delayed 1 hour 30 minutes, now leaving at 9:45 AM CST."
    )


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


def test_a_special_request_is_noted_in_brief_where_there_is_no_room_for_it() -> None:
    assert texted(f"{SILENT} {'We are sorry. ' * 3}Bye.").endswith("Bye. Request noted.")


def test_a_text_without_room_even_for_that_gives_way_to_a_written_one_that_has_it() -> None:
    assert texted(f"{SILENT} {'We are sorry. ' * 5}Bye.").endswith("9:45 AM CST. Request noted.")


SAID = "{first_name}, flight {flight} is {delay} late, leaving at {departure_time}."
BY_MODEL_IN_BRIEF = replace(BY_MODEL, template=MessageTemplate("Flight {flight}", ("Hi {first_name}.", "Bye."), SAID))


def corrected(minutes: int, expected: str | None) -> tuple[str, str, str]:
    """Subject and body of the e-mail, and the text message, of a delay after ``expected`` had been told."""
    event = delay(minutes, flight_details={"estimated_departure": expected})
    news, to = read_news(event, flight()), somebody()
    email, sms = (compose.notification(news, to, way, "to", BY_MODEL_IN_BRIEF)["detail"] for way in Channel)
    return email["subject"], email["body"], sms["text"]


def test_a_delay_that_has_become_shorter_is_told_as_such_with_the_time_that_it_corrects() -> None:
    subject, body, text = corrected(40, "2026-11-24T15:45:00Z")

    assert subject == "Flight SW1234 (sooner than last expected)"
    assert body.split("\n\n")[1] == (
        "Departure was last expected at 9:45 AM CST: the flight is now expected to leave sooner."
    )
    assert text.endswith("leaving at 8:55 AM CST. This is sooner than before (9:45 AM CST).")


def test_a_correction_does_not_say_that_its_reader_was_told_what_it_corrects() -> None:
    # Who is told newer news only, because the older was superseded, has had no estimate.
    _, body, text = corrected(180, "2026-11-24T15:45:00Z")

    assert "our last" not in body + text
    assert "told you" not in body + text


def test_a_delay_that_has_grown_is_told_as_such() -> None:
    subject, body, text = corrected(180, "2026-11-24T15:45:00Z")

    assert "later than last expected" in subject
    assert "Departure was last expected at 9:45 AM CST: the flight is now expected to leave later." in body
    assert text.endswith("This is later than before (9:45 AM CST).")


@pytest.mark.parametrize("expected", [None, "2026-11-24T14:15:00Z", "2026-11-24T15:45:00Z"], ids=str)
def test_news_that_corrects_nothing_does_not_say_so(expected: str | None) -> None:
    assert not any("last" in part or "before" in part for part in corrected(90, expected))


def told_the_day_before(event: dict[str, Any], segment: Segment, sms: str) -> str:
    wording = Wording(segment, Origin.MODEL, MessageTemplate("Flight {flight}", ("Hi {first_name}.",) * 2, sms))
    news = read_news({**event, "timestamp": "2026-11-23T15:00:00Z"}, flight())
    return str(compose.notification(news, somebody(), Channel.SMS, "+1", wording)["detail"]["text"])


def test_a_text_message_about_another_day_names_the_day() -> None:
    gate = "{first_name}, {flight} has moved to gate {new_gate}."
    cancelled = "{first_name}, {flight} is cancelled, code {confirmation}."

    assert told_the_day_before(gate_change(), TERMINAL, gate).endswith(" Departure: 8:15 AM CST on Nov 24.")
    assert told_the_day_before(cancellation(), CANCELLED, cancelled).endswith(" Flight date: Nov 24.")


def closing(sms: str) -> tuple[str, str]:
    wording = Wording(CANCELLED, Origin.MODEL, MessageTemplate("Flight {flight}", ("Hi {first_name}.",) * 2, sms))
    news, to = read_news(cancellation(), flight()), somebody()
    email, text = (
        compose.notification(news, to, way, "to", wording, "Call 800-555-0199.")["detail"] for way in Channel
    )
    return email["body"], text["text"]


def test_an_e_mail_closes_with_how_to_reach_us_and_a_signature() -> None:
    assert closing("{first_name}, {flight} is cancelled.")[0].endswith(
        "\n\nCall 800-555-0199.\n\nYour FlightPulse team"
    )


def test_a_text_message_that_asks_passengers_to_contact_us_says_how() -> None:
    assert closing("{first_name}, {flight} is cancelled. Please contact us.")[1].endswith("us. Call 800-555-0199.")
    crowded = "{first_name}, {flight} is cancelled. Please contact us. " + "We are so sorry. " * 6
    assert "contact us" not in closing(crowded)[1]


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
