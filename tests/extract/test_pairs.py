"""A latitude and a longitude that count belong together: literal records, and a twin that goes row by row."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import read_bytes

from gvrc.values.pairs import first_pair

Place = tuple[str | None, str | None, str | None]  # latitude, longitude, what was not used


def places(*records: dict[str, Any]) -> list[Place]:
    frame, _ = read_bytes(json.dumps([{"name": "Umoja Clinic"} | record for record in records]).encode())
    return frame.select("latitude", "longitude", "issue.value_not_used").rows()


@pytest.mark.parametrize(
    ("record", "place"),
    [
        (
            {"latitude": "-1.29", "longitude": None, "lat": "-0.5", "lng": "35.3"},
            ("-0.5", "35.3", "latitude=-1.29"),
        ),
        (
            {"latitude": "-1.29", "location": {"latitude": "-0.5", "longitude": "35.3"}},
            ("-0.5", "35.3", "latitude=-1.29"),
        ),
        ({"latitude": "-1.29", "Y": "-0.5", "X": "35.3"}, ("-0.5", "35.3", "latitude=-1.29")),
        ({"longitude": "36.8", "lat_dd": "-0.5", "long_dd": "35.3"}, ("-0.5", "35.3", "longitude=36.8")),
        (
            {"longitude": "36.8", "group_a/lat": "-0.5", "group_a/longitude": "35.3"},
            ("-0.5", "35.3", "longitude=36.8"),
        ),
        (
            {"latitude": "-1.29", "longitude": "36.8", "lat": "-0.5", "lng": "35.3"},
            ("-1.29", "36.8", "lat=-0.5; lng=35.3"),
        ),
        ({"latitude": "-1.29", "longitude": "36.8", "lng": "36.80"}, ("-1.29", "36.8", "lng=36.80")),
        ({"latitude": "-1.29", "long": "36.8", "y": "985", "x": "257"}, ("-1.29", "36.8", "y=985; x=257")),
    ],
)
def test_half_of_one_pair_never_goes_with_half_of_another(record: dict[str, Any], place: Place) -> None:
    assert places(record) == [place]


@pytest.mark.parametrize("keys", [("geo_lat", "geo_lng"), ("GPS Lat", "GPS Long"), ("gps_lat", "gps_lng")])
def test_a_pair_is_known_by_the_keys_that_devices_give_it(keys: tuple[str, str]) -> None:
    assert [place[:2] for place in places({keys[0]: "-0.5", keys[1]: "35.3"})] == [("-0.5", "35.3")]


@pytest.mark.parametrize(
    "record", [{"latitude": "-1.29", "lng": "36.8"}, {"latitude": "-1.29", "lat": "-1.29 ", "x": "36.8"}]
)
def test_one_latitude_and_one_longitude_need_not_belong_together(record: dict[str, Any]) -> None:
    other = {"latitude": "1", "longitude": "36", "lat": "2", "lng": "37", "x": "38"}  # all keys are in the batch
    assert places(record, other)[0] == ("-1.29", "36.8", None)


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({"latitude": "-1.29", "lat": "-0.5"}, "latitude=-1.29; lat=-0.5"),
        ({"latitude": "-1.29", "y": "-0.5", "lng": "35.3"}, "latitude=-1.29; y=-0.5; lng=35.3"),
        ({"longitude": "36.8", "long": "36.9"}, "longitude=36.8; long=36.9"),
    ],
)
def test_without_a_pair_neither_counts_and_all_are_told(record: dict[str, Any], told: str) -> None:
    assert places(record) == [(None, None, told)]


def test_x_and_y_go_with_each_other_only() -> None:
    assert first_pair((("latitude",), ("lat",)), (("lng",), ("x",))) == (1, 0)
    assert first_pair((("latitude",), ("y",)), (("long",), ("x",))) == (0, 0)
    assert first_pair((("latitude",), ("lat",)), (("x",),)) is None


def test_what_stands_under_one_parent_belongs_together() -> None:
    latitudes = (("lat",), ("location", "latitude"))
    assert first_pair(latitudes, (("location", "lng"),)) == (1, 0)


KEYS = ("latitude", "lat", "y", "longitude", "lng", "long", "x")
FORMS = ({"latitude", "longitude"}, {"lat", "lng"}, {"lat", "long"}, {"y", "x"})


def settle_plainly(record: dict[str, str | None]) -> Place | None:
    """Settle a row whose pairs are all whole; None where another rule is asked."""
    stated = {key: text for key, text in record.items() if text is not None}
    latitudes = [key for key in KEYS[:3] if key in stated]
    longitudes = [key for key in ("longitude", "long", "lng", "x") if key in stated]
    if len({stated[key] for key in latitudes}) < 2 and len({stated[key] for key in longitudes}) < 2:
        chosen = latitudes[:1], longitudes[:1]
    else:
        pairs = [pair for pair in product(latitudes, longitudes) if set(pair) in FORMS]
        if not pairs or len(latitudes) - len({latitude for latitude, _ in pairs}):
            return None
        chosen = [pairs[0][0]], [pairs[0][1]]
    latitude, longitude = (stated[keys[0]] if keys else None for keys in chosen)
    told = [
        f"{key}={stated[key]}"
        for keys, text in ((latitudes, latitude), (longitudes, longitude))
        for key in keys
        if stated[key] != text
    ]
    return latitude, longitude, "; ".join(told) or None


VALUES = st.sampled_from([None, "1", "2"])
RECORDS = st.lists(st.fixed_dictionaries(dict.fromkeys(KEYS, VALUES)), min_size=1, max_size=6)


@given(RECORDS)
def test_rows_are_settled_as_one_at_a_time(records: list[dict[str, str | None]]) -> None:
    assert places(*records) == [place for record in records for place in places(record)]
    for record, place in zip(records, places(*records), strict=True):
        assert settle_plainly(record) in (None, place)
