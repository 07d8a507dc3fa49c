"""Replies of a model, good, bad and mad, for property tests."""

import json
import random
import re

from hypothesis import strategies as st

from flightpulse.domain import vocabulary
from flightpulse.domain.placeholders import PLACEHOLDERS
from flightpulse.domain.segments import Segment, all_segments
from flightpulse.stand_in.model import template_fields
from localcloud.model.faults import SPOILERS
from tests.unit.messages.inventions import INVENTIONS

SEGMENTS = list(all_segments())
WORDS = sorted(set().union(*(vocabulary.allowed(segment) for segment in SEGMENTS)))
STRANGERS = (
    *(
        "gate B7",
        "Terminal B",
        "$200",
        "seven",
        "noon",
        "tomorrow",
        "Chicago",
        "ORD",
        "Dallas",
        "Brenda",
        "refund",
        "FREE",
    ),
    *("voucher", "upgrade", "hotel", "free", "https://x.io", "1-800-555-0100", "first", "lounge", "miles", "SW99"),
    *(
        "¡Hola",
        "désolé",
        "\u202e",
        "\x00",
        "😀",
        "<b>",
        "**",
        "²",
        "½",
        "٣",
        "㉗",
        "Ⅷ",
        "{seat}",
        "{",
        "}",
        "{{flight}}",
    ),
)
SENTENCES = [line.strip() for lines in INVENTIONS.values() for line in lines.strip().splitlines()]

words = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from([f"{{{name}}}" for name in PLACEHOLDERS]),
    st.sampled_from(STRANGERS),
    st.text(max_size=8),
)
sentences = st.one_of(
    st.sampled_from(SENTENCES),
    st.lists(words, min_size=1, max_size=9).map(lambda chosen: " ".join(chosen).capitalize() + "."),
    st.lists(st.sampled_from(WORDS), min_size=2, max_size=7).map(lambda chosen: " ".join(chosen).capitalize() + "."),
)


@st.composite
def mended_templates(draw: st.DrawFn, segment: Segment) -> str:
    """A good template in which something was put in, left out, or put elsewhere."""
    fields = template_fields(segment, draw(st.integers(1, 50)))
    texts: list[str] = [str(fields["subject"]), *map(str, fields["paragraphs"]), str(fields["sms"])]  # type: ignore[call-overload]
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(texts) - 1))
        tokens = re.findall(r"\S+", texts[at])
        place = draw(st.integers(0, len(tokens)))
        match draw(st.sampled_from(("insert", "append", "drop", "swap", "replace"))):
            case "insert":
                tokens.insert(place, draw(words))
            case "append":
                tokens.append(draw(sentences))
            case "drop":
                del tokens[place : place + 1]
            case "swap":
                names = [index for index, token in enumerate(tokens) if "{" in token]
                if len(names) > 1:
                    first, second = draw(st.permutations(names))[:2]
                    tokens[first], tokens[second] = tokens[second], tokens[first]
            case "replace" if place < len(tokens):
                tokens[place] = draw(words)
        texts[at] = " ".join(tokens)
    return json.dumps({"subject": texts[0], "paragraphs": texts[1:-1], "sms": texts[-1]}, ensure_ascii=False)


@st.composite
def spoiled_templates(draw: st.DrawFn, segment: Segment) -> str:
    """What the stand-in says when it misbehaves."""
    text = json.dumps(template_fields(segment, draw(st.integers(1, 50))))
    choice = random.Random(draw(st.integers(0, 2**32)))
    return SPOILERS[draw(st.sampled_from(sorted(SPOILERS)))](text, choice)


@st.composite
def invented_templates(draw: st.DrawFn) -> str:
    """A template of nothing but generated sentences."""
    prose = st.lists(sentences, min_size=1, max_size=4).map(" ".join)
    return json.dumps(
        {
            "subject": draw(sentences),
            "paragraphs": draw(st.lists(prose, min_size=1, max_size=4)),
            "sms": draw(sentences),
        }
    )


@st.composite
def segments_and_replies(draw: st.DrawFn) -> tuple[Segment, str]:
    segment = draw(st.sampled_from(SEGMENTS))
    other = draw(st.sampled_from(SEGMENTS))
    reply = draw(
        st.one_of(
            mended_templates(segment),
            mended_templates(segment),
            spoiled_templates(segment),
            spoiled_templates(other),
            invented_templates(),
            st.text(max_size=200),
        )
    )
    return segment, reply
