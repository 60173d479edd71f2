"""Personal values and passwords, made unreadable before they reach a log, an error, a report or a page."""

from __future__ import annotations

import re

from gvrc.lazy import lazy_pattern

# Up to the last @ before a space: a password may hold an @ or, wrongly, a slash. Where there is none it may hold a
# space, unless it is a port: up to the last @ of the line.
PASSWORD_IN_URL = lazy_pattern(
    r"(?P<before>(?<![a-z0-9+.-])[a-z0-9+.-]+://[^\s:/@]*):(?:\S+@|(?!\d+(?:[/?,\s]|$))[^\n]*@)", re.IGNORECASE
)
# libpq takes a password from "?password=..." and from "host=... password='...'" too.
PASSWORD_AS_WORD = lazy_pattern(
    r"""(?P<before>\b(?:\w*_|pg|ssl)?pass(?:word|wd|phrase)?['"]?\s*[=:]\s*)
        (?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s&;'"][^\s&;]*)""",
    re.IGNORECASE | re.VERBOSE,
)
# PostgreSQL quotes the values of the row that it refuses.
ROW_VALUES = lazy_pattern(
    r"""(?P<before>Key\ \([^)]*\)= | Failing\ row\ contains\ )
        \(.*?\)
        (?=\.\s*$ | \ already\ exists | \ is\ not\ present | \ is\ still | \ conflicts)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
# ... and the value that it cannot read as what a column holds.
READ_VALUE = lazy_pattern(
    r"""(?P<before>(?:invalid\ input\ (?:syntax|value)\ for\ [^:\n]* | value\ out\ of\ range): \ ")[^\n]*(?P<after>")
        | (?P<value>\bvalue\ ")[^\n]*(?P<type>"\ is\ out\ of\ range)""",
    re.VERBOSE,
)
# From the first sign of the address on: tried from each of its signs, a number of 20,000 digits took seconds. Another
# one may follow at once.
EMAIL = lazy_pattern(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+(?:[.+][\w.+-]*@[\w-]+(?:\.[\w-]+)+)*")
# As people write Kenyan numbers: 0700 000 016, +254 (0)20-0000016, 700000016. Not times, fractions, hashes and byte
# positions; four digits or fewer are public short codes such as 1195.
PHONE = lazy_pattern(
    r"""(?<!\w)(?<!\d[.:])
        (?: (?:(?:\+|00)?254 | \(?0) [ ()-]{0,2} \d (?:[ .()-]{0,2}\d){5,11}
          | \+\d (?:[ .()-]{0,2}\d){6,13}
          | 7\d{8} )
        (?!\w)""",
    re.VERBOSE,
)

HIDDEN = "***"


def mask(text: str) -> str:
    """Hide passwords, contact values and the row values of a database's error, wherever they stand in a text."""
    return mask_contacts(mask_values(mask_passwords(text)))


def mask_values(text: str) -> str:
    """Hide the values of rows that an error of the database quotes."""
    without_rows = ROW_VALUES.sub(rf"\g<before>({HIDDEN})", text)
    return READ_VALUE.sub(rf"\g<before>\g<value>{HIDDEN}\g<after>\g<type>", without_rows)


def mask_passwords(text: str) -> str:
    """Hide the password of every URL and of every ``password=...`` in a text; the rest stays readable."""
    without_urls = PASSWORD_IN_URL.sub(rf"\g<before>:{HIDDEN}@", text)
    return PASSWORD_AS_WORD.sub(rf"\g<before>{HIDDEN}", without_urls)


def mask_contacts(text: str) -> str:
    """Hide e-mail addresses and telephone numbers; an URL's ``user:***@host`` stays as it is."""
    return PHONE.sub(HIDDEN, EMAIL.sub(HIDDEN, text))


def mask_letters(text: str) -> str:
    """Give the form of a text alone: a for each letter, x for each digit."""
    return mask_digits(re.sub(r"[^\W\d_]", "a", text))


def mask_digits(text: str) -> str:
    """Give a text with an x for each digit."""
    return re.sub(r"\d", "x", text)
