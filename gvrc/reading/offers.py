"""What the keys of a batch offer for each field, and which of it is taken: the first that says something.

What lost and says something else is an issue. Beside the offers stands what decides between them, or completes them:
what a facility was (``disused:amenity``), hours, titles, the sides of the equator.
"""

from __future__ import annotations

from collections import defaultdict
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import msgspec

from gvrc.lazy import lazy_pattern
from gvrc.meaning.bare_persons import ANY_NAME
from gvrc.meaning.paths import KeyPath, normal_key
from gvrc.meaning.persons import is_person_at
from gvrc.meaning.titles import names_a_place
from gvrc.reading.angle_parts import part_of_angle, put_together
from gvrc.reading.contact_lists import contacts_of
from gvrc.reading.fitting import YES_OR_NO, is_of_the_licence
from gvrc.reading.json_texts import YES_NO, Texts, Values, dotted, json_texts_of
from gvrc.reading.single_keys import is_of_building, is_vacant
from gvrc.reading.ticked import services_by_question, without_ticked
from gvrc.reading.withheld import LOCATION_FIELDS
from gvrc.values.closures import outweighs
from gvrc.values.pairs import first_pair, is_side, with_side
from gvrc.values.service_names import list_spellings
from gvrc.values.services import names_violence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gvrc.meaning.meanings import Keys
    from gvrc.reading.left_over import LeftOver
    from gvrc.reading.ticked import Ticked

AXES: Final = ("latitude", "longitude")
PLACE_NAMES: Final = frozenset(("county_name", "constituency_name", "sub_county_name", "ward_name"))
# A place is told in several units and an address in several lines: these fields take all that is said, in order.
JOINED_FIELDS: Final = frozenset(("place_hint", "address", "description"))
# These say in other words what the winner says: counted as unmapped, not an issue of every record.
SAID_OTHERWISE: Final = frozenset(
    ("facilitytypecategory", "created", "createdat", "createdon", "datecreated", "parentgroup")
)
SAID_BY_ANOTHER_TAG: Final = "social_facility"  # OpenStreetMap's amenity, where the tag of that name says which one
ELSEWHERE: Final = 10_000  # behind every key of the table, which has grown past a thousand: what promises nothing
BEFORE_ALL: Final = -1
STATES: Final = ("operational_status", "is_active", "is_closed")
OF_A_REGULATOR: Final = frozenset(("regulatorystatus", "regulatorystatusname"))
LEVEL: Final = lazy_pattern(r"\s+(?:sub[\s-]?county|county|constituency|ward)\Z")
STATIONS: Final = frozenset(("station", "policestation"))
TICKED: Final = ("columns of services",)
OF_THE_HOUR: Final = frozenset(("isopen", "open", "ikowazi", "kikowazi", "ipowazi", "kipowazi"))


class Offer(NamedTuple):
    """The values that one key offers for one field, None where it has none that could be meant."""

    rank: int
    key: str
    texts: Texts
    path: KeyPath


