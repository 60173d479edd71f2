"""What in a document looks like a facility, and what is around it: places, senders, other kinds of things."""

from __future__ import annotations

import re
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeGuard

from gvrc.paths import MAX_DEPTH, MAX_KNOWN_PATHS, UUID, KeyPath, is_absent, leaves, normal_key, words_of_key
from gvrc.persons import SAYS_MORE_OF_PEOPLE, is_people, is_person, is_person_word
from gvrc.titles import is_named_by_title

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvrc.meanings import Keys

# Lists under these keys are parts of a record, or of a directory's lookups: never facilities.
NOT_FACILITIES: Final = frozenset(
    (
        *(
            "users",
            "user",
            "staff",
            "people",
            "persons",
            "employees",
            "members",
            "authors",
            "patients",
            "practitioners",
        ),
        *("counties", "constituencies", "wards", "subcounties", "regions", "districts", "provinces", "countries"),
        *("lookups", "owners", "ownertypes", "statuses", "levels", "links", "crs", "headers", "columns", "metadata"),
        *("errors", "warnings", "infrastructure", "equipment", "departments", "branches", "documents", "images"),
        *("reviews", "ratings", "services", "contacts", "categories", "tags", "officers", "facilitytypes"),
        # the schema of a table or a map service: the names of its columns and layers
        *(
            "fields",
            "cols",
            "properties",
            "attributes",
            "schema",
            "layers",
            "tables",
            "aliases",
            "domains",
            "variables",
        ),
    )
)
OF_AN_OFFICE: Final = frozenset(
    (
        *("national", "regional", "region", "district", "division", "divisional", "zonal", "area", "branch", "field"),
        *("deputy", "assistant", "senior", "acting", "executive", "managing", "general", "lead", "duty", "liaison"),
        *("gender", "desk", "protection", "welfare", "probation", "children", "clinical", "information", "data"),
        *(
            "court",
            "police",
            "technical",
            "finance",
            "administrative",
            "office",
            "department",
            "program",
            "programme",
            "project",
        ),
    )
)
AROUND: Final = frozenset(
    (
        *("by", "viewer", "owner", "publisher", "maintainer", "custodian", "steward", "creator", "uploader", "sender"),
        *("types", "levels", "categories", "statuses", "roles", "permissions"),
    )
)
# What a body against gender violence does and counts beside the facilities that it lists.
UNDERTAKINGS: Final = frozenset(
    (
        *("training", "trainings", "workshop", "workshops", "event", "events", "meeting", "meetings", "campaign"),
        *("campaigns", "project", "projects", "donor", "donors", "funder", "funders", "grant", "grants", "vacancies"),
        *("sensitization", "sensitizations", "sensitisation", "sensitisations", "tender", "tenders", "announcements"),
        *("summary", "summaries", "totals", "statistics", "stats", "indicators", "news", "articles", "publications"),
        *("mafunzo", "mradi", "miradi", "mkutano", "mikutano", "mfadhili", "wafadhili", "muhtasari", "jumla", "habari"),
    )
)
ONE_UNDERTAKING: Final = frozenset(
    ("training", "workshop", "event", "meeting", "campaign", "project", "grant", "donor", "funder", "mradi", "mkutano")
)
# These only say that something follows: GraphQL's connections, and the pages of what serves lists.
WRAPPING: Final = frozenset(("data", "results", "records", "items", "rows", "objects", "edges", "nodes", "node"))
SENDERS: Final = frozenset(
    (
        *("institution", "organization", "organisation", "agency", "ministry", "department", "directorate"),
        *("authority", "secretariat", "body", "board", "partner", "programme", "program", "project"),
        *("taasisi", "wizara", "idara"),
    )
)
FACILITY_LISTS: Final = frozenset(
    (
        *("facilities", "facility", "data", "results", "records", "items", "rows", "features", "elements", "entry"),
        *("entries", "providers", "organizations", "organisations", "institutions", "hospitals", "clinics", "centers"),
        *(
            "centres",
            "stations",
            "policestations",
            "shelters",
            "hotlines",
            "resources",
            "sites",
            "locations",
            "objects",
        ),
        *("content", "list", "hits", "docs", "values", "value", "nodes", "edges", "healthfacilities", "safehouses"),
    )
)
# A table of a database is of facilities if its name ends in one of these.
OF_FACILITIES: Final = frozenset(
    (
        *("facility", "facilities", "hospital", "hospitals", "clinic", "clinics", "dispensaries"),
        *("station", "stations"),
        *("provider", "providers", "organization", "organizations", "organisation", "organisations", "institutions"),
        *("center", "centers", "centre", "centres", "shelter", "shelters", "safehouse", "safehouses", "hotlines"),
        *("helplines", "offices", "desks", "courts", "homes", "sites", "vituo", "gbvrcs", "gvrcs"),
    )
)
# Under these keys a facility may have lists of its own, with names in them.
LOOSE_LISTS: Final = frozenset(
    (
        "resources",
        "items",
        "values",
        "value",
        "list",
        "nodes",
        "sites",
        "objects",
        "content",
        "rows",
        "locations",
        "hotlines",
    )
)
STRICT_LISTS: Final = FACILITY_LISTS - LOOSE_LISTS
EVIDENCE: Final = frozenset(
    (
        *("facility_code", "registration_number", "facility_type", "facility_level", "operational_status"),
        *("county_name", "constituency_name", "ward_name", "sub_county_name", "latitude", "coordinates", "geometry"),
        *("contacts", "services", "owner_name", "address"),
    )
)
COUNTIES: Final = frozenset(
    (
        *("mombasa", "kwale", "kilifi", "tanariver", "lamu", "taitataveta", "garissa", "wajir", "mandera", "marsabit"),
        *("isiolo", "meru", "tharakanithi", "embu", "kitui", "machakos", "makueni", "nyandarua", "nyeri", "kirinyaga"),
        *("muranga", "kiambu", "turkana", "westpokot", "samburu", "transnzoia", "uasingishu", "elgeyomarakwet"),
        *("nandi", "baringo", "laikipia", "nakuru", "narok", "kajiado", "kericho", "bomet", "kakamega", "vihiga"),
        *("bungoma", "busia", "siaya", "kisumu", "homabay", "migori", "kisii", "nyamira", "nairobi"),
        *("nairobicity", "tharaka", "murangaa", "taita", "elgeyo"),
    )
)


