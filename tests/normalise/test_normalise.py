from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gvrc.columns import EXTRACTED, ISSUE_FIELDS, ISSUE_PREFIX, NORMALISED
from gvrc.normalise import normalise
from gvrc.values.text import clean_value

if TYPE_CHECKING:
    from collections.abc import Callable

    Landed = Callable[..., dict[str, Any]]
    Extracted = Callable[..., pl.DataFrame]

SET_HERE = {
    "invalid_text",
    *("name_repaired", "code_repaired", "registration_number_junk", "coordinates_exchanged", "coordinates_dropped"),
    *("coordinates_conflict", "status_unknown", "status_conflict", "facility_type_unknown", "facility_level_unknown"),
    *("owner_type_unknown", "gbv_category_unknown", "service_invalid", "contact_invalid", "number_invalid"),
    *("flag_invalid", "date_invalid", "closed_in_words", "registration_number_repaired"),
}


def test_the_columns_are_those_of_the_contract(extracted: Extracted) -> None:
    for records in (extracted(), extracted({"facility_name": "Kitui Clinic"})):
        normalised = normalise(records)
        issues = {name: pl.String for name in normalised.columns if name.startswith(ISSUE_PREFIX)}
        assert {name.removeprefix(ISSUE_PREFIX) for name in issues} == SET_HERE
        assert normalised.schema == {**NORMALISED, **issues}
    assert set(ISSUE_FIELDS) >= SET_HERE


def test_rows_their_order_and_earlier_issues_stay(extracted: Extracted) -> None:
    records = extracted(*({"facility_name": name} for name in "cab")).with_columns(
        pl.Series("issue.duplicate_key", [None, "code", None], dtype=pl.String)
    )
    normalised = normalise(records)
    assert normalised["facility_name"].to_list() == ["c", "a", "b"]
    assert normalised["issue.duplicate_key"].to_list() == [None, "code", None]


def test_the_raw_record_stays_as_it_came(extracted: Extracted) -> None:
    raw = '{"name":  " Kitui\\u0000 "}'
    records = extracted({"raw": raw, "reject_reason": "unreadable", "reject_detail": " - "})
    assert normalise(records).select("raw", "reject_reason", "reject_detail").row(0) == (raw, "unreadable", " - ")


def test_names_keep_their_spelling_and_lose_what_nobody_sees(landed: Landed) -> None:
    record = landed(
        facility_name=" ST. ANNE&#39;S  clinic\u00a0", official_name="St Anne's", ward_name="Ng\u2019ambo\u200b"
    )
    assert record == {"facility_name": "ST. ANNE'S clinic", "official_name": "St Anne's", "ward_name": "Ng\u2019ambo"}


@pytest.mark.parametrize(
    ("name", "mended"),
    [
        ("Caf\u00c3\u00a9 Clinic", "Caf\u00e9 Clinic"),
        ("St. Mary\u00e2\u20ac\u2122s", "St. Mary\u2019s"),
        ("St. Mary\u00e2\u0080\u0099s", "St. Mary\u2019s"),
        ("Murang\u00c3\u00a2\u00e2\u201a\u00ac\u00e2\u201e\u00a2a", "Murang\u2019a"),
        ("A\u00c2\u00a0Clinic", "A Clinic"),
        ("<b>Umoja Clinic</b>", "Umoja Clinic"),
        ("Umoja Clinic<br/>Annex", "Umoja Clinic Annex"),
        ("Umoja &lt;i&gt;Clinic&lt;/i&gt;", "Umoja Clinic"),
        ("<p class='a'>Umoja</p><!-- <b>draft</b> --><script>go('Clinic')</script>", "Umoja"),
    ],
)
def test_text_of_another_encoding_or_of_a_web_page_is_mended_and_told(landed: Landed, name: str, mended: str) -> None:
    assert landed(facility_name=name) == {"facility_name": mended, "invalid_text": name}


