"""Which keys mean what (keys.csv is the table), and what in a document looks like a facility.

Keys are compared by their letters and digits in lower case: ``Keph level`` is ``keph_level``. A path is a tuple of
keys, with the place in a list as an int: ``("identifier", 0, "value")``.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from functools import cache, lru_cache
from http import HTTPStatus
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

KeyPath = tuple[str | int, ...]

UUID: Final = re.compile(r"\{?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?")
ABSENT: Final = frozenset(
    (
        *("", "none", "null", "nan", "n/a", "na", "nil", "unknown", "-", "--", "---", ".", "undefined", "<na>"),
        *("#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#num!", "#null!", "--select--", "-- select --"),
    )
)

# What a record takes from the keys and objects around it is put into it under these keys (keys.csv ranks them last).
PARENT_COUNTY: Final = "parent_county"
PARENT_CONSTITUENCY: Final = "parent_constituency"
PARENT_SUB_COUNTY: Final = "parent_sub_county"
PARENT_WARD: Final = "parent_ward"
PARENT_GROUP: Final = "parent_group"
PARENT_CLOSED: Final = "parent_closed"
PARENT_PLACE: Final = "parent_place"
PARENT_KEY: Final = "parent_key"

# Objects that only wrap a record or a part of it: what is inside is read as if it stood outside.
WRAPPER: Final = re.compile(
    r"(properties|attributes|fields|tags|resource|facility|node|doc|identification|general|basic|profile|metadata|acf"
    r"|(facility|basic|general|main|hospital|station|organization|organisation)(details?|info|information|data|profile))"
)
PLACE_PARENTS: Final = frozenset(
    (
        *(
            "location",
            "address",
            "geo",
            "geography",
            "geolocation",
            "place",
            "area",
            "admin",
            "administrative",
            "region",
        ),
        *("gps", "position", "physicallocation", "physicaladdress", "coordinates", "coords", "coordinate", "center"),
        *("centroid", "county", "constituency", "ward", "subcounty", "administrativeunits", "adminunits", "latlng"),
        *("location1", "geocodedcolumn", "georeference"),  # Socrata's
        *(
            "geopoint",
            "latlong",
            "geometry",
            "geom",
            "shape",
            "locationdetails",
            "locationinfo",
            "addressdetails",
            "addressinfo",
            "point",
        ),
    )
)
PLACE_FIELDS: Final = frozenset(
    (
        *("county_name", "constituency_name", "ward_name", "sub_county_name", "place_hint"),
        *("latitude", "longitude", "coordinates", "geometry", "address"),
    )
)
NAME_CHILDREN: Final = frozenset(("name", "label", "title", "display", "text", "value", "en", "english", "rendered"))
# MongoDB's export writes a number or a day as an object that names its type.
TYPED_VALUES: Final = frozenset(
    ("$oid", "$date", "$numberInt", "$numberLong", "$numberDouble", "$numberDecimal", "$uuid", "$symbol")
)
GEOMETRY_TYPES: Final = frozenset(
    ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
)


class Meaning(NamedTuple):
    """A field that a key may stand for; the candidate with the lowest rank is asked first."""

    field: str
    rank: int


class Keys:
    """Finds the fields that a path may stand for: first what the source's rules pin, then the table."""

    def __init__(self, pinned: Mapping[str, Iterable[str]] | None = None) -> None:
        self._pinned = _pinned_meanings(pinned or {})
        self._taken = frozenset(pinned or ())
        self._known: dict[KeyPath, tuple[Meaning, ...]] = {}

    def meanings(self, path: KeyPath) -> tuple[Meaning, ...]:
        """Give the fields that a path may stand for, none for a key that nobody knows."""
        found = self._known.get(path)
        if found is None:
            found = self._find(path)
            if len(self._known) < MAX_KNOWN_PATHS:
                self._known[path] = found
        return found

    def opens(self, path: KeyPath) -> bool:
        """Say whether an object under this path may hold values that are known."""
        words = _words(path)
        return bool(words) and (
            words[-1] in PLACE_PARENTS
            or words[-1] in REFERENCES
            or _is_group(path[-1])
            or WRAPPER.fullmatch(words[-1]) is not None
            or words[-1] in _parents_in_table()
            or bool(self.meanings(path))
            or (words[-1] == "data" and len(words) > 1 and self.opens(path[:-1]))
            or any(_starts(pin, words) for pin in self._pinned)
        )

    def _find(self, path: KeyPath) -> tuple[Meaning, ...]:
        words = _words(path)
        pinned = self._pinned.get(words, ())
        if pinned:
            return pinned
        if _is_of_item(path):
            return ()
        taken = self._taken | _of_others(path[:-1])
        later = LATER if path[-1] == "__typename" else 0
        return tuple(Meaning(field, rank + later) for field, rank in _meanings_of(words, path) if field not in taken)


