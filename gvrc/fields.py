"""Records as Python objects -> the fields of ``columns.EXTRACTED`` as text, by the meaning of their keys.

It works by columns: the values that one key has in a batch, with their types in one set. A key offers its values to
the fields that it may stand for; a value that cannot be meant (a UUID for a county) is left out, the first key with a
value wins. What lost and says something else is an issue, what suits no field is counted under its key: every leaf is
in a field, in an issue, or in the count of unmapped keys.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import msgspec
import polars as pl

from gvrc.alike import Column, IdLists
from gvrc.columns import ISSUE_PREFIX
from gvrc.contact_forms import ENDING_KEYS, is_one_person
from gvrc.fitting import DIGIT, HOURS, LIST_FIELDS, NO_HOURS, UUID_LENGTH, YES_OR_NO, DistinctTexts
from gvrc.masking import HIDDEN
from gvrc.meanings import Keys, is_geometry, is_of_unit, past_word, without_marks
from gvrc.pairs import first_pair, is_side, side_of, with_side
from gvrc.paths import (
    MAX_DEPTH,
    MAX_KNOWN_PATHS,
    PARENT_PLACE,
    KeyPath,
    is_absent,
    is_answer,
    is_property,
    normal_key,
    says_one_value,
    text_of_property,
)
from gvrc.personal import is_personal
from gvrc.persons import MAY_BE_ACCOUNTS, is_of_account
from gvrc.rejects import HEADER_KEY
from gvrc.services import said_beside_names
from gvrc.shapes import is_unit_of_hierarchy
from gvrc.shown_keys import OTHER_KEYS, shown_example
from gvrc.titles import is_title, names_a_place, text_of_title
from gvrc.units import ABOVE, units_above

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvrc.extract import FileReading
    from gvrc.records import Records

EXTRACT_ISSUES: Final = tuple(
    f"{ISSUE_PREFIX}{kind}" for kind in ("duplicate_key", "invalid_text", "number_out_of_range", "value_not_used")
)

AXES: Final = ("latitude", "longitude")
PLACE_NAMES: Final = frozenset(("county_name", "constituency_name", "sub_county_name", "ward_name"))
# A place is told in several units and an address in several lines: these fields take all that is said, in order.
JOINED_FIELDS: Final = frozenset(("place_hint", "address", "description"))
# These say in other words what the winner says: counted as unmapped, not an issue of every record.
SAID_OTHERWISE: Final = frozenset(
    ("facilitytypecategory", "created", "createdat", "createdon", "datecreated", "parentgroup")
)
REJECT_HEADER: Final = (HEADER_KEY,)  # ours, and read by gvrc/rejects.py: no key of a source
MAX_KEYS_TOLD: Final = 1_000  # unmapped keys told apart in the report of one file
ITEMS_OPENED: Final = 5  # items of a list that are looked into for the value of a field
ELSEWHERE: Final = 900  # the rank of a GeoJSON geometry under a key that promises none
BEFORE_ALL: Final = -1
NUMBERS: Final = frozenset(("number", "numbers", "line", "lines"))
HOTLINE: Final = re.compile(r"(?i)hot[\s_-]?line|help[\s_-]?line|toll[\s_-]?free")
WIDE: Final = 200_000  # cells of a batch whose records share few keys, from which only known keys become columns

TYPE_NAMES: Final = {str: "text", int: "number", float: "number", bool: "true or false", list: "list", dict: "object"}
NOTHING: Final = type(None)
YES_NO: Final = {True: "true", False: "false"}
ENCODE: Final = msgspec.json.encode
RAWS: Final = msgspec.json.Decoder(list[msgspec.Raw])

Values = Sequence[Any]
Texts = Sequence[str | None]


class Offer(NamedTuple):
    """The values that one key offers for one field, None where it has none that could be meant."""

    rank: int
    key: str
    texts: Texts
    path: KeyPath


def fields_of(records: Records, keys: Keys, reading: FileReading) -> dict[str, pl.Series]:
    """Give the fields and issues of a batch as text columns; count types and unmapped keys in ``reading``."""
    sorting = _Sorting(keys, reading, len(records.texts))
    sorting.take(records)
    found = sorting.choose()
    issues = {**records.issues, "value_not_used": {row: "; ".join(told) for row, told in sorting.lost.items()}}
    for kind, rows in issues.items():
        if rows:
            found[f"{ISSUE_PREFIX}{kind}"] = [rows.get(row) for row in range(sorting.rows)]
    return {name: pl.Series(texts, dtype=pl.String) for name, texts in found.items()}


class _Sorting:
    """Sorts the values of a batch by field; the count of what is left over goes to the reading."""

    def __init__(self, keys: Keys, reading: FileReading, rows: int) -> None:
        self.keys = keys
        self.reading = reading
        self.rows = rows
        self.is_hierarchy = False  # then "level" is not that of a hospital
        self.offers: defaultdict[str, list[Offer]] = defaultdict(list)
        self.contacts: list[tuple[int, str, Values]] = []
        self.sides: list[tuple[str, KeyPath, Texts]] = []  # of the equator or the meridian, each with its axis
        self.past: list[tuple[str, KeyPath, Texts]] = []  # types that facilities had, each with the word for it
        self.numbers: list[tuple[KeyPath, Values]] = []  # of hotlines, or of anything
        self.titles: list[tuple[KeyPath, Texts]] = []
        self.with_hours: set[int] = set()  # rows that tell when the facility is open
        self.lost: defaultdict[int, list[str]] = defaultdict(list)

    # ---- by key

    def take(self, records: Records) -> None:
        """Take records apart."""
        if records.columns is None:
            self.is_hierarchy = any(is_unit_of_hierarchy(row.get("level"), row.get("path")) for row in records.values)
            self.take_apart(records.values, ())
        else:
            self.take_columns(records.columns)

    def take_columns(self, columns: dict[str, Column | IdLists]) -> None:
        """Take columns of records that all have the same keys."""
        if "level" in columns and "path" in columns:
            self.is_hierarchy = any(map(is_unit_of_hierarchy, columns["level"].values, columns["path"].values))
        for key, column in columns.items():
            if key == "level" and self.is_hierarchy:
                self._count_unmapped((key,), column.values)
            elif isinstance(column, IdLists):
                self._id_lists((key,), column)
            else:
                self._column((key,), column)

    def take_apart(self, records: list[dict[str, Any]], path: KeyPath) -> None:
        """Take objects apart by key; every column has one value per record of the batch."""
        keys = list(records[0])
        if len(keys) > 1 and set(map(len, records)) == {len(keys)}:
            try:
                columns: Iterable[Any] = zip(*map(itemgetter(*keys), records), strict=True)
                return self._columns(keys, columns, path)
            except KeyError:
                pass  # as many keys, but others
        keys = self._known_keys(records, path)
        return self._columns(keys, ([record.get(key) for record in records] for key in keys), path)

    def _columns(self, keys: list[str], columns: Iterable[Any], path: KeyPath) -> None:
        for key, values in zip(keys, columns, strict=True):
            if key == "level" and not path and self.is_hierarchy:
                self._count_unmapped((key,), values)
            else:
                self._column((*path, key), Column(values))

    def _known_keys(self, records: list[dict[str, Any]], path: KeyPath) -> list[str]:
        """Keep only known keys as columns where most cells would be empty, lest a file of odd keys takes for ever."""
        keys = list(dict.fromkeys(chain.from_iterable(records)))
        if len(keys) * len(records) < WIDE + 4 * sum(map(len, records)):
            return keys
        known = {
            key
            for key in keys
            if self.keys.meanings((*path, key))
            or self.keys.opens((*path, key))
            or (*path, key) == REJECT_HEADER
            or past_word(key)
            or side_of((key,))
        }
        for record in records:
            self._count_leaves(path, {key: value for key, value in record.items() if key not in known})
        return [key for key in keys if key in known]

    def _column(self, path: KeyPath, column: Column) -> None:
        if dict in column.types and any(map(says_one_value, column.values)):
            column = Column([self._answer(path, value) for value in column.values])
        if str in column.types and normal_key(str(path[-1])) == ADDRESS_AS_TEXT:
            column = Column(list(map(_decoded, column.values)))
        values, types = column.values, column.types
        if not types or path == REJECT_HEADER:
            return
        self._note_types(path, types)
        if normal_key(str(path[-1])) in TELLS_HOURS:
            self.with_hours.update(row for row, value in enumerate(values) if _are_hours(value))
        meanings = self.keys.meanings(path)
        if not meanings and types.isdisjoint((dict, list)) and (word := past_word(str(path[-1]))):
            self.past.append((word, path, _as_text(values, types)))
            return
        if not meanings and is_title(path) and any(map(names_a_place, map(text_of_title, values))):
            self.titles.append((path, list(map(text_of_title, values))))
            return
        if not meanings and types == {str} and (axis := side_of(path)):
            self.sides.append((axis, path, values))
            return
        if any(meaning.field == "contacts" for meaning in meanings):
            self.contacts.append((meanings[0].rank, _shown(tuple(map(_without_marks, path))), values))
            return
        if len(path) == 1 and not meanings and normal_key(str(path[0])) in NUMBERS:
            self.numbers.append((path, values))
            return
        self._values(path, values, types)

    def _answer(self, path: KeyPath, value: object) -> object:
        """Give what was answered in a flow, or stands in a property; what else is said of it is counted."""
        if is_property(value):
            said = text_of_property(value)
            if said is None:
                self._count_unmapped((*path, value["type"]), [value[value["type"]]])
            return said
        if not is_answer(value):
            return value
        self._count_leaves(path, {key: inner for key, inner in value.items() if key != "value"})
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
            self._offer(path, _as_text(values, types))
        else:
            self._count_unmapped(path, values)

    def _objects(self, path: KeyPath, values: Values) -> None:
        """Take the objects of a column apart, or keep them where an object is the value."""
        objects: Values = [value if type(value) is dict else None for value in values]
        if normal_key(str(path[-1])) in MAY_BE_ACCOUNTS and any(objects):
            objects = self._without_accounts(path, objects)
        if path[-1] in ABOVE:
            self._units_above(path, objects)
        ranks = self._ranks(path)
        if "geometry" in ranks or (any(map(is_geometry, objects)) and not is_of_unit(path)):
            shapes = [value if is_geometry(value) else None for value in objects]
            self._add("geometry", ranks.get("geometry", ELSEWHERE), path, _as_json(shapes))
            objects = [None if is_geometry(value) else value for value in objects]
        whole = next((field for field in LIST_FIELDS if field in ranks), None)
        if whole:
            self._add(whole, ranks[whole], path, _as_json([value and [value] for value in objects]))
            self._count_beside_names(path, objects)
        elif len(path) < MAX_DEPTH and self.keys.opens(path):
            self.take_apart([value or {} for value in objects], path)
        else:
            for value in filter(None, objects):
                self._count_leaves(path, value)

    def _without_accounts(self, path: KeyPath, objects: Values) -> Values:
        """Count what only tells who keeps a record; a user's name is shown nowhere, and is no owner."""
        are = [bool(value) and is_of_account(str(path[-1]), value) for value in objects]
        self._count_unmapped(path, [value if is_so else None for value, is_so in zip(objects, are, strict=True)])
        return [None if is_so else value for value, is_so in zip(objects, are, strict=True)]

    def _units_above(self, path: KeyPath, values: Values) -> None:
        """Take places from the units that a record stands under, where it says none itself."""
        if len(path) > 1:
            return
        found = [units_above(value) for value in values]
        for field in sorted(set().union(*found)):
            self._add(field, ELSEWHERE, path, [units.get(field) for units in found])

    def _id_lists(self, path: KeyPath, lists: IdLists) -> None:
        """Count lists of UUIDs as unmapped where nothing else could come of them."""
        ranks = self._ranks(path)
        is_left_over = any(field in ranks for field in LIST_FIELDS) if ranks else not self.keys.opens(path)
        if "contacts" in ranks or not is_left_over:
            self._column(path, Column(lists.values))
        elif lists.types:
            self._note_types(path, lists.types)
            if lists.filled:
                self._count(path, lists.filled, lists.example)

    def _take_gender_desks(self, path: KeyPath, lists: Values) -> Values:
        """Take the gender desk out of the desks of a station: survivors are to call it; give what else is listed."""
        desks = [next(filter(_is_gender_desk, value or ()), None) for value in lists]
        self._column((*path[:-1], "gender_desk"), Column(desks))
        left = ([desk for desk in value or () if desk is not one] for value, one in zip(lists, desks, strict=True))
        return [others or None for others in left]

    def _lists(self, path: KeyPath, values: Values) -> None:
        """Keep the lists of a column where a list is the value, or look into them."""
        lists: Values = [value if type(value) is list and value else None for value in values]
        if normal_key(str(path[-1])) in DESKS:
            lists = self._take_gender_desks(path, lists)
        if path[-1] in ABOVE:
            self._units_above(path, lists)
        ranks = self._ranks(path)
        whole = next((field for field in (*LIST_FIELDS, "coordinates") if field in ranks), None)
        if whole:
            could_be = _is_pair if whole == "coordinates" else _is_list_of_names
            left = [value for value in lists if value and not could_be(value)]
            kept = lists if not left else [value if value and could_be(value) else None for value in lists]
            self._add(whole, ranks[whole], path, _as_json(kept))
            if whole in LIST_FIELDS:
                self._count_beside_names(path, [value for value in kept if value and dict in set(map(type, value))])
            lists = left
        elif len(path) < MAX_DEPTH and (ranks or self.keys.opens(path)):
            for place in range(ITEMS_OPENED):
                items = [value[place] if value and len(value) > place else None for value in lists]
                self._column((*path, place), Column(items))
            lists = [(value and value[ITEMS_OPENED:]) or None for value in lists]
        self._count_unmapped(path, lists)

    def _offer(self, path: KeyPath, texts: Texts) -> None:
        """Offer a column to the fields that its key may stand for; what could be meant for none is unmapped."""
        distinct = DistinctTexts(texts)
        says_nothing = distinct.saying_nothing()
        left = distinct.texts
        for field, rank in self.keys.meanings(path):
            unfit = says_nothing | distinct.unfit(field, path)
            if field != "place_hint" or path == (PARENT_PLACE,):  # nothing is made of a hint: it is counted as left
                left = left & unfit
            if unfit != distinct.texts:
                kept = [None if text in unfit else text for text in texts] if unfit else texts
                kept = list(map(_as_box, kept)) if field == "address" and normal_key(str(path[-1])) in BOXES else kept
                self._add(field, rank, path, _as_json(kept) if field in LIST_FIELDS else kept)
        if left := left - says_nothing:
            is_whole = len(left) == len(distinct.texts)
            self._count_unmapped(path, texts if is_whole else [text if text in left else None for text in texts])

    def _add(self, field: str, rank: int, path: KeyPath, texts: Texts) -> None:
        if any(text is not None for text in texts):
            self.offers[field].append(Offer(rank, _shown(path), texts, path))

    def _ranks(self, path: KeyPath) -> dict[str, int]:
        return dict(reversed(self.keys.meanings(path)))

    # ---- by field

    def choose(self) -> dict[str, Texts]:
        """Give each field the first value that is offered."""
        self._close_what_is_past()
        self._leave_open_what_has_hours()
        self._name_by_titles()
        self._take_numbers_of_hotlines()
        self._put_sides()
        place = self._choose_place()
        chosen = {field: self._chosen(field, offers) for field, offers in sorted(self.offers.items())} | place
        if self.contacts:
            chosen["contacts"] = _contacts(sorted(self.contacts, key=itemgetter(0, 1)), self.rows)
        if "official_name" in chosen and "facility_name" in chosen:
            chosen["official_name"] = [
                official if official != name else None
                for official, name in zip(chosen["official_name"], chosen["facility_name"], strict=True)
            ]
        return chosen

    def _chosen(self, field: str, offers: list[Offer]) -> Texts:
        if field in PLACE_NAMES:
            offers = self._refuse_several(field, offers)
        first, *others = _ranked(offers)
        texts = first.texts
        for other in others:
            if field in JOINED_FIELDS:
                texts = list(map(_join, texts, other.texts))
            else:
                if not (field == "facility_name" and "official" in other.key.lower()):  # it has its own column
                    self._tell_lost(texts, other)
                texts = [mine if text is None else text for text, mine in zip(texts, other.texts, strict=True)]
        return texts

    def _refuse_several(self, field: str, offers: list[Offer]) -> list[Offer]:
        """Take none of the places of a list that names several: who serves two wards is in neither of them surely."""
        listed: defaultdict[KeyPath | None, list[Offer]] = defaultdict(list)
        for offer in offers:
            listed[self._list_of(field, offer.path)].append(offer)
        refused = {head: self._tell_several(found) if head else set() for head, found in listed.items()}
        return [
            offer._replace(texts=[None if row in rows else text for row, text in enumerate(offer.texts)])
            if (rows := refused[self._list_of(field, offer.path)])
            else offer
            for offer in offers
        ]

    def _tell_several(self, listed: list[Offer]) -> set[int]:
        """Give the rows in which the items of a list differ, and tell all of them."""
        texts = _coalesced(listed, self.rows)
        rows = {row for offer in listed for row in _differing(texts, offer)}
        for row in sorted(rows):
            self.lost[row] += [f"{offer.key}={offer.texts[row]}" for offer in listed if offer.texts[row]]
        return rows

    def _list_of(self, field: str, path: KeyPath) -> KeyPath | None:
        """Give the path of the list under the place's own key that a path leads into; None for any other list."""
        at = next((at for at, key in enumerate(path) if isinstance(key, int)), 0)
        return path[:at] if at and field in self._ranks(path[:at]) else None

    def _close_what_is_past(self) -> None:
        """Take what was a clinic (``disused:amenity``), and is nothing else now, for a clinic that is closed."""
        live = [offer.texts for offer in self.offers.get("facility_type", [])]
        for word, path, texts in self.past:
            is_past = [text is not None and not any(of[row] for of in live) for row, text in enumerate(texts)]
            types = [text if past else None for text, past in zip(texts, is_past, strict=True)]
            self._add("is_closed", BEFORE_ALL, path, [word if past else None for past in is_past])
            self._add("facility_type", ELSEWHERE, path, [text and _unless_yes_or_no(text) for text in types])
            self._count_unmapped(path, [None if past else text for text, past in zip(texts, is_past, strict=True)])

    def _leave_open_what_has_hours(self) -> None:
        """Take ``is_open: false`` beside hours for what it is at this hour: a service computes it for whoever asks."""
        for place, offer in enumerate(self.offers.get("is_active", [])):
            if self.with_hours and normal_key(str(offer.path[-1])) in OF_THE_HOUR:
                rows = {row for row in self.with_hours if (offer.texts[row] or "").strip().lower() == YES_NO[False]}
                kept = [None if row in rows else text for row, text in enumerate(offer.texts)]
                self.offers["is_active"][place] = offer._replace(texts=kept)
                for row in rows:
                    self.lost[row].append(f"{offer.key}={offer.texts[row]}")

    def _name_by_titles(self) -> None:
        """Take the title of what has no other name, if it is that of a place."""
        named = [offer.texts for offer in self.offers.get("facility_name", [])]
        for path, texts in self.titles:
            names = [
                text if names_a_place(text) and not any(of[row] for of in named) else None
                for row, text in enumerate(texts)
            ]
            self._add("facility_name", ELSEWHERE, path, names)
            self._count_unmapped(path, [None if name else text for name, text in zip(names, texts, strict=True)])

    def _take_numbers_of_hotlines(self) -> None:
        """Take the ``number`` of a hotline for the one to call; of anything else nobody knows what it counts."""
        if not self.numbers:
            return
        said = [*self.offers.get("facility_type", []), *self.offers.get("facility_name", [])]
        is_line = [any(HOTLINE.search(offer.texts[row] or "") for offer in said) for row in range(self.rows)]
        for path, values in self.numbers:
            lines = [value if is_so else None for value, is_so in zip(values, is_line, strict=True)]
            self.contacts.append((ELSEWHERE, _shown(path), lines))
            left = Column([None if is_so else value for value, is_so in zip(values, is_line, strict=True)])
            if left.types:
                self._values(path, left.values, left.types)

    def _put_sides(self) -> None:
        """Put the side that has a column of its own behind the degrees beside it: 1.31 and S are 1.31 S."""
        for axis, path, sides in self.sides:
            used: set[int] = set()
            for place, offer in enumerate(self.offers.get(axis, [])):
                if offer.path[:-1] == path[:-1]:
                    texts = list(map(with_side, offer.texts, sides))
                    used.update(row for row, text in enumerate(texts) if text is not None)
                    self.offers[axis][place] = offer._replace(texts=texts)
            left = [None if row in used and is_side(side) else side for row, side in enumerate(sides)]
            self._count_unmapped(path, left)

    def _choose_place(self) -> dict[str, Texts]:
        """Take latitude and longitude of a row from keys that belong together, where a batch has several for one."""
        ranked = [_ranked(self.offers.get(axis, [])) for axis in AXES]
        if max(map(len, ranked)) < 2:  # noqa: PLR2004 - a latitude and a longitude: as any field
            return {}
        for axis in AXES:
            self.offers.pop(axis, None)
        chosen = [_coalesced(offers, self.rows) for offers in ranked]
        differing = [_differing(texts, offer) for texts, offers in zip(chosen, ranked, strict=True) for offer in offers]
        for row in sorted(set().union(*differing)):
            self._settle_place(row, ranked, chosen)
        for texts, offers in zip(chosen, ranked, strict=True):
            for offer in offers:
                self._tell_lost(texts, offer)
        return dict(zip(AXES, chosen, strict=True))

    def _settle_place(self, row: int, ranked: list[list[Offer]], chosen: list[list[str | None]]) -> None:
        """Give a row the first pair that it states; without one neither counts, and all of them are told."""
        stated = [[offer for offer in offers if offer.texts[row] is not None] for offers in ranked]
        pair = first_pair(*(tuple(offer.path for offer in offers) for offers in stated))
        for axis, offers in enumerate(stated):
            chosen[axis][row] = offers[pair[axis]].texts[row] if pair else None
            if not pair:
                self.lost[row] += [f"{offer.key}={offer.texts[row]}" for offer in offers]

    def _tell_lost(self, texts: Texts, other: Offer) -> None:
        lost = _differing(texts, other)
        if not lost:
            return
        if normal_key(other.key.rpartition(".")[2]) in SAID_OTHERWISE:
            self._count_unmapped((other.key,), list(lost.values()))
        else:
            for row, theirs in lost.items():
                self.lost[row].append(f"{other.key}={theirs}")

    # ---- the count of what is left over

    def _note_types(self, path: KeyPath, types: set[type]) -> None:
        met = self.reading.types_met
        key = _shown(path)
        if key in met or len(met) < MAX_KEYS_TOLD:
            met.setdefault(key, set()).update(map(TYPE_NAMES.__getitem__, types))

    def _count_beside_names(self, path: KeyPath, values: Values) -> None:
        """Count what stands in a list of names beside them, and is made nothing of."""
        beside: defaultdict[str, list[object]] = defaultdict(list)
        for key, said in chain.from_iterable(map(said_beside_names, values)):
            if not is_absent(said) and said not in ([], {}):
                beside[key].append(said)
        for key, texts in beside.items():
            self._count_unmapped((*path, key), texts)

    def _count_leaves(self, path: KeyPath, value: dict[str, Any]) -> None:
        for key, inner in value.items():
            if type(inner) is dict and len(path) < MAX_DEPTH:
                self._count_leaves((*path, key), inner)
            else:
                self._count_unmapped((*path, key), [inner])

    def _count_unmapped(self, path: KeyPath, values: Values) -> None:
        if count := len(values) - values.count(None):
            self._count(path, count, next(value for value in values if value is not None))

    def _count(self, path: KeyPath, count: int, example: object) -> None:
        unmapped, key = self.reading.unmapped, _shown(path)
        if key not in unmapped and len(unmapped) >= MAX_KEYS_TOLD:
            key = OTHER_KEYS
        before, shown = unmapped.get(key) or (0, masked(key, example))
        unmapped[key] = (before + count, shown)


