import pytest

from flightpulse.domain.events import InvalidEventError, Rejection
from flightpulse.use_cases.ports import Record
from flightpulse.use_cases.strict_json import LARGEST_VALUE_BYTES, decode


def value(content: bytes | None) -> Record:
    return Record(coordinates={}, value=content)


def rejection(content: bytes | None) -> Rejection:
    with pytest.raises(InvalidEventError) as invalid:
        decode(value(content))
    return invalid.value.code


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, Rejection.EMPTY_VALUE),
        (b"", Rejection.EMPTY_VALUE),
        (b" \n\t", Rejection.EMPTY_VALUE),
        (b"x" * (LARGEST_VALUE_BYTES + 1), Rejection.TOO_LARGE),
        (b"\xff\xfe{}", Rejection.NOT_UTF8),
        (b'{"a":"\xc3"}', Rejection.NOT_UTF8),
        (b"\xed\xa0\x80", Rejection.NOT_UTF8),
        (b"\xef\xbb\xbf{}", Rejection.NOT_JSON),
        (b"{'a': 1}", Rejection.NOT_JSON),
        (b'{"a": 1}}', Rejection.NOT_JSON),
        (b'{"a": NaN}', Rejection.NOT_JSON),
        (b'{"a": -Infinity}', Rejection.NOT_JSON),
        (b'{"a": ' + b"9" * 5000 + b"}", Rejection.NOT_JSON),
        (b'{"a": "\\ud800"}', Rejection.NOT_JSON),
        (b'{"\\udfff": 1}', Rejection.NOT_JSON),
        (b'{"a": 1, "a": 2}', Rejection.DUPLICATE_KEY),
        (b'{"p": {"a": 1, "b": 2, "a": 1}}', Rejection.DUPLICATE_KEY),
        (b"[" * 60_000, Rejection.TOO_DEEP),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, Rejection.TOO_DEEP),
        (b"[" * 33 + b"]" * 33, Rejection.TOO_DEEP),
    ],
)
def test_what_is_not_strict_json_is_rejected_with_its_reason(content: bytes | None, code: Rejection) -> None:
    assert rejection(content) is code


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 32 + b"]" * 32,
        b'{"a": "' + b"[{" * 100 + b'"}',
        b'{"a": "\\"' + b"[" * 100 + b'"}',
        b"[" + b"[]," * 100 + b"1]",
        b"[" + b"{}," * 100 + b"1]",
        b'{"a": "\\ud83d\\ude80"}',
        b'{"a": 1e999}',
    ],
)
def test_brackets_in_strings_side_by_side_lists_and_whole_surrogate_pairs_are_fine(content: bytes) -> None:
    assert decode(value(content)) is not None


def test_a_rejection_repeats_nothing_of_the_value() -> None:
    for content in (
        b'{"email": "ana@example.com", x}',
        b'{"ana@example.com": 1, "ana@example.com": 2}',
        b"ana@example.com",
    ):
        with pytest.raises(InvalidEventError) as invalid:
            decode(value(content))
        assert "ana" not in str(invalid.value)


def test_brackets_in_a_string_that_never_ends_do_not_count() -> None:
    assert rejection(b'"' + b'\\"[' * 20_000) is Rejection.NOT_JSON
