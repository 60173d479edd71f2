"""What an error of the database says, in one line that quotes no row and no password, and what to do about it."""

from __future__ import annotations

import re

import adbc_driver_manager

from gvrc.errors import GvrcError
from gvrc.masking import mask, mask_passwords

# What the driver says before libpq does, with our query of many lines in it.
DRIVERS_WORDS = re.compile(r"^[A-Z_]+: *(Failed to connect: *|Failed to \w+ query '.*': *)?", re.DOTALL)
REFUSED_KEY = re.compile(r'duplicate key value violates unique constraint "([^"]+)"')
# SQLSTATEs that a repetition does not mend: a right, a schema, a table, a column or a key is missing.
NO_RIGHT = "42501"
NO_COLUMN = "42703"
LACKING = (NO_RIGHT, "3F000", "42P01", NO_COLUMN, "42P10", "42803")
DISK_FULL = "53100"
QUERY_CANCELED = "57014"  # somebody cancelled just this statement: doing it again would defy them


def tell_error(error: BaseException) -> str:
    """Say what went wrong as the command would say it; our own errors say it themselves."""
    return str(error) if isinstance(error, GvrcError) else describe_error(error)[0]


def describe_error(error: BaseException) -> tuple[str, int]:
    """Say in one line what went wrong, and the exit status: 3 where the database did, else 1."""
    if isinstance(error, adbc_driver_manager.Error):
        told = mask(first_line(error))
        return f"The database stopped the run: {told} What was committed stays; {advice_on(error)}", 3
    return f"{type(error).__name__}: {mask(str(error))} (a fault of the importer: --debug shows where)", 1


def advice_on(error: adbc_driver_manager.Error) -> str:
    """Say what to do about an error of the database."""
    if sqlstate(error) in LACKING:
        return "see what is lacking: python scripts/migrate.py --check"
    if refused_key(error).endswith("_pkey"):  # our keys come from sequences
        return "a sequence is behind its table, as after a dump restored in part: restore it whole."
    if sqlstate(error) == DISK_FULL:
        return "make room on the disk of the database server, then repeat the command."
    return "repeat the command."


def first_line(error: BaseException) -> str:
    """Say in one line what the server said, without DETAIL (which quotes values of rows) and without our query."""
    text = mask_passwords(str(error)).replace("[libpq]", "")
    found = re.search(r"(?:ERROR|FATAL|PANIC):\s*(.+)", text) or re.search(r"error:\s*(.+)", text)
    told = found.group(1) if found else DRIVERS_WORDS.sub("", text.strip()).splitlines()[0]
    return told.strip().rstrip(".") + "."


def sqlstate(error: BaseException) -> str:
    """Give the SQLSTATE of a driver's error; "" where there is none, as on a lost connection."""
    return getattr(error, "sqlstate", None) or ""


def refused_key(error: BaseException) -> str:
    """Name the unique key that a row would have broken; empty where it was none."""
    found = REFUSED_KEY.search(str(error))
    return found.group(1) if found else ""
