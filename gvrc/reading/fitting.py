"""Which texts of a column could be meant for a field: a UUID is no county, ``deleted: false`` closes nothing."""

from __future__ import annotations

import re
from functools import cached_property
from itertools import chain, filterfalse, product
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, cast

from gvrc.lazy import lazy_pattern
from gvrc.meaning.list_names import is_county
from gvrc.meaning.paths import ABSENT, LONGEST_ABSENT, UUID, KeyPath, is_absent, normal_key
from gvrc.values.closures import read_closed
from gvrc.values.positions import PLUS_CODE
from gvrc.values.projections import IN_METRES
from gvrc.values.synonyms import canonical_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

LIST_FIELDS: Final = ("services", "gbv_categories")

LETTER: Final = lazy_pattern(r"[^\W\d_]")
LETTERS: Final = lazy_pattern(r"[^\W\d_]{3}")
LETTER_OR_DIGIT: Final = lazy_pattern(r"[^\W_]")
DIGIT: Final = lazy_pattern(r"\d")
YES_OR_NO: Final = lazy_pattern(
    r"(?i)\A\s*(?:true|false|yes|no|y|n|t|f|[01](?:\.0)?|active|inactive|open|closed|ndiyo|ndio|hapana|no\W.*(?:clos|shut).*"
    r"|[\u2713\u2714\u2705\u221a\u2717\u2718\u274c]\ufe0f?)\s*\Z"
)
TWO_NUMBERS: Final = lazy_pattern(rf"\d[^\d,;\s]*+[,;\s]\D*+\d|{PLUS_CODE.pattern.removeprefix('(?i)')}", re.IGNORECASE)
NOT_A_TYPE: Final = lazy_pattern(
    r"(?i)(?:feature|node|way|relation|facility|facilities|organi[sz]ation|location|point|row|record|item)s?\Z|node--|SP\.Data\."
)
# That a record is not deleted does not say whether the facility is open.
ONLY_IF_SO: Final = frozenset(
    (
        *("isdeleted", "deleted", "deletedat", "deletedon", "isarchived", "archived", "archivedat"),
        *("retired", "isretired", "dateretired", "voided", "isvoided", "inactive", "isinactive"),
        *("temporarilyclosed", "istemporarilyclosed", "decommissioned", "isdecommissioned"),
        *("defunct", "isdefunct", "suspended", "issuspended", "dissolved", "isdissolved"),
        *("deactivated", "isdeactivated", "deactivatedat", "deactivatedon"),
        *("discontinued", "isdiscontinued", "trashed", "istrashed", "removed", "isremoved", "ceasedoperations"),
        *(f"nolonger{said}" for said in ("operating", "operational", "functional", "inoperation", "inuse", "exists")),
        *("notoperational", "nonoperational", "notfunctional", "nonfunctional"),
        *("statecode", "intrash"),  # the state of a record in Dynamics, which 1 switches off; of a page in Notion
    )
)
# The name of a county, the state of anything, or an older administrative unit.
REGIONS: Final = frozenset(
    ("state", "stateprovince", "addressregion", "billingstate", "countydistrict", "address1stateorprovince")
)
HOURS: Final = frozenset(("openinghours", "hours"))
OFF: Final = "off"  # OpenStreetMap's word for never; a flag that is off denies
NO_HOURS: Final = lazy_pattern(
    r"(?i)\s*(?:off|(?:permanently|temporarily)\s+closed|closed(?:\s+(?:permanently|down|temporarily))?)\s*"
)
# A letter is read as a flag. That a page is published, or how a form was sent in (KoBo), does not say whether the
# facility on it is open.
NO_STATUS: Final = lazy_pattern(r"(?i)\s*(?:[yntf]|publish(?:ed)?|submitted_via_[a-z]+)\s*")
NOT_SO: Final = lazy_pattern(r"(?i)\s*(?:false|no|n|f|0(?:\.0)?|live|active)\s*")
# These mark directions in a location (along Ngong Road, opp. the market), which otherwise names a unit: Dagoretti.
WAY: Final = lazy_pattern(
    r"(?i)\b(?:along|off|near|next|opp|opposite|behind|beside|adjacent|adj|junction|stage|road|rd|street|avenue|ave"
    r"|lane|highway|drive|plaza|building|bldg|house|floor|room|plot|block|market|box|after|before|from"
    r"|kilomet\w+|km|metres|m)\b"
)
# OpenStreetMap's; others name one: Jubilee House.
KIND_OF_BUILDING: Final = lazy_pattern(r"[a-z_]+|(?i:yes|no|true|false)")
# The category of a facility is its kind, or who owns it (the registry of the Social Health Authority).
OWNERSHIP: Final = lazy_pattern(r"(?i)\s*(?:public|private|government|gok|faith[\s-]based|mission|parastatal)\s*")
# The page of a record in the tool where it is kept is not the facility's website.
OWN_SITE: Final = lazy_pattern(r"(?i)\A(?!\s*https?://(?:www\.)?notion\.so/|(?:true|false)\Z)(?=.*[^\W\d_])", re.DOTALL)
MUST_HAVE: Final = {
    **dict.fromkeys(("facility_name", "official_name", "facility_type", "operational_status"), LETTER),
    **dict.fromkeys(("county_name", "constituency_name", "ward_name", "sub_county_name", "place_hint"), LETTER),
    **dict.fromkeys(("owner_name", "owner_type", *LIST_FIELDS), LETTER),
    "website_url": OWN_SITE,
    **dict.fromkeys(("latitude", "longitude", "recorded_on"), DIGIT),
    **dict.fromkeys(("facility_code", "registration_number"), LETTER_OR_DIGIT),
    "is_active": YES_OR_NO,
    "coordinates": TWO_NUMBERS,
    "projection": IN_METRES,
}
SHOWN_BY_FIRST: Final = {LETTER: str.isalpha, DIGIT: str.isdecimal, LETTER_OR_DIGIT: str.isalnum}  # most often
LONGEST_SOURCE_KEY: Final = 500  # characters; the index takes 2,704 bytes, with the name of the source
UUID_LENGTH: Final = 36
UUID_LENGTHS: Final = frozenset((UUID_LENGTH, UUID_LENGTH + 1, UUID_LENGTH + 2))  # without braces, and with


