"""The forms that contacts come in: one record's JSON texts, walked down to every number, address and name in them."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from gvrc.masking import mask_letters
from gvrc.meaning.person_words import PEOPLE_OF_CASES
from gvrc.values.casts import read_flag
from gvrc.values.phones import find_phones, read_phone, short_codes, split_phones
from gvrc.values.synonyms import CLOSED, canonical_name
from gvrc.values.text import clean_value, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_PERSON_KEYS = frozenset(
    {
        *("name", "fullname", "person", "personname", "contactperson", "contactpersonname", "contactname"),
        *("officerincharge", "incharge", "facilityincharge", "focalperson", "focalpersonname", "personincharge"),
        *("ocs", "ocsname", "officerinchargename", "inchargename", "personinchargename"),
        *("msimamizi", "msimamiziwakituo", "jinalamsimamizi", "mhusika", "jina"),
    }
)
_ROLE_KEYS = frozenset({"title", "designation", "role", "position", "jobtitle"})
_RELATION_KEYS = frozenset({"relationship", "relation"})
# Sister, Brother, Mother and Father are of an order as often as of a family.
_PEOPLE_OF_CASES = PEOPLE_OF_CASES | {"kin", "aunt", "uncle", "wife", "husband", "manusura", "mwathiriwa", "mteja"}
_TYPE_KEYS = ("type", "contacttype", "contacttypename", "typename", "system", "kind")
_VALUE_KEYS = frozenset({"value", "contactvalue", "number", "contact", "details", "contacts"})
_BOOKKEEPING = frozenset(
    {
        *("id", "pk", "uuid", "contactid", "contacttypeid", "facility", "facilityid", "use", "rank", "period", "order"),
        *("valid", "isvalid", "working", "isworking", "inuse"),
        *("isprimary", "primary", "isactive", "active", "createdat", "updatedat", "createdby", "updatedby"),
    }
)
_PRIMARY = frozenset({"isprimary", "primary"})
# Marks tell which person has which contact: alternative_contact_person has alternative_phone, contact_person phone.
_MARKED = re.compile(
    r"(?P<word>alternat(?:iv)?e|secondary|second|other|deputy)?(?P<rest>.*?)(?:(?<=\D)0?(?P<number>\d{1,2}))?"
)
# A post with contacts of its own is a mark, too: the officer of a gender desk does not answer the station's telephone.
_POST = re.compile(r"(?P<post>ocs|(?:gbv)?focalperson|(?:gender|s?gbv|childrens?)desk)(?P<rest>.*)")
_HEADS = ("ocs", "focalperson")  # who answer the facility's telephone where they have none of their own
_SAME_MARK = {"alternate": "alternative", "secondary": "2", "second": "2", "1": ""}
_ENDS = frozenset({"validto", "validuntil", "validthrough", "enddate", "endedon", "expirydate", "expireson"})
# What may say, beside a contact, that it is none any more.
ENDING_KEYS = _ENDS | {"isactive", "active", "valid", "isvalid", "working", "isworking", "inuse", "status"}
_OUT_OF_USE = frozenset({"old", "former", "disconnected", "notinuse", "outofuse", "outofservice", "unreachable"})
_OUT_OF_USE_IN_WORDS = re.compile(
    r"\b(?:wrong\s+number|not\s+(?:in\s+use|in\s+service|working|going\s+through|functional|reachable)|no\s+longer\s+(?:in\s+use|working)"
    r"|out\s+of\s+(?:use|service|order)|disconnected|unreachable|switched\s+off|inactive"
    r"|ha(?:i|zi)(?:patikani|tumiki|fanyi\s+kazi)|namba(?:ri)?\s+(?:ya|za)\s+zamani"
    r"|(?:old|former|previous)(?:\s+(?:number|no|line|tel|phone|mobile))?\s*[.:)]|(?:old|former)\s+(?:number|no|line)\b"
    r"|\((?:old|former)\))",
    re.IGNORECASE,
)
_NO_CONTACT = _PERSON_KEYS | _ROLE_KEYS | _BOOKKEEPING | _ENDS | frozenset(_TYPE_KEYS)

# The signs before and after keep "jane..doe@example.org" from becoming doe@example.org.
_EMAIL = re.compile(
    r"(?<![\w.%'+@-])(?:mailto:)?([\w%'+-]+(?:\.[\w%'+-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,})(?![\w@-])",
    re.IGNORECASE,
)
_URL = re.compile(r"\b(?:https?://|www\.)[^\s,;|<>\"]*[^\s,;|<>\".)]", re.IGNORECASE)
_DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?:[/?#]\S*)?", re.IGNORECASE)
_POSTAL = re.compile(r"\bp\.?\s*o\.?\s*box\b|^(?:private\s+)?bag\s+\d|^box\s+\d", re.IGNORECASE)
_LINE_LABEL = re.compile(r"\b(?=(?:tel|telephone|phone|mobile|cell|fax)\b)", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_LABELS = frozenset(
    {
        *("or", "and", "au", "na", "ext", "extn", "extension", "hrs", "hr", "hours", "hour", "day", "night", "daily"),
        *(
            "no",
            "nos",
            "numbers",
            "lines",
            "on",
            "us",
            "call",
            "text",
            "dial",
            "free",
            "only",
            "mob",
        ),
    }
)
# Between two people who each have numbers of their own, where numbers come behind names and where before them.
_AFTER_NUMBERS = re.compile(
    r"(?<=[\d)\]])\s*(?:[,;/|\n&+]+|\b(?:and|or|na|au)\b)\s*(?=[^\W\d_])"
    r"|(?<=[\d)\]])\s+(?=[^\W\d_]{2,}[^,;/|\n&\d]*\d)",
    re.IGNORECASE,
)
_AFTER_A_NAME = re.compile(r"(?:(?<=[^\W\d_])|(?<=\)))\s*[,;/|\n&]+\s*(?=[(+\d])")
# A text of 20,000 numbers, kept with each of them, took 5 GB.
LONGEST_RAW = 1_000
_STATED_LINES = frozenset({"Fax", "Hotline", "Toll Free"})


class Contact(NamedTuple):
    """One way to reach a facility, with the fields of ``columns.CONTACT``."""

    contact_type: str
    contact_value: str
    contact_raw: str
    contact_person_name: str


class _Whose(NamedTuple):
    """Whose a contact is: the person of the object that it stands in, and the mark of its key."""

    person: str = ""
    mark: str = ""


class _Statement(NamedTuple):
    """One text that may hold contacts, the key it stood under, and whom it belongs to."""

    key: str
    text: str
    whose: _Whose = _Whose()
    in_use: bool = True


def read_contacts(texts: Sequence[str]) -> tuple[list[Contact], list[str]]:
    """Read the contacts of one record; give them distinct by value, and the masked statements that are none.

    A person without a contact of their own stands with every contact of their mark that names nobody; at a short code
    (999) nobody stands.

    >>> contacts, _ = read_contacts(
    ...     ['[{"key": "phone", "value": "0700000016 or 999"}, {"key": "in_charge", "value": "A. B"}]']
    ... )
    >>> [(contact.contact_value, contact.contact_person_name) for contact in contacts]
    [('+254700000016', 'A. B'), ('999', '')]
    """
    statements = [statement for text in texts for statement in _statements_in(text)]
    found, marks, invalid = _distinct_by_value(statements)
    people = _people_alone(statements, found)
    if not people:
        return list(found.values()), invalid
    without = {mark for mark in _HEADS if not any(mark in of for of in marks.values())}
    people = {name: {"" if mark in without else mark for mark in of} for name, of in people.items()}
    nameless = [marks[contact.contact_value] for contact in found.values() if _is_of_nobody(contact)]
    placed = set().union(*nameless)
    left = [name for name, of in people.items() if placed.isdisjoint(of)]
    invalid += [f"contact person: {mask_letters(name)} (no contact to go with)" for name in left]
    return [_with_people(contact, people, marks[contact.contact_value]) for contact in found.values()], invalid


def _distinct_by_value(statements: list[_Statement]) -> tuple[dict[str, Contact], dict[str, set[str]], list[str]]:
    """Give the contacts by value, the marks of each, and the masked statements that are none."""
    found: dict[str, Contact] = {}
    marks: defaultdict[str, set[str]] = defaultdict(set)
    invalid = []
    for statement in statements:
        contacts, refused = _read(statement)
        invalid += [f"{_shown_key(statement)}: {mask_letters(part)}" for part in refused]
        for contact in contacts:
            again = found.get(contact.contact_value)
            found[contact.contact_value] = _joined(again, contact) if again else contact
            marks[contact.contact_value].add(statement.whose.mark)
    return found, marks, invalid


def _joined(contact: Contact, again: Contact) -> Contact:
    people = dict.fromkeys(filter(None, (contact.contact_person_name, again.contact_person_name)))
    return contact._replace(contact_person_name="; ".join(people))


def _people_alone(statements: list[_Statement], found: dict[str, Contact]) -> dict[str, set[str]]:
    """Give the people without a contact of their own, each with the marks that they were named with."""
    people: defaultdict[str, set[str]] = defaultdict(set)
    for statement in statements:
        name = _person_in(statement)
        if name and not _is_placed(name, found):
            people[name].add(statement.whose.mark)
    return people


def _is_placed(name: str, found: dict[str, Contact]) -> bool:
    return any(name in contact.contact_person_name.split("; ") for contact in found.values())


def _is_of_nobody(contact: Contact) -> bool:
    """Say whether a contact may be that of a person who is named elsewhere; a short code is the whole country's."""
    return not contact.contact_person_name and contact.contact_value not in short_codes()


