import re

import pytest

from flightpulse.domain.events import Kind, Severity
from flightpulse.messages import compose, gsm7, lint, wording
from flightpulse.messages.facts import longest, read_news, read_recipient
from flightpulse.messages.news import all_segments, known, written
from flightpulse.messages.placeholders import Channel, used
from flightpulse.messages.segments import Segment
from flightpulse.messages.templates import fill
from tests.unit.messages.gallery import example
from tests.unit.messages.samples import (
    MAJOR,
    MINOR,
    TERMINAL,
    delay,
    fitting_written_text,
    flight,
    gate_change,
    recipient,
)

EVERY = list(all_segments())
by_kind = pytest.mark.parametrize("kind", list(Kind))
OPTIONAL = ("arrival_time", "scheduled_time", "old_gate")


def segments_of(kind: Kind) -> list[Segment]:
    return [segment for segment in EVERY if segment.kind is kind]


@by_kind
def test_the_written_text_passes_the_lint(kind: Kind) -> None:
    for segment in segments_of(kind):
        assert lint.lint(fitting_written_text(segment), segment) == []


@by_kind
def test_the_message_is_complete_and_has_no_gap_left(kind: Kind) -> None:
    for segment in segments_of(kind):
        message = example(segment)
        assert len(message.body.split("\n\n")) == 4
        for text in (message.subject, message.body, message.sms):
            assert not re.search(r"[{}]|None| ,| \.|  ", text), text
        assert "Maya" in message.body
        assert "SW1234" in message.subject
        assert "SW1234" in message.sms


@by_kind
def test_the_text_message_is_one_gsm7_message_in_every_variant_and_with_the_longest_values(kind: Kind) -> None:
    for segment in segments_of(kind):
        values = longest(segment, Channel.SMS)
        texts = written(segment).sms
        assert all(gsm7.unsupported(fill(text, values)) == set() for text in texts)
        assert any(gsm7.fits(fill(text, values)) and "{first_name}" in text for text in texts)


@by_kind
def test_a_tier_from_a_list_up_is_acknowledged_on_both_channels(kind: Kind) -> None:
    for segment in segments_of(kind):
        message = example(segment)
        for text in (message.body, message.sms):
            assert (str(segment.tier) in text) == segment.elite


@by_kind
def test_special_requests_are_mentioned_on_both_channels(kind: Kind) -> None:
    for segment in segments_of(kind):
        message = example(segment)
        assert ("wheelchair assistance" in message.body) == segment.assistance
        assert ("Request noted" in message.sms) == segment.assistance


@by_kind
def test_the_tone_fits_the_news(kind: Kind) -> None:
    for segment in segments_of(kind):
        message = example(segment)
        sorry = "sorry" in message.body or "apologize" in message.body
        grave = segment.severity in (Severity.MAJOR, Severity.SEVERE, Severity.CANCELLED)
        assert sorry == grave
        assert ("URGENT" in message.subject) == (segment.severity is Severity.TERMINAL)


@by_kind
def test_no_written_template_promises_anything(kind: Kind) -> None:
    for segment in segments_of(kind):
        message = example(segment)
        favours = r"\b(refund|voucher|upgrade|free|guarantee|hotel|compensat\w+|rebooked|lounge|promise)\b"
        assert not re.search(favours, f"{message.subject} {message.body} {message.sms}", re.IGNORECASE)


@by_kind
@pytest.mark.parametrize("unknown", OPTIONAL)
def test_a_fact_that_is_not_known_is_not_spoken_of(kind: Kind, unknown: str) -> None:
    for segment in segments_of(kind):
        facts = known(segment) - {unknown}
        if segment.kind is Kind.CANCELLATION and unknown == "scheduled_time":
            continue  # a cancelled flight without its schedule is no usable event
        text_by_people = written(segment, facts)
        for text in (text_by_people.subject, *text_by_people.paragraphs):
            assert unknown not in used(text)
        assert any(unknown not in used(text) for text in text_by_people.sms)


@by_kind
def test_what_changes_the_words_is_spoken_of(kind: Kind) -> None:
    for segment in segments_of(kind):
        body = example(segment).body
        assert ("SW77 to Seattle" in body) == segment.onward
        assert ("check in again" in body) == segment.checked_in
        assert ("checked bags" in body) == segment.bags
        assert ("right away" in body) == (segment.soon and segment.severity is Severity.TERMINAL)


def test_a_terminal_change_stresses_the_other_terminal() -> None:
    message = example(TERMINAL)
    assert "different terminal" in message.subject
    assert "in a different terminal from gate A5" in message.body
    assert "right away" in message.body
    assert "in a DIFFERENT terminal" in message.sms


def test_a_cancellation_says_how_to_get_another_flight() -> None:
    cancelled = next(segment for segment in EVERY if segment.kind is Kind.CANCELLATION)
    message = example(cancelled)
    assert "What to do next" in message.body.split("\n\n")[-2]
    assert "rebook" in message.sms


def test_a_minor_delay_is_told_calmly() -> None:
    message = example(MINOR)
    assert "short delay" in message.subject
    assert not re.search(r"sorry|apolog|urgent|serious", message.body, re.IGNORECASE)


@pytest.mark.parametrize(
    ("first_name", "expected"),
    [
        ("Maya", "Maya, we are sorry: flight SW1234 to Los Angeles is delayed 1 hour 30 minutes (a mechanical issue)."),
        ("Bartholomew Maximilian Alexander", "Bartholomew Maximilian Alexander, we are sorry: flight SW1234"),
        (
            "Wolfeschlegelsteinhausenbergerdorff" * 3,
            "We are sorry: SW1234 to Los Angeles is delayed 1 hour 30 minutes, now leaving",
        ),
        ("北京", "We are sorry: SW1234 to Los Angeles is delayed 1 hour 30 minutes, now leaving"),
    ],
)
def test_a_text_message_is_shortened_by_sentences_and_never_within_words(first_name: str, expected: str) -> None:
    news = read_news(delay(90), flight())
    passenger = read_recipient(recipient(first_name=first_name))
    assert passenger is not None
    detail = compose.notification(news, passenger, Channel.SMS, "+12145550101", wording.written(MAJOR))["detail"]
    assert gsm7.fits(detail["text"])
    assert detail["text"].startswith(expected)
    assert detail["text"].endswith(".")


def test_a_gate_change_without_the_old_gate_can_be_told() -> None:
    news = read_news(gate_change(old_gate=None), flight())
    passenger = read_recipient(recipient())
    assert passenger is not None
    detail = compose.notification(news, passenger, Channel.EMAIL, "m@example.com", wording.written(TERMINAL))["detail"]
    assert "now leaves from gate D15, in a different terminal." in detail["body"]