MAX_KNOWN_PATHS: Final = 20_000
LATER: Final = 500  # of GraphQL's own type of a node: what the node says of its type goes before


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def normal_key(key: str) -> str:
    """Reduce a key to its letters and digits in lower case; SharePoint writes its other signs as their numbers.

    >>> normal_key("Sub_x0020_County"), normal_key("OData__x0057_ard")
    ('subcounty', 'ward')
    """
    if "_x00" in key:
        key = SIGN.sub(lambda found: chr(int(found[1], 16)), key.removeprefix("OData_"))
    return "".join(filter(str.isalnum, key)).lower()


SIGN: Final = re.compile(r"_x(00[0-9A-Fa-f]{2})_")


def is_absent(value: object) -> bool:
    """Say whether a value only says that there is none."""
    return value is None or (
        isinstance(value, str) and len(value) <= LONGEST_ABSENT and value.strip().lower() in ABSENT
    )


LONGEST_ABSENT: Final = 12


def is_geometry(value: object) -> bool:
    """Say whether an object is a GeoJSON geometry that has coordinates."""
    if not isinstance(value, dict) or not isinstance(value.get("type"), str) or value["type"] not in GEOMETRY_TYPES:
        return False
    return bool(value.get("coordinates") or value.get("geometries"))


def _words(path: KeyPath) -> tuple[str, ...]:
    words = ["doc" if key == HIT else normal_key(CUSTOM.sub("", key)) for key in path if isinstance(key, str)]
    return (*(REFERENCES.get(word, word) for word in words[:-1]), *words[-1:])


# What a key refers to may stand in its place: {"ward_id": {"name": "Lindi"}} (Directus).
REFERENCES: Final = {f"{unit}id": unit for unit in ("county", "constituency", "subcounty", "ward")}


CUSTOM: Final = re.compile(r"(?<=[^_])__[cs]\Z")  # Salesforce's mark of a column that its user has added
HIT: Final = "_source"  # Elasticsearch's wrapper; a source without the mark is the body that a record came from


def _is_of_item(path: KeyPath) -> bool:
    """Say whether a path leads into a list of tags or attributes: each is one of many, and none is the record."""
    return any(isinstance(key, str) and isinstance(place, int) and is_wrapper(key) for key, place in pairwise(path))


def _starts(pin: tuple[str, ...], words: tuple[str, ...]) -> bool:
    return pin[: len(words)] == words


def _pinned_meanings(pinned: Mapping[str, Iterable[str]]) -> dict[tuple[str, ...], tuple[Meaning, ...]]:
    found: dict[tuple[str, ...], tuple[Meaning, ...]] = {}
    for field, keys in pinned.items():
        for rank, key in enumerate(keys):
            words = _words(tuple(key.split(".")))
            found[words] = (*found.get(words, ()), Meaning(field, rank))
    return found


def _meanings_of(words: tuple[str, ...], path: KeyPath) -> tuple[Meaning, ...]:
    words = (*_without_wrappers(words), *words[-1:])
    if direct := _table().get(words):
        return direct
    key = str(path[-1])
    if "/" in key or any(map(_is_group, path[:-1])):
        return _of_form(key.split("/") if "/" in key else [part for part in path if isinstance(part, str)])
    if len(words) == 1:
        return _of_column(words[0], key)
    if words[-2] in PLACE_PARENTS and (inside := _in_place(words)):
        return inside
    if words[-1] in NAME_CHILDREN or key in TYPED_VALUES:
        return tuple(Meaning(field, rank + 500) for field, rank in _meanings_of(words[:-1], words[:-1]))
    return ()