def is_county(key: str) -> bool:
    """Say whether a key is the name of one of the 47 counties."""
    word = normal_key(key)
    return word in COUNTIES or word.removesuffix("county") in COUNTIES


def is_of_facilities(name: str) -> bool:
    """Say whether a list, or a table of a database, is named after facilities, a mark (``tbl_``) before it or not.

    >>> [
    ...     is_of_facilities(name)
    ...     for name in ("facilities", "tbl_police_stations", "facility_types", "cases", "counties")
    ... ]
    [True, True, False, False, False]
    """
    words = words_of_key(name)
    return not is_passed_over(name) and not OF_FACILITIES.isdisjoint((*words[-1:], "".join(words[-2:])))


def is_passed_over(key: str) -> bool:
    """Say whether what stands under this key is known to be something else than facilities.

    >>> [is_passed_over(key) for key in ("users", "prepared_by", "regionalCommander", "facility_types", "safe_houses")]
    [True, True, True, True, False]
    """
    return _is_no_facility(key) or _is_around_facilities(key)


def _is_no_facility(key: str) -> bool:
    return normal_key(key) in NOT_FACILITIES or is_people(key)


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def _is_around_facilities(key: str) -> bool:
    """Say whether a key tells who sent or keeps a file, who is in charge of a region, or what its words mean.

    Facilities may stand deeper in it, which what is of people holds none of.
    """
    words = words_of_key(key)
    return (
        bool(words)
        and (
            words[-1] in AROUND
            or (words[-1] == "na" and words[0].startswith("ime"))  # imeandaliwa_na: prepared by
            or words[:2] == ["head", "of"]
            or (words[0] == "contact" and words[1:2] in (["us"], ["for"]))
            or (is_person_word(words[-1]) and (SAYS_MORE_OF_PEOPLE | OF_AN_OFFICE).issuperset(words[:-1]))
        )
    )


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def is_undertaking(key: str) -> bool:
    """Say whether what is under this key is of what a body does, gets or counts, and of no place.

    >>> [is_undertaking(key) for key in ("gbv_trainings", "upcomingEvents", "projects", "training_centres", "outreach")]
    [True, True, True, False, False]
    """
    return not UNDERTAKINGS.isdisjoint(words_of_key(key)[-1:])


