"""A name is one facility's with its dots, apostrophes and brackets, and without them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from gvrc.database import connect
from gvrc.pipeline import Options, run
from tests.test_pipeline import content, outcome, rows, write

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

PLACE = {"county": "Nairobi", "constituency": "Makadara", "ward": "Viwandani"}
SPELLINGS = [
    ("St. Mary's Clinic", "St Marys Clinic"),
    ("St. Mary\u2019s Clinic", "ST.MARY'S CLINIC"),
    ("Faith & Hope (Mukuru) Shelter", "Faith and Hope Mukuru Shelter"),
    ("P.C.E.A. Mukuru Clinic", "PCEA Mukuru Clinic"),
    ("Clinic- Mukuru", "Clinic Mukuru"),
    ("Mukuru Health Centre", "MUKURU Health Center"),
]


@pytest.mark.parametrize("codes", [(None, None), (13_080, None), (None, 13_080)])
@pytest.mark.parametrize("names", SPELLINGS)
@pytest.mark.parametrize("batch_size", [1, 100])
def test_two_spellings_of_a_name_are_one_facility_unless_both_have_codes(
    settings: Settings, tmp_path: Path, names: tuple[str, str], codes: tuple[int | None, int | None], batch_size: int
) -> None:
    settings = msgspec.structs.replace(settings, batch_size=batch_size)
    path = write(
        tmp_path, "a.json", [PLACE | {"name": name, "code": code} for name, code in zip(names, codes, strict=True)]
    )
    assert outcome(run([path], settings)) == {"read": 2, "inserted": 1, "superseded": 1}
    with connect(str(settings.database_url)) as database:
        assert rows(database, "SELECT facility_name FROM facilities") == [{"facility_name": names[1]}]
        before = content(database)
        assert outcome(run([path], settings, Options(force=True))) == {"read": 2, "unchanged": 1, "superseded": 1}
        assert content(database) == before


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