def _with_people(contact: Contact, people: dict[str, set[str]], marks: set[str]) -> Contact:
    if not _is_of_nobody(contact):
        return contact
    names = [name for name, of in people.items() if not marks.isdisjoint(of)]
    return contact._replace(contact_person_name="; ".join(names))


def _statements_in(text: str) -> list[_Statement]:
    try:
        return list(_walk("contact", msgspec.json.decode(text), _Whose()))
    except (msgspec.DecodeError, RecursionError):  # plain text, or nested a thousand deep
        return list(_walk("contact", text, _Whose()))


def _walk(key: str, value: object, whose: _Whose) -> Iterator[_Statement]:
    """Give every text in a value with the key that says most about it, and whom it belongs to."""
    match value:
        case None | False:
            return
        case str() | int() | float():
            # A spreadsheet makes 700000016.0 of a number.
            text = clean_value(re.sub(r"^(\d{9,12})\.0$", r"\1", str(value)))
            if text:
                yield from (_Statement(key, part, whose) for part in _by_person(key, text))
        case list():
            for item in sorted(value, key=_is_secondary):
                yield from _walk(key, item, whose)
        case {"key": str(stood_under), "value": within, **more} if not more:  # the reader's own form
            key = _without_groups(stood_under)
            yield from _walk(_key_of_person(key), within, whose._replace(mark=_mark_of(key)))
        case dict():
            yield from _walk_object(key, [(fold(name), item) for name, item in value.items()], whose)


