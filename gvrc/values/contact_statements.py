"""The forms that contacts come in: JSON texts, walked down to each text that may hold contacts, with their owner."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from gvrc.lazy import lazy_pattern
from gvrc.meaning.person_words import PEOPLE_OF_CASES
from gvrc.values.casts import is_end, read_flag
from gvrc.values.contact_keys import (
    BOOKKEEPING,
    CONTACT_PERSONS,
    COUNTRY_CODES,
    ENDS,
    HEADS,
    NO_CONTACT,
    PRIMARY,
    RELATION_KEYS,
    ROLE_KEYS,
    THINGS,
    TYPE_KEYS,
    VALUE_KEYS,
    WORDS_FOR_NAME,
    is_in_thing,
    is_person_key,
    is_private,
    key_in_path,
    kind_of_key,
    mark_of,
    says_private,
    without_groups,
)
from gvrc.values.contact_texts import EMAIL, LETTERS, words_in
from gvrc.values.phones import find_phones, split_phones
from gvrc.values.synonyms import CLOSED, canonical_name
from gvrc.values.text import clean_value, fold

if TYPE_CHECKING:
    from collections.abc import Iterator


# Sister, Brother, Mother and Father are titles in an order as often as in a family.
_PEOPLE_OF_CASES = PEOPLE_OF_CASES | {"kin", "aunt", "uncle", "wife", "husband", "manusura", "mwathiriwa", "mteja"}
_OUT_OF_USE = frozenset({"old", "former", "disconnected", "notinuse", "outofuse", "outofservice", "unreachable"})
# Between two people who each have their own numbers: where the numbers follow the names, and where they precede them.
_AFTER_NUMBERS = lazy_pattern(
    r"(?<=[\d)\]])\s*(?:[,;/|\n&+]+|\b(?:and|or|na|au)\b)\s*(?=[^\W\d_])"
    r"|(?<=[\d)\]])\s+(?=[^\W\d_]{2,}[^,;/|\n&\d]*\d)",
    re.IGNORECASE,
)
_DIALLED = frozenset({"Phone", "Mobile", "Fax", "Hotline", "Toll Free"})
_COUNTRY = lazy_pattern(r"(?:\+|00)?([1-9]\d{0,2})")
_NATIONAL = lazy_pattern(r"\s*(?:\(?0)?([1-9][\d\s()-]{5,}\d)")
LIKE_A_CONTACT = lazy_pattern(r"\d{3}|@")
IDS = ("id", "uuid")
_AFTER_A_NAME = lazy_pattern(r"(?:(?<=[^\W\d_])|(?<=\)))\s*[,;/|\n&]+\s*(?=[(+\d])")


class Whose(NamedTuple):
    """Whose a contact is: the person of the object that it stands in, and the mark of its key."""

    person: str = ""
    mark: str = ""


class Statement(NamedTuple):
    """One text that may hold contacts, the key that it stood under, and whose they are."""

    key: str
    text: str
    whose: Whose = Whose()
    in_use: bool = True
    # Its source calls it out of use, now and not by a date; it is nobody's of a case, nor private.
    is_ended: bool = False


def list_statements(text: str) -> list[Statement]:
    """List the texts in a JSON text of contacts; a text that is not JSON counts as one."""
    try:
        return list(_walk("contact", msgspec.json.decode(text), Whose()))
    except (msgspec.DecodeError, RecursionError):  # plain text, or nested a thousand deep
        return list(_walk("contact", text, Whose()))


def _walk(key: str, value: object, whose: Whose) -> Iterator[Statement]:
    """Give every text in a value with the key that says most about it, and its owner."""
    match value:
        case None | False:
            return
        case str() | int() | float():
            # A spreadsheet makes 700000016.0 of a number; with that zero 116 would be none, and 20200001 another one.
            text = clean_value(re.sub(r"^(\+?\d{3,15})\.0+$", r"\1", str(value)))
            if text:
                yield from (Statement(key, part, whose) for part in _by_person(key, text))
        case list():
            for item in sorted(value, key=is_secondary):
                yield from _walk(key, item, whose)
        case {"key": str(stood_under), "value": within, **more} if not more:  # the reader's own form
            path = without_groups(stood_under)
            is_kept, is_in = is_private(path), is_in_thing(path)
            for statement in _walk(key_in_path(path), within, whose._replace(mark=mark_of(path))):
                is_none = is_kept or (is_in and is_person_key(statement.key))
                yield statement._replace(in_use=False, is_ended=False) if is_none else statement
        case dict():
            members = [(fold(name), item) for name, item in value.items()]
            yield from _walk_thing(key, members) if fold(key) in THINGS else _walk_object(key, members, whose)


def _walk_thing(key: str, members: list[tuple[str, object]]) -> Iterator[Statement]:
    """Give what is said of a thing beside a contact: the language that is spoken there is nobody to ask for."""
    yield from _walk_object(key, [(name, item) for name, item in members if not is_person_key(name)], Whose())
    for called in (item for name, item in members if is_person_key(name)):
        yield from (statement._replace(in_use=False) for statement in _walk(key, called, Whose()))


def is_secondary(item: object) -> bool:
    """Say whether an item of a list is not marked as primary: a facility's first contact is its primary one."""
    return not isinstance(item, dict) or not any(
        fold(name) in PRIMARY and read_flag(clean_value(str(said)) or "") for name, said in item.items()
    )


