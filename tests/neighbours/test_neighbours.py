"""A facility far from the others of its ward: the same issues in the first run and in every repetition."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from gvrc.pipeline import Options, run

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.account import RunAccount
    from gvrc.database import Database
    from gvrc.settings import Settings

# 1 degree is 111 km; all in Viwandani, Nairobi.
NEAR = [(13080, -1.31, 36.875), (13081, -1.312, 36.871), (13082, -1.308, 36.88)]
FAR = (13083, -0.31, 36.875)
TOLD = (
    "SELECT facility_code, raw_value FROM etl.issues JOIN facilities USING (facility_id) WHERE kind = 'far_from_ward'"
)


def clinics(folder: Path, name: str, points: list[tuple[int, float, float]]) -> str:
    place = {"county_name": "Nairobi", "constituency_name": "Makadara", "ward_name": "Viwandani"}
    records = [
        {"code": code, "name": f"Clinic {code}", **place, "lat": lat, "long": long} for code, lat, long in points
    ]
    (folder / name).write_text(json.dumps(records), "utf-8")
    return str(folder / name)


def far(account: RunAccount) -> list[int]:
    return [file.issues["far_from_ward"] for file in account.files]


def told(database: Database) -> list[tuple[Any, ...]]:
    with database._statement(TOLD) as statement:
        import polars as pl

        return pl.DataFrame(statement.execute_query()[0]).rows()


def test_a_first_run_and_its_repetition_find_the_same_facilities_far_and_tell_each_once(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    file = clinics(tmp_path, "a.json", [FAR, *NEAR])
    assert [far(run([file], settings, Options(force=True))) for _ in range(3)] == [[1], [1], [1]]
    assert told(fresh) == [("13083", "-0.31, 36.875 is 111 km away")]
    assert far(run([file], settings)) == [1]


def test_it_does_not_matter_in_which_file_or_batch_the_others_come(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    files = [clinics(tmp_path, "a.json", [FAR]), clinics(tmp_path, "b.json", NEAR)]
    assert far(run(files, msgspec.structs.replace(settings, batch_size=1))) == [1, 0]
    assert told(fresh) == [("13083", "-0.31, 36.875 is 111 km away")]


def test_of_two_facilities_each_is_compared_with_the_other_and_one_alone_with_none(
    settings: Settings, tmp_path: Path
) -> None:
    assert far(run([clinics(tmp_path, "a.json", [FAR])], settings)) == [0]
    assert far(run([clinics(tmp_path, "b.json", [(13080, -0.51, 36.875)])], settings)) == [1]
    assert far(run([clinics(tmp_path, "c.json", [(13080, -0.48, 36.875)])], settings)) == [0]


def test_a_dry_run_finds_what_the_run_will(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    file = clinics(tmp_path, "a.json", [FAR, *NEAR])
    assert far(run([file], settings, Options(dry_run=True))) == [1]
    assert told(fresh) == []


def test_a_ward_with_a_centroid_of_its_own_is_measured_from_that_alone(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    fresh.execute("UPDATE wards SET centroid_lat = -0.31, centroid_lng = 36.87 WHERE ward_name = 'Viwandani'")
    file = clinics(tmp_path, "a.json", [FAR, *NEAR])
    assert [far(run([file], settings, Options(force=True))) for _ in range(2)] == [[3], [3]]
