"""What is refused for what it says: rows that stand in a list of facilities and are none."""

from __future__ import annotations

import pytest

from gvrc.rules import Demands
from gvrc.transform import transform_one


def reason(name: str, **more: object) -> str | None:
    record = {"name": name, "county": "Nairobi", "beds": "1,200", **more}
    found: str | None = transform_one(record, Demands())["reject_reason"].item()
    return found


@pytest.mark.parametrize(
    "name",
    [
        *("TOTAL", "Total:", "Totals", "Grand Total", "GRAND-TOTAL", "Sub-total: Nairobi", "Subtotal", "Overall total"),
        *("Total facilities", "Total number of beds", "Total for Nairobi", "Nairobi County Total", "NAIROBI - TOTAL"),
        *("Jumla", "Jumla Kuu"),
    ],
)
def test_the_sum_at_the_end_of_a_sheet_is_no_facility(name: str) -> None:
    assert reason(name) == "sheet_row"


@pytest.mark.parametrize(
    "name", ["Total Dispensary", "Total Health Dispensary(Naivasha)", "Outspan Clinic Total", "Jumla Clinic", "Totali"]
)
def test_a_facility_that_is_called_total_is_one(name: str) -> None:
    assert reason(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "Facility Name",
        "NAME OF FACILITY",
        "name",
        "Station name",
        "Note: as of 2024",
        "SOURCE : MoH",
        "Prepared by: A. B",
        "#loc+name",
        "#org +name +en",
        *("Data as at 31st January 2026", "As of 31/1/2026", "End of list", "END OF REPORT.", "Page 2 of 3", "page 2"),
        *("Printed on 12/3/2026", "Exported from the register", "Compiled by the county", "*Figures are provisional"),
        *("* Hours may change during public holidays", "S/N", "S/No.", "Jina la Kituo", "JINA"),
    ],
)
def test_a_heading_or_a_note_among_the_rows_is_no_facility(name: str) -> None:
    assert reason(name) == "sheet_row"


@pytest.mark.parametrize(
    "name",
    [
        *("Hospital", "No Name Clinic", "Source of Life Clinic", "Key Hospital", "ACK: Sahil", "Data Centre Clinic"),
        *(
            "End of the Road Clinic",
            "As of Old Clinic",
            "Page Clinic",
            "Printers Clinic",
            "*Umoja Clinic",
            "SNV Clinic",
        ),
        *("Jina Clinic", "SN Clinic", "Generation Clinic"),
    ],
)
def test_a_facility_with_a_word_of_headings_in_its_name_is_one(name: str) -> None:
    assert reason(name) is None


@pytest.mark.parametrize(
    "name",
    ["Total for Women Clinic", "Source: Hope Clinic", "Key: Legal Aid", "Jumla ya Afya", "Sub Total Clinic"],
)
def test_a_name_that_only_begins_as_a_note_is_that_of_a_facility_with_code_and_ward(name: str) -> None:
    assert reason(name) == reason(name, code="99") == "sheet_row"
    assert reason(name, code="KPS-7", ward="Viwandani") is None


@pytest.mark.parametrize("name", ["Total", "Grand Total", "Facility Name", "Nairobi Total", "Total: 45", "Note: 2024"])
def test_a_sum_or_a_heading_is_refused_whatever_stands_in_its_columns(name: str) -> None:
    assert reason(name, code="MFL code", ward="Ward", address="Address") == "sheet_row"


@pytest.mark.parametrize("county", ["County", "COUNTY NAME ", "Kaunti"])
def test_a_row_that_repeats_the_columns_is_no_facility_whatever_is_listed(county: str) -> None:
    assert reason("Court Station", county=county) == "sheet_row"


def test_a_county_above_its_rows_is_no_facility_and_a_station_that_bears_its_name_is_one() -> None:
    assert reason("NAIROBI COUNTY", county="") == "sheet_row"
    for said in ({"type": "Police Station"}, {"phone": "0700000016"}, {"county": "Nairobi"}, {"code": "KPS-7"}):
        assert reason("Nairobi", **({"county": ""} | said)) is None