def _is_secondary(item: object) -> bool:
    """Say whether an item of a list is not called the primary contact: the first of a facility is its primary one."""
    return not isinstance(item, dict) or not any(
        fold(name) in _PRIMARY and read_flag(clean_value(str(said)) or "") for name, said in item.items()
    )


def _by_person(key: str, text: str) -> list[str]:
    """Part a text in which several people stand each with their own numbers: "Jane (0700..), Joe (0700..)"."""
    if not _is_person_key(key):
        return [text]
    for between in (_AFTER_NUMBERS, _AFTER_A_NAME):
        parts = [part for part in between.split(text) if part]
        if len(parts) > 1 and all(_words_in(part) and find_phones(part)[0] for part in parts):
            return parts
    return [text]


def _walk_object(key: str, members: list[tuple[str, object]], whose: _Whose) -> Iterator[_Statement]:
    kind = next((item for name, item in members if isinstance(item, str) and item and _is_label(name, item)), key)
    in_use = not any(_says_ended(name, item) or _is_of_a_case(name, item) for name, item in members)
    owners = {mark: _Statement("contact_person", text, _Whose("", mark), in_use) for mark, text in _owners(members)}
    yield from owners.values()
    for name, item in members:
        if not _describes(name, item) or _is_misplaced(name, item):
            mark = _mark_of(name)
            owner = next((owners[of] for of in (mark, "", *_HEADS) if of in owners), None)
            theirs = _Whose((owner and _person_in(owner)) or whose.person, mark or whose.mark)
            for statement in _walk(kind if name in _VALUE_KEYS else name, item, theirs):
                yield statement._replace(in_use=in_use and statement.in_use)


def _describes(name: str, item: object) -> bool:
    """Say whether a key describes a contact, and holds none."""
    if name == "status":  # one that nobody knows is told as what is no contact
        return isinstance(item, str) and _is_out_of_use(item) is not None
    return name in _NO_CONTACT or _is_person_key(name)


