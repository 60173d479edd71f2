from __future__ import annotations

import json
import math
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
import shapely.geometry
from hypothesis import given, settings
from hypothesis import strategies as st

from gvrc.columns import EXTRACTED
from gvrc.values.coordinates import add_coordinates
from gvrc.values.geometry import read_geometry
from gvrc.values.positions import read_degrees, read_pair

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        ("-1.28", "36.8"),
        ("36.8", "-1.28"),
        ("-1,28", "36,8"),
        ("1.28 S", "36.8 E"),
        ("1.28°S", "36.8°E"),
        ("-1.28 S", "36.8 E"),
        ("S 1 16 48", "E 36 48"),
        ("1°16'48\"S", "36°48'0\"E"),
        ("1° 16\u2032 48\u2033 S", "36° 48\u2032 E"),
        ("1°16.8'S", "36°48.0'E"),  # a GPS receiver's
        ("1:16:48 S", "36:48:00 E"),
        ("1.28 Kusini", "36.8 Mashariki"),
        ("01d16m48s S", "036d48m00s E"),
        ("lat: -1.28", "lng: 36.8"),
        ("-1.28E0", "3.68e1"),
    ],
)
def test_every_way_to_write_a_pair_lands_the_right_way_round(
    landed: Callable[..., dict[str, Any]], latitude: str, longitude: str
) -> None:
    record = landed(latitude=latitude, longitude=longitude)
    assert (record["latitude"], record["longitude"]) == pytest.approx((-1.28, 36.8))


def test_an_exchanged_pair_is_put_right_and_says_so(landed: Callable[..., dict[str, Any]]) -> None:
    assert landed(latitude="36.8", longitude="-1.28") == {
        "latitude": -1.28,
        "longitude": 36.8,
        "coordinates_exchanged": "36.8, -1.28",
    }
    assert "coordinates_exchanged" not in landed(latitude="-1.28", longitude="36.8")


