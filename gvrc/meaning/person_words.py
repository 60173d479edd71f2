"""Words for people, and for what happened to them: in keys, in roles and in names."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, TypeGuard

from gvrc.lazy import lazy_pattern
from gvrc.meaning.paths import GROUP_MARK, MAX_KNOWN_PATHS, is_flag, words_of_key
from gvrc.meaning.vocabulary import list_words

PEOPLE_OF_CASES: Final = list_words("people_of_cases")
# What a programme against gender violence keeps besides facilities: people, and what was done to them. The last word
# of a key must be one of these, and all before it may only describe them: "child_survivors", not "save_the_children".
PEOPLE: Final = PEOPLE_OF_CASES | list_words("people")
SAYS_MORE_OF_PEOPLE: Final = list_words("says_more_of_people")
# survivors_last_month, cases_reported, officers_on_duty
SAYS_WHEN_OR_HOW: Final = list_words("says_when_or_how")
IN_CHARGE: Final = ["in", "charge"]
FORMS_OF_ADDRESS: Final = list_words("forms_of_address")
# What a body is among others: the head office, a lead agency, a member of a consortium.
ROLE_OF_A_BODY: Final = lazy_pattern(
    r"(?i)(?<!focal )\b(?:offices?|agency|agencies|cent(?:re|er)s?|hospitals?|clinics?|branch|branches|facility"
    r"|facilities|partners?|members?|contacts?|desks?|points?|users?|organi[sz]ations?)\s*\Z"
)
OF_A_PLACE: Final = lazy_pattern(
    r"(?i)hospital|clinic|dispensar|cent(?:re|er)|station|\bpolice\b|\bpost\b|shelter|house|\bhomes?\b|\bdesks?\b|\boffices?\b"
    r"|\bcourts?\b|trust|foundation|network|organi[sz]|associat|initiative|program|project|society|union|church|mission"
    r"|school|colleg|universit|ministry|department|directorate|bureau|council|federat|coalition|kenya|africa|internation"
    r"|line\b|health|medical|legal|\baid\b|support|servic|\bcare\b|rescue|recover|kituo|vituo|zahanati|nyumba|makazi"
    r"|dawati|shirika|mahakama|\bltd\b|limited|\b[cn][bg]o\b|gbv|gvrc|women|child|group|\bhub\b|institut|parish|camp\b"
)
# Keys of the person to ask for at a facility, in a flat table.
NAMES_SOMEBODY: Final = (
    *("ocs", "contactperson", "contactname", "officerin", "incharge", "focalperson", "focalpoint", "personin"),
    "deskofficer",
)


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def is_people(key: str) -> bool:
    """Say whether what is under this key is about people, or about what happened to them.

    >>> [is_people(key) for key in ("survivors", "FocalPersons", "gbv_case_list", "children_homes", "victim_support")]
    [True, True, True, False, False]
    """
    words = words_of_key(GROUP_MARK.sub("", key))
    while len(words) > 1 and words[-1] in SAYS_WHEN_OR_HOW:
        words.pop()
    if words[-2:] == IN_CHARGE:  # whoever it is: priest_in_charge
        return True
    ends = (words[at:] for at in range(len(words)) if all(map(_says_more_of_people, words[:at])))
    return any(is_person_word("".join(end)) for end in ends)


def _says_more_of_people(word: str) -> bool:
    return word in SAYS_MORE_OF_PEOPLE or is_person_word(word)  # nurses_rota


def is_person_word(word: str) -> bool:
    """Say whether a word is one for people, or for a person."""
    return word in PEOPLE or word.removesuffix("s") in PEOPLE


def is_role(text: str) -> bool:
    """Say whether a text gives somebody's role: "GBV Focal Person", "Cpl", "Afisa wa Jinsia"."""
    words = [word.lower() for word in re.findall(r"[^\W\d_]+", text)]
    is_of_a_body = ROLE_OF_A_BODY.search(text) is not None
    words.append("".join(words[-2:]))  # focal point
    return not is_of_a_body and any(is_person_word(word) or word in FORMS_OF_ADDRESS for word in words)


def names_somebody(word: str, value: object) -> bool:
    """Say whether a key and its value name the person to ask for at a facility."""
    is_key = word.startswith((*NAMES_SOMEBODY, "contact")) or is_person_word(word.removesuffix("name"))
    return is_key and (isinstance(value, dict | list) or (may_name_person(value) and "@" not in value))


def may_name_person(value: object) -> TypeGuard[str]:
    """Say whether a value may be a person's name: a text without a word that places are called by."""
    return isinstance(value, str) and any(map(str.isalpha, value)) and not (is_flag(value) or OF_A_PLACE.search(value))


def is_written_as_persons(name: str) -> bool:
    """Say whether a name is written like a person's: first name and surname, no acronym among other words.

    >>> [is_written_as_persons(name) for name in ("Sample Person", "S. A. Person", "FIDA Nyanza", "Usikimye")]
    [True, True, False, False]
    """
    words = name.split()
    has_acronym = not name.isupper() and any(word.isupper() and len(word.strip(".")) > 1 for word in words)
    return PERSON_NAME.fullmatch(name.strip()) is not None and not has_acronym


PERSON_NAME: Final = lazy_pattern(r"[^\W\d_][\w'\u2019.-]*(?:\s+[^\W\d_][\w'\u2019.-]*){1,4}")
