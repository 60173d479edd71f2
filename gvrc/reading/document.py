"""Where the records are in a document: chunks of text -> records, many at a time, each as the bytes that it came as.

A document is walked, not loaded: ``cursor.py`` is the place in it, ``elements.py`` splits its lists, ``table_rows.py``
makes records of rows, ``evidence.py`` says whether what was met is a record. What is said around records goes down the
walk with it (``around.py``), what is not about facilities is passed over (``passed_over.py``), and what else the walk
meets is noted for the report (``walked.py``).
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gvrc.errors import SourceFileError
from gvrc.meaning.list_names import may_be_sender
from gvrc.meaning.other_kinds import is_of_many_kinds, other_kind
from gvrc.meaning.paths import PARENT_CLOSED, PARENT_COUNTY, PARENT_GROUP, is_absent, normal_key
from gvrc.meaning.persons import is_address_card
from gvrc.meaning.shown_keys import shown_path
from gvrc.reading.amendments import amended_records, are_amendments
from gvrc.reading.around import (
    PROJECTIONS,
    around_list,
    own_places,
    point_of_feature,
    projection_in,
    with_key,
    with_own_key,
    with_parents,
)
from gvrc.reading.branches import branches_of, facility_in_parts, have_branches
from gvrc.reading.coded import (
    DEFINITION,
    SCHEMA,
    SET_OF_RECORDS,
    Schema,
    are_coded,
    schema_beside,
    schema_in,
    with_labels,
)
from gvrc.reading.cursor import LENIENT, MAX_DEPTH, QUOTE, Cursor, read_element
from gvrc.reading.dump import is_dump, read_table
from gvrc.reading.elements import ListReader, blocks_of_lines, is_lines
from gvrc.reading.evidence import are_records, is_record
from gvrc.reading.fixture import is_fixture, join_fixture
from gvrc.reading.item_lists import are_listings, listed_items
from gvrc.reading.labelled import pairs_in, with_labels_as_keys
from gvrc.reading.named_by_key import records_by_name
from gvrc.reading.no_document import not_json, only_a_value
from gvrc.reading.passed_over import are_listed_persons, is_path_passed_over, is_sender
from gvrc.reading.repeated_codes import repeated_codes
from gvrc.reading.service_lists import are_services_at_places, places_of_services
from gvrc.reading.shared_points import shared_points
from gvrc.reading.table_rows import column_table, columns_beside, has_rows, rows_as_records
from gvrc.reading.tables import columns_in, is_list_of_columns, may_be_row
from gvrc.reading.typed_values import are_of_a_database, are_wrapped, plain_values
from gvrc.reading.walked import Walked, is_next_link, shown_kind
from gvrc.rejects import HEADER_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvrc.meaning.meanings import Keys
    from gvrc.reading.elements import Elements
    from gvrc.reading.links import Links

SHARDS: Final = "_shards"  # Elasticsearch's count of its own parts; {"total": {"value": 12}} is that of its records
SAMPLE: Final = 200  # records looked at to find out what a list holds: the first few of them that have a name


def find_records(
    chunks: Iterator[bytes], keys: Keys, pinned: str | None, walked: Walked, links: Links
) -> Iterator[Elements]:
    """Walk a document and give its records, many at a time, each as the bytes that it came as.

    What a record takes from around it (the county under whose key it stands), and what it links to in another list, is
    put first in it. Raises CutOffError at the end of a document that ends too early, SourceFileError for one that is
    not JSON or holds no facilities.
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
        self, cursor: Cursor, keys: Keys, pinned: tuple[str, ...] | None, walked: Walked, links: Links
    ) -> None:
        self.cursor = cursor
        self.links = links
        self.keys = keys
        self.pinned = pinned
        self.walked = walked
        self.element: tuple[str, ...] | None = None  # the path of the list, while one of its elements is walked
        self.columns: list[str] | None = None  # the headings of a table, if they were met beside its rows
        self.schema: Schema = {}  # of a map service, if it was met beside its records

    def document(self) -> Iterator[Elements]:
        """Walk all of it and give its records.

        Raises:
            SourceFileError: it is not a document of records; or its lists are nested too deep to be walked, which since
                Python 3.12 the opener does not refuse.
        """
        try:
            yield from self._document()
        except RecursionError as error:
            raise SourceFileError(f"is nested too deeply at byte {self.cursor.offset:,}. Correct it.") from error

    def _document(self) -> Iterator[Elements]:
        cursor = self.cursor
        if not cursor.peek():
            raise cursor.failure or SourceFileError("is empty. Fetch it again.")
        while char := cursor.peek():
            if char == b"[":
                yield from self._array((), {})
            elif char != b"{":
                raise SourceFileError(only_a_value(cursor) or not_json(cursor))
            elif is_lines(cursor):
                yield from self._sorted(blocks_of_lines(cursor), (), {})
            else:
                yield from self._object((), {})

    # ---- objects

    def _object(self, path: tuple[str, ...], parents: dict[str, str]) -> Iterator[Elements]:
        value, end = self.cursor.small_object()
        if self.pinned is None and (table := column_table(self.cursor, value, path, self.keys)):
            self.cursor.at += table.length
            yield from self._sorted(iter([list(map(msgspec.json.encode, table.records))]), path, parents)
        elif value is None:
            around = self.cursor.plain_members()
            yield from self._members(path, parents | own_places(around, self.keys, path), None, is_large=not around)
        else:
            yield from self._small_object(value, end, path, parents)

    def _small_object(
        self, value: dict[str, Any], end: int, path: tuple[str, ...], parents: dict[str, str]
    ) -> Iterator[Elements]:
        """Give the records of an object that is looked at as a whole; else walk it member by member."""
        start = self.cursor.at
        self.cursor.at = end
        if self._is_record(value, path):
            yield self._record(value, self.cursor.text[start:end].rstrip(), path, with_own_key(path, parents))
            yield from self._branches([value], path, parents)
        elif not any(isinstance(inner, (dict, list)) for inner in value.values()):
            self._note_plain(value, path)
        elif self.pinned is None and (records := self._in_another_form(value, path, parents)) is not None:
            yield from records
        else:
            self.cursor.at = start
            around = parents | own_places(value, self.keys, path) | point_of_feature(value)
            yield from self._members(path, around, value)

    def _record(self, value: dict[str, Any], text: bytes, path: tuple[str, ...], parents: dict[str, str]) -> Elements:
        """Give one record, found under this path."""
        self.walked.add(path, 1)
        return self._told([text], parents, self._links_needed([value], path, parents), path)

    def _in_another_form(
        self, value: dict[str, Any], path: tuple[str, ...], parents: dict[str, str]
    ) -> list[Elements] | None:
        """Give the records of an object that is a list, or a record, in another form; none if it is of people."""
        if is_address_card(value):
            self.walked.passed_over["of people in an address book, with where they work"] += 1
            return []
        if self._passes_persons(_keyed(value), list(value.values()), path, parents):
            return []
        if named := records_by_name(value, path, self.keys):
            self.walked.add(path, len(named))
            self.walked.note_facts({key: said for key, said in value.items() if not isinstance(said, dict)})
            return [self._told(list(map(msgspec.json.encode, named)), parents, None, path)]
        if parted := facility_in_parts(value, path, self.keys):
            self.walked.add((*path, parted.key), 1)
            links = self._links_needed([parted.record], path, parents)
            return [self._told([msgspec.json.encode(parted.record)], parents, links, path)]
        return None

    def _is_record(self, value: dict[str, Any], path: tuple[str, ...]) -> bool:
        wanted = True if _is_reject(value, path) else self._is_wanted(path)
        return is_record(value, path, self.keys) if wanted is None else wanted

    def _note_plain(self, value: dict[str, Any], path: tuple[str, ...]) -> None:
        """Note what is said by an object that is no record and has none inside."""
        if path and path[-1] == SHARDS:
            return
        if path:
            self.walked.look_at(path, [value])
        self.walked.note_facts(value | ({path[-1]: value["value"]} if path and "value" in value else {}))
        if path and not all(map(is_absent, value.values())):  # {"next": {"href": "..?page=2"}}
            self.walked.note_fact(path[-1], "a link")

    def _members(
        self, path: tuple[str, ...], parents: dict[str, str], whole: dict[str, Any] | None, *, is_large: bool = False
    ) -> Iterator[Elements]:
        """Walk an object member by member; ``whole`` is the object, if it is small.

        Of a large one, what stands beside its records is met one by one: a place after the first record comes too late.
        """
        cursor = self.cursor
        if len(path) > MAX_DEPTH:
            raise SourceFileError(f"is nested deeper than {MAX_DEPTH} levels at byte {cursor.offset:,}. Correct it.")
        before = self._records_found() if is_large else None
        above = () if path == self.element else path
        parents = parents | projection_in(whole or {})
        headings, found = self.columns, 0 if whole else self._records_found()
        self.columns = columns_beside(whole or {}, self.keys) or headings
        around, self.schema = self.schema, self._schema_beside(whole or {}, path)
        for key in cursor.members():
            parents = parents | self._projection_at_hand(key)
            self.schema = self._schema_at_hand(key) or self.schema
            if (char := cursor.peek()) == b"[":
                yield from self._array((*path, key), with_key(around_list(parents), key, above))
            elif char != b"{":
                parents = self._county_said(key, before) | parents
            elif not self._passes_sender(key, whole):
                yield from self._object((*path, key), with_key(parents, key, above))
        self.schema = around
        if has_rows(whole) if whole else self._records_found() > found:
            self.columns = headings  # those that were met here are of these rows

    def _schema_beside(self, whole: dict[str, Any], path: tuple[str, ...]) -> Schema:
        """Give the schema of a map service that stands beside records, or around them in a layer of a web map."""
        return schema_beside(whole) or (self.schema if path[-1:] == (SET_OF_RECORDS,) else {})

    def _schema_at_hand(self, key: str) -> Schema:
        """Give the schema that a member of a large object holds for the records beside it."""
        if key != DEFINITION or self.cursor.peek() != b"{":
            return {}
        return schema_beside({key: self.cursor.small_object()[0]})

    def _county_said(self, key: str, before: int | None) -> dict[str, str]:
        """Read a member that is no object or list; give the county that it names.

        ``before`` is how many records had been found before a large object: any found since inherit nothing of what it
        says. A place below a county is never inherited.
        """
        is_text = self.cursor.peek() == QUOTE
        scalar = self.cursor.read_scalar()
        self.walked.note_fact(key, scalar)
        places = own_places({key: _unescaped(scalar)}, self.keys, ()) if is_text else {}
        county = {place: name for place, name in places.items() if place == PARENT_COUNTY}
        if before is not None and places and not (county and self._records_found() == before):
            self.walked.not_inherited[key] = None
        return county

    def _projection_at_hand(self, key: str) -> dict[str, str]:
        """Give the map projection that a member of a large object names for its coordinates."""
        if normal_key(key) not in PROJECTIONS or self.cursor.peek() != b"{":
            return {}
        return projection_in({key: self.cursor.small_object()[0]})

    def _passes_sender(self, key: str, whole: dict[str, Any] | None) -> bool:
        """Pass over who sends the facilities."""
        if self.pinned is not None or not may_be_sender(key):
            return False
        value, end = self.cursor.small_object()
        if value is None or not is_sender(value, key, whole, self.keys):
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
        """Give the records of a list: its elements, those inside its elements, or none.

        First its form, because all that follows looks at records under their keys; then what a list of facilities might
        be taken for; then whether it is one.
        """
        if self.links.are_joined(path):
            for _ in parts:
                pass  # to the end of the list
            return
        parts, values = self._in_usual_form(*_sampled(parts), path)
        if not values or self._passes_persons(parts, values, path, parents):
            return
        if self.pinned is None and is_dump(values[0]):
            yield from self._tables(parts)
            return
        if self.pinned is None and is_fixture(values[0]):
            parts, holds_records = join_fixture(parts, self.walked.passed_over), True
        else:
            holds_records = self._holds_records(values, path, parents)
        if any(map(is_of_many_kinds, values)):
            parts = map(self._without_others, parts)
        yield from (self._records if holds_records else self._elements)(parts, values, path, parents)

    def _in_usual_form(
        self, parts: Iterator[Elements], values: list[object], path: tuple[str, ...]
    ) -> tuple[Iterator[Elements], list[object]]:
        """Give a list and its first values with each record under its keys; no values if it is not of records."""
        if not values:
            self.walked.look_at(path, [])
        elif path and is_list_of_columns(path[-1]) and self._take_columns(values, path[-1]):
            for _ in parts:
                pass  # to the end of the list
            return parts, []
        elif self._is_wanted(path) is not False and may_be_row(values[0]):
            return self._rows(parts, path)
        elif rewritten := self._rewritten(parts, values, path):
            return _sampled(rewritten)
        return parts, values

    def _take_columns(self, values: list[object], key: str) -> bool:
        """Keep the columns that a list has of what stands beside it; say whether it has any."""
        columns = columns_in(values, self.keys)
        schema = schema_in(values) if key == SCHEMA else {}
        self.columns, self.schema = columns or self.columns, schema or self.schema
        return bool(columns or schema)

    def _rewritten(
        self, parts: Iterator[Elements], values: list[object], path: tuple[str, ...]
    ) -> Iterator[Elements] | None:
        """Give records in the form of all others, if they come as pairs, in wrapped values or inside of others.

        Those of a pinned path get other keys at most: they are where it says, not inside of what stands there.
        """
        if self._is_wanted(path) is not False and (pairs := pairs_in(values, self.keys)):
            return with_labels_as_keys(parts, pairs, self.keys)
        if self.schema and are_coded(values, self.schema, self.keys):
            return with_labels(parts, self.schema, self.keys)
        return self._taken_out(parts, values) if self.pinned is None else None

    def _taken_out(self, parts: Iterator[Elements], values: list[object]) -> Iterator[Elements] | None:
        """Give records out of what they stand in."""
        if are_wrapped(values, self.keys):
            return plain_values(parts)
        if are_services_at_places(values):
            return places_of_services(parts, self.walked)
        if are_listings(values):
            return listed_items(parts)
        return amended_records(parts) if are_amendments(values) else None

    def _rows(self, parts: Iterator[Elements], path: tuple[str, ...]) -> tuple[Iterator[Elements], list[object]]:
        """Give the rows of a table as records under its headings; rows without headings are given as they are."""
        rows, has_headings = rows_as_records(parts, self.columns, self.keys, self.walked)
        if has_headings:
            self.columns = None
        rows, values = _sampled(rows)
        if not values:
            self.walked.look_at(path, [])
        return rows, values

    def _records(
        self, parts: Iterator[Elements], values: list[object], path: tuple[str, ...], parents: dict[str, str]
    ) -> Iterator[Elements]:
        """Give the elements of a list, with what is around them and their branches; ``values`` are the first few."""
        has_branches = have_branches(values, self.keys)
        links = self._links_needed(values, path, parents)
        for elements in self._without_what_is_nobodys(parts, values):
            self.walked.add(path, len(elements))
            yield self._told(elements, parents, links, path)
            if has_branches:
                yield from self._branches(map(read_element, elements), path, parents)

    def _without_what_is_nobodys(self, parts: Iterator[Elements], values: list[object]) -> Iterator[Elements]:
        """Give a list of records, after looking at the first ones for codes and points that are no facility's own."""
        first: Elements = next(filter(None, parts), [])
        self.walked.no_codes |= dict.fromkeys(repeated_codes(values, self.keys))
        self.walked.no_points |= shared_points(first, values, self.keys)
        return chain([first], parts)

    def _elements(
        self, parts: Iterator[Elements], values: list[object], path: tuple[str, ...], parents: dict[str, str]
    ) -> Iterator[Elements]:
        """Walk to their end the elements of a list that are no records themselves; ``values`` are a few of them."""
        may_hold_records = any(isinstance(value, (dict, list)) for value in values)
        for elements in parts:
            for element in elements if may_hold_records else ():
                yield from self._counted(self._inside(bytes(element), path, parents))

    def _links_needed(self, values: list[object], path: tuple[str, ...], parents: dict[str, str]) -> Links | None:
        """Give the links of the file if its records need them; ``values`` are a few of the records."""
        return self.links if self.links.are_needed(values, self.keys, path, parents) else None

    def _told(
        self, elements: Elements, parents: dict[str, str], links: Links | None, path: tuple[str, ...]
    ) -> Elements:
        """Put into each record what stands around all of them, and what it refers to if it needs links."""
        if links is None:
            return with_parents(elements, parents)
        told = [links.told_of(element, self.keys, parents, path) for element in elements]
        return [with_parents([element], said)[0] for element, said in zip(elements, told, strict=True)]

    def _branches(
        self, records: Iterable[object], path: tuple[str, ...], parents: dict[str, str]
    ) -> Iterator[Elements]:
        """Give the branches of organisations after them: of what is around these, a branch takes only the kind."""
        around = {key: said for key, said in parents.items() if key in (PARENT_GROUP, PARENT_CLOSED)}
        found = [branch for record in records if _is_first(record) for branch in branches_of(record, self.keys)]
        if self.pinned is None and found:
            for key, _ in found:
                self.walked.add((*path, key), 1)
            yield with_parents([msgspec.json.encode(branch) for _, branch in found], around)

    def _tables(self, parts: Iterator[Elements]) -> Iterator[Elements]:
        """Walk the tables of a dump, each as what stands under its name."""
        for element in chain.from_iterable(parts):
            table = read_table(bytes(element))
            if table and table.may_hold_facilities:
                yield from self._inside(table.as_object(), (), {})
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
        wanted = True if any(_is_reject(value, path) for value in values) else self._is_wanted(path)
        if wanted is not None:
            return wanted
        if is_path_passed_over(path) and not are_of_a_database(values):
            self.walked.has_next_page |= any(map(is_next_link, values))
            return False
        if are_records(values, path, parents, self.keys):
            return True
        self.walked.look_at(path, values)
        return False

    def _passes_persons(
        self, parts: Iterator[Elements], values: list[object], path: tuple[str, ...], parents: dict[str, str]
    ) -> bool:
        """Pass over a list of people."""
        if self.pinned is not None or not are_listed_persons(values, path, parents, self.keys):
            return False
        self.walked.seen.setdefault("lists persons: names that tell no place", shown_path(path) if path else "it")
        for elements in parts:
            self.walked.passed_over["of a list of persons, with a place and a contact only"] += len(elements)
        return True

    # ---- what is pinned

    def _is_wanted(self, path: tuple[str, ...]) -> bool | None:
        """Say whether the pinned path ends here; None if nothing is pinned."""
        if self.pinned is None:
            return None
        return len(path) == len(self.pinned) and all(
            pin in ("*", key) for pin, key in zip(self.pinned, path, strict=True)
        )


def _unescaped(text: str) -> str:
    """Give what a text says that was taken as written."""
    try:
        return str(LENIENT.decode(f'"{text}"'))
    except ValueError:
        return text


def _sampled(parts: Iterator[Elements]) -> tuple[Iterator[Elements], list[object]]:
    """Give a list with its first values, which tell what it holds."""
    first: Elements = next(filter(None, parts), [])
    return chain([first], parts), [read_element(element) for element in first[:SAMPLE]]


def _is_reject(value: object, path: tuple[str, ...]) -> bool:
    """Say whether a value is a record that was refused before, whatever it is: it was one of a list of facilities."""
    return not path and isinstance(value, dict) and HEADER_KEY in value


def _is_first(record: object) -> bool:
    """Say whether a record comes for the first time: the branches of a reject were read then."""
    return isinstance(record, dict) and HEADER_KEY not in record


def _keyed(value: dict[str, Any]) -> Iterator[Elements]:
    """Give what an object holds, each under its own key, like the elements of a list, one at a time."""
    yield list(map(msgspec.json.encode, value.values()))
