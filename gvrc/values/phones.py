"""Telephone numbers out of free text: E.164, or a short code as it is dialled.

``phonenumbers`` knows the numbering plan; it calls Kenya's emergency and help lines (999, 116, 1195) invalid, so short
codes have a list of their own in ``short_codes.csv``. It takes 40 microseconds a number, so mobile numbers that begin
with 7, all of which are valid, are read without it.
"""

from __future__ import annotations

import csv
import re
from functools import cache, lru_cache
from importlib.resources import files
from itertools import zip_longest
from typing import NamedTuple

from gvrc.lazy import lazy_pattern


class Phone(NamedTuple):
    """A number that can be dialled, and what kind of line it is: a contact type of the glossary."""

    contact_type: str
    contact_value: str


# A number inside other text, for Polars and for Python: 0 or 254, then nine digits (eight for some landlines).
PHONE_IN_TEXT = r"(?:\+?254|\b0)[\s()-]*[1-9](?:[\s()/-]{0,2}\d){7,8}"
_MOBILE = lazy_pattern(r"(?:(?:\+|00)?254|0)?0?(7[0-9]{8})")
_PAIR_OF_MOBILES = lazy_pattern(r"((?:0|\+?254)[17]\d{8})((?:0|\+?254)[17]\d{8})")
_MARKS = lazy_pattern(r"[\s().\-\u2010-\u2015]+")
# Letters in place of digits (020 272 001O), and a number that is hidden (0700 XXX 116): with them no number is whole,
# and without them it is another one.
_MISREAD = r"(?:(?<=\d)[OoIl]++(?![^\W\d_])|(?<![^\W\d_])[OoIl]++(?=\d)|(?<![^\W\d_])[Xx*]{2,}+(?![^\W\d_]))"
_SEQUENCE = lazy_pattern(rf"\+?\(?\d(?:[\d\s().\-\u2010-\u2015]|{_MISREAD})*(?:\d|{_MISREAD})|\d")
_EXTENSION = lazy_pattern(r"(?<![\s,;(])[\s,;(]*\b(?:ext(?:ension|n)?|x)[.:\s]*(\d{1,5})\b\)?", re.IGNORECASE)
_SEPARATOR = lazy_pattern(r"[/,;|&\n]|\b(?:or|and|au|na)\b", re.IGNORECASE)  # au, na: Swahili for or, and
_HOURS = lazy_pattern(r"\(?\b24\s*(?:/\s*7|-?\s*(?:hrs?|hours?))\b\)?", re.IGNORECASE)
_CLOCK = lazy_pattern(
    r"\(?(?<![\d.:])(?:\d{1,2}(?:[:.][0-5]\d)?\s*[ap]\.?m\b\.?|\d{1,2}:[0-5]\d"
    # Not the end of 0700 000 016 hrs, of 020 272 0016 hrs.
    r"|(?<!\b\d{3}\s)(?:(?:[01]\d|2[0-4])[0-5]\d|[1-9][03]0)\s*-?\s*(?:hrs?|hours?)\b)\)?"
    r"|\(\s*\d{1,2}\s*[\-\u2010-\u2015]\s*\d{1,2}\s*\)",  # 020 272 0016 (8-5)
    re.IGNORECASE,
)
# A number by its power of ten, as spreadsheets (2.54700000001E+11) and Java (2.54700000001E11) write large ones.
_POWER = lazy_pattern(r"(?<![\w.])(\d)(?:\.(\d+))?e(\+?)(\d{1,2})(?![\w.])", re.IGNORECASE)
_ZEROS_OF_JAVA = 2  # it leaves them out; a number that ends in more of them was rather rounded
# A whole mobile number, and more digits behind it: "0700000016 8-5", "0700000016 2019".
_MOBILE_AND_MORE = lazy_pattern(r"((?:0|\+?254)[17]\d{8})(?:[\s*]+|(?=[OoIlXx]))([^\s*].*)", re.DOTALL)
_AREA_CODE = lazy_pattern(r"\b(0\d{1,3})/(\d{6,7})\b")
# A day beside a number, or in its place: 2024-03-01 would be a number of Nairobi without its 0.
_DAY = lazy_pattern(
    r"(?<![\d+.-])(?:(?:19|20)\d{2}([-./])(?:0?[1-9]|1[0-2])\1(?:[0-2]?\d|3[01])"
    r"|(?:[0-2]?\d|3[01])([-./])(?:0?[1-9]|1[0-2])\2(?:19|20)\d{2})(?![\d-])"
)
# The tax office's: P051234567A would be a number of Nakuru.
_TAX_PIN = lazy_pattern(r"(?<![^\W_])[AP]\d{9}[A-Z](?![^\W_])", re.IGNORECASE)
# "1. 0700000016 2. 0700000017", "Line 1 0700000016": with it, 051 98572 would be the mobile number 105198572.
_PLACE_IN_LIST = lazy_pattern(
    r"(?<![\w+(.\-])\(?[1-9](?:\)\s*|\.\s+)(?=\(?(?:\+|0|254)(?:[\s().\-]{0,2}\d){6})"
    r"|(?<![\d+()/\-])(?<![\d+()/\-]\s)[1-9]\s+(?=\(?(?:\+|0|254)(?:[\s().\-]{0,2}\d){8})"
)
_DEGREES = lazy_pattern(r"(?<![\d.])(?<!254[\s\-])(?<!\(0\))-?\d{1,2}\.\d{4,}(?![\d.])")
# Without its 0 a landline has as many digits as an identity card, a till or a day (20240301).
_LACKS_ZERO = lazy_pattern(r"[1-9]\d{6,7}")
_DAY_OF_DIGITS = lazy_pattern(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_LOOSE_ENDS = lazy_pattern(
    r"^[\s\-\u2010-\u2015:/,;&|.]+|(?<![\s\-\u2010-\u2015:/,;&|(\[])[\s\-\u2010-\u2015:/,;&|(\[]+$|\(\s*\)"
)
_BEGINS = lazy_pattern(r"\+|0|254")
_MOST_PARTS = 24  # of one run of digits: the ways to part it are tried
_PASSES = 20  # one takes a pair of brackets away; a thousand around a number are no name
# Further lines of an exchange by their last digits (0700000044/45), as ITU-T E.123 writes them; not "/3 lines".
_FURTHER_LINES = lazy_pattern(
    r"(?<!\d)(\+?\(?\d[\d\s().\-\u2010-\u2015]{5,24}\d)((?:\s{0,2}[/\-\u2010-\u2015]\s{0,2}\d{1,3}(?!\w))+)"
    r"(?!\s*[./\-]?\d|\s*(?!(?:or|and|au|na)\b)[^\W\d_])",
    re.IGNORECASE,
)
_DIALLED = lazy_pattern(r"\+?\d{3,17}")
_USSD = lazy_pattern(r"\*\d{2,4}(?:\*\d+)*#")


@cache
def short_codes() -> frozenset[str]:
    """Give the numbers of ``short_codes.csv``."""
    text = files("gvrc.values").joinpath("short_codes.csv").read_text(encoding="utf-8")
    return frozenset(row["number"] for row in csv.DictReader(text.splitlines()))


def find_phones(text: str, *, stated_line: bool = False, may_lack_zero: bool = True) -> tuple[list[Phone], list[str]]:
    """Read every number in a text; give the numbers, and the parts with digits that are none.

    ``stated_line`` says that the source calls it a hotline or a toll-free number: then a short code that is not on our
    list is believed. Without ``may_lack_zero`` a landline must have its 0: beside words, eight digits may be anything.

    >>> find_phones("0700000016/0700000017 or 112")[0][2]
    Phone(contact_type='Hotline', contact_value='112')
    """
    phones: list[Phone] = []
    refused: list[str] = []
    pieces = _EXTENSION.split(text)  # numbers, an extension, further numbers, ...
    for numbers, extension in zip_longest(pieces[::2], pieces[1::2]):
        found, no_phones = _find_in(numbers, stated_line=stated_line, may_lack_zero=may_lack_zero)
        if found and extension:  # it belongs to the number before it
            found[-1] = found[-1]._replace(contact_value=f"{found[-1].contact_value};ext={extension}")
        phones += found
        refused += no_phones
    return phones, refused


def _find_in(text: str, *, stated_line: bool, may_lack_zero: bool) -> tuple[list[Phone], list[str]]:
    dialled = _USSD.findall(text)
    text = _POWER.sub(_without_power, text)
    others: list[str] = []  # days, what was rounded, degrees, and tax pins: their digits are no number's
    for pattern in (_DAY, _POWER, _DEGREES, _TAX_PIN):
        others += [found[0] for found in pattern.finditer(text)]
        text = pattern.sub(" ; ", text)
    text = _PLACE_IN_LIST.sub(" ; ", _CLOCK.sub(" ; ", text))
    plain = _AREA_CODE.sub(r"\1\2", _HOURS.sub(" ", _USSD.sub(" ", text).replace("(0)", "")))
    plain = _FURTHER_LINES.sub(lambda lines: _written_out(lines, stated_line=stated_line), plain)
    sequences = [sequence for part in _SEPARATOR.split(plain) for sequence in _SEQUENCE.findall(part)]
    parts = [part for sequence in sequences for part in _part_at_mobiles(sequence)]
    could_be = [part for part in parts if may_lack_zero or not lacks_zero(part)]
    read = [(part, _read_all(part, stated_line=stated_line) if part in could_be else []) for part in parts]
    phones = [phone for _, found in read for phone in found] + [Phone("Hotline", code) for code in dialled]
    return phones, others + [part for part, found in read if not found]


def lacks_zero(number: str) -> bool:
    """Say whether a number is as long as a landline without the 0 before it."""
    return _LACKS_ZERO.fullmatch(_MARKS.sub("", number)) is not None


def _without_power(number: re.Match[str]) -> str:
    """Give 254700000016 for 2.54700000016E+11; what was rounded stays, for it may be any of many numbers.

    Without its power, 2.0200001E8 would be read as another number of Nairobi.
    """
    first, others, sign, power = number.groups(default="")
    zeros = int(power) - len(others)
    return first + others + "0" * zeros if 0 <= zeros <= (0 if sign else _ZEROS_OF_JAVA) else number[0]


def _part_at_mobiles(sequence: str) -> list[str]:
    """Part whole mobile numbers from the digits behind them, so that these do not lose them."""
    parts = []
    while more := _MOBILE_AND_MORE.fullmatch(sequence):
        parts.append(more[1])
        sequence = more[2]
    return [*parts, sequence]


def _written_out(lines: re.Match[str], *, stated_line: bool) -> str:
    """Write further lines out: "0700000044 / 0700000045"; what may be anything else is only parted from its number."""
    number, endings = _MARKS.sub("", lines[1]), re.findall(r"\d+", lines[2])
    if not read_phone(number) or read_phone(_MARKS.sub("", lines[0])):
        return lines[0]
    is_short_code = any(read_phone(ending, stated_line=stated_line) for ending in endings)
    return " / ".join([number, *(endings if is_short_code else _further_lines(number, endings) or endings)])


def _further_lines(number: str, endings: list[str]) -> list[str]:
    """Give the further lines; none where one is not higher than the one before, or has one digit: too little to tell.

    >>> _further_lines("0700000044", ["45"])
    ['0700000045']
    >>> _further_lines("0700000044", ["12"])
    []
    """
    numbers = [number]
    for ending in endings:
        numbers.append(number[: -len(ending)] + ending)
        if len(ending) == 1 or numbers[-1] <= numbers[-2] or not read_phone(numbers[-1]):
            return []
    return numbers[1:]


def split_phones(name: str) -> tuple[str, list[str]]:
    """Take the numbers out of a name; what is not a valid number stays in it.

    >>> split_phones("KINANGO P/STN - 0700000018")
    ('KINANGO P/STN', ['0700000018'])
    """
    numbers = [found for found in re.findall(PHONE_IN_TEXT, name) if read_phone(_MARKS.sub("", found))]
    rest = name
    for number in numbers:
        rest = rest.replace(number, " ", 1)
    return (_tidied(rest) if numbers else name), numbers


def _tidied(name: str) -> str:
    for _ in range(_PASSES):
        unlabelled = re.sub(r"\b(?:tel|phone|mobile|cell|call)\b[.:\s]*(?=\W*$)", "", name, flags=re.IGNORECASE)
        trimmed = _LOOSE_ENDS.sub("", " ".join(unlabelled.split()))
        if trimmed == name:
            break
        name = trimmed
    return name


def _read_all(sequence: str, *, stated_line: bool) -> list[Phone]:
    """Read a run of digits as one number, or else as several with spaces between, each of them valid."""
    whole = read_phone(_MARKS.sub("", sequence), stated_line=stated_line)
    if whole:
        return [whole]
    if pairs := _PAIR_OF_MOBILES.fullmatch(_MARKS.sub("", sequence)):  # 0700 000 016 0700 000 017
        return [phone for half in pairs.groups() if (phone := read_phone(half))]
    parts = [_MARKS.sub("", part) for part in sequence.split()]
    several = [phone for part in parts if (phone := read_phone(part, stated_line=stated_line))]
    if len(several) == len(parts):
        return several
    ways = _ways_to_part(tuple(parts)) if len(parts) <= _MOST_PARTS else set()
    return list(ways.pop()) if len(ways) == 1 else []


def _ways_to_part(parts: tuple[str, ...]) -> set[tuple[Phone, ...]]:
    """Give the ways to read all of these digits as numbers with their 0 or their country.

    No short code: behind a landline, 112 is rather an extension.

    >>> [[phone.contact_value for phone in way] for way in _ways_to_part(("020", "2720001", "0700", "000", "016"))]
    [['+254202720001', '+254700000016']]
    """
    if not parts:
        return {()}
    heads = {end: "".join(parts[:end]) for end in range(1, len(parts) + 1)}
    first = {end: read_phone(head) for end, head in heads.items() if _BEGINS.match(head)}
    return {(phone, *rest) for end, phone in first.items() if phone for rest in _ways_to_part(parts[end:])}


@lru_cache(maxsize=100_000)
def read_phone(digits: str, *, stated_line: bool = False) -> Phone | None:
    """Read one number without marks in it: valid in Kenya, or anywhere when it begins with ``+``; else None."""
    if not _DIALLED.fullmatch(digits):
        return None
    if digits in short_codes() or (stated_line and re.fullmatch(r"[0-9]{3,5}", digits)):
        return Phone("Hotline", digits)
    if mobile := _MOBILE.fullmatch(digits):
        return Phone("Mobile", f"+254{mobile[1]}")
    return None if _DAY_OF_DIGITS.fullmatch(digits) else _look_up(re.sub(r"^00(?=254)", "+", digits))


def _look_up(digits: str) -> Phone | None:
    import phonenumbers

    try:
        number = phonenumbers.parse(digits, "KE")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    lines = {phonenumbers.PhoneNumberType.MOBILE: "Mobile", phonenumbers.PhoneNumberType.TOLL_FREE: "Toll Free"}
    line = lines.get(phonenumbers.number_type(number), "Phone")
    return Phone(line, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
