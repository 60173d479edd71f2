"""Sound records that all have the same keys -> columns, in half the time that objects take.

The first records show how to decode the rest: a text as a text, a list of UUIDs as the bytes that it came as. Where
that guess is wrong, the records are decoded without it, and the guess is corrected. Records that are not alike, or not
sound, are left to ``records.py``: nothing here reads leniently.
"""

from __future__ import annotations

import threading
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gvrc.reading.elements import Elements

MANY: Final = 50  # records; for fewer, objects cost less than guessing
DECODE: Final = msgspec.json.Decoder().decode
ENCODE: Final = msgspec.json.encode
PLAIN_KEY: Final = '":'
SPACED_KEY: Final = r'"[ \t\r\n]+:'  # JSON allows any white space there
ROUNDED: Final = r"[eE]\+\d"  # in 2.5471e+11, as R writes a number of twelve digits
DECODED_AS: Final[dict[type | None, Any]] = {str: str | None, bool: bool | None, list: msgspec.Raw, None: Any}
OTHER_KIND: Final = "Expected"  # how msgspec's message begins when a value is not of the expected type
SAMPLES: Final = 16  # records that show which types the values have
ID: Final = len('"d662c8df-7116-4116-9eee-9b09f441ebc3",')  # in the text of a list: all IDs are equally long


class Column:
    """The values of one key."""

    def __init__(self, values: Sequence[Any], kind: type | None = None) -> None:
        self.values = values
        self.kind = kind  # the type of every value that is not null; None if unknown

    @cached_property
    def types(self) -> set[type]:
        """Give the types of the values, null apart."""
        if self.kind is None:
            return set(map(type, self.values)) - {NOTHING}
        return {self.kind} if any(self.values) or set(self.values) - {None} else set()


class IdLists(NamedTuple):
    """Lists of UUIDs under one key, not decoded, because they are hardly ever used."""

    raws: Sequence[bytes]
    filled: int  # how many lists are not empty

    @property
    def values(self) -> list[list[str] | None]:
        """Give the lists."""
        return [DECODE(raw) for raw in self.raws]

    @property
    def types(self) -> set[type]:
        """Give the types of the values, null apart."""
        return {list} if self.filled or NO_ITEMS in self.raws else set()

    @property
    def example(self) -> list[str]:
        """Give the first list that is not empty."""
        first: list[str] = DECODE(next(raw for raw in self.raws if raw not in EMPTY))
        return first


NO_ITEMS: Final = b"[]"
EMPTY: Final = (NO_ITEMS, b"null")


class Alike(NamedTuple):
    """Records as columns."""

    columns: Columns
    texts: list[str]
    raw: pl.Series  # the texts again, as a column


NOTHING: Final = type(None)
Columns = dict[str, Column | IdLists]
Rows = list[msgspec.Struct]
Kinds = list[type | None]  # by key; None if values are of several kinds, or of one that is not guessed


def read_alike(elements: Elements) -> Alike | None:
    """Read sound records that all have the same keys as columns; None for others."""
    if len(elements) < MANY:
        return None
    try:
        first, last = DECODE(elements[0]), DECODE(elements[-1])
        if tuple(first) != tuple(last):
            return None
        return _read(elements, _shape_of(tuple(first)))
    except (TypeError, ValueError, RecursionError):  # no object, or a key that can be no attribute; DecodeError is one
        return None