NO_NUL: Final = "\ufffd"  # PostgreSQL takes no NUL in a text, and the account of keys is stored


def _decoded(value: object) -> object:
    """Give an address that Socrata writes as the text of a JSON object as that object."""
    try:
        said = msgspec.json.decode(value) if isinstance(value, str) else value
    except msgspec.DecodeError:
        return value
    return said if isinstance(said, dict) else value


ADDRESS_AS_TEXT: Final = "humanaddress"


def _without_marks(key: str | int) -> str | int:
    return without_marks(key) if isinstance(key, str) else key


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def _shown(path: KeyPath) -> str:
    return ".".join(key for key in path if isinstance(key, str)).replace("\x00", NO_NUL)


def _as_text(values: Values, types: set[type]) -> Texts:
    """Give scalars in their canonical text; lists and objects were taken care of and are left out."""
    if types == {str}:
        return values
    if types == {int}:
        texts = ENCODE(values)[1:-1].decode().split(",")
        return [None if text == "null" else text for text in texts] if "null" in texts else texts
    if types == {bool}:
        return list(map(YES_NO.get, values))
    return list(map(_text, values))


def _text(value: object) -> str | None:
    if type(value) is str:
        return value
    if value is None or type(value) in (list, dict):
        return None
    return YES_NO[value] if type(value) is bool else str(value)


