"""Real files and the counts that were found in them by hand (``shapes/EXPECT.json``)."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import msgspec
import pytest
from polars.testing import assert_frame_equal
from reading import SHARED, facilities, read_file

from gvrc.database import connect
from gvrc.errors import SourceFileError
from gvrc.normalise import normalise
from gvrc.pipeline import Options, run
from tests.test_pipeline import TABLES, rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import polars as pl

    from gvrc.settings import Settings

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="../shared/data is not there")
SHAPES = SHARED / "shapes"
EXPECTED: dict[str, dict[str, int]] = json.loads((SHAPES / "EXPECT.json").read_text()) if SHARED.exists() else {}
KENYA = {"latitude": (-4.9, 5.6), "longitude": (33.8, 42.0)}


def is_in_kenya(longitude: float, latitude: float) -> bool:
    south, north = KENYA["latitude"]
    west, east = KENYA["longitude"]
    return south <= latitude <= north and west <= longitude <= east


def counts(frame: pl.DataFrame) -> dict[str, int]:
    """Count what is left after all repairs, without a word of Polars: row by row."""
    records = list(normalise(frame).iter_rows(named=True))
    codes = [record["facility_code"] for record in records if record["facility_code"]]
    numbers = Counter(record["registration_number"] for record in records if record["registration_number"])
    at = [(record["longitude"], record["latitude"]) for record in records if record["latitude"] is not None]
    called = [{contact["contact_type"] for contact in record["contacts"]} & PHONES for record in records]
    return {
        "records": len(records),
        "with_name": sum(record["facility_name"] is not None for record in records),
        "with_code": len(codes),
        "distinct_codes": len(set(codes)),
        "with_regno": numbers.total(),
        "regnos_repeated": sum(count > 1 for count in numbers.values()),
        "with_xy": len(at),
        "xy_in_kenya": sum(is_in_kenya(*point) for point in at),
        "xy_swapped": sum(record["issue.coordinates_exchanged"] is not None for record in records),
        "with_phone": sum(map(bool, called)),
    }


PHONES = {"Phone", "Mobile", "Hotline", "Toll Free"}
# What the hand counted otherwise, because it looked at the letters of one key only:
DIFFERENT: dict[str, dict[str, int]] = {
    # An OSM id is the source's own key, not a code; all 25 have one (the codes are generated later).
    "05_osm_nakuru_amenities.geojson": {"with_code": 0, "distinct_codes": 0},
    # Six codes say "None": they are absent. Four registration numbers are "222222" and the like.
    "23_kmhfl2_nairobi_titlecase.geojson": {
        "with_code": 1242,
        "distinct_codes": 1242,
        "with_regno": 537,
        "regnos_repeated": 6,
    },
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
    kept = ["file_no", "raw", "content_hash"]  # the text differs, what it says does not
    whole, _ = read_file(SHAPES / "29_derived_seed_data_key.json")
    for name in ("ndjson.jsonl", "bom_crlf.json", "utf16.json", "seed_facilities_key.json"):
        again, _ = read_file(SHAPES / f"29_derived_{name}")
        assert_frame_equal(again.drop(kept), whole.drop(kept))
    packed, _ = read_file(SHAPES / "29_derived.json.gz")
    assert_frame_equal(packed.drop(kept), whole.drop(kept))


CONTENT = "SELECT (to_jsonb(t) - 'created_at' - 'updated_at')::text AS row FROM {table} AS t ORDER BY 1"


def content(path: Path, settings: Settings, url: str) -> dict[str, list[str]]:
    """Import one file into an empty directory, and give all of its rows, keys included, but their times."""
    account = run([str(path)], msgspec.structs.replace(settings, database_url=url), Options(source="derived"))
    assert account.status == "succeeded"
    with connect(url) as database:
        return {table: [row["row"] for row in rows(database, CONTENT.format(table=table))] for table in TABLES}


def test_re_encodings_of_one_file_load_to_the_same_database(
    settings: Settings, further_urls: Callable[[], str]
) -> None:
    whole = content(SHAPES / "29_derived_seed_data_key.json", settings, further_urls())
    assert len(whole["facilities"]) == 50
    for name in (
        "29_derived_ndjson.jsonl",
        "29_derived.json.gz",
        "29_derived_bom_crlf.json",
        "29_derived_utf16.json",
        "29_derived_seed_facilities_key.json",
    ):
        assert content(SHAPES / name, settings, further_urls()) == whole, name


def test_the_whole_national_list_is_read_with_every_value() -> None:
    read = 0
    for path in sorted((SHARED / "kmhfl").glob("*.json")):
        records = json.loads(path.read_text("utf-8"))["results"]
        frame, reading = read_file(path)
        read += reading.read
        assert reading.notes == []  # of another count, or a next page
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
