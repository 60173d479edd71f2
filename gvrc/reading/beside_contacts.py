"""What a key of its own says of the contact beside it: ``{"phone": "0700000016", "phone_status": "disconnected"}``.

In an object it stands with its contact (``"contact": {"phone": .., "role": "survivor"}``). Whoever makes a table of the
objects gives each a column (``contact.phone``, ``contact.role``), and then the number was one to call.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gvrc.lazy import lazy_pattern
from gvrc.meaning.paths import MAX_KNOWN_PATHS, KeyPath, normal_key
from gvrc.reading.json_texts import Values, dotted
from gvrc.values.contact_keys import (
    ENDING_KEYS,
    ENDS,
    KEPT,
    RELATION_KEYS,
    REMARKS,
    ROLE_KEYS,
    SHARED,
    USES,
    WHO_MAY_SEE,
)
from gvrc.values.contact_statements import takes_out

if TYPE_CHECKING:
    from gvrc.meaning.meanings import Keys

# Of a day that is to come nobody can tell in a column what it is of.
SAID: Final = (ENDING_KEYS - ENDS) | SHARED | KEPT | WHO_MAY_SEE | USES | ROLE_KEYS | RELATION_KEYS | REMARKS
LAST_DIGITS: Final = lazy_pattern(r"\d+\Z")


class Beside(NamedTuple):
    """The values of a key that says something of contacts, and what their keys begin with."""

    path: KeyPath
    values: Values
    begins: str
    said: str


def beside_contacts(path: KeyPath, values: Values, keys: Keys) -> Beside | None:
    """Give what a key says of the contacts beside it; None for any other key, and for one that its source has pinned.

    >>> from gvrc.meaning.meanings import Keys
    >>> [beside_contacts((key,), [], Keys()) for key in ("facility_status", "contact_phone", "role")]
    [None, None, None]
    >>> beside_contacts(("Contact.Role",), ["survivor"], Keys())
    Beside(path=('Contact.Role',), values=['survivor'], begins='contact', said='role')
    """
    word = normal_key(str(path[-1]))
    said = next((said for said in said_by(word) if _is_of_contacts(word.removesuffix(said), keys)), None)
    if said is None or _is_of_contacts(word, keys) or any(keys.pins(of.field) for of in keys.meanings(path)):
        return None
    return Beside(path, values, normal_key(dotted(path)).removesuffix(said), said)


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def said_by(word: str) -> tuple[str, ...]:
    """Give what a key may say of a contact by its last letters: ``phoneisactive`` says ``active`` or ``isactive``."""
    return tuple(said for said in sorted(SAID) if word.endswith(said) and word != said)


def _is_of_contacts(word: str, keys: Keys) -> bool:
    return any(meaning.field == "contacts" for meaning in keys.meanings((LAST_DIGITS.sub("", word),)))


def is_beside(beside: Beside, key: str) -> bool:
    """Say whether something is said of the contacts under a key: of ``phone_1`` is not said what is of ``phone``."""
    word = normal_key(key)
    return word.startswith(beside.begins) and not word.removeprefix(beside.begins)[:1].isdigit()


def rows_taken_out(beside: Beside, contacts: list[Values]) -> dict[int, Any]:
    """Give what takes contacts out, by row: that they are out of use, not for the public, or somebody's of a case."""
    taken = {row: value for row, value in enumerate(beside.values) if takes_out(beside.said, value)}
    return {row: value for row, value in taken.items() if any(column[row] is not None for column in contacts)}


def with_said(contacts: Values, said: str, rows: dict[int, Any]) -> Values:
    """Give contacts with what is said of them, as objects that say it themselves.

    >>> with_said(["0700000016", None, "116"], "role", {0: "survivor", 1: "survivor"})
    [{'value': '0700000016', 'role': 'survivor'}, None, '116']
    """
    return [
        value if value is None or row not in rows else {"value": value, said: rows[row]}
        for row, value in enumerate(contacts)
    ]
