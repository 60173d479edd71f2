"""Services that have a column each, with what was ticked: of a form (``services/pep``), or of a sheet (``PEP``)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from gvrc.lazy import lazy_pattern
from gvrc.meaning.paths import KeyPath, is_absent, normal_key
from gvrc.reading.json_texts import Texts, Values, text_of
from gvrc.values.casts import read_flag
from gvrc.values.synonyms import canonical_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvrc.meaning.meanings import Keys

# Not Security and Emergency: a hospital that has a guard or a gate for ambulances says so in the same words.
OF_SURVIVORS: Final = frozenset(("Medical", "Psychosocial", "Legal", "Shelter", "Economic Empowerment"))
# A row of a grid in a form of Google's: Which services do you offer? [PEP]
CHOICE: Final = lazy_pattern(r"(?P<question>[^\[\]]*[^\[\]\s])\s*\[(?P<choice>[^\[\]]+)\]")
IN_BRACKETS: Final = lazy_pattern(r"\s*\([^()]*\)\s*\Z")


class Ticked(NamedTuple):
    """The column of one service."""

    question: KeyPath | None  # that it is a choice of
    service: str
    rows: list[bool]  # where it was ticked
    others: Values  # what it says in rows that say neither yes nor no


def ticked_in(path: KeyPath, values: Values, keys: Keys) -> Ticked | None:
    """Give the service that a column is of, if it says yes or no in any row; each row is read for itself."""
    question, service = _parted(str(path[-1]))
    asked = (*path[:-1], question) if question else None
    if asked is None and not is_service(service):
        return None
    if asked is not None and (is_absent(service) or "services" not in keys.ranks(asked)):
        return None
    said = [_read_tick(value, may_be_number=asked is not None) for value in values]
    if said.count(None) == len(said):
        return None
    others = [
        value if flag is None and not is_absent(value) else None for flag, value in zip(said, values, strict=True)
    ]
    return Ticked(asked, service, list(map(bool, said)), others)


def _parted(key: str) -> tuple[str, str]:
    """Give the question of a column and the choice that it is of; no question for the column of a service.

    >>> _parted("services/pep"), _parted("Services offered [PEP/PrEP]"), _parted("PEP")
    (('services', 'pep'), ('Services offered', 'PEP/PrEP'), ('', 'PEP'))
    """
    if key.endswith("]") and (found := CHOICE.fullmatch(key)):
        return found["question"], found["choice"].strip()
    question, _, service = key.rpartition("/")
    return question, service


def _read_tick(value: object, *, may_be_number: bool) -> bool | None:
    """Read yes or no; a number may count something, unless it answers whether a choice was taken."""
    if is_absent(value) or not (may_be_number or isinstance(value, bool | str)):
        return None
    text = (text_of(value) or "").strip()
    return read_flag(text) if may_be_number or not text.isdigit() else None


def is_service(name: str) -> bool:
    """Say whether a column is named after a service, and not after a place that may as well stand near: a court.

    >>> [is_service(name) for name in ("Counselling", "legal_aid", "Shelter", "Court", "Emergency", "PEP (72 hrs)")]
    [True, True, False, False, False, True]
    """
    name = IN_BRACKETS.sub("", name)
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
