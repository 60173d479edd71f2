"""Records as Python objects -> the fields of ``columns.EXTRACTED`` as text, by the meaning of their keys.

It works by columns: the values that one key has in a batch, with their types in one set. A key offers its values to
the fields that it may stand for. A value that cannot be meant (a UUID for a county) is left out, and the first key
with a value wins. A value that lost and says something else is an issue; what fits no field is counted under its key.
So every leaf is in a field, in an issue, or in the count of unmapped keys.
"""

from __future__ import annotations

from itertools import chain, repeat
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from gvrc.columns import ISSUE_PREFIX
from gvrc.lazy import lazy_pattern
from gvrc.masking import HIDDEN
from gvrc.meaning.accounts import MAY_BE_ACCOUNTS, is_of_account
from gvrc.meaning.key_paths import LINKS, PLACE_FIELDS, is_of_unit, without_marks
from gvrc.meaning.other_kinds import is_uid, is_unit_of_hierarchy
from gvrc.meaning.paths import (
    MAX_DEPTH,
    PARENT_PLACE,
    KeyPath,
    is_answer,
    is_property,
    is_wrapper,
    normal_key,
    says_one_value,
    text_of_property,
)
from gvrc.meaning.titles import is_title, names_a_place, text_of_title
from gvrc.reading.addresses import ADDRESSES, part_address
from gvrc.reading.alike import Column, Columns, IdLists
from gvrc.reading.angle_parts import DEGREES, part_of_angle
from gvrc.reading.beside_contacts import Beside, beside_contacts, is_beside, rows_taken_out, with_said
from gvrc.reading.filled_in import keys_of_respondent
from gvrc.reading.fitting import HOURS, LIST_FIELDS, DistinctTexts, is_list_of_names, is_pair
from gvrc.reading.flattened import lists_flattened, with_lists
from gvrc.reading.identifiers import IDENTIFIERS, LICENCE_KEY, REGISTRY_KEY, column_of, numbers_in
from gvrc.reading.json_texts import Texts, Values, dotted, json_texts_of, texts_of
from gvrc.reading.left_over import LeftOver
from gvrc.reading.offers import BEFORE_ALL, ELSEWHERE, Offers
from gvrc.reading.single_keys import (
    ADDRESS_AS_TEXT,
    BOXES,
    DESKS,
    TAGS_OF_USE,
    TELLS_HOURS,
    are_hours,
    as_box,
    as_hours,
    as_linked,
    decode_address,
    is_end_of_element,
    is_gender_desk,
    is_vacant,
    labels_of_desk,
    past_word,
)
from gvrc.reading.ticked import ticked_in
from gvrc.reading.units import ABOVE, are_all_units, are_units_with_levels, units_above, units_in
from gvrc.reading.withheld import withheld_in
from gvrc.rejects import HEADER_KEY
from gvrc.values.geometry import is_geometry
from gvrc.values.pairs import side_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvrc.extract import FileReading
    from gvrc.meaning.key_table import Meaning
    from gvrc.meaning.meanings import Keys
    from gvrc.reading.records import Records

EXTRACT_ISSUES: Final = tuple(
    f"{ISSUE_PREFIX}{kind}"
    for kind in (
        *("coordinates_shared", "duplicate_key", "invalid_text", "location_withheld"),
        *("number_out_of_range", "value_not_used"),
    )
)
REJECT_HEADER: Final = (HEADER_KEY,)  # an object is ours, and read by gvrc/rejects.py: no key of a source
LEVEL: Final = "level"
ITEMS_OPENED: Final = 5  # items of a list that are looked into for the value of a field
NUMBERS: Final = frozenset(("number", "numbers", "line", "lines"))
HOTLINE: Final = lazy_pattern(r"(?i)hot[\s_-]?line|help[\s_-]?line|toll[\s_-]?free")
WIDE: Final = 200_000  # cells of a batch; if its records share few keys, only known keys then become columns


