"""The words that have a meaning of their own in a place's name: rules as data.

A directory of places is full of these: ``Umoja I`` and ``Umoja 1``, ``W. Alego`` and ``West Alego``, ``Township
Ward``. A changed line here changes how every name is read, given or official.
"""

from __future__ import annotations

from functools import cache
from string import ascii_lowercase
from typing import Literal

Level = Literal["county", "constituency", "ward"]

# Dropped, but only at their own level: the ward "Clay City" keeps its city, the county "Nairobi City" does not.
# Some are Swahili: "Kata ya Lindi", "Kaunti Ndogo ya Kibra", "Jimbo la Kibra". Some write a stroke for "and".
LEVEL_WORDS: dict[Level, list[str]] = {
    "county": ["county", "city", "government", "of", "kaunti", "ya", "district"],
    "constituency": [
        *["constituency", "const", "subcounty", "sub", "county", "district"],
        *["kaunti", "ndogo", "ya", "jimbo", "la", "eneo", "bunge"],
    ],
    "ward": ["ward", "wards", "wrd", "wd", "caw", "kata", "wadi", "ya", "and"],
}

# These are dropped even with one letter wrong ("Constituecy").
MISSPELT_LEVEL_WORDS = ["county", "constituency", "subcounty", "district", "ward"]

# The same, written as more than one word: a constituency's "S/C" is not South Central.
LEVEL_PHRASES: dict[Level, str] = {
    "county": r"\bcounty assembly\b",
    "constituency": r"\bs\s*/\s*c(?:ounty)?\b",
    "ward": r"\bcounty assembly\b",
}

# Gaturi North is not Gaturi South and Upper Savannah is not Lower Savannah, however alike they look.
COMPASS = ["north", "south", "east", "west", "central", "upper", "lower"]

ABBREVIATIONS = {
    "n": "north",
    "s": "south",
    "e": "east",
    "w": "west",
    "c": "central",
    "ne": "north east",
    "nw": "north west",
    "se": "south east",
    "sw": "south west",
    "nth": "north",
    "sth": "south",
    "cent": "central",
    "centrl": "central",  # the register's spelling of Bukira Central
    "cntrl": "central",
    "ctrl": "central",
    "so": "south",
    "kaskazini": "north",
    "kusini": "south",
    "mashariki": "east",
    "magharibi": "west",
    "kati": "central",
    "juu": "upper",
    "chini": "lower",
    "twp": "township",
    "mt": "mount",
}

NUMBERS = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "one": "1", "two": "2", "three": "3", "four": "4"}

# A source that writes "Silibwet" means the ward "Silibwet Township", if there is no other ward of that name.
TOWN_WORDS = ["town", "township", "island"]

# Alone, these fit too many places to be a part of one: "Area 4" is not Dandora Area IV.
COMMON_WORDS = [
    *TOWN_WORDS,
    *["area", "bridge", "centre", "city", "course", "estate", "golf", "hill", "hills"],
    *["hospital", "location", "market", "municipality", "road", "spring", "valley"],
]

# Nor is one of these alone, if no constituency is known: a county has other mountains and villages (a bulla, a
# manyatta), and much is named after presidents. "Kenyatta" in Nairobi is a hospital, a university, or a golf course.
WIDE_WORDS = [
    *["lake", "zone", "delta", "river", "ridge", "gate", "port", "mountain", "view", "bulla", "manyatta", "got"],
    *["kenyatta", "moi", "mois", "nyayo", "dedan", "kubwa", "dogo", "kuu", "la", "wa", "ini", "chache"],
    "springvalley",  # an estate of Westlands, and one of Embakasi Central
]

# A county's cell with one of these names a county in which the facility is not, or not alone.
NOT_THERE = ["not", "outside", "except", "excluding", "other", "than", "near", "former", "formerly", "nje", "karibu"]

# A county's name before one of these is where a road leads: "Mombasa Road" is in Nairobi.
ROADS = ["road", "rd", "highway", "street"]

# What sources write if they know nothing.
PLACEHOLDERS = [
    *["n/a", "nil", "null", "none", "nan", "unknown", "unspecified", "not specified", "not applicable"],
    *["not available", "not known", "missing", "tbd", "region", "province", "other", "others", "all", "kenya"],
    *["national", "nationwide", "countrywide", "no county", "no constituency", "no ward"],
]


@cache
def word_replacements(level: Level) -> dict[str, str | None]:
    """Give what each word is read as at this level, None to drop it; in a county no compass words are corrected."""
    dropped: dict[str, str | None] = dict.fromkeys([*misspelt_level_words(level), *LEVEL_WORDS[level]])
    return dropped if level == "county" else {**misspelt_compass(), **ABBREVIATIONS, **NUMBERS, **dropped}


def misspelt_level_words(level: Level) -> set[str]:
    """Give every word one edit away from a word for the level; as for the compass, none is in a real name."""
    words = [word for word in LEVEL_WORDS[level] if word in MISSPELT_LEVEL_WORDS]
    return {misspelt for word in words for misspelt in one_edit_away(word)}


def misspelt_compass() -> dict[str, str]:
    """Give every word one edit away from one compass word, and from no other ("est" may be east or west).

    No word of a Kenyan ward or constituency is among them (``gvrc.geography.check`` checks), so no real name changes.
    """
    meant: dict[str, set[str]] = {}
    for word in COMPASS:
        for misspelt in one_edit_away(word):
            meant.setdefault(misspelt, set()).add(word)
    return {misspelt: words.pop() for misspelt, words in meant.items() if len(words) == 1 and misspelt not in COMPASS}


def one_edit_away(word: str) -> set[str]:
    """Give all words that one deletion, insertion, substitution or swap of neighbouring letters makes of ``word``."""
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    return (
        {left + right[1:] for left, right in cuts if right}
        | {left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1}
        | {left + letter + right[1:] for left, right in cuts if right for letter in ascii_lowercase}
        | {left + letter + right for left, right in cuts for letter in ascii_lowercase}
    ) - {word}
