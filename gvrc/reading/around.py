"""What stands around records: the county, ward or group under whose key they are, and what their page says of all.

It is carried down the walk (``gvrc/reading/document.py``) as texts by name, and put first in each record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeGuard

import msgspec

from gvrc.lazy import lazy_pattern
from gvrc.meaning.list_names import (
    FACILITY_LISTS,
    NOT_FACILITIES,
    ONE_UNIT,
    WRAPPING,
    is_constituency,
    is_county,
    is_of_facilities,
    without_wrapping,
)
from gvrc.meaning.paths import (
    KEY_WORDS,
    PARENT_CLOSED,
    PARENT_CONSTITUENCY,
    PARENT_COUNTY,
    PARENT_GEOMETRY,
    PARENT_GROUP,
    PARENT_KEY,
    PARENT_PLACE,
    PARENT_PROJECTION,
    PARENT_SUB_COUNTY,
    PARENT_WARD,
    is_absent,
    normal_key,
)
from gvrc.meaning.vocabulary import list_words
from gvrc.values.projections import projection_of
from gvrc.values.synonyms import canonical_name, says_closed

if TYPE_CHECKING:
    from gvrc.meaning.meanings import Keys
    from gvrc.reading.elements import Elements


def with_parents(elements: Elements, parents: dict[str, Any]) -> Elements:
    """Put what stands around records first in each of them."""
    if not parents:
        return elements
    start = msgspec.json.encode(_with_chain(parents))[:-1]
    return [_put_first(start, bytes(element)) for element in elements]


def _with_chain(parents: dict[str, Any]) -> dict[str, Any]:
    """Say what the keys between a county and its records are, where their names tell.

    One is a sub-county if a constituency of the county is called so: a ward of that name lies in it, and so does one
    that is named as a ward below. Two are a ward's cell with all that it is in, for the place resolver, which takes
    them for a constituency and a ward only where they are. Others stay a hint.
    """
    keys = parents.get(PARENT_PLACE, "").split(", ")
    around = {name: said for name, said in parents.items() if name != PARENT_PLACE}
    named = around.keys() & LEVELS_NAMED.values()
    if not named and len(keys) == CONSTITUENCY_AND_WARD:
        return around | {PARENT_WARD: ", ".join((parents[PARENT_COUNTY], *keys))}
    if named <= {PARENT_WARD} and len(keys) == 1 and is_constituency(keys[0], parents.get(PARENT_COUNTY, "")):
        return around | {PARENT_SUB_COUNTY: keys[0]}
    return parents


CONSTITUENCY_AND_WARD: Final = 2  # keys


def _put_first(start: bytes, element: bytes) -> bytes:
    inside = element[1:].lstrip()
    if not element.startswith(b"{"):
        return element
    return start + (inside if inside.startswith(b"}") else b"," + inside)


def with_key(parents: dict[str, str], key: str, above: tuple[str, ...]) -> dict[str, str]:
    """Add what a key says of the records under it: their county or ward, their kind, or (inside a county) their place.

    A key that only says that records follow (``facilities``, ``nodes``) says nothing of them.
    """
    if is_county(key) and not _bears_name_of(parents.get(PARENT_COUNTY, ""), key):
        return parents | {PARENT_COUNTY: key}
    if above and (level := PLACE_LISTS.get(normal_key(above[-1]))) and not is_of_facilities(key):
        return parents if normal_key(key) in WRAPPING or is_key_of_one(key) else parents | {level: key}
    if closed := _closed_in(key):
        parents = parents | {PARENT_CLOSED: closed}
    if GROUP_WORDS.search(key.lower()) or canonical_name("facility_types", key):
        return parents | {PARENT_GROUP: key}
    if PARENT_COUNTY in parents and (named := NAMED_UNIT.fullmatch(key)) and named.lastgroup:
        return parents | {LEVELS_NAMED[named.lastgroup]: key}
    if PARENT_COUNTY in parents and not closed and normal_key(key) not in FACILITY_LISTS | NOT_FACILITIES | ONE_UNIT:
        return parents | {PARENT_PLACE: ", ".join(filter(None, (parents.get(PARENT_PLACE), key)))}
    return parents


def _bears_name_of(county: str, key: str) -> bool:
    """Say whether a key under a county's is called as it is: the constituencies of Makueni and Tharaka-Nithi."""
    return bool(county) and normal_key(county).startswith(normal_key(key))


# Of a tree whose keys say what they name: Tezo Ward, Wadi ya Tezo, Kinango Sub-County.
NAMED_UNIT: Final = lazy_pattern(
    r"(?i)(?:(?P<sub_county>kaunti ndogo ya \w.*|\w.*[ _]sub[ _-]?county)|(?P<ward>(?:kata|wadi) ya \w.*|\w.*[ _]ward)"
    r"|(?P<constituency>jimbo la \w.*|\w.*[ _]constituency))\s*"
)
LEVELS_NAMED: Final = {
    "sub_county": PARENT_SUB_COUNTY,
    "ward": PARENT_WARD,
    "constituency": PARENT_CONSTITUENCY,
}


def point_of_feature(value: dict[str, Any]) -> dict[str, str]:
    """Give the point of a GeoJSON feature whose record is deeper inside it, as in the places that Google Maps exports.

    An area is not taken: it is that of the ward or county around the record.
    """
    geometry = value.get("geometry")
    if value.get("type") != "Feature" or not isinstance(geometry, dict) or geometry.get("type") != "Point":
        return {}
    return {PARENT_GEOMETRY: msgspec.json.encode(geometry).decode()}


