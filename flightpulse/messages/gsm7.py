"""The alphabet of a text message: what GSM 03.38 can carry, how much of it, and how other text is brought into it."""

import unicodedata

LIMIT = 160
"""Septets in one message. One character outside the alphabet turns the whole message to UCS-2, with room for 70."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")

_TYPOGRAPHY = {
    **dict.fromkeys("‘’‚‛′´`", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–−", "-"),
    **dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000\t", " "),
    **dict.fromkeys("—―", " - "),
    "…": "...",
    "•": "-",
}
# Letters that no decomposition turns into a base letter with a mark.
_LETTERS = dict(zip("łŁđĐıœŒþÞðħ", ("l", "L", "d", "D", "i", "oe", "OE", "th", "Th", "d", "h"), strict=True))


def plain_typography(text: str) -> str:
    """Curly quotes, long dashes, ellipses and unusual spaces as a typewriter has them; everything else stays."""
    replaced = "".join(_TYPOGRAPHY.get(character, character) for character in text)
    return " ".join(part for part in replaced.split(" ") if part)


def to_gsm7(text: str) -> str:
    """The text in the alphabet, as near as it goes: accents GSM-7 lacks fall away, letters beyond help are left out.

    >>> to_gsm7("Zoë’s café")
    "Zoe's café"
    """
    return "".join(_carried(character) for character in plain_typography(text))


def unsupported(text: str) -> set[str]:
    """The characters that GSM-7 cannot carry."""
    return {character for character in set(text) if character not in _BASIC and character not in _EXTENDED}


def septets(text: str) -> int:
    """How much of a message the text takes. Raises ``ValueError`` for text that GSM-7 cannot carry."""
    strangers = unsupported(text)
    if strangers:
        raise ValueError(f"not in GSM-7: {' '.join(sorted(ascii(character) for character in strangers))}")
    return len(text) + sum(map(text.count, _EXTENDED))


def fits(text: str) -> bool:
    """Whether the text is one GSM-7 message."""
    return not unsupported(text) and septets(text) <= LIMIT


def _carried(character: str) -> str:
    if character in _BASIC or character in _EXTENDED:
        return character
    if character in _LETTERS:
        return _LETTERS[character]
    return "".join(part for part in unicodedata.normalize("NFKD", character) if part in _BASIC)
