"""Lists of people who are given by name only, each with a place and a contact, as facilities are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gvrc.meaning.paths import is_absent, leaves, normal_key
from gvrc.meaning.person_words import is_written_as_persons, may_name_person, names_somebody
from gvrc.meaning.persons import NAMES, WHOLE_NAMES, is_person

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gvrc.meaning.meanings import Keys


SAID_OF_PEOPLE: Final = frozenset(
    (
        *("facility_name", "official_name", "county_name", "constituency_name", "ward_name", "sub_county_name"),
        *("place_hint", "contacts", "source_key", "recorded_on", "is_active", "is_closed", "operational_status"),
    )
)
ANY_NAME: Final = NAMES | WHOLE_NAMES | {"displayname"}  # of a person or of a facility
MOST: Final = 0.9  # of a list of people; a few names are a single word


def are_bare_persons(records: Sequence[dict[str, Any]], keys: Keys) -> bool:
    """Say whether all records of a list say no more than somebody's name, a place and how to reach them.

    A list of facilities that says as little has words in its names that places are called by: hospital, station, trust.
    A single such name shows that the list is not of people.
    """
    told: list[dict[str, list[str]]] = []
    for record in records:  # nearly always the first values of the first record decide
        said = _said_of_person(record, keys)
        if said is None or not _is_bare_name(said) or is_person(record, keys):
            return False
        told.append(said)
    named = [names[0] for said in told if (names := said.get("facility_name"))]
    called = sum("contacts" in said for said in told)
    return bool(named) and called > len(told) / 2 and sum(map(is_written_as_persons, named)) >= MOST * len(named)


def _said_of_person(record: dict[str, Any], keys: Keys) -> dict[str, list[str]] | None:
    """Give what a record says, by field, or None if it says anything that is said of facilities only."""
    said: dict[str, list[str]] = {}
    for field, text in _told(record, keys):
        if field not in SAID_OF_PEOPLE:
            return None
        said.setdefault(field, []).append(text)
    return said


def _told(record: dict[str, Any], keys: Keys) -> Iterator[tuple[str, str]]:
    """Give what a record says with its field; the names of a facility's contact person have a field of their own."""
    for path, value in leaves(record):
        word = normal_key(str(path[-1])) if path else ""
        for meaning in () if is_absent(value) else keys.meanings(path):
            is_of_facility = names_somebody(word, value) or (meaning.field == "facility_name" and word not in ANY_NAME)
            yield "named" if is_of_facility else meaning.field, str(value)


def _is_bare_name(told: dict[str, list[str]]) -> bool:
    """Say whether the names of a record may be a person's: names that are a place's own, like a station's, are not."""
    places = {text.casefold() for field, texts in told.items() if field != "facility_name" for text in texts}
    return all(may_name_person(name) and name.casefold() not in places for name in told.get("facility_name", ()))