def is_list_of_undertakings(key: str) -> bool:
    """Say whether a key is of several: one project may be the envelope of all that a file lists."""
    return is_undertaking(key) and ONE_UNDERTAKING.isdisjoint(words_of_key(key)[-1:])


def without_wrapping(path: tuple[str, ...]) -> tuple[str, ...]:
    """Give a path up to the last key that says of what the things under it are.

    >>> without_wrapping(("county", "wards", "edges", "node"))
    ('county', 'wards')
    """
    length = next((length for length in range(len(path), 0, -1) if normal_key(path[length - 1]) not in WRAPPING), 0)
    return path[:length]


def may_be_sender(key: str) -> bool:
    """Say whether a single object under this key, beside facilities, may be the body that sends them.

    >>> [may_be_sender(key) for key in ("institution", "lead_agency", "organizations", "hotline")]
    [True, True, False, False]
    """
    return not SENDERS.isdisjoint(words_of_key(key)[-1:])


def says_only_contacts(record: object, keys: Keys) -> bool:
    """Say whether a record names something and how to reach it, and says nothing else of a facility."""
    if not looks_like_facility(record, keys):
        return False
    told = [path for path, value in leaves(record) if not is_absent(value)]
    return {meaning.field for path in told for meaning in keys.meanings(path)} & EVIDENCE == {"contacts"}


def looks_like_facility(record: object, keys: Keys) -> TypeGuard[dict[str, Any]]:
    """Say whether an object has something like the name of a facility, and is not a person or a folder of records."""
    if not isinstance(record, dict) or is_person(record, keys) or other_kind(record):
        return False
    if any(_holds_facilities(key, value, keys) or _holds_units(key, value, keys) for key, value in record.items()):
        return False
    if any(_is_name(value) for path, value in leaves(record) if _means(keys, path, "facility_name")):
        return True
    return is_named_by_title(record, keys) and not has_facilities_inside(record, keys)


def is_of_many_kinds(value: object) -> bool:
    """Say whether a value is of a format that mixes facilities with others: FHIR, OpenStreetMap, JSON:API, DHIS2."""
    return (isinstance(value, dict) and not value.keys().isdisjoint(KIND_KEYS)) and (
        "resourceType" in _resource(value)
        or value.get("type") in OSM_TYPES
        or "@type" in value
        or bool(json_api_type(value))
        or is_unit_of_hierarchy(value.get("level"), value.get("path"))
    )


def other_kind(value: object) -> str | None:
    """Name what a FHIR resource or an OpenStreetMap element is if it is no facility, else None."""
    if not isinstance(value, dict):
        return None
    if _is_other_type(json_api_type(value)):
        return json_api_type(value)
    if is_unit_of_hierarchy(value.get("level"), value.get("path")) and value["level"] < FACILITY_UNIT:
        return f"organisation unit of level {value['level']}"
    return _other_resource(_resource(value)) or _other_element(value) or _other_node(value)


def _other_resource(resource: dict[str, Any]) -> str | None:
    kind = resource.get("resourceType")
    if isinstance(kind, str) and kind not in FHIR_FACILITIES:
        return kind
    part = _part_of_site(resource.get("physicalType")) if kind == "Location" else None
    return part and f"Location_{part}"


