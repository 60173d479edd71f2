"""The bytes of records -> Python objects: msgspec for what is sound, the standard library for what is not.

What only a lenient reading accepts (duplicate keys, NaN, lone surrogates, control characters, other encodings) lands
with an issue; what cannot be read at all is a reject. Nothing is dropped.
"""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import msgspec
import polars as pl

from gvrc.lazy import lazy_pattern
from gvrc.reading.alike import ROUNDED, SPACED_KEY, Columns, read_alike
from gvrc.reading.cursor import is_rounded, type_of
from gvrc.structs import Struct, field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvrc.reading.elements import Elements

DECODE: Final = msgspec.json.Decoder().decode
ENCODE: Final = msgspec.json.encode
SURROGATE: Final = lazy_pattern("[\ud800-\udfff]")
REPLACEMENT: Final = "\ufffd"
CONTROL_CHARACTER: Final = "a control character in a text"
MAYBE_CONTROL: Final = r"\\u00|\\b|\x7f"
WIDE_CONTROL: Final = r"[\x{80}-\x{84}\x{86}-\x{9f}]"
# The characters that text.py drops, as they are or escaped; not white space, such as a line break in an address.
WRITTEN_CONTROL: Final = lazy_pattern(
    r"[\x7f-\x84\x86-\x9f]"
    r"|(?<!\\)(?:\\\\)*\\(?:b|u00(?:0[0-8EFef]|1[0-9A-Fa-f]|7[Ff]|8[0-46-9A-Fa-f]|9[0-9A-Fa-f]))"
)
LONGEST_NUMBER: Final = 400  # digits; Python refuses to turn longer ones into text and back


class Records(Struct):
    """Records as they were read, row by row; a reject has an empty record."""

    values: list[dict[str, Any]]  # empty if there are columns
    texts: list[str]
    columns: Columns | None = None  # by key, of records that all have the same keys
    raw: pl.Series | None = None  # the texts again, if they were already needed as a column
    rejects: dict[int, tuple[str, str]] = field(default_factory=dict)  # row -> (reason, detail)
    issues: dict[str, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))  # kind -> row -> raw value


def read_elements(elements: Elements) -> Records:
    """Read records that were found: all at once if all are sound."""
    if alike := read_alike(elements):
        records = Records([], alike.texts, alike.columns, alike.raw)
        _note_control_characters(records)
        return records
    return read_as_objects(elements)


def read_as_objects(elements: Elements) -> Records:
    """Read each record as an object, because they do not all have the same keys."""
    records = _read_together(elements)
    _note_control_characters(records)
    return records


def _note_control_characters(records: Records) -> None:
    """Note the records with a control character escaped, which JSON allows: it is invisible, and will be dropped."""
    if not any(map(_may_have_control_character, records.texts)):
        return
    if records.raw is None:
        records.raw = pl.Series(records.texts, dtype=pl.String)
    for row in _rows_with_control_characters(records.raw):
        if WRITTEN_CONTROL.search(records.texts[row]) and row not in records.issues["invalid_text"]:
            records.issues["invalid_text"][row] = CONTROL_CHARACTER


def _may_have_control_character(text: str) -> bool:
    return not text.isascii() or "\\" in text or "\x7f" in text


def _rows_with_control_characters(raw: pl.Series) -> Iterator[int]:
    """Give the rows that may have one: only the few texts that are not ASCII are searched by the slower pattern."""
    yield from raw.str.contains(MAYBE_CONTROL).arg_true()
    wide = (raw.str.len_bytes() != raw.str.len_chars()).arg_true()
    if not wide.is_empty():
        yield from wide.filter(raw.gather(wide).str.contains(WIDE_CONTROL))


def _read_together(elements: Elements) -> Records:
    try:
        records = Records([DECODE(element) for element in elements], [str(element, "utf-8") for element in elements])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return _read_singly(elements)
    if set(map(type, records.values)) != {dict}:
        return _read_singly(elements)
    _look_for_duplicates(records)
    _look_for_rounded_numbers(records)
    return records


def _look_for_rounded_numbers(records: Records) -> None:
    """Read records leniently in which a number may be told without its last digits."""
    raw = pl.Series(records.texts, dtype=pl.String) if records.raw is None else records.raw
    for row in raw.str.contains(ROUNDED).arg_true():
        _read_leniently(records, row)


def _look_for_duplicates(records: Records) -> None:
    """Find the records that have a key twice: msgspec silently keeps the last.

    Every key in the text is followed by ``":``; a flat record's text has as many of these as the record has keys.
    """
    met = [text.count('":') for text in records.texts]
    raw = pl.Series(records.texts, dtype=pl.String)
    has_spaced_keys = raw.str.contains(SPACED_KEY).any()
    if met == list(map(len, records.values)) and not has_spaced_keys:
        records.raw = raw
        return
    for row, record in enumerate(records.values):
        if (has_spaced_keys or met[row] != len(record)) and not _has_all_keys(records.texts[row], record):
            _read_leniently(records, row)


