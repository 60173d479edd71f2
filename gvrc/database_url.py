"""The URL of the database: looked at before libpq sees it, and shown without its password.

libpq quotes what it cannot read of a connection string, and that is often a part of the password.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gvrc.errors import DatabaseUnavailableError
from gvrc.lazy import lazy_pattern
from gvrc.masking import HIDDEN

if TYPE_CHECKING:
    from re import Match

SCHEME = lazy_pattern(r"postgres(?:ql)?://")
# Stricter than libpq, which takes S3cret of "user:S3cret/Pw@host" for a port and tells so.
URL = lazy_pattern(
    r"""postgres(?:ql)?://
        (?: [^\s\0:/@]* (?P<password> : [^\s\0/@]* )? @ )?
        (?P<hosts> (?: (?: \[ [^\s\0\]@/]* \] | [^\s\0:/?\#@,\[\]]* ) (?: :\d* )? (?: ,(?!$) | (?=[/?]|$) ) )* )
        (?: / [^\s\0?@]* )?
        (?: \? (?P<options> \w+ = [^\s\0&=]* (?: & \w+ = [^\s\0&=]* )* )? )?""",
    re.VERBOSE,
)
AROUND = " \t\r\n\"'"
BAD_PERCENT = lazy_pattern(r"%(?![0-9A-Fa-f]{2})|%00")
# libpq's other form: host=... password='...'.
VALUE = r"""(?: '(?:[^'\\]|\\.)*+' | (?!') (?:[^\s\\]|\\.)*+ )"""
WORDS = lazy_pattern(rf"\s* (?: \w+ \s* = \s* {VALUE} (?: \s+ | $ ) )+", re.VERBOSE)
EACH_WORD = lazy_pattern(rf"(?P<key>\w+) \s* = \s* {VALUE}", re.VERBOSE)
EACH_OPTION = lazy_pattern(r"(?P<key>\w+)=[^&]*")
SHOWN_OPTIONS = ("host", "hostaddr", "port", "dbname", "user", "sslmode", "application_name", "connect_timeout")


def demand_readable_url(url: str) -> None:
    """Refuse what libpq would misread, in words that show nothing of it.

    Raises:
        DatabaseUnavailableError: it is neither a URL of PostgreSQL nor libpq's own "host=... dbname=...".
    """
    if url != url.strip(AROUND) and SCHEME.match(url.strip(AROUND)):
        raise DatabaseUnavailableError(
            "A quotation mark, a blank or a line end stands around the URL of the database, as a file of variables "
            "with quotes or Windows line ends leaves them (it is not shown here: it may hold a password). Take it off "
            "--database-url, or DATABASE_URL."
        )
    if SCHEME.match(url):
        if not URL.fullmatch(url) or BAD_PERCENT.search(url):
            raise DatabaseUnavailableError(
                "The URL of the database cannot be read (it is not shown here: it may hold a password). In its user "
                "and password special characters must be percent-encoded: % as %25, / as %2F, @ as %40, : as %3A, a "
                "space as %20. Correct --database-url, or DATABASE_URL."
            )
    elif not WORDS.fullmatch(url):
        raise DatabaseUnavailableError(
            "The URL of the database must begin with postgresql:// (it is not shown here: it may hold a password). "
            "Give postgresql://USER@HOST:5432/NAME by --database-url or DATABASE_URL; in libpq's own form, "
            "host=HOST dbname=NAME, a value with a space stands in single quotes."
        )


def shown_url(url: str) -> str:
    """Give a URL that is readable for people, without its password and without options that may be a part of one."""
    found = URL.fullmatch(url)
    if found is None:
        return EACH_WORD.sub(_shown_option, url)
    if options := found["options"]:
        url = url[: found.start("options")] + EACH_OPTION.sub(_shown_option, options)
    return url[: found.start("password")] + f":{HIDDEN}" + url[found.end("password") :] if found["password"] else url


def _shown_option(option: Match[str]) -> str:
    if option["key"] in SHOWN_OPTIONS:
        return option[0]
    return f"password={HIDDEN}" if option["key"] == "password" else HIDDEN