def _as_json(values: Sequence[Any]) -> Texts:
    """Give values as JSON text, all written at once and parted again: for one at a time the calls cost most."""
    raws = RAWS.decode(ENCODE(values))
    return [None if value is None else str(raw, "utf-8") for value, raw in zip(values, raws, strict=True)]


BOXES: Final = frozenset(("pobox", "addresspobox"))


def _as_box(text: str | None) -> str | None:
    """Keep what the key says of a number that would stand in an address without it: P.O. Box 46324."""
    return f"P.O. Box {text}" if text and text.strip()[:1].isdigit() else text


def _are_hours(value: object) -> bool:
    return value not in ([], {}) and not (is_absent(value) or (isinstance(value, str) and NO_HOURS.fullmatch(value)))


def _unless_yes_or_no(text: str) -> str | None:
    return None if YES_OR_NO.match(text) else text


def _ranked(offers: list[Offer]) -> list[Offer]:
    return sorted(offers, key=itemgetter(0, 1))


def _coalesced(ranked: list[Offer], rows: int) -> list[str | None]:
    texts: list[str | None] = [None] * rows
    for offer in ranked:
        texts = [theirs if text is None else text for text, theirs in zip(texts, offer.texts, strict=True)]
    return texts


def _differing(texts: Texts, other: Offer) -> dict[int, str]:
    """Give what an offer says otherwise, by row."""
    differing = {
        (text, theirs)
        for text, theirs in set(zip(texts, other.texts, strict=True))
        if text is not None and theirs is not None and text != theirs and _folded(text) != _folded(theirs)
    }
    if not differing:
        return {}
    pairs = zip(texts, cast("Sequence[str]", other.texts), strict=True)
    return {row: pair[1] for row, pair in enumerate(pairs) if pair in differing}


