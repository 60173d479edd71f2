"""A point that stands beside facilities of many wards is nobody's: it was filled down a sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl
import pytest
from reading import read_bytes, read_file

from gvrc.pipeline import Options, run
from tests.test_pipeline import rows

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.account import RunAccount
    from gvrc.database import Database
    from gvrc.settings import Settings

WARDS = ("Viwandani", "Makongeni", "Harambee", "Maringo/Hamza", "Laini Saba", "Lindi")
PLACES = [{"county": "Nairobi", "ward": ward} for ward in WARDS]
POINTS = ({"lat": -1.31, "lng": 36.87}, {"gps": "-1.31, 36.87"}, {"location": {"lat": "-1.31", "lng": "36.87"}})
GOOD = [
    (-1.3101, 36.8751),
    (-1.2969, 36.8466),
    (-1.2906, 36.8725),
    (-1.2901, 36.8565),
    (-1.3168, 36.7974),
    (-1.3136, 36.7841),
]


def clinics(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"code": 13080 + number, "name": f"Clinic {ward['ward']}", **ward, **point}
        for number, (ward, point) in enumerate(zip(PLACES, points, strict=False))
    ]


def points_of(frame: pl.DataFrame) -> list[str | None]:
    return frame.select(
        pl.concat_str("latitude", "longitude", "coordinates", "geometry", ignore_nulls=True, separator="|")
    )["latitude"].to_list()


@pytest.mark.parametrize("point", POINTS, ids=["two columns", "one column", "an object"])
def test_a_point_beside_five_wards_is_read_as_none_with_an_issue_for_each(point: dict[str, Any]) -> None:
    frame, _ = read_bytes(msgspec.json.encode(clinics([point] * 5)))
    assert points_of(frame) == [""] * 5
    assert frame["issue.coordinates_shared"].to_list() == ["-1.31, 36.87"] * 5


def test_the_one_point_of_all_records_is_none_where_they_are_of_two_wards() -> None:
    records = [record | {"ward": WARDS[number % 2]} for number, record in enumerate(clinics([POINTS[0]] * 5))]
    frame, _ = read_bytes(msgspec.json.encode([*records, {"name": "Kibra Clinic", **PLACES[5]}]))
    assert points_of(frame) == [""] * 6
    assert frame["issue.coordinates_shared"].to_list() == [*["-1.31, 36.87"] * 5, None]


def test_geojson_is_looked_at_too() -> None:
    features = [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [36.87, -1.31]}, "properties": record}
        for record in clinics([{}] * 5)
    ]
    frame, _ = read_bytes(msgspec.json.encode({"type": "FeatureCollection", "features": features}))
    assert frame["geometry"].to_list() == [None] * 5


@pytest.mark.parametrize("chunk_rows", [1, 20_000])
def test_who_has_a_point_of_its_own_beside_them_keeps_it_whatever_the_size_of_a_batch(
    tmp_path: Path, chunk_rows: int
) -> None:
    (tmp_path / "a.json").write_bytes(
        msgspec.json.encode(clinics([*[POINTS[0]] * 5, {"lat": -1.3136, "lng": 36.7841}]))
    )
    frame, _ = read_file(tmp_path / "a.json", chunk_rows=chunk_rows)
    assert points_of(frame) == [*[""] * 5, "-1.3136|36.7841"]


@pytest.mark.parametrize(
    "records",
    [
        clinics([POINTS[0]] * 4),
        [record | {"ward": "Viwandani"} for record in clinics([POINTS[0]] * 6)],
        clinics([{"lat": -1.31, "lng": 36.87 + number / 100} for number in range(6)]),
    ],
    ids=["four wards", "one ward", "one latitude"],
)
def test_what_few_wards_share_is_a_point(records: list[dict[str, Any]]) -> None:
    frame, _ = read_bytes(msgspec.json.encode(records))
    assert frame["latitude"].to_list() == ["-1.31"] * len(records)
    assert frame["issue.coordinates_shared"].null_count() == len(records)


def test_no_point_of_the_real_files_is_lost(shared_data: Path) -> None:
    paths = [*sorted((shared_data / "kmhfl").glob("*.json")), *(shared_data / "shapes").glob("23_*")]
    assert paths
    for path in paths:
        frame, _ = read_file(path)
        assert frame["issue.coordinates_shared"].null_count() == len(frame), path


def stands(database: Database) -> list[tuple[Any, ...]]:
    query = """
        SELECT latitude::float8, longitude::float8
        FROM facilities JOIN facility_coordinates USING (facility_id)
        ORDER BY facility_code
    """
    return [tuple(row.values()) for row in rows(database, query)]


def outcome(account: RunAccount) -> tuple[int, int, int, int]:
    totals, (file,) = account.totals(), account.files
    return totals["inserted"], totals["updated"], totals["unchanged"], file.issues["coordinates_shared"]


@pytest.mark.parametrize("batch_size", [1, 5_000])
def test_good_points_of_known_facilities_stay_and_a_repetition_says_the_same(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int
) -> None:
    good = clinics([{"lat": lat, "lng": lng} for lat, lng in GOOD])
    (tmp_path / "a.json").write_bytes(msgspec.json.encode(good))
    (tmp_path / "b.json").write_bytes(msgspec.json.encode(clinics([POINTS[0]] * 6)))
    sized = msgspec.structs.replace(settings, batch_size=batch_size)
    run([str(tmp_path / "a.json")], sized)
    for options in (Options(dry_run=True), Options(), Options(force=True), Options(force=True)):
        assert outcome(run([str(tmp_path / "b.json")], sized, options)) == (0, 0, 6, 6)
    assert stands(fresh) == GOOD


def test_a_list_of_large_records_is_read_alike_before_and_after_it_is_settled(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    """The second list shares the point of the first one's good record: that one keeps it whenever it comes."""
    first = {"code": 13090, "name": "Soweto Clinic", "county": "Nairobi", "ward": "Viwandani", **POINTS[0]}
    (tmp_path / "a.json").write_bytes(
        msgspec.json.encode({"clinics": [first], "dispensaries": clinics([POINTS[0]] * 6)})
    )
    assert outcome(run([str(tmp_path / "a.json")], settings)) == (7, 0, 0, 6)
    for _ in range(2):
        assert outcome(run([str(tmp_path / "a.json")], settings, Options(force=True))) == (0, 0, 7, 6)
    assert stands(fresh) == [(-1.31, 36.87)]


def test_a_record_that_comes_alone_in_the_same_words_has_its_point(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    """What it says depended on its neighbours: it was remembered as settled without a point."""
    sheet = tmp_path / "a.json"
    for records, expected in ((6, []), (1, [(-1.31, 36.87)])):
        sheet.write_bytes(msgspec.json.encode(clinics([POINTS[0]] * records)))
        run([str(sheet)], settings)
        assert stands(fresh) == expected
