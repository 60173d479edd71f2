"""Which keys and records are of people or of their cases, and are never taken for facilities."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from gvrc.meaning.paths import (
    GROUP_MARK,
    KEY_WORDS,
    MAX_KNOWN_PATHS,
    is_absent,
    leaves,
    normal_key,
    unwrapped,
    words_of_key,
)
from gvrc.meaning.vocabulary import list_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gvrc.meaning.meanings import Keys


PEOPLE_OF_CASES: Final = list_words("people_of_cases")
# What a programme against gender violence keeps besides facilities: people, and what was done to them. The last word of
# a key must be one of these, and all before it may only say more of them: "child_survivors", not "save_the_children".
PEOPLE: Final = PEOPLE_OF_CASES | list_words("people")
SAYS_MORE_OF_PEOPLE: Final = list_words("says_more_of_people")
PERSON_KEYS: Final = list_words("person_keys")
NAMES_OF_CONTACT: Final = frozenset(("firstname", "lastname"))  # of a facility's contact person, in a flat table
# A shelter may have these, too: whom it takes in. They tell a person where nothing tells a facility.
PERHAPS_PERSON_KEYS: Final = PERSON_KEYS | list_words("perhaps_person_keys")
# A register of cases has these: one of them tells that a record is of somebody who came to the facility that it names.
CASE_KEYS: Final = list_words("case_keys")
STAFF_NUMBERS: Final = list_words("staff_numbers")
RANKS: Final = list_words("ranks")
# One of these names whom a record is of: a place beside it is where they serve, and the number is theirs.
SUBJECTS: Final = list_words("subjects")
NAMES: Final = frozenset(("name", "jina"))  # of a person or of a facility
WHOLE_NAMES: Final = frozenset(("fullname", "fullnames", "names"))  # of a facility where it has a short one, too
ON_A_SHEET: Final = frozenset(("shift", "signature", "timein", "timeout", "saini"))  # of who was there, or is on duty
ROLES: Final = RANKS | list_words("roles")
FORMS_OF_ADDRESS: Final = list_words("forms_of_address")
# What a body is among others: the head office, a lead agency, a member of a consortium.
ROLE_OF_A_BODY: Final = re.compile(
    r"(?i)(?<!focal )\b(?:offices?|agency|agencies|cent(?:re|er)s?|hospitals?|clinics?|branch|branches|facility"
    r"|facilities|partners?|members?|contacts?|desks?|points?|users?|organi[sz]ations?)\s*\Z"
)
# One of these beside a name that tells no place is that of the person.
OF_ONE_PERSON: Final = list_words("of_one_person")
IDENTITY_CARDS: Final = frozenset(("idnumber", "idno", "nationalidno"))
IDENTITY_CARD: Final = re.compile(r"\d{7,8}")
SEXES: Final = frozenset(("gender", "sex"))
SERVES_AT: Final = frozenset(("station", "facility", "hospital", "organization", "organisation", "institution"))
OF_A_PLACE: Final = re.compile(
    r"(?i)hospital|clinic|dispensar|cent(?:re|er)|station|\bpolice\b|\bpost\b|shelter|house|\bhomes?\b|\bdesks?\b|\boffices?\b"
    r"|\bcourts?\b|trust|foundation|network|organi[sz]|associat|initiative|program|project|society|union|church|mission"
    r"|school|colleg|universit|ministry|department|directorate|bureau|council|federat|coalition|kenya|africa|internation"
    r"|line\b|health|medical|legal|\baid\b|support|servic|\bcare\b|rescue|recover|kituo|vituo|zahanati|nyumba|makazi"
    r"|dawati|shirika|mahakama|\bltd\b|limited|\b[cn][bg]o\b|gbv|gvrc|women|child|group|\bhub\b|institut|parish|camp\b"
)
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
CASE_OBJECTS: Final = frozenset(("survivor", "victim", "perpetrator", "suspect", "complainant"))  # or by their name
TELLS_FACILITY: Final = frozenset(
    (
        *("registration_number", "facility_type", "facility_level", "operational_status", "services", "gbv_categories"),
        *("owner_name", "owner_type", "beds", "cots", "open_whole_day"),
    )
)


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def is_people(key: str) -> bool:
    """Say whether what is under this key is of people, or of what happened to them.

    >>> [is_people(key) for key in ("survivors", "FocalPersons", "gbv_case_list", "children_homes", "victim_support")]
    [True, True, True, False, False]
    """
    words = words_of_key(GROUP_MARK.sub("", key))
    while len(words) > 1 and words[-1] in SAYS_WHEN_OR_HOW:
        words.pop()
    ends = (words[at:] for at in range(len(words)) if all(map(_says_more_of_people, words[:at])))
    return any(is_person_word("".join(end)) for end in ends)


def _says_more_of_people(word: str) -> bool:
    return word in SAYS_MORE_OF_PEOPLE or is_person_word(word)  # nurses_rota


# survivors_last_month, cases_reported, officers_on_duty
SAYS_WHEN_OR_HOW: Final = list_words("says_when_or_how")


def is_person_word(word: str) -> bool:
    """Say whether a word is one for people, or for one of them."""
    return word in PEOPLE or word.removesuffix("s") in PEOPLE


def is_person(record: dict[str, Any], keys: Keys) -> bool:
    """Say whether a record is of a person or a case: a key of a register of cases, or several marks of a person."""
    told = [(word, value) for key, value in unwrapped(record) if not is_absent(value) and (word := normal_key(key))]
    given = {word for word, _ in told}
    if any(_is_of_a_case(word, value) for word, value in told) or _is_of_staff(given):
        return True
    if _is_of_somebody(told, given) and not _tells(record, keys, TELLS_FACILITY - OF_PEOPLE_TOO):
        return True
    if len(PERHAPS_PERSON_KEYS & given) <= 1 or any(_is_of_many(word, value) for word, value in told):
        return False
    certain = PERSON_KEYS & given
    return (len(certain) > 1 and not certain <= NAMES_OF_CONTACT) or not _tells(record, keys, TELLS_FACILITY)


OF_PEOPLE_TOO: Final = frozenset(("operational_status",))  # a volunteer is active, too


def _tells(record: dict[str, Any], keys: Keys, fields: frozenset[str]) -> bool:
    return any(
        meaning.field in fields
        for path, value in leaves(record)
        if not is_absent(value)
        for meaning in keys.meanings(path)
    )


def _is_of_somebody(told: list[tuple[str, object]], given: set[str]) -> bool:
    """Say whether a record names somebody where one of a facility names it: who signed, serves there, or is whose case.

    >>> _is_of_somebody([("fullname", "Sample Person"), ("station", "Lindi Police Station")], {"fullname", "station"})
    True
    >>> _is_of_somebody([("fullname", "Sample Referral Hospital")], {"fullname"})
    False
    """
    subjects = SUBJECTS - (WHOLE_NAMES if NAMES & given else frozenset())
    is_on_a_sheet = not ON_A_SHEET.isdisjoint(given)
    has_a_role = not ROLES.isdisjoint(given) and _has_a_role(told)
    has_a_mark = any(_is_of_one_person(word, value, given) for word, value in told)
    return any(
        _is_a_name(value) and not (word in CASE_OBJECTS and _is_of_whom(value))
        for word, value in told
        if word in subjects
        or word in CASE_OBJECTS
        or (word in NAMES and (is_on_a_sheet or has_a_role or has_a_mark))
        or (is_on_a_sheet and is_person_word(word))
    )


def _is_of_one_person(word: str, value: object, given: set[str]) -> bool:
    """Say whether a value tells somebody: an identity card, a next of kin, or the sex of who serves at a place."""
    if word in IDENTITY_CARDS:
        return IDENTITY_CARD.fullmatch(str(value).strip()) is not None
    if word in SEXES:
        return str(value).strip().lower() in GENDERS and not SERVES_AT.isdisjoint(given)
    return word in OF_ONE_PERSON and not _is_flag(value)


def _is_a_name(value: object) -> TypeGuard[str]:
    """Say whether a value may be the name of a person: a text, without a word of what places are called."""
    return isinstance(value, str) and any(map(str.isalpha, value)) and not (_is_flag(value) or OF_A_PLACE.search(value))


def _has_a_role(told: list[tuple[str, object]]) -> bool:
    """Say whether the name beside is that of who serves in a role; where somebody else is named, it may be theirs."""
    return not any(_names_somebody(word, value) for word, value in told) and any(
        word in ROLES and isinstance(value, str) and is_role(value) for word, value in told
    )


def _names_somebody(word: str, value: object) -> bool:
    is_key = word.startswith((*NAMES_SOMEBODY, "contact")) or is_person_word(word.removesuffix("name"))
    return is_key and (isinstance(value, dict | list) or (_is_a_name(value) and "@" not in value))


def is_role(text: str) -> bool:
    """Say whether a text tells what somebody is: "GBV Focal Person", "Cpl", "Afisa wa Jinsia"."""
    words = [word.lower() for word in re.findall(r"[^\W\d_]+", text)]
    is_of_a_body = ROLE_OF_A_BODY.search(text) is not None
    words.append("".join(words[-2:]))  # focal point
    return not is_of_a_body and any(is_person_word(word) or word in FORMS_OF_ADDRESS for word in words)


def _is_of_whom(value: str) -> bool:
    """Say whether a text tells whom a facility is for: "any", "women and girls"."""
    return not MANY.isdisjoint(map(str.lower, KEY_WORDS.findall(value)))


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


def are_bare_persons(records: Sequence[dict[str, Any]], keys: Keys) -> bool:
    """Say whether all records of a list say no more than the name of somebody, a place and how to reach them.

    A list of facilities that says as little has words of what places are called in its names: hospital, station, trust.
    One of such names tells that none of the list are people.
    """
    told: list[dict[str, list[str]]] = []
    for record in records:  # nearly always the first of a list tells already: to ask all took as long as to read them
        said = _told_by_field(record, keys)
        if not (said.keys() <= SAID_OF_PEOPLE and _is_bare_name(said)) or is_person(record, keys):
            return False
        told.append(said)
    named = [names[0] for said in told if (names := said.get("facility_name"))]
    called = sum("contacts" in said for said in told)
    return bool(named) and called > len(told) / 2 and sum(map(_may_be_persons, named)) >= MOST * len(named)


def _told_by_field(record: dict[str, Any], keys: Keys) -> dict[str, list[str]]:
    """Give what a record says, by field; the names of a facility's contact person stand under one of their own."""
    told: dict[str, list[str]] = {}
    for path, value in leaves(record):
        word = normal_key(str(path[-1])) if path else ""
        for meaning in () if is_absent(value) else keys.meanings(path):
            is_of_facility = _names_somebody(word, value) or (meaning.field == "facility_name" and word not in ANY_NAME)
            told.setdefault("named" if is_of_facility else meaning.field, []).append(str(value))
    return told