def _join(text: str | None, more: str | None) -> str | None:
    if text is None or more is None:
        return text or more
    return text if _folded(more) in _folded(text) else f"{text}, {more}"


def _folded(text: str) -> str:
    return text.strip().lower()


TELLS_HOURS: Final = HOURS | frozenset(
    (
        *("businesshours", "workinghours", "operatinghours", "operationhours", "hoursofoperation", "officehours"),
        *("regularopeninghours", "currentopeninghours", "openingtimes", "openinghoursspecification", "schedule"),
        *("opensat", "closesat", "openingtime", "closingtime", "nextopening", "nextopen", "masaayakazi", "saazakazi"),
    )
)
OF_THE_HOUR: Final = frozenset(("isopen", "open", "ikowazi", "kikowazi", "ipowazi", "kipowazi"))


def _is_list_of_names(values: list[Any]) -> bool:
    first = values[0]
    return not (type(first) is str and len(first) == UUID_LENGTH and first[8:9] == first[13:14] == "-")


def _is_pair(values: list[Any]) -> bool:
    return len(values) in (2, 3) and all(
        type(value) in (int, float) or (type(value) is str and DIGIT.search(value)) for value in values
    )


# ---- the desks of a station

DESKS: Final = frozenset(("desks", "policedesks", "specialdesks", "specialiseddesks", "specializeddesks", "madawati"))
GENDER_DESK: Final = re.compile(r"(?i)gender|s?gbv\b|jinsia")
LABELS: Final = frozenset(("name", "type", "desk", "deskname", "desktype", "jina", "aina"))