def around_list(parents: dict[str, str]) -> dict[str, str]:
    """Leave out what belongs to a single record: a point around a list is not that of each of its records."""
    return {name: said for name, said in parents.items() if name != PARENT_GEOMETRY}


def projection_in(value: dict[str, Any]) -> dict[str, str]:
    """Give the map projection that an object around records names: GeoJSON's ``crs``, ESRI's ``spatialReference``."""
    said = (projection_of(inner) for key, inner in value.items() if normal_key(key) in PROJECTIONS)
    return {PARENT_PROJECTION: found} if (found := next(filter(None, said), None)) else {}


PROJECTIONS: Final = frozenset(("crs", "spatialreference", "epsg", "srid"))


def _closed_in(key: str) -> str | None:
    """Give the words of a key that say that what is under it is closed: ``closed``, ``non_operational_clinics``."""
    words = [word for word in map(str.lower, KEY_WORDS.findall(key)) if word not in SAYS_NO_STATUS]
    said = " ".join(words)
    return said if says_closed(said) and said not in NOT_SURELY_CLOSED else None


SAYS_NO_STATUS: Final = list_words("says_no_status")
NOT_SURELY_CLOSED: Final = ("no", "moved", "relocated", "merged")
GROUP_WORDS: Final = lazy_pattern(
    r"hospital|clinic|dispensar|pharmac|police|shelter|safe.?h|rescue|legal|counsel|hotline|helpline|school|court|desk"
    r"|medical|psychosocial|health.?cent|gbv|emergenc|one.?stop|recovery|support|.station"  # of any kind
)


def with_own_key(path: tuple[str, ...], parents: dict[str, str]) -> dict[str, str]:
    """Separate the key of an object that is itself a record from the places above it; keep it if it is an identifier.

    Row numbers and words are no identifiers: in the next file, or the next county, they stand for another record.
    """
    key = path[-1] if path else ""
    around = dict(parents)
    if PARENT_PLACE in around:
        *places, last = around.pop(PARENT_PLACE).split(", ")
        kept = ", ".join(places if last == key else (*places, last))
        around |= {PARENT_PLACE: kept} if kept else {}
    return around | ({PARENT_KEY: key} if IDENTIFIER.fullmatch(key) else {})


IDENTIFIER: Final = lazy_pattern(r"(?=.*\d)(?=.*[A-Za-z])[\w-]{8,}")


def own_places(value: dict[str, Any], keys: Keys, path: tuple[str, ...]) -> dict[str, str]:
    """Give the places that an object around records names: ``{"ward": "Viwandani", "facilities": [...]}``.

    A mere name is that of a county, or of whatever the list that the object stands in is of. An object with a name of
    its own is an organisation around its branches: they may be in its county, but hardly in its ward.
    """
    level = _level_of(value, path)
    found, names = _named_in(value, keys, may_be_county=level is None)
    if names and level:
        return found if level in found else found | {level: names[0]}
    if set(names) - set(found.values()):
        return {place: name for place, name in found.items() if place == PARENT_COUNTY}
    return found


def _named_in(value: dict[str, Any], keys: Keys, *, may_be_county: bool) -> tuple[dict[str, str], list[str]]:
    """Give the places that an object names with their level, and those that it gives as a mere name.

    A mere name may be a county's, except in a list of other units: Makueni is a constituency, too.
    """
    county_fields = ("county_name", "facility_name") if may_be_county else ("county_name",)
    found: dict[str, str] = {}
    names: list[str] = []
    for key, told in value.items():
        inner = told.get("name") if normal_key(key) in ONE_UNIT and _is_plain(told) else told
        if not isinstance(inner, str) or is_absent(inner):
            continue
        fields = keys.ranks((key,))
        if is_county(inner) and not fields.keys().isdisjoint(county_fields):
            found.setdefault(PARENT_COUNTY, inner)
        elif place := next((place for field, place in PLACES_AROUND.items() if field in fields), None):
            found.setdefault(place, inner)
        elif "facility_name" in fields:
            names.append(inner)
    return found, names


def _level_of(value: dict[str, Any], path: tuple[str, ...]) -> str | None:
    """Give the level of a unit of places, by the key that it or its list stands under, or by the wards in it."""
    around = without_wrapping(path)
    level = (PLACE_LISTS | ONE_PLACE).get(normal_key(around[-1])) if around else None
    return level or (PARENT_SUB_COUNTY if any(normal_key(key) == WARDS for key in value) else None)


def _is_plain(value: object) -> TypeGuard[dict[str, Any]]:
    """Say whether an object holds plain values only: a ward with its name and code, not one with its facilities."""
    return isinstance(value, dict) and not any(isinstance(inner, (dict, list)) for inner in value.values())


PLACES_AROUND: Final = {
    "constituency_name": PARENT_CONSTITUENCY,
    "sub_county_name": PARENT_SUB_COUNTY,
    "ward_name": PARENT_WARD,
}
PLACE_LISTS: Final = {
    "constituencies": PARENT_CONSTITUENCY,
    "subcounties": PARENT_SUB_COUNTY,
    "wards": PARENT_WARD,
}
ONE_PLACE: Final = {
    "constituency": PARENT_CONSTITUENCY,
    "subcounty": PARENT_SUB_COUNTY,
    "ward": PARENT_WARD,
}
WARDS: Final = "wards"


def is_key_of_one(key: str) -> bool:
    """Say whether a key is the number or identifier of one item among many, and not a name."""
    return key.isdecimal() or IDENTIFIER.fullmatch(key) is not None
