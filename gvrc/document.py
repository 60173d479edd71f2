"""Where the records are in a document: text in chunks -> records, many at a time, each the bytes that it came as.

A document is walked, not loaded. msgspec finds how far a value reaches without decoding it: a prefix of an array is
whole records if and only if ``[prefix]`` parses, so the cut is guessed and the parse proves it; for a complete value
the error "trailing characters (byte N)" tells where it ends. Only a stretch that does not parse is read element by
element. Memory is a few chunks, whatever the size of the file; one value may not be larger than MAX_VALUE_BYTES.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, TypeGuard

import msgspec

from gvrc.decode import CutOffError
from gvrc.dump import is_dump, read_table
from gvrc.errors import SourceFileError
from gvrc.fixture import is_fixture, join_fixture
from gvrc.masking import HIDDEN, mask_letters
from gvrc.paths import (
    KEY_WORDS,
    PARENT_CLOSED,
    PARENT_CONSTITUENCY,
    PARENT_COUNTY,
    PARENT_GROUP,
    PARENT_KEY,
    PARENT_PLACE,
    PARENT_PROJECTION,
    PARENT_SUB_COUNTY,
    PARENT_WARD,
    is_absent,
    normal_key,
)
from gvrc.persons import are_bare_persons, is_people
from gvrc.projections import projection_of
from gvrc.rejects import HEADER_KEY
from gvrc.repeated_codes import repeated_codes
from gvrc.shapes import (
    FACILITY_LISTS,
    NOT_FACILITIES,
    ONE_UNIT,
    UNIT_LISTS,
    WRAPPING,
    branches_of,
    facility_in_parts,
    has_evidence,
    has_facilities_inside,
    have_branches,
    is_county,
    is_list_of_undertakings,
    is_of_facilities,
    is_of_many_kinds,
    is_passed_over,
    is_undertaking,
    json_api_type,
    looks_like_facility,
    may_be_sender,
    other_kind,
    says_only_contacts,
    without_wrapping,
)
from gvrc.shown_keys import describe_keys, shown_path
from gvrc.synonyms import canonical_name, says_closed
from gvrc.tables import (
    ROWS_ABOVE,
    as_record,
    cells_of,
    columns_in,
    find_headings,
    fits,
    headings_of,
    is_list_of_columns,
    may_be_row,
    records_of_columns,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvrc.links import Links
    from gvrc.meanings import Keys
    from gvrc.paths import KeyPath

MAX_VALUE_BYTES: Final = 16 * 1024 * 1024
SMALL_BYTES: Final = 256 * 1024  # a value up to this size is looked at as a whole
SAMPLE: Final = 200  # records looked at to tell what a list holds: the first few of them that have a name
FEW_NAMED: Final = 5
MAX_DEPTH: Final = 40
SEEN_TOLD: Final = 5

ANY: Final = msgspec.json.Decoder()
ONE: Final = msgspec.json.Decoder(msgspec.Raw)
LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
LENIENT: Final = json.JSONDecoder(strict=False, parse_int=str)  # Python refuses integers of 4,300 digits

TRAILING: Final = re.compile(r"trailing characters \(byte (\d+)\)")
SPACE: Final = b" \t\r\n\x1e"  # 1e: the record separator of JSON text sequences
NEXT: Final = re.compile(rb"[ \t\r\n\x1e]*+")
NEXT_ELEMENT: Final = re.compile(rb"[, \t\r\n\x1e]*+")
SCALAR: Final = re.compile(rb"[^\s,\]}\[{\"]++")
STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
BETWEEN: Final = re.compile(rb"\}\s*,\s*(?=\{)")

Elements = list[msgspec.Raw | bytes]  # records that were found and not opened, or what else a list holds


@dataclass
class Walked:
    """What the walk through a document came upon."""

    lists: dict[str, int] = field(default_factory=dict)  # path -> records found there
    seen: dict[str, str] = field(default_factory=dict)  # what holds no facilities -> where it was met first
    passed_over: Counter[str] = field(default_factory=Counter)  # other things in a list of facilities, by kind
    declared_count: int | None = None  # the document's own count of its records
    has_next_page: bool = False
    not_inherited: dict[str, None] = field(default_factory=dict)  # keys of places beside the records of a large object
    no_codes: dict[KeyPath, None] = field(default_factory=dict)  # where codes stand that tell no facility apart

    def add(self, path: tuple[str, ...], records: int) -> None:
        """Count records under the path that they were found at."""
        shown = shown_path(path) if path else "the document itself"
        self.lists[shown] = self.lists.get(shown, 0) + records

    def look_at(self, path: tuple[str, ...], values: list[object]) -> None:
        """Remember what a place holds, to tell if there are no facilities at all."""
        if len(self.seen) < SEEN_TOLD:
            place = shown_path(path) if path else "the document"
            if place not in self.seen.values():
                self.seen.setdefault(_describe(path, values), place)


class Cursor:
    """A place in a text that arrives in chunks."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._following: bytes | None = None
        self.failure: CutOffError | None = None
        self.text = b""
        self.at = 0
        self._dropped = 0
        self._look_ahead()
        self.fill()

    @property
    def ended(self) -> bool:
        """Say whether the last chunk is in the text."""
        return self._following is None

    @property
    def offset(self) -> int:
        """Give the place as bytes from the start of the document."""
        return self._dropped + self.at

    @property
    def left(self) -> int:
        """Give the number of bytes at hand from the place on."""
        return len(self.text) - self.at

    def fill(self) -> None:
        """Add the next chunk and forget what lies before the place."""
        if self._following is not None:
            self._dropped += self.at
            self.text = b"".join((memoryview(self.text)[self.at :], self._following))
            self.at = 0
            self._look_ahead()

    def peek(self, skipped: re.Pattern[bytes] = NEXT) -> bytes:
        """Go to the next character that is not skipped (white space) and give it; nothing at the end."""
        while True:
            if found := skipped.match(self.text, self.at):
                self.at = found.end()
            char = self.text[self.at : self.at + 1]
            if char or self.ended:
                return char
            self.fill()

    def _look_ahead(self) -> None:
        try:
            self._following = next(self._chunks, None)
        except CutOffError as error:
            self.failure, self._following = error, None


