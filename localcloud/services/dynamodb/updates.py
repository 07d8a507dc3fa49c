"""Update expressions are read once and applied to many items: a workflow sends the same all day.

What is read here sets whole attributes to values of the request and removes whole attributes; anything else is left to
the emulator, and so is the first item of every text, because the emulator may refuse it.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import dynamodb

Item = dict[str, Any]
Names = Mapping[str, str]
Update = Callable[[Item, Mapping[str, Any], Names, set[Any]], None]

_TEXTS = 1024
_NAMES = ("NAME_REF", "IDENT")
_SECTIONS = ("SET", "REMOVE", "ADD", "DELETE")
_KEYS = 2


def install() -> None:
    """Go before the emulator's evaluation."""
    apply = dynamodb._apply_update_expression
    accepted: set[str] = set()

    def applied(item: Any, text: Any, values: Any, names: Any, updated: Any = None) -> Any:
        update = compiled(text) if text in accepted else None
        if update is None or not is_usual(item, names):
            answer = apply(item, text, values, names, updated)
            if len(accepted) < _TEXTS:
                accepted.add(text)
            return answer
        changed = set() if updated is None else updated
        # What has no more than a key may be the request's own.
        new = dynamodb.copy.deepcopy(item) if len(item) <= _KEYS else dict(item)
        update(new, values, names, changed)
        return new, changed

    dynamodb._apply_update_expression = applied


def is_usual(item: Item, names: Names) -> bool:
    """The emulator takes an attribute called M for the inside of a map, and a number for a place in a list."""
    attributes = names.values()
    return "M" not in item and "M" not in attributes and all(type(attribute) is str for attribute in attributes)


@functools.lru_cache(maxsize=_TEXTS)
def compiled(text: str) -> Update | None:
    """What a text that DynamoDB accepts does to an item; None for one that is left to the emulator."""
    sections: dict[str, list[Any]] = {}
    name = ""
    for token in dynamodb._tokenize(text):
        if token[0] == "IDENT" and token[1].upper() in _SECTIONS:
            name = token[1].upper()
            if name in sections or name not in ("SET", "REMOVE"):
                return None
            sections[name] = []
        elif token[0] != "EOF":
            if not name or token == ("IDENT", "M"):
                return None
            sections[name].append(token)
    sets, removes = (dynamodb._split_by_comma(sections.get(section, [])) for section in ("SET", "REMOVE"))
    if not all(map(_is_set, sets)) or not all(len(part) == 1 and part[0][0] in _NAMES for part in removes):
        return None
    pairs = tuple((part[0][1], part[2][1]) for part in sets)
    gone = tuple(part[0][1] for part in removes)

    def update(item: Item, values: Mapping[str, Any], names: Names, changed: set[Any]) -> None:
        for name, placeholder in pairs:
            value = values.get(placeholder)
            if value is not None:
                attribute = names.get(name, name) if name[0] == "#" else name
                changed.add((attribute,))
                item[attribute] = value
        for name in gone:
            attribute = names.get(name, name) if name[0] == "#" else name
            changed.add((attribute,))
            item.pop(attribute, None)

    return update


def _is_set(assignment: list[Any]) -> bool:
    kinds = [kind for kind, _ in assignment]
    return len(kinds) == 3 and kinds[0] in _NAMES and kinds[1:] == ["EQ", "VALUE_REF"]
