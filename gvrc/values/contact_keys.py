"""The keys of contacts: whose they are, what is said about a contact, and which keys belong together."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from gvrc.lazy import lazy_pattern
from gvrc.meaning.person_words import PEOPLE_OF_CASES
from gvrc.meaning.persons import CASE_KEYS, OF_ONE_PERSON
from gvrc.meaning.vocabulary import list_words
from gvrc.values.casts import read_flag
from gvrc.values.contact_texts import PRIVATE_IN_WORDS
from gvrc.values.synonyms import canonical_name
from gvrc.values.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterable


CONTACT_PERSONS = list_words("contact_persons")
ROLE_KEYS = frozenset({"title", "designation", "role", "position", "jobtitle"})
RELATION_KEYS = frozenset({"relationship", "relation", "of", "whose", "belongsto"})
TYPE_KEYS = ("type", "contacttype", "contacttypename", "typename", "system", "kind")
WORDS_FOR_NAME = ("name", "label", "display", "text", "value", "code")  # {"type": {"id": 1, "name": "Mobile"}}
THINGS = list_words("things_of_contacts")
COUNTRY_CODES = frozenset({"countrycode", "callingcode", "dialcode", "dialingcode", "diallingcode", "phonecode"})
VALUE_KEYS = frozenset({"value", "contactvalue", "number", "contact", "details", "contacts", "text"})
BOOKKEEPING = list_words("contact_bookkeeping")
PRIMARY = frozenset({"isprimary", "primary"})
ENDS = frozenset({"validto", "validuntil", "validthrough", "enddate", "endedon", "expirydate", "expireson"})
# What, beside a contact, may say that it is out of use.
ENDING_KEYS = ENDS | {"isactive", "active", "valid", "isvalid", "working", "isworking", "inuse", "status"}
NO_CONTACT = CONTACT_PERSONS | ROLE_KEYS | BOOKKEEPING | ENDS | frozenset(TYPE_KEYS)
# Whose a line is, or for whom: a facility's sheet may have the home numbers of who works there, and a survivor's.
_LINE = r"(?:tele|mobile|cell)?(?:phone|mobile|cell|tel|number|no|line|email|mail|contact|simu|whatsapp)s?"
_PRIVATE = lazy_pattern(
    rf"(?:{_LINE})?(?:private|personal|confidential|binafsi|siri)(?:{_LINE})?\d?"
    r"|.*(?:donotshare|donotpublish|notforpublic|internaluseonly).*"
    rf"|home{_LINE}\d?|{_LINE}home"
)
_WHOSE_IS_PRIVATE = PEOPLE_OF_CASES | CASE_KEYS | OF_ONE_PERSON | list_words("who_fills_in")
SHARED = list_words("shared")
KEPT = list_words("kept")
WHO_MAY_SEE = frozenset({"visibility", "privacy", "access", "accesslevel", "audience"})
NOT_EVERYBODY = list_words("not_everybody")
USES = frozenset({"use", *TYPE_KEYS})  # FHIR and vCard call somebody's own line that of their home
FOR_WHOM = WHO_MAY_SEE | USES | {"label", "belongsto"}
# Who is told to keep a client's story to themselves is not told to keep a facility's number so.
_OF_CASES = lazy_pattern(
    r"\bdo\s+not\s+(?:share|publish|give\s+out)\s+(?:(?:the|any|a|an|your|our|their)\s+)?(?:details?\s+of\s+)?"
    r"(?:survivor|client|patient|victim|case|child|personal)(?!\w*\s+(?:phone|number|contact|mother|father))",
    re.IGNORECASE,
)
REMARKS = frozenset({"note", "notes", "remark", "remarks", "comment", "comments", "description", "maoni"})
_DOT_OF_PATH = lazy_pattern(r"(?<=\w)\.(?=\w)")
# Marks tell which person has which contact: alternative_contact_person has alternative_phone, contact_person has phone.
_MARKED = lazy_pattern(
    r"(?P<word>alternat(?:iv)?e|alt(?=phone|mobile|tel|number|contact|email)|secondary|second|other|deputy)?(?P<rest>.*?)(?:(?<=\D)0?(?P<number>\d{1,2}))?"
)
# A post with contacts of its own is a mark, too: a gender desk's officer does not answer the station's telephone.
_POST = lazy_pattern(r"(?P<post>ocs|(?:gbv)?focalp(?:erson|oint)|(?:gender|s?gbv|childrens?)desk)(?P<rest>.*)")
HEADS = ("ocs", "focalperson", "focalpoint")  # they answer the facility's telephone if they have none of their own
_SAME_MARK = {"alternate": "alternative", "alt": "alternative", "secondary": "2", "second": "2", "1": ""}


def is_one_person(keys: Iterable[str]) -> bool:
    """Say whether an object with these keys is a person with their contacts: a name, and something else."""
    keys = list(keys)
    return len(keys) > 1 and any(map(is_person_key, keys))


@lru_cache(maxsize=10_000)
def is_private(key: str) -> bool:
    """Say whether a key or a label is that of a number which is not for the public, or that of somebody of a case.

    >>> [is_private(key) for key in ("contacts.private", "next_of_kin", "personalMobile", "private_wing", "office")]
    [True, True, True, False, False]
    >>> is_private("contacts.survivor.phone")
    True
    """
    words = [fold(part) for part in key.split(".")]
    return any(word in _WHOSE_IS_PRIVATE or _PRIVATE.fullmatch(word) for word in words)


def says_private(name: str, item: object) -> bool:
    """Say whether something beside a contact tells that it is not for the public: ``public: false``."""
    if name in FOR_WHOM:
        return isinstance(item, str) and (_is_of_few(name, item) or PRIVATE_IN_WORDS.search(item) is not None)
    if name in REMARKS:
        return isinstance(item, str) and PRIVATE_IN_WORDS.search(_OF_CASES.sub(" ", item)) is not None
    if name in SHARED or name in KEPT:
        return read_flag(str(item).strip()) is (name in KEPT)
    return False


def _is_of_few(name: str, said: str) -> bool:
    """Say whether a word beside a contact tells whose it is or who may see it, and that is not everybody.

    >>> [
    ...     _is_of_few(*told)
    ...     for told in (("use", "home"), ("label", "Home"), ("access", "staff only"), ("type", "staff"))
    ... ]
    [True, False, True, False]
    """
    word = fold(said)
    is_kept = (name in USES and word == "home") or (name in WHO_MAY_SEE and word in NOT_EVERYBODY)
    return is_kept or (name in FOR_WHOM and is_private(said))


@lru_cache(maxsize=10_000)
def is_person_key(key: str) -> bool:
    """Say whether a key names a person, whatever mark it has: ``contact_person_2``."""
    return _parted(key)[1] in CONTACT_PERSONS


def without_groups(key: str) -> str:
    """Give the question of a form without its groups (``grp_contact/phone``), but keep a person's (``focal/phone``).

    In Tel/Fax the stroke parts two kinds of line.
    """
    *groups, question = key.split("/")
    if any(map(kind_of_key, groups)):
        return key
    of_person = (f"{group}/{question}" for group in groups)
    return next((asked for asked in of_person if mark_of(asked) != mark_of(question)), question)


@lru_cache(maxsize=10_000)
def key_in_path(path: str) -> str:
    """Give the last key of a path, which may have dots of its own.

    >>> [key_in_path(path) for path in ("contacts.fax", "contacts.P.O. Box", "contacts.id_no", "Tel. No.")]
    ['fax', 'P.O. Box', 'id_no', 'Tel. No.']
    """
    parts = _DOT_OF_PATH.split(path)
    keys = (".".join(parts[place:]) for place in range(len(parts)))
    return next((key for key in keys if kind_of_key(key) or is_person_key(key)), parts[-1])


@lru_cache(maxsize=10_000)
def is_in_thing(path: str) -> bool:
    """Say whether a path leads into a thing beside a contact: contacts.language.name is nobody to ask for."""
    return not THINGS.isdisjoint(map(fold, path.split(".")[:-1]))


@lru_cache(maxsize=10_000)
def mark_of(key: str) -> str:
    """Give the mark of a key, or of the nearest key around it that has one."""
    return next(filter(None, (_parted(part)[0] for part in reversed(key.split(".")))), "")


@lru_cache(maxsize=10_000)
def _parted(key: str) -> tuple[str, str]:
    """Split a key into its mark and the rest, folded: ("2", "phone") for Phone_2, ("", "phone") for phone."""
    folded = fold(key)
    if post := _POST.fullmatch(folded):  # its person is named by the post's key alone, or as its officer
        mark = "desk" if post["post"].endswith("desk") else post["post"].removeprefix("gbv")
        return mark, post["rest"].removeprefix("officer") or "name"
    found = _MARKED.fullmatch(folded)
    if not found:
        return "", folded
    mark = found["word"] or found["number"] or ""
    return _SAME_MARK.get(mark, mark), found["rest"]


@lru_cache(maxsize=10_000)
def kind_of_key(key: str) -> str | None:
    """Give the contact type that a key names, without the number at its end: ``phone_2``."""
    return canonical_name("contact_types", re.sub(r"\d+$", "", key))