@pytest.mark.parametrize(
    ("latitude", "longitude", "raw"),
    [
        ("0", "0", "0, 0"),
        ("36.8", "36.8", "36.8, 36.8"),
        ("51.5", "-0.12", "51.5, -0.12"),
        ("-5.2", "38.9", "-5.2, 38.9"),  # Tanzania
        ("5.9", "36.0", "5.9, 36.0"),  # Ethiopia
        ("nan", "36.8", ", 36.8"),
        ("inf", "36.8", "inf, 36.8"),
        ("1e400", "36.8", "1e400, 36.8"),
        ("-1.28", "", "-1.28, "),
        ("near the market", "36.8", "near the market, 36.8"),
        ("0700000016", "36.8", "***, 36.8"),
        ("1°75'S", "36.8", "1°75'S, 36.8"),
        ("1°60'S", "36.8", "1°60'S, 36.8"),
        ("1°17'60\"S", "36.8", "1°17'60\"S, 36.8"),
        ("1.5°17'S", "36.8", "1.5°17'S, 36.8"),
        ("1 S N", "36.8", "1 S N, 36.8"),
        ("N 1.28 S", "36.8", "N 1.28 S, 36.8"),
        ("-1.28 36.8", "36.8", "-1.28 36.8, 36.8"),
        ("36.8 W", "-1.28", "36.8 W, -1.28"),
        ("-0.5 N", "36.8", "-0.5 N, 36.8"),
        ("N -0.5", "36.8 E", "N -0.5, 36.8 E"),
        ("-1.28", "-36.8 East", "-1.28, -36.8 East"),
    ],
)
def test_a_pair_that_is_not_in_kenya_is_dropped_and_says_so(
    landed: Callable[..., dict[str, Any]], latitude: str, longitude: str, raw: str
) -> None:
    assert landed(latitude=latitude, longitude=longitude) == {"coordinates_dropped": raw}


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("-1.28, 36.8", (-1.28, 36.8)),
        ("-1.28,36.8", (-1.28, 36.8)),
        ("-1.28 36.8", (-1.28, 36.8)),
        ("(-1.28; 36.8)", (-1.28, 36.8)),
        ("-1,28 36,8", (-1.28, 36.8)),
        ("-1,28, 36,8", (-1.28, 36.8)),
        ("1.28S, 36.8E", (-1.28, 36.8)),
        ("1° 17' S 36° 49' E", (-1 - 17 / 60, 36 + 49 / 60)),
        ("1:17 S 36:49 E", (-1 - 17 / 60, 36 + 49 / 60)),
        ("POINT (36.8 -1.28)", (-1.28, 36.8)),
        ("S01 18.6 E036 47.4", (-1.31, 36.79)),  # as a GPS receiver shows it
        ("S 1 18 36 E 36 47 24", (-1.31, 36.79)),
        ('{"type":"Point","coordinates":[{"$numberDouble":"36.8"},{"$numberDouble":"-1.28"}]}', (-1.28, 36.8)),
        ('[{"$numberDouble":"-1.28"},{"$numberDouble":"36.8"}]', (-1.28, 36.8)),
        ('[{"$numberDouble":"NaN"},{"$numberDouble":"x"}]', None),
        ("SRID=4326;POINT(36.8 -1.28)", (-1.28, 36.8)),
        ("POINT Z (36.8 -1.28 1650)", (-1.28, 36.8)),
        ("POINT (-1.28 36.8)", (36.8, -1.28)),  # as some write it; it is exchanged, and says so
        ("\u22121.28, 36.8", (-1.28, 36.8)),
        ("\u20131.28, 36.8", (-1.28, 36.8)),
        ("-1.28 / 36.8", (-1.28, 36.8)),
        ("-1.28 36.8 1600 5", (-1.28, 36.8)),
        ("[-1.28, 36.8]", (-1.28, 36.8)),
        ('["-1.28", "36.8"]', (-1.28, 36.8)),
        ("[[36.8, -1.28]]", (36.8, -1.28)),
        ('{"lat": -1.28, "lng": 36.8}', (-1.28, 36.8)),
        ('{"Latitude": "-1.28", "Longitude": "36.8"}', (-1.28, 36.8)),
        ('{"y": -1.28, "x": 36.8}', (-1.28, 36.8)),
        ('{"latitude": -0.5, "longitude": null, "lat": -1.28, "lng": 36.8}', (-1.28, 36.8)),
        ('{"latitude": -1.28, "lng": 36.8}', (-1.28, 36.8)),
        ('{"latitude": -1.28, "lat": -0.5, "x": 36.8}', None),
        ('{"coordinates": {"latitude": -1.28, "longitude": 36.8}}', (-1.28, 36.8)),
        ('{"type": "Point", "coordinates": [36.8, -1.28]}', (-1.28, 36.8)),
        ('{"type": "Feature", "geometry": {"type": "Point", "coordinates": [36.8, -1.28, 1600]}}', (-1.28, 36.8)),
        ("Lat: -1.28 Long: 36.8", (-1.28, 36.8)),
        ("latitude 1°16'48\"S, longitude 36°48'E", (-1.28, 36.8)),
        ("https://maps.google.com/?q=-1.28,36.8", (-1.28, 36.8)),
        ("https://www.google.com/maps/search/?api=1&query=-1.28%2C36.8", (-1.28, 36.8)),
        ("geo:-1.28,36.8;u=35", (-1.28, 36.8)),
        ("https://www.google.com/maps/place/Umoja/@-1.28,36.8,17z", None),  # the middle of the map
        ("https://maps.google.com/?q=Umoja+Clinic,36", None),
        ("near Lat 5, Longonot 7", None),
        ("-0.5 N, 36.8 E", None),
        ("Plot 1, 36", None),
        ("-1,36,36,82", None),
        ("1 36 30 15", None),
        ("-1.28, 36, 82", None),  # decimals that were cut: 36.82
        ("-1, 36.8, 1600", None),
        ("36.8", None),
        ("-1.28, 36.8, near the market", None),
        ("[1, 2, 3, 4, 5]", None),
        ("[-1.28, 36.8, 1600.5, 4.5, 2.5]", None),
        ('{"lat": -1.28}', None),
        ('{"type": "Point", "coordinates": "here"}', None),
        ("[true, false]", None),
        ("{", None),
    ],
)
def test_a_pair_is_read_from_text_lists_and_objects(text: str, pair: tuple[float, float] | None) -> None:
    assert read_pair(text) == (pair and pytest.approx(pair))


@pytest.mark.parametrize("hollow", ["[]", "{}", '{"lat": null, "lng": ""}', "[null, null]", "None"])
def test_a_place_that_holds_nothing_is_absent(landed: Callable[..., dict[str, Any]], hollow: str) -> None:
    assert landed(coordinates=hollow, geometry=hollow) == {}


