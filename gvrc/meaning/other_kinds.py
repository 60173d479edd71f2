"""Records that say that they are no facility: of FHIR, OpenStreetMap, JSON:API, JSON-LD, DHIS2, and of reports."""

from __future__ import annotations

from typing import Any, Final

from gvrc.lazy import lazy_pattern
from gvrc.meaning.accounts import SALESFORCE
from gvrc.meaning.areas import area_kind
from gvrc.meaning.list_names import is_passed_over, is_undertaking
from gvrc.meaning.paths import HIT, normal_key
from gvrc.meaning.titles import names_a_place

# Each of these keys tells what kind an object is.
LEVEL_OF_LOCATION: Final = "location_type_name"  # CommCare's, which lists the wards with the facilities in them
KIND_KEYS: Final = frozenset(
    ("resourceType", "resource", "type", "level", "@type", "_type", "_index", "attributes", LEVEL_OF_LOCATION)
)
OSM_TYPES: Final = ("node", "way", "relation")
SITE_TAGS: Final = frozenset(
    ("amenity", "healthcare", "office", "social_facility", "police", "emergency", "building", "shop", "operator")
)
LEVEL_OF_BORDER: Final = "admin_level"
PLACE_TAGS: Final = frozenset(
    ("place", "highway", "boundary", "waterway", "natural", "railway", "public_transport", "route", LEVEL_OF_BORDER)
)
# By these a Feature of GeoJSON shows that it is an element of OpenStreetMap: Overpass turbo's, HOT's.
OSM_ID: Final = lazy_pattern(r"(?:node|way|relation)/\d+")
OSM_KEYS: Final = frozenset(("osm_id", "osm_type", "osm_way_id"))
ADMINISTRATIVE: Final = "administrative"
FHIR_FACILITIES: Final = frozenset(("Organization", "Location", "Bundle", "Parameters"))
FHIR_NO_SITES: Final = frozenset(("jdn", "ro", "bd", "rd", "co", "lvl"))  # a county or ward, a room, a bed, a road
NODES_OF_OTHERS: Final = (
    *("Person", "Patient", "WebSite", "WebPage", "AboutPage", "ContactPage", "CollectionPage", "BreadcrumbList"),
    *("ItemList", "ListItem", "ContactPoint", "PostalAddress", "GeoCoordinates"),
    *("AdministrativeArea", "City", "State", "Country", "FAQPage", "Question", "HowTo", "Product", "JobPosting"),
    *("Article", "NewsArticle", "BlogPosting", "ImageObject", "SearchAction", "Event", "Review", "Dataset"),
)
# Salesforce's objects that are no accounts: who is known there, and what is done with them.
OBJECTS_OF_PEOPLE: Final = frozenset(("Contact", "Lead", "User", "Group", "Task", "Event", "Opportunity", "Campaign"))
VERSION_OF_INDEX: Final = lazy_pattern(r"(?:[-_.]v?\d[\d.-]*)+\Z")  # gbv-survivors-v2, users_2024.01
PROGRAMMES: Final = frozenset(("programme", "programmes", "program", "programs"))
FACILITY_UNIT: Final = 5
COUNTS: Final = frozenset(
    ("quantity", "qty", "stock", "instock", "amount", "unitprice", "price", "balance", "count", "total", "percentage")
)
MOST_COUNTS: Final = 5  # keys
ROLE_KEYS: Final = ("role", "type", "partner_type", "partnerType")
FUNDERS: Final = frozenset(("donor", "funder", "fundingpartner", "fundingagency", "donoragency", "developmentpartner"))
LEVEL_KEYS: Final = ("level", "type", "kind", "admin_level", "adminLevel", "unit_type", "unitType")
LEVELS_IN_SWAHILI: Final = {"kaunti": "county", "kauntindogo": "subcounty", "jimbo": "constituency", "kata": "ward"}
NAMED_LEVELS: Final = frozenset(("county", "subcounty", "constituency", "ward", *LEVELS_IN_SWAHILI))
KEYS_OF_UNIT_WITH_LEVEL: Final = frozenset(
    (*LEVEL_KEYS, "name", "id", "uuid", "code", "slug", "pcode", "parent", "parent_id")
)
UID: Final = lazy_pattern(r"(?=.*[a-z])(?=.*[A-Z])[A-Za-z][A-Za-z0-9]{10}")
ENDINGS_OF_LEVELS: Final = {
    2: lazy_pattern(r"(?i)\w(?<!\bsub)[\s-]+county\s*\Z"),
    3: lazy_pattern(r"(?i)\w[\s-]+sub[\s-]?county\s*\Z"),
    4: lazy_pattern(r"(?i)\w\s+ward\s*\Z"),
}
KEYS_OF_UNIT: Final = frozenset(("id", "level", "name", "displayName", "shortName", "code", "openingDate", "leaf"))


