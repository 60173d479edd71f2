"""What the keys of a document are named after: facilities, places, people, their sender, or only a list of anything."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from gvrc.meaning.paths import MAX_KNOWN_PATHS, normal_key, words_of_key
from gvrc.meaning.persons import SAYS_MORE_OF_PEOPLE, is_people, is_person_word

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
ONE_UNIT: Final = frozenset(
    ("county", "subcounty", "constituency", "ward", "region", "district", "province", "country")
)
UNIT_LISTS: Final = ONE_UNIT | frozenset(
    ("counties", "subcounties", "constituencies", "wards", "regions", "districts", "provinces", "countries")
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
    return is_no_facility(key) or _is_around_facilities(key)


def is_no_facility(key: str) -> bool:
    """Say whether what stands under this key is of people, or a part of a record or of a directory's lookups."""
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


def may_be_sender(key: str) -> bool:
    """Say whether a single object under this key, beside facilities, may be the body that sends them.

    >>> [may_be_sender(key) for key in ("institution", "lead_agency", "organizations", "hotline")]
    [True, True, False, False]
    """
    return not SENDERS.isdisjoint(words_of_key(key)[-1:])


def without_wrapping(path: tuple[str, ...]) -> tuple[str, ...]:
    """Give a path up to the last key that says of what the things under it are.

    >>> without_wrapping(("county", "wards", "edges", "node"))
    ('county', 'wards')
    """
    length = next((length for length in range(len(path), 0, -1) if normal_key(path[length - 1]) not in WRAPPING), 0)
    return path[:length]