@pytest.mark.parametrize("name", ["Caf\u00e9 \u00c2ge", "\u00c3\u00a9 \u20ac", "\u00e2\u201c\u00e9", "M\u00fcller"])
def test_text_that_only_looks_like_another_encoding_stays(landed: Landed, name: str) -> None:
    assert landed(facility_name=name) == {"facility_name": name}


@pytest.mark.parametrize("text", ["St Anne's <Ltd>", "under <5 years", "a < b > c", "<Umoja>"])
def test_what_is_no_mark_of_a_web_page_stays(landed: Landed, text: str) -> None:
    assert landed(description=text) == {"description": text}


def test_an_official_name_that_says_the_same_is_not_kept(landed: Landed) -> None:
    assert landed(facility_name="Kitui Clinic", official_name="Kitui Clinic ") == {"facility_name": "Kitui Clinic"}


@pytest.mark.parametrize(
    "column", [name for name in EXTRACTED if EXTRACTED[name] == pl.String and name[:3] not in {"raw", "rej", "nob"}]
)
@pytest.mark.parametrize("nothing", ["None", "N/A", "", " - "])
def test_words_for_nothing_are_absent_in_every_column(landed: Landed, column: str, nothing: str) -> None:
    assert landed(**{column: nothing}) == {}


@pytest.mark.parametrize(
    ("code", "landing"),
    [
        ("13080", {"facility_code": "13080"}),
        ("00130", {"facility_code": "00130"}),
        ("KMHFL-25722", {"facility_code": "KMHFL-25722"}),
        ("13080.0", {"facility_code": "13080", "code_repaired": "13080.0"}),
        ("A1.0", {"facility_code": "A1.0"}),
        *(
            (none, {"code_repaired": none})
            for none in ("TBD", "Pending", "Not Assigned", "xxxxx", "No MFL code", "GOK")
        ),
        ("New", {"code_repaired": "New"}),
        ("AA", {"code_repaired": "AA"}),
        ("A", {"facility_code": "A"}),
        ("NEWLIFE", {"facility_code": "NEWLIFE"}),
        ("13,080", {"facility_code": "13080", "code_repaired": "13,080"}),
        ("1,013,080.00", {"facility_code": "1013080", "code_repaired": "1,013,080.00"}),
        ("1.308E+03", {"facility_code": "1308", "code_repaired": "1.308E+03"}),
        ("1.31E+04", {"code_repaired": "1.31E+04"}),
        ("1E5", {"facility_code": "1E5"}),
        ("13080,13081", {"facility_code": "13080,13081"}),
        ("0,130", {"facility_code": "0,130"}),
        ("000", {"code_repaired": "000"}),
        ("0.0", {"code_repaired": "0.0"}),
        ("'013080", {"facility_code": "013080", "code_repaired": "'013080"}),
        ('="013080"', {"facility_code": "013080", "code_repaired": '="013080"'}),
        ("=VLOOKUP(A2,Codes!B:B,1)", {"code_repaired": "=VLOOKUP(A2,Codes!B:B,1)"}),
        ("See note", {"code_repaired": "See note"}),
        ("(blank)", {}),
        ("########", {}),
    ],
)
def test_a_code_is_text_and_what_is_none_or_went_through_a_spreadsheet_is_repaired(
    landed: Landed, code: str, landing: dict[str, str]
) -> None:
    assert landed(facility_code=code) == landing


@pytest.mark.parametrize("number", ["17345.0", "17,345", "17,345.00", "'17345", '="17345"'])
def test_a_registration_number_that_went_through_a_spreadsheet_is_repaired_as_a_code_is(
    landed: Landed, number: str
) -> None:
    assert landed(registration_number=number) == {
        "registration_number": "17345",
        "registration_number_repaired": number,
    }


@pytest.mark.parametrize(
    "number",
    [
        *("123.0", "0.0", "0", "00", "1", "123", "1234", "222222", "0000000", "xxx", "GOK", "Pending"),
        *("Not Yet Registered", "Government", "GK", "Exempt", "Same as above", "County Government", "Expired"),
    ],
)
def test_a_placeholder_is_no_registration_number(landed: Landed, number: str) -> None:
    assert landed(registration_number=number) == {"registration_number_junk": number}