def _of_column(word: str, key: str) -> tuple[Meaning, ...]:
    """Give the meaning of a key that stands alone and is not in the table as it is."""
    if FLATTENED.fullmatch(key):
        return _of_flattened(key.split("."))
    return _with_unit(key) or _cut_off(word, key)


def _with_unit(key: str) -> tuple[Meaning, ...]:
    """Give the meaning of a column of degrees that names their unit: ``Lat (deg)``, ``GPS [DMS]``."""
    found = UNIT_IN_KEY.fullmatch(key)
    known = _table().get(_words(found.groups()), ()) if found else ()
    return tuple(meaning for meaning in known if meaning.field in DEGREES)


UNIT_IN_KEY: Final = re.compile(r"(.+?)\s*[(\[][^()\[\]]*[)\]]\s*")
DEGREES: Final = frozenset(("latitude", "longitude", "coordinates"))


def _without_wrappers(words: tuple[str, ...]) -> Iterator[str]:
    """Give the words above a key but those that only wrap: ``ward.data.attributes.name`` (Strapi) is ``ward.name``."""
    for word, inner in pairwise(words):
        if not WRAPPER.fullmatch(word) and not (word == "data" and inner == "attributes"):
            yield word


def _of_flattened(parts: list[str]) -> tuple[Meaning, ...]:
    """Give the meaning of a path that was written as one key: what it would be if it stood as objects."""
    names = tuple(PLACE_IN_LIST.sub("", part) for part in parts)
    if any(name != part and is_wrapper(name) for name, part in zip(names, parts, strict=True)):
        return ()  # of a list of tags
    taken = _of_others(names[:-1])
    return tuple(meaning for meaning in _meanings_of(_words(names), names) if meaning.field not in taken)


def _of_others(above: KeyPath) -> frozenset[str]:
    """Give the fields that are none of the record's under these keys: the key of a data set, the centre of a ward."""
    taken = OF_NO_METADATA if "metadata" in _words(above) else frozenset()
    return taken | OF_NO_UNIT if is_of_unit(above) else taken


def is_of_unit(path: KeyPath) -> bool:
    """Say whether what stands under these keys is that of a unit of places, or of all that a facility serves.

    >>> is_of_unit(("ward", "centroid")), is_of_unit(("subCountyGeom",)), is_of_unit(("location", "point"))
    (True, True, False)
    """
    return any(not UNITS.isdisjoint(_words_of_key(key)) for key in path if isinstance(key, str))


OF_NO_METADATA: Final = frozenset(("source_key",))
OF_NO_UNIT: Final = frozenset(("latitude", "longitude", "coordinates", "geometry", "address"))
UNITS: Final = frozenset(
    (
        *("country", "county", "subcounty", "constituency", "ward", "region", "province", "district", "division"),
        *("sublocation", "catchment", "coverage"),
    )
)


FLATTENED: Final = re.compile(r"(?:[A-Za-z]\w*(?:\[\d+\])?\.)+[A-Za-z]\w*(?:\[\d+\])?")  # location.county.name
PLACE_IN_LIST: Final = re.compile(r"\[\d+\]")


def _in_place(words: tuple[str, ...]) -> tuple[Meaning, ...]:
    """Give the meaning of a key inside a location or an address: places, coordinates and addresses only."""
    if words[-2] in ("county", "constituency", "ward") and words[-1] in NAME_CHILDREN:
        return _table()[words[-2:-1]]
    known = _meanings_of(words[-1:], words[-1:])
    return tuple(Meaning(field, rank + 1000) for field, rank in known if field in PLACE_FIELDS)