def is_of_many_kinds(value: object) -> bool:
    """Say whether a value is of a format that mixes facilities with others: FHIR, OpenStreetMap, JSON:API, DHIS2."""
    return (isinstance(value, dict) and not value.keys().isdisjoint(KIND_KEYS)) and (
        "resourceType" in _resource(value)
        or value.get("type") in OSM_TYPES
        or not value.keys().isdisjoint(("@type", "_type"))
        or bool(json_api_type(value) or _object_type(value) or _index_of(value))
        or is_organisation_unit(value)
        or LEVEL_OF_LOCATION in value
        or bool(_tags_of_feature(value) or area_kind(value))
    )


def other_kind(value: object) -> str | None:
    """Name the kind of an object that says that it is no facility, else None."""
    if not isinstance(value, dict):
        return None
    return (
        _other_api_type(value)
        or _other_unit(value)
        or _other_item(value)
        or _other_resource(_resource(value))
        or _other_element(value)
        or area_kind(value)
        or _other_node(value)
        or _other_document(value)
        or _other_object(value)
    )


def _other_api_type(value: dict[str, Any]) -> str | None:
    kind = json_api_type(value)
    return kind if _is_other_type(kind) else None


def _other_unit(value: dict[str, Any]) -> str | None:
    """Name the level of a unit above or inside of facilities: of DHIS2, or of whoever says it in words."""
    if is_organisation_unit(value) and (value["level"] < FACILITY_UNIT or _is_inside_a_facility(value)):
        return f"organisation unit of level {value['level']}"
    if LEVEL_OF_LOCATION in value:
        return level_named({"type": value[LEVEL_OF_LOCATION]})
    is_named = is_unit_with_level(value) and value.keys() <= KEYS_OF_UNIT_WITH_LEVEL
    return level_named(value) if is_named and not names_a_place(value["name"]) else None


def _is_inside_a_facility(unit: dict[str, Any]) -> bool:
    """Say whether a unit of DHIS2 is below one of the level of facilities that is called as one: a department of it.

    In other hierarchies level 5 is a ward, so that its name must tell.

    >>> [_is_inside_a_facility({"level": 6, "parent": {"name": name}}) for name in ("Lindi Hospital", "Lindi Ward")]
    [True, False]
    """
    parent = unit.get("parent")
    names = (parent.get(key) for key in ("name", "displayName")) if isinstance(parent, dict) else ()
    return unit["level"] == FACILITY_UNIT + 1 and any(isinstance(name, str) and names_a_place(name) for name in names)


def _other_item(value: dict[str, Any]) -> str | None:
    """Name what stands beside facilities in a body's report: its stock, and who pays for its work."""
    if _is_stock(value):
        return "item that is counted"
    roles = (said for said in map(value.get, ROLE_KEYS) if isinstance(said, str))
    return "funder" if any(normal_key(said) in FUNDERS for said in roles) else None


def _is_stock(value: dict[str, Any]) -> bool:
    """Say whether an object counts something that has a name, and tells nothing else: a clinic's kits, cases by kind.

    >>> [_is_stock({"name": name, "quantity": 40}) for name in ("PEP kits", "Lindi Clinic")]
    [True, False]
    """
    name = value.get("name")
    if not isinstance(name, str) or len(value) > MOST_COUNTS:
        return False
    counted = {normal_key(key) for key in value} - {"name"}
    return bool(counted) and counted <= COUNTS and not names_a_place(name)