def find_records(
    chunks: Iterator[bytes], keys: Keys, pinned: str | None, walked: Walked, links: Links | None = None
) -> Iterator[Elements]:
    """Walk a document and give its records, many at a time, each as the bytes that it came as.

    What a record takes from around it (the county whose key it stands under), and what it links to in another list, is
    put first in it. Raises CutOffError at the end of a document that ends too early, SourceFileError for what is not
    JSON or holds no facilities.
    """
    walk = Walk(Cursor(chunks), keys, None if pinned is None else _parts(pinned), walked, links)
    yield from walk.document()
    if walk.cursor.failure:
        raise walk.cursor.failure


def _parts(pinned: str) -> tuple[str, ...]:
    return tuple(part for part in pinned.strip("$.").replace("[]", "").replace("[*]", "").split(".") if part)


class Walk:
    """A walk through one document, from value to value."""

    def __init__(
        self,
        cursor: Cursor,
        keys: Keys,
        pinned: tuple[str, ...] | None,
        walked: Walked,
        links: Links | None = None,
    ) -> None:
        self.cursor = cursor
        self.links = links
        self.keys = keys
        self.pinned = pinned
        self.walked = walked
        self.element: tuple[str, ...] | None = None  # the path of the list, where one of its elements is walked
        self.marks: tuple[bytes, ...] = ()  # what stands between the records of the list at hand
        self.columns: list[str] | None = None  # the headings of a table that were met beside its rows

    def document(self) -> Iterator[Elements]:
        """Walk all of it and give its records."""
        cursor = self.cursor
        if not cursor.peek():
            raise cursor.failure or SourceFileError("is empty. Fetch it again.")
        while char := cursor.peek():
            if char == b"[":
                yield from self._array((), {})
            elif char == b"{":
                yield from self._lines() if self._is_lines() else self._object((), {})
            else:
                raise SourceFileError(_not_json(cursor))

    # ---- objects

    def _object(self, path: tuple[str, ...], parents: dict[str, str]) -> Iterator[Elements]:
        value, end = self._small_object()
        if self.pinned is None and (columns := self._columns_at_hand(value, path)):
            self.cursor.at += columns[1]
            yield from self._sorted(iter([list(map(msgspec.json.encode, columns[0]))]), path, parents)
        elif value is not None and self._is_record(value, path):
            record = self.cursor.text[self.cursor.at : end].rstrip()
            self.cursor.at = end
            self.walked.add(path, 1)
            yield self._told([record], [value], path, _with_own_key(path, parents))
            yield from self._branches([value], path, parents)
        elif value is not None and not any(isinstance(inner, (dict, list)) for inner in value.values()):
            if path:
                self.walked.look_at(path, [value])
            self._note_facts(value)
            if path and not all(map(is_absent, value.values())):  # {"next": {"href": "..?page=2"}}
                self._note_fact(path[-1], "a link")
            self.cursor.at = end
        elif value is not None and self._passes_persons(_keyed(value), list(value.values()), path, parents):
            self.cursor.at = end
        elif value is not None and self.pinned is None and (parted := facility_in_parts(value, path, self.keys)):
            self.cursor.at = end
            self.walked.add((*path, parted.key), 1)
            yield self._told([msgspec.json.encode(parted.record)], [parted.record], path, parents)
        else:
            around = self._plain_members() if value is None else value
            is_large = value is None and not around
            yield from self._members(path, parents | _own_places(around, self.keys, path), value, is_large=is_large)

    def _columns_at_hand(
        self, value: dict[str, Any] | None, path: tuple[str, ...]
    ) -> tuple[list[dict[str, Any]], int] | None:
        """Give the records of a table that is written column by column, and its length: a column has all of them."""
        cursor = self.cursor
        if value is None and (path or not FIRST_COLUMN.match(cursor.text, cursor.at)):
            return None
        while value is None and not cursor.ended and cursor.left <= MAX_VALUE_BYTES:
            cursor.fill()
        end = _end_of_value(memoryview(cursor.text)[cursor.at :]) if value is None else None
        if end is not None:
            value = ANY.decode(memoryview(cursor.text)[cursor.at : cursor.at + end])
        records = records_of_columns(value, self.keys) if value else []
        if not records:
            return None
        return records, end or _end_of_value(memoryview(cursor.text)[cursor.at :]) or 0

    def _is_record(self, value: dict[str, Any], path: tuple[str, ...]) -> bool:
        wanted = self._is_wanted(path)
        if wanted is not None or not looks_like_facility(value, self.keys):
            return bool(wanted)
        if path and normal_key(path[-1]) == "facility":  # the only one of a list, in XML turned into JSON
            return True
        if not path and json_api_type(value.get("data")):  # one resource: what it refers to stands beside it
            return False
        if not path:  # "Kenya" above its counties has a name, too
            return has_evidence(value, self.keys) or not has_facilities_inside(value, self.keys)
        return not _is_passed_over(path) and has_evidence(value, self.keys)

    def _small_object(self) -> tuple[dict[str, Any] | None, int]:
        """Look at the object at hand as a whole, if it is small: give it, and where it ends."""
        cursor = self.cursor
        while cursor.left < SMALL_BYTES and not cursor.ended:
            cursor.fill()
        piece = memoryview(cursor.text)[cursor.at : cursor.at + SMALL_BYTES]
        end = _end_of_value(piece)
        try:
            if end is not None:
                return ANY.decode(piece[:end]), cursor.at + end
            if cursor.left <= SMALL_BYTES:
                value, end = LENIENT.raw_decode(str(piece, "latin-1"))
                return value, cursor.at + end
        except (ValueError, RecursionError, msgspec.DecodeError):
            pass  # not whole, or not sound: it is walked
        return None, 0

    def _plain_members(self) -> dict[str, Any]:
        """Give the texts of an object that is too large to be looked at as a whole, if all of it is at hand."""
        if not self.cursor.ended:
            return {}
        try:
            members = MEMBERS.decode(memoryview(self.cursor.text)[self.cursor.at :])
            return {key: ANY.decode(inner) for key, inner in members.items() if bytes(memoryview(inner)[:1]) == QUOTE}
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return {}  # what comes before its records is met on the way to them

    def _members(
        self, path: tuple[str, ...], parents: dict[str, str], whole: dict[str, Any] | None, *, is_large: bool
    ) -> Iterator[Elements]:
        cursor = self.cursor
        before = self._records_found() if is_large else 0
        if len(path) > MAX_DEPTH:
            raise SourceFileError(f"is nested deeper than {MAX_DEPTH} levels at byte {cursor.offset:,}. Mend it.")
        above = () if path == self.element else path
        parents = parents | _projection_in(whole or {})
        self.columns = next(self._columns_in(whole or {}), self.columns)
        cursor.at += 1
        while (char := cursor.peek()) != b"}":
            if char == b",":
                cursor.at += 1
                continue
            key = self._key()
            inner = (*path, key)
            parents = parents | self._projection_at_hand(key)
            if (char := cursor.peek()) == b"[":
                yield from self._array(inner, _child(parents, key, above))
            elif char == b"{" and not self._passes_sender(key, whole):
                yield from self._object(inner, _child(parents, key, above))
            elif char != b"{":
                scalar = self._scalar()
                self._note_fact(key, scalar)
                if char == QUOTE:
                    places = _own_places({key: _unescaped(scalar)}, self.keys, ())
                    county = {place: name for place, name in places.items() if place == PARENT_COUNTY}
                    if is_large and places and not (county and self._records_found() == before):
                        self.walked.not_inherited[key] = None
                    parents = county | parents
        cursor.at += 1

    def _columns_in(self, whole: dict[str, Any]) -> Iterator[list[str]]:
        """Give the headings of a table that an object has beside its rows, be it after them."""
        for key, inner in whole.items():
            if isinstance(inner, list) and is_list_of_columns(key) and (columns := columns_in(inner, self.keys)):
                yield columns

    def _projection_at_hand(self, key: str) -> dict[str, str]:
        """Give the map projection that a member of a large object says that its coordinates are of."""
        if normal_key(key) not in PROJECTIONS or self.cursor.peek() != b"{":
            return {}
        return _projection_in({key: self._small_object()[0]})

    def _passes_sender(self, key: str, whole: dict[str, Any] | None) -> bool:
        """Pass over who sends the facilities: ``{"institution": {"name": .., "phone": ..}, "facilities": [..]}``."""
        if self.pinned is not None or not may_be_sender(key):
            return False
        value, end = self._small_object()
        beside = {other: inner for other, inner in (whole or {}).items() if other != key}
        if value is None or not says_only_contacts(value, self.keys):
            return False
        if whole is not None and not has_facilities_inside(beside, self.keys):
            return False
        self.walked.passed_over["of those who send the facilities, with a name and contacts only"] += 1
        self.cursor.at = end
        return True

    def _records_found(self) -> int:
        return sum(self.walked.lists.values())

    def _key(self) -> str:
        key = self._string()
        if self.cursor.peek() != b":":
            raise self._broken("a colon")
        self.cursor.at += 1
        return key

    def _string(self) -> str:
        cursor = self.cursor
        char = cursor.peek()
        if char != b'"':
            raise self._broken("a key in double quotes")
        while not (found := STRING.match(cursor.text, cursor.at)):
            if cursor.ended:
                cursor.at = len(cursor.text)
            if cursor.ended or cursor.left > MAX_VALUE_BYTES:
                raise self._broken("the end of a text")
            cursor.fill()
        cursor.at = found.end()
        return found[0][1:-1].decode("utf-8", "replace")

    def _scalar(self) -> str:
        cursor = self.cursor
        if cursor.peek() == b'"':
            return self._string()
        while (found := SCALAR.match(cursor.text, cursor.at)) and found.end() == len(cursor.text) and not cursor.ended:
            if cursor.left > MAX_VALUE_BYTES:
                raise self._broken("the end of a number")
            cursor.fill()
        if not found:
            raise self._broken("a value")
        cursor.at = found.end()
        return found[0].decode("ascii", "replace")

    def _note_facts(self, value: dict[str, Any]) -> None:
        for key, inner in value.items():
            if not isinstance(inner, (dict, list)):
                self._note_fact(key, str(inner))

    def _note_fact(self, key: str, value: str) -> None:
        word = normal_key(key)
        if word in COUNT_KEYS and value.isdecimal():
            self.walked.declared_count = int(value)
        elif _says_more(word, value.lower()):
            self.walked.has_next_page = True

    def _broken(self, expected: str) -> SourceFileError:
        cursor = self.cursor
        if not cursor.peek():
            return cursor.failure or CutOffError(
                f"is cut off at byte {cursor.offset:,}: {expected} is missing. Fetch it again."
            )
        return SourceFileError(f"is malformed at byte {cursor.offset:,}: {expected} is missing there. Mend it.")

    # ---- arrays

    def _array(self, path: tuple[str, ...], parents: dict[str, str]) -> Iterator[Elements]:
        self.cursor.at += 1
        self.marks = ()
        yield from self._sorted(self._elements(), path, parents)

    def _sorted(self, parts: Iterator[Elements], path: tuple[str, ...], parents: dict[str, str]) -> Iterator[Elements]:
        """Give the records of a list: itself, those inside its elements, or none."""
        parts, values = self._looked_at(parts, path)
        if not values or self._passes_persons(parts, values, path, parents):
            return
        if self.pinned is None and is_dump(values[0]):
            yield from self._tables(parts)
            return
        if self.pinned is None and is_fixture(values[0]):
            parts, holds_records = join_fixture(parts, self.walked.passed_over), True
        else:
            holds_records = self._holds_records(values, path, parents)
        has_branches = holds_records and have_branches(values, self.keys)
        self.walked.no_codes |= dict.fromkeys(repeated_codes(values, self.keys) if holds_records else ())
        if any(map(is_of_many_kinds, values)):
            parts = map(self._without_others, parts)
        refers = holds_records and self._refers(values, path, parents)
        for elements in parts:
            if holds_records:
                self.walked.add(path, len(elements))
                yield self._with_links(elements, parents) if refers else _with_parents(elements, parents)
                if has_branches:
                    yield from self._branches(map(read_element, elements), path, parents)
            elif any(isinstance(value, (dict, list)) for value in values):
                for element in elements:
                    yield from self._counted(self._inside(bytes(element), path, parents))

    def _looked_at(self, parts: Iterator[Elements], path: tuple[str, ...]) -> tuple[Iterator[Elements], list[object]]:
        """Give a list with the first of its values, rows of a table as records; no values where it is of no records."""
        first = next(filter(None, parts), None)
        if first is None:
            self.walked.look_at(path, [])
            return parts, []
        values = [read_element(element) for element in first[:SAMPLE]]
        parts = chain([first], parts)
        if path and is_list_of_columns(path[-1]) and (columns := columns_in(values, self.keys)):
            self.columns = columns
            return iter(list(parts)[:0]), []  # the list is gone through to its end
        return (
            self._rows(parts, path) if self._is_wanted(path) is not False and may_be_row(values[0]) else (parts, values)
        )

    def _rows(self, parts: Iterator[Elements], path: tuple[str, ...]) -> tuple[Iterator[Elements], list[object]]:
        """Give the rows of a table as records under its headings; rows without headings are given as they are."""
        first: Elements = []
        while len(first) <= ROWS_ABOVE and (more := next(parts, None)) is not None:
            first += more
        values = [read_element(element) for element in first[:SAMPLE]]
        rows = chain([first], parts)
        at = find_headings(values, self.keys)
        if at is not None:
            rows = chain([first[at + 1 :]], parts)
            made = self._under_headings(rows, values[at])
            self._pass_over("above the headings of a table", at)
        elif self.columns and all(fits(row, self.columns) for row in values):
            made = self._under_headings(rows, self.columns)
        else:
            return rows, values
        self.columns = None
        found = next(filter(None, made), [])
        if not found:
            self.walked.look_at(path, [])
        return chain([found], made), [read_element(element) for element in found[:SAMPLE]]

    def _pass_over(self, kind: str, count: int) -> None:
        if count:
            self.walked.passed_over[kind] += count

    def _under_headings(self, rows: Iterable[Elements], headings: object) -> Iterator[Elements]:
        names = headings_of(cells_of(headings))
        keyed = dict(zip(headings, names, strict=False)) if isinstance(headings, dict) else None
        for elements in rows:
            made = [as_record(read_element(element), names, keyed) for element in elements]
            self._pass_over("empty in a table", made.count(None))
            yield [
                bytes(element) if record is UNREADABLE else msgspec.json.encode(record)
                for element, record in zip(elements, made, strict=True)
                if record is not None
            ]

    def _told(
        self, elements: Elements, values: list[object], path: tuple[str, ...], parents: dict[str, str]
    ) -> Elements:
        if self._refers(values, path, parents):
            return self._with_links(elements, parents)
        return _with_parents(elements, parents)

    def _refers(self, values: list[object], path: tuple[str, ...], parents: dict[str, str]) -> bool:
        return self.links is not None and self.links.are_needed(values, self.keys, path, parents)

    def _with_links(self, elements: Elements, parents: dict[str, str]) -> Elements:
        """Put into each record what it refers to, besides what stands around all of them."""
        if self.links is None:
            return _with_parents(elements, parents)
        told = [self.links.told_of(element, self.keys, parents) for element in elements]
        return [_with_parents([element], said)[0] for element, said in zip(elements, told, strict=True)]

    def _branches(
        self, records: Iterable[object], path: tuple[str, ...], parents: dict[str, str]
    ) -> Iterator[Elements]:
        """Give the branches of organisations after them: of what is around these, only what it says of the kind."""
        around = {key: said for key, said in parents.items() if key in (PARENT_GROUP, PARENT_CLOSED)}
        found = [branch for record in records if _is_first(record) for branch in branches_of(record, self.keys)]
        if self.pinned is None and found:
            for key, _ in found:
                self.walked.add((*path, key), 1)
            yield _with_parents([msgspec.json.encode(branch) for _, branch in found], around)

    def _tables(self, parts: Iterator[Elements]) -> Iterator[Elements]:
        """Walk the tables of a dump that are named after facilities: nobody can tell what the rows of others are."""
        for element in chain.from_iterable(parts):
            table = read_table(bytes(element))
            if table and is_of_facilities(table.name):
                rows = msgspec.json.encode({table.name: table.data})
                yield from self._counted(self._inside(rows, (), {}))
            elif table:
                self.walked.passed_over["table of a dump that is not named after facilities"] += 1

    def _without_others(self, elements: Elements) -> Elements:
        kinds = [other_kind(read_element(element)) for element in elements]
        self.walked.passed_over.update(shown_kind(kind) for kind in kinds if kind)
        return [element for element, kind in zip(elements, kinds, strict=True) if kind is None]

    def _counted(self, parts: Iterator[Elements]) -> Iterator[Elements]:
        """Count an element of a list as passed over if there is no record in it."""
        first = next(parts, None)
        if first is None:
            self.walked.passed_over["without a facility"] += 1
        else:
            yield from chain([first], parts)

    def _inside(self, element: bytes, path: tuple[str, ...], parents: dict[str, str]) -> Iterator[Elements]:
        walk = Walk(Cursor(iter([element])), self.keys, self.pinned, self.walked, self.links)
        walk.element = path
        char = walk.cursor.peek()
        try:
            if char == b"{":
                yield from walk._object(path, parents)
            elif char == b"[":
                yield from walk._array(path, parents)
        except SourceFileError as error:
            raise SourceFileError(f"has a part before byte {self.cursor.offset:,} which {error}") from error

    def _holds_records(self, values: list[object], path: tuple[str, ...], parents: dict[str, str]) -> bool:
        wanted = self._is_wanted(path)
        if wanted is not None:
            return wanted
        key = path[-1] if path else ""
        if _is_passed_over(path):
            self.walked.has_next_page |= any(map(_is_next_link, values))
            return False
        named = list(islice((value for value in values if looks_like_facility(value, self.keys)), FEW_NAMED))
        expected = not path or normal_key(key) in FACILITY_LISTS or PARENT_COUNTY in parents
        if expected and not any(isinstance(value, dict) for value in values) and UNREADABLE in values:
            return True  # nothing but what cannot be read: it is counted and told
        if named and (expected or any(has_evidence(value, self.keys) for value in named)):
            return True
        self.walked.look_at(path, values)
        return False

    def _passes_persons(
        self, parts: Iterator[Elements], values: list[object], path: tuple[str, ...], parents: dict[str, str]
    ) -> bool:
        """Pass over a list of people, told by what its records say, where nothing else tells what it lists."""
        records = [value for value in values if isinstance(value, dict)]
        if self.pinned is not None or not records or len(records) < len(values):
            return False
        if PARENT_GROUP in parents or (path and not is_county(path[-1]) and normal_key(path[-1]) not in ANY_LIST):
            return False
        if is_dump(values[0]) or is_fixture(values[0]) or _is_passed_over(path):
            return False
        if not are_bare_persons(records, self.keys):
            return False
        self.walked.seen.setdefault("lists persons: names that tell no place", shown_path(path) if path else "it")
        for elements in parts:
            self.walked.passed_over["of a list of persons, with a place and a contact only"] += len(elements)
        return True

    def _elements(self) -> Iterator[Elements]:
        cursor = self.cursor
        while (char := cursor.peek(NEXT_ELEMENT)) != b"]":
            if not char:
                raise self._broken("the end of a list")
            yield self._block()
        cursor.at += 1

    def _block(self) -> Elements:
        """Give all whole elements at hand; the place is then at a comma or at the end of the list."""
        cursor = self.cursor
        # Without marks it may be a document of short lists.
        elements = None if self.marks else self._up_to(self._end_of_list(cursor.at + WINDOW))
        if not elements and cursor.ended:
            elements = self._up_to(cursor.text.rfind(b"]"))
        elif not elements:
            elements = next(filter(None, map(self._up_to, map(self._last_cut, self.marks))), None)
        if not elements and self.marks:
            elements = self._up_to(self._end_of_list(len(cursor.text)))
        elements = elements or self._one_by_one()
        if not cursor.ended and cursor.left < SMALL_BYTES:
            cursor.fill()
        return elements

    def _up_to(self, end: int) -> Elements | None:
        cursor = self.cursor
        if end <= cursor.at:
            return None
        try:
            elements: list[msgspec.Raw] = LIST.decode(b"".join((b"[", memoryview(cursor.text)[cursor.at : end], b"]")))
        except (msgspec.DecodeError, RecursionError):
            return None
        cursor.at = end
        return list(elements)

    def _last_cut(self, mark: bytes) -> int:
        place = self.cursor.text.rfind(mark, self.cursor.at)
        return place if mark == COMMA else place + 1  # else a mark begins with the end of an element

    def _end_of_list(self, upto: int) -> int:
        cursor = self.cursor
        try:
            LIST.decode(b"".join((b"[", memoryview(cursor.text)[cursor.at : upto])))
        except (msgspec.DecodeError, RecursionError) as error:
            if found := TRAILING.search(str(error)):
                return cursor.text.rfind(b"]", cursor.at, cursor.at + int(found[1]) - 2)
            return -1
        return cursor.text.rfind(b"]", cursor.at, upto)

    def _one_by_one(self) -> Elements:
        """Read elements singly: to learn what stands between them, and round those that do not parse."""
        cursor = self.cursor
        elements: Elements = []
        last = (0, 0)
        before = 0  # where the element before ends
        latin: str | None = None
        while (char := _skip(cursor)) and char != b"]":
            start = cursor.at
            end, is_cut = _end_of_value(memoryview(cursor.text)[start:]), False
            if end is None:
                latin = latin or cursor.text.decode("latin-1")  # as many characters as bytes
                end, is_cut = _probe_leniently(latin, start)
            if end is not None:
                elements.append(cursor.text[start : start + end].rstrip())
                cursor.at += end
            elif not is_cut or cursor.ended:
                elements.append(self._skip_broken())
            elif elements:
                break
            elif cursor.left > MAX_VALUE_BYTES:
                raise SourceFileError(
                    f"holds a value of more than {MAX_VALUE_BYTES >> 20} MB at byte {cursor.offset:,}."
                )
            else:
                cursor.fill()
                latin = None
                continue
            if before and not self.marks:
                self.marks = _marks(cursor.text, before, start)
                return elements
            last = (before, start)
            before = start + len(elements[-1])
        self.marks = _marks(cursor.text, *last) if last[0] else self.marks  # those that were known did not help
        return elements

    def _skip_broken(self) -> bytes:
        """Give what does not parse, up to where the next record seems to begin."""
        cursor = self.cursor
        text, start = cursor.text, cursor.at
        if self.marks and self.marks[0] != COMMA and (next_mark := text.find(self.marks[0], start)) >= 0:
            cursor.at = next_mark + 1
        elif found := BETWEEN.search(text, start):
            cursor.at = found.start() + 1
        else:
            end = text.rfind(b"]", start + _sound_length(text[start:]))
            cursor.at = end if end > start and _may_close(text, end) else len(text)
        return text[start : cursor.at]

    # ---- lines

    def _is_lines(self) -> bool:
        """Say whether the document is one object a line, or objects one after the other."""
        cursor = self.cursor
        end = _end_of_value(memoryview(cursor.text)[cursor.at :])
        if end is not None:
            value, rest = cursor.text[cursor.at : cursor.at + end], cursor.text[cursor.at + end : cursor.at + end + 1]
            return rest == b"{" or (bool(rest) and b"\n" in value and b"\n" not in value.rstrip())
        # The first value is broken, or not at hand as a whole: most lines after it are objects, or it is one document
        # over many lines, in which an object may stand on a line of its own, too.
        lines = list(filter(None, (line.strip(SPACE) for line in cursor.text[cursor.at :].split(b"\n", 10)[1:-1])))
        objects = sum(line.startswith(b"{") and isinstance(read_element(line), dict) for line in lines)
        return objects > len(lines) / 2

    def _lines(self) -> Iterator[Elements]:
        yield from self._sorted(self._blocks_of_lines(), (), {})

    def _blocks_of_lines(self) -> Iterator[Elements]:
        cursor = self.cursor
        while cursor.peek():
            end = len(cursor.text) if cursor.ended else cursor.text.rfind(b"\n", cursor.at) + 1
            if end:
                block = cursor.text[cursor.at : end]
                cursor.at = end
                elements = _whole_lines(block)
                yield elements
                if cursor.ended and elements and not block.endswith(b"\n") and read_element(elements[-1]) is UNREADABLE:
                    raise CutOffError(f"is cut off at byte {cursor.offset:,}, inside its last line. Fetch it again.")
            elif cursor.left > MAX_VALUE_BYTES:
                raise SourceFileError(f"has a line of more than {MAX_VALUE_BYTES >> 20} MB at byte {cursor.offset:,}.")
            cursor.fill()

    # ---- what is pinned

    def _is_wanted(self, path: tuple[str, ...]) -> bool | None:
        """Say whether the pinned path ends here; None when nothing is pinned."""
        if self.pinned is None:
            return None
        return len(path) == len(self.pinned) and all(
            pin in ("*", key) for pin, key in zip(self.pinned, path, strict=True)
        )


