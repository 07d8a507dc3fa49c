"""Offsets by time: what a ListOffsets request asks, and an answer with what was found, in old and new layouts."""

import struct

import pytest

from localcloud.broker.offsets_by_time import Question, completed, questions

OLD, NEW = 1, 7


def varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; all but the last have their highest bit set."""
    return bytes([number]) if number < 0x80 else bytes([number & 0x7F | 0x80]) + varint(number >> 7)


def text(value: str, *, flexible: bool) -> bytes:
    return (varint(len(value) + 1) if flexible else struct.pack(">h", len(value))) + value.encode()


def array(elements: list[bytes], *, flexible: bool) -> bytes:
    return (bytes([len(elements) + 1]) if flexible else struct.pack(">i", len(elements))) + b"".join(elements)


def request(version: int, topic: str, asked: dict[int, int]) -> bytes:
    flexible = version >= 6
    tags = b"\0" if flexible else b""
    partitions = [
        struct.pack(">i", number) + (struct.pack(">i", -1) if version >= 4 else b"") + struct.pack(">q", at) + tags
        for number, at in asked.items()
    ]
    named = text(topic, flexible=flexible) + array(partitions, flexible=flexible) + tags
    isolation = b"\0" if version >= 2 else b""
    replica = struct.pack(">i", -1)
    return text("me", flexible=False) + tags + replica + isolation + array([named], flexible=flexible) + tags


def answer(version: int, topic: str, found: dict[int, tuple[int, int]]) -> bytes:
    flexible = version >= 6
    tags = b"\0" if flexible else b""
    epoch = struct.pack(">i", 0) if version >= 4 else b""
    partitions = [struct.pack(">ihqq", number, 0, *result) + epoch + tags for number, result in found.items()]
    named = text(topic, flexible=flexible) + array(partitions, flexible=flexible) + tags
    throttle = struct.pack(">i", 0) if version >= 2 else b""
    return struct.pack(">i", 42) + tags + throttle + array([named], flexible=flexible) + tags


@pytest.mark.parametrize("version", [OLD, 4, NEW])
@pytest.mark.parametrize("topic", ["topic", 200 * "t"], ids=["short", "long"])
def test_what_is_asked_is_read(version: int, topic: str) -> None:
    found = questions(version, request(version, topic, {0: 1500, 3: -1}))
    assert found == [Question((topic, 0), 1500), Question((topic, 3), -1)]
    assert [question.is_by_time for question in found] == [True, False]


@pytest.mark.parametrize("version", [OLD, 4, NEW])
def test_what_was_found_is_written_into_the_answer(version: int) -> None:
    given = answer(version, "topic", {0: (-1, -1), 3: (-1, 9)})
    assert completed(version, given, {("topic", 0): (1600, 5)}) == answer(version, "topic", {0: (1600, 5), 3: (-1, 9)})


def test_what_cannot_be_read_is_left_as_it_is() -> None:
    assert questions(NEW, b"\0") == []
    assert questions(0, request(OLD, "topic", {0: 1})) == []
    assert completed(NEW, b"\0\0", {("topic", 0): (1, 1)}) == b"\0\0"
