"""The elements of a list, or of lines: many at a time, each as the bytes that it came as.

A prefix of an array is whole elements if and only if ``[prefix]`` parses, so the cut is guessed, and the parse proves
it. Only a stretch that does not parse is read element by element.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gvrc.errors import SourceFileError
from gvrc.lazy import lazy_pattern
from gvrc.reading.cursor import (
    LENIENT,
    MAX_VALUE_BYTES,
    NEXT_ELEMENT,
    ONE,
    SMALL_BYTES,
    SPACE,
    STRING,
    TOO_LARGE,
    TRAILING,
    UNREADABLE,
    end_of_value,
    read_element,
)
from gvrc.reading.decode import CutOffError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gvrc.reading.cursor import Cursor

Elements = list[msgspec.Raw | bytes]  # records that were found but not opened, or whatever else a list holds

LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
BETWEEN: Final = lazy_pattern(rb"\}\s*,\s*(?=\{)")
COMMA: Final = b","


class ListReader:
    """Reads the elements of the list that a cursor stands in."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.marks: tuple[bytes, ...] = ()  # what stands between the elements

    def read(self) -> Iterator[Elements]:
        """Give the elements up to the end of the list; the cursor is then after it."""
        cursor = self.cursor
        while (char := cursor.peek(NEXT_ELEMENT)) != b"]":
            if not char:
                raise cursor.broken("the end of a list")
            yield self._block()
        cursor.at += 1

    def _block(self) -> Elements:
        """Give all whole elements at hand; the cursor is then at a comma or at the end of the list."""
        cursor = self.cursor
        # Without marks it may be a document of short lists.
        elements = None if self.marks else self._up_to(self._end_of_list(cursor.at + WINDOW))
        if not elements and cursor.ended:
            elements = self._up_to(cursor.text.rfind(b"]"))
        elif not elements:
            elements = next(filter(None, map(self._up_to, map(self._last_cut, self.marks))), None)
        if not elements and self.marks:
            elements = self._up_to(self._end_of_list(len(cursor.text)))
        elements = elements or self._one_by_one()
        if not cursor.ended and cursor.left < SMALL_BYTES:
            cursor.fill()
        return elements

    def _up_to(self, end: int) -> Elements | None:
        cursor = self.cursor
        if end <= cursor.at:
            return None
        try:
            elements: list[msgspec.Raw] = LIST.decode(b"".join((b"[", memoryview(cursor.text)[cursor.at : end], b"]")))
        except (msgspec.DecodeError, RecursionError):
            return None
        cursor.at = end
        return list(elements)

    def _last_cut(self, mark: bytes) -> int:
        place = self.cursor.text.rfind(mark, self.cursor.at)
        return place if mark == COMMA else place + 1  # a mark that is no comma begins with the end of an element

    def _end_of_list(self, upto: int) -> int:
        cursor = self.cursor
        try:
            LIST.decode(b"".join((b"[", memoryview(cursor.text)[cursor.at : upto])))
        except (msgspec.DecodeError, RecursionError) as error:
            if found := TRAILING.search(str(error)):
                return cursor.text.rfind(b"]", cursor.at, cursor.at + int(found[1]) - 2)
            return -1
        return cursor.text.rfind(b"]", cursor.at, upto)

    def _one_by_one(self) -> Elements:
        """Read elements one by one, to learn what stands between them, and to get past those that do not parse."""
        cursor = self.cursor
        elements: Elements = []
        last = (0, 0)
        before = 0  # where the previous element ends
        latin: str | None = None
        while (char := _skip(cursor)) and char != b"]":
            start = cursor.at
            end, is_cut = end_of_value(memoryview(cursor.text)[start:]), False
            if end is None:
                latin = latin or cursor.text.decode("latin-1")  # as many characters as bytes
                end, is_cut = _probe_leniently(latin, start)
            if end is not None:
                elements.append(cursor.text[start : start + end].rstrip())
                cursor.at += end
            elif not is_cut or cursor.ended:
                elements.append(self._skip_broken())
            elif elements:
                break
            else:
                self.cursor.fill_for_one_value()
                latin = None
                continue
            if before and not self.marks:
                self.marks = _marks(cursor.text, before, start)
                return elements
            last = (before, start)
            before = start + len(elements[-1])
        self.marks = _marks(cursor.text, *last) if last[0] else self.marks  # the known marks did not help
        return elements

    def _skip_broken(self) -> bytes:
        """Give what does not parse, up to where the next record seems to begin."""
        cursor = self.cursor
        text, start = cursor.text, cursor.at
        if self.marks and self.marks[0] != COMMA and (next_mark := text.find(self.marks[0], start)) >= 0:
            cursor.at = next_mark + 1
        elif found := BETWEEN.search(text, start):
            cursor.at = found.start() + 1
        else:
            end = text.rfind(b"]", start + _sound_length(text[start:]))
            cursor.at = end if end > start and _may_close(text, end) else len(text)
        return text[start : cursor.at]