def _other_element(value: dict[str, Any]) -> str | None:
    if value.get("type") not in OSM_TYPES:
        return None
    if tag := _tag_of_place(value.get("tags")):
        return f"{value['type']}_of_{tag}"
    return f"{value['type']} without tags" if "id" in value and not value.get("tags") and "name" not in value else None


def is_unit_of_hierarchy(level: object, path: object) -> bool:
    """Say whether a record is an organisation unit of DHIS2 (Kenya's KHIS): its level is that in the hierarchy.

    Kenya is level 1, counties 2, sub-counties 3, wards 4, facilities 5 - which is not the KEPH level of a hospital.
    """
    return isinstance(level, int) and isinstance(path, str) and path.startswith("/") and path.count("/") == level


FACILITY_UNIT: Final = 5


def json_api_type(value: object) -> str:
    """Give the type of a JSON:API resource: its lists mix facilities with the wards and users they refer to."""
    if not isinstance(value, dict):
        return ""
    kind = value.get("type")
    return kind if isinstance(kind, str) and "id" in value and {"attributes", "relationships"} & set(value) else ""


def _is_other_type(kind: str) -> bool:
    """Say whether a type of JSON:API is none of facilities; Drupal's are ``node--facility`` and ``user--user``."""
    entity, _, bundle = kind.partition("--")
    several = (kind, f"{kind}s", f"{kind.removesuffix('y')}ies")
    return bool(bundle and entity != "node") or any(map(is_passed_over, several))


def _resource(value: dict[str, Any]) -> dict[str, Any]:
    inner = value.get("resource")
    return inner if isinstance(inner, dict) else value


def _other_node(value: dict[str, Any]) -> str | None:
    """Name a node of JSON-LD that is no place of a body: the graph of a page has its authors and the page itself."""
    kinds = value.get("@type")
    return next((kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if kind in NODES_OF_OTHERS), None)


def _part_of_site(physical_type: object) -> str | None:
    """Name what a FHIR Location is by its physical type, if that is no place where a facility is."""
    codings = physical_type.get("coding") if isinstance(physical_type, dict) else None
    codes = [coding.get("code") for coding in codings if isinstance(coding, dict)] if isinstance(codings, list) else []
    return next((code for code in codes if isinstance(code, str) and code in FHIR_NO_SITES), None)


def _tag_of_place(tags: object) -> str | None:
    """Give the tag that makes an element of OpenStreetMap a suburb, a bus stop or a border, and nothing else."""
    if not isinstance(tags, dict) or not SITE_TAGS.isdisjoint(key.rpartition(":")[2] for key in tags):
        return None
    return next((key for key in tags if key in PLACE_TAGS), None)


# One of them tells of what kind an object is.
KIND_KEYS: Final = frozenset(("resourceType", "resource", "type", "level", "@type"))
NODES_OF_OTHERS: Final = (
    *("Person", "Patient", "WebSite", "WebPage", "AboutPage", "ContactPage", "CollectionPage", "BreadcrumbList"),
    *("ListItem", "ContactPoint", "PostalAddress", "GeoCoordinates", "AdministrativeArea", "City", "State", "Country"),
    *("Article", "NewsArticle", "BlogPosting", "ImageObject", "SearchAction", "Event", "Review", "Dataset"),
)
FHIR_FACILITIES: Final = frozenset(("Organization", "Location", "Bundle", "Parameters"))
FHIR_NO_SITES: Final = frozenset(("jdn", "ro", "bd", "rd", "co", "lvl"))  # a county or ward, a room, a bed, a road
PLACE_TAGS: Final = frozenset(
    ("place", "highway", "boundary", "waterway", "natural", "railway", "public_transport", "route")
)
SITE_TAGS: Final = frozenset(
    ("amenity", "healthcare", "office", "social_facility", "police", "emergency", "building", "shop", "operator")
)
OSM_TYPES: Final = ("node", "way", "relation")


