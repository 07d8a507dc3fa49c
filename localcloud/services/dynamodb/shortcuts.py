"""What the emulator does over and over, done once or in less time: a workflow sends the same expressions all day."""

import copy
import functools
import threading
import time
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

from ministack.services import dynamodb

from localcloud.services import handlers

_emulators_index_write_units = dynamodb._index_write_units
_TEXTS = 4096
_REAPER = "dynamodb-ttl-reaper"
_PAUSE_FOR_WORK = 50


def install() -> None:
    """Remember the results of functions of a text alone, which nobody changes; and copy items as the JSON they are."""
    dynamodb.copy = SimpleNamespace(**{**vars(dynamodb.copy), "deepcopy": copied})
    dynamodb.time = SimpleNamespace(**{**vars(dynamodb.time), "sleep": Rest()})
    remember = functools.lru_cache(maxsize=_TEXTS)
    tokens_of = dynamodb._tokenize
    dynamodb._tokenize = remember(lambda text: tuple(tokens_of(text)))
    dynamodb._condition_syntax_error = remember(dynamodb._condition_syntax_error)
    for name in ("_number_size_bytes", "_number_error", "_ddb_canonicalize_number"):
        setattr(dynamodb, name, _of_texts(getattr(dynamodb, name)))
    dynamodb._attribute_value_size = _of_values(dynamodb._attribute_value_size)
    handlers.replace(dynamodb, {"_item_size_bytes": item_size, "_index_write_units": index_write_units})
    for name in ("_check_redundant_parens", "_check_reserved_keyword_usage"):
        setattr(dynamodb, name, _of_tokens(remember(getattr(dynamodb, name))))
    dynamodb._parse_projection_path = _without_placeholders(dynamodb._parse_projection_path)
    dynamodb._project_item = _of_plain_names(dynamodb._project_item)


class Rest:
    """``time.sleep``, and longer for the thread that looks through all items for those that have expired.

    It holds everybody up meanwhile: after a look at a full day's items it rests fifty times as long as that took.
    """

    def __init__(self, clock: Any = time) -> None:
        self._clock = clock
        self._woke: float | None = None

    def __call__(self, seconds: float) -> None:
        if threading.current_thread().name != _REAPER:
            self._clock.sleep(seconds)
            return
        worked = 0.0 if self._woke is None else self._clock.monotonic() - self._woke
        self._clock.sleep(max(seconds, _PAUSE_FOR_WORK * worked))
        self._woke = self._clock.monotonic()


def index_write_units(table: Any, index: Any, old: Any, new: Any, size: int | None = None) -> Any:
    """What a write costs an index, at once where the item keeps its place there or stays outside.

    ``size`` is that of the larger of the two items, where it is known.
    """
    keys = [key["AttributeName"] for key in index["KeySchema"]]
    was_in, is_in = (bool(item) and all(key in item for key in keys) for item in (old, new))
    if not was_in and not is_in:
        return 0.0
    everything = index.get("Projection", {}).get("ProjectionType", "ALL") == "ALL"
    if not (was_in and is_in and everything) or any(old[key] != new[key] for key in keys):
        return _emulators_index_write_units(table, index, old, new)
    if old == new:
        return 0.0
    return dynamodb._capacity_kb(max(item_size(old), item_size(new)) if size is None else size)


def _of_tokens(check: Any) -> Any:
    """A check of tokens, some of which come in a list."""
    return lambda tokens, *slot: check(tuple(tokens), *slot)


def copied(value: Any) -> Any:
    """A deep copy."""
    kind = type(value)
    if kind is dict:
        # An attribute's value is mostly one text.
        if len(value) == 1 and type(next(iter(value.values()))) is str:
            return value.copy()
        return {name: copied(item) for name, item in value.items()}
    if kind is list:
        return [copied(item) for item in value]
    return value if kind is str or kind is bool else copy.deepcopy(value)


def item_size(item: Any) -> int:
    """The bytes of an item's names and values."""
    if not isinstance(item, dict):
        return 0
    values: Iterable[int] = map(dynamodb._attribute_value_size, item.values())
    return sum(map(_text_size, item)) + sum(values)


@functools.lru_cache(maxsize=_TEXTS)
def _text_size(text: str) -> int:
    return len(text.encode())


def _of_values(size: Any) -> Any:
    """The size of a value, at once where it is one text."""

    def measured(value: Any) -> Any:
        if type(value) is dict and len(value) == 1:
            text = value.get("S")
            if type(text) is str:
                return len(text) if text.isascii() else len(text.encode())
        return size(value)

    return measured


def _of_texts(function: Any) -> Any:
    """A function of a text, or of what should be one."""
    remembered = functools.lru_cache(maxsize=_TEXTS)(function)
    return lambda text: remembered(text) if type(text) is str else function(text)


def _without_placeholders(parse: Any) -> Any:
    """Paths that stand for themselves whatever names a request gives."""
    remembered = functools.lru_cache(maxsize=_TEXTS)(lambda path: parse(path, {}))
    return lambda path, names: parse(path, names) if "#" in path else remembered(path)


def _of_plain_names(project: Any) -> Any:
    """A projection of whole attributes, which is checked the first time and copied out of every item after that."""

    @functools.lru_cache(maxsize=_TEXTS)
    def attributes(text: str, placeholders: tuple[tuple[str, str], ...]) -> tuple[str, ...] | None:
        names, known = [part.strip() for part in text.split(",")], dict(placeholders)
        if not all(name.isidentifier() or name in known for name in names):
            return None
        return tuple(known.get(name, name) for name in names)

    checked: set[tuple[str, tuple[tuple[str, str], ...]]] = set()

    def projected(item: Any, text: str, names: Any) -> Any:
        asked = (text, tuple(names.items()) if names else ())
        wanted = attributes(*asked)
        if wanted is None or asked not in checked:
            found = project(item, text, names)
            checked.add(asked)
            return found
        return {name: item[name] for name in wanted if name in item}

    return projected