@pytest.mark.parametrize("number", ["100", "017345", "0032", "1483", "4/1/6/5B", "PVT-RXUKKVE", "R00138/17", "1122"])
def test_a_registration_number_that_may_be_one_stays(landed: Landed, number: str) -> None:
    assert landed(registration_number=number) == {"registration_number": number}


@pytest.mark.parametrize(
    ("stated", "landing"),
    [
        ({"operational_status": "OPERATIONAL"}, {"operational_status": "Operational", "is_active": True}),
        ({"operational_status": "Not Operational"}, {"operational_status": "Non-Operational", "is_active": False}),
        ({"operational_status": "Under Maintenance"}, {"operational_status": "Under Maintenance"}),
        (
            {"operational_status": "temporarily closed"},
            {"operational_status": "Temporarily Closed", "is_active": False},
        ),
        (
            {"operational_status": "Operational", "is_closed": "false"},
            {"operational_status": "Operational", "is_active": True},
        ),
        ({"is_active": "true"}, {"operational_status": "Operational", "is_active": True}),
        ({"is_active": "No"}, {"operational_status": "Non-Operational", "is_active": False}),
        ({"is_closed": "1"}, {"operational_status": "Non-Operational", "is_active": False}),
        ({"is_closed": "1.0"}, {"operational_status": "Non-Operational", "is_active": False}),  # pandas, beside a gap
        ({"is_closed": "0.0"}, {"is_active": True}),
        ({"is_active": "0.0"}, {"operational_status": "Non-Operational", "is_active": False}),
        ({"is_closed": "false"}, {"is_active": True}),
        ({"is_active": "inactive"}, {"operational_status": "Non-Operational", "is_active": False}),
        ({"is_closed": "open"}, {"is_active": True}),
        ({"is_closed": "permanently closed"}, {"operational_status": "Non-Operational", "is_active": False}),
        ({"is_closed": "2020-01-31"}, {"operational_status": "Non-Operational", "is_active": False}),
        ({"is_closed": "31/1/2020"}, {"operational_status": "Non-Operational", "is_active": False}),
        ({"operational_status": "Gazetted"}, {"status_unknown": "operational_status: Gazetted"}),
        ({"is_active": "perhaps"}, {"status_unknown": "is_active: perhaps"}),
        (
            {"operational_status": "Operational", "is_closed": "true"},
            {
                "operational_status": "Operational",
                "is_active": False,
                "status_conflict": "operational_status: Operational; is_closed: true",
            },
        ),
        (
            {"operational_status": "Closed", "is_active": "true"},
            {
                "operational_status": "Non-Operational",
                "is_active": False,
                "status_conflict": "operational_status: Closed; is_active: true",
            },
        ),
        ({}, {}),
    ],
)
def test_a_facility_is_open_only_if_nothing_says_closed(
    landed: Landed, stated: dict[str, str], landing: dict[str, object]
) -> None:
    assert landed(**stated) == landing


@pytest.mark.parametrize(
    ("stated", "landing"),
    [
        ({"facility_type": "DISPENSARY"}, {"facility_type": "Dispensary"}),
        ({"facility_type": "police"}, {"facility_type": "Police Station"}),
        ({"facility_type": "Tea room"}, {"facility_type": "Tea room", "facility_type_unknown": "Tea room"}),
        ({"facility_level": "KEPH level 4"}, {"facility_level": "Level 4"}),
        ({"facility_level": "2"}, {"facility_level": "Level 2"}),
        ({"facility_level": "Level 9"}, {"facility_level_unknown": "Level 9"}),
        ({"owner_type": "Private Practice"}, {"owner_type": "Private"}),
        ({"owner_type": "somebody"}, {"owner_type_unknown": "somebody"}),
        ({"owner_name": "Ministry of Health"}, {"owner_name": "Ministry of Health", "owner_type": "Public"}),
        ({"owner_name": "A. Person"}, {"owner_name": "A. Person"}),
        (
            {"owner_name": "Ministry of Health", "owner_type": "somebody"},
            {"owner_name": "Ministry of Health", "owner_type_unknown": "somebody"},
        ),
    ],
)
def test_kinds_are_brought_into_the_directorys_words(
    landed: Landed, stated: dict[str, str], landing: dict[str, str]
) -> None:
    assert landed(**stated) == landing