def is_lines(cursor: Cursor) -> bool:
    """Say whether the document is one object per line, or objects one after the other."""
    end = end_of_value(memoryview(cursor.text)[cursor.at :])
    if end is not None:
        value, rest = cursor.text[cursor.at : cursor.at + end], cursor.text[cursor.at + end : cursor.at + end + 1]
        return rest == b"{" or (bool(rest) and b"\n" in value and b"\n" not in value.rstrip())
    # The first value is broken, or not wholly at hand. If most lines after it are objects, it is one object per line;
    # else it is one document over many lines, in which an object may be on a line of its own, too.
    lines = list(filter(None, (line.strip(SPACE) for line in cursor.text[cursor.at :].split(b"\n", 10)[1:-1])))
    objects = sum(line.startswith(b"{") and isinstance(read_element(line), dict) for line in lines)
    return objects > len(lines) / 2


def blocks_of_lines(cursor: Cursor) -> Iterator[Elements]:
    """Give the elements of a document with one per line; a line that does not parse is an element, too."""
    while cursor.peek():
        end = len(cursor.text) if cursor.ended else cursor.text.rfind(b"\n", cursor.at) + 1
        if end:
            block = cursor.text[cursor.at : end]
            cursor.at = end
            elements = _whole_lines(block)
            yield elements
            if cursor.ended and elements and not block.endswith(b"\n") and read_element(elements[-1]) is UNREADABLE:
                raise CutOffError(f"is cut off at byte {cursor.offset:,}, inside its last line. Fetch it again.")
        elif cursor.left > MAX_VALUE_BYTES:
            raise SourceFileError(f"has a line of {TOO_LARGE.format(cursor.offset)}")
        cursor.fill()


def rewritten(parts: Iterable[Elements], rewrite: Callable[[dict[str, Any]], dict[str, Any]]) -> Iterator[Elements]:
    """Give records in another form; an element that is no object stays as it is."""
    for elements in parts:
        records = [read_element(element) for element in elements]
        yield [
            msgspec.json.encode(rewrite(record)) if isinstance(record, dict) else element
            for record, element in zip(records, elements, strict=True)
        ]


def _probe_leniently(text: str, at: int) -> tuple[int | None, bool]:
    """Find the length of a value that only a lenient parser reads (NaN, half surrogates, control characters).

    If there is none, say whether the text ends inside the value: the parser reached the end, or found no end of a
    string. A window is tried first, because the parser counts the lines before an error: in a list of errors that would
    take for ever.
    """
    window = text[at : at + WINDOW]
    try:
        end = LENIENT.raw_decode(window)[1]
        return (end, False) if end < WINDOW else _probe_whole(text, at)
    except json.JSONDecodeError as error:
        is_cut = error.pos >= len(window) - LONGEST_LITERAL or error.msg.startswith("Unterminated")
        return _probe_whole(text, at) if is_cut and len(text) - at > WINDOW else (None, is_cut)
    except (ValueError, RecursionError):
        return None, False


def _probe_whole(text: str, at: int) -> tuple[int | None, bool]:
    try:
        return LENIENT.raw_decode(text, at)[1] - at, False
    except json.JSONDecodeError as error:
        return None, error.pos >= len(text) - LONGEST_LITERAL or error.msg.startswith("Unterminated")
    except (ValueError, RecursionError):
        return None, False


def _sound_length(text: bytes) -> int:
    """Say how far a broken value is sound: a bracket before that is its own, and does not close the list around it."""
    try:
        return LENIENT.raw_decode(text.decode("latin-1"))[1]
    except json.JSONDecodeError as error:
        return error.pos
    except (ValueError, RecursionError):
        return 0


WINDOW: Final = 8 * 1024
LONGEST_LITERAL: Final = len("-Infinity")


def _skip(cursor: Cursor) -> bytes:
    """Skip commas and white space in the text at hand; give what comes after them, or nothing at the end."""
    if found := NEXT_ELEMENT.match(cursor.text, cursor.at):
        cursor.at = found.end()
    return cursor.text[cursor.at : cursor.at + 1]


def _may_close(text: bytes, end: int) -> bool:
    """Say whether a bracket may be the end of the list: only brackets and members of an envelope may follow it."""
    after = text[end + 1 :].strip()
    return not after or after.startswith((b"}", b",", b"]"))


def _whole_lines(block: bytes) -> Elements:
    """Split lines into values; a line that does not parse stays whole."""
    try:
        return list(ONE.decode_lines(block))
    except (msgspec.DecodeError, RecursionError):
        lines = (line.strip(SPACE) for line in block.split(b"\n"))
        return [value for line in lines if line for value in _values_of_line(line)]


def _values_of_line(line: bytes) -> list[bytes]:
    values = []
    rest = line
    while rest and (end := end_of_value(memoryview(rest))) is not None:
        values.append(rest[:end].rstrip())
        rest = rest[end:]
    return [line] if rest and not values else values + ([rest] if rest else [])


def _marks(text: bytes, end: int, start: int) -> tuple[bytes, ...]:
    """Give what stands between two records: with the first key of the next (never found inside a record), and without.

    Between two lists these are their brackets, else a comma.
    """
    between = text[end - 1 : start + 1]
    if between.startswith(b"]") and between.endswith(b"["):
        return (between,)
    if not (between.startswith(b"}") and between.endswith(b"{")):
        return (COMMA,)
    key = STRING.search(text, start)
    return ((text[end - 1 : key.end()],) if key else ()) + (between,)
