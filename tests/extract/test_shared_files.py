"""Real files and the counts that were found in them by hand (``shapes/EXPECT.json``)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from polars.testing import assert_frame_equal
from reading import SHARED, facilities, read_file

from gvrc.errors import SourceFileError

if TYPE_CHECKING:
    import polars as pl

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="../shared/data is not there")
SHAPES = SHARED / "shapes"
EXPECTED: dict[str, dict[str, int]] = json.loads((SHAPES / "EXPECT.json").read_text()) if SHARED.exists() else {}
KENYA = {"latitude": (-4.9, 5.6), "longitude": (33.8, 42.0)}


def points(frame: pl.DataFrame) -> list[tuple[float, float] | None]:
    """Give each record's first point as (longitude, latitude) the way it stands in the file; geometry first."""
    return [
        next(
            (point for point in (of_geometry(row["geometry"]), of_numbers(row["longitude"], row["latitude"])) if point),
            None,
        )
        for row in frame.iter_rows(named=True)
    ]


def of_geometry(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    place: Any = json.loads(text)["coordinates"]
    while isinstance(place[0], list):
        place = place[0]
    return float(place[0]), float(place[1])


def of_numbers(longitude: str | None, latitude: str | None) -> tuple[float, float] | None:
    return (float(longitude), float(latitude)) if longitude and latitude else None


def is_in_kenya(longitude: float, latitude: float) -> bool:
    south, north = KENYA["latitude"]
    west, east = KENYA["longitude"]
    return south <= latitude <= north and west <= longitude <= east


def counts(frame: pl.DataFrame) -> dict[str, int]:
    codes = frame["facility_code"].drop_nulls()
    numbers = frame["registration_number"].drop_nulls()
    at = [point for point in points(frame) if point]
    return {
        "records": frame.height,
        "with_name": frame["facility_name"].count(),
        "with_code": codes.len(),
        "distinct_codes": codes.n_unique(),
        "with_regno": numbers.len(),
        "regnos_repeated": int((numbers.value_counts()["count"] > 1).sum()),
        "with_xy": len(at),
        "xy_in_kenya": sum(is_in_kenya(*point) for point in at),
        "with_phone": frame["contacts"].count(),
    }


# What the hand counted otherwise, because it looked at the letters of one key only:
DIFFERENT: dict[str, dict[str, int]] = {
    # An OSM id is the source's own key, not a code; all 25 have one (the codes are generated later).
    "05_osm_nakuru_amenities.geojson": {"with_code": 0, "distinct_codes": 0},
    # Six codes say "None": they are absent.
    "23_kmhfl2_nairobi_titlecase.geojson": {"with_code": 1242, "distinct_codes": 1242},
}


@pytest.mark.parametrize("name", [name for name, expected in EXPECTED.items() if expected["records"]])
def test_a_file_of_a_known_shape_gives_its_counts(name: str) -> None:
    found = counts(read_file(SHAPES / name)[0])
    expected = EXPECTED[name] | DIFFERENT.get(name, {})
    assert {key: found[key] for key in expected if key in found} == {
        key: expected[key] for key in expected if key in found
    }


def test_an_osm_element_keeps_its_id_as_the_key_of_the_source() -> None:
    frame, _ = read_file(SHAPES / "05_osm_nakuru_amenities.geojson")
    assert frame["source_key"].n_unique() == EXPECTED["05_osm_nakuru_amenities.geojson"]["distinct_codes"]


@pytest.mark.parametrize("name", [name for name, expected in EXPECTED.items() if not expected["records"]])
def test_a_file_without_facilities_is_refused(name: str) -> None:
    with pytest.raises(SourceFileError, match=r"holds no facilities: .* keys"):
        read_file(SHAPES / name)


def test_re_encodings_of_one_file_give_the_same_fields() -> None:
    kept = ["file_no", "raw"]  # the text differs, what it says does not
    whole, _ = read_file(SHAPES / "29_derived_seed_data_key.json")
    for name in ("ndjson.jsonl", "bom_crlf.json", "utf16.json", "seed_facilities_key.json"):
        again, _ = read_file(SHAPES / f"29_derived_{name}")
        assert_frame_equal(again.drop(kept), whole.drop(kept))
    packed, _ = read_file(SHAPES / "29_derived.json.gz")
    assert_frame_equal(packed.drop(kept), whole.drop(kept))


def test_the_whole_national_list_is_read_with_every_value() -> None:
    read = 0
    for path in sorted((SHARED / "kmhfl").glob("*.json")):
        records = json.loads(path.read_text("utf-8"))["results"]
        frame, reading = read_file(path)
        read += reading.read
        assert (reading.declared_count, reading.notes) == (len(records), [])
        assert frame["facility_name"].to_list() == [record["name"] for record in records]
        assert frame["latitude"].to_list() == [record["lat"] for record in records]
        assert frame["longitude"].to_list() == [record["long"] for record in records]
        assert frame["ward_name"].to_list() == [record["ward_name"] for record in records]
        assert [json.loads(text) if text else [] for text in frame["services"]] == [
            record["service_names"] for record in records
        ]
        assert [json.loads(raw) for raw in frame["raw"]] == records
    assert read == 9_267


def test_a_fixture_is_joined_inside_the_file() -> None:
    frame, _ = read_file(SHAPES / "30_django_fixture_sqlite_data_export.json")
    first = facilities(frame)[0]
    assert (first["ward_name"], first["constituency_name"], first["county_name"]) == (
        "Mathare North",
        "Ruaraka",
        "Nairobi",
    )
    assert (frame["contacts"].count(), frame["latitude"].count(), frame["owner_name"].count()) == (300, 281, 300)
    assert "example.invalid" not in "".join(frame["raw"])  # the users stay unread