def _is_no_way(text: str) -> bool:
    """Say whether a location gives a unit or a pair of degrees, and not directions."""
    return WAY.search(text) is None or LETTERS.search(text) is None


def _is_no_county(text: str) -> bool:
    return not is_county(text)


def _is_no_known_type(text: str) -> bool:
    return canonical_name("facility_types", text) is None


def _is_no_ownership(text: str) -> bool:
    return OWNERSHIP.fullmatch(text) is None


def _says_not_closed(text: str) -> bool:
    """Say whether what tells the state of anything, or of a region, says nothing of being closed."""
    return read_closed(text) is None


def _is_open_at_times(text: str) -> bool:
    return NO_HOURS.fullmatch(text) is None


def is_of_the_licence(text: str) -> bool:
    """Say whether the status of a licence says nothing of its facility: that is open while a renewal is pending.

    >>> [is_of_the_licence(text) for text in ("Incomplete", "Pending", "Revoked", "License suspended", "Struck off")]
    [True, True, False, False, False]
    """
    return TAKEN.search(text) is None


TAKEN: Final = lazy_pattern(
    r"(?i)suspen|revo[ck]|cancel|withdr|struck|surrender|clos|shut|defunct|n(?:ot|on)\b.?(?:operat|function)"
)

# Google's name of a place, of a business and of a document of Firestore is the path of its key.
RESOURCE: Final = lazy_pattern(r"(?:places|projects|accounts|locations)/\S+")
# Of an organisation's record these may only say that it has one.
MAY_BE_A_SITE: Final = frozenset(
    (
        *("facilitysite", "servicepoint", "servicedeliverypoint", "site", "sitename", "healthfacility", "kituo"),
        *("rescuecentre", "rescuecenter", "hospital", "station", "policestation"),
    )
)
# Nominatim's display name is the name followed by everything around the place.
WHOLE_ADDRESS: Final = lazy_pattern(r"(?i).+,.+,\s*kenya\s*")

# By field: the words of keys, and the pattern of texts under them that are not meant for the field.
UNFIT: Final[dict[str, tuple[tuple[Collection[str], Callable[[str], object]], ...]]] = {
    "facility_name": (
        (("name",), RESOURCE.fullmatch),
        (("displayname",), WHOLE_ADDRESS.fullmatch),
        (MAY_BE_A_SITE, YES_OR_NO.fullmatch),
    ),
    "county_name": ((REGIONS, _is_no_county),),
    "address": ((("building",), KIND_OF_BUILDING.fullmatch), (("location",), _is_no_way)),
    "is_closed": (
        (ONLY_IF_SO, NOT_SO.fullmatch),
        (HOURS, _is_open_at_times),
        (("rowstatus", "recordstatus", "state", "code"), _says_not_closed),
    ),
    "facility_type": (
        (("type", "typename"), NOT_A_TYPE.match),
        (("socialfacility",), _is_no_known_type),
        (("facilitycategory",), OWNERSHIP.fullmatch),
    ),
    "owner_type": ((("facilitycategory",), _is_no_ownership),),
    "operational_status": ((("licencestatus", "licensestatus"), is_of_the_licence),),
}


