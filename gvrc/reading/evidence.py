"""Whether what a walk meets are records: the order of the questions about one object, and about a list."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from gvrc.meaning.list_names import is_named_after_facilities
from gvrc.meaning.other_kinds import json_api_type
from gvrc.meaning.paths import PARENT_COUNTY, normal_key
from gvrc.reading.cursor import UNREADABLE
from gvrc.reading.passed_over import FEW_NAMED, is_officeholder, is_path_passed_over
from gvrc.reading.table_rows import columns_beside
from gvrc.shapes import has_evidence, has_facilities_inside, lists_names, looks_like_facility

if TYPE_CHECKING:
    from gvrc.meaning.meanings import Keys


def is_record(value: dict[str, Any], path: tuple[str, ...], keys: Keys) -> bool:
    """Say whether an object that stands by itself is a record."""
    if not looks_like_facility(value, keys):
        return False
    if path and normal_key(path[-1]) == "facility":  # the only one of a list, in XML turned into JSON
        return True
    if columns_beside(value, keys):  # the table has a name, too
        return False
    if not path:
        return _is_whole_document(value, keys)
    is_other = is_path_passed_over(path) or is_officeholder(value, path[-1], keys)
    return not is_other and has_evidence(value, keys)


def _is_whole_document(value: dict[str, Any], keys: Keys) -> bool:
    """Say whether a document is one record; "Kenya", above its counties, has a name, too."""
    if json_api_type(value.get("data")):  # one resource: what it refers to stands beside it
        return False
    return has_evidence(value, keys) or not (has_facilities_inside(value, keys) or lists_names(value, keys))


def are_records(values: list[object], path: tuple[str, ...], parents: dict[str, str], keys: Keys) -> bool:
    """Say whether a list holds records, of which ``values`` are the first few."""
    expected = not path or is_named_after_facilities(path[-1]) or PARENT_COUNTY in parents
    if expected and not any(isinstance(value, dict) for value in values) and UNREADABLE in values:
        return True  # nothing but what cannot be read: it is counted and reported
    named = islice((value for value in values if looks_like_facility(value, keys)), FEW_NAMED)
    return any(expected or has_evidence(value, keys) for value in named)  # nearly always the first decides