class Offers:
    """The offers of a batch, by field, and what is said beside them."""

    def __init__(self, keys: Keys, left_over: LeftOver, rows: int) -> None:
        self.keys = keys
        self.left_over = left_over
        self.rows = rows
        self.by_field: defaultdict[str, list[Offer]] = defaultdict(list)
        self.contacts: list[tuple[int, str, Values]] = []
        self.sides: list[tuple[str, KeyPath, Texts]] = []  # of the equator or the meridian, each with its axis
        self.minor_parts: list[tuple[KeyPath, Texts]] = []  # minutes and seconds that have a column of their own
        self.past: list[tuple[str, KeyPath, Texts]] = []  # types that facilities had, each with the word for it
        self.in_use: list[tuple[KeyPath, Texts]] = []  # tags by which a place is something now: office, building
        self.titles: list[tuple[KeyPath, Texts]] = []
        self.ticked: list[Ticked] = []  # services that have a column each
        self.with_hours: set[int] = set()  # rows that tell when the facility is open
        self.withheld: dict[int, str] = {}  # rows whose location must not be told, with what says so
        self.lost: defaultdict[int, list[str]] = defaultdict(list)

    def add(self, field: str, rank: int, path: KeyPath, texts: Texts) -> None:
        """Offer the texts of a key, one per record, for a field."""
        if any(text is not None for text in texts):
            self.by_field[field].append(Offer(rank, dotted(path), texts, path))

    def complete(self) -> None:
        """Offer what follows from several keys together: a name, a type, whether it is open; withhold what is asked."""
        self._withhold_locations()
        self._close_what_is_past()
        self._leave_open_what_has_hours()
        self._let_closed_outweigh()  # of all that says closed, but for what says so of this hour only
        self._name_stations_before_people()
        self._name_by_titles()
        self._offer_what_was_ticked()
        self._offer_what_gbv_services_name()

    def _withhold_locations(self) -> None:
        """Take no address or point of a facility whose location must not be told."""
        for field in LOCATION_FIELDS if self.withheld else ():
            for place, offer in enumerate(self.by_field.get(field, [])):
                told = [None if row in self.withheld else text for row, text in enumerate(offer.texts)]
                self.by_field[field][place] = offer._replace(texts=told)

    def _close_what_is_past(self) -> None:
        """Take what was a clinic (``disused:amenity``), and is nothing else now, for a clinic that is closed."""
        types_now = [offer.texts for offer in self.by_field.get("facility_type", [])]
        for word, path, texts in self.past:
            live = self._live_beside(path, types_now)
            is_past = [text is not None and not any(of[row] for of in live) for row, text in enumerate(texts)]
            types = [
                text if past and not is_of_building(path) else None for text, past in zip(texts, is_past, strict=True)
            ]
            self.add("is_closed", BEFORE_ALL, path, [word if past else None for past in is_past])
            self.add("facility_type", ELSEWHERE, path, [text and _unless_no_type(text) for text in types])
            self.left_over.count_values(
                path, [None if past else text for text, past in zip(texts, is_past, strict=True)]
            )

    def _live_beside(self, path: KeyPath, types: list[Texts]) -> list[Texts]:
        """Give what says that a place is something now: of one whose building was demolished, only a building."""
        tags = [(of, _unless_no(texts)) for of, texts in self.in_use if of[:-1] == path[:-1]]
        if is_of_building(path):
            return [texts for of, texts in tags if is_of_building(of)]
        return types + [texts for of, texts in tags if not is_of_building(of)]

    def _leave_open_what_has_hours(self) -> None:
        """Take ``is_open: false`` beside hours for what it is at this hour: a service computes it for whoever asks."""
        for place, offer in enumerate(self.by_field.get("is_active", [])):
            if self.with_hours and _word_of(offer) in OF_THE_HOUR:
                rows = {row for row in self.with_hours if (offer.texts[row] or "").strip().lower() == YES_NO[False]}
                kept = [None if row in rows else text for row, text in enumerate(offer.texts)]
                self.by_field["is_active"][place] = offer._replace(texts=kept)
                for row in rows:
                    self.lost[row].append(f"{offer.key}={offer.texts[row]}")

    def _let_closed_outweigh(self) -> None:
        """Put first what says closed where a better key does not: ``{"closed": false, "is_deleted": true}``.

        What a list is called after does not outweigh what a record says itself, nor does what may be of the hour.
        """
        for field in STATES:
            ranked = _ranked(self.by_field.get(field, []))
            closed = {text for offer in ranked[1:] for text in set(offer.texts) if text and outweighs(field, text)}
            if not closed:
                continue
            is_open = [text is not None and not outweighs(field, text) for text in _coalesced(ranked, self.rows)]
            for offer in ranked[1:]:
                key = _word_of(offer)
                if not (key.startswith("parent") or key in OF_THE_HOUR):
                    fitting = _without_licences(closed) if key in OF_A_REGULATOR else closed
                    pairs = zip(offer.texts, is_open, strict=True)
                    texts = [text if text in fitting and beside_open else None for text, beside_open in pairs]
                    self.add(field, BEFORE_ALL, offer.path, texts)

    def _name_stations_before_people(self) -> None:
        """Take a person's name beside that of a police station for the one to ask for there."""
        offers = self.by_field.get("facility_name", [])
        stations = _coalesced([offer for offer in offers if _word_of(offer) in STATIONS], self.rows)
        for place, offer in enumerate(offers):
            if _word_of(offer) in ANY_NAME and any(stations):
                pairs = list(zip(offer.texts, stations, strict=True))
                people = [name if at and name and is_person_at(name, at) else None for name, at in pairs]
                names = [None if person else name for (name, _), person in zip(pairs, people, strict=True)]
                offers[place] = offer._replace(texts=names)
                self.contacts += [(offer.rank, "contact_person", people)] if any(people) else []

    def _name_by_titles(self) -> None:
        """Take the title of what has no other name, if it is that of a place."""
        named = [offer.texts for offer in self.by_field.get("facility_name", [])]
        for path, texts in self.titles:
            names = [
                text if names_a_place(text) and not any(of[row] for of in named) else None
                for row, text in enumerate(texts)
            ]
            self.add("facility_name", ELSEWHERE, path, names)
            self.left_over.count_values(path, [None if name else text for name, text in zip(names, texts, strict=True)])

    def _offer_what_was_ticked(self) -> None:
        """Offer the services that have a column each; the answer to their question says the same in one text."""
        for question, names in services_by_question(self.ticked):
            rank = self.keys.ranks(question)["services"] if question else ELSEWHERE
            for place, offer in enumerate(self.by_field.get("services", [])):
                if offer.path == question:
                    self.by_field["services"][place] = offer._replace(texts=without_ticked(offer.texts, names))
            self.add("services", rank, question or TICKED, json_texts_of(names))

    def _offer_what_gbv_services_name(self) -> None:
        """Take ``gbv_services`` for services where it names no kind of violence: most sources mean PEP, legal aid."""
        for place, offer in enumerate(self.by_field.get("gbv_categories", [])):
            if "service" in _word_of(offer):
                kinds = {text for text in set(offer.texts) if text and names_violence(text)}
                kept = [text if text in kinds else None for text in offer.texts]
                self.by_field["gbv_categories"][place] = offer._replace(texts=kept)
                self.add("services", ELSEWHERE, offer.path, [None if text in kinds else text for text in offer.texts])

    def choose(self) -> dict[str, Texts]:
        """Give each field the first value that is offered."""
        self._put_sides()
        self._put_minor_parts()
        coordinates = self._choose_coordinates()
        chosen = {field: self._chosen(field, offers) for field, offers in sorted(self.by_field.items())} | coordinates
        if self.contacts:
            chosen["contacts"] = contacts_of(sorted(self.contacts, key=itemgetter(0, 1)), self.rows)
        if "official_name" in chosen and "facility_name" in chosen:
            chosen["official_name"] = [
                official if official != name else None
                for official, name in zip(chosen["official_name"], chosen["facility_name"], strict=True)
            ]
        return chosen

    def _put_sides(self) -> None:
        """Put the side that has a column of its own behind the degrees beside it: 1.31 and S are 1.31 S."""
        for axis, path, sides in self.sides:
            used: set[int] = set()
            for place, offer in enumerate(self.by_field.get(axis, [])):
                if offer.path[:-1] == path[:-1]:
                    texts = list(map(with_side, offer.texts, sides))
                    used.update(row for row, text in enumerate(texts) if text is not None)
                    self.by_field[axis][place] = offer._replace(texts=texts)
            left = [None if row in used and is_side(side) else side for row, side in enumerate(sides)]
            self.left_over.count_values(path, left)

    def _put_minor_parts(self) -> None:
        """Put minutes and seconds that have columns of their own behind the degrees that they belong to."""
        for axis in AXES if self.minor_parts else ():
            for place, offer in enumerate(self.by_field.get(axis, [])):
                minutes, seconds = (self._take_parts(offer, unit) for unit in ("min", "sec"))
                parted = zip(offer.texts, minutes, seconds, strict=True)
                texts = [told and put_together(told, *parts, is_latitude=axis == AXES[0]) for told, *parts in parted]
                self.by_field[axis][place] = offer._replace(texts=texts)
        for path, left in self.minor_parts:
            self.left_over.count_values(path, left)

    def _take_parts(self, degrees: Offer, unit: str) -> Texts:
        """Take the minutes or seconds of the angles whose degrees are offered."""
        angle = part_of_angle(degrees.path)
        found: Texts = [None] * self.rows
        for place, (path, texts) in enumerate(self.minor_parts):
            if angle and part_of_angle(path) == angle._replace(unit=unit):
                found = [None if of is None else text for of, text in zip(degrees.texts, texts, strict=True)]
                left = [text if of is None else None for of, text in zip(degrees.texts, texts, strict=True)]
                self.minor_parts[place] = (path, left)
        return found

    def _choose_coordinates(self) -> dict[str, Texts]:
        """Take latitude and longitude of a row from keys that belong together, where a batch has several for one."""
        ranked = [_ranked(self.by_field.get(axis, [])) for axis in AXES]
        if max(map(len, ranked)) < 2:  # noqa: PLR2004 - a latitude and a longitude: as any field
            return {}
        for axis in AXES:
            self.by_field.pop(axis, None)
        chosen = [_coalesced(offers, self.rows) for offers in ranked]
        differing = [_differing(texts, offer) for texts, offers in zip(chosen, ranked, strict=True) for offer in offers]
        for row in sorted(set().union(*differing)):
            self._settle_coordinates(row, ranked, chosen)
        for texts, offers in zip(chosen, ranked, strict=True):
            for offer in offers:
                self._tell_lost(texts, offer, _folded)
        return dict(zip(AXES, chosen, strict=True))

    def _settle_coordinates(self, row: int, ranked: list[list[Offer]], chosen: list[list[str | None]]) -> None:
        """Give a row the first pair that it states; without one neither counts, and all of them are told."""
        stated = [[offer for offer in offers if offer.texts[row] is not None] for offers in ranked]
        pair = first_pair(*(tuple(offer.path for offer in offers) for offers in stated))
        for axis, offers in enumerate(stated):
            chosen[axis][row] = offers[pair[axis]].texts[row] if pair else None
            if not pair:
                self.lost[row] += [f"{offer.key}={offer.texts[row]}" for offer in offers]

    def _chosen(self, field: str, offers: list[Offer]) -> Texts:
        if field in PLACE_NAMES:
            offers = self._refuse_several(field, offers)
        first, *others = _ranked(offers)
        texts = first.texts
        for other in others:
            if field == "services" and _is_of_further_services(other):
                texts = list(map(_join_services, texts, other.texts))
            elif field in JOINED_FIELDS:
                texts = list(map(_join, texts, other.texts))
            else:
                if not (field == "facility_name" and "official" in other.key.lower()):  # it has its own column
                    self._tell_lost(texts, other, _place if field in PLACE_NAMES else _folded)
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
        return path[:at] if at and field in self.keys.ranks(path[:at]) else None

    def _tell_lost(self, texts: Texts, other: Offer, fold: Callable[[str], str]) -> None:
        lost = _differing(texts, other, fold)
        if not lost:
            return
        if normal_key(other.key.rpartition(".")[2]) in SAID_OTHERWISE:
            self.left_over.count_values((other.key,), list(lost.values()))
        else:
            for row, theirs in lost.items():
                if theirs == SAID_BY_ANOTHER_TAG:
                    continue
                self.lost[row].append(f"{other.key}={theirs}")