@pytest.mark.parametrize(
    ("beds", "landing"),
    [
        ("12", {"beds": 12}),
        ("12.0", {"beds": 12}),
        ("0", {"beds": 0}),
        ("1,200", {"beds": 1200}),
        ("12 beds", {"beds": 12}),
        ("1 Bed", {"beds": 1}),
        ("Vitanda 8", {"beds": 8}),
        ("10 - 15 beds", {"number_invalid": "beds: 10 - 15 beds"}),
        ("4 cots", {"number_invalid": "beds: 4 cots"}),
        ("about 20", {"number_invalid": "beds: about 20"}),
        ("12.5", {"number_invalid": "beds: 12.5"}),
        ("-3", {"number_invalid": "beds: -3"}),
        ("0700000016", {"number_invalid": "beds: ***"}),
        ("1" * 30, {"number_invalid": "beds: " + "1" * 30}),
    ],
)
def test_beds_are_counted_or_reported(landed: Landed, beds: str, landing: dict[str, object]) -> None:
    assert landed(beds=beds) == landing


def test_two_numbers_that_cannot_be_read_are_both_reported(landed: Landed) -> None:
    assert landed(beds="many", cots="few", open_weekends="maybe") == {
        "number_invalid": "beds: many; cots: few",
        "flag_invalid": "open_weekends: maybe",
    }


@pytest.mark.parametrize(
    ("text", "flag"), [("true", True), ("YES", True), ("1", True), ("N", False), ("False", False), ("ndiyo", True)]
)
def test_yes_and_no_are_read_in_the_usual_words(landed: Landed, text: str, flag: bool) -> None:
    assert landed(open_whole_day=text) == {"open_whole_day": flag}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2020-04-29", date(2020, 4, 29)),
        ("2020-04-29T16:10:07.395778Z", date(2020, 4, 29)),
        ("2020-04-29T23:10:07+03:00", date(2020, 4, 29)),
        ("2020-04-29 16:10", date(2020, 4, 29)),
        ("2020/04/29", date(2020, 4, 29)),
        ("20200429", date(2020, 4, 29)),
        ("29/04/2020", date(2020, 4, 29)),
        ("29.4.2020", date(2020, 4, 29)),
        ("03/04/2020", date(2020, 4, 3)),
        ("03/25/2020", date(2020, 3, 25)),
        ("29-04-2020 10:15", date(2020, 4, 29)),
        ("29 April 2020", date(2020, 4, 29)),
        ("29th Apr, 2020", date(2020, 4, 29)),
        ("April 29, 2020", date(2020, 4, 29)),
        ("29-Apr-2020", date(2020, 4, 29)),
        ("1 Sept 2020", date(2020, 9, 1)),
        ("43950", date(2020, 4, 29)),
        ("43950.5", date(2020, 4, 29)),
        ("1588176607", date(2020, 4, 29)),
        ("1588176607395", date(2020, 4, 29)),
        ("/Date(1588176607395)/", date(2020, 4, 29)),
        ("/Date(946684800000+0300)/", date(2000, 1, 1)),
        ("Date(2020,3,29)", date(2020, 4, 29)),
        ("Date(2020, 3, 29, 16, 10, 7)", date(2020, 4, 29)),
    ],
)
def test_a_day_is_read_day_first_as_kenya_writes_it(landed: Landed, text: str, day: date) -> None:
    assert landed(recorded_on=text) == {"recorded_on": day}


@pytest.mark.parametrize(
    "text", ["2020-02-30", "30/02/2020", "29/04/20", "1800-01-01", "2020", "last week", "202041", "Date(2020,12,1)"]
)
def test_what_is_no_day_is_an_issue(landed: Landed, text: str) -> None:
    assert landed(recorded_on=text) == {"date_invalid": text}


