"""Which records are about a person or a case, and so are never taken for facilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gvrc.lazy import lazy_pattern
from gvrc.meaning.paths import KEY_WORDS, is_absent, is_flag, leaves, normal_key, unwrapped
from gvrc.meaning.person_words import (
    NAMES_SOMEBODY,
    OF_A_PLACE,
    PEOPLE_OF_CASES,
    is_person_word,
    is_role,
    is_written_as_persons,
    may_name_person,
    names_somebody,
)
from gvrc.meaning.vocabulary import list_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvrc.meaning.meanings import Keys


PERSON_KEYS: Final = list_words("person_keys")
# The type of a record of a person, in systems for community health and for cases: CHT's type, CommCare's case_type.
KINDS: Final = frozenset(("type", "contacttype", "casetype", "doctype", "recordtype", "entitytype"))
KINDS_OF_PEOPLE: Final = PEOPLE_OF_CASES | {"person", "individual"}
NAMES_OF_CONTACT: Final = frozenset(("firstname", "lastname"))  # of a facility's contact person, in a flat table
# A shelter may have these, too: whom it takes in. They mean a person if nothing says that it is a facility.
PERHAPS_PERSON_KEYS: Final = PERSON_KEYS | list_words("perhaps_person_keys")
# The keys of a register of cases: one of them shows that a record is about somebody who came to the facility it names.
CASE_KEYS: Final = list_words("case_keys")
CASE_OBJECTS: Final = frozenset(("survivor", "victim", "perpetrator", "suspect", "complainant"))  # or their names
CARD_NAMES: Final = frozenset(("name", "names", "fullname"))
PARTS_OF_NAME: Final = frozenset(("givenname", "familyname", "firstname", "lastname", "surname"))
URNS: Final = "urns"  # RapidPro's: how to reach somebody who wrote to a flow
STAFF_NUMBERS: Final = list_words("staff_numbers")
RANKS: Final = list_words("ranks")
ROLES: Final = RANKS | list_words("roles")
# One of these names the person of the record: a place beside it is where they serve, and the number is theirs.
SUBJECTS: Final = list_words("subjects")
NAMES: Final = frozenset(("name", "jina"))  # of a person or of a facility
WHOLE_NAMES: Final = frozenset(("fullname", "fullnames", "names"))  # of a facility if it also has a short name
# On a sheet of who was there, or is on duty.
ON_A_SHEET: Final = frozenset(("shift", "signature", "sign", "timein", "timeout", "saini"))
# If one of these is beside a name that is no place's, the name is that of the person.
OF_ONE_PERSON: Final = list_words("of_one_person")
# Odoo's address book, in which a company and who works there are alike: no company, but in one, or with a function.
IS_COMPANY: Final = frozenset(("iscompany", "companytype"))
NO_COMPANY: Final = ("false", "person")
IN_COMPANY: Final = frozenset(("parentid", "function"))
IDENTITY_CARDS: Final = frozenset(("idnumber", "idno", "nationalidno"))
IDENTITY_CARD: Final = lazy_pattern(r"\d{7,8}")
SEXES: Final = frozenset(("gender", "sex"))
GENDERS: Final = frozenset(("female", "male", "f", "m"))
SERVES_AT: Final = frozenset(("station", "facility", "hospital", "organization", "organisation", "institution"))
# Where somebody works: with a place's name beside one that is written as a person's, the record is of that person. A
# body may run a facility of such a name, so that its name counts only where the record tells of no facility at all.
WORKPLACES: Final = list_words("workplaces")
EMPLOYERS: Final = list_words("employers")
PUBLIC_LINES: Final = ("hotline", "helpline", "tollfree", "website")  # nobody's own
MAY_BE_OF_MANY: Final = frozenset(("gender", "sex", "age", "agegroup", "agerange"))
MANY: Final = list_words("many")
BESIDE_MANY: Final = list_words("beside_many")
TELLS_FACILITY: Final = frozenset(
    (
        *("registration_number", "facility_type", "facility_level", "operational_status", "services", "gbv_categories"),
        *("owner_name", "owner_type", "beds", "cots", "open_whole_day"),
    )
)
OF_PEOPLE_TOO: Final = frozenset(("operational_status",))  # a volunteer is active, too
TELLS_WORKPLACE: Final = TELLS_FACILITY - OF_PEOPLE_TOO - {"registration_number"}  # a clinician has one, too
TELLS_ANY_FACILITY: Final = TELLS_WORKPLACE | frozenset(
    (
        *("facility_code", "registration_number", "constituency_name", "ward_name", "latitude", "coordinates"),
        *("geometry", "website_url", "address"),
    )
)
# A record with one of these keys is looked at closely.
MARKS_OF_PEOPLE: Final = frozenset().union(
    *(CASE_KEYS, CASE_OBJECTS, STAFF_NUMBERS, SUBJECTS, ON_A_SHEET, ROLES, OF_ONE_PERSON, IDENTITY_CARDS, SEXES),
    IS_COMPANY,
    (URNS,),
    KINDS_OF_PEOPLE,
)


def may_hold_people(marks: Iterable[str]) -> bool:
    """Say whether records with these keys and kinds may be of people: few files have such, and others are spared."""
    given = set(map(normal_key, marks))
    if len(PERHAPS_PERSON_KEYS & given) > 1 or not MARKS_OF_PEOPLE.isdisjoint(given):
        return True
    return not (NAMES.isdisjoint(given) or (WORKPLACES | EMPLOYERS).isdisjoint(given))


def is_person(record: dict[str, Any], keys: Keys) -> bool:
    """Say whether a record is of a person or a case: by one key of a register of cases, or several of a person."""
    told = [(word, value) for key, value in unwrapped(record) if not is_absent(value) and (word := normal_key(key))]
    given = {word for word, _ in told}
    if any(_is_of_a_case(word, value) for word, value in told) or _is_of_staff(given):
        return True
    if _is_of_somebody(told, given) and not _tells(record, keys, TELLS_FACILITY - OF_PEOPLE_TOO):
        return True
    if _works_at(told, WORKPLACES) and not _tells(record, keys, TELLS_WORKPLACE):
        return True
    is_public = any(word.startswith(PUBLIC_LINES) for word in given)
    if not is_public and _works_at(told, EMPLOYERS) and not _tells(record, keys, TELLS_ANY_FACILITY):
        return True
    if len(PERHAPS_PERSON_KEYS & given) <= 1 or any(_is_of_many(word, value) for word, value in told):
        return False
    certain = PERSON_KEYS & given
    return (len(certain) > 1 and not certain <= NAMES_OF_CONTACT) or not _tells(record, keys, TELLS_FACILITY)


def is_address_card(value: dict[str, Any]) -> bool:
    """Say whether an object is somebody's entry in an address book, where the employer is called an organisation.

    >>> is_address_card(
    ...     {"names": [{"givenName": "A", "familyName": "B"}], "organizations": [{"name": "Sample Clinic"}]}
    ... )
    True
    """
    named = [inner for key, inner in value.items() if normal_key(key) in CARD_NAMES]
    items = [item for inner in named for item in (inner if isinstance(inner, list) else [inner])]
    return any(not PARTS_OF_NAME.isdisjoint(map(normal_key, item)) for item in items if isinstance(item, dict))


def _is_of_a_case(word: str, value: object) -> bool:
    """Say whether a value is of one case: not if it only says whether a facility has, keeps or offers something."""
    if word == URNS:
        return isinstance(value, list)
    if word in KINDS:
        return isinstance(value, str) and normal_key(value) in KINDS_OF_PEOPLE
    if word in CASE_OBJECTS:
        return isinstance(value, dict) and not all(map(is_flag, value.values()))
    return word in CASE_KEYS and isinstance(value, str | int | float) and not is_flag(value)


def _is_of_staff(given: set[str]) -> bool:
    """Say whether a record is of somebody who serves at a place: with their number and rank, and nobody else's.

    >>> _is_of_staff({"name", "rank", "serviceno", "station"}), _is_of_staff({"name", "ocsname", "rank", "serviceno"})
    (True, False)
    """
    return not (STAFF_NUMBERS.isdisjoint(given) or RANKS.isdisjoint(given)) and not any(
        word.startswith(NAMES_SOMEBODY) for word in given
    )


def _is_of_somebody(told: list[tuple[str, object]], given: set[str]) -> bool:
    """Say whether a record names somebody where a facility's would name it: who signed, who serves there, whose case.

    >>> _is_of_somebody([("fullname", "Sample Person"), ("station", "Lindi Police Station")], {"fullname", "station"})
    True
    >>> _is_of_somebody([("fullname", "Sample Referral Hospital")], {"fullname"})
    False
    """
    subjects = SUBJECTS - (WHOLE_NAMES if NAMES & given else frozenset())
    is_on_a_sheet = not ON_A_SHEET.isdisjoint(given)
    has_a_role = not ROLES.isdisjoint(given) and _has_a_role(told)
    has_a_mark = any(_is_of_one_person(word, value, given) for word, value in told) or _is_in_a_company(told)
    return any(
        may_name_person(value) and not (word in CASE_OBJECTS and _is_of_whom(value))
        for word, value in told
        if word in subjects
        or word in CASE_OBJECTS
        or (word in NAMES and (is_on_a_sheet or has_a_role or has_a_mark))
        or (is_on_a_sheet and is_person_word(word))
    )


def _has_a_role(told: list[tuple[str, object]]) -> bool:
    """Say whether the name beside is of who serves in a role; if somebody else is named, the role may be theirs."""
    return not any(names_somebody(word, value) for word, value in told) and any(
        word in ROLES and isinstance(value, str) and is_role(value) for word, value in told
    )


def _works_at(told: list[tuple[str, object]], places: frozenset[str]) -> bool:
    """Say whether a name that is written as a person's stands beside the name of a place that it shares no word with.

    >>> [
    ...     _works_at([("name", name), ("clinic", "Lindi Clinic")], WORKPLACES)
    ...     for name in ("Sample Person", "Lindi Base", "Tumaini")
    ... ]
    [True, False, False]
    """
    names = [value for word, value in told if word in NAMES and isinstance(value, str)]
    beside = [value for word, value in told if word in places and isinstance(value, str) and OF_A_PLACE.search(value)]
    return any(is_person_at(name, place) for name in names for place in beside)


def is_person_at(name: str, place: str) -> bool:
    """Say whether a name beside that of a place is written as a person's, and shares no word with it."""
    return may_name_person(name) and is_written_as_persons(name) and _words(name).isdisjoint(_words(place))