def _other_resource(resource: dict[str, Any]) -> str | None:
    kind = resource.get("resourceType")
    if isinstance(kind, str) and kind not in FHIR_FACILITIES:
        return kind
    part = _part_of_site(resource.get("physicalType")) if kind == "Location" else None
    return part and f"Location_{part}"


def _resource(value: dict[str, Any]) -> dict[str, Any]:
    inner = value.get("resource")
    return inner if isinstance(inner, dict) else value


def _other_document(value: dict[str, Any]) -> str | None:
    """Name the kind of a Sanity document that is no facility: its export mixes authors and pages with the others."""
    kind = value.get("_type")
    return kind if isinstance(kind, str) and "_id" in value and _is_other_type(kind) else None


def _other_object(value: dict[str, Any]) -> str | None:
    """Name the object of Salesforce, or the index of Elasticsearch, whose records are no facilities."""
    kind, index = _object_type(value), _index_of(value)
    if kind in OBJECTS_OF_PEOPLE or (kind and _is_other_type(kind)):
        return kind
    return index if index and _is_other_type(index) else None


def _object_type(value: dict[str, Any]) -> str:
    marks = value.get("attributes")
    is_marked = isinstance(marks, dict) and str(marks.get("url")).startswith(SALESFORCE)
    return str(marks.get("type", "")) if is_marked and isinstance(marks, dict) else ""


def _index_of(value: dict[str, Any]) -> str:
    """Name the index that a hit of Elasticsearch is from, without its version: a search may go through several."""
    index = value.get("_index") if HIT in value else None
    return VERSION_OF_INDEX.sub("", index) if isinstance(index, str) else ""


def _part_of_site(physical_type: object) -> str | None:
    """Name the physical type of a FHIR Location, if a facility cannot be one."""
    codings = physical_type.get("coding") if isinstance(physical_type, dict) else None
    codes = [coding.get("code") for coding in codings if isinstance(coding, dict)] if isinstance(codings, list) else []
    return next((code for code in codes if isinstance(code, str) and code in FHIR_NO_SITES), None)


def _other_element(value: dict[str, Any]) -> str | None:
    if tag := _tag_of_place(_tags_of_feature(value)):
        return f"feature_of_{tag}"
    if value.get("type") not in OSM_TYPES:
        return None
    if tag := _tag_of_place(value.get("tags")):
        return f"{value['type']}_of_{tag}"
    return f"{value['type']} without tags" if "id" in value and not value.get("tags") and "name" not in value else None


def _tags_of_feature(feature: dict[str, Any]) -> dict[str, Any]:
    """Give the tags of a Feature of GeoJSON that is an element of OpenStreetMap, or a border whoever has drawn it.

    >>> _tags_of_feature({"type": "Feature", "properties": {"@id": "node/8", "place": "suburb", "shop": None}})
    {'@id': 'node/8', 'place': 'suburb'}
    >>> _tags_of_feature({"type": "Feature", "properties": {"name": "Lindi Clinic", "place": "Lindi"}})
    {}
    """
    properties = feature.get("properties") if feature.get("type") == "Feature" else None
    if not isinstance(properties, dict):
        return {}
    is_element = OSM_ID.fullmatch(str(properties.get("@id"))) or not OSM_KEYS.isdisjoint(properties)
    is_border = properties.get("boundary") == ADMINISTRATIVE or _is_area_of_a_level(feature)
    return {key: said for key, said in properties.items() if said is not None} if is_element or is_border else {}


def _is_area_of_a_level(feature: dict[str, Any]) -> bool:
    """Say whether a Feature is the area of a ward or of what is above it: OpenStreetMap's admin_level, in its words."""
    geometry, level = feature.get("geometry"), feature["properties"].get(LEVEL_OF_BORDER)
    is_area = isinstance(geometry, dict) and geometry.get("type") in ("Polygon", "MultiPolygon")
    return is_area and str(level).isdecimal()


