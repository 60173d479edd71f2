"""Points that are no facility's own: one that was filled down a sheet stands beside facilities of many wards.

Read as their own, it would replace the good points that the directory has of them. Nothing would say that they lie far
from the other facilities of their ward, because those would have moved with them.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from gvrc.lazy import lazy_pattern
from gvrc.meaning.paths import is_absent, leaves, value_at
from gvrc.reading.cursor import read_element

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gvrc.meaning.meanings import Keys
    from gvrc.meaning.paths import KeyPath
    from gvrc.reading.elements import Elements

WARDS_TO_A_POINT: Final = 5  # from here on it is nobody's; in the national list and its newer export at most three
MORE_WARDS: Final = 2  # enough if all records of a list that have a point, five or more, have this one
SAMPLED: Final = 3  # records whose keys are looked at
POINT_FIELDS: Final = ("latitude", "longitude", "coordinates", "geometry")
PLACE_FIELDS: Final = (("ward_name",), ("constituency_name", "sub_county_name"), ("county_name",))  # the nearest counts

Point = tuple[str | None, ...]  # the texts of POINT_FIELDS, as they are read


def shared_points(elements: Elements, values: Sequence[object], keys: Keys) -> frozenset[Point]:
    """Give the points that records of many wards share; ``values`` are the first of the elements, decoded.

    The elements are those at hand: all of a list of up to 1 MB, the beginning of a longer one.
    """
    said = _fields_of([value for value in islice(values, SAMPLED) if isinstance(value, dict)], keys)
    points = [path for path in _saying(POINT_FIELDS, said) if path[-1] != "type"]
    places = next(filter(None, (_saying(fields, said) for fields in PLACE_FIELDS)), [])
    if not points or not places:
        return frozenset()
    alike, pointed = _alike(elements, str(points[0][-1]))
    by_point = defaultdict[str, list[tuple[Any, str]]](list)
    for element in alike:
        record = read_element(element)
        if isinstance(record, dict) and not all(is_absent(value_at(path, record)) for path in points):
            by_point[_said_at(points, record)].append((element, _said_at(places, record)))
    shared = [found for found in by_point.values() if _is_shared(found, pointed)]
    return _as_read([element for found in shared for element, _ in found], keys)


def _is_shared(found: list[tuple[Any, str]], pointed: int) -> bool:
    """Say whether a point is of too many wards; fewer suffice if all records that have a point have this one."""
    wards = len({place for _, place in found if place})
    return wards >= (MORE_WARDS if len(found) == pointed >= WARDS_TO_A_POINT else WARDS_TO_A_POINT)


def _alike(elements: Elements, key: str) -> tuple[Elements, int]:
    """Give the elements whose value under a key is frequent enough to be shared, and how many have a value there.

    Decoding all elements would take 20 times as long.
    """
    said = re.compile(rb'"%b"\s*:\s*(\[[^\]]*\]|"[^"]*"|[^,}\]\s]*)' % re.escape(key.encode(errors="replace")))
    texts = [found[1] if (found := said.search(memoryview(element))) else b"" for element in elements]
    counts = {text: count for text, count in Counter(texts).items() if DIGIT.search(text)}
    often = {text for text, count in counts.items() if count >= WARDS_TO_A_POINT}
    alike = [element for element, text in zip(elements, texts, strict=True) if text in often] if often else []
    return alike, sum(counts.values())


DIGIT: Final = lazy_pattern(rb"[0-9]")


def _as_read(elements: Elements, keys: Keys) -> frozenset[Point]:
    """Give the points of elements as the texts that they will be once the elements are opened."""
    if not elements:
        return frozenset()
    from gvrc.extract import FileReading  # they import polars: a file without shared points need not wait for that
    from gvrc.reading.fields import fields_of
    from gvrc.reading.records import read_elements

    values = fields_of(read_elements(elements), keys, FileReading())
    nothing = [None] * len(elements)
    columns = [values[field].to_list() if field in values else nothing for field in POINT_FIELDS]
    return frozenset(zip(*columns, strict=True)) - {(None,) * len(POINT_FIELDS)}


def _fields_of(records: list[dict[str, Any]], keys: Keys) -> dict[KeyPath, set[str]]:
    """Give the fields that each path to a value may stand for."""
    paths = {path: None for record in records for path, value in leaves(record) if not is_absent(value)}
    return {path: {field for length in range(len(path)) for field in keys.ranks(path[: length + 1])} for path in paths}


def _saying(fields: Iterable[str], said: dict[KeyPath, set[str]]) -> list[KeyPath]:
    return [path for path, may_be in said.items() if not may_be.isdisjoint(fields)]


def _said_at(paths: list[KeyPath], record: dict[str, Any]) -> str:
    values = [value_at(path, record) for path in paths]
    return "|".join(str(value).strip().lower() for value in values if not is_absent(value))
