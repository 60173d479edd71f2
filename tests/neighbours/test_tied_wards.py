"""Wards of one name are told apart by the facilities that were in them before the run, however it is cut."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from gvrc.pipeline import Options, run
from tests.test_pipeline import rows

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

MAKADARA, KIBRA = (-1.31, 36.875), (-1.1, 36.7)  # 30 km apart
SECOND_VIWANDANI = """
INSERT INTO wards (ward_code, ward_name, constituency_id)
SELECT '9001', 'Viwandani', constituency_id
FROM constituencies
WHERE constituency_name = 'Kibra'
"""
PLACED = """
SELECT constituency_name, ward_match
FROM facilities
JOIN etl.imported_facilities USING (facility_id, ward_id)
JOIN wards USING (ward_id)
JOIN constituencies ON constituencies.constituency_id = wards.constituency_id
WHERE facilities.facility_code = '13999'
"""


def clinic(code: int, constituency: str | None, point: tuple[float, float]) -> dict[str, Any]:
    place = {"county_name": "Nairobi", "constituency_name": constituency, "ward_name": "Viwandani"}
    return {"code": code, "name": f"Clinic {code}", **place, "lat": point[0], "long": point[1]}


def write(folder: Path, name: str, records: list[dict[str, Any]]) -> str:
    (folder / name).write_text(json.dumps(records), "utf-8")
    return str(folder / name)


def placed(database: Database) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in rows(database, PLACED)]


def with_two_wards_of_one_name(settings: Settings, database: Database, folder: Path) -> None:
    database.execute(SECOND_VIWANDANI)
    run([write(folder, "known.json", [clinic(13001, "Makadara", MAKADARA), clinic(13002, "Kibra", KIBRA)])], settings)


def test_what_a_run_itself_brings_does_not_move_the_points_that_tell_wards_apart(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    with_two_wards_of_one_name(settings, fresh, tmp_path)
    # By the time that the last one is placed, Kibra's ward would have its middle in Makadara, too.
    moving = [clinic(13100 + number, "Kibra", MAKADARA) for number in range(12)]
    file = write(tmp_path, "a.json", [*moving, clinic(13999, None, MAKADARA)])
    run([file], msgspec.structs.replace(settings, batch_size=1))
    assert placed(fresh) == [("Makadara", "coordinates")]


def test_a_dry_run_tells_them_apart_as_well(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    with_two_wards_of_one_name(settings, fresh, tmp_path)
    file = write(tmp_path, "a.json", [clinic(13999, None, MAKADARA)])
    (account,) = run([file], settings, Options(dry_run=True)).files
    assert account.ward_match["coordinates"] == 1


def test_without_facilities_in_them_they_stay_tied(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    fresh.execute(SECOND_VIWANDANI)
    (account,) = run([write(tmp_path, "a.json", [clinic(13999, None, MAKADARA)])], settings).files
    assert (account.ward_match, account.rejected) == ({"none": 1}, 0)
