"""The contacts of one record, in whatever form they came: each once, with its people; and what is no contact.

``contact_statements.py`` walks down to the texts, ``contact_texts.py`` reads one, ``contact_keys.py`` knows the keys.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from gvrc.lazy import lazy_pattern
from gvrc.masking import mask_letters
from gvrc.values.contact_keys import HEADS, VALUE_KEYS, is_person_key, kind_of_key
from gvrc.values.contact_statements import Statement, list_statements, person_in
from gvrc.values.contact_texts import part_by_privacy, part_by_use, read_lines, says_only_ended, words_beside
from gvrc.values.phones import short_codes
from gvrc.values.text import fold

if TYPE_CHECKING:
    from collections.abc import Sequence


# A text of 20,000 numbers took 5 GB when it was kept with each of them.
LONGEST_RAW = 1_000
# A key of telephones; under id_no, till, force_number or phone_ext the digits are something else.
_OF_LINES = lazy_pattern(
    r"(?!.*(?:id|ext|extn|extension)(?:no|number)?\Z).*"
    r"(?:tel|phone|mobile|cell|simu|line|contact|mawasiliano|fax|office|sms|call"
    r"|ussd|police|polisi|emergency|dharura|child|gbv|desk|ambulance)"
)


class Contact(NamedTuple):
    """One way to reach a facility, with the fields of ``columns.CONTACT``."""

    contact_type: str
    contact_value: str
    contact_raw: str
    contact_person_name: str


def read_contacts(texts: Sequence[str]) -> tuple[list[Contact], list[str]]:
    """Read the contacts of one record; give them once per value, and masked statements that are no contacts.

    A person without a contact of their own is put beside every contact of their mark that names nobody, but never
    beside a short code (999).

    >>> contacts, _ = read_contacts(
    ...     ['[{"key": "phone", "value": "0700000016 or 999"}, {"key": "in_charge", "value": "A. B"}]']
    ... )
    >>> [(contact.contact_value, contact.contact_person_name) for contact in contacts]
    [('+254700000016', 'A. B'), ('999', '')]
    """
    statements = [statement for text in texts for statement in list_statements(text)]
    found, marks, invalid = _distinct_by_value(statements)
    people = _people_alone(statements, found)
    if not people:
        return list(found.values()), invalid
    without = {mark for mark in HEADS if not any(mark in of for of in marks.values())}
    people = {name: {"" if mark in without else mark for mark in of} for name, of in people.items()}
    nameless = [marks[contact.contact_value] for contact in found.values() if _is_of_nobody(contact)]
    placed = set().union(*nameless)
    left = [name for name, of in people.items() if placed.isdisjoint(of)]
    invalid += [f"contact person: {mask_letters(name)} (no contact to go with)" for name in left]
    return [_with_people(contact, people, marks[contact.contact_value]) for contact in found.values()], invalid


def read_ended(texts: Sequence[str], contacts: Sequence[Contact]) -> list[tuple[str, str]]:
    """Give (contact type, value) of what one record calls out of use, and not in use as well.

    >>> read_ended(['[{"key": "phone", "value": "0700000016 / 0700000017 (disconnected)"}]'], [])
    [('Mobile', '+254700000017')]
    """
    in_use = {contact.contact_value for contact in contacts}
    ended = [line for text in texts for statement in list_statements(text) for line in _ended_lines(statement)]
    return [line for line in dict.fromkeys(ended) if line[1] not in in_use]


def _ended_lines(statement: Statement) -> list[tuple[str, str]]:
    if statement.is_ended:
        return _read_lines(statement, statement.text)[0]
    if not statement.in_use:
        return []
    parts = filter(says_only_ended, part_by_use(statement.text)[1])
    lines = [_read_lines(statement, part)[0] for part in parts]
    # Of several numbers in one part nobody can tell which is meant: "0700000016 or 0700000017, disconnected".
    return [of_part[0] for of_part in lines if len(of_part) == 1]


def _distinct_by_value(statements: list[Statement]) -> tuple[dict[str, Contact], dict[str, set[str]], list[str]]:
    """Give the contacts by value, the marks of each, and masked statements that are no contacts."""
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


def _read(statement: Statement) -> tuple[list[Contact], list[str]]:
    public, private = part_by_privacy(statement.text)
    text, ended = part_by_use(public)
    lines, refused = _read_lines(statement, text) if text else ([], [])
    refused += ended + private
    if not statement.in_use or (not lines and (refused or not is_person_key(statement.key))):
        return [], [statement.text]
    person = statement.whose.person or person_in(statement)
    if not person and not refused and (beside := words_beside(public, lines)):
        refused = [beside]
    return [Contact(line, value, statement.text[:LONGEST_RAW], person) for line, value in lines], refused


def _read_lines(statement: Statement, text: str) -> tuple[list[tuple[str, str]], list[str]]:
    kind = kind_of_key(statement.key)
    word = fold(statement.key)
    is_of_lines = kind is not None or word in VALUE_KEYS or _OF_LINES.match(word) is not None
    if not is_of_lines and text in short_codes():  # an extension, a count or an id is no hotline
        return [], [text]
    return read_lines(kind, text, may_lack_zero=is_of_lines)


def _shown_key(statement: Statement) -> str:
    """Give the key if it is known: a source may have used a person's name or number as a key."""
    is_known = kind_of_key(statement.key) or is_person_key(statement.key)
    return re.sub(r"\W*\d{3,}$", "", statement.key) if is_known else "contact"


def _joined(contact: Contact, again: Contact) -> Contact:
    people = dict.fromkeys(filter(None, (contact.contact_person_name, again.contact_person_name)))
    return contact._replace(contact_person_name="; ".join(people))


def _people_alone(statements: list[Statement], found: dict[str, Contact]) -> dict[str, set[str]]:
    """Give the people without a contact of their own, each with the marks under which they were named."""
    placed = {name for contact in found.values() for name in contact.contact_person_name.split("; ")}
    people: defaultdict[str, set[str]] = defaultdict(set)
    for statement in statements:
        name = person_in(statement)
        if name and name not in placed:
            people[name].add(statement.whose.mark)
    return people


def _is_of_nobody(contact: Contact) -> bool:
    """Say whether a contact may belong to a person named elsewhere; a short code belongs to the whole country."""
    return not contact.contact_person_name and contact.contact_value not in short_codes()


def _with_people(contact: Contact, people: dict[str, set[str]], marks: set[str]) -> Contact:
    if not _is_of_nobody(contact):
        return contact
    names = [name for name, of in people.items() if not marks.isdisjoint(of)]
    return contact._replace(contact_person_name="; ".join(names))
