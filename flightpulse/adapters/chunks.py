"""Batches that respect what one call of an AWS API takes."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Entry = TypeVar("Entry")


def chunked(
    entries: Iterable[Entry], *, count: int, size: int | None = None, size_of: Callable[[Entry], int] = lambda _: 0
) -> Iterator[list[Entry]]:
    """Cut entries, in order, into lists of at most ``count`` entries and at most ``size`` bytes together.

    An entry that is too large by itself gets a list of its own; the API then says what it thinks of it.
    """
    chunk: list[Entry] = []
    total = 0
    for entry in entries:
        weight = size_of(entry)
        if chunk and (len(chunk) == count or (size is not None and total + weight > size)):
            yield chunk
            chunk, total = [], 0
        chunk.append(entry)
        total += weight
    if chunk:
        yield chunk
