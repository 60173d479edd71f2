"""A facility far from the others of its ward: the same issues in the first run and in every repetition."""

from __future__ import annotations

import json
import math
import random
import statistics
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from gvrc.pipeline import Options, run
from tests.test_pipeline import rows

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
    return [tuple(row.values()) for row in rows(database, TOLD)]


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


def far_by_loop(points: list[tuple[int, float, float]]) -> list[int]:
    """The plain twin: measure each point from the median of all; of two, each from the other."""
    middle = statistics.median(lat for _, lat, _ in points), statistics.median(long for _, _, long in points)
    share = 2 if len(points) == 2 else 1
    return [code for code, *point in points if share * 111.2 * math.dist(point, middle) > 20]


def test_the_far_ones_are_those_that_a_plain_loop_finds(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    """Wards from narrow ones to some in which nearly all are far: whether the middle is looked for decides nothing."""
    chance = random.Random(7)  # noqa: S311 - the same points each time
    wards = fresh.rows("reference")[::20]
    records, expected = [], []
    for number, ward in enumerate(wards):
        place = {name: ward[name] for name in ("county_name", "constituency_name", "ward_name")}
        spread, count = chance.choice((0.1, 0.2, 0.25, 0.4, 0.8)), chance.choice((2, 3, 7, 20))
        codes = range(20000 + 100 * number, 20000 + 100 * number + count)
        points = [
            (code, round(-1 - chance.random() * spread, 6), round(37 + chance.random() * spread, 6)) for code in codes
        ]
        records += [
            {"code": code, "name": f"C {code}", **place, "lat": lat, "long": long} for code, lat, long in points
        ]
        expected += far_by_loop(points)
    (tmp_path / "a.json").write_text(json.dumps(records), "utf-8")
    run([str(tmp_path / "a.json")], settings)
    assert sorted(int(row[0]) for row in told(fresh)) == expected
    assert 50 < len(expected) < len(records) / 2


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


def test_a_run_that_was_stopped_before_it_looked_back_leaves_that_to_the_next_one(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = clinics(tmp_path, "a.json", [FAR, *NEAR])
    with monkeypatch.context() as stopped:
        stopped.setattr("gvrc.pipeline.look_back", stop)
        with pytest.raises(KeyboardInterrupt):
            run([file], settings)
    assert far(run([file], settings)) == [1]
    assert told(fresh) == [("13083", "-0.31, 36.875 is 111 km away")]


def stop(_: object) -> None:
    raise KeyboardInterrupt
