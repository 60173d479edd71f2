"""Records read as columns say what the same records say as objects, whatever was guessed of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading import read_bytes

from gvrc.extract import FileReading
from gvrc.meaning.meanings import Keys
from gvrc.reading.alike import MANY, IdLists, _id_lists, read_alike
from gvrc.reading.opening import frame_of
from gvrc.reading.records import Records, read_as_objects, read_elements

if TYPE_CHECKING:
    from collections.abc import Callable


ID = "d662c8df-7116-4116-9eee-9b09f441ebc3"
ROWS = MANY + 10
KEYS = (
    "name",
    "code",
    "county",
    "services",
    "categories",
    "service_names",
    "address",
    "closed",
    "level",
    "path",
    "odd",
)
ODD_IDS = ([ID, 5], [ID[:-1]], [ID[:8] + '"' + ID[9:]], [ID, ID + ","], [[ID]], {"a": ID}, ID, [ID, ["x"]], [None])
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["Kayole", "N/A", "", " none ", "true", ID, f"{{{ID}}}", "5", "-1.28, 36.8", 'say "no"', "Ümoja"]),
    st.lists(st.just(ID), max_size=3),
    st.lists(st.sampled_from(["Tested, treated", "Level [1]", '"', "\\", "é"]), max_size=3),
    st.sampled_from(ODD_IDS),
    st.dictionaries(st.sampled_from(["name", "lat", "x"]), st.text(max_size=3), max_size=2),
)
# Most columns are of one kind, with another value now and then: that is what a guess is made for, and what it misses.
COLUMNS = st.tuples(VALUES, VALUES, st.sets(st.integers(0, ROWS - 1), max_size=3))
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(st.lists(COLUMNS, min_size=len(KEYS), max_size=len(KEYS)), st.sampled_from([(",", ":"), (", ", ": ")]))
@QUICK
def test_columns_say_what_objects_say(columns: list[tuple[Any, Any, set[int]]], separators: tuple[str, str]) -> None:
    usual = {key: (often, other, rows) for key, (often, other, rows) in zip(KEYS, columns, strict=True)}
    records = [
        {key: other if row in rows else often for key, (often, other, rows) in usual.items()} for row in range(ROWS)
    ]
    batch = [msgspec.Raw(json.dumps(record, separators=separators).encode()) for record in records]

    for _ in range(2):  # with a guess, and with the guess that was mended
        assert said(read_elements, batch) == said(read_as_objects, batch)


def said(read: Callable[[Any], Records], batch: list[msgspec.Raw]) -> tuple[object, ...]:
    reading = FileReading()
    frame = frame_of(1, range(1, len(batch) + 1), reading, Keys(), read(batch))
    return frame.rows(), reading.unmapped, reading.types_met


@pytest.mark.parametrize(
    "odd",
    [
        b'{"name":"A","services":[],"name":"B"}',
        b'{"name":"A","services":[{"a":1,"a":2}]}',
        b'{"name":"A","services":[], "name"\t:"B"}',
        b'{"name":"A","services":[], "name"\r\n:"B"}',
        b'{"name":"A","services":["%s",1e400]}' % ID.encode(),
        rb'{"name":"A","services":["\ud800"]}',
        b'{"name":"A","services":["\xff"]}',
        b'{"name":"A"}',
        b'{"name":"A","services":[],"more":1}',
    ],
)
def test_what_is_not_sound_or_not_alike_is_left_to_others(odd: bytes) -> None:
    sound = [b'{"name":"A","services":["%s"]}' % ID.encode()] * MANY

    assert read_alike(list(map(msgspec.Raw, sound)))
    assert read_alike(list(map(msgspec.Raw, [*sound, odd, *sound]))) is None


@pytest.mark.parametrize("stray", [42, "a", [1], None])
def test_a_list_may_hold_what_is_no_object_wherever_it_is_looked_at(stray: object) -> None:
    for place in range(1, MANY):
        records = [
            {"name": "A", "code": number, f"{stray} {place}": 1} for number in range(MANY)
        ]  # keys not met before
        frame, _ = read_bytes(json.dumps([*records[:place], stray, *records[place:]]).encode())
        assert frame["facility_code"].drop_nulls().to_list() == [str(number) for number in range(MANY)]


@pytest.mark.parametrize("odd", ODD_IDS)
def test_lists_of_ids_are_told_from_others(odd: object) -> None:
    lists = [[ID, ID], [], None, [ID]]

    assert _id_lists(map(msgspec.json.encode, lists)) == IdLists(list(map(msgspec.json.encode, lists)), 2)
    assert _id_lists(map(msgspec.json.encode, [*lists, odd])) is None