def _by_person(key: str, text: str) -> list[str]:
    """Split a text that names several people, each with their own numbers: "Jane (0700..), Joe (0700..)"."""
    if not is_person_key(key):
        return [text]
    for between in (_AFTER_NUMBERS, _AFTER_A_NAME):
        parts = [part for part in between.split(text) if part]
        if len(parts) > 1 and all(words_in(part) and find_phones(part)[0] for part in parts):
            return parts
    return [text]


def _walk_object(key: str, members: list[tuple[str, object]], whose: Whose) -> Iterator[Statement]:
    members = [
        (name, _name_in(item) if name in TYPE_KEYS or is_person_key(name) else item)
        for name, item in _with_country(members)
    ]
    labels = [(name, item) for name, item in members if isinstance(item, str) and item and _is_label(name, item)]
    kind = next((item for _, item in sorted(labels, key=lambda label: label[0] == "label")), key)
    is_kept = any(is_of_a_case(name, item) or says_private(name, item) for name, item in members)
    is_ended = not is_kept and any(_is_called_ended(name, item) for name, item in members)
    in_use = not is_kept and not any(_says_ended(name, item) for name, item in members)
    owners = {
        mark: Statement("contact_person", text, Whose("", mark), in_use, is_ended) for mark, text in _owners(members)
    }
    yield from owners.values()
    for name, item in members:
        if not _describes(name, item) or _is_misplaced(name, item):
            mark = mark_of(name)
            owner = next((owners[of] for of in (mark, "", *HEADS) if of in owners), None)
            theirs = Whose((owner and person_in(owner)) or whose.person, mark or whose.mark)
            for statement in _walk(kind if name in VALUE_KEYS else name, item, theirs):
                if is_private(name):
                    yield statement._replace(in_use=False, is_ended=False)
                    continue
                has_ended = statement.is_ended or (is_ended and statement.in_use)
                yield statement._replace(in_use=in_use and statement.in_use, is_ended=has_ended and not is_kept)


def _with_country(members: list[tuple[str, object]]) -> list[tuple[str, object]]:
    """Put the country that stands beside a number before it: without it, a number of Uganda is another one of Kenya.

    >>> _with_country([("countrycode", "+256"), ("number", "0700 000016"), ("text", "116")])
    [('number', '+256700 000016'), ('text', '116')]
    """
    stated = [_COUNTRY.fullmatch(str(item).strip()) for name, item in members if name in COUNTRY_CODES]
    code = next((found[1] for found in stated if found), None)
    if code is None:
        return members
    return [
        (name, f"+{code}{found[1]}" if found and (name in VALUE_KEYS or kind_of_key(name) in _DIALLED) else item)
        for name, item in members
        if name not in COUNTRY_CODES
        for found in (_NATIONAL.fullmatch(str(item).strip().removeprefix(code)),)
    ]


