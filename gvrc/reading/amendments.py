"""Records inside amendments of them: what a system sends to say what is new since its last file.

``{"op": "u", "before": {..}, "after": {..}}`` (Debezium), ``{"operation": "delete", "record": {..}}``. Read as they
stand, a telephone that had changed stood beside the new one, and what had been removed was as open as what was added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gvrc.meaning.paths import normal_key
from gvrc.reading.elements import rewritten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvrc.reading.elements import Elements

KIND_KEYS: Final = ("op", "operation", "action", "change", "changetype", "event", "eventtype", "verb")
BEFORE: Final = ("before", "old", "oldvalues", "previous")
AFTER: Final = ("after", "new", "newvalues", "current")
RECORD: Final = ("record", "data", "payload", "facility", "row", "object", "entity", "resource", "document")
REMOVING: Final = frozenset(("d", "delete", "deleted", "remove", "removed", "destroy", "deactivate", "retire"))
KINDS: Final = REMOVING | frozenset(
    (
        *("c", "r", "u", "add", "added", "create", "created", "insert", "inserted", "new", "read", "snapshot"),
        *("update", "updated", "modify", "modified", "change", "changed", "replace", "upsert", "edit", "edited"),
    )
)
MOST_KEYS: Final = 12  # of an amendment; Debezium's have six
REMOVED: Final = {"deleted": True}


def are_amendments(values: list[object]) -> bool:
    """Say whether a list is of amendments: its first value is one."""
    return bool(values) and isinstance(values[0], dict) and _amended_in(values[0]) is not None


def amended_records(parts: Iterable[Elements]) -> Iterator[Elements]:
    """Give the records that are amended, as they are now; one that is removed says that it is."""
    return rewritten(parts, lambda value: _amended_in(value) or value)


def _amended_in(value: dict[str, Any]) -> dict[str, Any] | None:
    """Give the record in an amendment, or none where a value is no amendment.

    >>> _amended_in({"op": "u", "before": {"name": "Lindi Clinic", "beds": 1}, "after": {"name": "Lindi Clinic"}})
    {'name': 'Lindi Clinic'}
    >>> _amended_in({"operation": "DELETE", "record": {"name": "Lindi Clinic"}})
    {'name': 'Lindi Clinic', 'deleted': True}
    >>> _amended_in({"name": "Lindi Clinic", "action": "add", "data": {"beds": 1}})
    """
    if "name" in value or len(value) > MOST_KEYS:
        return None
    told = {normal_key(key): inner for key, inner in value.items()}
    if "schema" in told and isinstance(told.get("payload"), dict):
        return _amended_in(told["payload"])
    kind = next((told[key].lower() for key in KIND_KEYS if isinstance(told.get(key), str)), None)
    if kind not in KINDS:
        return None
    record = _first_object(told, (*AFTER, *RECORD)) or (_first_object(told, BEFORE) if kind in REMOVING else None)
    return record and (record | REMOVED if kind in REMOVING else record)


def _first_object(told: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any] | None:
    return next((told[key] for key in keys if isinstance(told.get(key), dict) and told[key]), None)
