"""A place in a JSON text that arrives in chunks, and what stands there.

msgspec finds how far a value reaches without decoding it: for a complete one its error "trailing characters (byte N)"
tells where it ends. What msgspec refuses and Python's parser accepts (NaN, half surrogates, control characters) is
read, too. It needs memory for a few chunks, whatever the size of the document; a value is at most MAX_VALUE_BYTES.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gvrc.errors import SourceFileError
from gvrc.lazy import lazy_pattern
from gvrc.reading.decode import CutOffError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MAX_VALUE_BYTES: Final = 16 * 1024 * 1024
MAX_DEPTH: Final = 40  # keys down to a value
TOO_LARGE: Final = f"more than {MAX_VALUE_BYTES >> 20} MB at byte {{:,}}. Take it out (a picture?), or fetch it again."
SMALL_BYTES: Final = 256 * 1024  # an object up to this size is looked at as a whole

ANY: Final = msgspec.json.Decoder()
ONE: Final = msgspec.json.Decoder(msgspec.Raw)
MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
LENIENT: Final = json.JSONDecoder(strict=False, parse_int=str)  # Python refuses integers of 4,300 digits

TRAILING: Final = lazy_pattern(r"trailing characters \(byte (\d+)\)")
NEXT: Final = lazy_pattern(rb"[ \t\r\n\x1e]*+")
SPACE: Final = b" \t\r\n\x1e"  # 1e: the record separator of JSON text sequences
NEXT_ELEMENT: Final = lazy_pattern(rb"[, \t\r\n\x1e]*+")
SCALAR: Final = lazy_pattern(rb"[^\s,\]}\[{\"]++")
STRING: Final = lazy_pattern(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
QUOTE: Final = b'"'


class Cursor:
    """A place in a text that arrives in chunks."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._following: bytes | None = None
        self.failure: CutOffError | None = None
        self.text = b""
        self.at = 0
        self._dropped = 0
        self._look_ahead()
        self.fill()

    @property
    def ended(self) -> bool:
        """Say whether the last chunk is in the text."""
        return self._following is None

    @property
    def offset(self) -> int:
        """Give the place as bytes from the start of the document."""
        return self._dropped + self.at

    @property
    def left(self) -> int:
        """Give the number of bytes at hand from the place on."""
        return len(self.text) - self.at

    def fill(self) -> None:
        """Add the next chunk, and forget what is before the place."""
        if self._following is not None:
            self._dropped += self.at
            self.text = b"".join((memoryview(self.text)[self.at :], self._following))
            self.at = 0
            self._look_ahead()

    def fill_for_one_value(self) -> None:
        """Add the next chunk, if the value at hand may be longer than what is there.

        Raises:
            SourceFileError: it is too long for any value of a facility.
        """
        if self.left > MAX_VALUE_BYTES:
            raise SourceFileError(f"holds a value of {TOO_LARGE.format(self.offset)}")
        self.fill()

    def peek(self, skipped: re.Pattern[bytes] = NEXT) -> bytes:
        """Go to the next character that is not skipped (white space) and give it; nothing at the end."""
        while True:
            if found := skipped.match(self.text, self.at):
                self.at = found.end()
            char = self.text[self.at : self.at + 1]
            if char or self.ended:
                return char
            self.fill()

    def small_object(self) -> tuple[dict[str, Any] | None, int]:
        """Look at the object at hand as a whole, if it is small: give it and the place where it ends."""
        while self.left < SMALL_BYTES and not self.ended:
            self.fill()
        piece = memoryview(self.text)[self.at : self.at + SMALL_BYTES]
        end = end_of_value(piece)
        try:
            if end is not None:
                return decoder_of(piece[:end]).decode(piece[:end]), self.at + end
            if self.left <= SMALL_BYTES:
                value, end = LENIENT.raw_decode(str(piece, "latin-1"))
                return value, self.at + end
        except (ValueError, RecursionError, msgspec.DecodeError):
            pass  # incomplete or not sound: it is walked
        return None, 0

    def plain_members(self) -> dict[str, Any]:
        """Give the texts of an object that is too large to be looked at as a whole, if all of it is in memory."""
        if not self.ended:
            return {}
        try:
            members = MEMBERS.decode(memoryview(self.text)[self.at :])
            return {key: ANY.decode(inner) for key, inner in members.items() if bytes(memoryview(inner)[:1]) == QUOTE}
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return {}  # what stands before its records is met on the way to them

    def members(self) -> Iterator[str]:
        """Give the key of each member of the object at hand; the place is at its value, which the caller reads."""
        self.at += 1
        while (char := self.peek()) != b"}":
            if char == b",":
                self.at += 1
            else:
                yield self.read_key()
        self.at += 1

    def read_key(self) -> str:
        """Give the key of a member; the place is then at its value."""
        key = self.read_text()
        if self.peek() != b":":
            raise self.broken("a colon")
        self.at += 1
        return key

    def read_text(self) -> str:
        """Give the text at hand as written, without its quotes."""
        char = self.peek()
        if char != b'"':
            raise self.broken("a key in double quotes")
        while not (found := STRING.match(self.text, self.at)):
            if self.ended:
                self.at = len(self.text)
                raise self.broken("the end of a text")
            self.fill_for_one_value()
        self.at = found.end()
        return found[0][1:-1].decode("utf-8", "replace")

    def read_scalar(self) -> str:
        """Give the text, number, true, false or null at hand as written."""
        if self.peek() == b'"':
            return self.read_text()
        while (found := SCALAR.match(self.text, self.at)) and found.end() == len(self.text) and not self.ended:
            self.fill_for_one_value()
        if not found:
            raise self.broken("a value")
        self.at = found.end()
        return found[0].decode("ascii", "replace")

    def broken(self, expected: str) -> SourceFileError:
        """Make the error for a document that ends too early here, or is malformed."""
        if not self.peek():
            return self.failure or CutOffError(
                f"is cut off at byte {self.offset:,}: {expected} is missing. Fetch it again."
            )
        return SourceFileError(f"is malformed at byte {self.offset:,}: {expected} is missing there. Correct it.")

    def _look_ahead(self) -> None:
        try:
            self._following = next(self._chunks, None)
        except CutOffError as error:
            self.failure, self._following = error, None