# A list under one of these may be of anything.
ANY_LIST: Final = WRAPPING | frozenset(("values", "value", "list", "entries", "entry", "content", "hits", "docs"))
QUOTE: Final = b'"'
# A document that begins with a column of a table: {"Facility": {"0": "Lindi Clinic", or {"Facility": ["Lindi Clinic".
FIRST_COLUMN: Final = re.compile(rb'\{\s*"[^"\\]*+"\s*:\s*(?:\{\s*"\d+"\s*:\s*|\[\s*)[^\s{\[\]}]')
MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _unescaped(text: str) -> str:
    """Give what a text says that was taken as it is written."""
    try:
        return str(LENIENT.decode(f'"{text}"'))
    except ValueError:
        return text


COUNT_KEYS: Final = frozenset(("count", "total", "totalcount", "totalrecords", "totalresults", "numberofrecords"))
NEXT_KEYS: Final = frozenset(
    (
        *("next", "nextpage", "nextpageurl", "nexturl", "odatanextlink", "nextlink", "nextpagetoken", "nexttoken"),
        *("nextcursor", "nextoffset", "continuationtoken"),
    )
)
MORE_KEYS: Final = frozenset(("hasmore", "hasnext", "hasnextpage", "hasmorepages", "exceededtransferlimit"))
LAST_KEYS: Final = frozenset(("last", "islast", "islastpage"))