def test_geometry_wins_and_a_contradiction_is_an_issue(landed: Callable[..., dict[str, Any]]) -> None:
    point = '{"type":"Point","coordinates":[36.8,-1.28]}'
    assert landed(geometry=point, latitude="-1.281", longitude="36.801") == {"latitude": -1.28, "longitude": 36.8}
    assert landed(geometry=point, latitude="-0.3", longitude="36.07", coordinates="0, 0") == {
        "latitude": -1.28,
        "longitude": 36.8,
        "coordinates_conflict": "-0.3, 36.07",
        "coordinates_dropped": "0, 0",
    }
    for other in (("-0.3", "36.8"), ("-1.28", "36.07")):
        told = landed(geometry=point, latitude=other[0], longitude=other[1])
        assert told == {"latitude": -1.28, "longitude": 36.8, "coordinates_conflict": ", ".join(other)}


@pytest.mark.parametrize(
    "geometry",
    [
        '{"type":"Point","coordinates":[36.8,-1.28]}',
        '{"type":"Point","coordinates":[36.8,-1.28,1600.0]}',
        '{"type":"MultiPoint","coordinates":[[36.8,-1.28]]}',
        '{"type": "Point", "coordinates": [36.8, -1.28]}',
        '{"coordinates":[36.8,-1.28],"type":"Point"}',
        '{"type":"Point","coordinates":[3.68e1,-128e-2]}',
        '{"type":"Point","coordinates":["36.8","-1.28"]}',
        '{"type":"Polygon","coordinates":[[[36.79,-1.27],[36.81,-1.27],[36.81,-1.29],[36.79,-1.29],[36.79,-1.27]]]}',
    ],
)
def test_a_plain_point_lands_like_any_other_geometry(landed: Callable[..., dict[str, Any]], geometry: str) -> None:
    assert landed(geometry=geometry) == pytest.approx({"latitude": -1.28, "longitude": 36.8})


def test_what_is_wrong_in_the_geometry_gives_way_to_the_columns(landed: Callable[..., dict[str, Any]]) -> None:
    record = landed(geometry='{"type":"Point","coordinates":[0,0]}', latitude="-1.28", longitude="36.8")
    assert (record["latitude"], record["longitude"]) == (-1.28, 36.8)
    assert record["coordinates_dropped"] == '{"type":"Point","coordinates":[0,0]}'


def test_a_geometry_larger_than_a_facility_is_dropped_and_says_so(landed: Callable[..., dict[str, Any]]) -> None:
    towns = '{"type":"MultiPoint","coordinates":[[36.8,-1.3],[39.6,-4.0]]}'
    assert landed(geometry=towns) == {"coordinates_dropped": towns}
    assert landed(geometry=towns, latitude="-1.28", longitude="36.8")["latitude"] == -1.28


SQUARE = [[36.0, -1.0], [36.02, -1.0], [36.02, -1.02], [36.0, -1.02], [36.0, -1.0]]
HOLE = [[36.0, -1.0], [36.01, -1.0], [36.01, -1.02], [36.0, -1.02], [36.0, -1.0]]


@pytest.mark.parametrize(
    ("kind", "coordinates", "centre"),
    [
        ("Point", [36.0, -1.0], (-1.0, 36.0)),
        ("Point", ["36.0", "-1.0", 1600], (-1.0, 36.0)),
        ("MultiPoint", [[36.0, -1.0]], (-1.0, 36.0)),
        ("MultiPoint", [[36.0, -1.0], [36.02, -1.02]], (-1.01, 36.01)),
        ("LineString", [[36.0, -1.0], [36.02, -1.02]], (-1.01, 36.01)),
        ("Polygon", [SQUARE], (-1.01, 36.01)),
        ("Polygon", [SQUARE[::-1]], (-1.01, 36.01)),
        ("Polygon", [SQUARE, HOLE], (-1.01, 36.015)),
        ("Polygon", [SQUARE, HOLE[::-1]], (-1.01, 36.015)),
        ("Polygon", [[[36.0, -1.0], [36.02, -1.02], [36.0, -1.0]]], (-1.01, 36.01)),
        ("MultiPolygon", [[SQUARE]], (-1.01, 36.01)),
        ("MultiPoint", [[36.8, -1.3], [39.6, -4.0]], None),
        ("LineString", [[36.8, -1.3], [36.8, -1.36]], None),
        ("MultiLineString", [[[36.8, -1.3], [36.801, -1.3]], [[36.86, -1.3], [36.861, -1.3]]], None),
        ("Polygon", [[[36.8, -1.3], [36.86, -1.3], [36.86, -1.31], [36.8, -1.3]]], None),
        ("Polygon", [], None),
        ("Point", [], None),
        ("Point", [36.0], None),
        ("Point", [None, None], None),
        ("Point", [True, False], None),
        ("MultiPoint", [{"x": 1}], None),
        ("Circle", [36.0, -1.0], None),
    ],
)
def test_a_geometry_has_one_centre(kind: str, coordinates: list[object], centre: tuple[float, float] | None) -> None:
    assert read_geometry(kind, coordinates) == (centre and pytest.approx(centre))


