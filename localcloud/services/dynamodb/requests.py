"""What requests to DynamoDB are made of, whoever reads them and however wrong they are."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class ForTheEmulator(Exception):  # noqa: N818 - nothing is wrong
    """What is not done here, because it is rare or may be refused."""


class Part(NamedTuple):
    """What a transaction does with one item: its place, counted from one, its kind such as Update, and the request."""

    place: int
    kind: str
    request: Mapping[str, Any]


def parts(request: Mapping[str, Any]) -> Iterator[Part]:
    """The parts of a transaction; of another request there are none."""
    items = request.get("TransactItems")
    for place, item in enumerate(items if isinstance(items, list) else (), 1):
        for kind, part in item.items() if isinstance(item, Mapping) else ():
            if isinstance(part, Mapping):
                yield Part(place, kind, part)
