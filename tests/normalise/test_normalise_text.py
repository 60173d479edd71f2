from __future__ import annotations

import unicodedata

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvrc.values.text import ABSENT_WORDS, clean_text, clean_value, fold, masked


def clean(*texts: str | None) -> list[str | None]:
    return clean_text(pl.Series("text", texts, dtype=pl.String)).to_list()


@pytest.mark.parametrize(
    ("given", "cleaned"),
    [
        ("  Mji   wa\tHuruma\n", "Mji wa Huruma"),
        ("Kasikeu Dispensary\u00a0", "Kasikeu Dispensary"),
        ("\ufeffMoi\u200b Ave\u00adnue", "Moi Avenue"),
        ("Cafe\u0301", "Café"),
        ("A\x00B\x07C", "ABC"),
        ("St Anne&#39;s &amp;amp; Sons &lt;Ltd&gt;", "St Anne's & Sons <Ltd>"),
        ("Smith&notes &copyright", "Smith&notes &copyright"),
        ("Clinic & Lab", "Clinic & Lab"),
        ("&nbsp;Kitui&nbsp;", "Kitui"),
        ("محمد\u200f", "محمد"),
    ],
)
def test_what_cannot_be_seen_is_cleaned_and_what_can_stays(given: str, cleaned: str) -> None:
    assert clean(given) == [cleaned]
    assert clean_value(given) == cleaned


@pytest.mark.parametrize(
    "given",
    [
        *("WITHHELD", "Not disclosed", " None ", "", "   ", "-", "--", "...", "?", "_", "\u200b", "&nbsp;"),
        *ABSENT_WORDS,
        *map(str.upper, ABSENT_WORDS),
    ],
)
def test_words_for_nothing_are_absent(given: str) -> None:
    assert clean(given) == [None]
    assert clean_value(given) is None


@pytest.mark.parametrize("given", ["Nanyuki", "NA Clinic", "Nil Desperandum", "0", "Unknown Soldier Clinic"])
def test_words_that_only_begin_like_nothing_stay(given: str) -> None:
    assert clean(given) == [given]


@given(st.lists(st.one_of(st.none(), st.text(st.characters(codec="utf-8"))), max_size=8))
def test_cleaned_text_is_clean_and_cleaning_it_again_changes_nothing(texts: list[str | None]) -> None:
    cleaned = clean(*texts)
    assert clean(*cleaned) == cleaned
    assert [text if text is None else clean_value(text) for text in texts] == cleaned
    for text in filter(None, cleaned):
        assert unicodedata.is_normalized("NFC", text)
        assert text == " ".join(text.split())
        assert not any(unicodedata.category(letter) in {"Cc", "Cf"} for letter in text)


@given(st.text(st.characters(categories=["L", "N", "P"]), min_size=1))
def test_letters_digits_and_points_are_never_lost(text: str) -> None:
    cleaned = clean_value(text)
    if cleaned is not None and "&" not in text:
        assert cleaned == unicodedata.normalize("NFC", text)


def test_rows_and_their_order_stay() -> None:
    assert clean("b", None, " a ", "b", "none") == ["b", None, "a", "b", None]


def test_spellings_of_one_word_fold_together() -> None:
    assert fold("Non-Operational ") == fold("NON  OPERATIONAL") == "nonoperational"
    assert fold("Specialised & Tertiary") == fold("specialised and tertiary")
    assert fold("Café") == "cafe"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("KINANGO P/STN - 0700000018", "KINANGO P/STN - ***"),
        ("call +254 700 000 016 now", "call *** now"),
        ("someone@example.org", "***"),
        ("-0.0512345678, 36.8765432", "-0.0512345678, 36.8765432"),
        ("Level 2", "Level 2"),
    ],
)
def test_an_issue_shows_no_number_and_no_address(given: str, shown: str) -> None:
    assert pl.select(masked(pl.lit(given))).item() == shown