@given(
    st.floats(34, 41),
    st.floats(-4, 5),
    st.lists(st.tuples(st.floats(0.05, 1.0), st.floats(0.0, 1.0)), min_size=3, max_size=12),
)
def test_the_centroid_agrees_with_shapely(longitude: float, latitude: float, spokes: list[tuple[float, float]]) -> None:
    """A star around a point is a simple polygon, whatever its rays; sizes are those of a compound."""
    step = 2 * math.pi / len(spokes)
    ring = [
        (
            longitude + 0.01 * ray * math.cos(step * (at + 0.9 * turn)),
            latitude + 0.01 * ray * math.sin(step * (at + 0.9 * turn)),
        )
        for at, (ray, turn) in enumerate(spokes)
    ]
    expected = shapely.geometry.Polygon(ring).centroid
    assert read_geometry("Polygon", [[list(point) for point in [*ring, ring[0]]]]) == pytest.approx(
        (expected.y, expected.x), abs=1e-7
    )


DEGREES = st.one_of(
    st.sampled_from([-4.9, 5.6, 33.8, 42.0, 0.0, math.nan, math.inf, -math.inf, -1.28, 36.8]),
    st.floats(-5, 6),
    st.floats(33, 43),
    st.floats(),
)
STATED = st.one_of(st.none(), DEGREES.map(repr), st.sampled_from(["nowhere", "1.28 S", "36,8"]))


def repaired(latitude: str | None, longitude: str | None) -> tuple[float | None, float | None]:
    """Repair one pair in the plainest way."""
    pair = [plain_number(latitude), plain_number(longitude)]
    for lat, lng in (pair, pair[::-1]):
        if lat is not None and lng is not None and -4.9 <= lat <= 5.6 and 33.8 <= lng <= 42.0:
            return lat, lng
    return None, None


def plain_number(text: str | None) -> float | None:
    named = {"nowhere": None, "1.28 S": -1.28, "36,8": 36.8, None: None}
    return named[text] if text in named else float(str(text))


@settings(max_examples=60)
@given(st.lists(st.tuples(STATED, STATED), min_size=1, max_size=20))
def test_repair_agrees_with_a_plain_loop(pairs: list[tuple[str | None, str | None]]) -> None:
    stated = [{"latitude": latitude, "longitude": longitude} for latitude, longitude in pairs]
    records = add_coordinates(pl.DataFrame(stated, schema=EXTRACTED))
    assert records.select("latitude", "longitude").rows() == [repaired(*pair) for pair in pairs]
    for (latitude, longitude), record in zip(pairs, records.to_dicts(), strict=True):
        is_stated = latitude is not None or longitude is not None
        assert (record["issue.coordinates_dropped"] is not None) == (is_stated and record["latitude"] is None)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda of: (
            st.lists(of, max_size=4)
            | st.dictionaries(
                st.sampled_from(["type", "coordinates", "geometry", "lat", "lng", "x", "y"]), of, max_size=3
            )
        ),
        max_leaves=12,
    )
)
def test_no_value_breaks_the_reading(value: object) -> None:
    text = json.dumps(value)
    pair = read_pair(text)
    assert pair is None or all(isinstance(angle, float) for angle in pair)


@given(st.text(max_size=20))
def test_no_text_breaks_the_reading(text: str) -> None:
    assert read_degrees(text) is None or math.isfinite(read_degrees(text) or 0)


KMHFL = Path(__file__).parents[3] / "shared/data/kmhfl"


