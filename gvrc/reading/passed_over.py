"""What in a document is not about facilities: people, units of places, the sender, the sender's other work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gvrc.meaning.bare_persons import are_bare_persons
from gvrc.meaning.list_names import (
    FACILITY_LISTS,
    ONE_UNIT,
    UNIT_LISTS,
    WRAPPING,
    is_county,
    is_list_of_undertakings,
    is_of_facilities,
    is_passed_over,
    is_undertaking,
    without_wrapping,
)
from gvrc.meaning.paths import PARENT_GROUP, is_absent, leaves, normal_key, words_of_key
from gvrc.meaning.person_words import is_people, is_person_word, may_name_person
from gvrc.meaning.vocabulary import list_words
from gvrc.reading.around import is_key_of_one
from gvrc.reading.dump import is_dump
from gvrc.reading.fixture import is_fixture
from gvrc.shapes import has_facilities_inside, names_facility, says_only_contacts

if TYPE_CHECKING:
    from gvrc.meaning.meanings import Keys

FEW_NAMED: Final = 5  # records with a name, enough to tell together what a list is of
GROUPS: Final = frozenset(("group", "groups"))  # support_groups lists groups, or their members
OF: Final = frozenset(("of", "wa", "in"))  # director_of_health, mratibu_wa_kaunti, nurse_in_charge
OF_BODIES: Final = list_words("of_bodies")
# A list under one of these may be a list of anything.
ANY_LIST: Final = WRAPPING | frozenset(("values", "value", "list", "entries", "entry", "content", "hits", "docs"))


def is_path_passed_over(path: tuple[str, ...]) -> bool:
    """Say whether what is at a path is no facility; a list of contacts may be divided into lists of facilities."""
    around = without_wrapping(path) or path  # services.rows are those of services
    return bool(path) and (
        is_passed_over(path[-1])
        or is_passed_over(around[-1])
        or normal_key(path[-1]) in ONE_UNIT
        or _is_of_units(path)
        # What the columns and codes of a table mean (DHIS2's analytics), and what a body does besides what it lists.
        or (
            any(normal_key(key) == "metadata" or is_list_of_undertakings(key) for key in path)
            and not is_of_facilities(path[-1])
        )
        or is_undertaking(path[-1])
        or any(is_people(key) for key in path if not normal_key(key).startswith("contact"))
    )


def _is_of_units(path: tuple[str, ...]) -> bool:
    """Say whether a unit of places is at a path: in a page of units (``wards.data``), or under its own key."""
    around = without_wrapping(path)
    if around and is_key_of_one(around[-1]):
        around = without_wrapping(around[:-1])
    return around != path and bool(around) and normal_key(around[-1]) in UNIT_LISTS - ONE_UNIT


def are_listed_persons(values: list[object], path: tuple[str, ...], parents: dict[str, str], keys: Keys) -> bool:
    """Say whether a list is of people: by what its records say, if nothing else tells what it lists."""
    records = [value for value in values if isinstance(value, dict)]
    if not records or len(records) < len(values):
        return False
    is_of_groups = bool(path) and not GROUPS.isdisjoint(words_of_key(path[-1])[-1:])
    if not is_of_groups and (PARENT_GROUP in parents or (path and _tells_what_it_lists(path[-1], len(records)))):
        return False
    if is_dump(values[0]) or is_fixture(values[0]) or is_path_passed_over(path):
        return False
    return are_bare_persons(records, keys)


def _tells_what_it_lists(key: str, records: int) -> bool:
    """Say whether a list is of facilities by its name; if the name says nothing, a few named records say no more."""
    word = normal_key(key)
    if is_county(key) or word in ANY_LIST:
        return False
    is_of_bodies = not OF_BODIES.isdisjoint(words_of_key(key))
    return records < FEW_NAMED or word in FACILITY_LISTS or is_of_facilities(key) or is_of_bodies


def is_sender(value: dict[str, Any], key: str, whole: dict[str, Any] | None, keys: Keys) -> bool:
    """Say whether an object is the sender of the facilities: ``{"institution": {"name": .., "phone": ..}, ..}``.

    ``whole`` is the object around it, if that is small: then facilities must stand beside the sender.
    """
    if not says_only_contacts(value, keys):
        return False
    beside = {other: inner for other, inner in (whole or {}).items() if other != key}
    return whole is None or has_facilities_inside(beside, keys)


def is_officeholder(value: dict[str, Any], key: str, keys: Keys) -> bool:
    """Say whether an object is of who holds an office: ``{"sub_county_coordinator": {"name": .., "phone": ..}}``.

    The offices are without number (gbv_desk_coordinator, mratibu_wa_kaunti): one word tells, if the name is no
    place's and nothing but contacts stands beside it.
    """
    words = words_of_key(key)
    telling = words[:1] if words[1:2] and words[1] in OF else words[-1:]
    if not any(map(is_person_word, telling)) or not says_only_contacts(value, keys):
        return False
    names = [said for path, said in leaves(value) if names_facility(path, keys) and not is_absent(said)]
    return all(map(may_name_person, names))