def _word_of(offer: Offer) -> str:
    return normal_key(str(offer.path[-1]))


def _is_of_further_services(offer: Offer) -> bool:
    """Say whether an offer names services for survivors, which stand beside the others: ``gbv_services``."""
    word = _word_of(offer)
    return "gbv" in word and "service" in word


def _join_services(text: str | None, more: str | None) -> str | None:
    if text is None or more is None or text == more:
        return text or more
    return msgspec.json.encode(list_spellings(text) + list_spellings(more)).decode()


def _unless_no_type(text: str) -> str | None:
    return None if YES_OR_NO.match(text) or is_vacant(text) else text


def _unless_no(texts: Texts) -> Texts:
    return [None if text is not None and text.strip().lower() in ("no", "false") else text for text in texts]


def _without_licences(closed: set[str]) -> set[str]:
    """Leave out what says nothing of the facility where it is said of a licence: an application is incomplete."""
    return {text for text in closed if not is_of_the_licence(text)}


def _ranked(offers: list[Offer]) -> list[Offer]:
    return sorted(offers, key=itemgetter(0, 1))


def _coalesced(ranked: list[Offer], rows: int) -> list[str | None]:
    texts: list[str | None] = [None] * rows
    for offer in ranked:
        texts = [theirs if text is None else text for text, theirs in zip(texts, offer.texts, strict=True)]
    return texts


def _folded(text: str) -> str:
    return text.strip().lower()


def _differing(texts: Texts, other: Offer, fold: Callable[[str], str] = _folded) -> dict[int, str]:
    """Give what an offer says otherwise, by row."""
    differing = {
        (text, theirs)
        for text, theirs in set(zip(texts, other.texts, strict=True))
        if text is not None and theirs is not None and text != theirs and fold(text) != fold(theirs)
    }
    if not differing:
        return {}
    pairs = zip(texts, cast("Sequence[str]", other.texts), strict=True)
    return {row: pair[1] for row, pair in enumerate(pairs) if pair in differing}


def _join(text: str | None, more: str | None) -> str | None:
    if text is None or more is None:
        return text or more
    return text if _folded(more) in _folded(text) else f"{text}, {more}"


def _place(text: str) -> str:
    """Fold the name of a place without its level: "Nairobi County" says nothing else than "Nairobi"."""
    return LEVEL.sub("", _folded(text))
