"""The sample files are what their README says: invented where they must be, broken only where they should be."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "sample"
KMHFL = ROOT.parent / "shared" / "data" / "kmhfl"

RECORDS = {  # records in each file, rejects included
    "category_A": 36,
    "category_B": 37,
    "equity_afya": 24,
    "gbv_support_organizations": 25,
    "kps_stations": 40,
    "other_services": 27,
    "regional": 29,
}
NAME_KEYS = ("facility_name", "name", "Facility Name", "institution", "station_name", "organization_name")
PATHS = {  # where the records are; the other three are a list, a tree by county, sibling arrays
    "category_A": ("results",),
    "equity_afya": ("data",),
    "other_services": ("data", "facilities"),
    "regional": ("facilities",),
}
PHONE = re.compile(r"(?<![\d.])\+?\d(?:[ -]?\d){8,}")
FICTITIOUS_PHONE = re.compile(r"(0|\+?254)?7000000\d\d")
EMAIL = re.compile(r"\S+@\S+")


def load(name: str) -> Any:
    return json.loads((SAMPLE / f"{name}.json").read_text(encoding="utf-8"))


def records_of(name: str) -> list[Any]:
    found = load(name)
    for key in PATHS.get(name, ()):
        found = found[key]
    if isinstance(found, list):
        return found
    return [record for key, records in found.items() if key not in ("metadata", "about") for record in records]


def texts_in(value: object) -> Iterator[str]:
    """Yield every key-less text and number of a document, as text."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from texts_in(item)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)


def name_of(record: object) -> str:
    found = next((record[key] for key in NAME_KEYS if key in record), None) if isinstance(record, dict) else None
    return " ".join(str(found or "").split())


def decimals_of(record: dict[str, Any]) -> frozenset[str]:
    """Give the numbers with decimals of a record: its two coordinates, whichever way round they stand."""
    return frozenset(number for text in texts_in(record) for number in re.findall(r"-?\d+\.\d{2,}", text))


def test_the_seven_files_hold_between_150_and_250_records() -> None:
    assert {path.stem: len(records_of(path.stem)) for path in SAMPLE.glob("*.json")} == RECORDS
    assert 150 <= sum(RECORDS.values()) <= 250


@pytest.mark.parametrize("name", RECORDS)
def test_every_file_says_that_it_is_not_a_directory_to_call(name: str) -> None:
    text = (SAMPLE / f"{name}.json").read_text(encoding="utf-8")
    assert re.search(r"Sample data.*[Nn]ot a directory", text)


@pytest.mark.parametrize("name", RECORDS)
def test_every_telephone_number_and_email_is_visibly_fictitious(name: str) -> None:
    texts = list(texts_in(load(name)))
    numbers = [number for text in texts for number in PHONE.findall(text)]
    addresses = [address for text in texts for address in EMAIL.findall(text)]
    assert numbers
    assert [number for number in numbers if not FICTITIOUS_PHONE.fullmatch(re.sub(r"[ -]", "", number))] == []
    assert [address for address in addresses if not address.lower().endswith("@example.org")] == []


def test_exactly_five_records_cannot_be_loaded() -> None:
    unloadable = {name: sum(name_of(r) in {"", "N/A"} for r in records_of(name)) for name in RECORDS}
    assert {name: count for name, count in unloadable.items() if count} == {
        "category_B": 1,
        "gbv_support_organizations": 1,
        "kps_stations": 1,
        "other_services": 1,
        "regional": 1,
    }


def test_the_page_counts_its_own_records() -> None:
    page = load("category_A")
    assert page["count"] == len(page["results"])


@pytest.mark.skipif(not KMHFL.is_dir(), reason="the real facility list (../shared/data/kmhfl) is not on this machine")
def test_no_record_is_copied_from_the_real_facility_list() -> None:
    real = [record for path in KMHFL.glob("*.json") for record in json.loads(path.read_bytes())["results"]]
    codes = {str(record["code"]) for record in real}
    places = {decimals for record in real if len(decimals := decimals_of({"at": [record["lat"], record["long"]]})) == 2}
    for record in (record for name in RECORDS for record in records_of(name) if isinstance(record, dict)):
        assert str(record.get("code") or record.get("MFL Code")) not in codes - {"None"}
        assert decimals_of(record) not in places
