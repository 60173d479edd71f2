"""Areas on a map that are no facility: a ward, a county, a settlement, drawn beside facilities or in place of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gvrc.lazy import lazy_pattern
from gvrc.meaning.list_names import is_constituency, is_ward
from gvrc.meaning.paths import normal_key
from gvrc.meaning.titles import names_a_place

if TYPE_CHECKING:
    from collections.abc import Iterator

AREAS: Final = ("Polygon", "MultiPolygon")
LEVELS_OF_AREAS: Final = frozenset(
    (
        *("county", "subcounty", "constituency", "ward", "kaunti", "kauntindogo", "jimbo", "kata"),
        *("province", "district", "division", "sublocation", "village", "settlement", "informalsettlement"),
        *("boundary", "administrativeboundary", "catchment", "catchmentarea"),
    )
)
# A point that says that it is one of these is where a map writes its name.
LEVELS_OF_LABELS: Final = frozenset(
    ("county", "subcounty", "constituency", "ward", "sublocation", "kaunti", "kauntindogo", "jimbo", "kata")
)
LEVEL_IN_NAME: Final = lazy_pattern(
    r"(?i).*?\w[\s-]+(sub[\s-]?location|location|sub[\s-]?county|county|constituency|ward|division|district|boundary)\s*"
)
SAYS_LEVEL: Final = frozenset(("type", "level", "kind", "adminlevel", "unittype", "areatype", "class"))
NAMES: Final = frozenset(("name", "areaname", "unitname", "jina"))
# The units that a map's columns name; DBF cuts a name after ten characters.
UNITS: Final = {
    **dict.fromkeys(("ward", "wardname", "kata", "caw"), "ward"),
    **dict.fromkeys(
        ("constituency", "constituencyname", "constituen", "const", "constname", "constnam", "jimbo"), "constituency"
    ),
    **dict.fromkeys(("subcounty", "subcountyname"), "subcounty"),
    **dict.fromkeys(("county", "countyname", "countynam", "kaunti"), "county"),
}
# A facility's grounds may be drawn, too: with one of these, they are what the record is of.
OF_A_FACILITY: Final = (
    *("type", "category", "facility", "mfl", "kmhfl", "service", "owner", "operat", "amenity", "healthcare"),
    *("phone", "tel", "mobile", "contact", "email", "hotline", "simu", "level", "keph", "status", "beds"),
)


def area_kind(value: dict[str, Any]) -> str | None:
    """Name the kind of a feature that is a unit of places, drawn as its area or as its label; None for any other.

    It says so, or bears the name of the ward, constituency or county that it says to be in, and tells no facility.

    >>> area = {"type": "Polygon", "coordinates": [[[36.78, -1.31], [36.79, -1.31], [36.79, -1.32], [36.78, -1.31]]]}
    >>> told = (
    ...     {"name": "Lindi", "type": "Ward"},
    ...     {"NAME": "Lindi", "WARD": "LINDI"},
    ...     {"name": "Lindi", "type": "Shop"},
    ... )
    >>> [area_kind({"type": "Feature", "geometry": area, "properties": properties}) for properties in told]
    ['area_of_ward', 'area_of_ward', None]
    """
    told = [(normal_key(key), said) for key, said in _told_of(value) if isinstance(said, str) and said.strip()]
    names = [said for word, said in told if word in NAMES]
    if not names or any(map(names_a_place, names)):
        return None
    level = _level_of_area(told, names) if _is_area(value["geometry"]) else _level_of_label(told)
    return level and f"area_of_{level}"


def _level_of_area(told: list[tuple[str, str]], names: list[str]) -> str | None:
    level = _said_level(told, LEVELS_OF_AREAS)
    return level or (None if _tells_facility(told) else _unit_named(told, names) or _level_in_name(names))


def _level_of_label(told: list[tuple[str, str]]) -> str | None:
    beside = [(word, said) for word, said in told if word not in SAYS_LEVEL]
    return None if _tells_facility(beside) else _said_level(told, LEVELS_OF_LABELS)


def _said_level(told: list[tuple[str, str]], levels: frozenset[str]) -> str | None:
    said_levels = (normal_key(said) for word, said in told if word in SAYS_LEVEL)
    return next((said for said in said_levels if said in levels), None)


def _tells_facility(told: list[tuple[str, str]]) -> bool:
    return any(word.startswith(OF_A_FACILITY) for word, _ in told)


def _unit_named(told: list[tuple[str, str]], names: list[str]) -> str | None:
    """Give the unit whose name the area bears: one that it says to be in, or one of what it says to be in."""
    plain = set(map(normal_key, names))
    units = {UNITS[word]: said for word, said in told if word in UNITS}
    if own := next((unit for unit, said in units.items() if normal_key(said) in plain), None):
        return own
    if any(is_ward(name, units.get("constituency", "")) for name in names):
        return "ward"
    county = units.get("county")
    return "constituency" if county and any(is_constituency(name, county) for name in names) else None


def _level_in_name(names: list[str]) -> str | None:
    """Give the level that an area's name ends in.

    >>> _level_in_name(["Lindi Sub-Location"]), _level_in_name(["Location"])
    ('sublocation', None)
    """
    found = filter(None, map(LEVEL_IN_NAME.fullmatch, names))
    return next((normal_key(name[1]) for name in found), None)


def _is_area(geometry: dict[str, Any]) -> bool:
    return geometry.get("type") in AREAS or "rings" in geometry


def _told_of(value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Give what is told of a feature: the properties of GeoJSON, the attributes of ESRI's JSON."""
    geometry = value.get("geometry")
    if not isinstance(geometry, dict) or not (_is_area(geometry) or geometry.get("type") == "Point"):
        return
    for key in ("properties", "attributes"):
        if isinstance(value.get(key), dict):
            yield from value[key].items()
