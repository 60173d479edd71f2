"""A shelter whose location must not be told: its address and point are not taken, whatever else it says is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from reading import facilities, read_bytes

SHELTER = {"name": "Lindi Safe House", "county": "Nairobi", "constituency": "Kibra", "ward": "Lindi"}
WHERE = {"lat": -1.317, "long": 36.784, "address": "House 5, Lindi Road"}
READ = {
    "facility_name": "Lindi Safe House",
    "county_name": "Nairobi",
    "constituency_name": "Kibra",
    "ward_name": "Lindi",
}
READ_WHERE = {"latitude": "-1.317", "longitude": "36.784", "address": "House 5, Lindi Road"}


def read(record: dict[str, Any]) -> dict[str, Any]:
    (facility,) = facilities(read_bytes(json.dumps([record]).encode())[0])
    return facility


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"confidential_location": True}, "confidential_location: True"),
        ({"isLocationConfidential": "Yes"}, "isLocationConfidential: Yes"),
        ({"Hide Address": "Y"}, "Hide Address: Y"),
        ({"do_not_publish_location": 1}, "do_not_publish_location: 1"),
        ({"publish_location": "no"}, "publish_location: no"),
        ({"address_public": False}, "address_public: False"),
    ],
)
def test_the_address_and_the_point_of_a_facility_are_not_taken_if_its_location_must_not_be_told(
    said: dict[str, Any], told: str
) -> None:
    assert read(SHELTER | WHERE | said) == READ | {"issue.location_withheld": told}


def test_a_location_is_withheld_by_what_its_own_object_says() -> None:
    location = {"lat": -1.317, "lng": 36.784, "confidential": True}
    assert read(SHELTER | {"location": location}) == READ | {"issue.location_withheld": "confidential: True"}


@pytest.mark.parametrize(
    "said",
    [
        {"confidential_location": False},
        {"publish_location": "Yes"},
        {"hide_address": "unknown"},
        {"confidential_counselling": True},
        {"public": False},
    ],
)
def test_a_location_that_may_be_told_is_taken(said: dict[str, Any]) -> None:
    assert read(SHELTER | WHERE | said) == READ | READ_WHERE


def test_one_confidential_location_among_many_records_withholds_no_other() -> None:
    records = [
        SHELTER | WHERE | {"name": f"Shelter {number}", "confidential_location": number == 7} for number in range(60)
    ]
    frame = read_bytes(json.dumps(records).encode())[0]
    withheld = [number for number, told in enumerate(frame["issue.location_withheld"]) if told]
    without = [number for number, latitude in enumerate(frame["latitude"]) if latitude is None]
    assert (withheld, without) == ([7], [7])
