"""The units that an organisation unit of DHIS2 stands under: its ancestors, or its parent and the parent's parents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ABOVE: Final = frozenset(("ancestors", "parent"))
LEVELS: Final = {2: "county_name", 3: "sub_county_name", 4: "ward_name"}  # Kenya's; the country is 1, facilities are 5
ENDINGS: Final = (
    ("sub_county_name", re.compile(r"(?i).\bsub[\s-]?county\s*\Z")),
    ("county_name", re.compile(r"(?i).\bcounty\s*\Z")),
    ("constituency_name", re.compile(r"(?i).\bconstituency\s*\Z")),
    ("ward_name", re.compile(r"(?i).\bward\s*\Z")),
)
MAX_UNITS: Final = 8


def units_above(value: object) -> dict[str, str]:
    """Give the places among the units above a facility, by field: what a unit is, its level or its name must say.

    >>> units_above([{"name": "Kenya", "level": 1}, {"name": "Nairobi", "level": 2}, {"name": "Lindi Ward"}])
    {'county_name': 'Nairobi', 'ward_name': 'Lindi Ward'}
    >>> units_above({"name": "Lindi Ward", "parent": {"name": "Kibra Sub County", "parent": {"name": "x"}}})
    {'ward_name': 'Lindi Ward', 'sub_county_name': 'Kibra Sub County'}
    """
    found: dict[str, str] = {}
    for unit in _chain(value):
        name = unit.get("name", unit.get("displayName"))
        if isinstance(name, str) and (field := _field_of(name, unit.get("level"))):
            found.setdefault(field, name)
    return found


def _chain(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        yield from (unit for unit in value[:MAX_UNITS] if isinstance(unit, dict))
        return
    for _ in range(MAX_UNITS):
        if not isinstance(value, dict):
            return
        yield value
        value = value.get("parent")


def _field_of(name: str, level: object) -> str | None:
    said = next((field for field, ending in ENDINGS if ending.search(name)), None)
    return said or (LEVELS.get(level) if isinstance(level, int) else None)