def test_the_country_above_its_counties_is_no_facility_and_a_hotline_that_is_called_so_is_one() -> None:
    assert reason("Kenya", county="") == "sheet_row"
    assert reason("Kenya", county="", phone="0700000016") is None


@pytest.mark.parametrize(
    "name", ["KIBRA SUB COUNTY", "Lindi Ward", "Kibra Sub-County:", "Constituency: Kibra", "Kaunti Ndogo ya Kibra"]
)
def test_a_sub_county_above_its_rows_is_no_facility_and_one_that_can_be_called_is_one(name: str) -> None:
    assert reason(name) == reason(name, type="Shelter") == "sheet_row"
    for said in ({"phone": "0700000016"}, {"code": "KPS-7"}, {"ward": "Lindi"}, {"services": ["PEP"]}):
        assert reason(name, **said) is None


@pytest.mark.parametrize("name", ["Kibra Sub County Hospital", "Ward 5 Dispensary", "County-wide Legal Aid"])
def test_a_facility_with_a_unit_in_its_name_is_one(name: str) -> None:
    assert reason(name) is None


@pytest.mark.parametrize(
    "name",
    [
        *("ditto", "-do-", "Do", "Same as above", "As above", "TBD", "To be identified", "(vacant)", "(continued)"),
        *("Other (specify)", "Others", "-- Select facility --", "Please select", "Various", "Yes", "Hakuna", "Test"),
        *("None in this ward", "No shelter", "See attached list", "Dummy Clinic DO NOT USE", "[object Object]", "xxx"),
        *("https://example.org/lindi", "sample@example.org"),
    ],
)
def test_what_stands_in_the_place_of_a_name_is_no_facility_whatever_stands_beside_it(name: str) -> None:
    assert reason(name, code="KPS-7", ward="Viwandani", phone="0700000016") == "sheet_row"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Samé Clinic",
            "Dodo Clinic",
            "Other Side Shelter",
            "Test and Treat Centre",
            "No. 5 Dispensary",
            "Noor Clinic",
        ),
        *("Various Needs Trust", "Yes We Can CBO", "Select Medical Centre", "Contact Trust", "None But Love Shelter"),
    ],
)
def test_a_name_that_only_begins_like_none_is_that_of_a_facility(name: str) -> None:
    assert reason(name) is None


@pytest.mark.parametrize(
    "name", ["A. HOSPITALS", "B. POLICE STATIONS", "Private Hospitals:", "Shelters", "LEVEL 4", "2 facilities"]
)
def test_what_the_rows_below_are_is_no_facility_and_one_that_can_be_called_is_one(name: str) -> None:
    assert reason(name) == reason(name, type="Shelter") == "sheet_row"
    for said in ({"phone": "0700000016"}, {"code": "KPS-7"}, {"ward": "Viwandani"}):
        assert reason(name, **said) is None


@pytest.mark.parametrize("name", ["Mrs. Sample Person", "MR SAMPLE PERSON", "Hon. Sample Person (MP)", "Bw. Mfano"])
def test_somebody_who_is_addressed_by_name_is_no_facility_unless_it_says_more(name: str) -> None:
    assert reason(name, phone="0700000016") == "not_a_facility"
    for said in ({"code": "KPS-7"}, {"type": "Shelter"}, {"services": ["PEP"]}):
        assert reason(name, **said) is None


@pytest.mark.parametrize("name", ["Miss Koch", "Dr. Sample", "Mrs. Sample Memorial Hospital", "MS Kenya", "Honey Hope"])
def test_a_facility_that_is_called_after_somebody_is_one(name: str) -> None:
    assert reason(name, phone="0700000016") is None


@pytest.mark.parametrize("level", ["constituency", "ward"])
def test_a_row_that_repeats_the_columns_of_its_places_is_no_facility(level: str) -> None:
    assert reason("Facility", county="", **{level: level.title()}, phone="Phone") == "sheet_row"
