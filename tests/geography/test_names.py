from __future__ import annotations

import re
import unicodedata

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvrc.geography.names import (
    INVISIBLE,
    MISREAD,
    NO_NAME,
    is_telling,
    key,
    parts,
    plain,
    signature,
    sorted_key,
    squeezed,
    without_town_words,
    words,
)
from gvrc.geography.words import (
    COMPASS,
    LEVEL_PHRASES,
    PLACEHOLDERS,
    Level,
    misspelt_compass,
    one_edit_away,
    word_replacements,
)


def read(expression: pl.Expr, text: str | None) -> object:
    return pl.DataFrame({"name": [text]}, schema={"name": pl.String}).select(expression).item()


def words_of(text: str | None, level: Level = "ward") -> list[str] | None:
    found = read(words(pl.col("name"), level), text)
    return None if found is None else list(found)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ng'araria", ["ngararia"]),
        ("Ng\u2019araria Ward", ["ngararia"]),
        ("S.E. Alego", ["south", "east", "alego"]),
        ("SE Alego", ["south", "east", "alego"]),
        ("Dandora Area2", ["dandora", "area", "2"]),
        ("Dandora Area II", ["dandora", "area", "2"]),
        ("Clay City", ["clay", "city"]),
        ("Nort Gem", ["north", "gem"]),
        ("4. GANDA", ["ganda"]),
        ("Waa - 0700 000 016", ["waa"]),
        ("Lindi (1387)", ["lindi"]),
        ("KE0472781387 Lindi", ["lindi"]),
        ("KE047", None),
        ("Ma1indi T0wn", ["malindi", "town"]),
        ("J1lore", ["jilore"]),
        ("Aher0", ["ahero"]),
        ("0ldonyiro", ["oldonyiro"]),
        ("Umoja1", ["umoja", "1"]),
        ("Umoja 0", ["umoja", "0"]),
        ("Elburgon Twp", ["elburgon", "township"]),
        ("Imara\u200bDaima", ["imaradaima"]),
        ("Kongéléi", ["kongelei"]),
        ("N/A", None),
        ("  ", None),
        ("?", None),
        ("Ward", None),
        (None, None),
    ],
)
def test_a_ward_is_read_word_by_word(text: str | None, expected: list[str] | None) -> None:
    assert words_of(text) == expected


@pytest.mark.parametrize(
    ("text", "level", "expected"),
    [
        ("047 NAIROBI CITY COUNTY", "county", ["nairobi"]),
        ("County Government of Kwale", "county", ["kwale"]),
        ("Lang'ata Sub-County", "constituency", ["langata"]),
        ("Embakasi E. Constituency", "constituency", ["embakasi", "east"]),
        ("Mt Elgon", "constituency", ["mount", "elgon"]),
        ("Kaunti ya Kisumu", "county", ["kisumu"]),
        ("Kisumu Couny", "county", ["kisumu"]),
        ("Nyando District", "constituency", ["nyando"]),
        ("Kibra S/C", "constituency", ["kibra"]),
        ("Kibra S/County", "constituency", ["kibra"]),
        ("Kaunti Ndogo ya Kibra", "constituency", ["kibra"]),
        ("Jimbo la Kibra", "constituency", ["kibra"]),
        ("Kibra Const.", "constituency", ["kibra"]),
        ("Kibra Constituecy", "constituency", ["kibra"]),
        ("Embakasi Mashariki", "constituency", ["embakasi", "east"]),
        ("Kata ya Lindi", "ward", ["lindi"]),
        ("Lindi County Assembly Ward", "ward", ["lindi"]),
        ("Lindi Wrad", "ward", ["lindi"]),
        ("Ziwa la Ng'ombe", "ward", ["ziwa", "la", "ngombe"]),
        ("Nyakach So.", "ward", ["nyakach", "south"]),
    ],
)
def test_level_words_are_dropped_at_their_own_level(text: str, level: Level, expected: list[str]) -> None:
    assert words_of(text, level) == expected


def test_keys_forget_order_and_blanks() -> None:
    name = words(pl.col("name"), "ward")
    assert read(key(name), "Kabuoch North") == "kabuochnorth"
    assert read(sorted_key(name), "North Kabuoch") == "kabuochnorth"
    assert read(squeezed(plain(pl.col("name"))), "UmojaI I") == "umojaii"


