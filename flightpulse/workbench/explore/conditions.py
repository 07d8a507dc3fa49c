"""Takes the condition of a Choice rule apart into the tests it is made of, each with its value."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from flightpulse.workbench.explore import distances, show
from flightpulse.workbench.explore.expressions import NOTHING, FailedError, Known, NotKnownError, evaluate

_COMPARISONS: Final = ("!=", "<=", ">=", "=", "<", ">")
_LOOSE: Final = ("?", ";", ":=", "~>")
_OPENING, _CLOSING = "([{", ")]}"

OperatorAt = Callable[[str, int], str]


@dataclass(frozen=True, slots=True)
class RuleTest:
    """A part of a condition that is true or false by itself; None: the history does not tell.

    ``said`` is the test with what it found: ``$minutes >= 180: 142 < 180, 38 short``.
    """

    text: str
    value: bool | None
    said: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A condition with its value and the tests it is made of. ``problem`` says why the value is not known."""

    value: bool | None
    tests: tuple[RuleTest, ...]
    problem: str = ""


def judge(condition: str, known: Known) -> Judged:
    """Evaluate a JSONata condition (without its delimiters) and each test in it."""
    tests = tuple(_tests(condition, known))
    try:
        value = evaluate(condition, known)
    except NotKnownError as error:
        return Judged(None, tests, str(error))
    except FailedError as error:
        return Judged(None, tests, f"it fails: {error}")
    if value is NOTHING:
        return Judged(None, tests, "it gives nothing, and Step Functions fails the state")
    if not isinstance(value, bool):
        return Judged(None, tests, f"it gives {show.brief(value)}, which is neither true nor false")
    return Judged(value, tests)


def _tests(text: str, known: Known) -> Iterator[RuleTest]:
    text = _unwrapped(text)
    for word in ("or", "and"):
        parts = split(text, _word(word))
        if len(parts) > 1:
            for part in parts[::2]:
                yield from _tests(part, known)
            return
    yield _test(text, known)


def _test(text: str, known: Known) -> RuleTest:
    value, problem = _value(text, known)
    if problem:
        return RuleTest(text, None, f"{text}: {problem}")
    truth = value if isinstance(value, bool) else None
    parts = split(text, _comparison)
    if len(parts) == 3 and truth is not None:
        left, sign, right = parts
        first, second = _value(left, known)[0], _value(right, known)[0]
        return RuleTest(text, truth, f"{text}: {_said(first, sign, second, truth)}")
    argument = _argument(text, known)
    return RuleTest(text, truth, f"{text}: {argument}" if argument else f"{text} is {_named(value)}")


def _said(first: Any, sign: str, second: Any, holds: bool) -> str:
    if sign == "in":
        return f"{_named(first)} {'is' if holds else 'is not'} in {_named(second)}"
    if first is NOTHING or second is NOTHING:
        return f"{_named(first)} {'is' if holds is (sign == '=') else 'is not'} {_named(second)}"
    return distances.compared(first, sign, second, holds)


def _argument(text: str, known: Known) -> str:
    """Of ``$exists(x)``, ``$not(x)`` and ``$boolean(x)``, what x is."""
    name, bracket, _ = text.partition("(")
    if name not in {"$exists", "$not", "$boolean"} or _closes(text, len(name)) != len(text) - 1 or not bracket:
        return ""
    inner = text[len(name) + 1 : -1].strip()
    value, problem = _value(inner, known)
    return "" if problem else f"{inner} is {_named(value)}"


def _value(text: str, known: Known) -> tuple[Any, str]:
    try:
        return evaluate(text, known), ""
    except NotKnownError as error:
        return NOTHING, str(error)
    except FailedError as error:
        return NOTHING, f"it fails: {error}"


def _named(value: Any) -> str:
    return "nothing" if value is NOTHING else show.brief(value)


def _comparison(text: str, place: int) -> str:
    if _word("in")(text, place):
        return "in"
    return next((sign for sign in _COMPARISONS if text.startswith(sign, place)), "")


def _word(word: str) -> OperatorAt:
    """Finds a word that stands between two values, and is not a part of a name."""

    def at(text: str, place: int) -> str:
        if not text.startswith(word, place) or not text[:place].strip():
            return ""
        before, after = text[place - 1], text[place + len(word) : place + len(word) + 1]
        inside = before.isalnum() or before in "_$." or after.isalnum() or after == "_"
        return "" if inside else word

    return at


def split(text: str, operator_at: OperatorAt) -> list[str]:
    """A text cut at an operator outside of brackets and quotes: operands and operators in turn.

    What binds more loosely than any operator (``? :``, ``:=``, ``;``) or hands values on (``~>``) is left whole.
    """
    text = " ".join(_pieces(text))
    parts, start, place = [], 0, 0
    while place < len(text):
        jumped = _past(text, place)
        if jumped > place:
            place = jumped
            continue
        if text.startswith(_LOOSE, place):
            return [text]
        found = operator_at(text, place)
        if found:
            parts += [text[start:place].strip(), found]
            start = place = place + len(found)
        else:
            place += 1
    return [*parts, text[start:].strip()]


def _pieces(text: str) -> Iterator[str]:
    """The text's words, with quoted texts whole: line breaks and wide gaps of a definition count as one blank."""
    piece, place = "", 0
    while place < len(text):
        end = _quoted(text, place)
        if text.startswith("/*", place):
            place = (text.find("*/", place) + 2) if "*/" in text[place:] else len(text)
        elif end > place:
            piece += text[place:end]
            place = end
        elif text[place].isspace():
            if piece:
                yield piece
            piece = ""
            place += 1
        else:
            piece += text[place]
            place += 1
    if piece:
        yield piece


def _past(text: str, place: int) -> int:
    """The end of the quoted text or bracket that begins here; the same place when none does."""
    if text[place] in _OPENING:
        return _closes(text, place) + 1
    return _quoted(text, place)


def _quoted(text: str, place: int) -> int:
    quote = text[place]
    if quote not in "'\"`":
        return place
    end = place + 1
    while end < len(text) and text[end] != quote:
        end += 2 if text[end] == "\\" and quote != "`" else 1
    return min(end + 1, len(text))


def _closes(text: str, place: int) -> int:
    """Where the bracket that opens here closes; the last character when it never does."""
    depth = 0
    while place < len(text):
        if text[place] in _OPENING:
            depth += 1
        elif text[place] in _CLOSING:
            depth -= 1
            if not depth:
                return place
        place = max(place + 1, _quoted(text, place))
    return len(text) - 1


def _unwrapped(text: str) -> str:
    """A text without brackets around the whole of it."""
    text = text.strip()
    while text.startswith("(") and _closes(text, 0) == len(text) - 1 and ";" not in text and len(text) > 2:
        text = text[1:-1].strip()
    return " ".join(_pieces(text))
