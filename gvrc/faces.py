"""What the guide's faces hand to each other: a facility that one of them made, put back into the form of a record.

Its columns are in forms of our own (contacts with their keys, lists as JSON text, a date). Read as a record that came
so, it lost contacts and services, and told issues that no source had given cause for.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from gvrc.columns import EXTRACTED

if TYPE_CHECKING:
    from collections.abc import Mapping

MARKS: Final = {"file_no", "record_number", "raw"}  # what a face has made has all of them
OURS: Final = MARKS | {"content_hash", "reject_reason", "reject_detail", "nobodys"}
KEYS: Final = {"source_key": "id"}  # where a source has another name for a column
ENCODED: Final = {"contacts", "services", "gbv_categories", "coordinates", "geometry"}  # may be JSON text


def encode_record(record: object) -> bytes:
    """Give a record as the JSON text that it would be in a source file; NaN and half characters stay what they are."""
    text = json.dumps(as_record(record), ensure_ascii=False, default=str)
    return text.encode("utf-8", "backslashreplace")


def is_made(record: object) -> bool:
    """Say whether a face has made it: JSONExtractor, FacilityTransformer, or one that was given what they made."""
    return isinstance(record, dict) and record.keys() >= MARKS


def as_record(record: Any) -> Any:  # noqa: ANN401 - what a list holds that a caller made may be anything
    """Give a record as it is; of what a face made, its fields as they stand, under keys and in forms that are read."""
    if not is_made(record):
        return record
    if record.get("reject_reason"):
        return decoded(record["raw"])
    fields = {
        KEYS.get(name, name): readable(name, value)
        for name, value in record.items()
        if name in EXTRACTED and name not in OURS
    }
    if ended := record.get("ended_contacts"):
        fields["contacts"] = [fields.get("contacts") or [], [contact | {"is_active": False} for contact in ended]]
    return fields


def readable(name: str, value: Any) -> Any:  # noqa: ANN401 - a column's value
    """Give a column's value in a form that a source could have it in."""
    if name not in ENCODED:
        return value
    return readable_contacts(decoded(value)) if name == "contacts" else decoded(value)


def decoded(value: Any) -> Any:  # noqa: ANN401 - a column's value
    """Give what a JSON text holds; anything else as it is."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value


def readable_contacts(entries: Any) -> Any:  # noqa: ANN401 - a column's value
    """Give contacts by the keys that they stood under, or each with its type and person; anything else as it is."""
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return entries
    if all(entry.keys() == {"key", "value"} for entry in entries):
        by_key = defaultdict(list)
        for entry in entries:
            by_key[entry["key"]].append(entry["value"])
        return by_key
    return [readable_contact(entry) for entry in entries]


def readable_contact(contact: Mapping[str, object]) -> Mapping[str, object]:
    """Give a contact of ``columns.CONTACT`` without the text that it was read from."""
    return {name: value for name, value in contact.items() if name != "contact_raw"}
