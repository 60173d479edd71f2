"""Records that tell what they have in pairs of a label and a value: answers of a form, the data of a place in KML.

``{"fields": [{"label": "Facility Name", "value": "Lindi Clinic"}, {"label": "County", "value": "Nairobi"}]}``. Taken
for what they look like, a list of objects with names, the questions of a form became facilities (``County``, ``Ward``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gvrc.meaning.paths import is_absent
from gvrc.reading.elements import rewritten
from gvrc.reading.tables import are_headings, headings_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvrc.meaning.meanings import Keys
    from gvrc.reading.elements import Elements

TAG: Final = "k"  # OpenStreetMap's XML: what stands beside the tags is of the facility
LABELS: Final = (
    *("label", "text", "question", "title", "@name", "name", "key", "attribute", "attributeType", "field"),
    TAG,
)
NAMES: Final = ("name", "displayName", "display")  # of a label that is an object: DHIS2's, that of OpenMRS
VALUES: Final = ("value", "answer", "response", "#text", "v")
SAMPLED: Final = 5
MAX_DEPTH: Final = 3  # ExtendedData.SchemaData.SimpleData
# What a form asks of a facility, or the data of a place, tells one of these; the labels of contacts (Phone) do not.
TELLING: Final = frozenset(("facility_name", "county_name", "constituency_name", "ward_name", "sub_county_name"))
CODES: Final = frozenset(("facility_code", "registration_number"))  # of what has its name beside the pairs
AROUND_ANSWERS: Final = "submission"


class Pairs(NamedTuple):
    """Where records have their pairs, and which key of a pair is its label."""

    path: tuple[str, ...]
    label: str
    has_name: bool  # then what stands beside the pairs is of the form that was sent, not of the facility


def pairs_in(values: Iterable[object], keys: Keys) -> Pairs | None:
    """Give the pairs of the first records of a list, if their labels are those of a facility."""
    sample = [value for value in list(values)[:SAMPLED] if isinstance(value, dict)]
    return next((found for record in sample for found in _found_in(record, record, (), keys)), None)


def _found_in(value: dict[str, Any], record: dict[str, Any], path: tuple[str, ...], keys: Keys) -> Iterator[Pairs]:
    for key, inner in value.items():
        if not isinstance(inner, (dict, list)) or keys.meanings((*path, key)):
            continue
        pairs = _pairs_at(inner)
        fitting = (label for label in LABELS if _are_pairs(label, pairs) and _tell(label, pairs, record, keys))
        yield from (Pairs((*path, key), label, label != TAG and _has_name(label, pairs, keys)) for label in fitting)
        if isinstance(inner, dict) and len(path) + 1 < MAX_DEPTH:
            yield from _found_in(inner, record, (*path, key), keys)


def _pairs_at(value: object) -> list[dict[str, Any]]:
    """Give the pairs of a list, or of an object that has them under their numbers (Jotform's answers)."""
    listed = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    are_objects = bool(listed) and all(isinstance(pair, dict) for pair in listed)
    return listed if are_objects and any(name in pair for pair in listed for name in VALUES) else []


def _are_pairs(label: str, pairs: list[dict[str, Any]]) -> bool:
    """Say whether a list is of pairs; of a single one the label must be an object, as nothing else has it."""
    return len(pairs) > 1 or any(isinstance(pair.get(label), dict) for pair in pairs)


def _labels(label: str, pairs: list[dict[str, Any]]) -> list[object]:
    return [_named(said) if isinstance(said, dict) else said for said in (pair.get(label) for pair in pairs)]


def _named(label: dict[str, Any]) -> object:
    return next((label[name] for name in NAMES if name in label), None)


def _tell(label: str, pairs: list[dict[str, Any]], record: dict[str, Any], keys: Keys) -> bool:
    labels = _labels(label, pairs)
    fields = _fields(labels, keys)
    is_named = "facility_name" in _fields(record, keys)  # a place in KML
    if is_named:
        return not fields.isdisjoint(TELLING | CODES)
    return not fields.isdisjoint(TELLING) and are_headings(labels, keys)


def _has_name(label: str, pairs: list[dict[str, Any]], keys: Keys) -> bool:
    return "facility_name" in _fields(_labels(label, pairs), keys)


def _fields(labels: Iterable[object], keys: Keys) -> set[str]:
    texts = [label for label in labels if isinstance(label, str) and not is_absent(label)]
    return {field for text in texts for field in keys.ranks((text,))}


def with_labels_as_keys(parts: Iterable[Elements], pairs: Pairs, keys: Keys) -> Iterator[Elements]:
    """Give records with a key for each pair."""
    return rewritten(parts, lambda record: _labelled(record, pairs, keys))


def _labelled(record: dict[str, Any], pairs: Pairs, keys: Keys) -> dict[str, Any]:
    """Give a record with a key for each pair; a key that it has itself keeps its own value."""
    beside, listed = _parted(record, pairs.path)
    told = _pairs_at(listed)
    if pairs.has_name and told:
        ids = {key: value for key, value in beside.items() if "source_key" in keys.ranks((key,))}
        rest = {key: value for key, value in beside.items() if key not in ids}
        beside = ids | ({AROUND_ANSWERS: rest} if rest else {})
    names = headings_of([*beside, *_labels(pairs.label, told)])[len(beside) :]
    left = {} if told or listed is None else {pairs.path[-1]: listed}
    return beside | dict(zip(names, map(_value_of, told), strict=True)) | left


def _parted(record: dict[str, Any], path: tuple[str, ...]) -> tuple[dict[str, Any], object]:
    """Give a record without what stands at a path, and that."""
    key, *further = path
    inner = record.get(key)
    beside = {other: value for other, value in record.items() if other != key}
    if not further or not isinstance(inner, dict):
        return beside, inner
    rest, found = _parted(inner, tuple(further))
    return (beside | {key: rest} if rest else beside), found


def _value_of(pair: dict[str, Any]) -> object:
    return next((pair[name] for name in VALUES if name in pair), None)