def _is_label(name: str, text: str) -> bool:
    """Say whether a text is what a contact is called: its type, or Facebook for a name."""
    return name in _TYPE_KEYS or (
        name in _PERSON_KEYS | _ROLE_KEYS and canonical_name("contact_types", text) not in (None, "Phone")
    )


def _says_ended(name: str, item: object) -> bool:
    """Say whether a source calls a contact ended; any end counts, for what is read must not depend on the day."""
    if name in _ENDS:
        return item not in (None, "")
    match name, item:
        case "isactive" | "active" | "valid" | "isvalid" | "working" | "isworking" | "inuse", bool() | int() | str():
            return read_flag(clean_value(str(item)) or "") is False
        case ("use", "old"):
            return True
        case "status", str():
            return _is_out_of_use(item) is True
        case "period", {"end": end}:  # FHIR's
            return end not in (None, "")
    return False


def _is_of_a_case(name: str, item: object) -> bool:
    """Say whether a person is a survivor, or another one of a case; who supports survivors is not."""
    if name not in _ROLE_KEYS | _RELATION_KEYS and name not in _TYPE_KEYS:
        return False
    words = _LETTERS.findall(item) if isinstance(item, str) else []
    return bool(words) and not _PEOPLE_OF_CASES.isdisjoint((fold(words[-1]), fold("".join(words))))


def _is_out_of_use(status: str) -> bool | None:
    """Read the status of a contact; null for one that nobody knows."""
    known = canonical_name("operational_statuses", status)
    if fold(status) in _OUT_OF_USE:
        return True
    return None if known is None else known in CLOSED


def _is_misplaced(name: str, item: object) -> bool:
    """Say whether a key that describes a contact holds one: a list of people, a number for a type."""
    if name in _BOOKKEEPING | _ENDS:
        return False
    return not isinstance(item, str) or (name in _TYPE_KEYS and bool(re.search(r"\d{3}|@", item)))


def _owners(members: list[tuple[str, object]]) -> Iterator[tuple[str, str]]:
    """Give the people that an object names, by the mark of their keys and with their role: "A. B (Matron)"."""
    said = [(name, item) for name, item in members if isinstance(item, str) and not _is_label(name, item)]
    role = clean_value(", ".join(item for name, item in said if name in _ROLE_KEYS))
    for mark in dict.fromkeys(["", *(_mark_of(name) for name, _ in said)]):
        names = [item for name, item in said if _is_person_key(name) and _mark_of(name) == mark]
        if owner := _with_role(clean_value(" ".join(names)), None if mark else role):
            yield mark, owner


def _with_role(name: str | None, role: str | None) -> str:
    return f"{name} ({role})" if name and role else name or role or ""


def is_one_person(keys: Iterable[str]) -> bool:
    """Say whether an object with these keys is a person with their contacts: a name, and something else."""
    keys = list(keys)
    return len(keys) > 1 and any(map(_is_person_key, keys))


@lru_cache(maxsize=10_000)
def _is_person_key(key: str) -> bool:
    return _parted(key)[1] in _PERSON_KEYS


def _without_groups(key: str) -> str:
    """Give the question of a form without its groups (``grp_contact/phone``), but that of a person (``focal/phone``).

    Tel/Fax is two kinds of line.
    """
    *groups, question = key.split("/")
    if any(map(_kind_of_key, groups)):
        return key
    of_person = (f"{group}/{question}" for group in groups)
    return next((asked for asked in of_person if _mark_of(asked) != _mark_of(question)), question)


def _key_of_person(key: str) -> str:
    """Give what a path ends in where that is a person's key: the name of contacts.name."""
    last = key.rpartition(".")[2]
    return last if _is_person_key(last) else key


@lru_cache(maxsize=10_000)
def _mark_of(key: str) -> str:
    """Give the mark of a key, or of the nearest key around it that has one."""
    return next(filter(None, (_parted(part)[0] for part in reversed(key.split(".")))), "")


@lru_cache(maxsize=10_000)
def _parted(key: str) -> tuple[str, str]:
    """Part a key into its mark and the rest of it, folded: ("2", "phone") of Phone_2, ("", "phone") of phone."""
    folded = fold(key)
    if post := _POST.fullmatch(folded):  # who has it is named by its key alone, or as its officer
        mark = "desk" if post["post"].endswith("desk") else post["post"].removeprefix("gbv")
        return mark, post["rest"].removeprefix("officer") or "name"
    found = _MARKED.fullmatch(folded)
    if not found:
        return "", folded
    mark = found["word"] or found["number"] or ""
    return _SAME_MARK.get(mark, mark), found["rest"]


