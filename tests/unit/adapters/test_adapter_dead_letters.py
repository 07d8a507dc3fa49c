import hashlib
import json
from base64 import b64decode
from typing import Any, cast

import pytest

from flightpulse.adapters.dead_letters import DeadLetters, UndeliveredLettersError, body
from flightpulse.domain.events import InvalidEventError, Rejection
from flightpulse.use_cases.ports import DeadLetter, Record
from tests.unit.fakes import FakeQueue, patient

COORDINATES: dict[str, int | str | None] = {
    "topic": "flight-operations",
    "partition": 2,
    "offset": 7,
    "timestamp": 1772374530250,
}


def a_letter(value: bytes | None = b"junk", *, key: bytes | None = b"SW1234", **more: Any) -> DeadLetter:
    return DeadLetter(
        record=Record(coordinates=COORDINATES, key=key, value=value, **more),
        reason=InvalidEventError(Rejection.NOT_JSON, "the value is not JSON"),
    )


def queue_on(client: FakeQueue, naps: list[float] | None = None) -> DeadLetters:
    return DeadLetters(cast(Any, client), "https://sqs.example/flightpulse-dead-letters-records", backoff=patient(naps))


def test_a_letter_holds_the_record_its_place_and_the_reason() -> None:
    assert json.loads(body(a_letter(correlation_id="corr-1"))) == {
        "kind": "kafka_record",
        "reason": {"code": "NOT_JSON", "message": "the value is not JSON"},
        "source": COORDINATES,
        "key": "U1cxMjM0",
        "value": "anVuaw==",
        "truncated": False,
        "correlation_id": "corr-1",
    }


def test_a_record_without_key_or_value_is_told_from_an_empty_one() -> None:
    nothing, empty = json.loads(body(a_letter(None, key=None))), json.loads(body(a_letter(b"", key=b"")))
    assert (nothing["key"], nothing["value"]) == (None, None)
    assert (empty["key"], empty["value"]) == ("", "")


def test_a_value_that_just_fits_is_whole() -> None:
    value = b"x" * 785_000
    letter = json.loads(body(a_letter(value)))
    assert letter["truncated"] is False
    assert b64decode(letter["value"]) == value


def test_a_value_too_large_for_sqs_is_cut_to_what_fits_and_described() -> None:
    value = bytes(range(256)) * 8192
    text = body(a_letter(value))
    letter = json.loads(text)
    assert 1_048_576 - 8 < len(text) <= 1_048_576
    assert letter["truncated"] is True
    assert value.startswith(b64decode(letter["value"]))
    assert (letter["size"], letter["sha256"]) == (len(value), hashlib.sha256(value).hexdigest())


@pytest.mark.parametrize(("more", "cut"), [(0, False), (1, True)])
def test_a_letter_of_one_byte_too_many_is_cut(more: int, cut: bool) -> None:
    room = 1_048_576 - len(body(a_letter(b"", correlation_id="")))
    value, rest = b"x" * (room // 4 * 3), room % 4 + more
    assert json.loads(body(a_letter(value, correlation_id="c" * rest)))["truncated"] is cut


def test_a_huge_key_is_cut_as_well() -> None:
    letter = json.loads(body(a_letter(b"v", key=b"k" * 2_000_000)))
    assert letter["truncated"] is True
    assert len(b64decode(letter["key"])) == 16_384
    assert b64decode(letter["value"]) == b"v"


def test_letters_go_ten_at_a_time() -> None:
    client = FakeQueue()
    queue_on(client).send([a_letter(b"%d" % number) for number in range(23)])
    assert [len(call) for call in client.calls] == [10, 10, 3]
    assert [b64decode(letter["value"]) for letter in client.letters()] == [b"%d" % number for number in range(23)]


def test_large_letters_share_no_call() -> None:
    client = FakeQueue()
    queue_on(client).send([a_letter(b"x" * 2_000_000) for _ in range(3)])
    assert [len(call) for call in client.calls] == [1, 1, 1]


def test_no_letter_is_no_call() -> None:
    client = FakeQueue()
    queue_on(client).send([])
    assert client.calls == []


def test_only_letters_that_were_not_taken_are_sent_again() -> None:
    def refuse(call: int, body: str) -> str | None:
        return "InternalError" if call == 0 and '"value":"MQ=="' in body else None

    client, naps = FakeQueue(refuse), list[float]()
    queue_on(client, naps).send([a_letter(b"%d" % number) for number in range(3)])
    assert [len(call) for call in client.calls] == [3, 1]
    assert len(client.bodies) == 3
    assert len(naps) == 1


def test_a_letter_that_is_never_taken_is_an_error() -> None:
    client = FakeQueue(lambda call, body: "InternalError")
    with pytest.raises(UndeliveredLettersError, match="2 dead letters were not taken: InternalError"):
        queue_on(client).send([a_letter(), a_letter()])
    assert len(client.calls) == 3