def end_of_value(text: memoryview) -> int | None:
    """Say how far a JSON value reaches, with the white space after it; None if it is incomplete or does not parse."""
    try:
        ONE.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        found = TRAILING.search(str(error))
        return int(found[1]) - 1 if found else None  # msgspec counts the offending character, too
    return len(text)


def read_element(element: msgspec.Raw | bytes) -> object:
    """Give what an element says, leniently if need be; UNREADABLE if nothing can read it."""
    try:
        return decoder_of(element).decode(element)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return LENIENT.decode(bytes(element).decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return UNREADABLE


UNREADABLE: Final = object()


def decoder_of(element: msgspec.Raw | bytes | memoryview) -> msgspec.json.Decoder[Any]:
    """Give what reads an element: the slower one where a number may be written without its last digits."""
    text = bytes(element)
    # Hardly a record has a plus: to look for two characters in each takes ten times as long.
    is_suspect = b"+" in text and (b"e+" in text or b"E+" in text)
    return WITH_ROUNDED if is_suspect else ANY


def is_rounded(literal: str) -> bool:
    """Say whether a number lacks digits before its point: 2.5471e+11 may have been any telephone of ten million.

    R and spreadsheets write it so, with a plus. Java writes 2.5471E11, with all the digits that it has.
    """
    mantissa, _, exponent = literal.lower().partition("e+")
    return bool(exponent) and int(exponent) > len(mantissa.partition(".")[2])


WITH_ROUNDED: Final = msgspec.json.Decoder(
    float_hook=lambda literal: literal if is_rounded(literal) else float(literal)
)


def hold_any(chunks: Iterable[bytes], words: Sequence[bytes]) -> bool:
    """Say whether any of the words stands in a file, also where its chunks part it.

    >>> [hold_any([b'"Healthca', b're"'], [b"Organization", word]) for word in (b"Healthcare", b"Location")]
    [True, False]
    """
    longest = max(map(len, words), default=1)
    before = b""
    for chunk in chunks:
        seam = before + chunk[:longest]
        if any(word in seam or word in chunk for word in words):
            return True
        before = (before + chunk[-longest:])[-longest:]
    return False


def type_of(value: object) -> str:
    """Name the JSON type of a value, as messages do."""
    return TYPES.get(type(value), "null")


TYPES: Final = {
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
}
