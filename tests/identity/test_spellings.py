"""A name is one facility's with its dots, apostrophes and brackets, and without them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from gvrc.pipeline import Options, run
from tests.test_pipeline import content, outcome, rows, write

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

PLACE = {"county": "Nairobi", "constituency": "Makadara", "ward": "Viwandani"}
A_WARD_OF_EACH_CONSTITUENCY = """
SELECT DISTINCT ON (constituency_id) county_name AS county, constituency_name AS constituency, ward_name AS ward
FROM wards JOIN constituencies USING (constituency_id) JOIN counties USING (county_id)
ORDER BY constituency_id, ward_id
"""
NAMES_BY_CONSTITUENCY = "SELECT facility_name FROM facilities JOIN wards USING (ward_id) ORDER BY constituency_id"
SPELLINGS = [
    ("St. Mary's Clinic", "St Marys Clinic"),
    ("St. Mary\u2019s Clinic", "ST.MARY'S CLINIC"),
    ("Faith & Hope (Mukuru) Shelter", "Faith and Hope Mukuru Shelter"),
    ("P.C.E.A. Mukuru Clinic", "PCEA Mukuru Clinic"),
    ("Clinic- Mukuru", "Clinic Mukuru"),
    ("Mukuru Health Centre", "MUKURU Health Center"),
    ("M\u00e9decins Sans Fronti\u00e8res Clinic", "MEDECINS SANS FRONTIERES CLINIC"),
    ("Eden Clinic", "\u00c9DEN CLINIC"),
]


@pytest.mark.parametrize("batch_size", [1, 100])
def test_two_spellings_of_a_name_are_one_facility_unless_both_have_codes(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int
) -> None:
    settings = msgspec.structs.replace(settings, batch_size=batch_size)
    pairs = [(names, codes) for names in SPELLINGS for codes in ((None, None), (1, None), (None, 1))]
    places = rows(fresh, f"{A_WARD_OF_EACH_CONSTITUENCY} LIMIT {len(pairs)}")  # names are looked for in one only
    records = [
        place | {"name": name, "code": code and 13_000 + number}
        for number, (place, pair) in enumerate(zip(places, pairs, strict=True))
        for name, code in zip(*pair, strict=True)
    ]
    path = write(tmp_path, "a.json", records)
    assert outcome(run([path], settings)) == {"read": 48, "inserted": 24, "superseded": 24}
    assert rows(fresh, NAMES_BY_CONSTITUENCY) == [{"facility_name": names[1]} for names, _ in pairs]
    before = content(fresh)
    assert outcome(run([path], settings, Options(force=True))) == {"read": 48, "unchanged": 24, "superseded": 24}
    assert content(fresh) == before


@pytest.mark.parametrize(
    "names",
    [
        ("Mukuru Unit 1/2", "Mukuru Unit 12"),
        ("Mukuru Clinic", "Mukuru Clinic A"),
        ("عيادة", "مستشفى"),
        ("St. Mary's Clinic", "St. Mark's Clinic"),
    ],
)
def test_names_that_differ_in_more_than_signs_are_two(
    settings: Settings, tmp_path: Path, names: tuple[str, str]
) -> None:
    path = write(tmp_path, "a.json", [PLACE | {"name": name} for name in names])
    assert outcome(run([path], settings)) == {"read": 2, "inserted": 2}


def test_of_two_that_were_doubled_before_each_is_met_by_the_name_as_it_is(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    names = SPELLINGS[0]
    coded = [PLACE | {"name": name, "code": 13_080 + number} for number, name in enumerate(names)]
    run([write(tmp_path, "a.json", coded)], settings)
    said: list[dict[str, Any]] = [PLACE | {"name": name, "description": name} for name in names]
    assert outcome(run([write(tmp_path, "b.json", said)], settings)) == {"read": 2, "updated": 2}
    told = rows(fresh, "SELECT facility_name, description FROM facilities ORDER BY facility_code")
    assert told == [{"facility_name": name, "description": name} for name in names]
