"""What the keys of a document are named after: facilities, places, people, their sender, or a list of anything."""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from gvrc.lazy import lazy_pattern
from gvrc.meaning.paths import MAX_KNOWN_PATHS, normal_key, words_of_key
from gvrc.meaning.person_words import SAYS_MORE_OF_PEOPLE, is_people, is_person_word
from gvrc.meaning.vocabulary import list_words

# Lists under these keys are parts of a record, or of a directory's lookups, and never facilities.
NOT_FACILITIES: Final = list_words("not_facilities")
OF_AN_OFFICE: Final = list_words("of_an_office")
AROUND: Final = list_words("around")
# What a body against gender violence does and counts, besides the facilities that it lists.
UNDERTAKINGS: Final = list_words("undertakings")
ONE_UNDERTAKING: Final = list_words("one_undertaking")
# These only say that something follows: GraphQL's connections, and the pages of services that give lists.
WRAPPING: Final = frozenset(("data", "results", "records", "items", "rows", "objects", "edges", "nodes", "node"))
SENDERS: Final = list_words("senders")
# A table of a database is of facilities if its name ends in one of these.
OF_FACILITIES: Final = list_words("of_facilities")
STRICT_LISTS: Final = list_words("strict_lists")
# Under the loose ones a facility may have lists of its own, with names in them.
FACILITY_LISTS: Final = STRICT_LISTS | list_words("loose_lists")
ONE_UNIT: Final = frozenset(
    ("county", "subcounty", "constituency", "ward", "region", "district", "province", "country")
)
UNIT_LISTS: Final = ONE_UNIT | frozenset(
    ("counties", "subcounties", "constituencies", "wards", "regions", "districts", "provinces", "countries")
)
COUNTIES: Final = list_words("counties")
MARK_OF_TABLE: Final = lazy_pattern(r"(?i)\Atbl_?(?=[a-z])")  # tbl_users
# Of whatever system (auth_user, wp_users), and who sits together (court_users_committee); committees are bodies.
USERS: Final = frozenset(("user", "users", "committee", "taskforce", "twg"))
REFERENCE: Final = Path(__file__).parents[1] / "geography" / "data"
LEVEL_OF_COUNTY: Final = lazy_pattern(r"\A(?:kauntiya|countyof|county)|county\Z")


def is_county(key: str) -> bool:
    """Say whether a key is the name of one of the 47 counties.

    >>> [is_county(key) for key in ("Kilifi County", "Kaunti ya Kilifi", "COUNTY: KILIFI", "Kilifi Town")]
    [True, True, True, False]
    """
    word = normal_key(key)
    return word in COUNTIES or LEVEL_OF_COUNTY.sub("", word) in COUNTIES


def is_constituency(key: str, county: str) -> bool:
    """Say whether a key is the name of a constituency of a county, as the shipped reference has it.

    >>> [is_constituency(key, "Kisumu County") for key in ("Muhoroni", "KISUMU WEST", "Kondele", "Kibra")]
    [True, True, False, False]
    """
    word = LEVEL_OF_COUNTY.sub("", normal_key(county))
    return any(
        of.startswith(word) or word.startswith(of) for of in _counties_by_constituency().get(normal_key(key), ())
    )


def is_ward(key: str, constituency: str) -> bool:
    """Say whether a key is the name of a ward of a constituency, as the shipped reference has it.

    >>> is_ward("Lindi", "KIBRA"), is_ward("Lindi", "Makadara"), is_ward("Lindi", "")
    (True, False, False)
    """
    return normal_key(constituency) in _constituencies_by_ward().get(normal_key(key), ())


@cache
def _constituencies_by_ward() -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    names = {row["constituency_code"]: normal_key(row["constituency_name"]) for row in _rows_of("constituencies")}
    for row in _rows_of("wards"):
        found[normal_key(row["ward_name"])].add(names[row["constituency_code"]])
    return found


@cache
def _counties_by_constituency() -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    names = {row["county_code"]: normal_key(row["county_name"]) for row in _rows_of("counties")}
    for row in _rows_of("constituencies"):
        found[normal_key(row["constituency_name"])].add(names[row["county_code"]])
    return found


def _rows_of(table: str) -> list[dict[str, str]]:
    with (REFERENCE / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def is_of_facilities(name: str) -> bool:
    """Say whether a list, or a table of a database, is named after facilities, with or without a prefix (``tbl_``).

    >>> [
    ...     is_of_facilities(name)
    ...     for name in ("facilities", "tbl_police_stations", "facility_types", "cases", "counties")
    ... ]
    [True, True, False, False, False]
    """
    words = words_of_key(name)
    return not is_passed_over(name) and not OF_FACILITIES.isdisjoint((*words[-1:], "".join(words[-2:])))


def is_named_after_facilities(key: str) -> bool:
    """Say whether a list holds facilities by its name alone, even if they say nothing but their names.

    Of hotlines the name may have more words, for they say little; partner_organizations are no facilities.

    >>> [is_named_after_facilities(key) for key in ("hotlines", "national_hotlines", "partner_organizations")]
    [True, True, False]
    """
    word = normal_key(key)
    return word in FACILITY_LISTS or word.endswith(("hotlines", "helplines"))


def is_passed_over(key: str) -> bool:
    """Say whether what stands under this key is known to be something other than facilities.

    >>> [is_passed_over(key) for key in ("users", "prepared_by", "regionalCommander", "facility_types", "safe_houses")]
    [True, True, True, True, False]
    """
    return is_no_facility(key) or _is_around_facilities(key)


def is_no_facility(key: str) -> bool:
    """Say whether what stands under this key is of people, or a part of a record or of a directory's lookups.

    >>> [is_no_facility(key) for key in ("users", "tbl_users", "auth_user", "tbl_survivors", "tbl_stations")]
    [True, True, True, True, False]
    """
    name = MARK_OF_TABLE.sub("", key)
    return normal_key(name) in NOT_FACILITIES or is_people(name) or not USERS.isdisjoint(words_of_key(name)[-1:])


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def _is_around_facilities(key: str) -> bool:
    """Say whether a key tells who sent or keeps a file, who is in charge of a region, or what the file's words mean.

    Facilities may be deeper inside it; inside what is of people there are none.
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
    """Say whether what is under this key is about what a body does, gets or counts, and not about a place.

    >>> [is_undertaking(key) for key in ("gbv_trainings", "upcomingEvents", "projects", "training_centres", "outreach")]
    [True, True, True, False, False]
    """
    return not UNDERTAKINGS.isdisjoint(words_of_key(key)[-1:])


def is_list_of_undertakings(key: str) -> bool:
    """Say whether a key is of several undertakings: a single project may be the envelope of all that a file lists."""
    return is_undertaking(key) and ONE_UNDERTAKING.isdisjoint(words_of_key(key)[-1:])


def may_be_sender(key: str) -> bool:
    """Say whether a single object under this key, beside facilities, may be the body that sends them.

    >>> [may_be_sender(key) for key in ("institution", "lead_agency", "organizations", "hotline")]
    [True, True, False, False]
    """
    return not SENDERS.isdisjoint(words_of_key(key)[-1:])


def without_wrapping(path: tuple[str, ...]) -> tuple[str, ...]:
    """Give a path up to the last key that says what the things under it are.

    >>> without_wrapping(("county", "wards", "edges", "node"))
    ('county', 'wards')
    """
    length = next((length for length in range(len(path), 0, -1) if normal_key(path[length - 1]) not in WRAPPING), 0)
    return path[:length]