def has_evidence(record: object, keys: Keys) -> bool:
    """Say whether a record says anything of a facility besides its name."""
    return isinstance(record, dict) and any(
        not is_absent(value) and any(meaning.field in EVIDENCE for meaning in keys.meanings(path))
        for path, value in leaves(record)
    )


def have_branches(records: Iterable[object], keys: Keys) -> bool:
    """Say whether one of the records has branches; hardly any list has the keys for it, and most are asked no more."""
    said = [record for record in records if isinstance(record, dict)]
    may_have = not BRANCHES.isdisjoint(map(normal_key, set[str]().union(*said)))
    return may_have and any(branches_of(record, keys) for record in said)


def branches_of(record: object, keys: Keys) -> list[tuple[str, dict[str, Any]]]:
    """Give the branches of an organisation that are facilities of their own, each with the key of its list.

    One has a place of its own, and a name that begins as that of the organisation does: "Kibra Branch" alone may be
    anybody's, and two organisations would be one facility.
    """
    if not isinstance(record, dict):
        return []
    listed = [(key, value) for key, value in record.items() if isinstance(value, list) and normal_key(key) in BRANCHES]
    if not listed or not (names := {word for name in _names_in(record, keys) for word in _first_word(name)}):
        return []
    return [
        (key, branch)
        for key, value in listed
        for branch in value
        if looks_like_facility(branch, keys) and _has_place(branch, keys)
        if any(word in names for name in _names_in(branch, keys) for word in _first_word(name))
    ]


def _names_in(record: dict[str, Any], keys: Keys) -> list[str]:
    return [value for path, value in leaves(record) if _means(keys, path, "facility_name") and _is_name(value)]


