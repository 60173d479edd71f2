"""What is said of a file that is no document of records, and what to do about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from gvrc.lazy import lazy_pattern
from gvrc.masking import mask_letters
from gvrc.reading.cursor import ANY, SPACE, type_of

if TYPE_CHECKING:
    from gvrc.reading.cursor import Cursor

WEB_PAGE: Final = lazy_pattern(r"<(?:!doctype|\?xml|html|kml|gml|osm|rss|feed)\b>?", re.IGNORECASE)


def only_a_value(cursor: Cursor) -> str | None:
    """Say of a document that is one value, and JSON, that it has no records: it was answered, but with nothing."""
    if cursor.offset > cursor.at or not cursor.ended:
        return None
    try:
        value = ANY.decode(cursor.text.strip(SPACE))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return f"holds no facilities: the document is {type_of(value)}. Give another file, or fetch it again."


def not_json(cursor: Cursor) -> str:
    """Say of what is no JSON how it begins, and what to do about it."""
    start = cursor.text[cursor.at : cursor.at + 20].decode("utf-8", "replace")
    shown = tag[0] if (tag := WEB_PAGE.match(start)) else mask_letters(start)  # the start of a CSV file may be a name
    return f"is not JSON: byte {cursor.offset:,} begins with {shown!r}. {_advice_on(start)}"


def _advice_on(start: str) -> str:
    """Say what to do about what begins so and is no JSON."""
    if start.lower().startswith(("<!doctype", "<html")):
        return "It is a web page, of an error or to log in: look at it in a browser, then fetch the file again."
    if start.startswith("\0"):
        return "The file was not written to its end. Fetch it again."
    return "Give a file of objects or a list; export a spreadsheet as JSON."