class DistinctTexts:
    """The distinct texts of a column, asked what each could be meant for."""

    def __init__(self, texts: Sequence[str | None]) -> None:
        self.texts = set(cast("Sequence[str]", texts))
        self.texts.discard(cast("str", None))
        self.lengths = set(map(len, self.texts))
        self.without: dict[re.Pattern[str], set[str]] = {}  # pattern -> the texts that it is not in

    def saying_nothing(self) -> set[str]:
        """Give the texts that only say that there is none."""
        if min(self.lengths) > LONGEST_ABSENT or ABSENT_SPELLINGS.isdisjoint(map(str.strip, self.texts)):
            return set()
        return set(filter(is_absent, self.texts))

    def unfit(self, field: str, path: KeyPath) -> set[str]:
        """Give the texts that cannot be meant for a field."""
        if field == "geometry":
            return self.texts
        pattern = MUST_HAVE.get(field)
        unfit = set(self._without(pattern)) if pattern else set()
        if pattern in (LETTER, LETTER_OR_DIGIT):
            unfit |= self.texts & {"true", "false"}
        if field == "source_key":
            unfit |= self.too_long
        else:
            unfit |= self.ids
        word = normal_key(str(path[-1]))
        for words, is_unfit in UNFIT.get(field, ()):
            if word in words:
                unfit.update(filter(is_unfit, self.texts))
        if field == "operational_status":
            unfit.update(filter(NO_STATUS.fullmatch, self.texts))
        return unfit

    @cached_property
    def ids(self) -> set[str]:
        """Give the UUIDs among the texts."""
        if self.lengths.isdisjoint(UUID_LENGTHS):
            return set()
        return set(filter(UUID.fullmatch, [text for text in self.texts if len(text) in UUID_LENGTHS]))

    @property
    def too_long(self) -> set[str]:
        """Give the texts that are too long to be looked up in an index: no key, but a picture or a whole document."""
        if max(self.lengths) <= LONGEST_SOURCE_KEY:
            return set()
        return {text for text in self.texts if len(text) > LONGEST_SOURCE_KEY}

    def _without(self, pattern: re.Pattern[str]) -> set[str]:
        if pattern not in self.without:
            self.without[pattern] = set(filterfalse(pattern.search, self._doubtful(pattern)))
        return self.without[pattern]

    def _doubtful(self, pattern: re.Pattern[str]) -> Iterable[str]:
        """Give the texts whose first letter does not already prove that the pattern is in them."""
        shows = SHOWN_BY_FIRST.get(pattern)
        if shows is None or 0 in self.lengths:
            return self.texts
        doubtful = set(filterfalse(shows, self.firsts))
        return [text for text in self.texts if text[0] in doubtful] if doubtful else ()

    @cached_property
    def firsts(self) -> set[str]:
        """Give the first letters of the texts."""
        return set(map(itemgetter(0), self.texts))


def _spellings(text: str) -> Iterable[str]:
    """Give the spellings in small and capital letters that occur: of a short text (NaN, N/a) all of them."""
    if len(text) > SHORT:
        return (text, text.upper(), text.title(), text.capitalize())
    return map("".join, product(*({letter, letter.upper()} for letter in text)))


SHORT: Final = 4
ABSENT_SPELLINGS: Final = frozenset(chain.from_iterable(map(_spellings, ABSENT)))


def is_list_of_names(values: list[Any]) -> bool:
    """Say whether a list may have names: not one of keys of another table, which are numbers or UUIDs."""
    return not all(type(value) is int or (type(value) is str and _is_uuid(value)) for value in values)


def _is_uuid(text: str) -> bool:
    return len(text) == UUID_LENGTH and text[8:9] == text[13:14] == "-"


def is_pair(values: list[Any]) -> bool:
    """Say whether a list may be a point: two numbers, or three with the height."""
    return len(values) in (2, 3) and all(
        type(value) in (int, float) or (type(value) is str and DIGIT.search(value)) for value in values
    )
