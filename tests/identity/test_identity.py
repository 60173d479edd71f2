"""Two names: may they be one facility's, or do they only share the words of its kind?"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from gvrc.values.identity import generic_words, may_be_one, name_words

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Kibera Health Centre", "Kaloleni Health Centre"),
        ("Kibera Police Station", "Kisauni Police Station"),
        ("Mathare North Clinic", "Kayole North Clinic"),
        ("St. Mary's Clinic", "St Marys Hospital"),
        ("Aga Khan Hospital", "Aga Khan University Hospital"),
        ("Dispensary 4", "Umoja Dispensary 4"),
        ("Tumaini Medical Clinic", "Tumaini Nursing Home"),
        ("Health Centre", "Kibera Health Centre"),
        ("عيادة", "Kibera Health Centre"),
    ],
)
def test_words_that_many_facilities_share_do_not_make_two_names_one(name: str, other: str) -> None:
    assert not may_be_one(name, other)
    assert not may_be_one(other, name)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        # Renamed between two exports of the national list, and moved to another constituency in the same step.
        ("Huruma (EDARP)", "EDARP Huruma Clinic"),
        ("BHESP", "BHESP MOWLEM DICE CLINIC"),
        ("Family Medical Centre (Ruai)", "Ruai Family Hospital Limited"),
        ("Sex Workers Outreach Program (Kibra)", "Sex Workers Outreach Program (Langata)"),
        ("Baba Dogo Health Centre", "BABADOGO DISPENSARY"),
        ("Ol'Kalou Clinic", "Ol Kalou Hospital"),
        ("Aga Khan Hospital", "AGA KHAN HOSPITAL"),
        ("Hospital, Aga Khan", "Aga Khan Hospital"),
        ("Kítale Clinic", "KITALE CLINIC"),
    ],
)
def test_a_telling_word_in_both_or_the_same_words_may_be_one(name: str, other: str) -> None:
    assert may_be_one(name, other)
    assert may_be_one(other, name)


def test_every_word_that_ten_constituencies_share_is_known_to_tell_nothing(shared_data: Path) -> None:
    borne = defaultdict(set)
    for path in sorted((shared_data / "kmhfl").glob("*.json")):
        for facility in json.loads(path.read_text("utf-8"))["results"]:
            for word in name_words(facility["name"] or ""):
                borne[word].add((facility["county_name"], facility["constituency_name"]))
    shared = {word for word, places in borne.items() if len(places) >= 10 and len(word) > 1 and not word.isdigit()}
    assert shared - generic_words().keys() == set()