def _end_of_value(text: memoryview) -> int | None:
    """Tell how far a JSON value reaches, white space after it included; None if it is not whole or does not parse."""
    try:
        ONE.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        found = TRAILING.search(str(error))
        return int(found[1]) - 1 if found else None  # msgspec counts the offending character itself
    return len(text)


def _probe_leniently(text: str, at: int) -> tuple[int | None, bool]:
    """Tell how long a value is that only a lenient parser reads (NaN, half surrogates, control characters).

    Else whether it is cut off by the end of the text: the parser came to the end, or found no end of a string. A
    window is tried first: the parser counts the lines before an error, which takes for ever in a list of errors.
    """
    window = text[at : at + WINDOW]
    try:
        end = LENIENT.raw_decode(window)[1]
        return (end, False) if end < WINDOW else _probe_whole(text, at)
    except json.JSONDecodeError as error:
        is_cut = error.pos >= len(window) - LONGEST_LITERAL or error.msg.startswith("Unterminated")
        return _probe_whole(text, at) if is_cut and len(text) - at > WINDOW else (None, is_cut)
    except (ValueError, RecursionError):
        return None, False


def _probe_whole(text: str, at: int) -> tuple[int | None, bool]:
    try:
        return LENIENT.raw_decode(text, at)[1] - at, False
    except json.JSONDecodeError as error:
        return None, error.pos >= len(text) - LONGEST_LITERAL or error.msg.startswith("Unterminated")
    except (ValueError, RecursionError):
        return None, False


