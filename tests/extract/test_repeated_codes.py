"""A code that stands beside many names is no facility's: that of the county, or of the body that sends the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from reading import facilities, read_bytes, read_file

from gvrc.sources import SourceRules

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("Mukuru Crisis Centre", "Tumaini Refuge", "Jamii Legal Aid", "Upendo Shelter", "Faraja Clinic")
COUNTY_CODED: list[dict[str, Any]] = [{"code": 47, "name": name, "county": "Nairobi"} for name in NAMES]
UNCODED = [{"facility_name": name, "county_name": "Nairobi"} for name in NAMES]
NOTE = "code is read as no facility's code: many names share each value"


@pytest.mark.parametrize("chunk_rows", [1, 20_000])
def test_a_code_beside_many_names_is_none_of_theirs_and_the_report_says_so(tmp_path: Path, chunk_rows: int) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(msgspec.json.encode(COUNTY_CODED))
    frame, reading = read_file(path, chunk_rows=chunk_rows)
    assert facilities(frame) == UNCODED
    assert (reading.notes, reading.unmapped) == ([NOTE], {"code": (5, "47")})


@pytest.mark.parametrize(
    "records",
    [
        COUNTY_CODED[:4],
        [record | {"code": 13080 + number // 2} for number, record in enumerate(COUNTY_CODED)],
        [{"code": 13080, "name": "Mukuru Crisis Centre", "service": name} for name in NAMES],
    ],
    ids=["few names", "several codes", "one name many times"],
)
def test_what_few_names_share_is_a_code(records: list[dict[str, Any]]) -> None:
    frame, reading = read_bytes(msgspec.json.encode(records))
    assert frame["facility_code"].to_list() == [str(record["code"]) for record in records]
    assert reading.notes == []


def test_a_list_beside_keeps_its_codes_under_other_keys() -> None:
    police = [
        {"station_name": f"{name} Police Station", "mfl_code": 14000 + number} for number, name in enumerate(NAMES)
    ]
    frame, _ = read_bytes(msgspec.json.encode({"clinics": COUNTY_CODED, "police_stations": police}))
    assert frame["facility_code"].to_list() == [None] * 5 + ["14000", "14001", "14002", "14003", "14004"]


def test_a_code_that_is_pinned_is_one_whatever_it_repeats() -> None:
    rules = SourceRules(name="county", code_prefix="COUNTY", files=("a.json",), keys={"facility_code": ("code",)})
    frame, reading = read_bytes(msgspec.json.encode(COUNTY_CODED), "a.json", rules=[rules])
    assert frame["facility_code"].to_list() == ["47"] * 5
    assert reading.notes == []