def test_the_signature_holds_what_tells_look_alikes_apart() -> None:
    name = words(pl.col("name"), "ward")
    assert read(signature(name), "North East Sakwa II") == "2 east north"
    assert read(signature(name), "Nyalenda 'A'") == "a"
    assert read(signature(name), "Kilimani") == ""


def test_common_words_do_not_tell_where_a_place_is() -> None:
    name = words(pl.col("name"), "ward")
    assert read(is_telling(name), "Lodwar Township") is True
    assert read(is_telling(name), "Township") is False
    assert read(is_telling(name), "Central Area 4") is False


def test_a_name_without_its_town_words_is_given_only_where_that_is_another_name() -> None:
    name = without_town_words(words(pl.col("name"), "ward"))
    assert read(key(name), "Rusinga Island") == "rusinga"
    assert read(key(name), "Township") is None
    assert read(key(name), "Kilimani") is None


def test_only_a_stroke_makes_parts() -> None:
    assert list(read(parts(pl.col("name")), "Isongo/Makunga\\Malaha")) == ["Isongo", "Makunga", "Malaha"]  # type: ignore[call-overload]
    assert read(parts(pl.col("name")), "Mugumo-Ini") is None


def test_a_compass_word_is_mended_only_if_one_is_meant() -> None:
    mended = misspelt_compass()
    assert mended["nroth"] == mended["nort"] == "north"
    assert "est" not in mended  # east or west
    assert mended.keys().isdisjoint(COMPASS)
    assert all(word in one_edit_away(misspelt) for misspelt, word in mended.items() if misspelt.isalpha())


def spell(placeholder: tuple[str, str, str]) -> str:
    """Write a placeholder with other signs between its words and around them."""
    text, between, around = placeholder
    return around + re.sub("[^a-z]", lambda _: between, text) + around


NAMES = st.text(st.sampled_from("aA e\u00c9sSnN/'\u2019-.01247iIvVdcx\u200b(ﬀ"), max_size=14) | st.sampled_from(
    ["North", "Ward", "Mt.", "N/A", "0700000016", "SE Alego", "Sub County", "none", "n.a.", "un known", "1. n/a", "(-)"]
)
PLACEHOLDER_NAMES = st.tuples(st.sampled_from(PLACEHOLDERS), st.text(" -/.a1", max_size=3), st.text(" -/.", max_size=2))
PLACEHOLDER = "|".join(re.sub("[^a-z]", lambda _: r"[^a-z\d]*", text) for text in PLACEHOLDERS)


@given(name=NAMES | PLACEHOLDER_NAMES.map(spell), level=st.sampled_from(["county", "constituency", "ward"]))
def test_the_expression_reads_names_as_a_plain_loop_does(name: str, level: Level) -> None:
    assert words_of(name, level) == read_words_plainly(name, level)


def read_words_plainly(name: str, level: Level) -> list[str] | None:
    invisible = re.compile("[" + "".join(re.findall(r"\\u[0-9A-F]{4}(?:-\\u[0-9A-F]{4})?|\\x..|'", INVISIBLE)) + "]")
    text = "".join(letter for letter in invisible.sub("", name) if unicodedata.category(letter) != "Cf")
    text = unicodedata.normalize("NFKD", text)
    text = "".join(letter for letter in text if not unicodedata.category(letter).startswith("M")).lower()
    text = re.sub(r"\s+", " ", text).strip()
    if re.fullmatch(rf"[^a-z\d]*(?:{PLACEHOLDER})?[^a-z\d]*", text):
        return None
    text = re.sub(f"{NO_NAME}|{LEVEL_PHRASES[level]}", " ", text)
    for pattern, letters in MISREAD.items():
        text = re.sub(pattern.replace(r"\p{L}", r"[^\W\d_]"), letters.replace("${", r"\g<").replace("}", ">"), text)
    read: list[str] = []
    for written in re.findall(r"[^\W\d_]+|\d+", text):
        meant = word_replacements(level).get(written, written)
        read += [] if meant is None else meant.split(" ")
    return read or None