def _sound_length(text: bytes) -> int:
    """Tell how far a value that does not parse is sound: a bracket before is its own, and closes no list around it."""
    try:
        return LENIENT.raw_decode(text.decode("latin-1"))[1]
    except json.JSONDecodeError as error:
        return error.pos
    except (ValueError, RecursionError):
        return 0


WINDOW: Final = 8 * 1024
LONGEST_LITERAL: Final = len("-Infinity")


def _skip(cursor: Cursor) -> bytes:
    """Skip commas and white space in the text at hand; give what comes after them, nothing at the end."""
    if found := NEXT_ELEMENT.match(cursor.text, cursor.at):
        cursor.at = found.end()
    return cursor.text[cursor.at : cursor.at + 1]


def _may_close(text: bytes, end: int) -> bool:
    """Say whether a bracket may be the end of the list: nothing but brackets and members of an envelope follow."""
    after = text[end + 1 :].strip()
    return not after or after.startswith((b"}", b",", b"]"))


def _whole_lines(block: bytes) -> Elements:
    """Split lines into values; a line that does not parse stays whole."""
    try:
        return list(ONE.decode_lines(block))
    except (msgspec.DecodeError, RecursionError):
        lines = (line.strip(SPACE) for line in block.split(b"\n"))
        return [value for line in lines if line for value in _values_of_line(line)]


