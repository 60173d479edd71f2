"""What a path means by the table of keys: as it is, inside a place, in a form, flattened, marked by its system."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from gvrc.lazy import lazy_pattern
from gvrc.meaning.key_table import Meaning, cut_off_key, key_table
from gvrc.meaning.paths import (
    GROUP_MARK,
    HIT,
    WRAPPER,
    KeyPath,
    is_group,
    is_wrapper,
    normal_key,
    words_of_key,
)
from gvrc.meaning.person_words import is_people, is_person_word
from gvrc.meaning.vocabulary import list_words

if TYPE_CHECKING:
    from collections.abc import Iterator


PLACE_PARENTS: Final = list_words("place_parents")
PLACE_FIELDS: Final = frozenset(
    (
        *("county_name", "constituency_name", "ward_name", "sub_county_name", "place_hint"),
        *("latitude", "longitude", "coordinates", "geometry", "address"),
    )
)
LOCALES: Final = frozenset(("enus", "engb", "enke"))  # Contentful's: what a field says in a language
NAME_CHILDREN: Final = LOCALES | frozenset(
    ("name", "label", "title", "display", "displayvalue", "text", "value", "en", "english", "rendered")
)
OF_ANYTHING: Final = frozenset(
    ("code", "type", "status", "id", "uuid", "level", "category", "number", "state", "owner")
)
# MongoDB's export writes a number or a day as an object that names its type.
TYPED_VALUES: Final = frozenset(
    ("$oid", "$date", "$numberInt", "$numberLong", "$numberDouble", "$numberDecimal", "$uuid", "$symbol")
)
# What a key links to may stand in its place: {"ward_id": {"name": "Lindi"}} (Directus).
LINKS: Final = {f"{unit}id": unit for unit in ("county", "constituency", "subcounty", "ward")}
# Airtable's lookup of a place in another table. What else is looked up there is of that: Name (from Ward).
LOOKED_UP: Final = lazy_pattern(r"(?i)\A((?:county|constituency|ward|sub[ _-]?county)(?: name)?) \(from [^()]+\)\Z")
CUSTOM: Final = lazy_pattern(
    r"(?<=[^_])__[crs]\Z|^(?:field|new|cr[0-9a-f]{3,5})_(?=\w)(?!(?:name|label|title|text|value|code|type|status|id|uuid|number|state|owner|offices?)\Z)"
)
UNIT_IN_KEY: Final = lazy_pattern(r"(.+?)\s*[(\[]([^()\[\]]*)[)\]]\s*")
HOW_TO_FILL_IN: Final = lazy_pattern(
    r"(?i)\s*(?:official|optional|required|mandatory|in full|in english|english|as (?:per|in|it appears)\b.*"
    r"|(?:if|where) (?:any|applicable|available|known)|e\.?g\b.*|(?:for the )?public"
    r"|(?:select|tick|choose|separate|use)\b.*|gbv|sgbv)\s*"
)
REMARK: Final = lazy_pattern(r"\([^()]*\)")  # (tick all that apply)
PART_OF_POINT: Final = lazy_pattern(r"(?i)_?(?P<question>[^_\W].*)[_-](?P<axis>latitude|longitude)")
ASKS_FOR_POINT: Final = frozenset(
    ("gps", "location", "coordinates", "coordinate", "geopoint", "geolocation", "position")
)
OF_ELSEWHERE: Final = frozenset(
    (
        *("home", "household", "residence", "respondent", "my", "your", "nearest", "previous", "start", "end"),
        *("nearby", "closest", "referral", "referred", "referring", "water", "borehole", "incident", "current"),
    )
)
OF_OTHERS: Final = frozenset(("nearest", "nearby", "closest", "previous", "referring", "donor", "funder", "sponsor"))
ASKING: Final = list_words("asking")
ASKED: Final = list_words("asked")
UNITS_ASKED: Final = frozenset(("county", "subcounty", "constituency", "ward"))
OF_WHO_ANSWERS: Final = frozenset(("you", "your", "do", "does", "did", "who"))
OFFERING: Final = list_words("offering")
DEGREES: Final = frozenset(("latitude", "longitude", "coordinates"))
# location.county.name; ActivityInfo's have spaces: Focal point.Phone
FLATTENED: Final = lazy_pattern(r"(?:[A-Za-z][\w ]*(?:\[\d+\])?\.)+[A-Za-z][\w ]*(?:\[\d+\])?")
PLACE_IN_LIST: Final = lazy_pattern(r"\[\d+\]")
OF_FACILITY: Final = lazy_pattern(r"\A(?:[Ff]ac(?:ility)?|FAC(?:ILITY)?)(?:[\W_]+|(?=[A-Z]))")
OF_ANOTHER_BODY: Final = frozenset(("facility_name", "source_key"))  # facility_organization: whose it is
OF_NO_METADATA: Final = frozenset(("source_key",))
OF_NO_UNIT: Final = frozenset(("latitude", "longitude", "coordinates", "geometry", "address"))
UNITS: Final = list_words("units")
# Added to ranks: what a key says itself goes before the name inside it, and that before what a place says.
OF_A_CHILD: Final = 500
INSIDE_A_PLACE: Final = 1000


def words_of_path(path: KeyPath) -> tuple[str, ...]:
    """Give the keys of a path as the table has them: without places in lists, marks of systems, and ids for links."""
    words = ["doc" if key == HIT else normal_key(without_marks(key)) for key in path if isinstance(key, str)]
    return (*(LINKS.get(word, word) for word in words[:-1]), *words[-1:])


def without_marks(key: str) -> str:
    """Take the marks off a column that its user has added: in Salesforce, in Drupal and in Dynamics.

    >>> [without_marks(key) for key in ("Ward__c", "field_ward", "new_ward", "field_name", "field_office")]
    ['Ward', 'ward', 'ward', 'field_name', 'field_office']
    """
    return CUSTOM.sub("", LOOKED_UP.sub(r"\1", key))


def meanings_of_words(words: tuple[str, ...], path: KeyPath) -> tuple[Meaning, ...]:
    """Give the meanings of a path and its words, nothing where nobody knows it."""
    words = (*_without_wrappers(words), *words[-1:])
    if direct := key_table().get(words):
        return direct
    key = str(path[-1])
    if "/" in key or any(map(is_group, path[:-1])):
        return _of_form(key.split("/") if "/" in key else [part for part in path if isinstance(part, str)])
    if len(words) == 1:
        return _of_column(words[0], key)
    if words[-2] in PLACE_PARENTS and (inside := _in_place(words)):
        return inside
    if words[-1] in NAME_CHILDREN or key in TYPED_VALUES:
        is_typed_twice = path[-2] in TYPED_VALUES  # {"$date": {"$numberLong": ..}}
        above = meanings_of_words(words[:-1], path[:-1] if is_typed_twice else words[:-1])
        return tuple(Meaning(field, rank + OF_A_CHILD) for field, rank in above)
    return ()


def _without_wrappers(words: tuple[str, ...]) -> Iterator[str]:
    """Give the words above a key but those that only wrap: ``ward.data.attributes.name`` (Strapi) is ``ward.name``."""
    for word, inner in pairwise(words):
        is_around = WRAPPER.fullmatch(word) or word in LOCALES
        if not is_around and not (word == "data" and inner == "attributes"):
            yield word


def _of_column(word: str, key: str) -> tuple[Meaning, ...]:
    """Give the meaning of a key that stands alone and is not in the table as it is."""
    if FLATTENED.fullmatch(key):
        return _of_flattened(key.split("."))
    return _with_unit(key) or cut_off_key(word, key) or _of_question(key) or _part_of_point(key) or _of_facility(key)


def _of_facility(key: str) -> tuple[Meaning, ...]:
    """Give the meaning of a key that says of itself that it is the facility's, as it would have inside ``facility``.

    >>> [[of.field for of in _of_facility(key)] for key in ("fac_status", "facilityLicenceStatus", "facility_station")]
    [['operational_status', 'is_active'], ['operational_status'], []]
    """
    known = key_table().get((normal_key(OF_FACILITY.sub("", key)),), ()) if OF_FACILITY.match(key) else ()
    return tuple(Meaning(field, rank + OF_A_CHILD) for field, rank in known if field not in OF_ANOTHER_BODY)


def _part_of_point(key: str) -> tuple[Meaning, ...]:
    """Give the meaning of a part of a point that a form asked for: ``_Record your location_latitude`` (KoBo, ODK).

    >>> [bool(_part_of_point(f"_{of}_latitude")) for of in ("GPS of the facility", "GPS of survivor", "Next visit")]
    [True, False, False]
    >>> [bool(_part_of_point(f"_{of}_latitude")) for of in ("Location of referral facility", "Current location")]
    [False, False]
    """
    found = PART_OF_POINT.fullmatch(key)
    words = words_of_key(found["question"]) if found else []
    if not found or ASKS_FOR_POINT.isdisjoint(words) or any(map(_is_of_another, words)):
        return ()
    known = key_table()[(found["axis"].lower(),)]
    return tuple(Meaning(field, rank + OF_A_CHILD) for field, rank in known)


def _is_of_another(word: str) -> bool:
    """Say whether a word of a question tells that it does not ask for the place of the facility."""
    return is_person_word(word) or word in OF_ELSEWHERE or word in UNITS


def _of_question(key: str) -> tuple[Meaning, ...]:
    """Give the meaning of a question that a form asks of a facility: ``Which county is the facility located in?``.

    What is left without the words of asking must be a key that is known. Of whom it is asked must be said: "your
    county" alone is that of somebody; but "Which ward?" says no more and no less than "Ward".

    >>> [[of.field for of in _of_question(key)] for key in ("Which ward?", "Select the sub-county", "Your ward")]
    [['ward_name'], ['sub_county_name'], []]
    """
    words = [word.lower() for word in re.findall(r"[^\W\d_]+", REMARK.sub("", key))]
    asked = "".join(word for word in words if word not in ASKING | ASKED | OFFERING)
    is_of_a_unit = asked in UNITS_ASKED and OF_WHO_ANSWERS.isdisjoint(words)
    is_question = not ASKING.isdisjoint(words) and (is_of_a_unit or not (ASKED | OFFERING).isdisjoint(words))
    if not is_question or (asked in OF_ANYTHING and not OFFERING.isdisjoint(words)):  # type of shelter provided
        return ()
    known = key_table().get((asked,), ())
    return tuple(Meaning(field, rank + OF_A_CHILD) for field, rank in known)


def _with_unit(key: str) -> tuple[Meaning, ...]:
    """Give the meaning of a column of degrees that names their unit (``Lat (deg)``, ``GPS [DMS]``).

    Of any other key a remark may be left out only if it says how to fill it in: Phone (survivor) is not the facility's.

    >>> [[of.field for of in _with_unit(key)] for key in ("Lat (deg)", "Phone (public)", "Phone (survivor)")]
    [['latitude'], ['contacts'], []]
    """
    found = UNIT_IN_KEY.fullmatch(key)
    known = key_table().get(words_of_path(found.groups()[:1]), ()) if found else ()
    is_how = found is not None and HOW_TO_FILL_IN.fullmatch(found[2]) is not None
    return tuple(meaning for meaning in known if is_how or meaning.field in DEGREES)


def _of_flattened(parts: list[str]) -> tuple[Meaning, ...]:
    """Give the meaning of a path that was written as one key: what it would be if it stood as objects.

    An object of contacts is read as a whole where it stands as one, so that the table need not know what is inside.

    >>> [[of.field for of in _of_flattened([above, "phone"])] for above in ("contacts", "contact_details", "survivor")]
    [['contacts'], ['contacts'], []]
    """
    names = tuple(PLACE_IN_LIST.sub("", part) for part in parts)
    if any(name != part and is_wrapper(name) for name, part in zip(names, parts, strict=True)):
        return ()  # of a list of tags
    taken = fields_of_others(names[:-1])
    words = words_of_path(names)
    found = meanings_of_words(words, names) or _of_contacts(words)
    return tuple(meaning for meaning in found if meaning.field not in taken)


def _of_contacts(words: tuple[str, ...]) -> tuple[Meaning, ...]:
    """Give contacts as the meaning of a key that means them, inside another one that does."""
    *_, above, word = (tuple(of for of in key_table().get((word,), ()) if of.field == "contacts") for word in words)
    return tuple(meaning._replace(rank=meaning.rank + OF_A_CHILD) for meaning in word if above)


def fields_of_others(above: KeyPath) -> frozenset[str]:
    """Give the fields that are none of the record's under these keys: the key of a data set, the centre of a ward."""
    taken = OF_NO_METADATA if "metadata" in words_of_path(above) else frozenset()
    return taken | OF_NO_UNIT if is_of_unit(above) else taken


