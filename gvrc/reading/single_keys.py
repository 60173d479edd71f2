"""Keys that are read in a way of their own: desks of a station, P.O. boxes and addresses, hours, former uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from gvrc.lazy import lazy_pattern
from gvrc.meaning.paths import is_absent, normal_key
from gvrc.meaning.vocabulary import list_words
from gvrc.reading.fitting import HOURS, NO_HOURS, OFF

if TYPE_CHECKING:
    from gvrc.meaning.paths import KeyPath

ADDRESS_AS_TEXT: Final = "humanaddress"
BOXES: Final = frozenset(("pobox", "addresspobox"))
DESKS: Final = frozenset(("desks", "policedesks", "specialdesks", "specialiseddesks", "specializeddesks", "madawati"))
GENDER_DESK: Final = lazy_pattern(r"(?i)gender|s?gbv\b|jinsia")
NAMES_OF_DESKS: Final = frozenset(("name", "desk", "deskname", "jina"))
LABELS: Final = frozenset(("name", "type", "desk", "deskname", "desktype", "jina", "aina"))
TELLS_HOURS: Final = HOURS | list_words("tells_hours")


def decode_address(value: object) -> object:
    """Decode an address that Socrata writes as the text of a JSON object."""
    try:
        said = msgspec.json.decode(value) if isinstance(value, str) else value
    except msgspec.DecodeError:
        return value
    return said if isinstance(said, dict) else value


def as_linked(value: object) -> object:
    """Give what Odoo links to as an object: it writes the id and the name as a pair.

    >>> as_linked([47, "Nairobi"]), as_linked([47, 42])
    ({'id': 47, 'name': 'Nairobi'}, [47, 42])
    """
    is_pair = isinstance(value, list) and list(map(type, value)) == [int, str]
    return dict(zip(("id", "name"), value, strict=True)) if is_pair and isinstance(value, list) else value


def as_box(text: str | None) -> str | None:
    """Add what the key says of a number, which would be bare in an address without it: P.O. Box 46324."""
    return f"P.O. Box {text}" if text and text.strip()[:1].isdigit() else text


def as_hours(text: str | None) -> str | None:
    """Give hours that are off as what they mean; a flag that is off would deny that the place is closed."""
    return "closed" if text is not None and text.strip().lower() == OFF else text


def are_hours(value: object) -> bool:
    """Say whether a value gives hours, and not only says that there are none."""
    return value not in ([], {}) and not (is_absent(value) or (isinstance(value, str) and NO_HOURS.fullmatch(value)))


def is_gender_desk(desk: object) -> bool:
    """Say whether a desk of a police station is the one that survivors are to call."""
    return isinstance(desk, dict) and any(
        normal_key(key) in LABELS and isinstance(value, str) and GENDER_DESK.search(value)
        for key, value in desk.items()
    )


def labels_of_desk(desk: dict[str, Any]) -> set[str]:
    """Give the keys that call a desk a gender desk; beside its officer, that would be taken for a person's name."""
    return {
        key
        for key, value in desk.items()
        if normal_key(key) in NAMES_OF_DESKS and isinstance(value, str) and GENDER_DESK.search(value)
    }


def past_word(key: str) -> str | None:
    """Give the word, in a key in OpenStreetMap's manner, for what a facility is no longer or not yet.

    >>> past_word("disused:amenity"), past_word("was:healthcare"), past_word("disused:building")
    ('disused', 'closed', None)
    >>> past_word("razed:building")
    'demolished'
    """
    prefix, _, tag = key.rpartition(".")[2].partition(":")
    word = LIFECYCLE.get(prefix.lower())
    return word if tag.lower() in MAIN_TAGS or (tag.lower() == BUILDING and word == GONE) else None


def is_of_building(path: KeyPath) -> bool:
    """Say whether a key tells of the building and not of what is in it."""
    return str(path[-1]).lower().endswith(BUILDING)


def is_end_of_element(path: KeyPath) -> bool:
    """Say whether a key is the tag of OpenStreetMap for the day since which something is no more."""
    return len(path) > 1 and path[-1] == "end_date" and path[-2] == "tags"


def is_vacant(value: object) -> bool:
    """Say whether a tag tells that nobody is in a place now: ``amenity: vacant``."""
    return isinstance(value, str) and value.strip().lower() == "vacant"


LIFECYCLE: Final = {
    **{word: word for word in ("disused", "abandoned", "demolished", "closed", "proposed", "planned")},
    "was": "closed",
    "removed": "closed",
    "historic": "closed",
    "ruins": "abandoned",
    "razed": "demolished",
    "destroyed": "demolished",
    "construction": "under construction",
}
BUILDING: Final = "building"
GONE: Final = "demolished"
MAIN_TAGS: Final = frozenset(("amenity", "healthcare", "office", "social_facility", "police", "emergency"))
# With one of these, a place is in use; ``emergency`` only says more of a hospital.
TAGS_OF_USE: Final = frozenset(("amenity", "healthcare", "office", "police", "shop", BUILDING))
