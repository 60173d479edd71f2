"""The table of keys, ``keys.csv``: the field that each stands for, the best key of a field first."""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from gvrc.meaning.paths import normal_key
from gvrc.meaning.vocabulary import spelt_out


class Meaning(NamedTuple):
    """A field that a key may stand for; of several keys for a field, the one with the lowest rank comes first."""

    field: str
    rank: int


DBF_LENGTH: Final = 10
SHORTEST_BEGINNING: Final = 7  # letters and digits: more than three separators in a name are rare


@cache
def rows_of_table() -> list[tuple[str, str]]:
    """List field and key as the table has them, the best key of a field first."""
    with Path(__file__).with_name("keys.csv").open(encoding="utf-8", newline="") as file:
        return [(row["field"], key) for row in csv.DictReader(file) for key in spelt_out(row["key"])]


def keys_in_table() -> list[str]:
    """List the keys that are known, as they are written."""
    return [key for _, key in rows_of_table()]


def keys_of_field(field: str) -> list[str]:
    """List the keys of a field, as they are written."""
    return [key for of, key in rows_of_table() if of == field]


@cache
def key_table() -> dict[tuple[str, ...], tuple[Meaning, ...]]:
    """Give the meanings of each key of the table, by its words: one, or several for a key inside others."""
    found: defaultdict[tuple[str, ...], list[Meaning]] = defaultdict(list)
    for rank, (field, key) in enumerate(rows_of_table()):
        words = tuple(normal_key(part) for part in key.split("."))
        if all(meaning.field != field for meaning in found[words]):
            found[words].append(Meaning(field, rank))
    return {words: tuple(meanings) for words, meanings in found.items()}


@cache
def parents_in_table() -> frozenset[str]:
    """Give the words of the keys that others stand in, in the table."""
    return frozenset(word for words in key_table() for word in words[:-1])


def cut_off_key(word: str, key: str) -> tuple[Meaning, ...]:
    """Give the meaning of a column name that dBASE cut to ten characters (``Constituen``), if only one fits."""
    return _beginnings().get(word, ()) if len(key) == DBF_LENGTH else ()


@cache
def _beginnings() -> dict[str, tuple[Meaning, ...]]:
    found: dict[str, tuple[Meaning, ...]] = {}
    words = [(words[0], meanings) for words, meanings in key_table().items() if len(words) == 1]
    for word, meanings in words:
        for length in range(SHORTEST_BEGINNING, min(DBF_LENGTH, len(word)) + 1):
            known = found.setdefault(word[:length], meanings)
            if known and known[0].field != meanings[0].field:
                found[word[:length]] = ()  # it may be either
    return found
