"""The keys of a record, their paths and the values there, before anything is known of their meaning.

Keys are compared by their letters and digits in lower case: ``Keph level`` is ``keph_level``. A path is a tuple of
keys, with the place in a list as an int: ``("identifier", 0, "value")``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from gvrc.lazy import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

KeyPath = tuple[str | int, ...]

UUID: Final = lazy_pattern(r"\{?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?")
LONGEST_ABSENT: Final = 12  # characters
# What is written in the place of a value, by people, programs, spreadsheets and forms; in lower case.
SAYS_NONE: Final = (
    *("none", "null", "nan", "n/a", "na", "nil", "unknown", "undefined"),
    *("#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#num!", "#null!", "#spill!", "#calc!", "#error!"),
    *("(blank)", "--select--", "-- select --"),
)
ABSENT: Final = frozenset(
    (*SAYS_NONE, "", "-", "--", "---", ".", "<na>", *("#" * width for width in range(2, LONGEST_ABSENT + 1)))
)

# What a record takes from the keys and objects around it is put into it under these keys; what it says itself counts.
PARENT_COUNTY: Final = "parent_county"
PARENT_CONSTITUENCY: Final = "parent_constituency"
PARENT_SUB_COUNTY: Final = "parent_sub_county"
PARENT_WARD: Final = "parent_ward"
PARENT_GROUP: Final = "parent_group"
PARENT_CLOSED: Final = "parent_closed"
PARENT_PLACE: Final = "parent_place"
PARENT_KEY: Final = "parent_key"
PARENT_OWNER: Final = "parent_owner"
PARENT_OWNER_TYPE: Final = "parent_owner_type"
PARENT_STATUS: Final = "parent_status"
PARENT_SERVICES: Final = "parent_services"
PARENT_CONTACTS: Final = "parent_contacts"
PARENT_GEOMETRY: Final = "parent_geometry"
PARENT_PROJECTION: Final = "parent_projection"
PARENT_KEYS: Final = frozenset(
    (
        *(PARENT_COUNTY, PARENT_CONSTITUENCY, PARENT_SUB_COUNTY, PARENT_WARD, PARENT_PLACE, PARENT_GEOMETRY),
        *(PARENT_GROUP, PARENT_CLOSED, PARENT_KEY, PARENT_OWNER, PARENT_OWNER_TYPE, PARENT_STATUS),
        *(PARENT_SERVICES, PARENT_CONTACTS, PARENT_PROJECTION),
    )
)

HIT: Final = "_source"  # Elasticsearch's wrapper; source without the mark is the body that a record came from
# Objects that only wrap a record or a part of it: their contents are read as if they stood outside.
WRAPPER: Final = lazy_pattern(
    r"(properties|attributes|fields|tags|extratags|resource|facility|node|doc|identification|general|basic|profile|metadata|acf"
    r"|customdata|customfields|extradata|values"
    r"|(facility|basic|general|main|hospital|station|organization|organisation)(details?|info|information|data|profile))"
)
MAX_KNOWN_PATHS: Final = 50_000  # of one more than are remembered, read in order, each would be looked up anew


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def normal_key(key: str) -> str:
    """Reduce a key to its letters and digits in lower case; SharePoint writes other characters as their numbers.

    The number of a question is dropped: in a form, every key has one.

    >>> normal_key("Sub_x0020_County"), normal_key("OData__x0057_ard"), normal_key("Q2. Ward"), normal_key("24 hours")
    ('subcounty', 'ward', 'ward', '24hours')
    >>> normal_key("3_Ward"), normal_key("24_Hours"), normal_key("2_bed_ward")
    ('ward', '24hours', '2bedward')
    """
    if "_x00" in key:
        key = SIGN.sub(lambda found: chr(int(found[1], 16)), key.removeprefix("OData_"))
    return "".join(filter(str.isalnum, NUMBER_OF_QUESTION.sub("", key, 1))).lower()


SIGN: Final = lazy_pattern(r"_x(00[0-9A-Fa-f]{2})_")
# Google Forms, Microsoft Forms: 2. County; 3) Ward; Q4: Phone number; 1.2 Name. Epicollect: 1_Facility_name.
NUMBER_OF_QUESTION: Final = lazy_pattern(
    r"\A\s*(?:[Qq]\.?\s?)?\(?\d{1,2}(?:\.\d{1,2})?[a-z]?(?:\s*[):]\s*|\s*\.(?:\s+|(?=[A-Z]))|(?<=\.\d)\s+|(?<!24)_(?=[A-Z]))(?=[^\W\d_])"
)


def is_absent(value: object) -> bool:
    """Say whether a value only says that there is none."""
    return value is None or (
        isinstance(value, str) and len(value) <= LONGEST_ABSENT and value.strip().lower() in ABSENT
    )


def is_flag(value: object) -> bool:
    """Say whether a value only says yes, no or nothing."""
    return is_absent(value) or isinstance(value, bool) or (isinstance(value, str) and value.strip().lower() in FLAGS)


FLAGS: Final = frozenset(("yes", "no", "true", "false", "y", "n", "ndiyo", "ndio", "hapana"))
SAYS_THAT_IT_IS_A_LIST: Final = frozenset(("list", "lists", "data", "records", "details", "info", "register", "table"))
KEY_WORDS: Final = lazy_pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+")  # in snake or camel case


def is_group(key: object) -> bool:
    """Say whether an object under this key is a group of questions of a form: in ODK objects, in KoBo parts of keys."""
    return isinstance(key, str) and GROUP_MARK.match(key) is not None


GROUP_MARK: Final = lazy_pattern(r"(?i)^(?:grp|group|sec|section)[_-]")  # of the questions of a form: grp_survivor


def words_of_key(key: str) -> list[str]:
    """Split a key into its words in lower case, without words that only say that it is a list.

    >>> words_of_key("focalPersons_list")
    ['focal', 'persons']
    """
    words = [word.lower() for word in KEY_WORDS.findall(key)]
    while words and words[-1] in SAYS_THAT_IT_IS_A_LIST:
        words.pop()
    return words


def is_answer(value: object) -> TypeGuard[dict[str, Any]]:
    """Say whether an object is an answer in a flow of RapidPro, which has the question as its name."""
    return isinstance(value, dict) and value.keys() >= ANSWER


ANSWER: Final = frozenset(("value", "category", "node"))


def is_property(value: object) -> TypeGuard[dict[str, Any]]:
    """Say whether an object is a property in Notion: a type, and under the name of that type the value."""
    if not isinstance(value, dict) or "id" not in value:
        return False
    kind = value.get("type")
    return isinstance(kind, str) and kind in PROPERTIES and kind in value


PROPERTIES: Final = frozenset(
    (
        *("title", "rich_text", "select", "status", "multi_select", "date", "people", "relation", "files", "formula"),
        *("rollup", "unique_id", "created_by", "last_edited_by", "checkbox", "number", "email", "phone_number", "url"),
        *("created_time", "last_edited_time", "place", "button", "verification"),
    )
)


def text_of_property(value: dict[str, Any]) -> object:
    """Give what a property in Notion says; None for people, for other pages and for what cannot be put into words.

    >>> text_of_property({"id": "a", "type": "select", "select": {"id": "b", "name": "Siaya"}})
    'Siaya'
    """
    said = value[value["type"]]
    match value["type"], said:
        case (("title" | "rich_text"), list()):
            return "".join(str(part.get("plain_text") or "") for part in said if isinstance(part, dict)) or None
        case (("select" | "status"), dict()):
            return said.get("name")
        case "multi_select", list():
            return [part.get("name") for part in said if isinstance(part, dict)] or None
        case "date", dict():
            return said.get("start")
        case "formula", dict():
            return said.get(str(said.get("type")))
    return said if isinstance(said, (str, int, float)) else None


def says_one_value(value: object) -> bool:
    """Say whether an object only wraps one value: an answer in a flow, or a property."""
    return is_answer(value) or is_property(value)


def unwrapped(record: dict[str, Any], depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Give the keys of a record with their values, and those in what only wraps it (GeoJSON's properties)."""
    for key, value in record.items():
        if isinstance(value, dict) and is_wrapper(key) and depth < MAX_DEPTH:
            yield from unwrapped(value, depth + 1)
        else:
            yield key, value


def leaves(value: object, path: KeyPath = ()) -> list[tuple[KeyPath, Any]]:
    """List the leaf values of the objects inside a value, with their paths; a list counts as a leaf."""
    if not isinstance(value, dict) or len(path) > MAX_DEPTH:
        return [(path, value)]
    if path and is_answer(value):  # not a record that is written like an answer: its value would have no key
        return [(path, value["value"])]
    if path and is_property(value):
        return [(path, text_of_property(value))]
    found: list[tuple[KeyPath, Any]] = []
    for key, inner in value.items():
        if isinstance(inner, dict):
            found += leaves(inner, (*path, key))
        else:
            found.append(((*path, key), inner))
    return found


MAX_DEPTH: Final = 8


def value_at(path: KeyPath, record: dict[str, Any]) -> object:
    """Give what stands in a record at a path, or None where the record has no such path."""
    value: Any = record
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def is_wrapper(key: str) -> bool:
    """Say whether what stands under this key is read as if it stood outside."""
    return key == HIT or WRAPPER.fullmatch(normal_key(key)) is not None
