"""Whether two names may be one facility's: they share a word that tells facilities apart, not just "Health Centre".

``generic_words.csv`` has the words that do not: kinds of facility, kinds of owner, and names that facilities of ten or
more constituencies have (Tumaini, Aga Khan), counted in the national master list of 2020. Such a name (``is_name``)
tells the facilities of one place apart all the same.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from functools import cache
from pathlib import Path

from gvrc.lazy import lazy_pattern

GENERIC_WORDS = Path(__file__).parent / "generic_words.csv"
# Of the 121 pairs of the national list that share a number in a constituency, one is two spellings of a name (0.88
# alike); the next one is 0.62 alike.
MISSPELT = 0.8
APOSTROPHES = lazy_pattern(r"['`\u00b4\u2018\u2019\u02bc]")


def may_be_one(name: str, other: str) -> bool:
    """Say whether two names may be one facility's. Without a telling word in both, they must be the same words.

    >>> may_be_one("Kibera Health Centre", "Kaloleni Health Centre")
    False
    >>> may_be_one("Huruma (EDARP)", "EDARP Huruma Clinic")
    True
    """
    words, others = name_words(name), name_words(other)
    telling, others_telling = telling_words(words), telling_words(others)
    if not telling or not others_telling:
        return sorted(words) == sorted(others)
    # Also with the words run together: "Babadogo" is "Baba Dogo".
    return not telling.keys().isdisjoint(others_telling) or "".join(telling) == "".join(others_telling)


def may_be_one_of_a_place(name: str, other: str) -> bool:
    """Say whether two names of one place may be one facility's; there a name tells that many have elsewhere.

    >>> (
    ...     may_be_one_of_a_place("Amani Clinic", "Amani Medical Clinic"),
    ...     may_be_one("Amani Clinic", "Amani Medical Clinic"),
    ... )
    (True, False)
    """
    names, its = ({word for word in name_words(given) if generic_words().get(word)} for given in (name, other))
    return not names.isdisjoint(its) or may_be_one(name, other)


def may_be_misspelt(name: str, other: str) -> bool:
    """Say whether one name may have a telling word of the other, misspelt; for facilities with more in common.

    >>> may_be_misspelt("Kosoiywo Dispensary", "Kosoiywa Dispensary")
    True
    >>> may_be_misspelt("Kabalwat Dispensary", "Kalwal Dispensary")
    False
    """
    from rapidfuzz.distance import OSA

    telling, others_telling = (telling_words(name_words(given)) for given in (name, other))
    return any(OSA.normalized_similarity(word, its) >= MISSPELT for word in telling for its in others_telling)


def name_words(name: str) -> list[str]:
    """Split a name into its words: lower case, without marks and apostrophes ("St. Mary's": st, marys)."""
    plain = unicodedata.normalize("NFKD", APOSTROPHES.sub("", name)).casefold()
    return re.findall(r"[^\W_]+", "".join(letter for letter in plain if not unicodedata.combining(letter)))


def telling_words(words: list[str]) -> dict[str, None]:
    """Keep the words that tell facilities apart, in order; a number or a single letter is not enough alone."""
    return {word: None for word in words if len(word) > 1 and not word.isdigit() and word not in generic_words()}


@cache
def generic_words() -> dict[str, bool]:
    """Read the words that the names of many facilities have in common, and whether they are names themselves."""
    with GENERIC_WORDS.open(encoding="utf-8", newline="") as lines:
        return {row["word"]: bool(row["is_name"]) for row in csv.DictReader(lines)}