@pytest.mark.skipif(not KMHFL.exists(), reason="the register's export (../shared/data/kmhfl) is not here")
def test_every_pair_of_the_national_register_lands_the_right_way_round() -> None:
    """All of its pairs are exchanged: ``lat`` holds the longitude."""
    facilities = [
        facility
        for path in sorted(KMHFL.glob("*.json"))
        for facility in json.loads(path.read_text(encoding="utf-8"))["results"]
    ]
    stated = [{"latitude": facility["lat"], "longitude": facility["long"]} for facility in facilities]
    records = add_coordinates(pl.DataFrame(stated, schema=EXTRACTED))
    right = [
        (float(facility["long"]), float(facility["lat"])) if facility["lat"] else (None, None)
        for facility in facilities
    ]
    assert records.select("latitude", "longitude").rows() == right
    assert len(right) == 9267
    assert records["issue.coordinates_exchanged"].count() == records["latitude"].count() == 8138


METRES = {"projection": "EPSG:32737", "latitude": "9854764.88", "longitude": "253862.48"}


@pytest.mark.parametrize(
    ("stated", "place"),
    [
        (METRES, (-1.313, 36.788)),
        (METRES | {"latitude": "36.788", "longitude": "-1.313"}, (-1.313, 36.788)),
        ({"projection": "32736", "coordinates": "697210.68, 9990755.24"}, None),
        ({"projection": "32736", "coordinates": "9990755.24, 697210.68"}, (-0.0836, 34.772)),
        ({"projection": "WGS 84 / UTM zone 36S", "coordinates": "9990755.24, 697210.68"}, (-0.0836, 34.772)),
        ({"projection": "WGS_1984_UTM_Zone_36S", "coordinates": "9990755.24, 697210.68"}, (-0.0836, 34.772)),
        ({"projection": "UTM zone 36S", "coordinates": "9990755.24, 697210.68"}, None),
        (
            {"projection": "Arc_1960_UTM_Zone_37S", "latitude": "9854764.88", "longitude": "253862.48"},
            (-1.3157, 36.7889),
        ),
        ({"projection": "21037", "latitude": "9854764.88", "longitude": "253862.48"}, (-1.3157, 36.7889)),
        (
            {"projection": "3857", "geometry": '{"type":"Point","coordinates":[3870801.33,-9306.31]}'},
            (-0.0836, 34.772),
        ),
        ({"projection": "32737", "coordinates": "1.0E+300, 5"}, None),
    ],
)
def test_metres_are_a_place_where_it_is_said_of_which_projection(
    landed: Callable[..., dict[str, Any]], stated: dict[str, str], place: tuple[float, float] | None
) -> None:
    record = landed(**stated)
    found = (round(record["latitude"], 4), round(record["longitude"], 4)) if "latitude" in record else None
    assert (found, "coordinates_dropped" in record) == (place, place is None)


def test_metres_of_which_nothing_is_said_are_no_place(landed: Callable[..., dict[str, Any]]) -> None:
    assert landed(latitude="9854764.88", longitude="253862.48") == {"coordinates_dropped": "9854764.88, 253862.48"}


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("6GCRMQPQ+8V", (-1.3142, 36.7897)),
        ("6gcrmqpq+8v Lindi", (-1.3142, 36.7897)),
        ("6GCRMQPQ+", (-1.3138, 36.7888)),
        ("MQPQ+8V Nairobi", None),
        ("6GCRM000+", None),
        ("8FVC9G8F+6X", None),
    ],
)
def test_a_whole_plus_code_is_a_place_in_kenya_or_none(
    landed: Callable[..., dict[str, Any]], code: str, place: tuple[float, float] | None
) -> None:
    record = landed(coordinates=code)
    found = (round(record["latitude"], 4), round(record["longitude"], 4)) if "latitude" in record else None
    assert (found, "coordinates_dropped" in record) == (place, place is None)


def test_a_place_in_lists_without_end_is_none_in_a_thread_of_little_stack_too() -> None:
    """One of polars' has 2 MB; that the process lives is what is asked here."""
    before = threading.stack_size(256 * 1024)
    try:
        with ThreadPoolExecutor(1) as thread:
            assert thread.submit(read_pair, "[" * 9_000 + "]" * 9_000).result() is None
            assert thread.submit(read_pair, '{"location": ' * 9_000 + "1" + "}" * 9_000).result() is None
    finally:
        threading.stack_size(before)
