"""What no field takes of the records of a file: counted by key, with an example that may be shown."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from gvrc.masking import HIDDEN
from gvrc.meaning.paths import MAX_DEPTH, KeyPath, is_absent
from gvrc.meaning.personal import is_personal
from gvrc.meaning.shown_keys import OTHER_KEYS, shown_example
from gvrc.reading.json_texts import Values, dotted, text_of
from gvrc.values.service_names import said_beside_names
from gvrc.values.storable import NO_NUL

if TYPE_CHECKING:
    from gvrc.extract import FileReading

MAX_KEYS_TOLD: Final = 1_000  # unmapped keys listed separately in the report of one file
TYPE_NAMES: Final = {str: "text", int: "number", float: "number", bool: "true or false", list: "list", dict: "object"}
EXAMPLE_LENGTH: Final = 60


class LeftOver:
    """The count of what is left over, and the types that were met, which go to the reading of the file."""

    def __init__(self, reading: FileReading) -> None:
        self.unmapped = reading.unmapped
        self.types_met = reading.types_met

    def note_types(self, path: KeyPath, types: set[type]) -> None:
        """Note the JSON types that stand under a key."""
        met, key = self.types_met, dotted(path)
        if key in met or len(met) < MAX_KEYS_TOLD:
            met.setdefault(key, set()).update(map(TYPE_NAMES.__getitem__, types))

    def count_beside_names(self, path: KeyPath, values: Values) -> None:
        """Count what stands beside the names in a list of names, if nothing is made of it."""
        beside: defaultdict[str, list[object]] = defaultdict(list)
        for key, said in chain.from_iterable(map(said_beside_names, values)):
            if not is_absent(said) and said not in ([], {}):
                beside[key].append(said)
        for key, texts in beside.items():
            self.count_values((*path, key), texts)

    def count_leaves(self, path: KeyPath, value: dict[str, Any]) -> None:
        """Count all that stands in an object."""
        for key, inner in value.items():
            if type(inner) is dict and len(path) < MAX_DEPTH:
                self.count_leaves((*path, key), inner)
            else:
                self.count_values((*path, key), [inner])

    def count_values(self, path: KeyPath, values: Values) -> None:
        """Count the values of a column that are not null."""
        if count := len(values) - values.count(None):
            self.count(path, count, next(value for value in values if value is not None))

    def count(self, path: KeyPath, count: int, example: object) -> None:
        """Count values under a key, with an example."""
        unmapped, key = self.unmapped, dotted(path)
        if key not in unmapped and len(unmapped) >= MAX_KEYS_TOLD:
            key = OTHER_KEYS
        before, shown = unmapped.get(key) or (0, masked(key, example))
        unmapped[key] = (before + count, shown)


def masked(key: str, value: object) -> str:
    """Give an example of a value for the report: none under a personal key, else as much as may be shown."""
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return f"an object of {len(value)} keys"
    if is_personal(key):
        return HIDDEN
    return shown_example((text_of(value) or "")[:EXAMPLE_LENGTH].replace("\x00", NO_NUL))
