"""A name in the form in which it is compared: only what does not distinguish places is removed.

Everything is an expression over whole columns; the same expressions read the reference and the records, so the two
cannot drift apart.
"""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from gvrc.geography.words import (
    COMMON_WORDS,
    COMPASS,
    LEVEL_PHRASES,
    PLACEHOLDERS,
    TOWN_WORDS,
    Level,
    word_replacements,
)

# Zero-width marks, and the many characters that sources write as an apostrophe.
INVISIBLE = r"[\p{Cf}'\x60\x22\u00B4\u2018-\u201F\u2032\u2033\u02B9-\u02BF\u02C8]"
# Seven digits or more, in groups or not: a telephone number that slipped into the cell.
TELEPHONE = r"\+?\d(?:[\s\-]*\d){6,}"
# "4. GANDA", "47 - Nairobi": numbers in a list. Three digits and more are codes ("KE047"); no place has them.
LIST_NUMBER = r"^\s*\d{1,3}(?:\s*[-.):]+\s*|\s+)|(?:\bke-?)?\d{3,}"
NO_NAME = f"{TELEPHONE}|{LIST_NUMBER}"
# A digit among letters is a letter that was misread: "M0lo", "Ma1indi", "J1lore" (an l after a vowel, else an i). After
# the letters it is a number ("Umoja1"), but a 0 never is ("Aher0"). Accents are already removed: with \p{L}, all the
# letters that exist, the patterns take 5 MB.
MISREAD = {
    "([a-z])0": "${1}o",
    "(^|[^a-z0-9])0([a-z]{2})": "${1}o${2}",
    "([aeiou])1([a-z])": "${1}l${2}",
    "([a-z])1([a-z])": "${1}i${2}",
}
# What may stand between letters and digits; a placeholder has it in at most one place. One pattern of all placeholders
# with such gaps took longer to compile than the reference takes to read.
GAP = r"[^\p{L}\d]+"
NOTHING = ["", *(form for text in PLACEHOLDERS for form in (re.sub("[^a-z]", " ", text), re.sub("[^a-z]", "", text)))]


def plain(name: pl.Expr) -> pl.Expr:
    """Give the name without case, apostrophes, accents and superfluous blanks: if these are equal, it is exact."""
    return (
        name.str.replace_all(INVISIBLE, "")  # first: NFKD turns an accent that serves as an apostrophe into a blank
        .str.normalize("NFKD")
        .str.replace_all(r"\p{M}", "")
        .str.to_lowercase()
        .str.replace_all(r"\s+", " ")
        .str.strip_chars()
    )


def words(name: pl.Expr, level: Level) -> pl.Expr:
    """Give the words of the name as they are compared, in order (a list of texts); null if the cell says nothing."""
    written, read_as = replacements(level)
    return (
        named(plain(name))
        .str.replace_all(f"{NO_NAME}|{LEVEL_PHRASES[level]}", " ")
        .pipe(mend_misread)
        .str.extract_all(r"\p{L}+|\d+")
        .list.eval(pl.element().replace(written, read_as))
        .list.join(" ")
        .replace("", None)
        .str.split(" ")
    )


def mend_misread(plain_name: pl.Expr) -> pl.Expr:
    """Give the name with the letters that were misread as digits put back (MISREAD)."""
    for pattern, letters in MISREAD.items():
        plain_name = plain_name.str.replace_all(pattern, letters)
    return plain_name


def named(plain_name: pl.Expr) -> pl.Expr:
    """Give the name, or null if the whole cell is a placeholder, however it is punctuated: "N/A", "n.a.", "-"."""
    return pl.when(~plain_name.str.replace_all(GAP, " ").str.strip_chars(" ").is_in(NOTHING)).then(plain_name)


@cache
def replacements(level: Level) -> tuple[pl.Series, pl.Series]:
    """Give the words of a level and what each is read as, in the form that is fastest to use."""
    read_as = word_replacements(level)
    return pl.Series([*read_as], dtype=pl.String), pl.Series([*read_as.values()], dtype=pl.String)


def key(name_words: pl.Expr) -> pl.Expr:
    """Give the words run together: "BABADOGO" is "Baba Dogo"."""
    return name_words.list.join("")


def sorted_key(name_words: pl.Expr) -> pl.Expr:
    """Give the words in alphabetical order, run together: "Kabuoch North" is "North Kabuoch"."""
    return name_words.list.sort().list.join("")


def squeezed(plain_name: pl.Expr) -> pl.Expr:
    """Give the letters and digits as written, run together: a blank in the wrong place ("UmojaI I") changes nothing."""
    return plain_name.str.replace_all(GAP, "")


def signature(name_words: pl.Expr) -> pl.Expr:
    """Give the compass words, numbers and single letters: names that differ here are never similar."""
    word = pl.element()
    tells_apart = word.is_in(COMPASS) | (word.str.len_chars() == 1) | word.str.contains(r"^\d+$")
    return name_words.list.eval(word.filter(tells_apart)).list.sort().list.join(" ")


def lists_numerals(name_words: pl.Expr) -> pl.Expr:
    """Say whether two numbers follow each other, as in a cell that names two wards: "Area I & II"."""
    return name_words.list.join(" ").str.contains(r"\b\d+ \d+\b")


def parts(name: pl.Expr) -> pl.Expr:
    """Give the parts of "A/B" (a list of texts); null if the name has only one part."""
    found = name.str.extract_all(r"[^/\\]+")
    return pl.when(found.list.len() > 1).then(found)


def is_telling(name_words: pl.Expr) -> pl.Expr:
    """Say whether any word is a name: "Central" and "Township" fit too many places to be a part of one."""
    word = pl.element()
    return name_words.list.eval(~word.is_in([*COMPASS, *COMMON_WORDS]) & word.str.contains(r"^\p{L}{2}")).list.any()


def without_town_words(name_words: pl.Expr) -> pl.Expr:
    """Give the words without Town, Township and Island; null if that changes nothing or leaves nothing."""
    left = name_words.list.eval(pl.element().filter(~pl.element().is_in(TOWN_WORDS)))
    return pl.when(left.list.len().is_between(1, name_words.list.len() - 1)).then(left)
