"""Areas on a map that are no facility: a ward, a county, a settlement, drawn beside facilities or in place of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

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
SAYS_LEVEL: Final = frozenset(("type", "level", "kind", "adminlevel", "unittype", "areatype", "class"))
NAMES: Final = frozenset(("name", "areaname", "unitname", "jina"))
# The units that a map's columns name; DBF cuts a name after ten characters.
UNITS: Final = {
    **dict.fromkeys(("ward", "wardname", "kata", "caw"), "ward"),
    **dict.fromkeys(("constituency", "constituencyname", "constituen", "const", "jimbo"), "constituency"),
    **dict.fromkeys(("subcounty", "subcountyname"), "subcounty"),
    **dict.fromkeys(("county", "countyname", "kaunti"), "county"),
}
# A facility's grounds may be drawn, too: with one of these, they are what the record is of.
OF_A_FACILITY: Final = (
    *("type", "category", "facility", "mfl", "kmhfl", "service", "owner", "operat", "amenity", "healthcare"),
    *("phone", "tel", "mobile", "contact", "email", "hotline", "simu", "level", "keph", "status", "beds"),
)


def area_kind(value: dict[str, Any]) -> str | None:
    """Name the kind of a feature that is drawn as the area of a unit of places; None for any other.

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
    told = [(normal_key(key), said) for key, said in _told_of_area(value) if isinstance(said, str) and said.strip()]
    names = [said for word, said in told if word in NAMES]
    if not names or any(map(names_a_place, names)):
        return None
    said_levels = (normal_key(said) for word, said in told if word in SAYS_LEVEL)
    level = next((said for said in said_levels if said in LEVELS_OF_AREAS), None) or _unit_named(told, names)
    return level and f"area_of_{level}"


def _unit_named(told: list[tuple[str, str]], names: list[str]) -> str | None:
    """Give the unit whose name the area bears, where nothing is told that only a facility has."""
    if any(word.startswith(OF_A_FACILITY) for word, _ in told):
        return None
    plain = set(map(normal_key, names))
    return next((UNITS[word] for word, said in told if word in UNITS and normal_key(said) in plain), None)


def _told_of_area(value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Give what is told of an area: the properties of GeoJSON, the attributes of ESRI's JSON."""
    geometry = value.get("geometry")
    if not isinstance(geometry, dict) or not (geometry.get("type") in AREAS or "rings" in geometry):
        return
    for key in ("properties", "attributes"):
        if isinstance(value.get(key), dict):
            yield from value[key].items()