def _values_of_line(line: bytes) -> list[bytes]:
    values = []
    rest = line
    while rest and (end := _end_of_value(memoryview(rest))) is not None:
        values.append(rest[:end].rstrip())
        rest = rest[end:]
    return [line] if rest and not values else values + ([rest] if rest else [])


def _says_more(word: str, value: str) -> bool:
    """Say whether a key around records says that there are more; Airtable's offset is a mark, others' is a number."""
    if word == "offset":
        return value.startswith(("itr", "rec"))
    if word in MORE_KEYS | LAST_KEYS:
        return value == ("true" if word in MORE_KEYS else "false")
    return word in NEXT_KEYS and value not in ("null", "none", "", "false")


def _is_next_link(value: object) -> bool:
    """Say whether an entry of a FHIR or web link list points to a further page."""
    return isinstance(value, dict) and "next" in (value.get("relation"), value.get("rel"))


def read_element(element: msgspec.Raw | bytes) -> object:
    """Give what an element says, leniently if need be; UNREADABLE for what nobody can read."""
    try:
        return ANY.decode(element)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return LENIENT.decode(bytes(element).decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return UNREADABLE


UNREADABLE: Final = object()


def _marks(text: bytes, end: int, start: int) -> tuple[bytes, ...]:
    """Give what stands between two records: with the first key of the next (not found inside a record), and without.

    Between two lists it is their brackets, else a comma.
    """
    between = text[end - 1 : start + 1]
    if between.startswith(b"]") and between.endswith(b"["):
        return (between,)
    if not (between.startswith(b"}") and between.endswith(b"{")):
        return (COMMA,)
    key = STRING.search(text, start)
    return ((text[end - 1 : key.end()],) if key else ()) + (between,)


COMMA: Final = b","


def _is_first(record: object) -> bool:
    """Say whether a record comes for the first time: the branches of one that was rejected were read then."""
    return isinstance(record, dict) and HEADER_KEY not in record


def _is_passed_over(path: tuple[str, ...]) -> bool:
    """Say whether what is at a path is no facility; a list of contacts may be parted into lists of facilities."""
    return bool(path) and (
        is_passed_over(path[-1])
        or normal_key(path[-1]) in ONE_UNIT
        or _is_of_units(path)
        # What the columns and codes of a table mean: DHIS2's analytics; and what a body does beside what it lists.
        or (
            any(normal_key(key) == "metadata" or is_list_of_undertakings(key) for key in path)
            and not is_of_facilities(path[-1])
        )
        or is_undertaking(path[-1])
        or any(is_people(key) for key in path if not normal_key(key).startswith("contact"))
    )


def _is_of_units(path: tuple[str, ...]) -> bool:
    """Say whether what is at a path is a unit of places: in a page of them (``wards.data``), or under its own key."""
    around = without_wrapping(path)
    if around and _is_key_of_one(around[-1]):
        around = without_wrapping(around[:-1])
    return around != path and bool(around) and normal_key(around[-1]) in UNIT_LISTS - ONE_UNIT


def _is_key_of_one(key: str) -> bool:
    """Say whether a key is the number or the identifier of one of many, and no name."""
    return key.isdecimal() or IDENTIFIER.fullmatch(key) is not None


def _with_parents(elements: Elements, parents: dict[str, Any]) -> Elements:
    if not parents:
        return elements
    start = msgspec.json.encode(parents)[:-1]
    return [_put_first(start, bytes(element)) for element in elements]


def _put_first(start: bytes, element: bytes) -> bytes:
    inside = element[1:].lstrip()
    if not element.startswith(b"{"):
        return element
    return start + (inside if inside.startswith(b"}") else b"," + inside)


def _child(parents: dict[str, str], key: str, above: tuple[str, ...]) -> dict[str, str]:
    """Add what a key says of the records under it: their county or ward, what they are, or (inside a county) where.

    A key that only says that records follow (``facilities``, ``nodes``) says nothing of them.
    """
    if is_county(key):
        return parents | {PARENT_COUNTY: key}
    if above and (level := PLACE_LISTS.get(normal_key(above[-1]))) and not is_of_facilities(key):
        return parents if normal_key(key) in WRAPPING or _is_key_of_one(key) else parents | {level: key}
    if closed := _closed_in(key):
        parents = parents | {PARENT_CLOSED: closed}
    if GROUP_WORDS.search(key.lower()) or canonical_name("facility_types", key):
        return parents | {PARENT_GROUP: key}
    if PARENT_COUNTY in parents and not closed and normal_key(key) not in FACILITY_LISTS | NOT_FACILITIES | ONE_UNIT:
        return parents | {PARENT_PLACE: ", ".join(filter(None, (parents.get(PARENT_PLACE), key)))}
    return parents


def _keyed(value: dict[str, Any]) -> Iterator[Elements]:
    """Give what stands in an object, each under its own key, as the elements of a list, when they are asked for."""
    yield list(map(msgspec.json.encode, value.values()))


def _projection_in(value: dict[str, Any]) -> dict[str, str]:
    """Give the map projection that an object around records names: GeoJSON's ``crs``, ESRI's ``spatialReference``."""
    said = (projection_of(inner) for key, inner in value.items() if normal_key(key) in PROJECTIONS)
    return {PARENT_PROJECTION: found} if (found := next(filter(None, said), None)) else {}


PROJECTIONS: Final = frozenset(("crs", "spatialreference", "epsg", "srid"))


def _closed_in(key: str) -> str | None:
    """Give the words of a key that say that what is under it is closed: ``closed``, ``non_operational_clinics``."""
    words = [word for word in map(str.lower, KEY_WORDS.findall(key)) if word not in OF_CLOSED]
    said = " ".join(words)
    return said if says_closed(said) and said not in NOT_SURELY_CLOSED else None


OF_CLOSED: Final = frozenset(
    (
        *(
            "facilities",
            "facility",
            "hospitals",
            "clinics",
            "dispensaries",
            "stations",
            "police",
            "shelters",
            "centres",
        ),
        *("centers", "sites", "offices", "organizations", "organisations", "providers", "list", "health", "records"),
    )
)
NOT_SURELY_CLOSED: Final = ("no", "moved", "relocated", "merged")
GROUP_WORDS: Final = re.compile(
    r"hospital|clinic|dispensar|pharmac|police|shelter|safe.?h|rescue|legal|counsel|hotline|helpline|school|court|desk"
    r"|medical|psychosocial|health.?cent|gbv|emergenc|one.?stop|recovery|support|.station"  # stations are of any kind
)


def _with_own_key(path: tuple[str, ...], parents: dict[str, str]) -> dict[str, str]:
    """Tell the key of an object that is itself a record from the places above it, and keep one that is an identifier.

    Row numbers and words are none: they stand for another record in the next file, or in the next county.
    """
    key = path[-1] if path else ""
    around = dict(parents)
    if PARENT_PLACE in around:
        *places, last = around.pop(PARENT_PLACE).split(", ")
        kept = ", ".join(places if last == key else (*places, last))
        around |= {PARENT_PLACE: kept} if kept else {}
    return around | ({PARENT_KEY: key} if IDENTIFIER.fullmatch(key) else {})


IDENTIFIER: Final = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w-]{8,}")


