from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gvrc.columns import NORMALISED, PLACE
from gvrc.values.quality import add_quality_score

ISSUES = (
    *("issue.coordinates_exchanged", "issue.code_repaired", "issue.registration_number_repaired"),
    *("issue.status_unknown", "issue.date_invalid", "issue.duplicate_key"),
)
SCHEMA = pl.Schema({**NORMALISED, **PLACE, **dict.fromkeys(ISSUES, pl.String())})

PHONE = {
    "contact_type": "Mobile",
    "contact_value": "+254700000016",
    "contact_raw": "0700000016",
    "contact_person_name": "",
}
EMAIL = {
    "contact_type": "Email",
    "contact_value": "a@example.org",
    "contact_raw": "a@example.org",
    "contact_person_name": "",
}
BOX = {"contact_type": "Postal Address", "contact_value": "Box 1", "contact_raw": "Box 1", "contact_person_name": ""}
WHOLE: dict[str, Any] = {
    "facility_name": "Kitui Clinic",
    "facility_code": "13080",
    "facility_type": "Medical Clinic",
    "operational_status": "Operational",
    "owner_name": "Ministry of Health",
    "services": ["Counselling"],
    "latitude": -1.28,
    "longitude": 36.8,
    "recorded_on": date(2020, 4, 29),
    "place_level": "ward",
    "contacts": [PHONE],
}


def scores(*records: dict[str, Any]) -> list[float]:
    return add_quality_score(pl.DataFrame(records, schema=SCHEMA))["quality_score"].to_list()


def test_a_record_with_everything_has_a_hundred_and_one_with_nothing_only_its_validity() -> None:
    assert scores(WHOLE, {}) == [100.0, 20.0]


@pytest.mark.parametrize(
    ("change", "points"),
    [
        ({"facility_code": None}, -5),
        ({"services": []}, -5),
        ({"services": None}, -5),
        ({"latitude": None}, -5),
        ({"issue.status_unknown": "x"}, -5),
        ({"issue.coordinates_exchanged": "x"}, -2),
        ({"issue.code_repaired": "12345.0"}, -2),
        ({"issue.registration_number_repaired": "12345.0"}, -2),
        (dict.fromkeys([ISSUES[0], *ISSUES[3:]], "x"), -17),
        ({**dict.fromkeys(ISSUES, "x"), "issue.far_from_ward": "x", "issue.county_contradiction": "x"}, -20),
        ({"place_level": "constituency"}, -8),
        ({"place_level": "county"}, -14),
        ({"place_level": "none"}, -20),
        ({"place_level": None}, -20),
        ({"contacts": [EMAIL]}, -8),
        ({"contacts": [EMAIL, PHONE]}, 0),
        ({"contacts": [BOX]}, -14),
        ({"contacts": [], "website_url": "www.example.org"}, -14),
        ({"contacts": []}, -20),
        ({"contacts": None}, -20),
    ],
)
def test_every_part_costs_what_the_documentation_says(change: dict[str, Any], points: int) -> None:
    assert scores(WHOLE | change) == [100.0 + points]


def test_the_example_of_the_documentation_is_right() -> None:
    hospital = WHOLE | {"contacts": [], "issue.coordinates_exchanged": "36.8, -1.28"}
    post = {"facility_name": "Kwale Post", "place_level": "county", "contacts": [PHONE]}
    assert scores(hospital, post) == [78.0, 51.0]


RECORDS = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.sampled_from([value, None]) for name, value in WHOLE.items()},
        **{name: st.sampled_from(["x", None]) for name in ISSUES},
        "place_level": st.sampled_from(["ward", "constituency", "county", "none", None]),
        "contacts": st.lists(st.sampled_from([PHONE, EMAIL, BOX]), max_size=2),
    },
)


@settings(max_examples=60, deadline=None)
@given(st.lists(RECORDS, max_size=8))
def test_one_record_and_a_batch_have_the_same_scores_between_0_and_100(records: list[dict[str, Any]]) -> None:
    together = scores(*records)
    assert together == [scores(record)[0] for record in records]
    assert all(0 <= score <= 100 for score in together)
