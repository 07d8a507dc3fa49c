"""Takes a template's text apart: sentences, words, and a plain form in which sentences can be compared."""

import re
from collections.abc import Set

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_TOKEN = re.compile(r"\{[a-z_]+\}|[a-z]+|'s\b|\S")
_CONTRACTIONS = (
    (re.compile(r"\bcan't\b"), "cannot"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"'ve\b"), " have"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"'d\b"), " would"),
    (re.compile(r"\b(it|that|there|here|what|this)'s\b"), r"\1 is"),
)
_MODAL = "will|would|can|could|may|might|should|must|shall"
_FORM_OF_BE = "is|are|was|were|be|been|has|have|had|do|does|did"
_ARTICLE = "a|an|the|your|our|their|its|every"
_PREPOSITION = "of|at|from|for|with|into|by|toward|towards|during"
_CONJUNCTION = "and|or|but|so|if|because|as|than|please"
_BROKEN = re.compile(
    rf"\b(?:{_ARTICLE}) (?:(?:a|an|the|your|our|their|we|you|they|in|on|to|not|{_PREPOSITION}|{_CONJUNCTION}|{_MODAL}"
    rf"|{_FORM_OF_BE})\b|[.,;:!?)])"
    rf"|\b(?:{_PREPOSITION}) (?:(?:we|they|and|or|but|so|because|of|please|{_MODAL}|is|are|was|were|be|been|has|does)\b"
    r"|[.;!?])"
    rf"|\b(?:{_MODAL}) (?:is|are|was|were|has|had|been|the|a|an|your|our|of|at|from|for|with|to|{_MODAL})\b"
    rf"|\bto (?:is|are|was|were|has|had|been|of|at|from|for|to|{_MODAL})\b"
    rf"|\b(?:is|are|was|were) (?:is|are|was|were|has|have|be|do|does|{_MODAL})\b"
    r"|\ban (?![aeiou{]|hour)|\ba (?:[aeio]|un[^i]|up)(?!ne )"
)
_WORDS_WITHOUT_GLUE = 5
_WORD = re.compile(r"[A-Za-z]+")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with its final mark."""
    return [sentence for sentence in _SENTENCE_END.split(text.strip()) if sentence]


def plain(sentence: str) -> str:
    """Lower case, contractions written out, one space between words, placeholders and punctuation marks.

    >>> plain("We're sorry, {first_name}.")
    'we are sorry , {first_name} .'
    """
    lower = sentence.lower()
    for pattern, written_out in _CONTRACTIONS:
        lower = pattern.sub(written_out, lower)
    return " ".join(_TOKEN.findall(lower))


def broken(sentence: str, glue: Set[str]) -> str | None:
    """The words of a plain sentence at which its grammar breaks, or None.

    Only what no English sentence has is found: "the of", "to is", or five words in a row without one of ``glue``, the
    articles, pronouns, prepositions and auxiliaries that hold sentences together.
    """
    found = _BROKEN.search(sentence)
    if found:
        return found[0]
    run: list[str] = []
    for word in sentence.split():
        run = [*run, word] if word.isalpha() and word not in glue else []
        if len(run) >= _WORDS_WITHOUT_GLUE:
            return " ".join(run)
    return None


def words(text: str) -> list[str]:
    """The words of a text, spelled as they stand, contractions written out and placeholders left out."""
    spelled = _PLACEHOLDER.sub(" ", text)
    for pattern, written_out in _CONTRACTIONS:
        spelled = re.sub(pattern.pattern, written_out, spelled, flags=re.IGNORECASE)
    return _WORD.findall(re.sub(r"'s\b", "", spelled))