def _tag_of_place(tags: object) -> str | None:
    """Give the tag by which an element of OpenStreetMap is only a suburb, a bus stop or a border."""
    if not isinstance(tags, dict) or not SITE_TAGS.isdisjoint(key.rpartition(":")[2] for key in tags):
        return None
    return next((key for key in tags if key in PLACE_TAGS), None)


def _other_node(value: dict[str, Any]) -> str | None:
    """Name a JSON-LD node that is no body's place: a page's graph includes its authors and the page itself."""
    kinds = value.get("@type")
    return next((kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if kind in NODES_OF_OTHERS), None)


def json_api_type(value: object) -> str:
    """Give the type of a JSON:API resource: its lists mix facilities with the wards and users that they refer to."""
    if not isinstance(value, dict):
        return ""
    kind = value.get("type")
    return kind if isinstance(kind, str) and "id" in value and {"attributes", "relationships"} & set(value) else ""


def _is_other_type(kind: str) -> bool:
    """Say whether a type of JSON:API is not one of facilities; Drupal's are ``node--facility`` and ``user--user``."""
    entity, _, bundle = kind.partition("--")
    several = (kind, f"{kind}s", f"{kind.removesuffix('y')}ies")
    is_of_others = any(map(is_passed_over, several)) or is_undertaking(kind) or kind.lower() in PROGRAMMES
    return bool(bundle and entity != "node") or is_of_others


def is_organisation_unit(value: dict[str, Any]) -> bool:
    """Say whether a record is an organisation unit of DHIS2; without its path, by the ids of it and of its parent.

    >>> unit = {"id": "bXcDEF12345", "name": "Lindi Ward", "level": 4}
    >>> is_organisation_unit(unit), is_organisation_unit(unit | {"id": "13080"})
    (True, False)
    >>> unit |= {"name": "Lindi Hospital", "ward": "Lindi"}
    >>> [is_organisation_unit(unit | {"parent": {"id": known}}) for known in ("aXcDEF12345", 7)]
    [True, False]
    """
    level, parent = value.get("level"), value.get("parent")
    if is_unit_of_hierarchy(level, value.get("path")):
        return True
    is_sure = (isinstance(parent, dict) and is_uid(parent.get("id"))) or _is_named_after(level, value.get("name"))
    return type(level) is int and is_uid(value.get("id")) and (is_sure or value.keys() <= KEYS_OF_UNIT)


def _is_named_after(level: object, name: object) -> bool:
    """Say whether a name ends as those of the units of this level do in Kenya's hierarchy, and of no facility.

    >>> _is_named_after(4, "Lindi Ward"), _is_named_after(4, "Kibra Sub County"), _is_named_after(4, "Lindi Hospital")
    (True, False, False)
    """
    ending = ENDINGS_OF_LEVELS.get(level) if isinstance(level, int) else None
    return ending is not None and isinstance(name, str) and ending.search(name) is not None


def level_named(value: dict[str, Any]) -> str | None:
    """Give the level of place that an object says it is of, in words: county, subcounty, constituency or ward."""
    said = (value.get(key) for key in LEVEL_KEYS)
    words = (normal_key(level) for level in said if isinstance(level, str))
    return next((LEVELS_IN_SWAHILI.get(word, word) for word in words if word in NAMED_LEVELS), None)


def is_unit_with_level(value: dict[str, Any]) -> bool:
    """Say whether an object is a unit of places that says which: ``{"level": "ward", "name": "Wagberi"}``."""
    return not value.keys().isdisjoint(LEVEL_KEYS) and isinstance(value.get("name"), str) and bool(level_named(value))


def is_uid(known: object) -> bool:
    """Say whether an id is of the form that DHIS2 makes its own in."""
    return isinstance(known, str) and UID.fullmatch(known) is not None


def is_unit_of_hierarchy(level: object, path: object) -> bool:
    """Say whether a record is an organisation unit of DHIS2 (Kenya's KHIS), whose level is its level in the hierarchy.

    Kenya is level 1, counties 2, sub-counties 3, wards 4, facilities 5, which is not the KEPH level of a hospital.
    """
    return isinstance(level, int) and isinstance(path, str) and path.startswith("/") and path.count("/") == level