def _is_gender_desk(desk: object) -> bool:
    return isinstance(desk, dict) and any(
        normal_key(key) in LABELS and isinstance(value, str) and GENDER_DESK.search(value)
        for key, value in desk.items()
    )


# ---- contacts


def _contacts(columns: list[tuple[int, str, Values]], rows: int) -> Texts:
    entries: list[list[dict[str, Any]]] = [[] for _ in range(rows)]
    for _, key, values in columns:
        for row, value in enumerate(values):
            if value is not None:
                entries[row] += _entries(key, value)
    return _as_json([found or None for found in entries])


def _entries(key: str, value: object) -> Iterator[dict[str, Any]]:
    """Take contacts apart: an item of a list each, a key of an object each unless it is one contact or one person."""
    if isinstance(value, list):
        for item in value:
            yield from _entries(key, item)
    elif isinstance(value, dict) and ONE_CONTACT.isdisjoint(map(normal_key, value)) and not is_one_person(value):
        for name, inner in value.items():
            yield from _entries(f"{key}.{name}", inner)
    elif not is_absent(value):
        yield {"key": key, "value": value}


ONE_CONTACT: Final = ENDING_KEYS | frozenset(
    ("value", "contactvalue", "type", "contacttype", "contacttypename", "system", "number", "kind")
)

# ---- examples for the report, with nothing personal in them

EXAMPLE_LENGTH: Final = 60


def masked(key: str, value: object) -> str:
    """Give an example of a value for the report: nothing under a key of a person, and what may be shown of others."""
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return f"an object of {len(value)} keys"
    if is_personal(key):
        return HIDDEN
    return shown_example((_text(value) or "")[:EXAMPLE_LENGTH].replace("\x00", NO_NUL))
