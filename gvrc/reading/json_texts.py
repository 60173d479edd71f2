"""Values of JSON as the texts of a column, and the keys that lead to them as one text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec

from gvrc.meaning.paths import MAX_KNOWN_PATHS, KeyPath
from gvrc.values.storable import NO_NUL

Values = Sequence[Any]
Texts = Sequence[str | None]

YES_NO: Final = {True: "true", False: "false"}
ENCODE: Final = msgspec.json.encode
RAWS: Final = msgspec.json.Decoder(list[msgspec.Raw])


def texts_of(values: Values, types: set[type]) -> Texts:
    """Give scalars as their canonical text; lists and objects were handled before and are left out."""
    if types == {str}:
        return values
    if types == {int}:
        texts = ENCODE(values)[1:-1].decode().split(",")
        return [None if text == "null" else text for text in texts] if "null" in texts else texts
    if types == {bool}:
        return list(map(YES_NO.get, values))
    return list(map(text_of, values))


def text_of(value: object) -> str | None:
    """Give a scalar as its canonical text; None for any other value."""
    if type(value) is str:
        return value
    if value is None or type(value) in (list, dict):
        return None
    return YES_NO[value] if type(value) is bool else str(value)


def json_texts_of(values: Sequence[Any]) -> Texts:
    """Give values as JSON text, written all at once and split again: one at a time, the calls would cost most."""
    raws = RAWS.decode(ENCODE(values))
    return [None if value is None else str(raw, "utf-8") for value, raw in zip(values, raws, strict=True)]


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def dotted(path: KeyPath) -> str:
    """Give the keys of a path as one text, without its places in lists."""
    return ".".join(key for key in path if isinstance(key, str)).replace("\x00", NO_NUL)