# ---- nothing vanishes ------------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    [
        *("true", "no", "0", "1", "12", "12.0", "-1.28", "36.8", "36.8 E", "nan", "1e400", "2020-04-29", "29/04/2020"),
        *("Operational", "closed", "police", "Level 2", "Private", "rape", "GOK", "222222", "13080.0", "000"),
        *("0700000016", "Kwale Stn - 0700000018", "a@example.org", "www.example.org", "[]", "{}", '["a", "b"]'),
        *('[{"key":"phone","value":"0700000016/7"}]', '{"lat":-1.28,"lng":36.8}', "[36.8, -1.28]", "None", "\u200b"),
        *('{"type":"Point","coordinates":[36.8,-1.28]}', "&amp;", "1a536286-c5b9-46f4-a72f-919c1fccb8e8"),
    ]
)
# The projection says how coordinates are to be read and is no value itself: extraction lets only known ones through.
NO_VALUES = {"raw", "reject_reason", "reject_detail", "nobodys", "projection"}
COLUMNS = [name for name in EXTRACTED if EXTRACTED[name] == pl.String and name not in NO_VALUES]
# Where a value lands, or what reports it, when that is not its own column and the issues about it.
LANDS_IN = {
    "facility_name": {"contacts"},
    "official_name": {"contacts", "facility_name"},
    "is_active": {"operational_status", "is_active"},
    "is_closed": {"operational_status", "is_active"},
    "coordinates": {"latitude"},
    "geometry": {"latitude"},
    "longitude": {"latitude"},
    "website_url": {"contacts"},
    "beds": {"issue.number_invalid"},
    "cots": {"issue.number_invalid"},
}
ISSUES = {
    "latitude": "coordinates",
    "longitude": "coordinates",
    "geometry": "coordinates",
    "is_active": "status",
    "is_closed": "status",
    "operational_status": "status",
    "official_name": "name",
    "facility_code": "code",
    "facility_name": "name",
    "services": "service",
    "gbv_categories": "gbv",
    "contacts": "contact",
    "website_url": "contact",
    "recorded_on": "date",
}


def says_something(column: str, text: str) -> bool:
    cleaned = clean_value(text)
    if column in {"services", "gbv_categories", "contacts", "geometry", "coordinates"}:
        return cleaned is not None and any(letter.isalnum() for letter in cleaned) and not holds_nothing(cleaned)
    return cleaned is not None


def holds_nothing(text: str) -> bool:
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return value is None or value is False or (isinstance(value, str) and clean_value(value) is None)


RECORDS = st.lists(st.dictionaries(st.sampled_from(COLUMNS), WORDS | st.text(max_size=15), max_size=8), max_size=12)


@settings(max_examples=60)
@given(RECORDS)
@example([{"facility_name": "Â\x80"}])  # read as UTF-8 once more, it is a control character
def test_no_value_vanishes(records: list[dict[str, str]]) -> None:
    landings = normalise(pl.DataFrame(records, schema=EXTRACTED)).to_dicts()
    for record, landing in zip(records, landings, strict=True):
        there = {name for name, value in landing.items() if value is not None and value != []}
        for column, text in record.items():
            is_told = text in (landing["issue.invalid_text"] or "")
            assert not says_something(column, text) or is_told or there & places_of(column, there), (column, text)


def places_of(column: str, there: set[str]) -> set[str]:
    issue = ISSUE_PREFIX + ISSUES.get(column, column)
    issues = {name for name in there if name.startswith(issue)}
    flags = {"issue.flag_invalid"} if column.startswith("open_") else set()
    return {column} | LANDS_IN.get(column, set()) | flags | issues


@settings(max_examples=10)
@given(RECORDS)
def test_a_record_is_normalised_alike_alone_and_in_a_batch(records: list[dict[str, str]]) -> None:
    together = normalise(pl.DataFrame(records, schema=EXTRACTED)).to_dicts()
    alone = [normalise(pl.DataFrame([record], schema=EXTRACTED)).to_dicts()[0] for record in records]
    assert together == alone
