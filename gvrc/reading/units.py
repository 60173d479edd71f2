"""The units that an organisation unit of DHIS2 stands under: its ancestors, or its parent and the parent's parents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gvrc.lazy import lazy_pattern
from gvrc.meaning.other_kinds import is_unit_with_level, level_named
from gvrc.meaning.paths import normal_key

if TYPE_CHECKING:
    from collections.abc import Iterator

ABOVE: Final = frozenset(("ancestors", "parent"))
LEVELS: Final = {2: "county_name", 3: "sub_county_name", 4: "ward_name"}  # Kenya's; the country is 1, facilities are 5
ENDINGS: Final = (
    ("sub_county_name", lazy_pattern(r"(?i).\bsub[\s-]?county\s*\Z")),
    ("county_name", lazy_pattern(r"(?i).\bcounty\s*\Z")),
    ("constituency_name", lazy_pattern(r"(?i).\bconstituency\s*\Z")),
    ("ward_name", lazy_pattern(r"(?i).\bward\s*\Z")),
)
FIELDS: Final = {
    "subcounty": "sub_county_name",
    "county": "county_name",
    "constituency": "constituency_name",
    "ward": "ward_name",
}
MAX_UNITS: Final = 8


def units_above(value: object) -> dict[str, str]:
    """Give the places among the units above a facility, by field; a unit's level or its name must say what it is.

    >>> units_above([{"name": "Kenya", "level": 1}, {"name": "Nairobi", "level": 2}, {"name": "Lindi Ward"}])
    {'county_name': 'Nairobi', 'ward_name': 'Lindi Ward'}
    >>> units_above({"name": "Lindi Ward", "parent": {"name": "Kibra Sub County", "parent": {"name": "x"}}})
    {'ward_name': 'Lindi Ward', 'sub_county_name': 'Kibra Sub County'}
    """
    found: dict[str, str] = {}
    for unit in _chain(value):
        name = unit.get("name", unit.get("displayName"))
        if isinstance(name, str) and (
            field := _field_of(name, unit.get("level")) or FIELDS.get(level_named(unit) or "")
        ):
            found.setdefault(field, name)
    return found


def are_units_with_levels(value: object) -> bool:
    """Say whether a list is of units of places, each with its level in words: where its record is.

    >>> are_units_with_levels([{"level": "county", "name": "Wajir"}, {"level": "ward", "name": "Wagberi"}])
    True
    """
    return isinstance(value, list) and all(isinstance(unit, dict) and is_unit_with_level(unit) for unit in value)


def units_in(text: str) -> dict[str, str]:
    """Give the places that a text names with their level, by field; none of a level of which it names two.

    A single one does not count: a hospital has a Maternity Ward.

    >>> units_in("Lindi Ward, Nairobi County"), units_in("2nd floor, Maternity Ward")
    ({'ward_name': 'Lindi Ward', 'county_name': 'Nairobi County'}, {})
    """
    found = [unit for part in PARTED.split(text) if (unit := _labelled(part.strip()))]
    levels = [field for field, _ in found]
    return {field: name for field, name in found if levels.count(field) == 1} if len(set(levels)) > 1 else {}


def are_all_units(text: str) -> bool:
    """Say whether a text is nothing but places with their level."""
    return len(units_in(text)) == len(PARTED.split(text))


def _labelled(part: str) -> tuple[str, str] | None:
    if label := LABEL.fullmatch(part):
        return FIELDS[normal_key(label["level"])], label["name"]
    return (field, part) if (field := _field_of(part, None)) else None


PARTED: Final = lazy_pattern(r"[,;|\n]")
LABEL: Final = lazy_pattern(r"(?i)(?P<level>sub[\s-]?county|county|constituency|ward)\s*[:-]\s*(?P<name>\S.*)")


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
