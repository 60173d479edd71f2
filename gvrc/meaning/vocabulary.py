"""The words that keys are made of, in lists: ``words.csv`` is the table; each row has some words of one list.

A word is written as ``paths.normal_key`` gives it. The table can be extended without touching code, and a change of it
is by itself a change of the rules: what was loaded before is read again (``ledger.rules_fingerprint``).
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from functools import cache
from itertools import product
from pathlib import Path


def list_words(name: str) -> frozenset[str]:
    """Give the words of one list of the table.

    Raises:
        KeyError: the table has no such list.
    """
    return _word_lists()[name]


@cache
def _word_lists() -> dict[str, frozenset[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    with Path(__file__).with_name("words.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["list"]].update(*map(spelt_out, row["words"].split()))
    return {name: frozenset(words) for name, words in found.items()}


def spelt_out(pattern: str) -> list[str]:
    """Give the keys or words that stand in a table as one pattern.

    >>> spelt_out("{desk|court}_phone{|_number}")
    ['desk_phone', 'desk_phone_number', 'court_phone', 'court_phone_number']
    """
    if "{" not in pattern:  # nearly every one, and even the shortest run waits for this
        return [pattern]
    parts = [part.split("|") for part in re.split(r"[{}]", pattern)]
    return list(map("".join, product(*parts)))
