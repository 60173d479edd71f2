"""Where the records are in a document: text in chunks -> records, many at a time, each the bytes that it came as.

A document is walked, not loaded: ``cursor.py`` is the place in it, ``elements.py`` parts its lists. What is said around
records goes down the walk with it (``around.py``), and what it comes upon is noted for the report (``walked.py``).
"""

from __future__ import annotations

import re
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gvrc.errors import SourceFileError
from gvrc.masking import mask_letters
from gvrc.meaning.bare_persons import are_bare_persons
from gvrc.meaning.list_names import (
    FACILITY_LISTS,
    ONE_UNIT,
    UNIT_LISTS,
    WRAPPING,
    is_county,
    is_list_of_undertakings,
    is_of_facilities,
    is_passed_over,
    is_undertaking,
    may_be_sender,
    without_wrapping,
)
from gvrc.meaning.paths import (
    PARENT_CLOSED,
    PARENT_COUNTY,
    PARENT_GROUP,
    is_absent,
    normal_key,
)
from gvrc.meaning.person_words import is_people
from gvrc.meaning.shown_keys import shown_path
from gvrc.reading.around import (
    PROJECTIONS,
    is_key_of_one,
    own_places,
    projection_in,
    with_key,
    with_own_key,
    with_parents,
)
from gvrc.reading.cursor import ANY, LENIENT, MAX_VALUE_BYTES, QUOTE, UNREADABLE, Cursor, end_of_value, read_element
from gvrc.reading.dump import is_dump, read_table
from gvrc.reading.elements import ListReader, blocks_of_lines, is_lines
from gvrc.reading.fixture import is_fixture, join_fixture
from gvrc.reading.repeated_codes import repeated_codes
from gvrc.reading.tables import (
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
from gvrc.reading.walked import Walked, is_next_link, shown_kind
from gvrc.rejects import HEADER_KEY
from gvrc.shapes import (
    branches_of,
    facility_in_parts,
    has_evidence,
    has_facilities_inside,
    have_branches,
    is_of_many_kinds,
    json_api_type,
    looks_like_facility,
    other_kind,
    says_only_contacts,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvrc.meaning.meanings import Keys
    from gvrc.reading.elements import Elements
    from gvrc.reading.links import Links

SAMPLE: Final = 200  # records looked at to tell what a list holds: the first few of them that have a name
FEW_NAMED: Final = 5
MAX_DEPTH: Final = 40


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
                yield from self._lines() if is_lines(cursor) else self._object((), {})
            else:
                raise SourceFileError(_not_json(cursor))

    # ---- objects

    def _object(self, path: tuple[str, ...], parents: dict[str, str]) -> Iterator[Elements]:
        value, end = self.cursor.small_object()
        if self.pinned is None and (columns := self._columns_at_hand(value, path)):
            self.cursor.at += columns[1]
            yield from self._sorted(iter([list(map(msgspec.json.encode, columns[0]))]), path, parents)
        elif value is not None and self._is_record(value, path):
            record = self.cursor.text[self.cursor.at : end].rstrip()
            self.cursor.at = end
            self.walked.add(path, 1)
            yield self._told([record], [value], path, with_own_key(path, parents))
            yield from self._branches([value], path, parents)
        elif value is not None and not any(isinstance(inner, (dict, list)) for inner in value.values()):
            if path:
                self.walked.look_at(path, [value])
            self.walked.note_facts(value)
            if path and not all(map(is_absent, value.values())):  # {"next": {"href": "..?page=2"}}
                self.walked.note_fact(path[-1], "a link")
            self.cursor.at = end
        elif value is not None and self._passes_persons(_keyed(value), list(value.values()), path, parents):
            self.cursor.at = end
        elif value is not None and self.pinned is None and (parted := facility_in_parts(value, path, self.keys)):
            self.cursor.at = end
            self.walked.add((*path, parted.key), 1)
            yield self._told([msgspec.json.encode(parted.record)], [parted.record], path, parents)
        else:
            around = self.cursor.plain_members() if value is None else value
            is_large = value is None and not around
            yield from self._members(path, parents | own_places(around, self.keys, path), value, is_large=is_large)

    def _columns_at_hand(
        self, value: dict[str, Any] | None, path: tuple[str, ...]
    ) -> tuple[list[dict[str, Any]], int] | None:
        """Give the records of a table that is written column by column, and its length: a column has all of them."""
        cursor = self.cursor
        if value is None and (path or not FIRST_COLUMN.match(cursor.text, cursor.at)):
            return None
        while value is None and not cursor.ended and cursor.left <= MAX_VALUE_BYTES:
            cursor.fill()
        end = end_of_value(memoryview(cursor.text)[cursor.at :]) if value is None else None
        if end is not None:
            value = ANY.decode(memoryview(cursor.text)[cursor.at : cursor.at + end])
        records = records_of_columns(value, self.keys) if value else []
        if not records:
            return None
        return records, end or end_of_value(memoryview(cursor.text)[cursor.at :]) or 0

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

    def _members(
        self, path: tuple[str, ...], parents: dict[str, str], whole: dict[str, Any] | None, *, is_large: bool
    ) -> Iterator[Elements]:
        cursor = self.cursor
        before = self._records_found() if is_large else 0
        if len(path) > MAX_DEPTH:
            raise SourceFileError(f"is nested deeper than {MAX_DEPTH} levels at byte {cursor.offset:,}. Mend it.")
        above = () if path == self.element else path
        parents = parents | projection_in(whole or {})
        self.columns = next(self._columns_in(whole or {}), self.columns)
        cursor.at += 1
        while (char := cursor.peek()) != b"}":
            if char == b",":
                cursor.at += 1
                continue
            key = cursor.read_key()
            inner = (*path, key)
            parents = parents | self._projection_at_hand(key)
            if (char := cursor.peek()) == b"[":
                yield from self._array(inner, with_key(parents, key, above))
            elif char == b"{" and not self._passes_sender(key, whole):
                yield from self._object(inner, with_key(parents, key, above))
            elif char != b"{":
                places = self._places_said(key)
                county = {place: name for place, name in places.items() if place == PARENT_COUNTY}
                if is_large and places and not (county and self._records_found() == before):
                    self.walked.not_inherited[key] = None
                parents = county | parents
        cursor.at += 1

    def _places_said(self, key: str) -> dict[str, str]:
        """Read a member that is no object or list; give the place that it names."""
        is_text = self.cursor.peek() == QUOTE
        scalar = self.cursor.read_scalar()
        self.walked.note_fact(key, scalar)
        return own_places({key: _unescaped(scalar)}, self.keys, ()) if is_text else {}

    def _columns_in(self, whole: dict[str, Any]) -> Iterator[list[str]]:
        """Give the headings of a table that an object has beside its rows, be it after them."""
        for key, inner in whole.items():
            if isinstance(inner, list) and is_list_of_columns(key) and (columns := columns_in(inner, self.keys)):
                yield columns

    def _projection_at_hand(self, key: str) -> dict[str, str]:
        """Give the map projection that a member of a large object says that its coordinates are of."""
        if normal_key(key) not in PROJECTIONS or self.cursor.peek() != b"{":
            return {}
        return projection_in({key: self.cursor.small_object()[0]})

    def _passes_sender(self, key: str, whole: dict[str, Any] | None) -> bool:
        """Pass over who sends the facilities: ``{"institution": {"name": .., "phone": ..}, "facilities": [..]}``."""
        if self.pinned is not None or not may_be_sender(key):
            return False
        value, end = self.cursor.small_object()
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

    # ---- arrays

    def _array(self, path: tuple[str, ...], parents: dict[str, str]) -> Iterator[Elements]:
        self.cursor.at += 1
        yield from self._sorted(ListReader(self.cursor).read(), path, parents)

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
                yield self._with_links(elements, parents) if refers else with_parents(elements, parents)
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
            for _ in parts:
                pass  # to the end of the list
            return parts, []
        if self._is_wanted(path) is not False and may_be_row(values[0]):
            return self._rows(parts, path)
        return parts, values

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
        return with_parents(elements, parents)

    def _refers(self, values: list[object], path: tuple[str, ...], parents: dict[str, str]) -> bool:
        return self.links is not None and self.links.are_needed(values, self.keys, path, parents)

    def _with_links(self, elements: Elements, parents: dict[str, str]) -> Elements:
        """Put into each record what it refers to, besides what stands around all of them."""
        if self.links is None:
            return with_parents(elements, parents)
        told = [self.links.told_of(element, self.keys, parents) for element in elements]
        return [with_parents([element], said)[0] for element, said in zip(elements, told, strict=True)]

    def _branches(
        self, records: Iterable[object], path: tuple[str, ...], parents: dict[str, str]
    ) -> Iterator[Elements]:
        """Give the branches of organisations after them: of what is around these, only what it says of the kind."""
        around = {key: said for key, said in parents.items() if key in (PARENT_GROUP, PARENT_CLOSED)}
        found = [branch for record in records if _is_first(record) for branch in branches_of(record, self.keys)]
        if self.pinned is None and found:
            for key, _ in found:
                self.walked.add((*path, key), 1)
            yield with_parents([msgspec.json.encode(branch) for _, branch in found], around)

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
            self.walked.has_next_page |= any(map(is_next_link, values))
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

    # ---- lines

    def _lines(self) -> Iterator[Elements]:
        yield from self._sorted(blocks_of_lines(self.cursor), (), {})

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
# A document that begins with a column of a table: {"Facility": {"0": "Lindi Clinic", or {"Facility": ["Lindi Clinic".
FIRST_COLUMN: Final = re.compile(rb'\{\s*"[^"\\]*+"\s*:\s*(?:\{\s*"\d+"\s*:\s*|\[\s*)[^\s{\[\]}]')


def _unescaped(text: str) -> str:
    """Give what a text says that was taken as it is written."""
    try:
        return str(LENIENT.decode(f'"{text}"'))
    except ValueError:
        return text


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
    if around and is_key_of_one(around[-1]):
        around = without_wrapping(around[:-1])
    return around != path and bool(around) and normal_key(around[-1]) in UNIT_LISTS - ONE_UNIT


def _keyed(value: dict[str, Any]) -> Iterator[Elements]:
    """Give what stands in an object, each under its own key, as the elements of a list, when they are asked for."""
    yield list(map(msgspec.json.encode, value.values()))


WEB_PAGE: Final = re.compile(r"<(?:!doctype|\?xml|html|kml|gml|osm|rss|feed)\b>?", re.IGNORECASE)


def _not_json(cursor: Cursor) -> str:
    start = cursor.text[cursor.at : cursor.at + 20].decode("utf-8", "replace")
    shown = tag[0] if (tag := WEB_PAGE.match(start)) else mask_letters(start)  # of a CSV file it may be a name
    return f"is not JSON: byte {cursor.offset:,} begins with {shown!r}. Give a file of objects or a list."
