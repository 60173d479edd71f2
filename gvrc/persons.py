"""Which keys and records are of people or of their cases, and are never taken for facilities."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from gvrc.paths import (
    GROUP_MARK,
    KEY_WORDS,
    MAX_KNOWN_PATHS,
    is_absent,
    leaves,
    normal_key,
    unwrapped,
    words_of_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvrc.meanings import Keys


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


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def is_people(key: str) -> bool:
    """Say whether what is under this key is of people, or of what happened to them.

    >>> [is_people(key) for key in ("survivors", "FocalPersons", "gbv_case_list", "children_homes", "victim_support")]
    [True, True, True, False, False]
    """
    words = words_of_key(GROUP_MARK.sub("", key))
    while len(words) > 1 and words[-1] in SAYS_WHEN_OR_HOW:
        words.pop()
    if is_person_word("".join(words)):
        return True
    return bool(words) and is_person_word(words[-1]) and SAYS_MORE_OF_PEOPLE.issuperset(words[:-1])


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


def is_person_word(word: str) -> bool:
    """Say whether a word is one for people, or for one of them."""
    return word in PEOPLE or word.removesuffix("s") in PEOPLE


def is_person(record: dict[str, Any], keys: Keys) -> bool:
    """Say whether a record is of a person or a case: a key of a register of cases, or several marks of a person."""
    told = [(word, value) for key, value in unwrapped(record) if not is_absent(value) and (word := normal_key(key))]
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