def _first_word(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[^\W\d_]{3,}", name)[:1]]


def _has_place(record: dict[str, Any], keys: Keys) -> bool:
    fields = {
        meaning.field for path, value in leaves(record) if not is_absent(value) for meaning in keys.meanings(path)
    }
    return not fields.isdisjoint(OWN_PLACE)


OWN_PLACE: Final = frozenset(
    ("county_name", "constituency_name", "ward_name", "sub_county_name", "latitude", "coordinates", "geometry")
)
BRANCHES: Final = frozenset(
    (
        *("branches", "satellites", "satelliteclinics", "satellitesites", "outlets", "outposts", "chapters", "matawi"),
        *("sites", "servicepoints", "servicesites", "locations", "centres", "centers"),
        *("offices", "suboffices", "regionaloffices", "fieldoffices", "countyoffices", "branchoffices", "subbranches"),
    )
)


def has_facilities_inside(record: dict[str, Any], keys: Keys, depth: int = 0) -> bool:
    """Say whether a record is above facilities, at whatever depth: in a list, or several beside one another.

    A single one is what a facility refers to, such as the nearest hospital.
    """
    if depth > MAX_DEPTH:
        return False
    values = [value for key, value in record.items() if not _is_no_facility(key)]
    beside = [value for value in values if isinstance(value, dict)]
    listed = [item for value in values if isinstance(value, list) for item in value[:SAMPLED] if isinstance(item, dict)]
    return (
        any(_stands_alone(item, keys) for item in listed)
        or sum(_stands_alone(value, keys) for value in beside) > 1
        or any(has_facilities_inside(item, keys, depth + 1) for item in (*beside, *listed))
    )


class Parted(NamedTuple):
    """A facility of which a part stands under a key of its own."""

    key: str
    record: dict[str, Any]


def facility_in_parts(value: dict[str, Any], path: tuple[str, ...], keys: Keys) -> Parted | None:
    """Give a facility whose name stands in a part of an object, and its place or contacts beside that.

    ``{"provider": {"name": ..}, "geo": {"county": ..}, "phones": [..]}``: the part is brought under ``facility``, which
    only wraps. Not one above other facilities, and no document as a whole: beside its part stands who sent it.
    """
    parts = [key for key, inner in value.items() if looks_like_facility(inner, keys)]
    if not path or len(parts) != 1 or normal_key(parts[0]) not in PARTS or "facility" in value:
        return None
    beside = {key: inner for key, inner in value.items() if key != parts[0]}
    told = {meaning.field for at, inner in leaves(beside) if not is_absent(inner) for meaning in keys.meanings(at)}
    if told.isdisjoint(OWN_PLACE | {"contacts"}) or has_facilities_inside(beside, keys):
        return None
    return Parted(parts[0], {"facility": value[parts[0]], **beside})


PARTS: Final = frozenset(
    (
        *("provider", "serviceprovider", "hospital", "clinic", "shelter", "safehouse", "center", "centre", "site"),
        *("station", "policestation", "office", "desk", "court", "organization", "organisation", "institution"),
    )
)


def _stands_alone(record: dict[str, Any], keys: Keys) -> bool:
    return looks_like_facility(record, keys) and has_evidence(record, keys)


SAMPLED: Final = 5


def _holds_facilities(key: str, value: object, keys: Keys) -> bool:
    return (
        isinstance(value, list)
        and normal_key(key) in STRICT_LISTS
        and any(looks_like_facility(inner, keys) for inner in value[:SAMPLED])
    )


def _holds_units(key: str, value: object, keys: Keys, depth: int = 0) -> bool:
    """Say whether a value is of wards or what is above them, with facilities inside: who names them is a place, too."""
    value = _unwrapped(value)
    if depth > MAX_DEPTH or normal_key(key) not in UNIT_LISTS or not isinstance(value, (list, dict)):
        return False
    units = value[:SAMPLED] if isinstance(value, list) else [value, *value.values()]
    return any(
        _holds_units(inner, below, keys, depth + 1) or (is_of_facilities(inner) and _has_facility(below, keys))
        for unit in map(_unwrapped, units)
        if isinstance(unit, dict)
        for inner, below in unit.items()
    )


def _unwrapped(value: object) -> object:
    """Give what stands in keys that only say that something follows: GraphQL's edges and their nodes."""
    for _ in range(MAX_DEPTH):
        if not isinstance(value, dict) or "name" in value:
            return value
        inner = next((inner for key, inner in value.items() if normal_key(key) in WRAPPING), None)
        if not isinstance(inner, (list, dict)):
            return value
        value = inner
    return value


def _has_facility(value: object, keys: Keys) -> bool:
    value = _unwrapped(value)
    items = value[:SAMPLED] if isinstance(value, list) else [value]
    return any(looks_like_facility(_unwrapped(item), keys) for item in items)


ONE_UNIT: Final = frozenset(
    ("county", "subcounty", "constituency", "ward", "region", "district", "province", "country")
)
UNIT_LISTS: Final = ONE_UNIT | frozenset(
    ("counties", "subcounties", "constituencies", "wards", "regions", "districts", "provinces", "countries")
)


def _means(keys: Keys, path: KeyPath, field: str) -> bool:
    return any(meaning.field == field for meaning in keys.meanings(path))


def _is_name(value: object) -> bool:
    """Say whether a text may be the name of a facility; a list of counties is not a list of facilities."""
    return (
        isinstance(value, str)
        and any(map(str.isalpha, value))
        and not (is_absent(value) or is_county(value) or UUID.fullmatch(value) or _is_of_an_error(value))
    )


def _is_of_an_error(name: str) -> bool:
    """Say whether a name is that of an error, which a server gave in the place of facilities: ``NotFoundError``."""
    return ERROR_NAME.fullmatch(name) is not None or name.strip().lower() in HTTP_ERRORS


ERROR_NAME: Final = re.compile(r"[A-Za-z]*(?:Error|Exception|Fault)")
FIRST_ERROR: Final = 400
HTTP_ERRORS: Final = frozenset(status.phrase.lower() for status in HTTPStatus if status >= FIRST_ERROR)