def fields_of(records: Records, keys: Keys, reading: FileReading) -> dict[str, pl.Series]:
    """Give the fields and issues of a batch as text columns; count types and unmapped keys in ``reading``."""
    sorting = _Sorting(keys, reading, len(records.texts))
    offers = sorting.offers
    sorting.take(records)
    sorting.take_out_contacts()
    offers.complete()
    sorting.take_numbers_of_hotlines()
    found = offers.choose()
    lost = {row: "; ".join(told) for row, told in offers.lost.items()}
    issues = {**records.issues, "location_withheld": offers.withheld, "value_not_used": lost}
    for kind, rows in issues.items():
        if rows:
            found[f"{ISSUE_PREFIX}{kind}"] = [rows.get(row) for row in range(offers.rows)]
    return {name: pl.Series(texts, dtype=pl.String) for name, texts in found.items()}


class _Sorting:
    """Sorts the values of a batch by the fields that they are offered to, and counts what is left over."""

    def __init__(self, keys: Keys, reading: FileReading, rows: int) -> None:
        self.keys = keys
        self.left_over = LeftOver(reading)
        self.offers = Offers(keys, self.left_over, rows)
        self.numbers: list[tuple[KeyPath, Values]] = []  # of hotlines, or of anything
        self.beside: list[Beside] = []  # what keys of their own say of contacts
        self.is_hierarchy = False  # if so, "level" is not that of a hospital

    def take(self, records: Records) -> None:
        """Take records apart."""
        if records.columns is None:
            self.is_hierarchy = any(
                _is_of_hierarchy(row.get(LEVEL), row.get("path"), row.get("id")) for row in records.values
            )
            self.take_apart(records.values, ())
        elif lists_flattened(records.columns, self.keys):
            rows = zip(*(column.values for column in records.columns.values()), strict=True)
            self.take_apart([dict(zip(records.columns, row, strict=True)) for row in rows], ())
        else:
            self.take_columns(records.columns)

    def _unflattened(self, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Put together the lists whose items stand in keys of their own."""
        lists = lists_flattened(set[str]().union(*records), self.keys)
        return [with_lists(record, lists) for record in records] if lists else records

    def take_columns(self, columns: Columns) -> None:
        """Take the columns of records that all have the same keys."""
        if LEVEL in columns:
            paths, ids = (columns[key].values if key in columns else repeat(None) for key in ("path", "id"))
            self.is_hierarchy = any(map(_is_of_hierarchy, columns[LEVEL].values, paths, ids))
        not_meant = self._not_meant(list(columns))
        for key, column in columns.items():
            if isinstance(column, IdLists):
                self._id_lists((key,), column)
            elif key in not_meant:
                self._leave((key,), column.values)
            else:
                self._column((key,), column)

    def take_apart(self, records: list[dict[str, Any]], path: KeyPath) -> None:
        """Split objects by key; every column has one value per record of the batch."""
        records = self._unflattened(records) if all(map(is_wrapper, map(str, path))) else records
        keys = list(records[0])
        if len(keys) > 1 and set(map(len, records)) == {len(keys)}:
            try:
                columns: Iterable[Any] = zip(*map(itemgetter(*keys), records), strict=True)
                return self._columns(keys, columns, path)
            except KeyError:
                pass  # as many keys, but other ones
        keys = self._known_keys(records, path)
        return self._columns(keys, ([record.get(key) for record in records] for key in keys), path)

    def _not_meant(self, keys: list[str]) -> set[str]:
        """Name those of the keys of records that do not mean here what they mean elsewhere."""
        return keys_of_respondent(keys) | ({LEVEL} if self.is_hierarchy else set())

    def _leave(self, path: KeyPath, values: Values) -> None:
        """Count values that do not mean here what they mean elsewhere; those of who filled a form in are not shown."""
        shown = values if path[-1] == LEVEL else [None if value is None else HIDDEN for value in values]
        self.left_over.count_values(path, shown)

    def _columns(self, keys: list[str], columns: Iterable[Any], path: KeyPath) -> None:
        not_meant = self._not_meant(keys) if all(map(is_wrapper, map(str, path))) else set()
        for key, values in zip(keys, columns, strict=True):
            if key in not_meant:
                self._leave((*path, key), values)
            else:
                self._column((*path, key), Column(values))

    def _known_keys(self, records: list[dict[str, Any]], path: KeyPath) -> list[str]:
        """Keep only known keys as columns if most cells would be empty, or a file of odd keys would take for ever."""
        keys = list(dict.fromkeys(chain.from_iterable(records)))
        if len(keys) * len(records) < WIDE + 4 * sum(map(len, records)):
            return keys
        known = {key for key in keys if self._is_known((*path, key), key)}
        for record in records:
            self.left_over.count_leaves(path, {key: value for key, value in record.items() if key not in known})
        return [key for key in keys if key in known]

    def _is_known(self, path: KeyPath, key: str) -> bool:
        """Say whether a value under this key may come to anything."""
        is_ours = path == REJECT_HEADER
        is_beside = past_word(key) or side_of((key,)) or part_of_angle((key,)) or beside_contacts(path, [], self.keys)
        return bool(is_ours or self.keys.meanings(path) or self.keys.opens(path) or is_beside)

    def _column(self, path: KeyPath, column: Column) -> None:
        """Take the values of one key, whatever they are.

        First what they say, out of what it stands in; then what is taken for itself; then whether they may be told.
        """
        word = normal_key(str(path[-1]))
        column = self._in_usual_form(path, word, column)
        if not column.types.isdisjoint((dict, list)):
            if word in ADDRESSES:
                column = Column([self._here(path, value) for value in column.values])
            if word in IDENTIFIERS:
                column = Column(self._take_numbers(path, column.values))
        if withheld := withheld_in(path, column.values):
            self.offers.withheld |= withheld.rows
            column = Column(withheld.others)
        if not column.types or (path == REJECT_HEADER and column.types == {dict}):
            return
        self.left_over.note_types(path, column.types)
        if word in TELLS_HOURS:
            self.offers.with_hours.update(row for row, value in enumerate(column.values) if are_hours(value))
        if not column.types.isdisjoint((dict, list)) or not self._put_apart(path, column):
            self._by_meaning(path, column)

    def _in_usual_form(self, path: KeyPath, word: str, column: Column) -> Column:
        """Give values out of answers and properties, an address out of its text, names out of links."""
        if dict in column.types and any(map(says_one_value, column.values)):
            column = Column([self._answer(path, value) for value in column.values])
        if str in column.types and word == ADDRESS_AS_TEXT:
            column = Column(list(map(decode_address, column.values)))
        if list in column.types and word in LINKS:
            column = Column(list(map(as_linked, column.values)))
        return column

    def _put_apart(self, path: KeyPath, column: Column) -> bool:
        """Put apart what says more of the value of another key; say whether it was such a column."""
        if self._is_minor_part(path):
            self.offers.minor_parts.append((path, texts_of(column.values, column.types)))
        elif beside := beside_contacts(_unmarked(path), column.values, self.keys):
            self.beside.append(beside)
        else:
            return False
        return True

    def _by_meaning(self, path: KeyPath, column: Column) -> None:
        """Take the values of one key for what the key means."""
        if str in column.types and path[-1] in TAGS_OF_USE:
            column = Column(self._in_use(path, column.values))
        meanings = self.keys.meanings(path)
        if any(meaning.field == "contacts" for meaning in meanings):
            self.offers.contacts.append((meanings[0].rank, dotted(_unmarked(path)), column.values))
        elif meanings or not self._put_beside(path, column.values, column.types):
            self._values(path, column.values, column.types)

    def _in_use(self, path: KeyPath, values: Values) -> Values:
        """Note which places are in use by a tag of theirs, and which are vacant; give the values of the others."""
        vacant = [value if is_vacant(value) else None for value in values]
        others: Values = [None if is_vacant(value) else value for value in values]
        self.offers.in_use.append((path, [value if isinstance(value, str) else None for value in others]))
        if any(vacant):
            self.offers.past.append(("closed", path, vacant))
        return others

    def _is_minor_part(self, path: KeyPath) -> bool:
        """Say whether a key tells the minutes or seconds of an angle, unless its source has pinned it."""
        part = part_of_angle(path)
        return part is not None and part.unit != DEGREES and not self.keys.pins(part.axis)

    def _put_beside(self, path: KeyPath, values: Values, types: set[type]) -> bool:
        """Put aside what only means something together with other keys; say whether it was such a value."""
        if types.isdisjoint((dict, list)) and (word := past_word(str(path[-1]))):
            self.offers.past.append((word, path, texts_of(values, types)))
        elif is_end_of_element(path):
            self.offers.add("is_closed", BEFORE_ALL, path, texts_of(values, types))
        elif is_title(path) and any(map(names_a_place, map(text_of_title, values))):
            self.offers.titles.append((path, list(map(text_of_title, values))))
        elif types == {str} and (axis := side_of(path)):
            self.offers.sides.append((axis, path, values))
        elif len(path) == 1 and normal_key(str(path[0])) in NUMBERS:
            self.numbers.append((path, values))
        elif types.isdisjoint((dict, list)) and (column := ticked_in(path, values, self.keys)):
            self.offers.ticked.append(column)
            self.left_over.count_values(path, column.others)
        else:
            return False
        return True

    def _here(self, path: KeyPath, value: object) -> object:
        """Give what an address says of where a facility is; a former one, a post office's county, are counted."""
        here, left_over = part_address(value, lambda key: self._is_of_place((*path, key)))
        for left in left_over:
            self.left_over.count_leaves(path, left)
        return here

    def _take_numbers(self, path: KeyPath, values: Values) -> Values:
        """Take the numbers that say who gave them: the registry's before any other; give what else is there."""
        if self.keys.pins("facility_code") or not all(is_wrapper(str(key)) for key in path[:-1]):
            return values
        parted = [numbers_in(value) for value in values]
        numbers, of_number = [row.numbers for row in parted], (*path, "value")
        self._offer(of_number, column_of(numbers, REGISTRY_KEY), self.keys.meanings(REGISTRY_KEY))
        self._offer(of_number, column_of(numbers, LICENCE_KEY), self.keys.meanings(LICENCE_KEY))
        for place in range(ITEMS_OPENED):
            self._offer(of_number, column_of(numbers, None, place), self.keys.meanings((*path, "value")))
        for number in chain.from_iterable(numbers):
            self.left_over.count_leaves(path, number.left_over)
        return [row.others for row in parted]

    def _is_of_place(self, path: KeyPath) -> bool:
        return not self.keys.ranks(path).keys().isdisjoint(PLACE_FIELDS - {"address"})

    def _answer(self, path: KeyPath, value: object) -> object:
        """Give the answer in a flow, or the value of a property; what else is said of it is counted."""
        if is_property(value):
            said = text_of_property(value)
            if said is None:
                self.left_over.count_values((*path, value["type"]), [value[value["type"]]])
            return said
        if not is_answer(value):
            return value
        self.left_over.count_leaves(path, {key: inner for key, inner in value.items() if key != "value"})
        return value["value"]

    def _values(self, path: KeyPath, values: Values, types: set[type]) -> None:
        meanings = self.keys.meanings(path)
        if dict in types:
            self._objects(path, values)
        if list in types:
            self._lists(path, values)
        if types <= {dict, list}:
            return
        if not types.isdisjoint((dict, list)):
            values = [None if type(value) in (dict, list) else value for value in values]
        if meanings:
            self._offer(path, texts_of(values, types))
        else:
            self.left_over.count_values(path, values)

    def _objects(self, path: KeyPath, values: Values) -> None:
        """Split the objects of a column, or keep them if an object is the value."""
        objects: Values = [value if type(value) is dict else None for value in values]
        if normal_key(str(path[-1])) in MAY_BE_ACCOUNTS and any(objects):
            objects = self._without_accounts(path, objects)
        if path[-1] in ABOVE and len(path) == 1:
            self._offer_units_above(path, objects)
        ranks = self.keys.ranks(path)
        if "geometry" in ranks or (any(map(is_geometry, objects)) and not is_of_unit(path)):
            objects = self._without_geometries(path, objects, ranks.get("geometry", ELSEWHERE))
        whole = next((field for field in LIST_FIELDS if field in ranks), None)
        if whole:
            self.offers.add(whole, ranks[whole], path, json_texts_of([value and [value] for value in objects]))
            self.left_over.count_beside_names(path, objects)
        elif len(path) < MAX_DEPTH and self.keys.opens(path):
            self.take_apart([value or {} for value in objects], path)
        else:
            for value in filter(None, objects):
                self.left_over.count_leaves(path, value)

    def _without_geometries(self, path: KeyPath, objects: Values, rank: int) -> Values:
        """Offer the geometries among objects; give the others."""
        shapes = [value if is_geometry(value) else None for value in objects]
        self.offers.add("geometry", rank, path, json_texts_of(shapes))
        return [None if is_geometry(value) else value for value in objects]

    def _without_accounts(self, path: KeyPath, objects: Values) -> Values:
        """Count what only says who keeps a record; a user's name is never shown, and is no owner."""
        are = [bool(value) and is_of_account(str(path[-1]), value) for value in objects]
        self.left_over.count_values(path, [value if is_so else None for value, is_so in zip(objects, are, strict=True)])
        return [None if is_so else value for value, is_so in zip(objects, are, strict=True)]

    def _offer_units_above(self, path: KeyPath, values: Values) -> None:
        """Offer the places of the units that a record stands under, for one that names none itself."""
        found = [units_above(value) for value in values]
        for field in sorted(set().union(*found)):
            self.offers.add(field, ELSEWHERE, path, [units.get(field) for units in found])

    def _without_units(self, path: KeyPath, lists: Values) -> Values:
        """Take places from lists that name them with their levels; give the others."""
        are = [bool(value) and are_units_with_levels(value) for value in lists]
        if not any(are) or not all(is_wrapper(str(key)) for key in path[:-1]):
            return lists
        self._offer_units_above(path, [value if is_so else None for value, is_so in zip(lists, are, strict=True)])
        return [None if is_so else value for value, is_so in zip(lists, are, strict=True)]

    def _id_lists(self, path: KeyPath, lists: IdLists) -> None:
        """Count lists of UUIDs as unmapped if nothing else could come of them."""
        ranks = self.keys.ranks(path)
        is_left_over = any(field in ranks for field in LIST_FIELDS) if ranks else not self.keys.opens(path)
        if "contacts" in ranks or not is_left_over:
            self._column(path, Column(lists.values))
        elif lists.types:
            self.left_over.note_types(path, lists.types)
            if lists.filled:
                self.left_over.count(path, lists.filled, lists.example)

    def _take_gender_desks(self, path: KeyPath, lists: Values) -> Values:
        """Take the gender desk, which survivors are to call, out of a station's desks; give the other items."""
        desks = [next(filter(is_gender_desk, value or ()), None) for value in lists]
        for desk in filter(None, desks):
            self.left_over.count_leaves(path, {key: desk[key] for key in labels_of_desk(desk)})
        told: Values = [desk and {key: desk[key] for key in desk if key not in labels_of_desk(desk)} for desk in desks]
        self._column((*path[:-1], "gender_desk"), Column(told))
        left = ([desk for desk in value or () if desk is not one] for value, one in zip(lists, desks, strict=True))
        return [others or None for others in left]

    def _lists(self, path: KeyPath, values: Values) -> None:
        """Keep the lists of a column if a list is the value, or else look into them."""
        lists: Values = [value if type(value) is list and value else None for value in values]
        if normal_key(str(path[-1])) in DESKS:
            lists = self._take_gender_desks(path, lists)
        if path[-1] not in ABOVE:
            lists = self._without_units(path, lists)
        elif len(path) == 1:
            self._offer_units_above(path, lists)
        ranks = self.keys.ranks(path)
        whole = next((field for field in (*LIST_FIELDS, "coordinates") if field in ranks), None)
        if whole:
            lists = self._offer_lists(path, lists, whole, ranks[whole])
        elif len(path) < MAX_DEPTH and (ranks or self.keys.opens(path)):
            lists = self._look_into(path, lists)
        self.left_over.count_values(path, lists)

    def _offer_lists(self, path: KeyPath, lists: Values, field: str, rank: int) -> Values:
        """Offer lists that are the value of a field; give back those that cannot be meant for it."""
        could_be = is_pair if field == "coordinates" else is_list_of_names
        left = [value for value in lists if value and not could_be(value)]
        kept = lists if not left else [value if value and could_be(value) else None for value in lists]
        self.offers.add(field, rank, path, json_texts_of(kept))
        if field in LIST_FIELDS:
            with_objects = [value for value in kept if value and dict in set(map(type, value))]
            self.left_over.count_beside_names(path, with_objects)
        return left

    def _look_into(self, path: KeyPath, lists: Values) -> Values:
        """Read the first items of lists as columns; give the other items."""
        for place in range(ITEMS_OPENED):
            items = [value[place] if value and len(value) > place else None for value in lists]
            self._column((*path, place), Column(items))
        return [(value and value[ITEMS_OPENED:]) or None for value in lists]

    def _offer(self, path: KeyPath, texts: Texts, meanings: Iterable[Meaning] | None = None) -> None:
        """Offer a column to the fields that its key may stand for; values that fit none are unmapped."""
        distinct = DistinctTexts(texts)
        if not distinct.texts:
            return
        says_nothing = distinct.saying_nothing()
        left = distinct.texts
        for field, rank in self.keys.meanings(path) if meanings is None else meanings:
            unfit = says_nothing | distinct.unfit(field, path)
            if field != "place_hint" or path == (PARENT_PLACE,):  # a hint is not used: it counts as left over
                left = left & unfit
            else:
                left = left - self._offer_units(path, texts, distinct.texts)
            if unfit != distinct.texts:
                kept = [None if text in unfit else text for text in texts] if unfit else texts
                self.offers.add(field, rank, path, _as_meant(field, path, kept))
        if left := left - says_nothing:
            is_whole = len(left) == len(distinct.texts)
            self.left_over.count_values(path, texts if is_whole else [text if text in left else None for text in texts])

    def _offer_units(self, path: KeyPath, texts: Texts, distinct: set[str]) -> set[str]:
        """Offer places that texts name with their level (``Lindi Ward, Siaya County``); give those that do no more."""
        named = {text: found for text in distinct if (found := units_in(text))}
        for field in sorted(set().union(*named.values())):
            self.offers.add(field, ELSEWHERE, path, [text and named.get(text, {}).get(field) for text in texts])
        return set(filter(are_all_units, named))

    def take_numbers_of_hotlines(self) -> None:
        """Take the ``number`` of a hotline as the one to call; what else a ``number`` counts, nobody knows."""
        if not self.numbers:
            return
        said = [*self.offers.by_field.get("facility_type", []), *self.offers.by_field.get("facility_name", [])]
        is_line = [any(HOTLINE.search(offer.texts[row] or "") for offer in said) for row in range(self.offers.rows)]
        for path, values in self.numbers:
            lines = [value if is_so else None for value, is_so in zip(values, is_line, strict=True)]
            self.offers.contacts.append((ELSEWHERE, dotted(path), lines))
            left = Column([None if is_so else value for value, is_so in zip(values, is_line, strict=True)])
            if left.types:
                self._values(path, left.values, left.types)

    def take_out_contacts(self) -> None:
        """Tell the contacts what keys beside them say of them; what is said of no contact is read as any other key."""
        for beside in self.beside:
            told = [place for place, (_, key, _) in enumerate(self.offers.contacts) if is_beside(beside, key)]
            if not told:
                self._by_meaning(beside.path, Column(beside.values))
                continue
            rows = rows_taken_out(beside, [self.offers.contacts[place][2] for place in told])
            for place in told if rows else ():
                rank, key, contacts = self.offers.contacts[place]
                self.offers.contacts[place] = (rank, key, with_said(contacts, beside.said, rows))
            left = [None if row in rows else value for row, value in enumerate(beside.values)]
            self.left_over.count_values(beside.path, left)


def _is_of_hierarchy(level: object, path: object, known: object) -> bool:
    """Say whether a level is that of a unit of DHIS2, which need not give its path: then its id shows it."""
    return is_unit_of_hierarchy(level, path) or (type(level) is int and is_uid(known))


def _as_meant(field: str, path: KeyPath, texts: Texts) -> Texts:
    """Give texts as the field has them: the number of a box as an address, a text as a list."""
    if field in LIST_FIELDS:
        return json_texts_of(texts)
    word = normal_key(str(path[-1]))
    if field == "address" and word in BOXES:
        return list(map(as_box, texts))
    return list(map(as_hours, texts)) if field == "is_closed" and word in HOURS else texts


def _unmarked(path: KeyPath) -> KeyPath:
    return tuple(without_marks(key) if isinstance(key, str) else key for key in path)