def _is_bare_name(told: dict[str, list[str]]) -> bool:
    """Say whether the names of a record may be somebody's: not a place's own, as that of a station may be."""
    places = {text.casefold() for field, texts in told.items() if field != "facility_name" for text in texts}
    return all(_is_a_name(name) and name.casefold() not in places for name in told.get("facility_name", ()))


def _may_be_persons(name: str) -> bool:
    """Say whether a name is written as that of a person: first name and surname, no acronym among other words.

    >>> [_may_be_persons(name) for name in ("Sample Person", "S. A. Person", "FIDA Nyanza", "Usikimye")]
    [True, True, False, False]
    """
    words = name.split()
    has_acronym = not name.isupper() and any(word.isupper() and len(word.strip(".")) > 1 for word in words)
    return PERSON_NAME.fullmatch(name.strip()) is not None and not has_acronym


PERSON_NAME: Final = re.compile(r"[^\W\d_][\w'\u2019.-]*(?:\s+[^\W\d_][\w'\u2019.-]*){1,4}")
MOST: Final = 0.9  # of a list of people; a few are written with one name
ANY_NAME: Final = NAMES | WHOLE_NAMES | {"displayname"}  # of a person or of a facility
SAID_OF_PEOPLE: Final = frozenset(
    (
        *("facility_name", "official_name", "county_name", "constituency_name", "ward_name", "sub_county_name"),
        *("place_hint", "contacts", "source_key", "recorded_on", "is_active", "is_closed", "operational_status"),
    )
)
URNS: Final = "urns"  # RapidPro's: how to reach somebody who wrote to a flow
FLAGS: Final = frozenset(("yes", "no", "true", "false", "y", "n", "ndiyo", "ndio", "hapana"))
MAY_BE_OF_MANY: Final = frozenset(("gender", "sex", "age", "agegroup", "agerange"))
GENDERS: Final = frozenset(("female", "male", "f", "m"))
MANY: Final = list_words("many")
BESIDE_MANY: Final = list_words("beside_many")


def may_hold_people(columns: Iterable[str]) -> bool:
    """Say whether records with these keys may be of people: hardly any file has such keys, others are spared."""
    given = set(map(normal_key, columns))
    return len(PERHAPS_PERSON_KEYS & given) > 1 or not MARKS_OF_PEOPLE.isdisjoint(given)


# One of these keys, and a record is looked at closely.
MARKS_OF_PEOPLE: Final = frozenset().union(
    *(CASE_KEYS, CASE_OBJECTS, STAFF_NUMBERS, SUBJECTS, ON_A_SHEET, ROLES, OF_ONE_PERSON, IDENTITY_CARDS, SEXES),
    (URNS,),
)


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