def _of_form(parts: list[str]) -> tuple[Meaning, ...]:
    """Give the meaning of a question inside a group of a survey form (``group_a/facility_name``: KoBo, ODK).

    A word that many things have is read with its group only: ``contact_person/name`` is no facility's name. The number
    of a respondent, or of a survivor, is none of the facility's.
    """
    whole, question = _words(tuple(parts)), normal_key(parts[-1])
    if found := _table().get(whole[-2:]):
        return found
    known = () if question in NAME_CHILDREN | OF_ANYTHING else _table().get((question,), ())
    is_theirs = any(is_people(group) and not _is_of_facility(group) for group in parts[:-1])
    return tuple(meaning for meaning in known if not (is_theirs and meaning.field == "contacts"))


def _is_of_facility(group: str) -> bool:
    """Say whether a group of questions is of the people to ask for at a facility."""
    word = normal_key(GROUP_MARK.sub("", group))
    return word.startswith(("contact", "focal", "mhusika", "msimamizi", "afisa")) or any(
        meaning.field == "contacts" for meaning in _table().get((word,), ())
    )


def past_word(key: str) -> str | None:
    """Give the word for what a facility is no more, or not yet, of a key in OpenStreetMap's manner.

    >>> past_word("disused:amenity"), past_word("was:healthcare"), past_word("disused:building")
    ('disused', 'closed', None)
    """
    prefix, _, tag = key.rpartition(".")[2].partition(":")
    return LIFECYCLE.get(prefix.lower()) if tag.lower() in MAIN_TAGS else None


LIFECYCLE: Final = {
    **{word: word for word in ("disused", "abandoned", "demolished", "closed", "proposed", "planned")},
    "was": "closed",
    "removed": "closed",
    "historic": "closed",
    "ruins": "abandoned",
    "razed": "demolished",
    "destroyed": "demolished",
    "construction": "under construction",
}
MAIN_TAGS: Final = frozenset(("amenity", "healthcare", "office", "social_facility", "police", "emergency"))
OF_ANYTHING: Final = frozenset(
    ("code", "type", "status", "id", "uuid", "level", "category", "number", "state", "owner")
)


def _cut_off(word: str, key: str) -> tuple[Meaning, ...]:
    """Give the meaning of a column name that dBASE cut to ten characters (``Constituen``), if only one fits."""
    return _beginnings().get(word, ()) if len(key) == DBF_LENGTH else ()


DBF_LENGTH: Final = 10
SHORTEST_BEGINNING: Final = 7  # letters and digits: more than three separators in a name are rare


@cache
def _beginnings() -> dict[str, tuple[Meaning, ...]]:
    found: dict[str, tuple[Meaning, ...]] = {}
    words = [(words[0], meanings) for words, meanings in _table().items() if len(words) == 1]
    for word, meanings in words:
        for length in range(SHORTEST_BEGINNING, min(DBF_LENGTH, len(word)) + 1):
            known = found.setdefault(word[:length], meanings)
            if known and known[0].field != meanings[0].field:
                found[word[:length]] = ()  # it could be either
    return found


@cache
def _table() -> dict[tuple[str, ...], tuple[Meaning, ...]]:
    found: defaultdict[tuple[str, ...], list[Meaning]] = defaultdict(list)
    for rank, (field, key) in enumerate(_rows_of_table()):
        words = tuple(normal_key(part) for part in key.split("."))
        if all(meaning.field != field for meaning in found[words]):
            found[words].append(Meaning(field, rank))
    return {words: tuple(meanings) for words, meanings in found.items()}


@cache
def _rows_of_table() -> list[tuple[str, str]]:
    with Path(__file__).with_name("keys.csv").open(encoding="utf-8", newline="") as file:
        return [(row["field"], row["key"]) for row in csv.DictReader(file)]


def keys_in_table() -> list[str]:
    """List the keys that are known, as they are written."""
    return [key for _, key in _rows_of_table()]


def keys_of_field(field: str) -> list[str]:
    """List the keys of a field, as they are written."""
    return [key for of, key in _rows_of_table() if of == field]


@cache
def _parents_in_table() -> frozenset[str]:
    return frozenset(word for words in _table() for word in words[:-1])