def _own_places(value: dict[str, Any], keys: Keys, path: tuple[str, ...]) -> dict[str, str]:
    """Give the places that an object around records names: ``{"ward": "Viwandani", "facilities": [...]}``.

    What is called a name is that of a county, or of what the list is of that the object stands in. An object with a
    name of its own is an organisation around its branches: they may be in its county, but hardly in its ward.
    """
    around = without_wrapping(path)
    level = (PLACE_LISTS | ONE_PLACE).get(normal_key(around[-1])) if around else None
    if level is None and any(normal_key(key) in ABOVE_WARDS for key in value):
        level = PARENT_SUB_COUNTY
    found: dict[str, str] = {}
    names: list[str] = []
    for key, told in value.items():
        inner = told.get("name") if normal_key(key) in ONE_UNIT and _is_plain(told) else told
        if not isinstance(inner, str) or is_absent(inner):
            continue
        fields = {meaning.field for meaning in keys.meanings((key,))}
        if is_county(inner) and not fields.isdisjoint(("county_name", "facility_name")):
            found.setdefault(PARENT_COUNTY, inner)
        elif place := next((place for field, place in PLACES_AROUND.items() if field in fields), None):
            found.setdefault(place, inner)
        elif "facility_name" in fields:
            names.append(inner)
    if level and names:
        found.setdefault(level, names[0])
    elif set(names) - set(found.values()):
        return {place: name for place, name in found.items() if place == PARENT_COUNTY}
    return found