def is_of_unit(path: KeyPath) -> bool:
    """Say whether what stands under these keys is that of a unit of places, or of all that a facility serves.

    >>> is_of_unit(("ward", "centroid")), is_of_unit(("subCountyGeom",)), is_of_unit(("location", "point"))
    (True, True, False)
    """
    return any(not UNITS.isdisjoint(words_of_key(key)) for key in path if isinstance(key, str))


def _in_place(words: tuple[str, ...]) -> tuple[Meaning, ...]:
    """Give the meaning of a key inside a location or an address: places, coordinates and addresses only."""
    if words[-2] in ("county", "constituency", "ward") and words[-1] in NAME_CHILDREN:
        return key_table()[words[-2:-1]]
    known = meanings_of_words(words[-1:], words[-1:])
    return tuple(Meaning(field, rank + INSIDE_A_PLACE) for field, rank in known if field in PLACE_FIELDS)


def _of_form(parts: list[str]) -> tuple[Meaning, ...]:
    """Give the meaning of a question inside a group of a survey form (``group_a/facility_name``: KoBo, ODK).

    A word that many things have is read with its group only: ``contact_person/name`` is no facility's name. The number
    of a respondent, or of a survivor, is none of the facility's, and what is asked of another place is none of it.

    >>> [bool(_of_form([group, "phone"])) for group in ("group_b", "respondent", "nearest_facility", "submitted_by")]
    [True, False, False, False]
    """
    if any(map(_is_of_another_place, parts[:-1])):
        return ()
    whole, question = words_of_path(tuple(parts)), normal_key(parts[-1])
    if found := key_table().get(whole[-2:]):
        return found
    if part := _part_of_point(parts[-1]):
        return part if not any(map(is_people, parts[:-1])) else ()
    known = () if question in NAME_CHILDREN | OF_ANYTHING else key_table().get((question,), ())
    is_theirs = any(is_people(group) and not _is_of_facility(group) for group in parts[:-1])
    return tuple(meaning for meaning in known if not (is_theirs and meaning.field == "contacts"))


def _is_of_another_place(group: str) -> bool:
    """Say whether a group of questions is of another place than the facility, or of who sent or pays for something."""
    words = words_of_key(GROUP_MARK.sub("", group))
    return not OF_OTHERS.isdisjoint(words) or words[-1:] == ["by"]


def _is_of_facility(group: str) -> bool:
    """Say whether a group of questions is of the people to ask for at a facility."""
    word = normal_key(GROUP_MARK.sub("", group))
    return word.startswith(("contact", "focal", "mhusika", "msimamizi", "afisa")) or any(
        meaning.field == "contacts" for meaning in key_table().get((word,), ())
    )