# ---- which containers hold facilities ---------------------------------------------------------------------------

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
PEOPLE_OF_CASES: Final = frozenset(
    (
        *("survivor", "victim", "patient", "client", "perpetrator", "suspect", "offender", "accused", "defendant"),
        *("witness", "witnesses", "complainant", "plaintiff", "respondent", "beneficiary", "beneficiaries", "caller"),
        *("minor", "guardian", "spouse", "relative", "dependant", "nextofkin"),  # "children" are those of a tree, too
    )
)
# What a programme against gender violence keeps besides facilities: people, and what was done to them. The last word of
# a key must be one of these, and all before it may only say more of them: "child_survivors", not "save_the_children".
PEOPLE: Final = PEOPLE_OF_CASES | frozenset(
    (
        *("person", "people", "individual", "contact", "contactperson", "focalperson", "focalpoint", "officer"),
        *("officerincharge", "officersincharge", "personincharge", "incharge", "staff", "user", "member", "employee"),
        *("worker", "socialworker", "caseworker", "casemanager", "manager", "director", "coordinator", "supervisor"),
        *("commander", "chief", "elder", "secretary", "secretaries", "chairperson", "representative", "champion"),
        *("doctor", "nurse", "matron", "midwife", "midwives", "clinician", "physician", "practitioner", "psychologist"),
        *("psychiatrist", "therapist", "counsellor", "counselor", "lawyer", "advocate", "paralegal", "attorney"),
        *(
            "magistrate",
            "judge",
            "prosecutor",
            "volunteer",
            "mentor",
            "trainer",
            "trainee",
            "facilitator",
            "chv",
            "chp",
        ),
        *("participant", "attendee", "student", "teacher", "interviewer", "enumerator", "author", "inmate", "detainee"),
        *("case", "incident", "occurrence", "complaint", "assault", "violation", "appointment", "visit", "encounter"),
        *("liaison", "clerk", "registrar", "administrator", "commissioner", "governor", "treasurer", "patron", "head"),
        *("assistant", "activist", "ambassador", "pastor", "imam", "reporter", "submitter"),
        *("admission", "interview", "ocs", "ocpd", "ocpp", "dcio"),  # the officers in charge of stations and divisions
        *("mtu", "watu", "afisa", "maafisa", "msimamizi", "wasimamizi", "mratibu", "waratibu", "mkurugenzi", "mhusika"),
        *("mwathiriwa", "waathiriwa", "manusura", "mshukiwa", "washukiwa", "mlalamikaji", "walalamikaji", "mgonjwa"),
        *("wagonjwa", "mteja", "wateja", "daktari", "madaktari", "muuguzi", "wauguzi", "wakili", "mawakili", "chifu"),
        *("machifu", "kesi", "tukio", "matukio"),
    )
)
SAYS_MORE_OF_PEOPLE: Final = frozenset(
    (
        *(
            "gbv",
            "sgbv",
            "child",
            "adult",
            "minor",
            "female",
            "male",
            "all",
            "our",
            "the",
            "of",
            "list",
            "other",
            "new",
        ),
        *("key", "focal", "point", "contact", "social", "case", "community", "health", "police", "legal", "medical"),
        *("county", "subcounty", "ward", "facility", "hospital", "clinic", "station", "registered", "active", "open"),
        *("closed", "reported", "in", "charge", "next", "kin", "board", "committee", "team", "staff", "officers"),
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
SAYS_THAT_IT_IS_A_LIST: Final = frozenset(("list", "lists", "data", "records", "details", "info", "register", "table"))
KEY_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+")  # in snake or camel case
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
PERSON_KEYS: Final = frozenset(
    (*("password", "username", "firstname", "lastname", "dateofbirth", "dob", "gender", "isstaff", "issuperuser"),)
)
NAMES_OF_CONTACT: Final = frozenset(("firstname", "lastname"))  # of a facility's contact person, in a flat table
# A shelter may have these, too: whom it takes in. They tell a person where nothing tells a facility.
PERHAPS_PERSON_KEYS: Final = PERSON_KEYS | frozenset(
    (
        *(
            "age",
            "agegroup",
            "agerange",
            "sex",
            "maritalstatus",
            "nationalid",
            "idnumber",
            "passportnumber",
            "occupation",
        ),
        *("religion", "education", "nextofkin", "relationship", "ethnicity", "pregnant", "diagnosis", "hivstatus"),
    )
)
# A register of cases has these: one of them tells that a record is of somebody who came to the facility that it names.
CASE_KEYS: Final = frozenset(
    (
        *(f"{who}{what}" for who in ("survivor", "victim", "patient", "perpetrator") for what in ("name", "id", "age")),
        *("clientname", "clientage", "survivorphone", "victimphone", "survivorcode", "survivorno", "survivornumber"),
        *("caseno", "casenumber", "caseid", "obno", "obnumber", "incidentdate", "dateofincident", "incidentid"),
    )
)
STAFF_NUMBERS: Final = frozenset(
    (
        *(f"{what}{number}" for what in ("service", "force", "payroll", "personnel") for number in ("no", "number")),
        *(f"{what}{number}" for what in ("staff", "employee", "officer") for number in ("no", "number", "id")),
        *("pfno", "pfnumber", "tscno", "badgeno", "badgenumber", "idno", "nationalidno", "kepfno"),
    )
)
RANKS: Final = frozenset(("rank", "policerank", "designation", "jobtitle", "jobgroup", "cadre", "cheo"))
# Of the person who is to be asked for at a facility, in a flat table.
NAMES_SOMEBODY: Final = (
    "ocs",
    "contactperson",
    "contactname",
    "officerin",
    "incharge",
    "focalperson",
    "personin",
    "deskofficer",
)
CASE_OBJECTS: Final = frozenset(("survivor", "victim", "perpetrator", "suspect", "complainant"))  # as objects only
TELLS_FACILITY: Final = frozenset(
    (
        *("registration_number", "facility_type", "facility_level", "operational_status", "services", "gbv_categories"),
        *("owner_name", "owner_type", "beds", "cots", "open_whole_day"),
    )
)
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
    words = _words_of_key(name)
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
    words = _words_of_key(key)
    return (
        bool(words)
        and (
            words[-1] in AROUND
            or (words[-1] == "na" and words[0].startswith("ime"))  # imeandaliwa_na: prepared by
            or words[:2] == ["head", "of"]
            or (words[0] == "contact" and words[1:2] in (["us"], ["for"]))
            or (_is_person_word(words[-1]) and (SAYS_MORE_OF_PEOPLE | OF_AN_OFFICE).issuperset(words[:-1]))
        )
    )


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def is_undertaking(key: str) -> bool:
    """Say whether what is under this key is of what a body does, gets or counts, and of no place.

    >>> [is_undertaking(key) for key in ("gbv_trainings", "upcomingEvents", "projects", "training_centres", "outreach")]
    [True, True, True, False, False]
    """
    return not UNDERTAKINGS.isdisjoint(_words_of_key(key)[-1:])


def is_list_of_undertakings(key: str) -> bool:
    """Say whether a key is of several: one project may be the envelope of all that a file lists."""
    return is_undertaking(key) and ONE_UNDERTAKING.isdisjoint(_words_of_key(key)[-1:])


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
    return not SENDERS.isdisjoint(_words_of_key(key)[-1:])


def says_only_contacts(record: object, keys: Keys) -> bool:
    """Say whether a record names something and how to reach it, and says nothing else of a facility."""
    if not looks_like_facility(record, keys):
        return False
    told = [path for path, value in leaves(record) if not is_absent(value)]
    return {meaning.field for path in told for meaning in keys.meanings(path)} & EVIDENCE == {"contacts"}


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def is_people(key: str) -> bool:
    """Say whether what is under this key is of people, or of what happened to them.

    >>> [is_people(key) for key in ("survivors", "FocalPersons", "gbv_case_list", "children_homes", "victim_support")]
    [True, True, True, False, False]
    """
    words = _words_of_key(GROUP_MARK.sub("", key))
    while len(words) > 1 and words[-1] in SAYS_WHEN_OR_HOW:
        words.pop()
    if _is_person_word("".join(words)):
        return True
    return bool(words) and _is_person_word(words[-1]) and SAYS_MORE_OF_PEOPLE.issuperset(words[:-1])


def _is_group(key: object) -> bool:
    """Say whether an object under this key is a group of questions of a form: ODK's are objects, KoBo's are in keys."""
    return isinstance(key, str) and GROUP_MARK.match(key) is not None


GROUP_MARK: Final = re.compile(r"(?i)^(?:grp|group|sec|section)[_-]")  # of the questions of a form: grp_survivor
# survivors_last_month, cases_reported, officers_on_duty
SAYS_WHEN_OR_HOW: Final = frozenset(
    (
        *("last", "this", "previous", "current", "month", "months", "year", "week", "quarter", "today", "weekly"),
        *("monthly", "quarterly", "annual", "seen", "served", "received", "reported", "assisted", "supported"),
        *("referred", "treated", "attended", "registered", "enrolled", "rescued", "sheltered", "admitted", "handled"),
        *("pending", "closed", "open", "resolved", "trained", "on", "duty", "by", "per", "in", "to", "date", "log"),
        *("q", "january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
        *("november", "december", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec"),
    )
)


def _words_of_key(key: str) -> list[str]:
    words = [word.lower() for word in KEY_WORDS.findall(key)]
    while words and words[-1] in SAYS_THAT_IT_IS_A_LIST:
        words.pop()
    return words


def _is_person_word(word: str) -> bool:
    return word in PEOPLE or word.removesuffix("s") in PEOPLE


def looks_like_facility(record: object, keys: Keys) -> TypeGuard[dict[str, Any]]:
    """Say whether an object has something like the name of a facility, and is not a person or a folder of records."""
    if not isinstance(record, dict) or is_person(record, keys) or other_kind(record):
        return False
    if any(_holds_facilities(key, value, keys) or _holds_units(key, value, keys) for key, value in record.items()):
        return False
    return any(_is_name(value) for path, value in leaves(record) if _means(keys, path, "facility_name"))


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


def json_api_type(value: dict[str, Any]) -> str:
    """Give the type of a JSON:API resource: its lists mix facilities with the wards and users they refer to."""
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


def _stands_alone(record: dict[str, Any], keys: Keys) -> bool:
    return looks_like_facility(record, keys) and has_evidence(record, keys)


SAMPLED: Final = 5


def is_answer(value: object) -> TypeGuard[dict[str, Any]]:
    """Say whether an object is an answer in a flow of RapidPro: its name is that of the question."""
    return isinstance(value, dict) and value.keys() >= ANSWER


ANSWER: Final = frozenset(("value", "category", "node"))


def leaves(value: object, path: KeyPath = ()) -> list[tuple[KeyPath, Any]]:
    """List the leaf values of the objects inside a value, with their paths; a list is a leaf."""
    if not isinstance(value, dict) or len(path) > MAX_DEPTH:
        return [(path, value)]
    if is_answer(value):
        return [(path, value["value"])]
    return [leaf for key, inner in value.items() for leaf in leaves(inner, (*path, key))]


MAX_DEPTH: Final = 8


def is_person(record: dict[str, Any], keys: Keys) -> bool:
    """Say whether a record is of a person or a case: a key of a register of cases, or several marks of a person."""
    told = [(word, value) for key, value in _told(record) if not is_absent(value) and (word := normal_key(key))]
    given = {word for word, _ in told}
    if any(_is_of_a_case(word, value) for word, value in told) or _is_of_staff(given):
        return True
    if len(PERHAPS_PERSON_KEYS & given) <= 1 or any(_is_of_many(word, value) for word, value in told):
        return False
    certain = PERSON_KEYS & given
    return (len(certain) > 1 and not certain <= NAMES_OF_CONTACT) or not any(
        meaning.field in TELLS_FACILITY
        for path, value in leaves(record)
        if not is_absent(value)
        for meaning in keys.meanings(path)
    )


def _is_of_staff(given: set[str]) -> bool:
    """Say whether a record is of somebody who serves at a place: their number and rank, and nobody else's.

    >>> _is_of_staff({"name", "rank", "serviceno", "station"}), _is_of_staff({"name", "ocsname", "rank", "serviceno"})
    (True, False)
    """
    return not (STAFF_NUMBERS.isdisjoint(given) or RANKS.isdisjoint(given)) and not any(
        word.startswith(NAMES_SOMEBODY) for word in given
    )


def _is_of_a_case(word: str, value: object) -> bool:
    """Say whether a value is of one case: not where it says only whether a facility has, keeps or offers something."""
    if word == URNS:
        return isinstance(value, list)
    if word in CASE_OBJECTS:
        return isinstance(value, dict) and not all(map(_is_flag, value.values()))
    return word in CASE_KEYS and isinstance(value, str | int | float) and not _is_flag(value)


def _is_flag(value: object) -> bool:
    return is_absent(value) or isinstance(value, bool) or (isinstance(value, str) and value.strip().lower() in FLAGS)


def _is_of_many(word: str, value: object) -> bool:
    """Say whether a gender or an age is that of all whom a house takes in: no person is of both."""
    if word not in MAY_BE_OF_MANY or not isinstance(value, str):
        return False
    words = {found.lower() for found in KEY_WORDS.findall(value)}
    return words <= GENDERS | MANY | BESIDE_MANY and bool(words & MANY or len(words & GENDERS) > 1)


URNS: Final = "urns"  # RapidPro's: how to reach somebody who wrote to a flow
FLAGS: Final = frozenset(("yes", "no", "true", "false", "y", "n", "ndiyo", "ndio", "hapana"))
MAY_BE_OF_MANY: Final = frozenset(("gender", "sex", "age", "agegroup", "agerange"))
GENDERS: Final = frozenset(("female", "male", "f", "m"))
MANY: Final = frozenset(
    ("females", "males", "women", "men", "girls", "boys", "children", "mixed", "both", "all", "any", "everyone")
)
BESIDE_MANY: Final = frozenset(("and", "or", "only", "ages", "age", "genders", "gender", "sexes", "adults"))


def may_hold_people(columns: Iterable[str]) -> bool:
    """Say whether records with these keys may be of people: hardly any file has such keys, others are spared."""
    given = set(map(normal_key, columns))
    return len(PERHAPS_PERSON_KEYS & given) > 1 or not given.isdisjoint(
        CASE_KEYS | CASE_OBJECTS | STAFF_NUMBERS | {URNS}
    )


def _told(record: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Give the keys of a record, and those in what only wraps it (the properties of GeoJSON), with their values."""
    for key, value in record.items():
        if isinstance(value, dict) and is_wrapper(key):
            yield from value.items()
        else:
            yield key, value


def is_of_account(key: str, value: dict[str, Any]) -> bool:
    """Say whether an object is who keeps a record in a system, or what kind of record it is there: Salesforce's.

    >>> is_of_account("Owner", {"attributes": {"type": "User"}, "Name": "Sample Admin"})
    True
    >>> is_of_account("owner", {"name": "Sample Trust", "type": "NGO"})
    False
    """
    word = normal_key(key)
    if word == "attributes":
        return str(value.get("url")).startswith(SALESFORCE)
    marks = value.get("attributes")
    kind = marks.get("type") if isinstance(marks, dict) else None
    return word == "owner" and (kind in ACCOUNTS or not ACCOUNT_KEYS.isdisjoint(map(normal_key, value)))


MAY_BE_ACCOUNTS: Final = frozenset(("attributes", "owner"))
SALESFORCE: Final = "/services/data/"
ACCOUNTS: Final = ("User", "Group", "Name")
ACCOUNT_KEYS: Final = frozenset(("username", "userid", "firstname", "lastname"))


def is_wrapper(key: str) -> bool:
    """Say whether what stands under this key is read as if it stood outside."""
    return key == HIT or WRAPPER.fullmatch(normal_key(key)) is not None


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