def _is_plain(value: object) -> TypeGuard[dict[str, Any]]:
    """Say whether an object holds values only: a ward by its name and code, not one with its facilities."""
    return isinstance(value, dict) and not any(isinstance(inner, (dict, list)) for inner in value.values())


PLACES_AROUND: Final = {
    "constituency_name": PARENT_CONSTITUENCY,
    "sub_county_name": PARENT_SUB_COUNTY,
    "ward_name": PARENT_WARD,
}
PLACE_LISTS: Final = {
    "constituencies": PARENT_CONSTITUENCY,
    "subcounties": PARENT_SUB_COUNTY,
    "wards": PARENT_WARD,
}
ONE_PLACE: Final = {
    "constituency": PARENT_CONSTITUENCY,
    "subcounty": PARENT_SUB_COUNTY,
    "ward": PARENT_WARD,
}
ABOVE_WARDS: Final = ("wards",)


def shown_kind(kind: str) -> str:
    """Give what a resource says that it is, unless that is no word of a schema."""
    return kind if KIND.fullmatch(kind) else HIDDEN


WEB_PAGE: Final = re.compile(r"<(?:!doctype|\?xml|html|kml|gml|osm|rss|feed)\b>?", re.IGNORECASE)
KIND: Final = re.compile(
    r"[A-Za-z]+(?:[_-][A-Za-z]+)*|(?:node|way|relation) without tags|organisation unit of level \d+"
)


def _describe(path: tuple[str, ...], values: list[object]) -> str:
    if objects := [value for value in values if isinstance(value, dict)]:
        return f"holds objects with the keys {describe_keys(path, objects, KEYS_TOLD)}"
    return "is an empty list" if not values else "is a list without objects"


KEYS_TOLD: Final = 8


def _not_json(cursor: Cursor) -> str:
    start = cursor.text[cursor.at : cursor.at + 20].decode("utf-8", "replace")
    shown = tag[0] if (tag := WEB_PAGE.match(start)) else mask_letters(start)  # of a CSV file it may be a name
    return f"is not JSON: byte {cursor.offset:,} begins with {shown!r}. Give a file of objects or a list."