def _name_in(item: object) -> object:
    """Give the name of a contact's type or person, where it is an object that says no more than that and its id.

    A number beside the name is more: ``{"name": "Phone", "value": "0700000016"}`` as a type is a contact by itself.
    """
    if not isinstance(item, dict) or any(isinstance(said, dict | list) for said in item.values()):
        return item
    named = {fold(name): said for name, said in item.items()}
    called = next((word for word in WORDS_FOR_NAME if isinstance(named.get(word), str)), None)
    beside = [str(said) for word, said in named.items() if word not in (called, "code", *IDS)]
    if called is None or not named.keys() <= {*WORDS_FOR_NAME, *IDS} or any(map(LIKE_A_CONTACT.search, beside)):
        return item
    return named[called]


def _describes(name: str, item: object) -> bool:
    """Say whether a key describes a contact rather than holding one."""
    if name == "status":  # an unknown status is reported as what is no contact
        return isinstance(item, str) and _is_out_of_use(item) is not None
    return name in NO_CONTACT or is_person_key(name) or says_private(name, item)


def _is_label(name: str, text: str) -> bool:
    """Say whether a text is what a contact is called: its type, or Facebook as its name."""
    return name in TYPE_KEYS or (
        name in CONTACT_PERSONS | ROLE_KEYS | {"label"} and canonical_name("contact_types", text) not in (None, "Phone")
    )


def _says_ended(name: str, item: object) -> bool:
    """Say whether a source calls a contact ended; any end counts, for what is read must not depend on the day."""
    match name, item:
        case "period", {"end": end}:  # FHIR's
            return is_end(end)
    return _is_called_ended(name, item) or (name in ENDS and is_end(item))


def _is_called_ended(name: str, item: object) -> bool:
    """Say whether a source calls a contact out of use as it writes; a date may be one to come."""
    match name, item:
        case "isactive" | "active" | "valid" | "isvalid" | "working" | "isworking" | "inuse", bool() | int() | str():
            return read_flag(clean_value(str(item)) or "") is False
        case ("use", "old"):
            return True
        case "status", str():
            return _is_out_of_use(item) is True
    return False


def takes_out(name: str, item: object) -> bool:
    """Say whether something beside a contact tells that nobody is to call it: whose it is, who may, its state.

    >>> takes_out("role", "Survivor"), takes_out("status", "disconnected"), takes_out("role", "Matron")
    (True, True, False)
    """
    return is_of_a_case(name, item) or says_private(name, item) or _is_called_ended(name, item)


def is_of_a_case(name: str, item: object) -> bool:
    """Say whether a person is a survivor, or another party to a case; not somebody who supports survivors."""
    if name not in ROLE_KEYS | RELATION_KEYS and name not in TYPE_KEYS:
        return False
    words = LETTERS.findall(item) if isinstance(item, str) else []
    return bool(words) and not _PEOPLE_OF_CASES.isdisjoint((fold(words[-1]), fold("".join(words))))


def _is_out_of_use(status: str) -> bool | None:
    """Read the status of a contact; None for an unknown one."""
    known = canonical_name("operational_statuses", status)
    if fold(status) in _OUT_OF_USE:
        return True
    return None if known is None else known in CLOSED


def _is_misplaced(name: str, item: object) -> bool:
    """Say whether a key that should describe a contact holds one: a list of people, a number as a type."""
    if name in BOOKKEEPING | ENDS:
        return False
    return not isinstance(item, str) or (name in TYPE_KEYS and bool(LIKE_A_CONTACT.search(item)))


def _owners(members: list[tuple[str, object]]) -> Iterator[tuple[str, str]]:
    """Give the people that an object names, by the mark of their keys and with their role: "A. B (Matron)"."""
    said = [(name, item) for name, item in members if isinstance(item, str) and not _is_label(name, item)]
    role = clean_value(", ".join(item for name, item in said if name in ROLE_KEYS))
    for mark in dict.fromkeys(["", *(mark_of(name) for name, _ in said)]):
        names = [item for name, item in said if is_person_key(name) and mark_of(name) == mark]
        if owner := _with_role(clean_value(" ".join(names)), None if mark else role):
            yield mark, owner


def _with_role(name: str | None, role: str | None) -> str:
    return f"{name} ({role})" if name and role else name or role or ""


def person_in(statement: Statement) -> str:
    """Give the name in a contact person's text: "A. B - 0700000016" is a name and a number."""
    if not is_person_key(statement.key) or not statement.in_use:
        return ""
    name, _ = split_phones(EMAIL.sub(" ", statement.text))
    return re.sub(r"^\(([^()]*)\)$", r"\1", " ".join(name.split()).strip(" -,;:"))
