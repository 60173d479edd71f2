"""What the walk through a document meets, for the report: where records are, what else there is, further pages."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from gvrc.lazy import lazy_pattern
from gvrc.masking import HIDDEN
from gvrc.meaning.paths import normal_key
from gvrc.meaning.shown_keys import describe_keys, shown_path
from gvrc.structs import Struct, field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvrc.meaning.paths import KeyPath
    from gvrc.reading.shared_points import Point

SEEN_TOLD: Final = 5


class Walked(Struct):
    """What the walk through a document met."""

    lists: dict[str, int] = field(default_factory=dict)  # path -> records found there
    seen: dict[str, str] = field(default_factory=dict)  # what holds no facilities -> where it was first met
    passed_over: Counter[str] = field(default_factory=Counter)  # other things in a list of facilities, by kind
    declared_count: int | None = None  # the document's own count of its records
    has_next_page: bool = False
    not_inherited: dict[str, None] = field(default_factory=dict)  # keys of places beside the records of a large object
    no_codes: dict[KeyPath, None] = field(default_factory=dict)  # where codes are that distinguish no facilities
    no_points: frozenset[Point] = frozenset()  # that facilities of many wards share

    def add(self, path: tuple[str, ...], records: int) -> None:
        """Count records under the path where they were found."""
        shown = shown_path(path) if path else "the document itself"
        self.lists[shown] = self.lists.get(shown, 0) + records

    def look_at(self, path: tuple[str, ...], values: list[object]) -> None:
        """Remember what a place holds, for the error if there are no facilities at all."""
        if len(self.seen) < SEEN_TOLD:
            place = shown_path(path) if path else "the document"
            if place not in self.seen.values():
                self.seen.setdefault(_describe(path, values), place)

    def note_facts(self, value: dict[str, Any]) -> None:
        """Note what an object around records says of their number and of further pages."""
        for key, inner in value.items():
            if not isinstance(inner, (dict, list)):
                self.note_fact(key, str(inner))

    def note_fact(self, key: str, value: str) -> None:
        """Note what a scalar around records says of these two."""
        word = normal_key(key)
        if word in COUNT_KEYS and value.isdecimal():
            self.declared_count = int(value)
        elif _says_more(word, value.lower()):
            self.has_next_page = True

    def path_taken(self) -> str:
        """Name the places where records were found, as many as fit into a line."""
        lists = list(self.lists)
        more = f" and {len(lists) - LISTS_TOLD} more" if len(lists) > LISTS_TOLD else ""
        return ", ".join(lists[:LISTS_TOLD]) + more

    def what_was_seen(self) -> str:
        """Describe what is in a document without facilities."""
        seen = "; ".join(f"{where} {what}" for what, where in self.seen.items())
        return seen or "nothing in it has the name of a facility"

    def notes(self, read: int) -> Iterator[str]:
        """Say what a document of ``read`` records states of itself or leaves out, and what was passed over in it."""
        for kind, count in self.passed_over.items():
            yield f"passed over: {count:,} {kind}"
        for key in self.not_inherited:
            told = f"it names {key} beside its records and is too large for them to inherit it"
            yield f"{told}: pin a default in sources.yaml"
        for path in self.no_codes:
            yield f"{shown_path(tuple(map(str, path)))} is read as no facility's code: many names share each value"
        if self.has_next_page:
            yield "the file says that there is a next page"
        if self.declared_count not in (None, read):
            yield f"the file says that there are {self.declared_count:,} records, it holds {read:,}"


LISTS_TOLD: Final = 8
COUNT_KEYS: Final = frozenset(("count", "total", "totalcount", "totalrecords", "totalresults", "numberofrecords"))
NEXT_KEYS: Final = frozenset(
    (
        *("next", "nextpage", "nextpageurl", "nexturl", "odatanextlink", "nextlink", "nextpagetoken", "nexttoken"),
        *("nextcursor", "nextoffset", "continuationtoken"),
    )
)
MORE_KEYS: Final = frozenset(("hasmore", "hasnext", "hasnextpage", "hasmorepages", "exceededtransferlimit"))
LAST_KEYS: Final = frozenset(("last", "islast", "islastpage"))


def _says_more(word: str, value: str) -> bool:
    """Say whether a key around records announces more; Airtable's offset is a text, others' offset is a number."""
    if word == "offset":
        return value.startswith(("itr", "rec"))
    if word in MORE_KEYS | LAST_KEYS:
        return value == ("true" if word in MORE_KEYS else "false")
    return word in NEXT_KEYS and value not in ("null", "none", "", "false")


def is_next_link(value: object) -> bool:
    """Say whether an entry of a FHIR or web link list points to a further page."""
    return isinstance(value, dict) and "next" in (value.get("relation"), value.get("rel"))


def _describe(path: tuple[str, ...], values: list[object]) -> str:
    if objects := [value for value in values if isinstance(value, dict)]:
        return f"holds objects with the keys {describe_keys(path, objects)}"
    return "is an empty list" if not values else "is a list without objects"


def shown_kind(kind: str) -> str:
    """Give the kind that a resource says it is, unless that is no word of a schema."""
    return kind if KIND.fullmatch(kind) else HIDDEN


KIND: Final = lazy_pattern(
    r"[A-Za-z]+(?:[_-][A-Za-z]+)*|(?:node|way|relation) without tags|organisation unit of level \d+"
)
