"""What a record links to in another list of its file: ``"ward_id": 900`` where ``wards`` has the id 900.

The lists may come after the records, and a document is read in chunks, so they are gathered in a separate pass, which
keeps names and ids only. It is made only for a file whose records refer to something that they do not name. A link is
followed if a list is named after the unit and has the id exactly once; what is not found stays a number.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from gvrc.errors import SourceFileError
from gvrc.meaning.list_names import is_county
from gvrc.meaning.paths import (
    MAX_KNOWN_PATHS,
    PARENT_CONSTITUENCY,
    PARENT_COUNTY,
    PARENT_GROUP,
    PARENT_OWNER,
    PARENT_OWNER_TYPE,
    PARENT_SERVICES,
    PARENT_STATUS,
    PARENT_SUB_COUNTY,
    PARENT_WARD,
    normal_key,
)
from gvrc.reading.cursor import Cursor, hold_any, read_element
from gvrc.reading.healthcare import HEALTHCARE, are_resources
from gvrc.reading.link_keys import ALSO, PLACES, Link, links_of, may_refer, part_of, services_of, stated_units
from gvrc.reading.linked_rows import MAX_ROWS, Gathering, Rows
from gvrc.reading.side_tables import are_mentioned, is_side_table, may_be_joined, service_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    import msgspec

    from gvrc.meaning.meanings import Keys

PARENTS: Final = {
    "ward": PARENT_WARD,
    "constituency": PARENT_CONSTITUENCY,
    "sub_county": PARENT_SUB_COUNTY,
    "county": PARENT_COUNTY,
    "type": PARENT_GROUP,
    "facility_type": PARENT_GROUP,
    "owner": PARENT_OWNER,
    "owner_type": PARENT_OWNER_TYPE,
    "status": PARENT_STATUS,
}
SAMPLE: Final = 5  # records that decide whether a file is read twice: to look at 200 took as long as finding all
BELOW_COUNTY: Final = ("sub_county", "ward")
MAX_STEPS: Final = 3  # to a ward, to its constituency, to that one's county


class Links:
    """The lists of one file that its records refer to, gathered when the first record needs them."""

    def __init__(self, reopen: Callable[[], AbstractContextManager[Iterator[bytes]]]) -> None:
        self._reopen = reopen
        self._rows: Rows | None = None
        self._known: dict[tuple[Link, ...], dict[str, str]] = {}
        self._mentions: bool | None = None
        self._healthcare: bool | None = None

    def are_needed(self, records: Iterable[object], keys: Keys, path: tuple[str, ...], parents: dict[str, str]) -> bool:
        """Say whether records refer to something that they do not name, and a list of it stands in their file.

        If a list is the whole document, nothing stands beside it; but JSON:API mixes what it lists.
        """
        sample = list(islice((record for record in records if isinstance(record, dict)), SAMPLE))
        found = list(filter(may_refer, sample))
        if may_be_joined(path, sample) and self._has_side_tables(path, sample):
            return True
        if are_resources(sample) and self._mentions_healthcare():
            return True
        if any(map(service_ids, sample)) and any(self._gathered().side_tables.services_of(path, one) for one in sample):
            return True
        if not path:
            found = [record for record in found if "relationships" in record or part_of(record)]
        if any(map(part_of, found)) and self._gathered().jurisdictions:
            return True
        if any(map(services_of, found)) and self._gathered().services:
            return True
        wanted = {unit for record in found for unit in _unnamed(record, keys) if PARENTS[unit] not in parents}
        return bool(wanted) and not (wanted | {ALSO.get(unit, unit) for unit in wanted}).isdisjoint(
            self._gathered().units()
        )

    def are_joined(self, path: tuple[str, ...]) -> bool:
        """Say whether the rows of a list belong to facilities that stand beside it: to contacts and services."""
        return is_side_table(path) and self._has_side_tables(path, []) and path in self._gathered().side_tables.paths

    def _mentions_healthcare(self) -> bool:
        """Say whether services of FHIR stand in the file; few files have any."""
        if self._healthcare is None:
            with self._reopen() as chunks:
                self._healthcare = hold_any(chunks, [f'"{HEALTHCARE}"'.encode()])
        return self._healthcare

    def _has_side_tables(self, path: tuple[str, ...], sample: list[dict[str, Any]]) -> bool:
        """Say whether tables of contacts or services stand in the file; most files do not even have the words."""
        if self._mentions is None:
            with self._reopen() as chunks:
                self._mentions = are_mentioned(chunks, path, sample)
        return self._mentions and bool(self._gathered().side_tables.count)

    def told_of(
        self, element: msgspec.Raw | bytes, keys: Keys, parents: dict[str, str], path: tuple[str, ...]
    ) -> dict[str, Any]:
        """Give what stands around a record, and what it refers to; places that the record stands under come first."""
        record = read_element(element)
        if not isinstance(record, dict):
            return parents
        found = self._followed(record, stated_units(record, keys))
        places = {PARENTS[unit]: name for unit, name in found.items() if unit in PLACES}
        others = {PARENTS[unit]: name for unit, name in found.items() if unit not in PLACES}
        above = units_of_jurisdictions(self._gathered().above(part_of(record)))
        around = {PARENTS[unit]: name for unit, name in above.items()}
        listed = self._services_told(record, path) | self._gathered().side_tables.of(path, record)
        listed |= self._gathered().healthcare.of(record)
        return around | places | parents | others | listed

    def _followed(self, record: dict[str, Any], stated: dict[str, str]) -> dict[str, str]:
        """Name what a record refers to, except places that it states itself; no place if they disagree."""
        links = tuple(links_of(record))
        if self._contradict(links, stated):
            links = tuple(link for link in links if link.unit not in PLACES)
        return {
            unit: name
            for unit, name in self._follow(links).items()
            if unit not in PLACES or _plain(stated.get(unit, ""), unit) != _plain(name, unit)
        }

    def _services_told(self, record: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
        """Give the services that a record refers to, in JSON:API or by a list of ids, if these are unambiguous."""
        known = self._gathered().services
        names = [name for key in services_of(record) if (name := known.get(key))]
        told = names or self._gathered().side_tables.services_of(path, record)
        return {PARENT_SERVICES: told} if told else {}

    def notes(self) -> list[str]:
        """List for the report the lists that were too long to be followed."""
        units = self._rows.too_long() if self._rows else []
        told = [f"it lists more than {MAX_ROWS:,} of {unit}: links to them were not followed" for unit in units]
        left = self._rows.side_tables.left() if self._rows else 0
        return [*told, f"rows of contacts and services that name no facility beside them: {left:,}"] if left else told

    def _contradict(self, links: tuple[Link, ...], stated: dict[str, str]) -> bool:
        """Say whether a record refers to two places, or to another than it names: nobody can tell which is right."""
        names = defaultdict[str, set[str]](set)
        for link in links:
            unit, row = link.unit, self._gathered().find(link)
            if row is not None and unit in PLACES:
                names[unit] |= {_plain(name, unit) for name in (row.name, stated.get(unit)) if name}
        return any(len(of_unit) > 1 for of_unit in names.values())

    def _follow(self, links: tuple[Link, ...]) -> dict[str, str]:
        known = self._known.get(links)
        if known is None:
            known = self._names(links)
            if len(self._known) < MAX_KNOWN_PATHS:
                self._known[links] = known
        return known

    def _names(self, links: tuple[Link, ...]) -> dict[str, str]:
        found: dict[str, str] = {}
        for _ in range(MAX_STEPS):
            rows = [(link.unit, row) for link in links if (row := self._gathered().find(link))]
            for unit, row in rows:
                found.setdefault(unit, row.name)
            for unit, name in (told for _, row in rows for told in row.stated):
                found.setdefault(unit, name)
            links = tuple(further for _, row in rows for further in row.links if further.unit in PLACES)
        return found

    def _gathered(self) -> Rows:
        if self._rows is None:
            self._rows = Rows()
            try:
                with self._reopen() as chunks:
                    Gathering(Cursor(chunks), self._rows).gather()
            except SourceFileError:
                pass  # whoever reads the records meets it, too, and reports it
        return self._rows


def units_of_jurisdictions(names: list[str]) -> dict[str, str]:
    """Give the units that jurisdictions are, from the nearest up: nothing but the county has to say what it is.

    >>> units_of_jurisdictions(["Vanga", "Lunga Lunga", "Kwale County", "Kenya"])
    {'county': 'Kwale County', 'sub_county': 'Lunga Lunga', 'ward': 'Vanga'}
    >>> units_of_jurisdictions(["Lunga Lunga", "Kwale"]), units_of_jurisdictions(["Vanga", "Coast"])
    ({'county': 'Kwale', 'sub_county': 'Lunga Lunga'}, {})
    >>> units_of_jurisdictions(["Vanga", "Lunga Lunga", "Msambweni", "Kwale"])  # nobody can tell which of them it is
    {'county': 'Kwale'}
    """
    at = max((place for place, name in enumerate(names) if is_county(name)), default=None)
    if at is None:
        return {}
    below = zip(BELOW_COUNTY, reversed(names[:at]), strict=False) if at <= len(BELOW_COUNTY) else ()
    return {"county": names[at], **dict(below)}


def _unnamed(record: dict[str, Any], keys: Keys) -> set[str]:
    """Give the units that a record refers to but does not name in words."""
    referred = {link.unit for link in links_of(record)}
    stated = stated_units(record, keys) if referred else {}
    return {unit for unit in referred if ALSO.get(unit, unit) not in stated}


def _plain(name: str, unit: str) -> str:
    return normal_key(name).removesuffix(normal_key(unit))
