"""What a proof shows: its promises as a table, and what a event_sequence did to passengers as a picture with words."""

from datetime import UTC, datetime, timedelta

from flightpulse.chaos import pictures
from flightpulse.chaos.oracle import Oracle, SentMessage
from flightpulse.chaos.verdict import Promise, Verdict

KNOWN = datetime(2026, 3, 14, 12, tzinfo=UTC)


def delay(name: str, minutes_later: int) -> dict[str, object]:
    known = (KNOWN + timedelta(minutes=minutes_later)).isoformat()
    payload = {"flight_id": "SW6000", "delay_minutes": 20 + minutes_later}
    return {"event_id": name, "event_type": "FLIGHT_DELAY", "timestamp": known, "payload": payload}


def event_sequence(**harm: int) -> Verdict:
    return Verdict("disorder", 7, (Promise("Nobody was told twice", "2 messages", kept=False),), harm)


def test_a_verdict_shows_each_promise_with_glyph_and_word() -> None:
    shown = str(event_sequence(messages=2).table())

    assert "✗ broken  Nobody was told twice  2 messages" in shown
    assert shown.endswith("disorder, seed 7: messages 2")


def test_harm_counts_messages_that_are_missing_too_many_or_too_late() -> None:
    oracle = Oracle([delay("evt-a", 0), delay("evt-b", 5)], {"SW6000": frozenset({("BKG-1", "sms"), ("BKG-2", "sms")})})
    newer, older = SentMessage("evt-b", "SW6000", "BKG-1", "sms"), SentMessage("evt-a", "SW6000", "BKG-1", "sms")

    assert oracle.harm([newer, newer, older]) == {"not told": 1, "told twice": 1, "told old news": 1}


def test_the_picture_of_harm_says_its_numbers_in_words() -> None:
    calm = event_sequence(**{"told twice": 0, "told old news": 0, "not told": 0})
    doubled = event_sequence(**{"told twice": 57, "told old news": 0, "not told": 2})

    picture = pictures.harm({"all on": calm, "no memory": doubled})

    assert picture.png.startswith(b"\x89PNG")
    assert picture.said.splitlines()[1] == "no memory: 57 told twice, 0 told old news, 2 not told"