def _words(text: str) -> set[str]:
    return {word.lower() for word in KEY_WORDS.findall(text)}


def _is_of_one_person(word: str, value: object, given: set[str]) -> bool:
    """Say whether a value describes a person: an identity card, a next of kin, or the sex of who serves at a place."""
    if word in IDENTITY_CARDS:
        return IDENTITY_CARD.fullmatch(str(value).strip()) is not None
    if word in SEXES:
        return str(value).strip().lower() in GENDERS and not SERVES_AT.isdisjoint(given)
    return word in OF_ONE_PERSON and not is_flag(value)


def _is_in_a_company(told: list[tuple[str, object]]) -> bool:
    """Say whether an entry of an address book is no company, and belongs to one or has a function there.

    >>> [_is_in_a_company([("iscompany", False), ("parentid", of)]) for of in ([11, "Lindi Safe House"], False)]
    [True, False]
    """
    is_none = any(word in IS_COMPANY and str(value).strip().lower() in NO_COMPANY for word, value in told)
    return is_none and any(word in IN_COMPANY and not is_flag(value) for word, value in told)


def _is_of_whom(value: str) -> bool:
    """Say whether a text tells for whom a facility is: "any", "women and girls"."""
    return not MANY.isdisjoint(map(str.lower, KEY_WORDS.findall(value)))


def _is_of_many(word: str, value: object) -> bool:
    """Say whether a gender or an age is that of everyone whom a house takes in: no one person has both."""
    if word not in MAY_BE_OF_MANY or not isinstance(value, str):
        return False
    words = {found.lower() for found in KEY_WORDS.findall(value)}
    return words <= GENDERS | MANY | BESIDE_MANY and bool(words & MANY or len(words & GENDERS) > 1)


def _tells(record: dict[str, Any], keys: Keys, fields: frozenset[str]) -> bool:
    """Say whether a record tells one of the fields; a word for people does not: CHT gives a contact as its type."""
    return any(
        meaning.field in fields
        for path, value in leaves(record)
        if not (is_absent(value) or (isinstance(value, str) and is_person_word(value.lower())))
        for meaning in keys.meanings(path)
    )
