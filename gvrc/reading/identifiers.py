"""Numbers that a facility is known by, each with who gave it: FHIR's identifiers, codes with their scheme.

``{"identifiers": [{"system": "dhis2", "value": "k7Qx"}, {"system": "MFL", "value": "13023"}]}``: by the first one
nobody else knows the facility, and with it as its code the facility would be there twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gvrc.lazy import lazy_pattern
from gvrc.meaning.paths import KeyPath, is_absent, normal_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvrc.reading.json_texts import Texts

IDENTIFIERS: Final = frozenset(
    (
        *("identifier", "identifiers", "codes", "facilitycodes", "ids", "facilityids", "externalids", "otherids"),
        *("externalidentifiers", "otheridentifiers", "alternateids", "alternateidentifiers", "alternatecodes"),
    )
)
VALUES: Final = ("value", "code", "identifier", "number", "id")
GIVERS: Final = frozenset(
    (
        *("system", "type", "scheme", "source", "name", "label", "title", "kind", "key", "registry", "namespace"),
        *("authority", "issuer", "issuedby", "assigner", "agency", "organisation", "organization"),
        *("idtype", "codetype"),
    )
)
# Keys of the table that mean what a label says.
REGISTRY_KEY: Final[KeyPath] = ("mfl_code",)
LICENCE_KEY: Final[KeyPath] = ("licence_number",)
NOBODYS_KEY: Final[KeyPath] = ()
LABELS: Final = (
    (REGISTRY_KEY, lazy_pattern(r"(?i)(?<![a-z])(?:k?mfl|hfr|master[\W_]?(?:health[\W_]?)?facilit)|kmhf[lr]")),
    (LICENCE_KEY, lazy_pattern(r"(?i)licen[cs]e|registration")),
    # Of who numbers more than facilities, or another thing than the facility: its telephone, who pays its taxes.
    (
        NOBODYS_KEY,
        lazy_pattern(
            r"(?i)dhis|phone|(?<![a-z])(?:tel|mobile|fax|pin|kra|tax|vat|nhif|nssf|osm|url|web)(?![a-z])|e-?mail"
            r"|openstreetmap|wikidata|google|passport|national[\W_]?id"
        ),
    ),
)


class Number(NamedTuple):
    """A number, the key of the table that its label means (None where that is not known), and what is left over."""

    text: str
    key: KeyPath | None
    left_over: dict[str, Any]


class Parted(NamedTuple):
    """The numbers of a record, and what else stands among them."""

    numbers: list[Number]
    others: object


def numbers_in(value: object) -> Parted:
    """Part the numbers of a list, or the one of an object, that say who gave them, from what else is there.

    >>> numbers_in([{"type": "MFL Code", "value": 13023}, "x"])
    Parted(numbers=[Number(text='13023', key=('mfl_code',), left_over={'type': 'MFL Code'})], others=['x'])
    """
    items = value if isinstance(value, list) else [value]
    found = [_number_in(item) for item in items]
    if not any(found):
        return Parted([], value)
    others = [item for item, number in zip(items, found, strict=True) if number is None]
    return Parted([number for number in found if number], others or None)


def column_of(numbers: Iterable[list[Number]], key: KeyPath | None, place: int = 0) -> Texts:
    """Give the number of each record whose label means a key, at a place among those of the record."""
    fitting = ([number.text for number in row if number.key == key] for row in numbers)
    return [texts[place] if len(texts) > place else None for texts in fitting]


def _number_in(item: object) -> Number | None:
    if not isinstance(item, dict):
        return None
    name = next((key for word in VALUES for key in item if normal_key(key) == word and _is_number(item[key])), None)
    beside = {key: said for key, said in item.items() if key != name}
    label = " ".join(text for key, said in beside.items() if normal_key(key) in GIVERS for text in _texts_in(said))
    if name is None or not label:
        return None
    key = next((key for key, pattern in LABELS if pattern.search(label)), None)
    return Number(str(item[name]).strip(), key, item if key == NOBODYS_KEY else beside)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, str)) and not isinstance(value, bool) and not is_absent(value)


def _texts_in(value: object) -> Iterator[str]:
    """Give the texts in an object, at any depth: FHIR says in three places who gives an identifier."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(inner)
