"""Defaults of a source: filled in where a record says nothing, and read like what it says."""

from __future__ import annotations

from typing import Any

import pytest

from gvrc import DataEnricher
from gvrc.extract import read_record
from gvrc.rules import Demands
from gvrc.sources import SourceRules
from gvrc.transform import shipped_places, transform

VIWANDANI = {"county_name": "Nairobi", "constituency_name": "Makadara", "ward_name": "Viwandani"}


def landed(record: dict[str, object], **defaults: str) -> dict[str, Any]:
    rules = SourceRules(name="x", code_prefix="X", defaults=defaults)
    named = read_record({"name": "Umoja Clinic"} | record)
    return transform(named, {1: rules}, shipped_places(), Demands()).row(0, named=True)


@pytest.mark.parametrize(
    ("defaults", "fields"),
    [
        ({"beds": "20"}, {"beds": 20}),
        ({"services": "Counselling, PEP"}, {"services": ["Counselling", "PEP"]}),
        ({"gbv_categories": "physical violence"}, {"gbv_categories": ["Physical Violence"]}),
        ({"is_active": "no"}, {"is_active": False, "operational_status": "Non-Operational"}),
        ({"is_closed": "false"}, {"is_active": True}),
        ({"latitude": "-1.31", "longitude": "36.875"}, {"latitude": -1.31, "longitude": 36.875}),
        ({"coordinates": "-1.31, 36.875"}, {"latitude": -1.31, "longitude": 36.875}),
        ({"open_whole_day": "yes"}, {"open_whole_day": True, "opening": "24 hours"}),
        (VIWANDANI, {"ward_match": "exact", "ward_name": "Viwandani"}),
        ({"facility_type": "police"}, {"facility_type": "Police Station"}),
        (
            {"operational_status": "Opn"},
            {"operational_status": None, "issue.status_unknown": "operational_status: Opn"},
        ),
        ({"beds": "many"}, {"beds": None, "issue.number_invalid": "beds: many"}),
        ({"owner_name": "Kenya Police Service"}, {"owner_type": "Public"}),
    ],
)
def test_a_default_is_read_like_any_value(defaults: dict[str, str], fields: dict[str, object]) -> None:
    record = landed({}, **defaults)
    assert {field: record[field] for field in fields} == fields


def test_a_default_contact_is_read_like_any_contact() -> None:
    contacts = landed({"phone": "N/A"}, contacts="0700000016 or 1195")["contacts"]
    assert [contact["contact_value"] for contact in contacts] == ["+254700000016", "1195"]


@pytest.mark.parametrize(
    ("record", "defaults"),
    [
        ({"beds": 5}, {"beds": "20"}),
        ({"beds": "ten"}, {"beds": "20"}),
        ({"phone": "0700000016"}, {"contacts": "0700000017"}),
        ({"lat": "-1.31", "long": "36.875"}, {"coordinates": "-1.28, 36.8"}),
        ({"lat": "-1.31"}, {"longitude": "36.8"}),
        ({"is_closed": True}, {"operational_status": "Operational"}),
        ({"status": "Closed"}, {"is_active": "true"}),
        ({"owner": "Ministry of Health"}, {"owner_type": "Private"}),
    ],
)
def test_what_a_record_says_stays(record: dict[str, object], defaults: dict[str, str]) -> None:
    assert landed(record, **defaults) == landed(record)


def test_what_says_that_there_is_none_says_nothing() -> None:
    assert landed({"type": "n.a."}, facility_type="Shelter")["facility_type"] == "Shelter"
    assert landed({"owner": "Sample Trust"}, owner_type="Private")["owner_type"] == "Private"


def test_a_default_changes_no_content_hash() -> None:
    assert landed({}, beds="20")["content_hash"] == landed({})["content_hash"]


def test_a_default_fills_only_the_records_of_its_source() -> None:
    rules = {
        1: SourceRules(name="x", code_prefix="X", defaults={"beds": "20"}),
        2: SourceRules(name="y", code_prefix="Y"),
    }
    record = read_record({"name": "Umoja Clinic"})
    both = record.vstack(record.with_columns(file_no=2 + record["file_no"] * 0))
    assert transform(both, rules, shipped_places(), Demands())["beds"].to_list() == [20, None]


def test_the_enricher_fills_a_record_that_was_read() -> None:
    source = SourceRules(name="x", code_prefix="X", defaults={"beds": "20", "is_active": "no", "services": "PEP"})
    enriched = DataEnricher(source).enrich_facility(
        {"facility_name": "Umoja Clinic", "operational_status": "Operational"}
    )
    assert (enriched["beds"], enriched["services"]) == (20, ["PEP"])
    assert "is_active" not in enriched
