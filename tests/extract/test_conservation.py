"""Nothing is lost and nothing invented: each leaf of a record is in a field, in an issue or in the count of keys."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import polars as pl
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from reading import read_bytes

from gvrc.columns import EXTRACTED
from gvrc.meaning.meanings import Keys
from gvrc.meaning.paths import is_absent
from gvrc.reading.alike import MANY
from gvrc.reading.ticked import is_service
from gvrc.shapes import looks_like_facility
from gvrc.values.casts import read_flag
from gvrc.values.storable import NO_NUL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvrc.extract import FileReading

KNOWN_KEYS = st.sampled_from(
    [
        "name",
        "facility_name",
        "officialname",
        "code",
        "mfl_code",
        "Code",
        "registration_number",
        "type",
        "facility_type",
        "facility_type_name",
        "category",
        "amenity",
        "keph_level",
        "status",
        "operation_status_name",
        "is_active",
        "active",
        "closed",
        "county",
        "county_name",
        "constituency",
        "ward",
        "sub_county",
        "location",
        "address",
        "lat",
        "long",
        "latitude",
        "lng",
        "x",
        "y",
        "coordinates",
        "lat_long",
        "geometry",
        "geom",
        "contacts",
        "contact",
        "phone",
        "email",
        "officer_in_charge",
        "website",
        "url",
        "services",
        "service_names",
        "facility_services",
        "categories",
        "gbv_category",
        "owner",
        "owner_name",
        "owner_type",
        "operator",
        "beds",
        "cots",
        "open_24_hours",
        "description",
        "notes",
        "updated",
        "created",
        "id",
        "uuid",
        "identifier",
        "properties",
        "tags",
        "fields",
        "telecom",
        "meta",
        "resource",
        "parent_county",
        "Constituen",
        "24_hours",
        "basic_info",
        "facility_details",
    ]
)
KEYS = KNOWN_KEYS | st.text(max_size=12)
TEXTS = st.text(max_size=20) | st.sampled_from(
    ["N/A", "None", " ", "-1.28, 36.8", "0700000016", "d662c8df-7116-4116-9eee-9b09f441ebc3", "Nairobi", "true", "47"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
POINTS = st.fixed_dictionaries({"type": st.just("Point"), "coordinates": st.lists(st.floats(-90, 90), max_size=3)})
VALUES = st.recursive(
    SCALARS | POINTS,
    lambda inner: st.lists(inner, max_size=7) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)
RECORDS = (
    st.dictionaries(KEYS, VALUES, max_size=12)
    .map(lambda record: record | {"name": "Umoja Health Centre"})
    .filter(lambda record: looks_like_facility(record, Keys({})))  # no person, and no county with facilities inside
)
QUICK = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))


@given(RECORDS)
@example({"_reject": False, "name": "Umoja Health Centre"})  # a source's own key, no header of a reject
@example({"SAFEHOUSE": False, "name": "Umoja Health Centre"})
@example({"services": '0"\u00b9', "name": "Umoja Health Centre"})  # one service, as JSON text with its quote escaped
@QUICK
def test_each_leaf_of_a_record_is_found_again(record: dict[str, Any]) -> None:
    frame, reading = read_bytes(json.dumps([record]).encode())

    assert [leaf for leaf in leaves(record) if not is_found(leaf, frame, reading)] == []


@given(st.lists(RECORDS, min_size=1, max_size=5))
@example([{"id": 1, "type": {"type": "Point", "coordinates": []}, "name": "Umoja Health Centre"}])  # no name of a kind
@example([{"id": 1, "type": "title", "title": "Umoja", "name": "Umoja Health Centre"}])  # a record, no property
@example([{"value": 1, "category": "a", "node": "b", "name": "Umoja Health Centre"}])  # a record, no answer
@QUICK
def test_records_read_together_say_what_they_say_alone(records: list[dict[str, Any]]) -> None:
    together, reading = read_bytes(json.dumps(records).encode())
    alone = [read_bytes(json.dumps([record]).encode()) for record in records]

    assert_frame_equal(together.drop("record_number"), pl.concat(frame for frame, _ in alone).drop("record_number"))
    assert {key: count for key, (count, _) in reading.unmapped.items()} == counted(reading for _, reading in alone)


@given(RECORDS)
@QUICK
def test_many_records_with_the_same_keys_say_what_one_says(record: dict[str, Any]) -> None:
    many, reading = read_bytes(json.dumps([record] * ALIKE).encode())
    one, alone = read_bytes(json.dumps([record]).encode())

    assert_frame_equal(many.drop("record_number"), pl.concat([one] * ALIKE).drop("record_number"))
    assert reading.unmapped == {key: (ALIKE * count, example) for key, (count, example) in alone.unmapped.items()}
    assert reading.types_met == alone.types_met


ALIKE = MANY + 10  # then they are read as columns


@given(RECORDS)
@example({"facility_name": "NaN", "name": "Umoja Health Centre"})
@QUICK
def test_no_field_says_what_the_record_does_not(record: dict[str, Any]) -> None:
    frame, _ = read_bytes(json.dumps([record]).encode())
    said = {text for _, text in leaves(record)}

    for field in EXTRACTED.names()[5:]:
        value = frame[field][0]
        if value is not None and field in ("facility_name", "facility_code", "county_name", "ward_name", "latitude"):
            assert value in said, field


def leaves(value: object, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], str]]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in leaves(inner, (*path, key))]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in leaves(inner, path)]
    return [] if is_absent(value) else [(path, as_text(value))]


def as_text(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def is_found(leaf: tuple[tuple[str, ...], str], frame: pl.DataFrame, reading: FileReading) -> bool:
    path, text = leaf
    keys = [".".join(path[: length + 1]).replace("\x00", NO_NUL) for length in range(len(path))]
    row = frame.row(0, named=True)
    fields = [row[field] for field in EXTRACTED.names()[5:] if row[field] is not None]
    told = row["issue.value_not_used"] or ""
    return (
        any(text in field or is_inside(text, field) for field in fields)
        or any(text.strip().lower() in field.lower() for field in fields)  # the same but for capitals and spaces
        or any(f"{key}=" in told and is_said(text, told) for key in keys)
        or any(key in reading.unmapped for key in keys)
        or (is_service(path[-1]) and read_flag(text) is False)  # a service that has a column, and is not offered
    )


def is_said(text: str, told: str) -> bool:
    if text in told or json.dumps(text, ensure_ascii=False)[1:-1] in told:
        return True
    numbers = re.findall(r"-?\d[\d.]*(?:e[+-]?\d+)?", told, re.IGNORECASE)  # 1e-05 is 0.00001 inside JSON text
    return re.fullmatch(r"-?\d[\d.]*e[+-]?\d+", text) is not None and any(
        float(number) == float(text) for number in numbers
    )


def is_inside(text: str, field: str) -> bool:
    try:
        value = json.loads(field)
    except json.JSONDecodeError:
        return False
    return text in {inner for _, inner in leaves(value)}


def counted(readings: Iterable[FileReading]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for reading in readings:
        for key, (count, _) in reading.unmapped.items():
            counts[key] = counts.get(key, 0) + count
    return counts