def _read(elements: Elements, shape: _Shape) -> Alike | None:
    texts = [str(element, "utf-8") for element in elements]
    if shape.guessed is None:
        samples = map(DECODE, elements[:: len(elements) // SAMPLES])
        shape.guess_from([sample for sample in samples if isinstance(sample, dict)])  # a list may hold a stray number
    block = b",".join((b"[" + bytes(elements[0]), *elements[1:-1], bytes(elements[-1]) + b"]"))
    rows, columns = shape.read(block)
    raw = pl.Series(texts, dtype=pl.String)
    # If the output equals the input, no key is there twice; of two, msgspec silently keeps the last.
    is_as_written = ENCODE(rows[0]) == bytes(elements[0]) and _written(rows) == block
    if is_as_written or (_has_each_key_once(raw, rows, len(columns)) and not raw.str.contains(ROUNDED).any()):
        return Alike(columns, texts, raw)
    return None


def _written(rows: Rows) -> bytearray:
    WRITER.encode_into(rows, WRITTEN.text)
    return WRITTEN.text


class _Written(threading.local):
    """The buffer that a thread writes into, kept: new memory costs more than the writing."""

    def __init__(self) -> None:
        self.text = bytearray()


WRITER: Final = msgspec.json.Encoder()
WRITTEN: Final = _Written()


@lru_cache(maxsize=8)
def _shape_of(keys: tuple[str, ...]) -> _Shape:
    return _Shape(keys)


class _Shape:
    """Decodes records that have certain keys, and knows the types of their values so far."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.keys = keys
        self.loose = _decoder_of(keys, [None] * len(keys))
        self.guessed: tuple[Kinds, msgspec.json.Decoder[Rows]] | None = None  # together: files are read in threads

    def guess_from(self, samples: list[dict[str, Any]]) -> None:
        """Guess the types of the values from the first records."""
        self._guess([_kind_of([record.get(key) for record in samples]) for key in self.keys])

    def read(self, block: bytes) -> tuple[Rows, Columns]:
        """Decode records as guessed, or without a guess if one of them does not fit."""
        kinds, decoder = self.guessed or ([None] * len(self.keys), self.loose)
        try:
            rows = decoder.decode(block)
        except msgspec.ValidationError as error:
            if str(error).startswith(OTHER_KIND):
                return self._read_anew(block, kinds)
            raise
        columns = {
            key: _id_lists(values) if kind is list else Column(values, kind)
            for key, kind, values in zip(self.keys, kinds, _transposed(rows), strict=True)
        }
        found = {key: column for key, column in columns.items() if column is not None}
        if len(found) == len(columns):
            return rows, found
        return self._read_anew(
            block, [kind if key in found else None for key, kind in zip(columns, kinds, strict=True)]
        )

    def _read_anew(self, block: bytes, kinds: Kinds) -> tuple[Rows, Columns]:
        """Decode without a guess, and stop guessing where the guess was wrong."""
        rows = self.loose.decode(block)
        columns = {key: Column(values) for key, values in zip(self.keys, _transposed(rows), strict=True)}
        found = zip(kinds, columns.values(), strict=True)
        self._guess([kind if kind and column.types <= {kind} else None for kind, column in found])
        return rows, dict(columns)

    def _guess(self, kinds: Kinds) -> None:
        self.guessed = kinds, _decoder_of(self.keys, kinds)


def _decoder_of(keys: tuple[str, ...], kinds: Kinds) -> msgspec.json.Decoder[Rows]:
    names = [f"value_{number}" for number in range(len(keys))]
    row = msgspec.defstruct(
        "Row",
        [(name, DECODED_AS[kind]) for name, kind in zip(names, kinds, strict=True)],
        rename=dict(zip(names, keys, strict=True)),
        forbid_unknown_fields=True,
        gc=False,
    )
    return msgspec.json.Decoder(list[row])  # type: ignore[valid-type]


def _kind_of(values: list[Any]) -> type | None:
    """Give the type that values have in common, if guessing it saves time: texts, yes or no, lists of UUIDs."""
    kinds = set(map(type, values)) - {NOTHING}
    if len(kinds) != 1 or kinds.isdisjoint(DECODED_AS):
        return None
    if list in kinds and not _id_lists([ENCODE(value) for value in values if value]):
        return None
    return kinds.pop()


def _transposed(rows: Rows) -> Iterable[tuple[Any, ...]]:
    return zip(*map(msgspec.structs.astuple, rows), strict=True)


def _id_lists(values: Iterable[msgspec.Raw | bytes]) -> IdLists | None:
    """Take lists of UUIDs as they came; None if a value is anything else, or is not written plainly.

    In all the lists one after the other, quotes, dashes and commas are at regular distances, and nowhere else.
    """
    raws = [bytes(value) for value in values]
    filled = [raw[1:-1] for raw in raws if raw not in EMPTY]
    text = b",".join(filled)
    ids = (len(text) + 1) // ID
    if b"\\" in text or not text.isascii() or text.count(b'"') != 2 * ids:
        return None
    marks = ((0, b'"'), (9, b"-"), (14, b"-"), (ID - 2, b'"'))
    is_even = all(text[at::ID] == mark * ids for at, mark in marks) and text[ID - 1 :: ID] == b"," * (ids - 1)
    return IdLists(raws, len(filled)) if is_even else None


def _has_each_key_once(raw: pl.Series, rows: Rows, keys: int) -> bool:
    """Say that no key is there twice.

    Every key in the text is followed by ``":``; a flat record's text has as many of these as the record has keys.
    """
    if raw.str.contains(SPACED_KEY).any():
        return False
    met = raw.str.count_matches(PLAIN_KEY, literal=True)
    others = (met != keys).arg_true()
    return all(met[row] == ENCODE(rows[row]).count(PLAIN_KEY.encode()) for row in others)