def _has_all_keys(text: str, record: dict[str, Any]) -> bool:
    try:
        keys = ENCODE(record).count(b'":')
    except (RecursionError, UnicodeEncodeError):
        return False
    return text.count('":') + len(re.findall(SPACED_KEY, text)) == keys


def _read_singly(elements: Elements) -> Records:
    records = Records([{}] * len(elements), [""] * len(elements))
    for row, element in enumerate(elements):
        try:
            records.texts[row] = str(element, "utf-8")
            value = DECODE(element)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
            records.texts[row] = records.texts[row] or _text_of(bytes(element), records, row)
            _read_leniently(records, row)
            continue
        if not isinstance(value, dict):
            _reject(records, row, "not_an_object", f"a record must be an object, this is {type_of(value)}")
        elif _has_all_keys(records.texts[row], value) and not re.search(ROUNDED, records.texts[row]):
            records.values[row] = value
        else:
            _read_leniently(records, row)
    return records


def _text_of(element: bytes, records: Records, row: int) -> str:
    try:
        return element.decode("utf-8")
    except UnicodeDecodeError as error:
        records.issues["invalid_text"][row] = f"not UTF-8 at byte {error.start} of the record, read as Windows-1252"
    try:
        return element.decode("cp1252")
    except UnicodeDecodeError:
        return element.decode("latin-1")


def _read_leniently(records: Records, row: int) -> None:
    """Read one record with the standard library, which can tell what is wrong with it."""
    problems = _Problems()
    try:
        value = problems.decoder.decode(records.texts[row].strip())
    except json.JSONDecodeError as error:
        _reject(records, row, "unreadable_record", f"{error.msg} at character {error.pos + 1} of the record")
        return
    except RecursionError:
        _reject(records, row, "unreadable_record", "nested too deeply")
        return
    if not isinstance(value, dict):
        _reject(records, row, "not_an_object", f"a record must be an object, this is {type_of(value)}")
        return
    records.values[row] = _without_surrogates(value, problems)
    if _has_control_characters(records.texts[row]):
        problems.found["invalid_text"].append(CONTROL_CHARACTER)
    records.texts[row] = _without_nul(records.texts[row])
    for kind, found in problems.found.items():
        before = records.issues[kind].get(row)
        records.issues[kind][row] = "; ".join(filter(None, (before, *dict.fromkeys(found))))


class _BadNumber(Struct, frozen=True):
    """Stands for NaN, Infinity and 1e400 until the key that they stand under is known."""

    literal: str


class _Problems:
    """A lenient decoder, and the problems that it met."""

    def __init__(self) -> None:
        self.found: defaultdict[str, list[str]] = defaultdict(list)
        self.decoder = json.JSONDecoder(
            object_pairs_hook=self._pairs,
            parse_constant=_BadNumber,
            parse_float=self._float,
            parse_int=self._int,
            strict=False,
        )

    def _pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        record: dict[str, Any] = {}
        for key, value in pairs:
            sound = self._without_bad_numbers(key, value)
            if key in record and record[key] != sound:
                self.found["duplicate_key"].append(f"{key}={_short(record[key])}")
            record[key] = sound
        return record

    def _without_bad_numbers(self, key: str, value: object) -> object:
        if isinstance(value, list):
            return [self._without_bad_numbers(key, inner) for inner in value]
        if isinstance(value, _BadNumber):
            self.found["number_out_of_range"].append(f"{key}={value.literal}")
            return None
        return value

    def _float(self, literal: str) -> float | str | _BadNumber:
        number = float(literal)
        if not math.isfinite(number):
            return _BadNumber(literal[:LONGEST_NUMBER])
        return literal if is_rounded(literal) else number

    def _int(self, literal: str) -> int | str:
        return int(literal) if len(literal) < LONGEST_NUMBER else literal


def _without_surrogates(value: dict[str, Any], problems: _Problems) -> dict[str, Any]:
    try:
        ENCODE(value)
    except UnicodeEncodeError:
        problems.found["invalid_text"].append("half a surrogate pair")
        value = json.loads(SURROGATE.sub(REPLACEMENT, json.dumps(value, ensure_ascii=False)))
    return value


def _has_control_characters(text: str) -> bool:
    try:
        json.loads(text, parse_int=str)
    except json.JSONDecodeError as error:
        return "control character" in error.msg
    return False


def _reject(records: Records, row: int, reason: str, detail: str) -> None:
    records.values[row] = {}
    records.texts[row] = _without_nul(records.texts[row])
    records.rejects[row] = (reason, detail)


def _without_nul(text: str) -> str:
    """Write NUL as JSON escapes it: PostgreSQL accepts none, and a record that cannot be read may have it anywhere."""
    return text.replace("\x00", "\\u0000")


def _short(value: object) -> str:
    return (value if isinstance(value, str) else json.dumps(value))[:200]
