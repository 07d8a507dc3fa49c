"""Filter patterns of CloudWatch Logs, read and matched."""

import json

import pytest

from localcloud.services.cloudwatch.filter_patterns import PatternError, compiled, matches

EVENT = json.dumps(
    {
        "level": "ERROR",
        "status": 404,
        "latency": 12.5,
        "ok": False,
        "nothing": None,
        "text": "404",
        "user": {"name": "Ann", "tags": ["a", "b"]},
        "dotted.name": "x",
    }
)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        '{ $.level = "ERROR" }',
        "{ $.level = ERROR }",
        '{ $.level = "ERR*" }',
        '{ $.level != "INFO" }',
        "{ $.level = %^ERR% }",
        "{ $.status = 404 }",
        "{ $.status >= 400 && $.status < 500 }",
        "{ $.latency > 1.25e1 || $.latency <= 12.5 }",
        "{ $.ok IS FALSE }",
        "{ $.nothing IS NULL }",
        "{ $.missing NOT EXISTS }",
        '{ $.user.name = "Ann" }',
        '{ $.user.tags[1] = "b" }',
        '{ $.user.tags[*] = "b" }',
        "{ $.['dotted.name'] = \"x\" }",
        '{ ($.level = "INFO") || (($.status = 404) && ($.user.name = "A*")) }',
        '{ $.text = "404" }',
    ],
)
def test_a_pattern_matches(pattern: str) -> None:
    assert matches(pattern, EVENT)


@pytest.mark.parametrize(
    "pattern",
    [
        '{ $.level = "error" }',
        '{ $.missing = "x" }',
        '{ $.missing != "x" }',
        "{ $.status > 404 }",
        "{ $.level > 3 }",
        "{ $.ok IS TRUE }",
        "{ $.level IS NULL }",
        "{ $.nothing NOT EXISTS }",
        '{ $.user.tags[2] = "c" }',
        '{ $.user.tags[0] = "b" }',
        '{ $.level = "ERROR" && $.status = 500 }',
        "{ $.text > 400 }",
    ],
)
def test_a_pattern_does_not_match(pattern: str) -> None:
    assert not matches(pattern, EVENT)


def test_a_json_pattern_matches_no_other_text() -> None:
    assert not matches("{ $.a = 1 }", "a = 1")
    assert not matches("{ $.a = 1 }", "[1]")


@pytest.mark.parametrize(
    ("pattern", "message", "expected"),
    [
        ("ERROR", "an ERROR here", True),
        ("ERROR", "an error here", False),
        ("ERROR disk", "disk ERROR", True),
        ("ERROR disk", "ERROR only", False),
        ('"disk full"', "the disk full", True),
        ('"disk full"', "full disk", False),
        ("ERROR -test", "ERROR in test", False),
        ("?a ?z", "zoo", True),
        ("?x ?z", "all", False),
        ("ERROR ?ignored", "ERROR", True),
        ('-"a b"', "a c", True),
        ("%ERR.*[0-9]%", "ERROR 5", True),
    ],
)
def test_terms(pattern: str, message: str, expected: bool) -> None:
    assert matches(pattern, message) is expected


LINE = '127.0.0.1 frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[ip, user, time, request, status, bytes]", True),
        ("[ip, user, time, request, status = 4*, bytes > 1000]", True),
        ("[ip, user, time, request, status = 4*, bytes > 2000]", False),
        ('[..., request = "GET*", status, bytes]', True),
        ("[ip, ..., bytes = 1534]", True),
        ("[ip, user]", False),
        ("[ip = %127.*%, user != frank, ...]", False),
        ("[ip, user = bob || user = frank, ...]", True),
    ],
)
def test_fields_between_spaces(pattern: str, expected: bool) -> None:
    assert matches(pattern, LINE) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        "{ $.a }",
        "{ $.a = }",
        "{ a = 1 }",
        "{ ($.a = 1 }",
        "{ $.a = 1",
        "{ $.level = 'ERROR' }",
        "{ $.level = ann@example.com }",
        "{ $.a = %x% && $.b = %y% && $.c = %z% }",
        "[a, b",
        "[a = 'x']",
        "%(%",
        "%a!%",
        "a@b",
        "'ERROR'",
        "SW1234/DAL",
        '""',
        "x" * 1025,
    ],
)
def test_patterns_that_cannot_be_read_are_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compiled(pattern)
    assert not matches(pattern, EVENT)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("a@b", "Invalid character(s) in term 'a@b'"),
        ("{ $.a = 1", "If a filter pattern starts with '{' it must end with '}'"),
    ],
)
def test_a_refusal_says_what_cloudwatch_logs_says(pattern: str, why: str) -> None:
    with pytest.raises(PatternError) as refused:
        compiled(pattern)
    assert str(refused.value) == why


def test_unquoted_text_may_be_numbers_addresses_and_names() -> None:
    for pattern in (
        "{ $.a = -1.5e+3 }",
        "{ $.ip = 10.0.* }",
        "{ $.arn = arn:aws:s3:::b/k }",
        "{ $.a = kms.amazonaws.com }",
    ):
        compiled(pattern)
