"""Records of content systems, whose name stands under ``title``: WordPress, Drupal, SharePoint, Microsoft Graph.

A title is as often that of a page, a training or a person. It names a facility if it has a word that places are called
by, and the record says where that is or how to reach it, and has nothing of an article or an event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gvrc.lazy import lazy_pattern
from gvrc.meaning.paths import is_absent, is_wrapper, normal_key, unwrapped
from gvrc.meaning.person_words import OF_A_PLACE, is_role
from gvrc.meaning.vocabulary import list_words

if TYPE_CHECKING:
    from gvrc.meaning.meanings import Keys
    from gvrc.meaning.paths import KeyPath

TITLES: Final = ("title", "posttitle", "store", "label")  # "post_title" is WordPress's own, "store" its locator's
TITLE_KEYS: Final = ("rendered", "value")  # WordPress's title is {"rendered": ..}, Drupal's [{"value": ..}]
LONGEST_TITLE: Final = 12  # words; a longer one reports what happened
FEWEST: Final = frozenset(
    (
        *("constituency_name", "ward_name", "latitude", "coordinates", "geometry", "contacts", "services"),
        *("facility_code", "registration_number"),
    )
)
ARTICLES: Final = list_words("articles")
OF_AN_EVENT: Final = list_words("of_an_event")
UNDERTAKEN: Final = lazy_pattern(
    r"(?i)\b(?:trainings?|workshops?|events?|meetings?|campaigns?|conferences?|webinars?|reports?|guidelines?|launch\w*"
    r"|tenders?|vacanc\w+|directory|list of|registers?|survey|assessment|open(?:s|ing)|news\w*|days?|week|job"
    r"|polic(?:y|ies))\b"
)


def is_title(path: KeyPath) -> bool:
    """Say whether a path is that of a record's title: its own, or one in what only wraps it.

    >>> is_title(("title",)), is_title(("attributes", "title")), is_title(("officer", "title"))
    (True, True, False)
    """
    *above, key = path
    is_own = isinstance(key, str) and normal_key(key) in TITLES
    return is_own and all(isinstance(at, str) and is_wrapper(at) for at in above)


def text_of_title(value: object) -> str | None:
    """Give what a title says, however its system writes it.

    >>> text_of_title({"rendered": "Umoja Shelter"}), text_of_title([{"value": "Umoja Shelter"}])
    ('Umoja Shelter', 'Umoja Shelter')
    """
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        value = next((value[key] for key in TITLE_KEYS if key in value), None)
    return value if isinstance(value, str) else None


def names_a_place(title: str | None) -> bool:
    """Say whether a title is the name of a body's place.

    >>> [names_a_place(title) for title in ("Kondele Shelter", "Gender Officer", "Training of Clinic Staff", None)]
    [True, False, False, False]
    """
    return (
        title is not None
        and len(title.split()) <= LONGEST_TITLE
        and OF_A_PLACE.search(title) is not None
        and not (UNDERTAKEN.search(title) or is_role(title))
    )


def is_event(record: dict[str, Any]) -> bool:
    """Say whether a record is of an event: it has a venue and a day, which no facility has.

    >>> is_event({"name": "Lindi medical camp", "venue": "Lindi Primary School", "date": "2024-03-01"})
    True
    """
    told = {normal_key(key) for key, value in unwrapped(record) if not is_absent(value)}
    return VENUE in told and not DAYS.isdisjoint(told)


VENUE: Final = "venue"
DAYS: Final = frozenset(("date", "dates", "startdate", "eventdate", "tarehe"))


def is_named_by_title(record: dict[str, Any], keys: Keys) -> bool:
    """Say whether a record without a name is of a facility that its title names."""
    told = {normal_key(key): value for key, value in unwrapped(record) if not is_absent(value)}
    title = next((told[word] for word in TITLES if word in told), None)
    kind = record.get("type")
    if not names_a_place(text_of_title(title)) or (isinstance(kind, str) and _is_article(kind)):
        return False
    if isinstance(title, str) and not OF_AN_EVENT.isdisjoint(told):  # WordPress dates every post
        return False
    return not FEWEST.isdisjoint(keys.fields_in(record))


def _is_article(kind: str) -> bool:
    return normal_key(kind.rpartition("--")[2]) in ARTICLES