@lru_cache(maxsize=10_000)
def _kind_of_key(key: str) -> str | None:
    """Give the contact type that a key names, without the number at its end: ``phone_2``."""
    return canonical_name("contact_types", re.sub(r"\d+$", "", key))


def _person_in(statement: _Statement) -> str:
    """Give the name in a contact person's text: "A. B - 0700000016" is a name and a number."""
    if not _is_person_key(statement.key) or not statement.in_use:
        return ""
    name, _ = split_phones(_EMAIL.sub(" ", statement.text))
    return re.sub(r"^\(([^()]*)\)$", r"\1", " ".join(name.split()).strip(" -,;:"))


def _shown_key(statement: _Statement) -> str:
    """Give the key if we know it: a source may have used a person's name for one, or their number."""
    is_known = _kind_of_key(statement.key) or _is_person_key(statement.key)
    return re.sub(r"\W*\d{3,}$", "", statement.key) if is_known else "contact"


def _read(statement: _Statement) -> tuple[list[Contact], list[str]]:
    text, ended = _in_use(statement.text)
    lines, refused = _lines(_kind_of_key(statement.key), text) if text else ([], [])
    refused += ended
    if not statement.in_use or (not lines and (refused or not _is_person_key(statement.key))):
        return [], [statement.text]
    person = statement.whose.person or _person_in(statement)
    if not person and not refused and (beside := _words_beside(statement.text, lines)):
        refused = [beside]
    return [Contact(line, value, statement.text[:LONGEST_RAW], person) for line, value in lines], refused


def _in_use(text: str) -> tuple[str, list[str]]:
    """Part a text into what is in use and what it says is not: "0700000016 (disconnected)", "old: 0700000016"."""
    if not _OUT_OF_USE_IN_WORDS.search(text):
        return text, []
    parts = [part.strip() for part in re.split(r"[,;/|\n]", text)]
    ended = [part for part in parts if _OUT_OF_USE_IN_WORDS.search(part)]
    kept = [part for part in parts if part not in ended]
    return (", ".join(kept), ended) if any(re.search(r"\d", part) for part in ended) else ("", [text])


def _words_beside(text: str, lines: list[tuple[str, str]]) -> str:
    """Give the words beside the numbers of a text that are no label: "Jane 0700000016 / Joe 0700000017".

    Whether they are people or departments nobody can tell: they are an issue.
    """
    if not _LETTERS.search(text) or any(line in ("Website", "Postal Address") for line, _ in lines):  # their own words
        return ""
    return _words_in(text)


def _words_in(text: str) -> str:
    words = _LETTERS.findall(_EMAIL.sub(" ", text))
    return " ".join(word for word in words if fold(word) not in _LABELS and not canonical_name("contact_types", word))


def _lines(kind: str | None, text: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Give (contact type, value) of every e-mail, site, postal address and number in a text, and what is left over."""
    if phone := read_phone(text):  # nearly every contact is one number and nothing else
        return [(_line_of(kind, phone.contact_type), phone.contact_value)], []
    lines = [("Email", address.lower()) for address in _EMAIL.findall(text)]
    rest = _EMAIL.sub(" ", text)
    lines += [("Website", address) for address in _URL.findall(rest)]
    rest = _URL.sub(" ", rest).strip()
    if kind == "Website" and _DOMAIN.fullmatch(rest):
        return [*lines, ("Website", rest)], []
    if rest and (kind == "Postal Address" or _POSTAL.search(rest)):
        return [*lines, ("Postal Address", rest)], []
    refused = re.findall(r"\S*@\S*", rest)
    for part in _LINE_LABEL.split(rest):
        phones, no_phones = find_phones(part, stated_line=kind in {"Hotline", "Toll Free"})
        stated = "Fax" if part.casefold().startswith("fax") else kind
        lines += [(_line_of(stated, phone.contact_type), phone.contact_value) for phone in phones]
        refused += no_phones
    return lines, refused


def _line_of(stated: str | None, found: str) -> str:
    """Prefer what the source calls the line; a short code is a hotline whatever it stands under."""
    return stated if stated in _STATED_LINES and found != "Hotline" else found
