"""Services that have a column each, with what was ticked: of a form (``services/pep``), or of a sheet (``PEP``)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from gvrc.meaning.paths import KeyPath, is_absent, normal_key
from gvrc.reading.json_texts import Texts, Values, text_of
from gvrc.values.casts import read_flag
from gvrc.values.synonyms import canonical_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvrc.meaning.meanings import Keys

# Not Security and Emergency: a hospital that has a guard or a gate for ambulances says so in the same words.
OF_SURVIVORS: Final = frozenset(("Medical", "Psychosocial", "Legal", "Shelter", "Economic Empowerment"))


class Ticked(NamedTuple):
    """The column of one service: the question that it is a choice of, its name, and where it was ticked."""

    question: KeyPath | None
    service: str
    rows: list[bool]


def ticked_in(path: KeyPath, values: Values, types: set[type], keys: Keys) -> Ticked | None:
    """Give the service that a column is of, if it holds nothing but yes and no; a number alone may count something."""
    question, _, service = str(path[-1]).rpartition("/")
    asked = (*path[:-1], question) if question else None
    if asked is None and (types - {bool, str} or not _is_service(service)):
        return None
    if asked is not None and (is_absent(service) or not _asks_for_services(asked, keys)):
        return None
    said = [None if is_absent(value) else read_flag((text_of(value) or "").strip()) for value in values]
    is_more = any(flag is None and not is_absent(value) for flag, value in zip(said, values, strict=True))
    has_digits = asked is None and any(str(value).strip().isdigit() for value in values)
    return (
        None
        if is_more or has_digits or said.count(None) == len(said)
        else Ticked(asked, service, list(map(bool, said)))
    )


def _asks_for_services(question: KeyPath, keys: Keys) -> bool:
    return any(meaning.field == "services" for meaning in keys.meanings(question))


def _is_service(name: str) -> bool:
    """Say whether a column is named after a service, and not after a place that may as well stand near: a court.

    >>> [_is_service(name) for name in ("Counselling", "legal_aid", "Shelter", "Court", "Emergency", "Beds")]
    [True, True, False, False, False, False]
    """
    place = canonical_name("facility_types", name)
    is_place = place is not None and normal_key(place) == normal_key(name)
    return not is_place and canonical_name("service_categories", name) in OF_SURVIVORS


def services_by_question(ticked: Iterable[Ticked]) -> Iterator[tuple[KeyPath | None, list[list[str] | None]]]:
    """Give the names that were ticked in each row, by the question that they are choices of."""
    asked: defaultdict[KeyPath | None, list[Ticked]] = defaultdict(list)
    for column in ticked:
        asked[column.question].append(column)
    for question, columns in asked.items():
        rows = zip(*(column.rows for column in columns), strict=True)
        names = [column.service for column in columns]
        yield question, [[name for name, is_so in zip(names, row, strict=True) if is_so] or None for row in rows]


def without_ticked(texts: Texts, ticked: list[list[str] | None]) -> Texts:
    """Leave out the answer that says once more, in one text, what was ticked."""
    return [None if names else text for text, names in zip(texts, ticked, strict=True)]
